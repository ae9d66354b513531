"""An upload of which something was never sent is drawn by every run, however small, and attached in time."""

from __future__ import annotations

import pytest

from conformance.engine.plan import Plan
from conformance.engine.plan_model import Truth, truths
from conformance.engine.scenario import PlanScenario
from conformance.engine.scenario_list import select
from conformance.engine.search.portion import Portion

(UNSENT,) = (one for one in select(["unsent-parts"]) if isinstance(one, PlanScenario))


def kinds(plan: Plan) -> set[tuple[bool, int, bool]]:
    """Return, for each upload of a plan, whether it is chunked, in how many parts, and whether its last is empty."""
    created = (step for _, step in plan.steps() if step.verb == "create_upload")
    return {
        (bool(step.args["chunked"]), min(2, len(step.args["parts"])), not step.args["parts"][-1]) for step in created
    }


@pytest.mark.parametrize("effort", ["quick", "standard"])
def test_every_seed_draws_a_never_sent_part_of_each_kind(effort: str) -> None:
    """A server that never decides on one such kind must be found by every run: twelve seeds of each effort."""
    for seed in range(1, 13):
        (plan,) = Portion(effort, seed).plans(UNSENT)
        assert kinds(plan) == {(False, 1, False), (True, 1, False), (True, 2, False), (True, 2, True)}
        assert set(truths(plan).values()) == {Truth.BAD}


def test_each_is_attached_by_somebody_who_met_its_writer_before_it_was_completed() -> None:
    """A server may refuse what it knows to be bad: attached late, nobody could wait for it."""
    (plan,) = Portion("quick", 1).plans(UNSENT)
    readers = [actor for actor in plan.actors if actor.name.startswith("reader")]
    assert len(readers) == 4
    for reader in readers:
        meet, attach = reader.steps[1:3]
        assert (meet.verb, attach.verb, attach.args["eager"]) == ("meet", "attach", True)
