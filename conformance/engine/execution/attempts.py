"""Attempts of a step: one that tells nothing (cut off, timed out, 5xx) is followed by another, each an operation."""

from __future__ import annotations

import time
from collections.abc import Generator

from conformance.api.answers import Answer
from conformance.engine.execution.context import RETRIES, Attempt, Sent, Turn, patience, sent
from conformance.engine.execution.scheduler import Signal
from conformance.engine.plan_verbs import VERBS

Trying = Generator[float | Signal, None, Sent]


def insist(turn: Turn, attempt: Attempt) -> Trying:
    """Make an attempt, cut off first if the step says so, until its answer tells something.

    One step of each plan does not give up before the bound is over: silence tells something only then.
    """
    cut, begun = float(turn.option("cut_s")) if "cut_s" in VERBS[turn.step.verb].options else 0.0, time.monotonic()
    last, again = sent(turn.client, attempt(cut or None)), 0
    while last.answer in (Answer.UNKNOWN, Answer.UNSENT):
        over = turn.stage.timing.deadline(begun)
        if again >= RETRIES and not _outwaits(turn, last, over):
            break
        pause = 0.0 if cut and not again else patience(again, last.operation)
        yield time.monotonic() + (pause if again < RETRIES else min(pause, max(0.0, over - time.monotonic()) + 0.01))
        last, again = sent(turn.client, attempt(None)), again + 1
    return last


def _outwaits(turn: Turn, last: Sent, over: float) -> bool:
    if last.answer is not Answer.UNKNOWN or time.monotonic() > over or turn.stage.scheduler.stopped:
        return False
    return turn.world.outwaits(turn.step)
