"""What the scenarios draw: every plan that can be drawn can be run, and the mixture is what the effort promises."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings

from conformance.engine.plan import Plan, plan_from_json
from conformance.engine.plan_model import Truth, check, truths
from conformance.engine.plan_text import plan_text
from conformance.engine.plan_verbs import VERBS
from conformance.engine.scenario import PlanScenario, share
from conformance.engine.scenario_list import scenarios
from conformance.engine.search.portion import Portion
from conformance.engine.search.worker import interleaved
from conformance.settings.run_settings import EFFORTS

MOST = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), database=None)


SCENARIOS = {scenario.name: scenario for scenario in scenarios() if isinstance(scenario, PlanScenario)}


def plans_of(name: str, seed: int = 0, effort: str = "standard") -> list[Plan]:
    """Draw the plans of one scenario."""
    return Portion(effort, seed).plans(SCENARIOS[name])


def series(seed: int, effort: str = "standard") -> list[Plan]:
    """Draw what runs one after the other."""
    return interleaved([plans_of(name, seed, effort) for name, one in SCENARIOS.items() if one.in_series])


def drawn(seed: int = 0) -> list[Plan]:
    """Draw what a standard run would."""
    return [
        *(plan for name, one in SCENARIOS.items() if not one.in_series for plan in plans_of(name, seed)),
        *series(seed),
    ]


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_plan_that_can_be_drawn_can_be_run(name: str) -> None:
    """A scenario never draws an unknown symbol, a wrong argument or a circle; every plan has its text and document."""

    @MOST
    @given(SCENARIOS[name].strategy())
    def one(plan: Plan) -> None:
        check(plan)
        assert plan.theme == name
        assert plan_from_json(plan.to_json()).key() == plan.key()
        assert plan_text(plan).count("\n") >= sum(1 for _ in plan.steps())

    one()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_standard_run_makes_enough_uploads_and_a_third_of_them_bad(seed: int) -> None:
    """At least 60 uploads are completed, a third of them known BAD, and good ones too."""
    counted = Counter(truth for plan in drawn(seed) for truth in truths(plan).values())
    assert counted.total() >= 60
    assert counted[Truth.BAD] * 3 >= counted.total()
    assert counted[Truth.GOOD] >= 15


def test_a_standard_run_uses_every_verb() -> None:
    """No verb of the vocabulary is idle over three seeds, but those kept for hand-written plans."""
    used = {step.verb for seed in range(3) for plan in drawn(seed) for _, step in plan.steps()}
    assert set(VERBS) - used <= {"list_projects"}


def test_the_same_seed_draws_the_same_plans() -> None:
    """A run is repeated by its seed, whatever the target answered."""
    assert [plan.key() for plan in drawn(7)] == [plan.key() for plan in drawn(7)]
    assert [plan.key() for plan in drawn(7)] != [plan.key() for plan in drawn(8)]


@pytest.mark.parametrize("shards", [1, 2, 3, 8])
def test_shards_share_the_plans_and_lose_none(shards: int) -> None:
    """However many workers there are, the effort is the same."""
    for effort in EFFORTS:
        for count in (scenario.share.at(effort) for scenario in scenarios()):
            assert sum(share(count, shard, shards) for shard in range(shards)) == count


def test_tracers_are_decisive_at_any_instant_and_the_two_kinds_take_turns() -> None:
    """A tracer is known GOOD or BAD; more are BAD, whenever time runs out."""
    kinds = [next(iter(truths(plan).values())) for plan in series(3)]
    bad, good = Truth.BAD, Truth.GOOD
    assert kinds == [bad, good, bad, good, bad, bad, good]


def test_every_race_ends_with_a_repeated_completion_between_two_readings_of_the_verdict() -> None:
    """The upload has settled before it is completed again, and no two repetitions stand without a reading between."""

    @MOST
    @given(SCENARIOS["completion-races"].strategy())
    def one(plan: Plan) -> None:
        verbs = [step.verb for step in plan.actors[0].steps]
        repeated = [verb for verb in verbs[verbs.index("complete") + 1 :] if verb in {"complete", "read_url", "settle"}]
        assert repeated[-3:] == ["settle", "complete", "read_url"]
        assert repeated[:-3] in ([], ["complete", "read_url"])

    one()


def twice_switched(plan: Plan) -> bool:
    """Whether a plan gives a file two further versions."""
    return sum(step.verb == "new_version" for _, step in plan.steps()) == 2


@pytest.mark.parametrize("seed", range(6))
def test_every_standard_run_promotes_and_gives_third_versions(seed: int) -> None:
    """How a file's versions go on is no matter of luck: each way is a scenario of its own, with its share of plans."""
    plans = drawn(seed)
    promoted = [p for p in plans if p.theme == "promotions" and any(step.verb == "promote" for _, step in p.steps())]
    third = [p for p in plans if p.theme == "third-versions" and twice_switched(p)]
    assert len(promoted) == SCENARIOS["promotions"].share.standard
    assert len(third) == SCENARIOS["third-versions"].share.standard


def test_every_large_upload_is_attached_while_it_is_completed_and_two_are_good() -> None:
    """A server may refuse what it knows to be bad: late or once, a good one that it finds bad would go unseen."""

    @MOST
    @given(SCENARIOS["large-uploads"].strategy())
    def one(plan: Plan) -> None:
        kinds = Counter(truths(plan).values())
        assert kinds == {Truth.GOOD: 2, Truth.BAD: 2}
        for n, reader in enumerate(plan.actors[1:], start=1):
            meet, attach = reader.steps[1:3]
            assert (meet.verb, attach.verb, attach.args["upload"]) == ("meet", "attach", f"u{n}")
            mine = list(plan.actors[0].steps)
            assert mine[mine.index(meet) + 1].verb == "complete"

    one()
