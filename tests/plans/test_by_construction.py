"""What every standard run holds whatever its seed: twenty seeds, each of which has all of it, and nothing is sent."""

from __future__ import annotations

import itertools
from functools import lru_cache, partial

import pytest

from conformance.engine.invalid_requests import PAGES, SELDOM
from conformance.engine.plan import COMMON, Actor, Plan, Step
from conformance.engine.plan_model import LARGE_PART, Truth, check, first_version, truths
from conformance.engine.plan_verbs import option
from conformance.engine.scenario import PlanScenario
from conformance.engine.scenario_list import scenarios
from conformance.engine.search.portion import Portion
from conformance.engine.values.name_classes import NAME_CLASSES

SEEDS = range(20)
A_PAGE = 100
SCENARIOS = {one.name: one for one in scenarios() if isinstance(one, PlanScenario)}


@lru_cache(maxsize=1024)
def plans(name: str, seed: int) -> tuple[Plan, ...]:
    """Return the plans of a scenario that a standard run of one seed holds."""
    return tuple(Portion("standard", seed).plans(SCENARIOS[name]))


def steps_of(plan: Plan, upload: str) -> list[Step]:
    """Return the steps about an upload."""
    return [step for _, step in plan.steps() if step.args.get("upload") == upload]


def files_of(plan: Plan, upload: str) -> list[str]:
    """Return the files that are made of an upload."""
    return [step.binds for step in steps_of(plan, upload) if step.verb == "attach"]


def tabled(seed: int, *, bad: bool | None = None) -> list[tuple[Plan, Step]]:
    """Return the creates of a run that stand in tables, of bad uploads alone or of good ones where that is asked."""
    names = [name for name, one in SCENARIOS.items() if one.table is not None]
    found = [(plan, step) for name in names for plan in plans(name, seed) for _, step in plan.steps()]
    creates = [(plan, step) for plan, step in found if step.verb == "create_upload"]
    if bad is None:
        return creates
    wanted = Truth.BAD if bad else Truth.GOOD
    return [(plan, step) for plan, step in creates if truths(plan).get(step.binds) is wanted]


@pytest.mark.parametrize("seed", SEEDS)
def test_bad_uploads_have_twins(seed: int) -> None:
    """Two files of one bad upload, made of a single part and of a chunk, both attached while it is pending."""
    kinds = set()
    for plan in plans("second-files", seed):
        check(plan)
        for upload, truth in truths(plan).items():
            assert len(files_of(plan, upload)) == 2
            create = next(step for _, step in plan.steps() if step.binds == upload)
            kinds.add((truth, bool(option(create, "chunked"))))
    assert kinds == {(truth, chunked) for truth in (Truth.BAD, Truth.GOOD) for chunked in (True, False)}


@pytest.mark.parametrize("seed", SEEDS)
def test_another_uploads_hashes_are_reported_of_as_many_bytes_when_it_has_settled(seed: int) -> None:
    """Of a single part, of the only chunk and of one of two: bad. Of the whole of chunks alone: good."""
    for plan in plans("borrowed-hashes", seed):
        check(plan)
        lent = {step.args["as_of"] for _, step in plan.steps() if "as_of" in step.args}
        assert {truths(plan)[upload] for upload in lent} <= {Truth.GOOD, Truth.GOOD_IF_ACCEPTED}
        sizes = {step.binds: sum(step.args["parts"]) for _, step in plan.steps() if step.verb == "create_upload"}
        borrowers = [one for one in truths(plan) if any("as_of" in step.args for step in steps_of(plan, one))]
        assert [truths(plan)[upload] for upload in borrowers] == [Truth.BAD] * 3 + [Truth.GOOD, Truth.GOOD_IF_ACCEPTED]
        for upload in borrowers:
            (complete,) = (step for step in steps_of(plan, upload) if step.verb == "complete")
            assert sizes[upload] == sizes[str(complete.args["as_of"])] >= 20
    assert all(_settles_first(plan) for plan in plans("borrowed-hashes", seed))


def _settles_first(plan: Plan) -> bool:
    lender, *others = (actor for actor in plan.actors if not actor.name.startswith("attacher"))
    return lender.steps[-1].verb == "meet" and all(other.steps[0] == lender.steps[-1] for other in others)


@pytest.mark.parametrize("seed", SEEDS)
def test_each_class_of_names_has_a_good_upload_a_bad_one_and_a_project(seed: int) -> None:
    """What a server makes of a name may depend on what bears it, and on whether it is good."""
    good = {step.args.get("name_class") for _, step in tabled(seed, bad=False)}
    bad = {step.args.get("name_class") for _, step in tabled(seed, bad=True)}
    assert set(NAME_CLASSES) <= good
    assert set(NAME_CLASSES) <= bad
    made = [plan for name in ("names", "slow-uploads", "bursts-apart") for plan in plans(name, seed)]
    projects = {
        step.args.get("name_class") for plan in made for _, step in plan.steps() if step.verb == "create_project"
    }
    assert {kind for kind, one in NAME_CLASSES.items() if one.unique} <= projects


@pytest.mark.parametrize("seed", SEEDS)
def test_one_name_is_given_twice_in_a_project_to_good_uploads_and_one_whole_request(seed: int) -> None:
    """With other sizes; and the very same words once more when the first upload was completed; a slug is taken."""
    plan = next(plan for plan in plans("names", seed) if any("name_of" in step.args for _, step in plan.steps()))
    steps = [step for _, step in plan.steps()]
    creates = {step.binds: step for step in steps if step.verb == "create_upload"}
    assert {truths(plan)[one] for one in ("s1", "s2", "s3", "e1", "e2")} == {Truth.GOOD}
    assert len({tuple(creates[one].args["parts"]) for one in ("s1", "s2", "s3")}) > 1 or seed
    same = [{k: v for k, v in creates[one].args.items() if k != "name_of"} for one in ("e1", "e2")]
    assert same[0] == same[1]
    completed = next(n for n, step in enumerate(steps) if step.verb == "complete" and step.args["upload"] == "e1")
    assert completed < steps.index(creates["e2"])
    assert any(step.args.get("slug_of") for step in steps)


@pytest.mark.parametrize("seed", SEEDS)
def test_more_than_a_page_of_uploads_stand_in_one_project(seed: int) -> None:
    """And so many of them bad that some come after the first half of a page, whatever their order is."""
    common = [
        step for _, step in tabled(seed) if step.args.get("project", COMMON) == COMMON and not step.args.get("further")
    ]
    assert len(common) > A_PAGE + 20
    bad = [step for _, step in tabled(seed, bad=True) if step.args.get("project", COMMON) == COMMON]
    assert len(bad) > A_PAGE // 2


@pytest.mark.parametrize("seed", SEEDS)
def test_each_change_of_state_has_dense_readers(seed: int) -> None:
    """Ready, current by a switch and by a promotion, deleted, withdrawn; good and bad have tracers."""
    found = {plan.title: plan for plan in plans("transitions", seed)}
    assert len(found) == 4
    changed = {"create_project", "new_version", "promote", "delete_file", "withdraw"}
    assert changed <= {step.verb for plan in found.values() for _, step in plan.steps()}
    for title, plan in found.items():
        check(plan)
        others = list(plan.actors[1:])
        assert len(others) == 2
        assert all(looks(actor) >= (6 if "ready" in title else 12) for actor in others)
    tracers = [Truth.BAD] * 2 + [Truth.GOOD]
    for name, truth in (("bad-tracers", Truth.BAD), ("good-tracers", Truth.GOOD)):
        assert all(set(truths(plan).values()) == {truth} for plan in plans(name, seed))
        assert tracers.count(truth) <= len(plans(name, seed))


def looks(actor: Actor) -> int:
    """Return how often an actor looks at a url, or asks for an upload."""
    asks = [step for step in actor.steps if step.verb in {"read_url", "read_version_url", "create_upload"}]
    return sum(int(step.args.get("times", 1)) for step in asks)


@pytest.mark.parametrize("seed", SEEDS)
def test_versions_follow_one_another_good_and_bad_and_are_promoted_before_and_after(seed: int) -> None:
    """A bad version that stays current over a good one, and the reverse; promotions before the verdict and after."""
    rows = [plan.row for plan in plans("combinations", seed)]
    bad = {(row["role"], row["truth"] != "good") for row in rows}
    assert {("later", True), ("later", False), ("first", True), ("first", False), ("promoted", True)} <= bad
    assert {row["attach"] for row in rows if row["role"] == "promoted"} == {"before", "while", "after"}
    for defect in {row["truth"] for row in rows}:
        assert {row["endpoint"] for row in rows if row["truth"] == defect} == {"file", "version"}


@pytest.mark.parametrize("seed", SEEDS)
def test_parts_are_large_asked_for_thrice_and_never_sent(seed: int) -> None:
    """A part over a mebibyte, two parts of 5 MiB, one whose URL is asked for thrice, and parts that never come."""
    creates = [step.args for plan in plans("sizes", seed) for _, step in plan.steps() if step.verb == "create_upload"]
    assert any(not one["chunked"] and sum(one["parts"]) > 1 << 20 for one in creates)
    assert any(sum(size >= LARGE_PART for size in one["parts"]) >= 2 for one in creates)
    assert {Truth.GOOD} <= {truth for plan in plans("sizes", seed) for truth in _asked_thrice(plan)}
    (unsent,) = plans("unsent-parts", seed)
    assert len(truths(unsent)) == 4


def _asked_thrice(plan: Plan) -> list[Truth]:
    """Return the truths of one-chunk uploads whose only part was reported before and after it was stored as well."""
    found = []
    for upload, truth in truths(plan).items():
        puts = [step for step in steps_of(plan, upload) if step.verb == "put_part"]
        if [bool(option(step, "send")) for step in puts] == [False, True, False]:
            found.append(truth)
    return found


@pytest.mark.parametrize("seed", SEEDS)
def test_each_further_storage_provider_gets_a_core(seed: int) -> None:
    """A good single part, a good chunked upload and a bad one, named by its place beside the usual one."""
    (plan,) = plans("small-parts-probe", seed)
    check(plan)
    for further in (1, 2, 3):
        mine = [
            step for _, step in plan.steps() if step.verb == "create_upload" and step.args.get("further") == further
        ]
        kinds = {(truths(plan)[step.binds] is Truth.BAD, bool(option(step, "chunked"))) for step in mine}
        assert kinds == {(False, True), (False, False), (True, False)}


@pytest.mark.parametrize("seed", SEEDS)
def test_others_ask_for_what_the_owner_was_answered_just_now(seed: int) -> None:
    """All have come when the owner waits for a file's verdict, everybody else reads it at once, and all that twice."""
    for plan in plans("other-users", seed):
        writer, *others = plan.actors
        once = ["meet", "settle", "read_version_url", "read_url", "meet"]
        assert [step.verb for step in writer.steps[-10:]] == [*once, *once]
        for other in others:
            for come, asked in (writer.steps[-10:-5:4], writer.steps[-5::4]):
                place = list(other.steps).index(come)
                assert other.steps[place + 1] == asked
                assert other.steps[place + 2].verb == "read_url"


def bad_of(turn: object) -> object:
    """Return which truth a turn of a scenario of both truths is for; None for any other."""
    return turn.keywords.get("bad") if isinstance(turn, partial) else None


TURNS = [name for name, one in SCENARIOS.items() if one.turns]
OF_BOTH_TRUTHS = [name for name in TURNS if [bad_of(turn) for turn in SCENARIOS[name].turns] == [False, True]]


def truth_of(plan: Plan) -> Truth:
    """Return the truth of the upload that a plan is about."""
    return truths(plan)["u0" if plan.theme == "fresh-projects" else "u1"]


@pytest.mark.parametrize("name", OF_BOTH_TRUTHS)
@pytest.mark.parametrize("seed", SEEDS)
def test_good_and_bad_take_turns(name: str, seed: int) -> None:
    """In a run as far as it has plans of them, and from seed to seed: no seed draws one truth only."""
    told = [truth_of(plan) for run in (seed, seed + 1) for plan in plans(name, run)]
    assert {Truth.GOOD, Truth.BAD} == set(told)
    each = [truth_of(plan) for plan in plans(name, seed)]
    assert abs(each.count(Truth.BAD) - each.count(Truth.GOOD)) <= 1


@pytest.mark.parametrize("seed", SEEDS)
def test_a_version_that_only_looks_like_the_one_before_follows_it(seed: int) -> None:
    """Of the same name and size, and good, when the one before has settled: its bytes alone are others."""
    (alike,) = [plan for plan in plans("third-versions", seed) if "alike" in plan.title]
    made = {step.binds: step.args for _, step in alike.steps() if step.verb == "create_upload"}
    assert made["u3"]["name_of"] == "u2"
    assert (made["u3"]["parts"], made["u3"]["chunked"]) == (made["u2"]["parts"], made["u2"]["chunked"])
    assert sum(made["u3"]["parts"]) >= 8
    verbs = [step.verb for step in alike.actors[0].steps]
    assert "settle" in verbs[verbs.index("new_version") : len(verbs) - verbs[::-1].index("new_version")]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_file_goes_to_and_fro_between_its_versions(seed: int) -> None:
    """Each promotion is of what is not current and has settled: good versions first, a bad one at last."""
    (fro,) = [plan for plan in plans("promotions", seed) if "to and fro" in plan.title]
    assert truths(fro) == {"u1": Truth.GOOD, "u2": Truth.GOOD, "u3": Truth.BAD}
    promoted = [step.args["version"] for _, step in fro.steps() if step.verb == "promote"]
    assert promoted == [first_version("f1"), "v2", first_version("f1"), "v2", "v3"]


@pytest.mark.parametrize("seed", SEEDS)
def test_each_call_about_an_upload_is_made_while_it_is_pending(seed: int) -> None:
    """Right after its completion, before anything settles."""
    (pending,) = plans("pending-calls", seed)
    verbs = [step.verb for step in pending.actors[0].steps]
    called = [after for before, after in itertools.pairwise(verbs) if before == "complete"]
    assert called == ["complete_again", "complete_again", "report_chunk", "report_hash"]


@pytest.mark.parametrize("seed", SEEDS)
def test_calls_that_are_seldom_made_are_refused_for_an_unknown_id_and_without_a_token(seed: int) -> None:
    """Each of them, and lists by a page that is none."""
    (seldom,) = plans("seldom-calls", seed)
    asked = {actor.user: [step.args.get("call") for step in actor.steps] for actor in seldom.actors}
    assert set(SELDOM) == set(asked["nobody"])
    assert set(SELDOM) == set(asked["owner"]) - {None}
    assert {step.args["request"] for _, step in seldom.steps() if step.verb == "ask_badly"} == set(PAGES)


@pytest.mark.parametrize("seed", SEEDS)
def test_each_run_has_contents_that_end_in_whole_blocks_of_zeros(seed: int) -> None:
    """A store that makes holes of them loses them at the end."""
    made = [step.args for plan in plans("sizes", seed) for _, step in plan.steps() if step.verb == "create_upload"]
    zeros = [one["parts"] for one in made if one.get("content") == "zeros"]
    assert zeros
    assert all(size % 4096 == 0 for parts in zeros for size in parts)


def is_promoted_before(plan: Plan) -> bool:
    """Whether a version is promoted before anything is deleted."""
    verbs = [step.verb for step in plan.actors[0].steps]
    return "promote" in verbs[: next(n for n, verb in enumerate(verbs) if verb.startswith("delete"))]


@pytest.mark.parametrize("seed", SEEDS)
def test_what_stood_in_a_deleted_project_is_used_once_more(seed: int) -> None:
    """Each call has a refusal of its own, and a body of it."""
    for plan in plans("deletions", seed):
        if plan.title == "delete project":
            verbs = [step.verb for step in plan.actors[0].steps]
            after = set(verbs[verbs.index("delete_project") :])
            assert {"report_chunk", "complete_again", "report_hash", "promote", "rename_file", "attach"} <= after


@pytest.mark.parametrize("seed", SEEDS)
def test_all_that_can_be_deleted_is(seed: int) -> None:
    """Files and projects of both truths, a bad file's first version, and one that was promoted."""
    told = {(plan.title, truth_of(plan), is_promoted_before(plan)) for plan in plans("deletions", seed)}
    each = {(f"delete {what}", truth, False) for what in ("file", "project") for truth in (Truth.GOOD, Truth.BAD)}
    assert told == {*each, ("delete version", Truth.BAD, False), ("delete version", Truth.GOOD, True)}


@pytest.mark.parametrize("name", TURNS)
@pytest.mark.parametrize("effort", ["quick", "standard", "thorough"])
def test_the_workers_of_a_run_take_turns_as_one_alone_would(name: str, effort: str) -> None:
    """Each strategy draws as many plans, however many processes share the run."""
    for shards in (2, 3, 5):
        for wave in (0, 1):
            alone = [turn.wanted for turn in Portion(effort, 3, wave).turns(SCENARIOS[name])]
            shared = [Portion(effort, 3, wave, shard, shards).turns(SCENARIOS[name]) for shard in range(shards)]
            assert [sum(turn.wanted for turn in turns) for turns in zip(*shared, strict=True)] == alone
            assert max(alone) - min(alone) <= 1
