"""One clock on a line: instants to places, so that order stays true and every instant can be told apart (pure).

Idle time that would squeeze the bars is cut short and marked. Each step between two instants keeps a least width.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

LEAST = 14.0
IDLE_SHARE = 0.8

Interval = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Clock:
    """Instants (nanoseconds, rising), their places (units from the left), and the cuts: middle place and length."""

    instants: tuple[int, ...]
    places: tuple[float, ...]
    cuts: tuple[tuple[float, int], ...] = ()

    def place(self, instant: int) -> float:
        """Give the place of an instant that the clock was made with."""
        return self.places[bisect_left(self.instants, instant)]


def clock(intervals: Sequence[Interval], left: float, width: float) -> Clock:
    """Lay `intervals` on a line from `left`, `width` units long."""
    instants = sorted({instant for interval in intervals for instant in interval})
    steps = list(itertools.pairwise(instants))
    busy = [any(a <= start and end <= b for a, b in intervals) for start, end in steps]
    limit = IDLE_SHARE * sum(end - start for (start, end), used in zip(steps, busy, strict=True) if used)
    shown = [
        float(end - start) if used or end - start <= limit else limit
        for (start, end), used in zip(steps, busy, strict=True)
    ]
    scale = max(0.0, width - LEAST * len(steps)) / (sum(shown) or 1.0)
    places = [left]
    for length in shown:
        places.append(places[-1] + LEAST + length * scale)
    cuts = [
        ((places[i] + places[i + 1]) / 2, end - start)
        for i, (start, end) in enumerate(steps)
        if not busy[i] and end - start > limit
    ]
    return Clock(tuple(instants), tuple(places), tuple(cuts))
