"""What a client holds that asks for a url on condition that it changed: the answer that each 304 tells again.

A client holds the last answer in full that its session had from an endpoint, if that came with a validator.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from conformance.api.answers import Answer, Classified
from conformance.judge.state.interval import Interval, interval_of
from conformance.model import Operation

NOT_MODIFIED = 304
MOST_RETAINED = 64
"""Answers without content that are kept of one client at one endpoint; of more, the first and the last."""
_FULL = frozenset({Answer.DONE, Answer.NC, Answer.INTEGRITY})
Key = tuple[str, str, str]
"""Session, call and id."""


@dataclass(slots=True)
class Held:
    """An answer in full, and the 304s that the same client had from there since."""

    answer: Answer
    interval: Interval
    unchanged: list[Interval] = field(default_factory=list)


@dataclass(slots=True)
class Revalidations:
    """What each session holds of each url endpoint, and what it held before, where a 304 told that again."""

    held: dict[Key, Held] = field(default_factory=dict)
    before: list[tuple[Key, Held]] = field(default_factory=list)
    asked: int = 0

    def take(self, operation: Operation, of: Classified) -> None:
        """Take an answer of a url endpoint."""
        exchange = operation.exchange
        headers = exchange.headers
        key = operation.session, of.call.name, of.call.id
        if exchange.status == NOT_MODIFIED:
            held = self.held.get(key)
            if held is not None and exchange.failure is None:
                self.asked += 1
                if len(held.unchanged) >= MOST_RETAINED:
                    held.unchanged.pop()
                held.unchanged.append(interval_of(operation))
        elif of.answer in _FULL and ("etag" in headers or "last-modified" in headers):
            self._let_go(key)
            self.held[key] = Held(of.answer, interval_of(operation))
        elif key in self.held and exchange.status is not None:
            self._let_go(key)

    def _let_go(self, key: Key) -> None:
        held = self.held.pop(key, None)
        if held is not None and held.unchanged:
            self.before.append((key, held))

    def every(self) -> list[tuple[Key, Held]]:
        """Return all that was told again by a 304."""
        return [*self.before, *((key, held) for key, held in self.held.items() if held.unchanged)]
