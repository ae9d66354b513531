"""Locust's processes of a soak on this machine: begun, watched, asked to end once, and killed if asked twice."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from conformance.run.child import handing_on
from conformance.settings.run_settings import Settings
from conformance.soak.soak_plan import SoakPlan

LOG = "soak.log"
LOOK_S = 0.1
GRACE_S = 10.0
"""How long a worker may take to end after the master has."""

Child = subprocess.Popen[bytes]


def run_nodes(settings: Settings, plan: SoakPlan, tick: Callable[[], None]) -> int:
    """Run the master, and the workers that are this machine's, to their end; return how often the user interrupted.

    What they print goes to ``DIR/soak.log``. `tick` is called several times a second.
    """
    folder = settings.report_dir
    with TemporaryDirectory(prefix="dds-soak-") as held, (folder / LOG).open("wb") as log:
        plan_file, settings_file = Path(held) / "plan.json", Path(held) / "settings.json"
        plan_file.write_text(plan.to_json(), encoding="utf-8")
        settings_file.write_text(settings.to_json(), encoding="utf-8")
        environment = {**os.environ, **settings.secrets_environment()}
        start = _starting(log, environment)
        children = [start("master_node", [str(plan_file), str(settings_file), str(folder)])]
        with handing_on(children, settings) as asked:
            there = [plan.host, str(plan.port), str(folder)]
            children += [] if plan.remote else [start("worker_node", there) for _ in range(plan.workers)]
            _watch(children, tick)
            return len(asked)


def be_worker(settings: Settings, host: str, port: int) -> int:
    """Be a worker of a master elsewhere, in this machine's own folder; return how often the user interrupted."""
    with TemporaryDirectory(prefix="dds-soak-") as held, (settings.report_dir / LOG).open("wb") as log:
        file = Path(held) / "settings.json"
        file.write_text(settings.to_json(), encoding="utf-8")
        start = _starting(log, {**os.environ, **settings.secrets_environment()})
        children = [start("worker_node", [host, str(port), str(settings.report_dir), str(file)])]
        with handing_on(children, settings) as asked:
            children[0].wait()
            return len(asked)


def _starting(log: BinaryIO, environment: Mapping[str, str]) -> Callable[[str, Sequence[str]], Child]:
    def start(module: str, words: Sequence[str]) -> Child:
        return subprocess.Popen(  # noqa: S603 - our own interpreter and arguments
            [sys.executable, "-m", f"conformance.soak.{module}", *words],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            start_new_session=True,
        )

    return start


def _watch(children: Sequence[Child], tick: Callable[[], None]) -> None:
    """Wait for the master, then a little for the workers; end what does not end by itself."""
    while children[0].poll() is None:
        tick()
        with contextlib.suppress(subprocess.TimeoutExpired):
            children[0].wait(LOOK_S)
    until = time.monotonic() + GRACE_S
    for child in children[1:]:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(max(0.0, until - time.monotonic()))
    for child in children[1:]:
        if child.poll() is None:
            child.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(GRACE_S)
