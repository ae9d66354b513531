"""A client's processes end as a whole: at the time limit, at its own end, and when the user interrupts."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

import pytest

from conformance.clients.harness import process_group
from conformance.clients.harness.process_group import Ended
from conformance.errors import UsageError

SPAWN = """
import os, signal, subprocess, sys, time
from pathlib import Path
kind, note = sys.argv[1:]
if "deaf" in kind:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen(
    [sys.executable, "-c", "import signal,time\\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\\ntime.sleep(60)"],
    start_new_session="left" in kind,
)
Path(note).write_text(str(child.pid))
if "stays" in kind:
    time.sleep(60)
"""


def run(folder: Path, *words: str, limit_s: float = 20, stop: threading.Event | None = None) -> Ended:
    """Run a command in a folder."""
    return process_group.run(
        [sys.executable, "-c", *words],
        folder=folder,
        environment=dict(os.environ),
        output=folder / "output.txt",
        limit_s=limit_s,
        stop=stop or threading.Event(),
    )


def gone(pid: int) -> bool:
    """Tell whether a process is dead, or dies at once: one that was killed has still to be given a moment to end."""
    deadline = time.monotonic() + 10
    while not _dead(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return _dead(pid)


def _dead(pid: int) -> bool:
    """Tell whether a process is dead; an unreaped orphan counts."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state == "Z"


def test_an_exit_code_and_the_output_are_kept(tmp_path: Path) -> None:
    """Both streams, in order."""
    ended = run(tmp_path, "import sys; print('out', flush=True); sys.stderr.write('err'); sys.exit(7)")
    assert ended.code == 7
    assert ended.begun_ns < ended.ended_ns
    assert (tmp_path / "output.txt").read_text() == "out\nerr"


@pytest.mark.parametrize("kind", ["stays", "stays-deaf", "stays-left", "leaves", "leaves-left"])
def test_nothing_that_a_client_started_outlives_it(tmp_path: Path, kind: str) -> None:
    """Whether it is ended at the time limit or by itself, deaf to SIGTERM, or in a session of its own."""
    note = tmp_path / "pid"
    ended = run(tmp_path, SPAWN, kind, str(note), limit_s=8 if "stays" in kind else 20)
    assert ended.code == (None if "stays" in kind else 0)
    assert gone(int(note.read_text()))


def test_the_time_limit_ends_a_client_soon(tmp_path: Path) -> None:
    """And the end that is noted is that of the limit, not of the cleaning up."""
    begun = time.monotonic()
    ended = run(tmp_path, "import time; time.sleep(60)", limit_s=1)
    assert ended.code is None
    assert 1 <= (ended.ended_ns - ended.begun_ns) / 1e9 < 5
    assert time.monotonic() - begun < 10


def test_a_set_stop_ends_a_client_at_once(tmp_path: Path) -> None:
    """The user's interrupt reaches every trial by it."""
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    begun = time.monotonic()
    assert run(tmp_path, "import time; time.sleep(60)", stop=stop).code is None
    assert time.monotonic() - begun < 10


def test_a_command_that_does_not_exist_is_the_users_mistake(tmp_path: Path) -> None:
    """Not the client's."""
    with pytest.raises(UsageError, match="no-such-client"):
        process_group.run(
            ["no-such-client"],
            folder=tmp_path,
            environment={},
            output=tmp_path / "o",
            limit_s=1,
            stop=threading.Event(),
        )
