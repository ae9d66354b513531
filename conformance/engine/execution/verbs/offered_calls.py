"""Calls that a target may lack: the first use tells whether it has one, and a plan goes on without those it lacks."""

from __future__ import annotations

from collections.abc import Generator

from conformance.api.answers import Answer
from conformance.engine.execution.attempts import insist
from conformance.engine.execution.context import Attempt, Sent, Turn
from conformance.engine.execution.scheduler import Signal
from conformance.engine.plan import NOT_OFFERED

ABSENT = frozenset({404, 405})
"""What a target answers to a call that it does not have, and to one that it has and cannot grant."""
Offering = Generator[float | Signal, None, Sent | None]


def lacks(turn: Turn, call: str) -> bool:
    """Whether the target is known to lack a call; then the step is noted as left out."""
    if turn.stage.offers.get(call, True):
        return False
    turn.leave_out(f"{NOT_OFFERED}{call}")
    return True


def offered(turn: Turn, call: str, attempt: Attempt) -> Offering:
    """Make an attempt at a call that the target may lack; return what came of it, None where it is known to lack it.

    Only the first use tells, and only one that ought to be granted: whoever has no rights learns nothing from a 404.
    """
    if lacks(turn, call):
        return None
    last = yield from insist(turn, attempt)
    learn(turn, call, last)
    return last


def learn(turn: Turn, call: str, last: Sent) -> None:
    """Note what the first use of a call tells; a later one changes nothing."""
    if last.answer in (Answer.UNKNOWN, Answer.UNSENT, Answer.NC) or turn.actor.user not in ("owner", "member"):
        return
    absent = last.answer is not Answer.DONE and last.operation.exchange.status in ABSENT
    turn.stage.offers.setdefault(call, not absent)
