"""What went over the wire, in numbers: a summary of a history for the run document (pure, one pass)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from conformance.api.answers import Answer, Classified, Source
from conformance.model import Failure, Json, Octets, Operation

NS_PER_S = 1_000_000_000
Alike = tuple[str, Answer, Source, int | None, Failure | None]
"""Call, answer, source, status and failure: most operations share them with many others, and are counted together."""


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

    def spans(self, operation: Operation) -> None:
        """Take what is an operation's own: its bytes and its interval."""
        exchange, begun = operation.exchange, operation.a_ns
        self.operations += 1
        if type(exchange.request) is Octets:
            self.sent += exchange.request.bytes
        if type(exchange.response) is Octets:
            self.received += exchange.response.bytes
        if self.first_ns is None or begun < self.first_ns:
            self.first_ns = begun
        ended = operation.b_ns or begun
        if ended > self.last_ns:  # noqa: PLR1730 - a call for each operation is slower
            self.last_ns = ended

    def counts(self, alike: Alike, count: int) -> None:
        """Take so many operations that are alike."""
        call, answer, source, status, failure = alike
        self.calls[call][str(answer)] += count
        self.sources[str(source)] += count
        if status is not None:
            self.statuses[str(status)] += count
        if failure:
            self.failures[str(failure)] += count

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
    alike: Counter[Alike] = Counter()
    for operation, of in zip(operations, classes, strict=True):
        exchange = operation.exchange
        alike[of.call.name, of.answer, of.source, exchange.status, exchange.failure] += 1
        summary.spans(operation)
    for one, count in alike.items():
        summary.counts(one, count)
    return summary.summary()
