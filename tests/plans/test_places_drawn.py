"""What the scenarios of places, people, late calls, refusals, load and slow clients draw."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings

from conformance.engine.execution.bindings import File, Project, Upload, Version, World
from conformance.engine.execution.closing import sample
from conformance.engine.invalid_changes import CHANGES, NOWHERE
from conformance.engine.plan import Actor, Plan, PlanError, do
from conformance.engine.plan_model import Truth, check, truths
from conformance.engine.plan_verbs import option
from conformance.engine.scenario import PlanScenario
from conformance.engine.scenario_list import scenarios
from conformance.engine.search.portion import Portion
from conformance.run.plan_summaries import lacking, rested

MOST = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), database=None)
SCENARIOS = {scenario.name: scenario for scenario in scenarios() if isinstance(scenario, PlanScenario)}
LATE = frozenset({"report_chunk", "report_hash", "complete_again", "relabel", "rename_file", "put_again"})


def verbs(actor: Actor) -> list[str]:
    """Return the verbs of an actor's program."""
    return [step.verb for step in actor.steps]


def test_a_file_and_its_folders_change_in_every_way_while_it_is_pending_and_in_some_after() -> None:
    """Place, name and label of the file, place and name of its folder: all before it has settled."""
    kinds = {"move_file", "rename_file", "relabel", "move_folder", "rename_folder"}

    @MOST
    @given(SCENARIOS["nested-folders"].strategy())
    def one(plan: Plan) -> None:
        done = verbs(plan.actors[0])
        settled = done.index("settle")
        assert kinds <= set(done[done.index("attach") : settled])
        assert len(kinds & set(done[settled : done.index("create_upload", settled)])) == 3
        assert set(truths(plan).values()) >= {Truth.GOOD, Truth.BAD}
        assert {step.args.get("folder") for step in plan.actors[0].steps if step.verb == "attach"} == {"d2", "d3", "e1"}

    one()


@pytest.mark.parametrize("seed", range(10))
def test_one_file_stays_three_folders_deep(seed: int) -> None:
    """It is good, and nothing of it or its folders changes."""
    for plan in Portion("standard", seed).plans(SCENARIOS["nested-folders"]):
        steps = [step for _, step in plan.steps()]
        deep = {step.binds for step in steps if step.verb == "attach" and step.args.get("folder") == "d3"}
        changed = {str(step.args.get("file")) for step in steps if step.verb in ("move_file", "rename_file", "relabel")}
        assert deep - changed
        moved = {str(step.args.get("folder")) for step in steps if step.verb in ("move_folder", "rename_folder")}
        assert not moved & {"d1", "d2", "d3"}


def test_a_member_does_what_the_owner_does_and_loses_the_rights() -> None:
    """It makes and attaches an upload, completes the owner's, switches the owner's file, and reads."""

    @MOST
    @given(SCENARIOS["members"].strategy())
    def one(plan: Plan) -> None:
        owner, early, member, former, peer = plan.actors
        assert [one.user for one in plan.actors] == ["owner", "other", "member", "other", "member"]
        assert verbs(peer) == ["read_url", "read_version_url"]
        assert "create_upload" in verbs(early)
        assert {"create_upload", "complete", "attach", "new_version", "read_url", "download"} <= set(verbs(member))
        made = {step.binds for step in owner.steps if step.verb == "create_upload"}
        completed = {step.args["upload"] for step in member.steps if step.verb == "complete"}
        assert made & completed
        assert verbs(owner).index("grant") < verbs(owner).index("withdraw")
        assert verbs(former).index("meet") < verbs(former).index("read_url")
        told = owner.steps.index(do("settle", file="f8"))
        switch = member.steps.index(do("new_version", "v9", file="f8", upload="u9"))
        made = do("meet", at="made", parties=2)
        assert told < owner.steps.index(made)
        assert member.steps.index(made) < switch

    one()


def test_a_member_needs_rights_that_somebody_gives() -> None:
    """A plan in which nobody gives any can never end."""
    with pytest.raises(PlanError, match="rights"):
        check(Plan("members", "", (Actor("m", (do("list_projects"),), "member"),)))
    check(Plan("m", "", (Actor("o", (do("grant", "rights"),)), Actor("m", (do("list_projects"),), "member"))))


@pytest.mark.parametrize("name", ["late-calls", "late-bytes"])
def test_every_late_call_comes_after_the_verdict_and_is_followed_by_a_new_download(name: str) -> None:
    """Only so can a change be told from what was there before; bytes alone are stored in a scenario of their own."""

    @MOST
    @given(SCENARIOS[name].strategy())
    def one(plan: Plan) -> None:
        done = verbs(plan.actors[0])
        late = [n for n, verb in enumerate(done) if verb in LATE]
        assert late
        assert done.index("settle") < done.index("download") < late[0]
        assert "download" in done[late[-1] :]
        kinds = {done[n] for n in late}
        assert (kinds == {"put_again"}) is (name == "late-bytes")
        assert name == "late-bytes" or {"report_hash", "complete_again"} <= kinds

    one()


def test_everybody_without_rights_tries_every_change_and_every_deletion_and_the_owner_looks_after_both() -> None:
    """The owner's looks follow the changes, and follow the deletions once more.

    Who has no token asks for deletions when the other user, who would find nothing after one that was done, has asked.
    """

    @MOST
    @given(SCENARIOS["refusals"].strategy())
    def one(plan: Plan) -> None:
        owner, *intruders = plan.actors
        assert {one.user for one in intruders} == {"other", "invalid", "nobody"}
        tried = [Counter(verb for verb in verbs(one) if verb != "meet") for one in intruders]
        assert tried[0] == tried[1] == tried[2]
        assert {"rename_file", "move_file", "relabel", "new_version", "promote", "complete", "attach"} <= set(tried[0])
        assert {"delete_version", "delete_file", "delete_folder", "delete_project"} <= set(tried[0])
        done = verbs(owner)
        meetings = [n for n, verb in enumerate(done) if verb == "meet"]
        assert len(meetings) == 5
        denied = owner.steps[meetings[3]]
        for intruder in intruders:
            deleted = [n for n, step in enumerate(intruder.steps) if step.verb.startswith("delete")]
            place = list(intruder.steps).index(denied)
            assert place > max(deleted) if intruder.user == "other" else place < min(deleted)
        assert done.index("put_part", done.index("create_folder")) < meetings[0] < meetings[1]
        for begin, end in ((meetings[1], meetings[2]), (meetings[4], len(done))):
            looks = set(done[begin:end])
            assert {"read_file", "read_versions", "read_project", "read_upload", "list_children", "download"} <= looks

    one()


def test_every_wrong_change_is_asked_for_once() -> None:
    """And looked after, before what was left open is completed; a file in no folder also of two completed uploads."""

    @MOST
    @given(SCENARIOS["wrong-changes"].strategy())
    def one(plan: Plan) -> None:
        asked = [step.args["request"] for _, step in plan.steps() if step.verb == "change_badly"]
        assert sorted(asked) == sorted([*CHANGES, *[NOWHERE] * 2])
        done = verbs(plan.actors[0])
        last = len(done) - 1 - done[::-1].index("complete")
        assert "read_upload" in done[len(done) - done[::-1].index("change_badly") : last]
        open_, only = done.index("new_version"), done.index("delete_version")
        assert {"read_file", "read_versions"} <= set(done[max(open_, only) : last])

    one()


@pytest.mark.parametrize("name", ["bursts", "bursts-apart", "floods"])
def test_a_burst_is_a_power_of_two_and_everything_is_completed_right_after_the_meeting(name: str) -> None:
    """Queues and pools end at such numbers; in one project as many again are open by then, and stay so."""
    plan = _first(name)
    writers = [actor for actor in plan.actors if actor.name != "opener"]
    uploads, parties = len(writers), str(len(plan.actors))
    assert uploads & (uploads - 1) == 0
    for actor in writers:
        done = verbs(actor)
        last = len(done) - 1 - done[::-1].index("meet")
        assert done[last + 1] == "complete"
        assert str(option(actor.steps[last], "parties")) == parties
    created = [step for actor in writers for step in actor.steps if step.verb == "create_upload"]
    assert len({str(step.args["project"]) for step in created}) == (uploads if name == "bursts-apart" else 1)
    openers = [verbs(actor) for actor in plan.actors if actor.name == "opener"]
    assert openers == ([] if name == "bursts-apart" else [["meet", *["create_upload"] * uploads, "meet"]])


def _first(name: str) -> Plan:
    found: list[Plan] = []

    @settings(max_examples=1, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(SCENARIOS[name].strategy())
    def one(plan: Plan) -> None:
        found.append(plan)

    one()
    return found[0]


def test_a_slow_client_pauses_between_every_two_steps_and_takes_no_longer_than_it_may() -> None:
    """All actors of a plan together take the whole at most, since they wait for each other."""

    @MOST
    @given(SCENARIOS["slow-clients"].strategy())
    def one(plan: Plan) -> None:
        shares = 0.0
        for actor in plan.actors:
            done = verbs(actor)
            assert all(verb == "pause" for verb in done[1::2])
            assert not done[0::2].count("pause")
            shares += sum(float(option(step, "share")) for step in actor.steps if step.verb == "pause")
        assert 0 < shares <= 1.01

    one()


def ended(theme: str, at: float | None) -> World:
    """Return a world of a plan that ended at an instant, or never."""
    world = World(Plan(theme, "", ()), f"{theme}-{at}", {}, None)
    world.ended = at
    return world


def test_the_closing_round_visits_every_scenario_and_first_what_rested_longest() -> None:
    """One plan of each scenario before a second of any; what never came to its end is left alone."""
    worlds = [ended("a", 3.0), ended("a", 1.0), ended("b", 2.0), ended("c", None), ended("a", 2.0)]
    assert [(one.world.plan.theme, one.world.ended) for one in sample(worlds, 3)] == [
        ("a", 1.0),
        ("b", 2.0),
        ("a", 2.0),
    ]
    assert len(sample(worlds, 9)) == 4


def test_the_closing_round_takes_what_holds_most_kinds_of_things_first() -> None:
    """A plan that has a deleted file and an older version, before others of scenarios that were not visited either."""
    plain, telling, late = ended("a", 1.0), ended("b", 2.0), ended("c", 3.0)
    project = Project("p", 0.0)
    upload = Upload("u", project, (1,), chunked=True, truth=Truth.GOOD, signed=None)
    for world, gone, versions in ((plain, False, 1), (telling, True, 2), (late, False, 1)):
        made = [Version(f"v{n}", upload) for n in range(versions)]
        world.slot("f1").value = File("f", project, upload, made, deleted=gone)
    assert [one.world.plan.theme for one in sample([plain, late, telling], 2)] == ["b", "a"]


def test_the_closing_round_looks_at_the_files_whose_uploads_were_made_most_unlike_others() -> None:
    """Of many files that are alike but for one step, that one, and in another plan what was not looked at yet."""
    steps = [do("create_upload", f"u{n}", project="common", parts=[1], content="zeros" * (n == 5)) for n in range(9)]
    steps += [do("complete", upload=f"u{n}", lie="hash" if n == 7 else "") for n in range(9)]
    world, same = (World(Plan("a", "", (Actor("w", tuple(steps)),)), token, {}, None) for token in ("x", "y"))
    project = Project("p", 0.0)
    for one in (world, same):
        one.ended = 1.0
        for n in range(9):
            upload = Upload(f"u{n}", project, (1,), chunked=True, truth=Truth.GOOD, signed=None, symbol=f"u{n}")
            one.slot(f"f{n}").value = File(f"f{n}", project, upload, [Version(f"v{n}", upload)])
    first, second = sample([world, same], 2)
    assert {file.id for file in first.files} == {"f0", "f5", "f7"}
    assert {file.id for file in second.files} == {"f0", "f1", "f2"}


def test_the_report_says_how_long_things_rested() -> None:
    """Of all workers together, and that nothing rested where there was no closing round."""
    stated = rested([{"rests_s": [2.0, 70.0]}, {"rests_s": [4.0]}, {}], 60.0)
    assert (stated["plans"], stated["least_s"], stated["median_s"], stated["most_s"]) == (3, 2.0, 4.0, 70.0)
    assert stated["beyond_bound"] == 1
    assert "2.0 to 70.0 s" in str(stated["sentence"])
    assert rested([{}], 60.0)["sentence"] == "nothing was read again after a rest"


def test_the_report_says_which_calls_the_target_lacks() -> None:
    """Each once, whichever worker met it."""
    assert lacking([{"lacks": ["move_file"]}, {"lacks": ["create_folder", "move_file"]}]) == (
        "not tried further, because the target answered their first use by 404 or 405: create_folder, move_file",
    )
    assert lacking([{}]) == ()


@pytest.mark.parametrize("seed", range(4))
def test_a_client_rests_for_long_before_each_step_of_an_upload_once(seed: int) -> None:
    """After the project, the upload, each part, the completion and the attachment, and before the last look."""
    plans = Portion("standard", seed).plans(SCENARIOS["slow-uploads"])
    rested = []
    for plan in plans:
        steps = plan.actors[0].steps
        pauses = {place: float(option(step, "share")) for place, step in enumerate(steps) if step.verb == "pause"}
        assert sum(pauses.values()) <= 1.01
        rested.append(steps[max(pauses, key=lambda place: pauses[place]) + 1].verb.removesuffix("_part"))
    counted = Counter(verb.removesuffix("_whole") for verb in rested)
    assert counted == {"create_upload": 1, "put": 2, "complete": 1, "attach": 1, "read_url": 1, "download": 1}
    assert set(Counter(truth for plan in plans for truth in truths(plan).values())) >= {Truth.GOOD, Truth.BAD}
