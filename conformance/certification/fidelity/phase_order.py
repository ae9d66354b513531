"""Phases in order: in each plan trouble first, then settling, then the last look; everything at one target."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.certification.bundle_contents import Contents
from conformance.model import Operation, Phase, Role

_ORDER = (Phase.TROUBLE, Phase.SETTLE, Phase.FINAL)


def problems(contents: Contents) -> Iterator[str]:
    """Yield plans whose phases overlap, and requests that went to another server than the target."""
    for executed in contents.executed:
        operations = contents.transcript.of_plan.get(executed.id, [])
        for before, after in ((0, 1), (1, 2), (0, 2)):
            yield from _overlap(executed.id, operations, _ORDER[before], _ORDER[after])
    host = contents.history.target.base_url.partition("//")[2].partition("/")[0]
    strange = [
        one for one in contents.history.operations if one.exchange.role is Role.API and one.exchange.host != host
    ]
    for operation in strange[:4]:
        yield f"operation {operation.id} was sent to {operation.exchange.host!r}, and the target is {host!r}"


def _overlap(plan: str, operations: Sequence[Operation], before: Phase, after: Phase) -> Iterator[str]:
    earlier = [one for one in operations if one.phase is before]
    later = [one for one in operations if one.phase is after]
    if not earlier or not later:
        return
    last = max(earlier, key=lambda one: one.b_ns or one.a_ns)
    first = min(later, key=lambda one: one.a_ns)
    if first.a_ns < (last.b_ns or last.a_ns):
        yield f"phases out of order in plan {plan}: {first.id} ({after}) began before {last.id} ({before}) had ended"
