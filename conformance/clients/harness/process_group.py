"""A command in a process group of its own, ended as a whole: nothing that it started outlives it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance.errors import UsageError

MARK = "DDS_CLIENT_TRIAL"
"""The environment variable by which processes that left the group are found."""
GRACE_S = 2.0
_LOOK_S = 0.02
_SWEEPS = 100


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: its exit code (None: at the time limit), and when it began and ended (monotonic ns)."""

    code: int | None
    begun_ns: int
    ended_ns: int


def run(  # noqa: PLR0913 (what a process is given)
    words: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str],
    output: Path,
    limit_s: float,
    stop: threading.Event,
) -> Ended:
    """Run a command for at most `limit_s` seconds or until `stop` is set; end all that it started.

    Raises:
        UsageError: it cannot be started.
    """
    mark = uuid.uuid4().hex
    begun_ns = time.monotonic_ns()
    with output.open("wb") as sink:
        try:
            process = subprocess.Popen(  # noqa: S603 (the user's own command)
                list(words),
                cwd=folder,
                env={**environment, MARK: mark},
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as trouble:
            remedy = "Name a command that exists after --."
            raise UsageError(f"{words[0]} cannot be started: {trouble.strerror}.", remedy=remedy) from trouble
    try:
        by_itself = _await(process.pid, begun_ns + int(limit_s * 1e9), stop)
        ended_ns = time.monotonic_ns()
    finally:
        _end(process, mark)
    return Ended(process.returncode if by_itself else None, begun_ns, ended_ns)


def _await(pid: int, end_ns: int, stop: threading.Event) -> bool:
    """Wait until the process ends by itself, and leave it unreaped: its group's number stays taken."""
    while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
        if time.monotonic_ns() >= end_ns or stop.wait(_LOOK_S):
            return False
    return True


def _end(process: subprocess.Popen[bytes], mark: str) -> None:
    """End the group: kindly where the command still runs, then by force, then whoever left the group."""
    if os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
        _signal(process.pid, signal.SIGTERM)
        _await(process.pid, time.monotonic_ns() + int(GRACE_S * 1e9), threading.Event())
    _signal(process.pid, signal.SIGKILL)
    process.wait()
    for _ in range(_SWEEPS):
        strays = list(_marked(mark))
        for pid in strays:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        if not strays:
            return
        time.sleep(_LOOK_S)


def _signal(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _marked(mark: str) -> Iterator[int]:
    """Find processes that carry the mark in their environment and are not dead yet, where the system shows them."""
    wanted = f"{MARK}={mark}".encode()
    for entry in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if wanted in entry.read_bytes().split(b"\0"):
                yield int(entry.parent.name)
