"""The pytest process that a run takes place in, started and watched from outside it.

A process of its own, with our own ini, so that neither a user's ``pytest.ini`` nor ``PYTEST_ADDOPTS`` leaks in. It has
a session of its own: an interrupt reaches the parent alone, which hands it on once and lets the child judge what it
has.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path

from conformance import interrupts
from conformance.run.stopping import leaving, promise
from conformance.settings.run_settings import Settings

LOG = "pytest.log"
ENDED = "Exit: error: "
"""How pytest begins the line of the log that says why we ended it."""
WATCH_S = 0.2
"""Seconds between two looks at the child, or at the parent."""
PARENT = "DDS_CONFORMANCE_PARENT"
"""The environment variable that tells the child its parent's process id."""

_LEAKS = (
    "PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_XDIST_AUTO_NUM_WORKERS", "PYTEST_XDIST_WORKER",
    "PYTEST_XDIST_WORKER_COUNT", "PYTEST_XDIST_TESTRUNUID", "PYTEST_CURRENT_TEST", "HYPOTHESIS_PROFILE",
)  # fmt: skip
"""What a pytest session around the run would tell it: a run draws the same plans wherever it is started."""
PLUGINS = ("-p", "xdist", "-p", "xdist.looponfail", "-p", "conformance.run.plugin")
"""All that a run needs of pytest's plugins: whatever else is installed stays out of it.

With it stays out what pytest does for the modules of every plugin that it finds by itself, in the child and in each of
its workers: it writes their assertions anew, here those of the whole suite and of schemathesis.
"""


def run_child(
    settings: Settings, tick: Callable[[], None], scenarios: str = "conformance.scenarios"
) -> tuple[int, int]:
    """Run the scenarios to their end; give the child's exit status and how often the user interrupted it.

    `tick` is called several times a second while the child works. What the child prints goes to ``DIR/pytest.log``.
    """
    settings.report_dir.mkdir(parents=True, exist_ok=True)
    with _handed(settings) as handed, (settings.report_dir / LOG).open("wb") as log:
        command = _command(settings, handed, scenarios)
        child = subprocess.Popen(  # noqa: S603 - our own interpreter and arguments
            command, stdout=log, stderr=subprocess.STDOUT, env=_environment(settings), start_new_session=True
        )
        with handing_on([child], settings) as interrupted:
            return _watch(child, tick), len(interrupted)


def _command(settings: Settings, handed: Path, scenarios: str) -> list[str]:
    ini = resources.files("conformance.scenarios").joinpath("pytest.ini")
    words = [sys.executable, "-m", "pytest", "-c", str(ini), *PLUGINS, "--pyargs", scenarios]
    words += ["--dds-settings", str(handed)]
    return [*words, "-n", str(settings.workers)] if settings.workers else words


def _environment(settings: Settings) -> Mapping[str, str]:
    clean = {name: value for name, value in os.environ.items() if name not in _LEAKS}
    alone = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # workers heed it too, which are told no option of their parent's
    return {**clean, **alone, **settings.secrets_environment(), PARENT: str(os.getpid())}


def end_with_parent() -> None:
    """In the child: interrupt this process when its parent is gone, so that nothing goes on that nobody watches.

    A shell's background job ignores interrupts, and so would its child: the parent's must be heeded all the same.
    """
    parent = os.environ.pop(PARENT, "")
    if parent:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        threading.Thread(target=_interrupt_without, args=(int(parent),), name="parent-watch", daemon=True).start()


def _interrupt_without(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(WATCH_S)
    os.kill(os.getpid(), signal.SIGINT)


@contextlib.contextmanager
def _handed(settings: Settings) -> Iterator[Path]:
    with tempfile.NamedTemporaryFile("w", suffix=".json", prefix="dds-settings-", encoding="utf-8") as file:
        file.write(settings.to_json())
        file.flush()
        yield Path(file.name)


def _watch(child: subprocess.Popen[bytes], tick: Callable[[], None]) -> int:
    while child.poll() is None:
        tick()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(WATCH_S)
    return child.returncode


@contextlib.contextmanager
def handing_on(children: Sequence[subprocess.Popen[bytes]], settings: Settings) -> Iterator[list[float]]:
    """Answer an interrupt at once, and hand the first one on to the first child as SIGINT; a second one ends them all.

    What is alive at the end is killed. Gives the times (s, monotonic) of the interrupts so far.
    """
    asked: list[float] = []
    sentences = promise(settings), leaving(settings)

    def hand_on(_number: int, _frame: object) -> None:
        with interrupts.promising(sentences[min(len(asked), 1)]):
            interrupts.say(interrupts.promise())
        asked.append(time.monotonic())
        for child in children[:1] if len(asked) == 1 else children:
            child.send_signal(signal.SIGINT if len(asked) == 1 else signal.SIGKILL)

    # A shell's background job is born ignoring SIGINT, and may be asked to stop by one all the same.
    hang_up = () if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else (signal.SIGHUP,)
    before = {number: signal.signal(number, hand_on) for number in (signal.SIGINT, signal.SIGTERM, *hang_up)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for child in children:
            if child.poll() is None:
                child.kill()
                child.wait()
