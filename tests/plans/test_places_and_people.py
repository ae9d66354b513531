"""The verbs of folders, rights and late calls, all of them in one campaign against the embedded server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from campaign_stand import Stand, classified

from conformance.api.answers import Answer
from conformance.driver.safety import ledger as ledgers
from conformance.engine.efforts import QUICK
from conformance.engine.execution.bindings import World
from conformance.engine.execution.campaign import Campaign
from conformance.engine.plan import NOT_OFFERED, Actor, Plan, Step, do
from conformance.engine.plan_model import first_version
from conformance.engine.search.worker import stage_for
from conformance.judge import judge_history
from conformance.model import History, Operation, Phase
from conformance.reference.launch import launch

SMALL = {"parts": [5]}


def upload(symbol: str, project: str) -> tuple[Step, ...]:
    """Return the steps that make a good upload."""
    return (
        do("create_upload", symbol, project=project, **SMALL),
        do("put_part", upload=symbol, number=1),
        do("complete", upload=symbol),
    )


PLACES = Plan(
    "places",
    "folders",
    (
        Actor(
            "writer",
            (
                do("create_project", "p1"),
                do("update_project", project="p1"),
                do("create_folder", "d1", project="p1"),
                do("create_folder", "d2", project="p1", folder="d1"),
                *upload("u1", "p1"),
                do("attach", "f1", upload="u1", folder="d2"),
                do("rename_file", file="f1"),
                do("relabel", file="f1"),
                do("move_file", file="f1", folder="d1"),
                do("rename_folder", folder="d1"),
                do("move_folder", folder="d2"),
                do("settle", file="f1"),
                do("move_file", file="f1", folder="d2"),
                do("read_folder", folder="d1"),
                do("list_folder", folder="d2"),
                do("change_badly", file="f1", request="a file renamed to nothing"),
                do("list_pages", project="p1", what="children", per_page=1),
                do("list_pages", file="f1", per_page=1),
                do("create_folder", "d3", project="p1", like="d1"),
                do("attach", "f2", upload="u1", folder="d3"),
                do("delete_folder", folder="d3"),
            ),
        ),
    ),
)
LATE = Plan(
    "late",
    "after the verdict",
    (
        Actor(
            "writer",
            (
                do("create_project", "p1"),
                *upload("u1", "p1"),
                do("attach", "f1", upload="u1", project="p1"),
                do("settle", file="f1"),
                do("put_again", upload="u1", number=1, fresh=True),
                do("report_chunk", upload="u1", number=1, lie="hash"),
                do("report_hash", upload="u1"),
                do("complete_again", upload="u1", algorithm="sha256"),
                do("pause", share=0.01),
                do("download", file="f1"),
                do("download_version", version=first_version("f1")),
            ),
        ),
    ),
)
PEOPLE = Plan(
    "people",
    "a member and another user",
    (
        Actor(
            "owner",
            (
                do("create_project", "p1"),
                do("grant", "rights", project="p1"),
                *upload("u1", "p1"),
                do("attach", "f1", upload="u1", project="p1"),
                do("settle", file="f1"),
                do("meet", at="done", parties=2),
                do("withdraw", rights="rights"),
            ),
        ),
        Actor(
            "member",
            (
                *upload("u2", "p1"),
                do("attach", "f2", upload="u2", project="p1"),
                do("settle", file="f2"),
                do("meet", at="done", parties=2),
            ),
            "member",
        ),
        Actor(
            "other",
            (
                do("create_project", "p2"),
                *upload("u3", "p2"),
                do("attach", "f3", upload="u3", project="p2"),
                do("settle", file="f3"),
                do("attach_foreign", upload="u4", project="p2"),
                do("version_foreign", file="f3", upload="u4"),
            ),
            "other",
        ),
        Actor("lender", (do("create_project", "p4"), *upload("u4", "p4"))),
    ),
)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stand, list[World]]]:
    """Run all plans of this file once."""
    with launch(lag="0.1") as server:
        stand = Stand(server, tmp_path_factory.mktemp("places"))
        yield stand, stand.run(PLACES, LATE, PEOPLE)
        stand.driver.close()


def steps(stand: Stand, world: World, verb: str) -> list[Operation]:
    """Return what the steps of one verb sent to the API."""
    named = {
        (actor.name, str(number))
        for actor in world.plan.actors
        for number, step in enumerate(actor.steps)
        if step.verb == verb
    }
    return [op for op in stand.of(world) if (op.session.rpartition("/")[2], op.notes.get("step")) in named]


def test_every_step_of_every_plan_is_taken(ran: tuple[Stand, list[World]]) -> None:
    """The embedded server has every call."""
    stand, worlds = ran
    assert [left.why for world in worlds for left in world.left_out] == []
    assert all(stand.settings.target.second_user for _ in worlds)


def test_nobody_is_accused(ran: tuple[Stand, list[World]]) -> None:
    """The embedded server keeps the contract whatever is tried."""
    stand, _ = ran
    judged = judge_history(History(tuple(stand.watcher.operations), stand.settings.target))
    assert [one.sentence for tally in judged.tallies.values() for one in tally.findings] == []


def test_places_and_names_change_while_pending_and_after(ran: tuple[Stand, list[World]]) -> None:
    """Each change is granted, and the wrong one is not."""
    stand, (places, *_) = ran
    for verb in ("rename_file", "relabel", "move_file", "rename_folder", "move_folder", "create_folder"):
        assert {classified(op).answer for op in steps(stand, places, verb)} == {Answer.DONE}, verb
    assert [op.exchange.status for op in steps(stand, places, "change_badly")] == [400]
    (first, second, *_) = (file for file in places.files())
    assert first.folder is not None
    assert second.gone
    pages = [op.exchange.path for op in steps(stand, places, "list_pages")]
    assert sum("children" in path for path in pages) >= 2


def test_a_member_s_things_and_the_other_users_own_are_looked_at_by_who_may(ran: tuple[Stand, list[World]]) -> None:
    """The second user's project is settled by the second user, the rest by the owner; rights end with the plan."""
    stand, (*_, people) = ran
    final = [op for op in stand.of(people) if op.phase is Phase.FINAL and "/url" in op.exchange.path]
    by_file = {file.id: file.project.by for file in people.files()}
    assert set(by_file.values()) == {"owner", "other"}
    for op in final:
        whose = by_file.get(op.exchange.path.split("/")[4])
        if whose == "other":
            assert op.exchange.user == "other"
    refused = [
        op for op in final if op.exchange.user == "other" and by_file.get(op.exchange.path.split("/")[4]) == "owner"
    ]
    assert {op.exchange.status for op in refused} == {403}
    assert [membership.withdrawn for membership in people.memberships()] == [True]


def test_the_second_users_things_stand_in_the_ledger_under_their_name(ran: tuple[Stand, list[World]]) -> None:
    """Cleaning speaks as who made a project."""
    stand, _ = ran
    account = ledgers.read(stand.settings.ledger_path)
    users = {entry.user for entry in account.open}
    assert users == {"owner", "other"}


def test_what_comes_after_the_verdict_is_sent_and_new_downloads_follow(ran: tuple[Stand, list[World]]) -> None:
    """The embedded server refuses to change anything, and goes on serving the same bytes."""
    stand, (_, late, _) = ran
    assert [op.exchange.status for op in steps(stand, late, "put_again")] == [404]
    assert [classified(op).answer for op in steps(stand, late, "report_chunk")] == [Answer.REFUSED]
    assert [classified(op).answer for op in steps(stand, late, "report_hash")] == [Answer.DONE]
    assert [classified(op).answer for op in steps(stand, late, "complete_again")] == [Answer.ALREADY]
    fetched = [op.exchange.response for op in stand.of(late) if classified(op).call.name == "storage_get"]
    assert len(fetched) >= 4
    assert len({getattr(one, "md5", "") for one in fetched}) == 1


def test_a_target_without_folders_and_rights_is_left_in_peace(tmp_path: Path) -> None:
    """A call that is answered by 405 at its first use is not sent again, and the report says why."""
    calls = ("create_folder", "grant_permission")
    with launch(lag="0.05") as server:
        stand = Stand(server, tmp_path)
        stage = stage_for(stand.driver, stand.settings, QUICK)
        stage.offers.update(dict.fromkeys(calls, False))
        campaign = Campaign(stage)
        world, places = campaign.prepare([Plan("places", "", (PEOPLE.actors[0], PEOPLE.actors[1])), PLACES])
        campaign.run()
        stand.driver.close()
    why = {left.why for left in world.left_out}
    assert f"{NOT_OFFERED}grant_permission" in why
    assert f"{NOT_OFFERED}create_folder" in {left.why for left in places.left_out}
    assert not {"create_folder", "grant_permission"} & set(stand.names())
    assert not [op for op in stand.of(world) if op.session.endswith("/member")]
