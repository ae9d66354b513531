"""Other words than not-consistent while something waits: odd ones of a switched file, and 403 to its creator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from judge_timeline import NC, Scribe, error, prepared, uid
from judged import findings, judged
from review_scenes import at, scene, wrongs

from conformance.model import Failure

FILES = (1, 2, 3)


def switched() -> Scribe:
    """Give a file of a good upload that was switched to one that is still pending."""
    scribe = scene("good", (1, 2), done=False)
    for n in (1, 2):
        scribe.complete("actor", *at(2 * n, 2 * n + 1), n=n)
    scribe.file("actor", *at(10, 11))
    scribe.url("reader", *at(12, 13))
    scribe.switch("actor", *at(20, 21))
    return scribe


@pytest.mark.parametrize("status", ["409", "410", "422", "405", "423"])
def test_a_switched_file_that_is_told_oddly_while_its_new_version_waits_is_convicted(status: str) -> None:
    """It answers rightly later."""
    scribe = switched()
    for tick in (24, 26):
        scribe.url("reader", *at(tick, tick + 1), status)
    scribe.url("reader", *at(40, 41))
    found = findings(judged(scribe.history()))
    assert {(one.requirement, one.rule) for one in found} == {("nc-until-consistent", "odd-while-pending")}


def test_one_odd_answer_or_one_after_the_verdict_is_no_proof() -> None:
    """An accident, or a reason that has nothing to do with consistency."""
    once = switched()
    once.url("reader", *at(24, 25), "409")
    assert wrongs(once) == set()
    after = switched()
    after.vurl("reader", *at(22, 23), n=2)
    for tick in (24, 26):
        after.url("reader", *at(tick, tick + 1), "409")
    assert wrongs(after) == set()


@pytest.mark.parametrize("switch", ["timeout", "502"])
def test_a_file_that_may_still_show_what_told_its_verdict_may_have_other_reasons(switch: str) -> None:
    """The switch is not certain."""
    scribe = scene("good", (1, 2))
    scribe.file("actor", *at(10, 11))
    scribe.url("reader", *at(12, 13))
    scribe.switch("actor", *at(20, 21), switch)
    for tick in (24, 26):
        scribe.url("reader", *at(tick, tick + 1), "409")
    assert "nc-until-consistent" not in wrongs(scribe)


@pytest.mark.parametrize("delete", [Scribe.delfile, Scribe.delproject, Scribe.delversion])
def test_what_may_be_deleted_may_be_told_in_any_words(delete: Callable[..., object]) -> None:
    """Whether that was answered or not."""
    for answer in ("204", "timeout"):
        scribe = switched()
        delete(scribe, "actor", *at(22, 23), answer)
        for tick in (24, 26):
            scribe.url("reader", *at(tick, tick + 1), "409")
        assert "nc-until-consistent" not in wrongs(scribe)


# ---- 403 to the creator


def attached() -> Scribe:
    """Give a file of each of several good uploads."""
    scribe = scene("good", FILES)
    for n in FILES:
        scribe.file("actor", *at(8 + 2 * n, 9 + 2 * n), n=n)
    return scribe


def forbidden(files: tuple[int, ...] = FILES, *, times: int = 2, call: str = "url", later: str = "200") -> Scribe:
    """Give files whose creator is told 403 for a while, and the truth later."""
    scribe = attached()
    for n in files:
        for again in range(times):
            getattr(scribe, call)("actor", *at(20 + 4 * again + n, 21 + 4 * again + n), "403", n=n)
        if later:
            getattr(scribe, call)("actor", *at(34 + n, 35 + n), later, n=n)
    return scribe


@pytest.mark.parametrize("call", ["url", "vurl"])
def test_creators_who_are_told_403_until_the_truth_are_told_the_wrong_thing(call: str) -> None:
    """Three resources, twice each, and never not-consistent."""
    found = findings(judged(forbidden(call=call).history()))
    assert {(one.requirement, one.rule) for one in found} == {("nc-until-consistent", "forbidden-while-pending")}


def test_creators_who_are_told_403_until_their_project_is_ready_are_told_the_wrong_thing() -> None:
    """At the third extended endpoint as well."""
    scribe = Scribe()
    for p in FILES:
        scribe.project("actor", *at(p, p + 1), n=p)
        for k, answer in enumerate(("403", "403", "201")):
            scribe.upload("actor", *at(6 + p + 4 * k, 7 + p + 4 * k), answer, n=10 * p + k, project=p)
    assert wrongs(scribe) == {"nc-until-consistent"}


@pytest.mark.parametrize(
    "scribe",
    [
        forbidden(FILES[:2]),
        forbidden(times=1),
        forbidden(later=""),
        forbidden(later="403"),
    ],
)
def test_few_resources_one_answer_or_no_truth_afterwards_are_no_pattern(scribe: Scribe) -> None:
    """A right that is never there is another matter."""
    assert "forbidden-while-pending" not in {one.rule for one in findings(judged(scribe.history()))}


def test_a_server_that_also_says_not_consistent_or_whose_rights_changed_is_left_alone() -> None:
    """The 403 has other reasons, then."""
    waiting = forbidden()
    for n in FILES:
        waiting.url("actor", *at(30 + n, 31 + n), "nc", n=n)
    assert wrongs(waiting) == set()
    changed = forbidden()
    path = f"/projects/{uid('pppp', 1)}/permissions/{uid('9999', 1)}"
    changed.answered("actor", *at(5, 6), "PUT", path, "200", {}, request={"auth_role": {"id": "x"}})
    assert wrongs(changed) == set()


# ---- named providers


def named(listed: str = "", *, shown: bool = False) -> Scribe:
    """Ask for an upload at a named provider, and be told a plain 404."""
    scribe = prepared()
    provider = uid("7777", 1)
    if listed:
        body = {"results": [{"id": listed, "name": "a store"}]}
        scribe.wire("actor", *at(-2, -1), "GET", "/storage_providers", status=200, response=body)
    asked: dict[str, Any] = {"name": "an upload 91", "content_type": "a/b", "size": 5, "chunked": True}
    path = f"/projects/{uid('pppp', 1)}/uploads"
    if shown:
        body = {**asked, "id": uid("aaaa", 8), "storage_provider": {"id": provider}}
        scribe.wire("actor", *at(0, 1), "POST", path, status=201, request=asked, response=body)
    named = {**asked, "storage_provider": {"id": provider}}
    scribe.wire("actor", *at(4, 5), "POST", path, status=404, request=named, response=error(404))
    return scribe


def test_a_provider_that_the_server_is_known_to_have_is_no_reason_for_a_plain_404() -> None:
    """It lists it, or shows it in an upload."""
    assert wrongs(named(uid("7777", 1))) == {"nc-until-consistent"}
    assert wrongs(named(uid("7777", 1).upper())) == {"nc-until-consistent"}
    assert wrongs(named(shown=True)) == {"nc-until-consistent"}


def test_a_provider_that_is_none_may_be_refused_so() -> None:
    """Nobody ever saw it."""
    assert wrongs(named()) == set()
    assert wrongs(named(uid("7777", 2))) == set()
    assert NC["code"] == "resource_not_consistent"


# ---- errors that nobody can read


def unreadable(files: tuple[int, ...] = FILES, *, times: int = 5, call: str = "url", later: str = "200") -> Scribe:
    """Give files of which nobody can read that they are not consistent, and the truth later."""
    scribe = attached()
    for n in files:
        for again in range(times):
            cut(scribe, call, 20 + 4 * again + n, n)
        getattr(scribe, call)("actor", *at(20 + 4 * times + n, 21 + 4 * times + n), later, n=n)
    return scribe


def cut(
    scribe: Scribe, call: str, tick: int, n: int, *, status: int = 404, notes: dict[str, Any] | None = None
) -> None:
    """Answer by an error whose head is all that came of it."""
    getattr(scribe, call)("actor", *at(tick, tick + 1), "nc", n=n)
    leave_the_head(scribe, status=status, notes=notes)


def leave_the_head(scribe: Scribe, *, status: int = 404, notes: dict[str, Any] | None = None) -> None:
    """Leave nothing but the head of the last answer."""
    one = scribe.operations[-1]
    exchange = replace(one.exchange, status=status, response=None, failure=Failure.CUT)
    scribe.operations[-1] = replace(one, exchange=exchange, notes=one.notes if notes is None else notes)


def unread(scribe: Scribe) -> set[tuple[str, str]]:
    """Return the calls that were found never to be told readably that something waits."""
    found = findings(judged(scribe.history()))
    return {(one.requirement, one.subject) for one in found if one.rule == "unreadable-while-pending"}


@pytest.mark.parametrize("call", ["url", "vurl"])
def test_who_can_read_nothing_but_the_truth_cannot_know_that_it_must_wait(call: str) -> None:
    """Three resources, five times each, and each readable in the end."""
    name = {"url": "file_url", "vurl": "version_url"}[call]
    assert unread(unreadable(call=call)) == {("nc-until-consistent", name)}
    assert unread(unreadable(call=call, later="ie")) == {("nc-until-consistent", name)}


def test_who_can_read_nothing_of_unready_projects_cannot_know_that_it_must_wait() -> None:
    """At the third extended endpoint as well."""
    scribe = Scribe()
    for p in FILES:
        scribe.project("actor", *at(p, p + 1), n=p)
        for again in range(5):
            scribe.upload("actor", *at(6 + p + 4 * again, 7 + p + 4 * again), "nc", n=100 * p + again, project=p)
            leave_the_head(scribe)
        scribe.upload("actor", *at(40 + p, 41 + p), n=100 * p + 9, project=p)
    assert unread(scribe) == {("nc-until-consistent", "create_upload")}


def test_answers_that_break_off_now_and_then_are_the_networks() -> None:
    """Few of them, of few resources, as planned, by a status that says nothing, or readable to anybody once."""
    assert unread(unreadable(FILES[:2], times=9)) == set()
    assert unread(unreadable(times=4)) == set()
    assert unread(unreadable(later="500")) == set()
    once = unreadable()
    once.url("reader", *at(21, 22), "nc")
    assert unread(once) == set()
    for status, notes in ((503, {}), (429, {}), (404, {"trouble": "cut as planned"}), (404, {"intent": "invalid"})):
        scribe = unreadable(times=0)
        for n in FILES:
            for again in range(5):
                cut(scribe, "url", 24 + 4 * again + n, n, status=status, notes=notes)
            scribe.url("actor", *at(60 + n, 61 + n), n=n)
        assert unread(scribe) == set(), (status, notes)
