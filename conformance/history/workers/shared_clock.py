"""Histories of several workers brought to one clock: every instant shifted, and widened before it crosses workers.

Each family of resources has a home: the worker that touched it most. Operations at home stay as exact as the worker's
own clock. What another worker did to the family is widened by both clocks' bounds, so that whatever is concluded from
the order of two operations holds wherever within their bounds the clocks were. A clock that was never compared bounds
nothing: what crosses to or from it may have happened at any time, and only the rules of one worker are left.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from conformance.history.workers.clock_offsets import FIELD, PPB, ClockOffset, clock_offset_of
from conformance.history.workers.touched_ids import Families, touched
from conformance.model import History, Json, Operation

Part = tuple[str, History]
NS_PER_MS = 1_000_000
GIVEN_UP = "gave_up_ns"
"""The note that says when an attempt without an answer was given up: an instant as well."""


@dataclass(frozen=True, slots=True)
class Clocks:
    """How the clocks of a folder's histories stand to each other, for whoever reads the judgement.

    `bounds_ns` maps each file to the worst bound of its clock, None where it was not compared; `crossing` counts the
    operations that touched what is another worker's.
    """

    bounds_ns: Mapping[str, int | None]
    crossing: int

    @property
    def unbounded(self) -> tuple[str, ...]:
        """The files whose clocks were not compared."""
        return tuple(name for name, bound in self.bounds_ns.items() if bound is None)

    def document(self) -> dict[str, Json]:
        """Return it as JSON, for a header and the run document."""
        return {"bounds_ns": dict(self.bounds_ns), "unbounded": list(self.unbounded), "crossing": self.crossing}

    def sentence(self) -> str:
        """Say on which clocks the judgement rests."""
        bounds = [bound for bound in self.bounds_ns.values() if bound is not None]
        worst = f"{max(bounds) / NS_PER_MS:.2f} ms" if bounds else "nothing"
        what = "1 operation" if self.crossing == 1 else f"{self.crossing} operations"
        if self.unbounded:
            return (
                f"clocks that were not compared: {', '.join(self.unbounded)}; their operations on what is another "
                f"worker's ({what}) prove no order, and only the rules of one session and one worker were judged there"
            )
        return f"the workers' clocks were compared, right within {worst}; {what} on what is another worker's widened"


def on_one_clock(parts: Sequence[Part]) -> tuple[list[Part], Clocks | None]:
    """Return the histories by one clock, and how good it is; None where all have one clock anyway.

    Raises:
        HistoryError: a header says something impossible of its clock.
    """
    if len(parts) < 2 or not any(FIELD in history.header for _, history in parts):
        return list(parts), None
    clocks = {stem: _Clock.of(history) for stem, history in parts}
    homes = _homes(parts)
    span = _span(parts, clocks)
    crossing = 0
    aligned: list[Part] = []
    for stem, history in parts:
        moved: list[Operation] = []
        for one in history.operations:
            others = {home for home in homes.touched_by(one) if home != stem}
            crossing += bool(others)
            moved.append(_placed(one, clocks[stem], [clocks[home] for home in others], span))
        aligned.append((stem, replace(history, operations=tuple(moved))))
    return aligned, Clocks({stem: clock.worst(history) for (stem, history), clock in _with(parts, clocks)}, crossing)


def _with(parts: Sequence[Part], clocks: Mapping[str, _Clock]) -> Iterator[tuple[Part, _Clock]]:
    return ((part, clocks[part[0]]) for part in parts)


@dataclass(frozen=True, slots=True)
class _Clock:
    """One file's clock: `same` as the reference, or with an offset that is known, or not."""

    same: bool
    offset: ClockOffset | None

    @classmethod
    def of(cls, history: History) -> _Clock:
        return cls(FIELD not in history.header, clock_offset_of(history.header))

    @property
    def is_bounded(self) -> bool:
        return self.same or self.offset is not None

    def at(self, instant: int) -> int:
        return instant if self.offset is None else self.offset.shifted(instant)

    def bound_at(self, instant: int) -> int:
        return 0 if self.offset is None else self.offset.bound_at(instant)

    def worst(self, history: History) -> int | None:
        if not self.is_bounded:
            return None
        ends = _ends(history.operations)
        return max((self.bound_at(instant) for instant in ends), default=0)


def _ends(operations: Sequence[Operation]) -> tuple[int, ...]:
    if not operations:
        return ()
    return min(one.a_ns for one in operations), max(one.b_ns or one.a_ns for one in operations)


def _span(parts: Sequence[Part], clocks: Mapping[str, _Clock]) -> tuple[int, int]:
    """Return the first and the last instant of all, by the reference clock as far as it is known."""
    ends = [clocks[stem].at(instant) for stem, history in parts for instant in _ends(history.operations)]
    return min(ends, default=0), max(ends, default=0)


def _placed(one: Operation, own: _Clock, others: Sequence[_Clock], span: tuple[int, int]) -> Operation:
    """Return an operation by the reference clock, wide enough for every clock that it is compared with."""
    a, b = own.at(one.a_ns), None if one.b_ns is None else own.at(one.b_ns)
    given_up = one.notes.get(GIVEN_UP)
    notes = {**one.notes, GIVEN_UP: own.at(given_up)} if isinstance(given_up, int) else one.notes
    if others and not (own.is_bounded and all(other.is_bounded for other in others)):
        return replace(one, a_ns=min(a, span[0]), b_ns=None if b is None else max(b, span[1]), notes=notes)
    if others:
        a -= own.bound_at(one.a_ns) + max(_bound_there(other, a) for other in others)
        if b is not None and one.b_ns is not None:
            b += own.bound_at(one.b_ns) + max(_bound_there(other, b) for other in others)
    return replace(one, a_ns=a, b_ns=b, notes=notes)


def _bound_there(other: _Clock, instant: int) -> int:
    """Return another clock's bound at an instant of the reference clock."""
    if other.offset is None:
        return 0
    own = instant - other.offset.offset_ns
    return other.offset.bound_at(own - (own - other.offset.at_ns) * other.offset.drift_ppb // PPB)


@dataclass(frozen=True, slots=True)
class _Homes:
    families: Families
    home: Mapping[str, str]

    def touched_by(self, operation: Operation) -> Iterator[str]:
        """Yield the homes of all that an operation touched."""
        own, listed = touched(operation)
        for name in own.union(*listed):
            yield self.home[self.families.of(name)]


def _homes(parts: Sequence[Part]) -> _Homes:
    families = Families()
    for _, history in parts:
        for one in history.operations:
            own, listed = touched(one)
            families.join(sorted(own))
            for item in listed:
                families.join(sorted(item))
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for stem, history in parts:
        for one in history.operations:
            own, listed = touched(one)
            for name in own:
                counts[families.of(name)][stem] += 1
            for name in frozenset[str]().union(*listed):
                counts[families.of(name)].setdefault(stem, 0)
    return _Homes(families, {name: _most(count) for name, count in counts.items()})


def _most(count: Counter[str]) -> str:
    return max(sorted(count), key=lambda stem: count[stem])
