"""Locust's worker of a soak: users come and go as the master says, and a slice in a process of its own serves them.

``python -m conformance.soak.worker_node HOST PORT FOLDER [SETTINGS]``: settings come from the master; those of a file
say how this machine reaches the target. The clock is compared with the master's all the time, and the history's header
holds how well. A worker elsewhere sends its history and its ledger while they grow.
"""

from __future__ import annotations

# isort: off
from conformance.soak.locust_parts import (  # first: it patches this process
    CLOCK, ENDED, HELLO, LEAVE, PIECE, READY, SETTINGS, USERS, WATCH_S, environment, stopping,
)  # fmt: skip

# isort: on
import dataclasses
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import gevent
from gevent.event import Event

from conformance.driver.report_folder import dispose
from conformance.outcome.assemble import now, versions
from conformance.settings.run_settings import Settings
from conformance.soak.clock_probes import ClockProbes
from conformance.soak.file_pieces import FilePieces
from conformance.soak.worker_history import WorkerHistory, history_name

PROBE_EVERY_S = 0.2
MASTER_GONE_S = 15.0
"""After so long without an answer for the clock the master is gone, and this worker ends by itself."""
HEADER_EVERY_S = 1.0
"""Between two writings of the header: a worker that is killed leaves one that is no older."""
JOIN_S = 900.0
KILLED = {"operations": 0, "plans": 0, "shortage": "", "trouble": "", "killed": True}
"""What is told of a slice that ended without a word."""
LAST_WORDS_S = 20.0
"""How long a slice may take to its last line after it was told to stop at once."""


class Worker:
    """One worker: its connection to the master, its clock, its slice of users."""

    def __init__(self, host: str, port: int, folder: Path, own: Settings | None) -> None:
        self._folder, self._own = folder, own
        self._asked = stopping(os.getppid() if own is None else 0)
        self._given: dict[str, Any] = {}
        self._leave = Event()
        self._probes = ClockProbes()
        self._heard = time.monotonic()
        self._ended: dict[str, Any] | None = None
        self._slice: Any = None
        self._environment = environment()
        self._runner = self._environment.create_worker_runner(host, port)
        self._runner.register_message(SETTINGS, self._take_settings)
        self._runner.register_message(LEAVE, lambda **_: self._leave.set())
        self._runner.register_message(CLOCK, self._take_clock)

    def run(self) -> int:
        """Serve until the master says that it is over, or is gone."""
        self._runner.send_message(HELLO, {"host": socket.gethostname()})
        gevent.spawn(self._probe)
        until = time.monotonic() + JOIN_S
        while not self._given and time.monotonic() < until and not self._asked.is_set():
            gevent.sleep(WATCH_S)
        if not self._given:
            return 1
        self._serve(self._settings())
        return 0

    def _settings(self) -> Settings:
        """Return the soak's settings, with this machine's own secrets and roads."""
        given = Settings.from_json(self._given["settings"])
        if self._own is None:
            return given
        own = self._own
        return dataclasses.replace(
            given,
            report_dir=self._folder,
            credentials=own.credentials,
            network=own.network,
            i_may_write=own.i_may_write,
        )

    def _serve(self, settings: Settings) -> None:
        name, remote = self._given["name"], bool(self._given["remote"])
        fields = {"run_id": settings.run_id, "begun": now(), "effort": settings.effort, "seed": settings.seed,
                  "suite": versions()["suite"], "worker": name, "host": socket.gethostname()}  # fmt: skip
        history = WorkerHistory(settings.report_dir / history_name(name), settings.target, fields)
        pieces = [FilePieces("history", history.path), FilePieces("ledger", settings.ledger_path)] if remote else []
        with tempfile.NamedTemporaryFile("w", suffix=".json", prefix="dds-soak-", encoding="utf-8") as handed:
            handed.write(settings.to_json())
            handed.flush()
            words = [sys.executable, "-m", "conformance.soak.user_slice", handed.name, name, str(self._given["shard"])]
            self._slice = subprocess.Popen(  # noqa: S603 - our own interpreter and arguments
                words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
                env={**os.environ, **settings.secrets_environment()},
            )  # fmt: skip
            listening = gevent.spawn(self._listen)
            self._watch(history, pieces, listening)
        self._finish(history, pieces, remote=remote, settings=settings)

    def _watch(self, history: WorkerHistory, pieces: list[FilePieces], listening: Any) -> None:
        """Keep the header and the master up to date until the slice has ended."""
        left = compared = 0.0
        while not listening.ready():
            gevent.sleep(WATCH_S)
            if time.monotonic() - compared >= HEADER_EVERY_S:
                compared = time.monotonic()
                history.compared(self._probes.offset())
            if not self._is_alone():
                self._send(pieces)
            if not left and (self._leave.is_set() or self._is_alone() or self._asked.is_set()):
                left = time.monotonic()
                self._command({"leave": True} if self._leave.is_set() else {"stop": True})
            if left and self._asked.is_set() and time.monotonic() - left > LAST_WORDS_S:
                self._slice.kill()

    def _finish(self, history: WorkerHistory, pieces: list[FilePieces], *, remote: bool, settings: Settings) -> None:
        self._slice.wait()
        history.compared(self._probes.offset())
        if self._is_alone():  # nobody takes messages any more, and sending them may wait for ever
            if remote:
                self._clean(settings)
        else:
            for piece in pieces:
                piece.again()
            self._send(pieces, all_of_it=True)
            self._runner.send_message(ENDED, self._ended or KILLED)
            gevent.sleep(2 * WATCH_S)
        if remote:
            dispose(settings)

    def _is_alone(self) -> bool:
        """Whether the master is gone, as far as its answers tell."""
        return time.monotonic() - self._heard > MASTER_GONE_S

    def _clean(self, settings: Settings) -> None:
        """Remove what this worker made: the master, who would have done it, is gone."""
        from conformance.driver.safety.cleaning import farewell, rescue  # noqa: PLC0415 - where it is needed

        for sentence in farewell(rescue(settings).leftovers, settings.ledger_path, settings):
            sys.stderr.write(f"{sentence}\n")

    def _send(self, pieces: list[FilePieces], *, all_of_it: bool = False) -> None:
        for piece in pieces:
            for at, data in piece.news(all_of_it=all_of_it):
                self._runner.send_message(PIECE, {"file": piece.name, "at": at, "data": data})
                gevent.sleep(0)

    def _probe(self) -> None:
        while True:
            self._runner.send_message(CLOCK, {"sent_ns": time.monotonic_ns()})
            gevent.sleep(PROBE_EVERY_S)

    # ---- the slice

    def _command(self, what: dict[str, Any]) -> None:
        try:
            self._slice.stdin.write(json.dumps(what) + "\n")
            self._slice.stdin.flush()
        except (OSError, ValueError):
            pass  # it has ended; its last line, or the lack of one, is what counts

    def _listen(self) -> None:
        for line in self._slice.stdout:
            said = json.loads(line)
            if "ready" in said:
                USERS.changed = lambda count: self._command({"users": count})
                self._runner.send_message(READY, {})
            for method, name, milliseconds, failure in said.get("requests", ()):
                self._environment.events.request.fire(
                    request_type=method, name=name, response_time=milliseconds, response_length=0, context={},
                    exception=RuntimeError(failure) if failure else None,
                )  # fmt: skip
            self._ended = said.get("ended", self._ended)

    # ---- messages

    def _take_settings(self, msg: Any, **_: Any) -> None:
        self._given = dict(msg.data)

    def _take_clock(self, msg: Any, **_: Any) -> None:
        received = time.monotonic_ns()
        self._heard = time.monotonic()
        self._probes.take(int(msg.data["sent_ns"]), int(msg.data["master_ns"]), received)


def main(arguments: list[str]) -> int:
    """Be a worker."""
    host, port, folder, *own = arguments
    settings = Settings.from_json(Path(own[0]).read_text(encoding="utf-8")) if own else None
    return Worker(host, int(port), Path(folder), settings).run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
