"""Hypothesis draws fleets: lists of plans, one example each. It also makes a failing fleet small.

A live server is not deterministic, and Hypothesis wants its tests to be. Here both are right: plans are drawn before
anything is sent, executed side by side, and the outcome of each plan is remembered. To Hypothesis a fleet fails exactly
when it holds a plan that is remembered as convicted, so that nothing ever looks flaky, and dropping the sound plans of
a fleet costs no request at all.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from unittest import SkipTest

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky, HypothesisException

from conformance.engine.plan import Plan
from conformance.engine.search.fixed_constants import fixed_constants
from conformance.interrupts import held

FLEET = 8
STAYS = st.integers(0, 15)
"""Zero drops a plan: seldom when drawn, but the first thing that shrinking tries."""
Fleet = tuple[Plan, ...]


class ConvictedError(Exception):
    """A fleet holds a convicted plan. It never leaves this module."""


class EnoughError(SkipTest):
    """As many plans as were wanted are drawn. It never leaves this module.

    A skip is the one thing that Hypothesis lets through at once, without drawing anything again.
    """


@st.composite
def fleets(draw: st.DrawFn, theme: st.SearchStrategy[Plan]) -> Fleet:
    """Draw plans of one theme that are to run side by side; the simplest fleet is empty.

    Whether a plan is kept is drawn apart from the plan, and last: dropping it changes no other.
    """
    plans = draw(st.lists(theme, max_size=FLEET))
    return tuple(plan for plan in plans if draw(STAYS))


def gather(theme: st.SearchStrategy[Plan], wanted: int, seed_of: int) -> list[Fleet]:
    """Draw fleets until they hold `wanted` plans together (the last one may hold some more); send nothing."""
    drawn: list[Fleet] = []

    def take(fleet: Fleet) -> None:
        if sum(map(len, drawn)) < wanted:
            drawn.append(fleet)
        if sum(map(len, drawn)) >= wanted:
            raise EnoughError("enough")

    if wanted:
        with held(), contextlib.suppress(EnoughError):
            _given(theme, seed_of, take, (Phase.generate,), _examples(wanted))
    return drawn


def _examples(wanted: int) -> int:
    """Return how many examples surely hold as many plans: the first ones that Hypothesis draws are small."""
    return 2 * wanted + 8


def chosen(drawn: Iterable[Fleet], wanted: int) -> list[Plan]:
    """Return the first `wanted` plans of the fleets drawn."""
    return [plan for fleet in drawn for plan in fleet][:wanted]


@dataclass(slots=True)
class Memory:
    """What is known of plans by their text: convicted or not. `runs` counts how many fleets may still be executed."""

    execute: Callable[[Sequence[Plan]], Sequence[bool]]
    runs: int
    convicted: dict[str, bool] = field(default_factory=dict)

    def learn(self, plans: Sequence[Plan], outcomes: Sequence[bool]) -> None:
        """Remember outcomes; a plan once found convicted stays so."""
        for plan, outcome in zip(plans, outcomes, strict=True):
            self.convicted[plan.key()] = self.convicted.get(plan.key(), False) or outcome

    def ask(self, fleet: Fleet) -> bool:
        """Whether the fleet holds a convicted plan; unknown plans are executed while runs are left, else sound."""
        if any(self.convicted.get(plan.key()) for plan in fleet):
            return True
        unknown = [plan for plan in fleet if plan.key() not in self.convicted]
        if unknown and self.runs > 0:
            self.runs -= 1
            self.learn(unknown, self.execute(unknown))
        else:
            self.learn(unknown, [False] * len(unknown))
        return any(self.convicted[plan.key()] for plan in fleet)


def shrink(theme: st.SearchStrategy[Plan], wanted: int, memory: Memory, seed_of: int) -> Fleet:
    """Let Hypothesis draw the same fleets again and make the first convicted one small; return the smallest found."""
    smallest: list[Fleet] = []
    trouble: list[Exception] = []

    def judge(fleet: Fleet) -> None:
        known = smallest or any(memory.convicted.get(plan.key()) for plan in fleet)
        if not trouble and known and _asked(memory, fleet, trouble):
            smallest.append(fleet)
            raise ConvictedError

    # The history holds what happened; how Hypothesis feels about it concerns nobody.
    with contextlib.suppress(ConvictedError, Flaky, HypothesisException):
        _given(theme, seed_of, judge, (Phase.generate, Phase.shrink), _examples(wanted))
    if trouble:
        raise trouble[0]
    return smallest[-1] if smallest else ()


def _asked(memory: Memory, fleet: Fleet, trouble: list[Exception]) -> bool:
    """Ask the memory; what goes wrong with the suite itself is kept apart, for Hypothesis would try to shrink it."""
    try:
        return memory.ask(fleet)
    except Exception as error:  # noqa: BLE001 - raised again by the caller
        trouble.append(error)
        return False


def _given(
    theme: st.SearchStrategy[Plan], seed_of: int, body: Callable[[Fleet], None], phases: tuple[Phase, ...], most: int
) -> None:
    @seed(seed_of)
    @settings(
        max_examples=most,
        phases=phases,
        database=None,
        deadline=None,
        derandomize=False,
        report_multiple_bugs=False,
        print_blob=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(fleets(theme))
    def draw(fleet: Fleet) -> None:
        body(fleet)

    with fixed_constants():
        draw()
