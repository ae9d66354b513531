"""Workers with skewed clocks, simulated: one true history is written as several, each by the clock of its worker."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from conformance.history.workers.clock_offsets import FIELD, PPB
from conformance.history.workers.shared_clock import Clocks, on_one_clock
from conformance.model import History, Operation
from conformance.soak.clock_probes import ClockProbes

MOST_OFFSET_NS = 5_000_000_000
MOST_DRIFT_PPM = 100
EPOCH_NS = 10_000_000_000_000
"""Where the master's clock stands when a history begins: no clock may come to stand before its boot."""
PROBE_EVERY_NS = 500_000_000
FASTEST_NS, SLOWEST_NS = 100_000, 3_000_000


@dataclass(frozen=True, slots=True)
class WorkerClock:
    """A clock that is `offset_ns` off the master's at the beginning, and gains `drift_ppb` on it."""

    offset_ns: int
    drift_ppb: int

    def at(self, instant: int) -> int:
        """Return what this clock shows at an instant of the master's."""
        return instant + self.offset_ns + (instant - EPOCH_NS) * self.drift_ppb // PPB

    def probed(self, begun: int, ended: int, dice: random.Random) -> ClockProbes:
        """Compare this clock with the master's all the time, over ways of unequal length."""
        probes = ClockProbes()
        for sent in range(begun, ended + PROBE_EVERY_NS, PROBE_EVERY_NS):
            there, back = (dice.randrange(FASTEST_NS, SLOWEST_NS) for _ in range(2))
            probes.take(self.at(sent), sent + there, self.at(sent + there + back))
        return probes


def drawn_clock(dice: random.Random) -> WorkerClock:
    """Draw a clock up to 5 s and 100 ppm off."""
    drift = dice.randrange(-MOST_DRIFT_PPM * 1000, MOST_DRIFT_PPM * 1000 + 1)
    return WorkerClock(dice.randrange(-MOST_OFFSET_NS, MOST_OFFSET_NS + 1), drift)


def parted(history: History, workers: int, dice: random.Random, *, compared: bool = True) -> list[tuple[str, History]]:
    """Write a history as `workers` of them, each with some of the sessions and by a clock of its own.

    Unless they are `compared`, nothing is known of the clocks.
    """
    sessions = sorted({one.session for one in history.operations})
    seat = {name: dice.randrange(workers) for name in sessions}
    ends = [one.b_ns or one.a_ns for one in history.operations]
    begun, ended = EPOCH_NS, EPOCH_NS + max(ends, default=0)
    parts = []
    for number in range(workers):
        clock = drawn_clock(dice)
        offset = clock.probed(begun, ended, dice).offset() if compared else None
        header = {**history.header, FIELD: offset.document() if offset else None}
        own = tuple(_by(clock, one) for one in history.operations if seat[one.session] == number)
        parts.append((f"w{number}", replace(history, operations=own, header=header)))
    return parts


def _by(clock: WorkerClock, one: Operation) -> Operation:
    b = None if one.b_ns is None else clock.at(one.b_ns + EPOCH_NS)
    return replace(one, a_ns=clock.at(one.a_ns + EPOCH_NS), b_ns=b)


def together(parts: Sequence[tuple[str, History]]) -> tuple[History, Clocks | None]:
    """Read the histories as one."""
    aligned, clocks = on_one_clock(parts)
    operations = [one for _, history in aligned for one in history.operations]
    operations.sort(key=lambda one: one.a_ns if one.b_ns is None else one.b_ns)
    return replace(parts[0][1], operations=tuple(operations), header={}), clocks
