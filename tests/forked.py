"""Running ``dds-conformance`` in a fork of this process: real descriptors, signals and exit codes, no import again.

A fork has the modules loaded already, so that some hundred commands take seconds; what it does to its streams,
working directory and environment stays in it.
"""

from __future__ import annotations

import contextlib
import gc
import io
import os
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

BOUND_S = 60.0
"""Seconds after which a command counts as hanging."""
HANGS = -1
WATCH_S = 0.005


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code (`HANGS` if it did not within its bound), and what it printed."""

    code: int
    out: str
    err: str
    took_s: float

    @property
    def said(self) -> str:
        """Both streams, the errors first."""
        return self.err + self.out


@dataclass(frozen=True)
class Streams:
    """What the command finds at its descriptors: a file to read, what stands in for standard output, its encoding.

    `out` is a path that is opened for writing, "closed", "pipe" (whose reader is gone), or "" for a plain file.
    """

    stdin: str = os.devnull
    out: str = ""
    encoding: str = "utf-8"


def preload() -> None:
    """Load what the commands load, once."""
    from conformance.cli.commands import PLACES, LazyGroup, cli  # noqa: PLC0415 - the door stays as it is until then

    assert isinstance(cli, LazyGroup)
    for name in PLACES:
        cli.get_command(None, name)  # type: ignore[arg-type] # the table needs no context
    gc.freeze()  # what is loaded is shared with every fork: nothing writes to it


def dds(
    *words: object,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    streams: Streams = Streams(),
    bound_s: float = BOUND_S,
    disturb: Callable[[int], None] | None = None,
) -> Ended:
    """Run a command in a fork; `disturb` is called with its process id while it runs."""
    with tempfile.TemporaryDirectory(prefix="forked-") as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        begun = time.monotonic()
        pid = _fork()
        if pid == 0:
            _become([str(word) for word in words], cwd, env or {}, streams, (out, err))
        if disturb:
            disturb(pid)
        code = _ended(pid, begun + bound_s)
        took_s = time.monotonic() - begun
        said = [path.read_bytes().decode("utf-8", "replace") if path.exists() else "" for path in (out, err)]
        return Ended(code, *said, took_s)


def _fork() -> int:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads of pytest-xdist: none of them holds our locks
        return os.fork()


def _ended(pid: int, deadline: float) -> int:
    while True:
        gone, status = os.waitpid(pid, os.WNOHANG)
        if gone:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            return HANGS
        time.sleep(WATCH_S)


def _become(
    words: Sequence[str], cwd: Path, env: Mapping[str, str], streams: Streams, printed: tuple[Path, Path]
) -> None:
    """Turn this fork into the command; never return."""
    code, (out, err) = 99, printed
    try:
        os.chdir(cwd)
        for name in [name for name in os.environ if name.startswith(("DDS_", "PYTEST_"))]:
            del os.environ[name]
        os.environ.update(env)
        tempfile.tempdir = None
        _descriptors(streams, out, err)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
        sys.argv = ["dds-conformance", *words]
        code = _main()
    except BaseException:  # noqa: BLE001 - nothing may go on in the fork
        with contextlib.suppress(BaseException):
            import traceback  # noqa: PLC0415

            err.write_text(traceback.format_exc(), encoding="utf-8")
        code = 98
    finally:
        os._exit(code)


def _main() -> int:
    from conformance.cli import main  # noqa: PLC0415

    try:
        main()
    except SystemExit as leave:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                try:
                    stream.flush()
                except (OSError, ValueError):
                    return 120  # what the interpreter answers when its last flush fails
        return int(leave.code or 0)
    return 97


def _descriptors(streams: Streams, out: Path, err: Path) -> None:
    stdin = os.open(streams.stdin, os.O_RDONLY)
    os.dup2(stdin, 0)
    os.dup2(os.open(err, os.O_WRONLY | os.O_CREAT | os.O_APPEND), 2)
    if streams.out == "closed":
        os.close(1)
    elif streams.out == "pipe":
        reader, writer = os.pipe()
        os.close(reader)
        os.dup2(writer, 1)
    else:
        os.dup2(os.open(streams.out or out, os.O_WRONLY | os.O_CREAT | os.O_APPEND), 1)
    sys.stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, closefd=False)), encoding="utf-8")
    sys.stderr = io.TextIOWrapper(io.BufferedWriter(io.FileIO(2, "w", closefd=False)), encoding=streams.encoding)
    sys.stdout = (  # type: ignore[assignment] # a closed one is None, as the interpreter has it
        None
        if streams.out == "closed"
        else io.TextIOWrapper(io.BufferedWriter(io.FileIO(1, "w", closefd=False)), encoding=streams.encoding)
    )


def signals(*numbers: int, when: Callable[[], object] = lambda: True, apart_s: float = 0.3) -> Callable[[int], None]:
    """Give a disturbance: the signals, one after the other, once `when` is so."""

    def disturb(pid: int) -> None:
        deadline = time.monotonic() + BOUND_S
        while not when() and time.monotonic() < deadline:
            time.sleep(WATCH_S)
        for number in numbers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
            time.sleep(apart_s)

    return disturb
