"""Locust's master of a soak: it shares out users, answers for the clock, and takes what workers elsewhere write.

``python -m conformance.soak.master_node PLAN SETTINGS FOLDER``. What became of the workers is in ``FOLDER/soak.json``.
"""

from __future__ import annotations

# isort: off
from conformance.soak.locust_parts import (  # first: it patches this process
    CLOCK, ENDED, HELLO, LEAVE, PIECE, READY, SETTINGS, WATCH_S, environment, stopping,
)  # fmt: skip

# isort: on
import dataclasses
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gevent
from locust.stats import PERCENTILES_TO_REPORT, StatsCSVFileWriter, stats_history

from conformance.settings.run_settings import Settings
from conformance.soak.sharing import shared_out
from conformance.soak.soak_plan import SoakPlan, place
from conformance.soak.worker_history import history_name

SUMMARY = "soak.json"
JOIN_S, JOIN_REMOTE_S = 60.0, 900.0
"""How long workers may take to come: processes of this machine, and those that somebody starts by hand."""
SETTLE_S = 60.0
"""Beside the bound on convergence, how long the plans under way may take to their end."""
MOST_PIECE = 1 << 20
WEB_PORT = 8089


class Master:
    """One soak's master. `workers` holds what is known of each, by Locust's name of its node."""

    def __init__(self, plan: SoakPlan, settings: Settings, folder: Path) -> None:
        self._plan, self._settings, self._folder = plan, settings, folder
        self.workers: dict[str, dict[str, Any]] = {}
        self._environment = environment()
        self._runner = self._environment.create_master_runner(plan.host, plan.port)
        for name, take in (
            (HELLO, self._hello), (CLOCK, self._clock), (PIECE, self._piece), (READY, self._ready), (ENDED, self._ended)
        ):  # fmt: skip
            self._runner.register_message(name, take)
        self._asked = stopping(os.getppid())

    def run(self) -> int:
        """Hold the soak; 0 unless no worker came."""
        self._show()
        patience = JOIN_REMOTE_S if self._plan.remote else JOIN_S
        joined = self._await(lambda: len(self.workers) >= self._plan.workers, patience)
        if joined:
            self._hand_out()
            joined = self._await(lambda: all(one["ready"] or one["lost"] for one in self.workers.values()), JOIN_S)
        if joined and not self._asked.is_set():
            self._runner.start(self._plan.users, self._plan.spawn_rate)
            self._await(self._is_idle, self._plan.seconds)
        self._leave()
        self._keep(joined=joined)
        return 0 if joined else 1

    def _show(self) -> None:
        csv = StatsCSVFileWriter(self._environment, PERCENTILES_TO_REPORT, str(self._folder / "locust"))
        gevent.spawn(csv)
        gevent.spawn(stats_history, self._runner)
        if self._plan.web:
            host, port = place(self._plan.web, WEB_PORT, "--web")
            self._environment.create_web_ui(host, port, stats_csv_writer=csv)

    def _await(self, over: Callable[[], bool], seconds: float) -> bool:
        """Wait until something holds, for so long at most, or until somebody wants an end; say whether it does."""
        until = time.monotonic() + seconds
        while not over() and time.monotonic() < until and not self._asked.is_set():
            self._look_for_lost()
            gevent.sleep(WATCH_S)
        return over()

    def _is_idle(self) -> bool:
        """Whether nobody is left to serve users, or they were stopped on Locust's page."""
        gone = all(one["lost"] or one["ended"] for one in self.workers.values())
        return gone or self._runner.state in ("stopped", "stopping")

    def _look_for_lost(self) -> None:
        for name, one in self.workers.items():
            node = self._runner.clients.get(name)
            one["lost"] = one["ended"] is None and (node is None or node.state == "missing")

    def _hand_out(self) -> None:
        for shard, (name, one) in enumerate(self.workers.items()):
            one["name"] = f"w{shard + 1}"
            share = shared_out(self._settings, len(self.workers)) if self._plan.remote else self._settings
            words = {"settings": share.to_json(), "name": one["name"], "shard": shard, "remote": self._plan.remote}
            self._runner.send_message(SETTINGS, words, client_id=name)

    def _leave(self) -> None:
        """Let all users go, and wait until the workers have written everything."""
        self._asked.clear()
        stopping_greenlet = gevent.spawn(self._runner.stop)
        for name in self.workers:
            self._runner.send_message(LEAVE, {}, client_id=name)
        settle = self._settings.target.converge_within_s + SETTLE_S
        self._await(lambda: all(one["ended"] or one["lost"] for one in self.workers.values()), settle)
        stopping_greenlet.kill(block=False)
        for name in self.workers:
            self._runner.server.send_to_client(_quit(name))
        gevent.sleep(WATCH_S)

    def _keep(self, *, joined: bool) -> None:
        self._look_for_lost()
        said = {"joined": joined, "wanted": self._plan.workers, "workers": list(self.workers.values())}
        (self._folder / SUMMARY).write_text(json.dumps(said, indent=1), encoding="utf-8")

    # ---- messages

    def _hello(self, msg: Any, **_: Any) -> None:
        blank = {"name": "", "host": str(msg.data["host"])[:200], "ready": False, "ended": None, "lost": False}
        if len(self.workers) < self._plan.workers:
            self.workers.setdefault(msg.node_id, blank)

    def _clock(self, msg: Any, **_: Any) -> None:
        answer = {"sent_ns": msg.data["sent_ns"], "master_ns": time.monotonic_ns()}
        self._runner.send_message(CLOCK, answer, client_id=msg.node_id)

    def _ready(self, msg: Any, **_: Any) -> None:
        if msg.node_id in self.workers:
            self.workers[msg.node_id]["ready"] = True

    def _ended(self, msg: Any, **_: Any) -> None:
        if msg.node_id in self.workers:
            self.workers[msg.node_id]["ended"] = dict(msg.data)

    def _piece(self, msg: Any, **_: Any) -> None:
        """Write a piece of what a worker elsewhere writes, at its place."""
        one, data, at = self.workers.get(msg.node_id), msg.data["data"], msg.data["at"]
        if one is None or not one["name"] or not self._plan.remote:
            return
        if not isinstance(data, bytes) or len(data) > MOST_PIECE or type(at) is not int or at < 0:
            return
        names = {"history": history_name(one["name"]), "ledger": f"ledger-{self._settings.run_id}-{one['name']}.jsonl"}
        path = self._folder / names["ledger" if msg.data["file"] == "ledger" else "history"]
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.pwrite(handle, data, at)
        finally:
            os.close(handle)


def _quit(name: str) -> Any:
    from locust.rpc import Message  # noqa: PLC0415 - Locust's own, for this one word

    return Message("quit", None, name)


def main(arguments: list[str]) -> int:
    """Hold a soak."""
    plan = SoakPlan.from_json(Path(arguments[0]).read_text(encoding="utf-8"))
    settings = Settings.from_json(Path(arguments[1]).read_text(encoding="utf-8"))
    folder = Path(arguments[2])
    return Master(plan, dataclasses.replace(settings, report_dir=folder), folder).run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
