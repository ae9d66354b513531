"""What went over the wire, in numbers: a summary of a history for the run document (pure, one pass)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from conformance.api.answers import Classified
from conformance.model import Json, Octets, Operation

NS_PER_S = 1_000_000_000


def _by_name() -> defaultdict[str, Counter[str]]:
    return defaultdict(Counter)


def ranked(counted: Counter[str]) -> list[tuple[str, int]]:
    """Return names with their counts, the most frequent first, and of equal ones in the order of the alphabet."""
    return sorted(counted.items(), key=lambda one: (-one[1], one[0]))


@dataclass(slots=True)
class Traffic:
    """Counts by call, answer, status, failure and source; bytes of bodies kept as octets; the span on the clock."""

    operations: int = 0
    calls: defaultdict[str, Counter[str]] = field(default_factory=_by_name)
    statuses: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    sent: int = 0
    received: int = 0
    first_ns: int | None = None
    last_ns: int = 0

    def add(self, operation: Operation, of: Classified) -> None:
        """Count one operation."""
        exchange = operation.exchange
        self.operations += 1
        self.calls[of.call.name][str(of.answer)] += 1
        self.sources[str(of.source)] += 1
        self.statuses[str(exchange.status)] += exchange.status is not None
        if exchange.failure:
            self.failures[str(exchange.failure)] += 1
        self.sent += _octets(exchange.request)
        self.received += _octets(exchange.response)
        self.first_ns = operation.a_ns if self.first_ns is None else min(self.first_ns, operation.a_ns)
        self.last_ns = max(self.last_ns, operation.b_ns or operation.a_ns)

    def merge(self, other: Traffic) -> None:
        """Fold the traffic of other operations in."""
        self.operations += other.operations
        for name, kinds in other.calls.items():
            self.calls[name].update(kinds)
        self.statuses.update(other.statuses)
        self.failures.update(other.failures)
        self.sources.update(other.sources)
        self.sent += other.sent
        self.received += other.received
        begun = [one for one in (self.first_ns, other.first_ns) if one is not None]
        self.first_ns = min(begun, default=None)
        self.last_ns = max(self.last_ns, other.last_ns)

    def summary(self) -> dict[str, Json]:
        """Give the ``traffic`` section of the run document; durations in seconds."""
        duration_s = max(0, self.last_ns - (self.first_ns or 0)) / NS_PER_S
        return {
            "operations": self.operations,
            "by_call": [
                {"call": name, "count": sum(kinds.values()), "by_answer": dict(ranked(kinds))}
                for name, kinds in sorted(self.calls.items(), key=lambda item: (-sum(item[1].values()), item[0]))
            ],
            "by_status": {status: n for status, n in sorted(self.statuses.items()) if n},
            "failures": dict(ranked(self.failures)),
            "by_source": dict(ranked(self.sources)),
            "bytes_sent": self.sent,
            "bytes_received": self.received,
            "duration_s": round(duration_s, 3),
            "requests_per_s": round(self.operations / duration_s, 1) if duration_s else 0.0,
        }


def traffic(operations: Iterable[Operation], classes: Iterable[Classified]) -> dict[str, Json]:
    """Summarise what went over the wire."""
    summary = Traffic()
    for operation, of in zip(operations, classes, strict=True):
        summary.add(operation, of)
    return summary.summary()


def _octets(body: Json | Octets | None) -> int:
    return body.bytes if isinstance(body, Octets) else 0
