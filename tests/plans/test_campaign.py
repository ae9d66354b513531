"""Campaigns against the embedded server: concurrent, settled, read once more; and what is kept of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from campaign_stand import Stand, classified

from conformance.api.answers import Answer
from conformance.api.gateways import is_unusual
from conformance.engine.efforts import QUICK
from conformance.engine.execution.campaign import Campaign
from conformance.engine.execution.dense_readers import TAIL_READS
from conformance.engine.execution.uploading import FORM
from conformance.engine.plan import COMMON, Actor, Plan, PlanError, Step, do
from conformance.engine.replay import run_plan
from conformance.engine.scenario import PlanScenario, Share
from conformance.engine.scenario_list import scenarios
from conformance.engine.search.early_stop import FirstProof, gates
from conformance.engine.search.plan_outcomes import PlanOutcomes
from conformance.engine.search.worker import Judges, Trial, stage_for
from conformance.judge import judge_history
from conformance.model import Finding, History, Judgement, Phase, Tally
from conformance.reference.launch import RunningServer, launch

LAG = "0.15"
SLOW_LAG = "1.5"
"""Where something must still be pending when it is looked at, however busy the machine is."""
GOOD = (
    do("create_upload", "u1", project=COMMON, parts=[5]),
    do("put_part", upload="u1", number=1),
    do("complete", upload="u1"),
    do("attach", "f1", upload="u1"),
)


def standing(server: RunningServer, folder: Path) -> Iterator[Stand]:
    """Give a driver of a server, and close it afterwards."""
    made = Stand(server, folder)
    yield made
    made.driver.close()


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    """Run a sound server for all tests of this file."""
    with launch(lag=LAG) as running:
        yield running


@pytest.fixture
def stand(server: RunningServer, tmp_path: Path) -> Iterator[Stand]:
    """Give a driver of the sound server."""
    yield from standing(server, tmp_path)


@pytest.fixture(scope="module")
def slow_server() -> Iterator[RunningServer]:
    """Run a sound server that takes its time."""
    with launch(lag=SLOW_LAG) as running:
        yield running


@pytest.fixture
def slow_stand(slow_server: RunningServer, tmp_path: Path) -> Iterator[Stand]:
    """Give a driver of it."""
    yield from standing(slow_server, tmp_path)


def plan(*steps: Step, user: str = "owner") -> Plan:
    """Make a plan of one actor."""
    return Plan("uploads", "by hand", (Actor("writer", steps, user),))


def test_trouble_is_settled_and_everything_is_read_once_more(slow_stand: Stand) -> None:
    """Both url endpoints answer their truth in the end, one's bytes are fetched then; status and listings come last."""
    (world,) = slow_stand.run(plan(*GOOD))
    done = slow_stand.of(world)
    final = [op for op in done if op.phase is Phase.FINAL]
    assert [classified(op).call.name for op in final] == ["file_url", "version_url", "storage_get", "show_upload"]
    assert [classified(op).call.name for op in done if op.phase is Phase.SETTLE].count("storage_get") == 1
    assert {classified(op).answer for op in final} == {Answer.DONE}
    assert any(op.phase is Phase.SETTLE and classified(op).answer is Answer.NC for op in done)
    listed = {"list_uploads", "list_project_children", "list_project_files", "list_projects"}
    assert listed <= set(slow_stand.names(phase=Phase.FINAL))


def test_what_was_fetched_long_before_is_fetched_once_more_in_the_end(stand: Stand) -> None:
    """The bytes came before the end: it follows a new url of the file, and first one of its version."""
    looks = (do("settle", file="f1"), do("download", file="f1"))
    (world,) = stand.run(plan(*GOOD, *looks))
    final = [classified(op).call.name for op in stand.of(world) if op.phase is Phase.FINAL]
    assert final == ["file_url", "storage_get", "version_url", "show_upload"]


def test_one_upload_more_follows_after_a_time_in_which_nothing_is_completed(stand: Stand) -> None:
    """It is the last that is completed, and is waited for; where nothing rests there is none."""
    campaign = Campaign(stage_for(stand.driver, stand.settings, QUICK))
    campaign.stage.rest_s = 1.0
    campaign.prepare([plan(*GOOD)])
    campaign.run()
    done = sorted(stand.watcher.operations, key=lambda op: op.a_ns)
    completes = [op for op in done if classified(op).call.name == "complete_upload"]
    assert len(completes) == 2
    assert completes[1].plan.endswith("-house")
    assert completes[1].a_ns > (completes[0].b_ns or 0) + 0.5e9
    after = [op for op in done if op.plan == completes[1].plan and classified(op).call.name == "file_url"]
    assert classified(after[-1]).answer is Answer.DONE
    before = stand.names().count("complete_upload")
    stand.run(plan(*GOOD))
    assert stand.names().count("complete_upload") == before + 1


def test_the_waits_of_all_plans_overlap(slow_stand: Stand) -> None:
    """Every project is accepted before the first of them is ready."""
    own = (do("create_project", "p1"), do("create_upload", "u1", project="p1", parts=[1]))
    slow_stand.run(*[plan(*own)] * 6)
    seen = slow_stand.watcher.operations
    accepted = [op.b_ns for op in seen if classified(op).call.name == "create_project" and op.b_ns]
    ready = [op.a_ns for op in seen if classified(op).call.name == "create_upload" and op.exchange.status == 201]
    assert len(accepted) == 7
    assert max(accepted) < min(ready)


def test_names_and_bytes_are_unique_to_each_execution(slow_stand: Stand) -> None:
    """The same plan twice shares nothing, refused attempts included."""
    own = (do("create_project", "p1"), *(replace(step, args={**step.args, "project": "p1"}) for step in GOOD[:1]))
    slow_stand.run(*[plan(*own, do("put_part", upload="u1", number=1))] * 2)
    bodies = [op.exchange.request for op in slow_stand.watcher.operations]
    named = [body["name"] for body in bodies if isinstance(body, dict) and "name" in body]
    stored = [
        op.exchange.request.md5 for op in slow_stand.watcher.operations if classified(op).call.name == "storage_put"
    ]
    assert len(named) > 6
    assert len(named) == len(set(named))
    assert len(stored) == len(set(stored)) == 2


def test_a_connection_cut_by_the_client_is_tried_again(stand: Stand) -> None:
    """Cut attempts are operations of their own, and the plan goes on."""
    steps = [replace(step, args={**step.args, "cut_s": 0.00001}) for step in GOOD]
    for _ in range(20):
        worlds = stand.run(*[plan(*steps)] * 5)
        assert all(list(world.files()) for world in worlds)
        if any(op.exchange.failure for op in stand.watcher.operations):
            return
    raise AssertionError("every answer came before the cut")


def test_an_upload_may_take_the_name_of_another_once(stand: Stand) -> None:
    """It may be dressed otherwise; whatever is tried again has a fresh one."""
    twin = do("create_upload", "u2", project=COMMON, parts=[5], name_of="u1", name_class="quoted", cut_s=0.00001)
    (world,) = stand.run(plan(*GOOD, twin))
    asked = [op for op in stand.of(world) if classified(op).call.name == "create_upload"]
    names = [op.exchange.request["name"] for op in asked if isinstance(op.exchange.request, dict)]
    assert names[1] == f'{names[0]} "Prüfstück"'
    assert len(set(names)) == len(names)
    assert all("ü" in name for name in names[1:])


def test_a_store_is_named_once_an_upload_told_it(stand: Stand) -> None:
    """Such a plan waits for the first upload of the run, and names what that one told."""
    own = (do("create_project", "p1"), do("create_upload", "u1", project="p1", parts=[1], named_store=True))
    (world,) = stand.run(plan(*own))
    asked = [op.exchange.request for op in stand.of(world) if classified(op).call.name == "create_upload"]
    assert all(isinstance(body, dict) and body["storage_provider"]["id"] for body in asked)
    assert list(world.uploads())


def completions(server: RunningServer, folder: Path) -> list[tuple[int | None, str]]:
    """Complete a good upload by a form; return the status and the kind of body of each attempt."""
    stand = Stand(server, folder)
    form = replace(GOOD[2], args={**GOOD[2].args, "form": True})
    (world,) = stand.run(plan(*GOOD[:2], form, GOOD[3]))
    done = [op.exchange for op in stand.of(world) if classified(op).call.name == "complete_upload"]
    stand.driver.close()
    assert (
        judge_history(History(tuple(stand.watcher.operations), stand.settings.target)).tallies["complete-202"].exposures
        == 1
    )
    return [(one.status, str(one.request_type)) for one in done]


@pytest.mark.parametrize(("variant", "refused"), [("forms-unsupported", 415), ("forms-unread", 400)])
def test_a_form_that_is_refused_is_said_again_as_json(tmp_path: Path, variant: str, refused: int) -> None:
    """A target need not take forms, and is completed all the same."""
    with launch(lag=LAG, variants=[variant]) as server:
        assert completions(server, tmp_path) == [(refused, FORM), (202, "application/json")]


def test_a_form_that_is_taken_is_enough(server: RunningServer, tmp_path: Path) -> None:
    """The official client completes by forms."""
    assert completions(server, tmp_path) == [(202, FORM)]


def test_an_actor_without_its_user_stays_away(stand: Stand) -> None:
    """Where no second user is given, nobody pretends to be one, and nobody waits for it."""
    stage = stage_for(stand.driver, stand.settings, QUICK)
    stage.second_user = False
    campaign = Campaign(stage)
    other = Plan("other-users", "", (Actor("other", (do("create_project", "p1"),), "other"),))
    campaign.prepare([other])
    campaign.run()
    assert {op.exchange.user for op in stand.watcher.operations} == {"owner"}


def test_a_step_whose_need_never_came_is_left_out_and_noted(stand: Stand) -> None:
    """A refused create takes its followers with it, not the run."""
    early = (GOOD[0], do("attach", "f1", upload="u1"), do("read_url", file="f1"))
    (world,) = stand.run(plan(*early))
    assert world.skipped == ["writer: read_url"]


def test_dense_readers_read_a_tracer_densely_and_notes_it(stand: Stand) -> None:
    """Several sessions read both endpoints; the notes say what they watch."""
    (world,) = stand.run(plan(*GOOD, do("read_densely", file="f1", readers=3, tracer="good")))
    noted = [op for op in stand.of(world) if op.notes.get("tracer") == "good"]
    assert {classified(op).call.name for op in noted} == {"file_url", "version_url"}
    assert len({op.session for op in noted}) == 3
    assert sum(classified(op).answer is Answer.DONE for op in noted) >= TAIL_READS


def test_a_plan_that_cannot_be_run_is_refused_before_anything_is_sent(stand: Stand) -> None:
    """A wrong plan is no trouble for the target."""
    with pytest.raises(PlanError):
        stand.run(plan(do("complete", upload="u9")))
    assert stand.watcher.operations == []


def test_a_saved_plan_is_run_again_as_often_as_asked(stand: Stand) -> None:
    """A plan document, or a report's entry that holds one, is all it takes."""
    document = plan(*GOOD).to_json()
    tokens = run_plan({"id": "x", "document": document}, stand.driver, stand.settings, times=2)
    assert len(set(tokens)) == 2
    assert stand.names().count("complete_upload") == 2
    with pytest.raises(PlanError, match="several plans"):
        run_plan({"plans": []}, stand.driver, stand.settings)


def accuse(history: History, *, once: bool = False, call: str = "promote_version") -> Judgement:
    """Convict every plan that promotes a version (or makes another `call`): the first one only, if `once`."""
    convicted = [op for op in history.operations if classified(op).call.name == call]
    findings = tuple(
        Finding("bad-never-200", "test", op.id, (op.id,), "it was called")
        for op in (convicted[:1] if once else convicted)
    )
    return Judgement({"bad-never-200": Tally("bad-never-200", len(convicted), findings)})


PLANS = [scenario for scenario in scenarios() if isinstance(scenario, PlanScenario)]
PROMOTING = [replace(one, share=Share(5, 5, 5)) for one in PLANS if one.name == "promotions"]
ONE_SHRINK = replace(QUICK, shrinks=1, repeats=2, shrink_s=600.0)


@pytest.mark.parametrize("once", [True, False])
def test_what_was_found_once_is_kept_whether_it_comes_back_or_not(stand: Stand, *, once: bool) -> None:
    """The finding stays; the plan is made small and repeated, and how often it came back is told."""
    judges = Judges(lambda history: accuse(history, once=once), lambda _: True)
    settings = replace(stand.settings, seed=3, effort="quick")
    outcomes = PlanOutcomes(settings.report_dir, "main")
    Trial(stand.driver, settings, PROMOTING, ONE_SHRINK, judges, stand.watcher, outcomes).run()
    retained = json.loads((settings.report_dir / "plans-main.json").read_text())["plans"]
    broken = [entry["text"] for entry in retained if entry["broken"]]
    assert broken
    assert all("POST /file_versions/f1@1/current" in text for text in broken)
    stated = [entry["repeats"]["sentence"] for entry in retained if entry["repeats"]]
    assert stated == ["seen once, not again in 2 repeats" if once else "seen again in 2 of 2 repeats"]
    assert all(entry["document"] and entry["text"] for entry in retained)


def test_what_had_its_turn_is_made_small_by_the_strategy_that_drew_it(stand: Stand) -> None:
    """Whatever else its scenario draws in other turns, a smaller plan is one that the same turn can draw."""
    judges = Judges(lambda history: accuse(history, call="delete_project"), lambda _: True)
    settings, outcomes = (
        replace(stand.settings, seed=3, effort="quick"),
        PlanOutcomes(stand.settings.report_dir, "main"),
    )
    deleting = [replace(one, share=Share(6, 6, 6)) for one in PLANS if one.name == "deletions"]
    Trial(stand.driver, settings, deleting, ONE_SHRINK, judges, stand.watcher, outcomes).run()
    (retained,) = [one for one in outcomes.plans.values() if one.tried]
    assert retained.again == retained.tried == 2
    small = outcomes.plans[retained.shrunk_to].world.plan
    assert small.title == "delete project"
    assert len(small.key()) <= len(retained.world.plan.key())


def test_a_sound_server_is_left_in_peace_by_a_quick_trial(stand: Stand) -> None:
    """Nothing gates, and nothing warns either."""
    strict = Judges(judge_history, lambda finding: gates(finding, strict=True))
    outcomes = PlanOutcomes(stand.settings.report_dir, "main")
    settings = replace(stand.settings, effort="quick")
    Trial(stand.driver, settings, PLANS, QUICK, strict, stand.watcher, outcomes).run()
    assert {retained.world.plan.theme for retained in outcomes.plans.values()} == {
        one.name for one in PLANS if one.share.quick
    }
    assert not [retained.broken for retained in outcomes.plans.values() if retained.broken]


def test_a_run_ends_at_the_first_proof_of_what_it_was_asked_about(tmp_path: Path) -> None:
    """The streaming judge stops the campaign; the finding is there."""
    with launch(lag="0.3", faults=["nc-status-200"]) as server:
        stand = Stand(server, tmp_path)
        stand.watcher.proved = FirstProof(stand.settings.target, frozenset({"nc-payload"}))
        judges = Judges(judge_history, lambda finding: finding.requirement == "nc-payload")
        Trial(stand.driver, stand.settings, PLANS, QUICK, judges, stand.watcher, PlanOutcomes(tmp_path, "main")).run()
        stand.driver.close()
    assert stand.watcher.stopped
    history = History(tuple(stand.watcher.operations), stand.settings.target)
    assert judge_history(history).tallies["nc-payload"].findings
    assert "list_projects" not in stand.names(phase=Phase.FINAL)


def test_what_only_the_whole_campaign_proves_is_not_made_small_any_more(tmp_path: Path) -> None:
    """Where a run ends at its first proof: no look at what was heard by then need have seen it."""
    with launch(lag="0.3", faults=["nc-status-200"]) as server:
        stand = Stand(server, tmp_path)
        proof = FirstProof(stand.settings.target, frozenset({"nc-payload"}))
        stand.driver.listen(lambda moment, operation: proof(moment, operation) and None)
        stand.watcher.proved_by_all = proof.by_all
        outcomes = PlanOutcomes(tmp_path, "main")
        judges = Judges(accuse, lambda _: True)
        Trial(stand.driver, stand.settings, PROMOTING, ONE_SHRINK, judges, stand.watcher, outcomes).run()
        stand.driver.close()
    assert stand.watcher.stopped
    assert any(one.broken for one in outcomes.plans.values())
    assert not any(one.tried or one.shrunk_to for one in outcomes.plans.values())


def test_a_plain_project_holds_no_byte_that_a_firewall_may_stop(stand: Stand) -> None:
    """Else nothing would show that the like of what it stops reaches the API."""
    (world,) = stand.run(plan(do("create_project", "p1")))
    (made,) = [one for one in stand.of(world) if classified(one).call.name == "create_project"]
    assert not is_unusual(made.exchange, "/api/v1")
