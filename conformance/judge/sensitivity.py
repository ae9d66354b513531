"""How short a wrong window the tracers of a run would have shown, computed from the reads that were recorded.

A tracer is decisive from the end of its completion to the first read of its truth. A wrong window of width w that
begins at a random moment of that time is missed when no read falls into it. Reads act somewhere in their interval: at
its middle for the likely figure, and nowhere surely but in the whole of it for the sure one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from conformance.api.answers import Answer, Classified
from conformance.api.routes import URL_CALLS
from conformance.model import Json, Operation

CONFIDENCE = 0.95
LONGEST_S = 3600.0
Span = tuple[float, float]
_Read = tuple[float, float, Answer]
_INFORMATIVE = (Answer.NC, Answer.DONE, Answer.INTEGRITY)


@dataclass(frozen=True, slots=True)
class Watch:
    """One tracer: its kind (``good`` or ``bad``), the time it was decisive in, and the reads of it (seconds)."""

    kind: str
    begun: float
    ended: float
    reads: tuple[Span, ...]


@dataclass(slots=True)
class Watches:
    """What the readers of tracers noted, and when the uploads were completed, in any order."""

    reads: dict[tuple[str, str], list[_Read]] = field(default_factory=dict)
    completed: dict[str, float] = field(default_factory=dict)

    def add(self, operation: Operation, of: Classified) -> None:
        """Take one operation."""
        if operation.b_ns is None:
            return
        called = of.call
        if called.name == "complete_upload" and of.answer is Answer.DONE:
            self._completed(called.id, operation.b_ns / 1e9)
        elif called.name in URL_CALLS and operation.notes.get("tracer"):
            key = str(operation.notes["upload"]), str(operation.notes["tracer"])
            self.reads.setdefault(key, []).append((operation.a_ns / 1e9, operation.b_ns / 1e9, of.answer))

    def _completed(self, upload: str, ended: float) -> None:
        self.completed[upload] = min(self.completed.get(upload, LONGEST_S * 1e9), ended)

    def merge(self, other: Watches) -> None:
        """Fold those of other operations in."""
        for key, reads in other.reads.items():
            self.reads.setdefault(key, []).extend(reads)
        for upload, ended in other.completed.items():
            self._completed(upload, ended)

    def found(self) -> list[Watch]:
        """Return the tracers, in an order that does not depend on that of the operations."""
        made = (_watch(kind, self.completed.get(upload), seen) for (upload, kind), seen in self.reads.items())
        found = [watch for watch in made if watch and watch.ended > watch.begun]
        return sorted(found, key=lambda one: (one.begun, one.ended, one.kind, one.reads))


def watches(operations: Iterable[Operation], classes: Iterable[Classified]) -> list[Watch]:
    """Find the tracers among the operations: what their readers noted, and when they were completed."""
    gathered = Watches()
    for operation, of in zip(operations, classes, strict=True):
        gathered.add(operation, of)
    return gathered.found()


def _watch(kind: str, begun: float | None, seen: Sequence[_Read]) -> Watch | None:
    truth = Answer.DONE if kind == "good" else Answer.INTEGRITY
    ends = [b for _, b, answered in seen if answered is truth]
    if begun is None or not ends:
        return None
    spans = tuple(sorted((a, b) for a, b, answered in seen if answered in _INFORMATIVE))
    return Watch(kind, begun, min(ends), spans)


def missed(watch: Watch, width: float, *, sure: bool) -> float:
    """Return the probability that a window of `width` seconds at a random moment of the watch is seen by no read."""
    room = watch.ended - watch.begun - width
    if room <= 0:
        return 0.0 if watch.reads else 1.0
    seen, reach = 0.0, watch.begun
    for a, b in watch.reads:
        first, last = (b, a) if sure else ((a + b) / 2, (a + b) / 2)
        low, high = max(first - width, reach), min(last, watch.begun + room)
        if high > low:
            seen += high - low
            reach = high
    return max(0.0, 1.0 - seen / room)


def missed_by_all(found: Sequence[Watch], width: float, *, sure: bool) -> float:
    """Return the probability that every tracer misses its own window of `width` seconds."""
    chance = 1.0
    for watch in found:
        chance *= missed(watch, width, sure=sure)
    return chance


def width_seen(found: Sequence[Watch], *, sure: bool) -> float | None:
    """Return the least width in seconds that at least one tracer sees with 95 % probability; None without tracers."""
    if not found:
        return None
    low, high = 0.0, max(watch.ended - watch.begun for watch in found)
    for _ in range(40):
        middle = (low + high) / 2
        if missed_by_all(found, middle, sure=sure) <= 1 - CONFIDENCE:
            high = middle
        else:
            low = middle
    return high


def sensitivity(operations: Iterable[Operation], classes: Iterable[Classified]) -> dict[str, Json]:
    """State what the tracers of a history could see."""
    return sensitivity_of(watches(operations, classes))


def sensitivity_of(found: Sequence[Watch]) -> dict[str, Json]:
    """State what tracers could see: widths in seconds, for bad tracers, good ones, and all of them."""
    groups = {kind: [watch for watch in found if watch.kind == kind] for kind in ("bad", "good")}
    return {
        "confidence": CONFIDENCE,
        "tracers": len(found),
        "reads": sum(len(watch.reads) for watch in found),
        "width_s": width_seen(found, sure=False),
        "width_sure_s": width_seen(found, sure=True),
        **{kind: _of(group) for kind, group in groups.items()},
    }


def _of(found: Sequence[Watch]) -> dict[str, Json]:
    return {
        "tracers": len(found),
        "reads": sum(len(watch.reads) for watch in found),
        "watched_s": sum(watch.ended - watch.begun for watch in found),
        "width_s": width_seen(found, sure=False),
        "width_sure_s": width_seen(found, sure=True),
    }
