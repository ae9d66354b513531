"""What is known while it goes on: counts, what is awaited, and violations that no later operation can undo."""

from __future__ import annotations

import queue
from collections.abc import Callable
from dataclasses import dataclass, field

from conformance.api import catalogue
from conformance.api.routes import base_of
from conformance.judge import Judge
from conformance.model import Exchange, Octets, Operation, Role, Target
from conformance.run.progress import Progress


@dataclass(slots=True)
class LiveJudge:
    """Hears operations from any thread; one thread calls `catch_up` and reads the rest.

    `tell` is called with a sentence for each violation when it is proved.
    """

    target: Target
    tell: Callable[[str], None]
    progress: Progress = field(default_factory=Progress)
    findings: int = 0
    _heard: queue.SimpleQueue[tuple[str, Operation]] = field(default_factory=queue.SimpleQueue)
    _judge: Judge = field(init=False)
    _stated: set[tuple[str, str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._judge = Judge(self.target, recorded=True)
        self.progress.base = base_of(self.target.base_url)

    def hear(self, moment: str, operation: Operation) -> None:
        """Take what happens; called where it happens, so it must be quick."""
        self._heard.put((moment, operation))

    def catch_up(self) -> None:
        """Judge what was heard since the last call."""
        for _ in range(self._heard.qsize()):
            moment, operation = self._heard.get()
            if moment == "begin":
                self._judge.begin(operation)
            else:
                self._judge.add(operation)
                self._count(operation)
        for finding in self._judge.proved():
            key = finding.requirement, finding.rule, finding.subject
            if key not in self._stated:
                self._stated.add(key)
                self.findings += 1
                level = catalogue.by_id()[finding.requirement].level
                self.tell(f"{level} {finding.requirement}: {finding.sentence}")

    def _count(self, operation: Operation) -> None:
        exchange = operation.exchange
        if exchange.role is Role.API:
            self.progress.add(_as_line(operation, exchange))
        else:
            self.progress.operations += 1

    def sentence(self) -> str:
        """Say where things stand."""
        said = f"{self.progress.operations} operations, {self.progress.projects} projects, "
        said += f"{self.progress.uploads} uploads completed, {self.findings} violations proved"
        return said


def _as_line(operation: Operation, exchange: Exchange) -> dict[str, object]:
    body = exchange.response
    return {
        "a_ns": operation.a_ns,
        "method": exchange.method,
        "path": exchange.path,
        "status": exchange.status,
        "response": None if isinstance(body, Octets) else body,
    }
