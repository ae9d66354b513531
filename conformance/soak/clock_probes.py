"""A worker's clock compared with the master's, by round trips all run long (pure).

In a round trip the master reads its clock between two instants of the worker's: that bounds the offset by half the
trip, however unequal the two ways are. The best trip of each while is retained. A line through them, the worst distance
of any of their bounds from it, and what the clocks may drift between them, together bound the offset at every instant.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from conformance.history.workers.clock_offsets import MOST_DRIFT_PPB, PPB, ClockOffset

WHILE_NS = 1_000_000_000
MOST_RETAINED = 2048
"""When there are more, every second while goes, and whiles become twice as long."""


@dataclass(frozen=True, slots=True)
class Trip:
    """One round trip: the offset of the master's clock was within `half_ns` of `offset_ns` at about `at_ns`."""

    at_ns: int
    offset_ns: int
    half_ns: int


def trip(sent_ns: int, master_ns: int, received_ns: int) -> Trip:
    """Return what a round trip tells: sent and received by the worker's clock, answered by the master's."""
    middle = (sent_ns + received_ns) // 2
    half = (received_ns - sent_ns + 1) // 2
    return Trip(middle, master_ns - middle, half + half * MOST_DRIFT_PPB // PPB + 1)


class ClockProbes:
    """Takes round trips in the order of time; `offset` gives what they come to."""

    def __init__(self) -> None:
        self._retained: list[Trip] = []
        self._while_ns = WHILE_NS
        self._count = 0

    def take(self, sent_ns: int, master_ns: int, received_ns: int) -> None:
        """Take one round trip; one that ended before it began tells nothing."""
        if received_ns < sent_ns:
            return
        self._count += 1
        fresh = trip(sent_ns, master_ns, received_ns)
        last = self._retained[-1] if self._retained else None
        if last is None or fresh.at_ns // self._while_ns > last.at_ns // self._while_ns:
            self._retained.append(fresh)
        elif fresh.half_ns < last.half_ns:
            self._retained[-1] = fresh
        if len(self._retained) > MOST_RETAINED:
            self._retained = self._retained[::2]
            self._while_ns *= 2

    def offset(self) -> ClockOffset | None:
        """Return the offset with its bound; None before the first round trip.

        Slow trips bound little: of some choices that leave them out the one with the best bound is taken.
        """
        if not self._retained:
            return None
        halves = sorted(one.half_ns for one in self._retained)
        limits = {halves[0] * 3 // 2, *(halves[(len(halves) - 1) * quarter // 4] for quarter in range(1, 5))}
        found = (self._bounded([one for one in self._retained if one.half_ns <= limit]) for limit in sorted(limits))
        return min(found, key=lambda offset: offset.bound_ns)

    def _bounded(self, trips: Sequence[Trip]) -> ClockOffset:
        """Return the line through some of the trips, and its bound from the first of all to the last of all."""
        first, last = self._retained[0].at_ns, self._retained[-1].at_ns
        at, offset, drift = _line(trips)
        line = ClockOffset(at, offset, drift, 0, first, last, self._count)
        worst = max(abs(one.at_ns + one.offset_ns - line.shifted(one.at_ns)) + one.half_ns for one in trips)
        between = max((after.at_ns - one.at_ns for one, after in itertools.pairwise(trips)), default=0) // 2
        farthest = max(between, trips[0].at_ns - first, last - trips[-1].at_ns)
        bound = worst + farthest * (MOST_DRIFT_PPB + abs(drift)) // PPB + 2
        return ClockOffset(at, offset, drift, bound, first, last, self._count)


def _line(trips: Sequence[Trip]) -> tuple[int, int, int]:
    """Return where a line through the offsets lies in the middle of their time, and its slope (parts in 10^9)."""
    n = len(trips)
    at = sum(one.at_ns for one in trips) // n
    middle = sum(one.offset_ns for one in trips) // n
    spread = sum((one.at_ns - at) ** 2 for one in trips)
    lean = sum((one.at_ns - at) * (one.offset_ns - middle) for one in trips)
    slope = lean * PPB // spread if spread else 0
    return at, middle, max(-MOST_DRIFT_PPB, min(MOST_DRIFT_PPB, slope))
