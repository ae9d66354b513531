"""Cases are drawn before anything is sent, and the same seed draws the same ones."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.fuzz.cases import Drawn, draw
from conformance.fuzz.fuzz_requests import Question, heard, question
from conformance.fuzz.openapi_document import calls, form
from conformance.fuzz.seeds import Aim
from conformance.model import Exchange, Octets, Operation

BASE = "http://127.0.0.1:9/api/v1"
UNIQUE = "ddsc 1f2e3d4c5b6a 0011223344aa"
ID = "11111111-2222-4333-8444-555555555555"


def asked(drawn: Drawn, call: str) -> list[str]:
    """Give every case as the request that it becomes."""
    return [repr(question(call, case, Aim(ID, "good"), {}, UNIQUE)) for case in (drawn.plain, *drawn.others)]


@pytest.mark.parametrize("call", calls())
def test_every_documented_call_is_drawn_in_every_way(call: str) -> None:
    """Examples or coverage for the plain case; valid and invalid ones among the others, not more than asked for."""
    drawn = draw(BASE, call, 60, 3)
    assert drawn.plain.meta.generation.mode.is_positive
    assert len(drawn.others) <= 60
    ways = {(case.meta.phase.name.value, case.meta.generation.mode.is_positive) for case in drawn.others}
    assert {("coverage", False), ("fuzzing", True), ("fuzzing", False)} <= ways


def test_the_same_seed_draws_the_same_requests_and_another_draws_others() -> None:
    """Whatever was drawn in between."""
    first = asked(draw(BASE, "create_upload", 30, 5), "create_upload")
    draw(BASE, "list_projects", 10, 7)
    assert asked(draw(BASE, "create_upload", 30, 5), "create_upload") == first
    assert asked(draw(BASE, "create_upload", 30, 6), "create_upload") != first


def plain(call: str, aim: Aim | None, body: Any = None) -> Question:
    """Aim the plain case of a call."""
    return question(call, draw(BASE, call, 5, 1).plain, aim, body or {}, UNIQUE)


def test_a_valid_case_is_aimed_at_the_resource_by_its_user() -> None:
    """The id in the path, the second user's token, and what the sender knows of both."""
    given = plain("file_url", Aim(ID, "forbidden", "other"))
    assert (given.path, given.user, given.state, given.intent) == (f"/files/{ID}/url", "other", "forbidden", "valid")
    assert plain("file_url", Aim(ID, "unknown", invented=True)).invented == (ID,)


def test_a_documented_body_takes_the_ids_that_give_it_a_meaning() -> None:
    """None leaves a field out; a name that creates something is made unguessable."""
    given = plain("create_file", None, {"upload": {"id": ID}, "parent": None})
    assert given.content is not None
    assert ID in given.content.decode()
    assert b"parent" not in given.content
    assert UNIQUE in (plain("create_project", None).content or b"").decode()


def test_only_the_sender_of_a_bodyless_request_vouches_for_it() -> None:
    """A documented body may still be refused: a taken slug, an algorithm that is not accepted."""
    assert plain("show_project", Aim(ID, "ready")).intent == "valid"
    assert plain("create_project", None).intent == "unsure"


@pytest.mark.parametrize("call", calls())
def test_each_call_is_asked_without_a_token_first_of_all_that_is_not_plain(call: str) -> None:
    """However few questions an effort has: a server that lets strangers in is not left to the draw."""
    for seed in range(3):
        drawn = draw(BASE, call, 2, seed)
        first = question(call, drawn.others[0], Aim(ID, "good"), {}, UNIQUE)
        assert (first.user, first.intent, first.method) == (None, "invalid", form(call)[0])
        assert len(drawn.others) <= 2


def test_what_violates_the_token_is_sent_without_one_and_other_violations_are_not() -> None:
    """Else every case would end at 401."""
    drawn = draw(BASE, "create_chunk", 200, 1)
    by_user: dict[str | None, set[str]] = {}
    for case in drawn.others:
        given = question("create_chunk", case, Aim(ID, "open"), {}, UNIQUE)
        by_user.setdefault(given.user, set()).add(given.intent)
        assert not {"authorization", "user-agent"} & {name.lower() for name in given.headers}
    assert by_user[None] == {"invalid"}
    assert by_user["owner"] == {"invalid", "unsure"}


def test_a_wrong_method_is_an_invalid_request() -> None:
    """The coverage phase tries methods that the document does not have."""
    drawn = draw(BASE, "show_upload", 200, 1)
    given = [question("show_upload", case, Aim(ID, "open"), {}, UNIQUE) for case in drawn.others]
    wrong = [one for one in given if one.method != form("show_upload")[0]]
    assert wrong
    assert {one.intent for one in wrong} == {"invalid"}


@pytest.mark.parametrize("body", [None, {"a": "\ud800"}, Octets(5, "x", "<p>ä")])
def test_an_answer_is_given_to_schemathesis_as_it_was(body: Any) -> None:
    """Status, headers, and the body as far as it was kept."""
    exchange = Exchange("GET", "/api/v1/projects", host="t", status=404, headers={"content-type": "x/y"}, response=body)
    given = heard(Operation("1", "s", 0, 2_000_000_000, exchange), BASE)
    assert given is not None
    assert (given.status_code, given.headers, given.elapsed) == (404, {"content-type": ["x/y"]}, 2.0)


def test_no_answer_is_nothing_to_look_at() -> None:
    """A reset connection."""
    assert heard(Operation("1", "s", 0, None, Exchange("GET", "/api/v1/projects")), BASE) is None
