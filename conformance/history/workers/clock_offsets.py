"""What is known of one worker's clock against the clock of the machine that all workers were compared with.

A header of a worker's history holds it under `FIELD`; null there says that nothing could be measured. A history without
the field shares the clock of the others, as the processes of one machine do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from conformance.errors import HistoryError
from conformance.model import Json

FIELD = "clock_offset"
PPB = 1_000_000_000
MOST_DRIFT_PPB = 1_000_000
"""The most by which two clocks may drift apart: each is slewed by 500 ppm at most."""
_REMEDY = "Leave clock_offset out of the header, or write null for a clock that was not measured."


@dataclass(frozen=True, slots=True)
class ClockOffset:
    """The reference clock is this clock plus `offset_ns` at `at_ns`, and gains `drift_ppb` on it (parts in 10^9).

    That is right within `bound_ns` for every instant between `from_ns` and `until_ns`; instants by the worker's clock.
    `probes` counts the measurements that it rests on.
    """

    at_ns: int
    offset_ns: int
    drift_ppb: int
    bound_ns: int
    from_ns: int
    until_ns: int
    probes: int = 0

    def shifted(self, instant: int) -> int:
        """Return an instant of this clock by the reference clock (ns); later instants never come out earlier."""
        return instant + self.offset_ns + (instant - self.at_ns) * self.drift_ppb // PPB

    def bound_at(self, instant: int) -> int:
        """Return how far `shifted` may be off (ns): more outside the time in which the clock was compared."""
        outside = max(0, self.from_ns - instant, instant - self.until_ns)
        return self.bound_ns + 1 + outside * (MOST_DRIFT_PPB + abs(self.drift_ppb)) // PPB

    def document(self) -> dict[str, Json]:
        """Return it as the value of a header's field."""
        return asdict(self)


def clock_offset_of(header: Mapping[str, Json]) -> ClockOffset | None:
    """Return what a header says of its clock; None where it was not measured.

    Raises:
        HistoryError: the field holds something else.
    """
    stated = header.get(FIELD)
    if stated is None:
        return None
    names = ("at_ns", "offset_ns", "drift_ppb", "bound_ns", "from_ns", "until_ns")
    if not isinstance(stated, dict) or any(type(stated.get(name)) is not int for name in names):
        raise HistoryError(f"the header's {FIELD} is not what it should be.", line=1, remedy=_REMEDY)
    if stated["bound_ns"] < 0 or abs(stated["drift_ppb"]) >= PPB:
        raise HistoryError(f"the header's {FIELD} holds impossible numbers.", line=1, remedy=_REMEDY)
    return ClockOffset(**{name: stated[name] for name in names}, probes=int(stated.get("probes") or 0))
