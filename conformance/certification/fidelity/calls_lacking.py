"""Whether a target lacks a call, as a plan's record says: its first use was answered so, and it was never granted."""

from __future__ import annotations

from conformance.api.answers import Answer
from conformance.certification.bundle_contents import Contents, Gap
from conformance.engine.execution.verbs.offered_calls import ABSENT
from conformance.engine.plan import NOT_OFFERED
from conformance.model import Operation


def unoffered(contents: Contents, gap: Gap) -> str:
    """Return what contradicts that the target lacks the call which a step was left out for; empty when nothing does."""
    call = gap.why.removeprefix(NOT_OFFERED)
    refused = [
        one
        for one in contents.history.operations
        if _is(contents, one, call) and one.exchange.status in ABSENT and (one.b_ns or one.a_ns) < gap.at_ns
    ]
    return "" if refused else f"no {call} had been answered by 404 or 405"


def _is(contents: Contents, operation: Operation, call: str) -> bool:
    return contents.asked(operation).name == call and contents.stated(operation) is not Answer.DONE
