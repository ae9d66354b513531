"""What went over the wire, in numbers: a summary of a history for the run document (pure, one pass)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from conformance.api.answers import Answer, Classified, Source
from conformance.model import Failure, Json, Octets, Operation

NS_PER_S = 1_000_000_000
Alike = tuple[str, Answer, Source, int | None, Failure | None]
"""Call, answer, source, status and failure: most operations share them with many others, and are counted together."""


def ranked(counted: Counter[str]) -> list[tuple[str, int]]:
    """Return names with their counts, the most frequent first, and of equal ones in the order of the alphabet."""
    return sorted(counted.items(), key=lambda one: (-one[1], one[0]))


@dataclass(slots=True)
class Traffic:
    """How many operations there were of each kind; bytes of bodies kept as octets; the span on the clock (ns)."""

    alike: Counter[Alike] = field(default_factory=Counter)
    sent: int = 0
    received: int = 0
    first_ns: int | None = None
    last_ns: int = 0

    def add(self, operation: Operation, of: Classified, times: int = 1) -> None:
        """Take one operation, or one for as many that are alike and hold no octets; not when it was."""
        exchange = operation.exchange
        self.alike[of.call.name, of.answer, of.source, exchange.status, exchange.failure] += times
        if type(exchange.request) is Octets:
            self.sent += exchange.request.bytes
        if type(exchange.response) is Octets:
            self.received += exchange.response.bytes

    def span(self, first_ns: int | None, last_ns: int) -> None:
        """Take when operations were: the earliest beginning, None where there were none, and the latest end (ns)."""
        self.first_ns = min((one for one in (self.first_ns, first_ns) if one is not None), default=None)
        self.last_ns = max(self.last_ns, last_ns)

    def merge(self, other: Traffic) -> None:
        """Fold the traffic of other operations in."""
        self.alike.update(other.alike)
        self.sent += other.sent
        self.received += other.received
        self.span(other.first_ns, other.last_ns)

    def _counted(self, part: Callable[[Alike], object]) -> Counter[str]:
        found: Counter[str] = Counter()
        for one, count in self.alike.items():
            if part(one) is not None:
                found[str(part(one))] += count
        return found

    def _by_call(self) -> list[Json]:
        calls: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for (call, answer, *_), count in self.alike.items():
            calls[call][str(answer)] += count
        return [
            {"call": name, "count": sum(kinds.values()), "by_answer": dict(ranked(kinds))}
            for name, kinds in sorted(calls.items(), key=lambda item: (-sum(item[1].values()), item[0]))
        ]

    def summary(self) -> dict[str, Json]:
        """Give the ``traffic`` section of the run document; durations in seconds."""
        duration_s, operations = max(0, self.last_ns - (self.first_ns or 0)) / NS_PER_S, self.alike.total()
        return {
            "operations": operations,
            "by_call": self._by_call(),
            "by_status": dict(sorted(self._counted(lambda one: one[3]).items())),
            "failures": dict(ranked(self._counted(lambda one: one[4]))),
            "by_source": dict(ranked(self._counted(lambda one: one[2]))),
            "bytes_sent": self.sent,
            "bytes_received": self.received,
            "duration_s": round(duration_s, 3),
            "requests_per_s": round(operations / duration_s, 1) if duration_s else 0.0,
        }


def traffic(operations: Iterable[Operation], classes: Iterable[Classified]) -> dict[str, Json]:
    """Summarise what went over the wire."""
    summary = Traffic()
    for operation, of in zip(operations, classes, strict=True):
        summary.add(operation, of)
        summary.span(operation.a_ns, operation.b_ns or operation.a_ns)
    return summary.summary()
