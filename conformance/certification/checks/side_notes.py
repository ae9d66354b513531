"""Notes that decide nothing: whether the clocks ran evenly, and how long answers took."""

from __future__ import annotations

from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from statistics import quantiles

from conformance.certification.bundle_contents import Contents
from conformance.certification.verification import Line, State
from conformance.model import Operation, Role

GRACE_S = 2.0
NS_PER_S = 1e9


def look(contents: Contents) -> Iterator[Line]:
    """Yield the notes."""
    operations = [one for one in contents.history.operations if one.exchange.role is Role.API and one.b_ns is not None]
    yield Line("clocks", State.NOTE, _clocks(operations))
    yield Line("latencies", State.NOTE, _latencies(operations))


def _clocks(operations: list[Operation]) -> str:
    """Set the target's `Date` against the run's own clock: the difference may not jump by more than the grace."""
    steps, low, high, dated = 0, float("-inf"), float("inf"), 0
    for one in sorted(operations, key=lambda one: one.a_ns):
        second = _date(one)
        if second is None:
            continue
        dated += 1
        early, late = second - (one.b_ns or one.a_ns) / NS_PER_S - GRACE_S, second + 1 - one.a_ns / NS_PER_S + GRACE_S
        low, high = max(low, early), min(high, late)
        if low > high:
            steps, low, high = steps + 1, early, late
    if not dated:
        return "the target's answers carry no Date"
    return f"{steps} steps of more than {GRACE_S:g} s between the target's Date and the run's clock, in {dated} answers"


def _date(operation: Operation) -> float | None:
    try:
        return parsedate_to_datetime(operation.exchange.headers["date"]).timestamp()
    except (KeyError, ValueError, TypeError, IndexError, OverflowError):
        return None


def _latencies(operations: list[Operation]) -> str:
    took = [((one.b_ns or one.a_ns) - one.a_ns) / 1e6 for one in operations]
    if len(took) < 2:
        return "too few answers"
    cuts = quantiles(took, n=100)
    shares = f"median {cuts[49]:.1f} ms, 95 % within {cuts[94]:.1f} ms, 99 % within {cuts[98]:.1f} ms"
    return f"{shares}, {len(took)} answers"
