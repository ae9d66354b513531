"""Clients that ask until the bound has passed since the last thing that could excuse what they are told."""

from __future__ import annotations

from pathlib import Path

import pytest
from campaign_stand import Stand, classified, made, ran

from conformance.api.answers import Answer
from conformance.engine.plan import Actor, Plan, do
from conformance.engine.plan_model import first_version

BOUND_S = 1.0


def withdrawn() -> Plan:
    """Give one whose member reads a file, and reads it again when its rights were withdrawn."""
    seen, over = do("meet", at="seen", parties=2), do("meet", at="over", parties=2)
    start = (do("create_project", "p1"), *made(1, "p1"), do("settle", file="f1"))
    rights = do("grant", "rights", project="p1")
    owner = (*start, rights, seen, do("withdraw", rights="rights"), over)
    looks = (
        do("settle", file="f1"),
        do("download_version", version=first_version("f1")),
        do("read_upload", upload="u1"),
    )
    former = (over, do("until_refused", file="f1", rights="rights"))
    actors = (Actor("owner", owner), Actor("member", (*looks, seen), "member"), Actor("former", former, "other"))
    return Plan("members", "by hand", actors)


def changed() -> Plan:
    """Give one that uses a project, changes it long after it was accepted, and uses it again."""
    again = do("create_upload", "u2", project="p1", parts=[3])
    start = (do("create_project", "p1"), *made(1, "p1"), do("settle", file="f1"))
    steps = (*start, do("update_project", project="p1"), again)
    return Plan("project-changes", "by hand", (Actor("writer", steps),))


def convicts(stand: Stand, requirement: str) -> bool:
    """Whether what was recorded convicts of the requirement."""
    tally = stand.judged().tallies.get(requirement)
    return bool(tally and tally.findings)


@pytest.mark.parametrize("faults", [["rights-cached"], []])
def test_who_lost_its_rights_asks_until_it_is_refused_or_the_bound_is_over(faults: list[str], tmp_path: Path) -> None:
    """A sound server refuses at once, and is asked no more; the other one is convicted by what it tells after that."""
    stand = ran(withdrawn(), tmp_path, lag="0.1", bound_s=BOUND_S, faults=faults)
    asked = [one for one in stand.watcher.operations if one.session.endswith("/former")]
    refused = [classified(one).answer is Answer.REFUSED for one in asked]
    assert refused == [True] * 3 if not faults else not any(refused)
    assert convicts(stand, "other-user-403") is bool(faults)


@pytest.mark.parametrize("faults", [["project-changed-reopens"], []])
def test_a_changed_project_is_waited_for_since_it_was_changed(faults: list[str], tmp_path: Path) -> None:
    """However long ago it was accepted: until the bound has passed since the change."""
    stand = ran(changed(), tmp_path, lag="0.6", bound_s=BOUND_S, faults=faults)
    assert convicts(stand, "converges-project") is bool(faults)
