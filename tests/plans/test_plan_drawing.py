"""Fleets are drawn before anything is sent, and made small without ever looking flaky."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from conformance.scenarios.plans.upload_plans import uploads
from conformance.scenarios.plans.version_plans import new_versions

from conformance.engine.plan import Plan
from conformance.engine.search.fleets import Memory, chosen, gather, shrink

WANTED = 4


def settles(plan: Plan) -> bool:
    """Whether a plan waits for its file before it switches it: what these tests convict."""
    return any(step.verb == "settle" for _, step in plan.steps())


class Server:
    """Stands for the target: convicts plans, and counts how many fleets it was asked to run."""

    def __init__(self, *, answers: bool = True, runs: int = 0) -> None:
        self.fleets: list[list[Plan]] = []
        self._answers = answers
        self.memory = Memory(self.execute, runs)
        drawn = chosen(gather(new_versions(), WANTED, 5), WANTED)
        self.memory.learn(drawn, [settles(plan) for plan in drawn])

    def execute(self, plans: Sequence[Plan]) -> list[bool]:
        """Run a fleet."""
        self.fleets.append(list(plans))
        return [self._answers and settles(plan) for plan in plans]

    def smallest(self) -> tuple[Plan, ...]:
        """Let Hypothesis make the convicted fleet small."""
        return shrink(new_versions(), WANTED, self.memory, 5)


def test_sound_plans_are_dropped_without_a_single_request() -> None:
    """What ran once is remembered: dropping neighbours costs nothing."""
    server = Server()
    smallest = server.smallest()
    assert len(smallest) == 1
    assert settles(smallest[0])
    assert server.fleets == []


def test_a_convicted_plan_is_made_smaller_within_the_runs_allowed() -> None:
    """Each smaller candidate costs one run; the smallest that still shows the violation comes back."""
    server = Server(runs=200)
    smallest = server.smallest()
    assert 0 < len(server.fleets) <= 200
    assert len(smallest) == 1
    assert settles(smallest[0])
    parts = [step.args["parts"] for _, step in smallest[0].steps() if step.verb == "create_upload"]
    assert parts == [[1], [1]]


def test_a_violation_that_never_comes_back_is_not_lost_and_nothing_looks_flaky() -> None:
    """The plan seen convicted once stays the answer, though no repeat shows it again."""
    server = Server(answers=False, runs=10)
    smallest = server.smallest()
    assert len(smallest) == 1
    assert settles(smallest[0])


def test_without_a_convicted_plan_nothing_is_found_and_nothing_runs() -> None:
    """Shrinking begins only from what was convicted."""
    server = Server(runs=10)
    server.memory.convicted.update(dict.fromkeys(server.memory.convicted, False))
    assert server.smallest() == ()
    assert server.fleets == []


def test_the_suites_own_trouble_is_raised_and_not_shrunk() -> None:
    """A full disk is no property of a plan."""
    server = Server(runs=5)
    calls: list[int] = []

    def fail(plans: Sequence[Plan]) -> list[bool]:
        calls.append(len(plans))
        raise OSError("no space left")

    server.memory.execute = fail
    with pytest.raises(OSError, match="no space"):
        server.smallest()
    assert len(calls) == 1


@pytest.mark.parametrize("wanted", [0, 1, 5, 20])
def test_as_many_plans_are_drawn_as_were_asked_for(wanted: int) -> None:
    """Hypothesis begins with small fleets; there are enough of them all the same."""
    assert len(chosen(gather(uploads(), wanted, 1), wanted)) == wanted
