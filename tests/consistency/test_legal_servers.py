"""Unusual servers that are legal, each with a neighbour that is not: neither may be taken for the other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from judge_timeline import IE, NC, SIZE, Scribe, error, md5, prepared, uid
from judged import crimes, judged
from review_scenes import PATIENT, URL, at, scene, wrongs

from conformance.model import Octets, Operation, Phase

PAGE = Octets(20, "0" * 32, "<html>origin is unreachable</html>")
UPLOADS = f"/projects/{uid('pppp', 1)}/uploads"


def asks(scribe: Scribe, tick: int, size: int, status: int, body: Any, **more: Any) -> Operation:
    """POST uploads in project 1."""
    asked = {"name": f"upload of {tick}", "content_type": "text/plain", "size": size, "chunked": True}
    return scribe.wire("actor", *at(tick, tick + 1), "POST", UPLOADS, status=status, request=asked, response=body,
                       notes={"intent": "valid"}, **more)  # fmt: skip


def waits(scribe: Scribe, one: Operation) -> None:
    """Let the last answer ask to come back later."""
    headers = {**one.exchange.headers, "retry-after": "1"}
    scribe.operations[-1] = replace(one, exchange=replace(one.exchange, headers=headers))


# ---- creating uploads


def limited(fields: list[str]) -> Scribe:
    """Give a project whose first upload is refused with 400 for these fields, and the next as not consistent."""
    scribe = Scribe()
    scribe.project("actor", *at(0, 1))
    body = error(400, "validation failed", errors=[{"field": name, "message": "is wrong"} for name in fields])
    asks(scribe, 3, 10**9, 400, body)
    asks(scribe, 5, 10, 404, NC)
    return scribe


def test_a_size_limit_may_be_told_before_not_consistent() -> None:
    """The precedence of nc and validation is not stated; what names no field of the request is no validation of it."""
    assert wrongs(limited(["size"])) == set()
    assert wrongs(limited([])) == {"nc-until-consistent"}
    assert wrongs(limited(["project"])) == {"nc-until-consistent"}


def test_a_server_without_room_for_more_has_not_lost_its_projects() -> None:
    """507 to every further upload says nothing of the project; 500 for good does."""
    for status, wrong in ((507, {"no-5xx-legal"}), (500, {"no-5xx-legal", "converges-project"})):
        scribe = scene()
        for n in range(4):
            asks(scribe, 60 + 10 * n, 10, status, error(status))
        scribe.file("actor", *at(100, 101))
        scribe.url("reader", *at(110, 111))
        assert wrongs(scribe) == wrong


# ---- completing


def refused_completion(scribe: Scribe, tick: int, n: int, status: int = 409) -> None:
    """Refuse to complete an upload in words of its own."""
    scribe.complete("actor", *at(tick, tick + 1), str(status), n=n)


@pytest.mark.parametrize("status", [400, 409, 422])
def test_a_server_that_now_and_then_refuses_completions_does_not_tell_a_mismatch(status: int) -> None:
    """A lock that good uploads meet as well; one that only a bad upload meets is the mismatch."""
    for met, wrong in (((1, 2), set()), ((1,), {"complete-no-integrity"})):
        scribe = prepared("bad", (1,), prepared("good", (2,)))
        for n in met:
            refused_completion(scribe, 3 * n, n, status)
        for n in (1, 2):
            scribe.complete("actor", *at(20 + 3 * n, 21 + 3 * n), n=n)
        assert wrongs(scribe) == wrong


def test_a_refusal_that_bad_uploads_meet_far_more_often_is_the_mismatch_all_the_same() -> None:
    """One good upload of twelve met it, and all of the bad ones."""
    numbers = tuple(range(1, 13))
    scribe = prepared("bad", (13, 14, 15), prepared("good", numbers))
    for n in (1, 13, 14, 15):
        refused_completion(scribe, 3 * n, n)
    for n in numbers[1:]:
        scribe.complete("actor", *at(3 * n, 3 * n + 1), n=n)
    assert wrongs(scribe) == {"complete-no-integrity"}


def test_a_good_uploads_repeated_completion_that_is_refused_excuses_nothing() -> None:
    """It is refused because it is so already, in whatever words."""
    scribe = prepared("bad", (1,), prepared("good", (2,)))
    scribe.complete("actor", *at(1, 2), n=2)
    refused_completion(scribe, 4, 2)
    refused_completion(scribe, 7, 1)
    assert wrongs(scribe) == {"complete-no-integrity"}


@pytest.mark.parametrize("taken", [False, True])
def test_a_store_that_takes_no_small_parts_may_refuse_to_complete_them(taken: bool) -> None:  # noqa: FBT001
    """The sizes reported are enough to know; where small parts were seen to work, only the mismatch is left."""
    scribe = prepared("good", ())
    scribe.upload("maker", *at(-90, -89), n=1, size=2 * SIZE)
    for part, value in ((1, "0" * 32), (2, "")):
        scribe.chunk("maker", *at(-80 + 4 * part, -79 + 4 * part), n=1, part=part, value=value)
        scribe.put("maker", *at(-78 + 4 * part, -77 + 4 * part), n=1, part=part)
    refused_completion(scribe, 0, 1, 400)
    history = scribe.history(header={"small_parts_accepted": taken})
    assert crimes(judged(history)) == ({"complete-no-integrity"} if taken else set())


def test_a_replica_may_not_know_what_was_just_made_when_it_is_completed() -> None:
    """Uploads of which nothing is sent are completed sooner than good ones; as late as those, a 404 is the mismatch."""
    for delay, wrong in ((2, set()), (40, {"complete-no-integrity"})):
        scribe = Scribe(PATIENT)
        scribe.project("maker", *at(-9, -8))
        for n in range(1, 7):
            begun, good = 60 * n, n <= 3
            scribe.upload("maker", *at(begun, begun + 1), n=n)
            if good:
                scribe.chunk("maker", *at(begun + 2, begun + 3), n=n)
                scribe.put("maker", *at(begun + 4, begun + 5), n=n)
            ended = begun + (20 if good else delay)
            scribe.complete("actor", *at(ended, ended + 1), "202" if good else "404", n=n)
        assert wrongs(scribe) == wrong


# ---- waiting


def test_the_wait_may_begin_anew_with_a_part_or_a_hash_that_is_sent_after_completion() -> None:
    """A server checks again what was changed before it told its verdict; without a change the bound is the bound."""
    for change, wrong in (("chunk", set()), ("hash", set()), ("", {"converges-upload"})):
        scribe = scene()
        scribe.file("actor", *at(3, 4))
        if change == "chunk":
            scribe.chunk("actor", *at(30, 31))
        elif change == "hash":
            path, asked = f"/uploads/{uid('aaaa', 1)}/hashes", {"value": md5(1), "algorithm": "md5"}
            scribe.answered("actor", *at(30, 31), "PUT", path, "200", {"id": uid("aaaa", 1)}, request=asked)
        scribe.url("reader", *at(45, 46), "nc")
        assert wrongs(scribe) == wrong, change


def errors(*ticks: int, status: int = 500, old: bool = False) -> Scribe:
    """Give an upload, or an older version, that answers errors later than the bound, and another that is answered."""
    scribe = scene("good", (1, 2, 3))
    for n in (1, 3):
        scribe.file("actor", *at(10 + n, 11 + n), n=n)
    if old:
        scribe.vurl("reader", *at(20, 21))
        scribe.switch("actor", *at(22, 23), n=2)
    for tick in ticks:
        (scribe.vurl if old else scribe.url)("reader", *at(tick, tick + 1), str(status))
    return scribe


@pytest.mark.parametrize("old", [False, True])
def test_a_server_that_starts_again_answers_everybody_by_errors_for_a_moment(old: bool) -> None:  # noqa: FBT001
    """Three readers at once are one moment; the same over seconds, while others are answered, is for good."""
    wrong = {"old-version-downloadable", "converges-upload"} if old else {"converges-upload"}
    for ticks, expected in (((90, 91, 92), set()), ((90, 95, 100), wrong)):
        scribe = errors(*ticks, old=old)
        scribe.url("reader", *at(120, 121), n=3)
        assert wrongs(scribe) - {"no-5xx-legal"} <= expected
        assert bool(expected) == bool(wrongs(scribe) - {"no-5xx-legal"})


@pytest.mark.parametrize("old", [False, True])
def test_a_server_that_answers_nobody_any_more_has_lost_no_version(old: bool) -> None:  # noqa: FBT001
    """The run is incomplete, for other reasons."""
    assert wrongs(errors(90, 95, 100, old=old)) == {"no-5xx-legal"}


def test_a_limit_on_how_often_one_may_ask_may_be_told_by_403() -> None:
    """With Retry-After it is one; without, the creator is forbidden what waits."""
    for limited_, wrong in ((True, set()), (False, {"nc-until-consistent"})):
        scribe = scene("good", (1, 2, 3))
        for n in (1, 2, 3):
            scribe.file("actor", *at(10 * n, 10 * n + 1), n=n)
            for tick in (2, 4):
                one = scribe.url("reader", *at(10 * n + tick, 10 * n + tick + 1), "403", n=n)
                if limited_:
                    waits(scribe, one)
            scribe.url("reader", *at(10 * n + 7, 10 * n + 8), n=n)
        assert wrongs(scribe) == wrong


# ---- answers of one moment


def test_an_extended_endpoint_may_answer_other_methods_as_its_own() -> None:
    """A framework may route every method; elsewhere the two answers have no place."""
    for path, wrong in ((URL, set()), ("/files/all/of/them", {"nc-only-extended", "integrity-only-url"})):
        scribe = Scribe()
        for tick, (method, body) in enumerate((("PATCH", NC), ("POST", IE), ("QUERY", NC))):
            scribe.wire("actor", *at(3 * tick, 3 * tick + 1), method, path, status=body["error"], response=body)
        assert wrongs(scribe) == wrong


@pytest.mark.parametrize("status", [520, 522, 524, 530])
def test_a_delivery_network_has_statuses_of_its_own(status: int) -> None:
    """Nobody assigned them, so an API that gives none of its four fields did not answer."""
    scribe = scene()
    scribe.file("actor", *at(3, 4))
    scribe.wire("reader", *at(5, 6), "GET", URL, status=status, response=PAGE)
    assert wrongs(scribe) == set()
    scribe.wire("reader", *at(7, 8), "GET", URL, status=599, response=PAGE)
    assert "error-payload" in wrongs(scribe)


def test_a_call_that_a_target_lacks_may_be_not_implemented() -> None:
    """By its framework's page; a call that every target has is not."""
    for path, wrong in (("/folders", "error-payload-unrouted"), ("/files", "error-payload")):
        scribe = Scribe()
        asked = {"parent": {"kind": "dds-project", "id": uid("pppp", 1)}, "name": "x"}
        scribe.wire("actor", *at(0, 1), "POST", path, status=501, request=asked, response=PAGE)
        assert wrongs(scribe) == {wrong}


# ---- refused writes


def test_a_server_may_compute_the_hash_that_it_did_not_take() -> None:
    """Of whatever algorithm the sender noted; one that nobody can compute shows that it was taken."""
    for noted, wrong in (({"sha256": "a" * 64}, set()), ({}, {"refused-write-no-effect"})):
        scribe = prepared()
        content = {"content": {"bytes": SIZE, "md5": md5(1), **noted}}
        scribe.complete("actor", *at(0, 1), notes=content)
        path, asked = f"/uploads/{uid('aaaa', 1)}/hashes", {"value": "a" * 64, "algorithm": "sha256"}
        scribe.answered("actor", *at(3, 4), "PUT", path, "403", None, request=asked)
        shown = {"id": uid("aaaa", 1), "hashes": [{"algorithm": "sha256", "value": "A" * 64}], "status": {}}
        scribe.answered("actor", *at(6, 7), "GET", f"/uploads/{uid('aaaa', 1)}", "200", shown)
        assert wrongs(scribe) == wrong


def test_a_file_that_a_gateway_asked_for_twice_may_be_refused_in_any_words() -> None:
    """Where the upload is good, nothing else explains the refusal; a bad one was refused, and left a trace."""
    for kind, wrong in (("good", set()), ("bad", {"refused-create-no-trace"})):
        scribe = scene(kind)
        body = error(400, "validation failed", errors=[{"field": "upload", "message": "cannot be attached"}])
        asked = {"parent": {"kind": "dds-project", "id": uid("pppp", 1)}, "upload": {"id": uid("aaaa", 1)}}
        scribe.wire("actor", *at(3, 4), "POST", "/files", status=400, request=asked, response=body)
        shown = {"results": [scribe._file(1, 1, 1)]}
        scribe.answered("actor", *at(60, 61), "GET", f"/projects/{uid('pppp', 1)}/children", "200", shown,
                        phase=Phase.FINAL)  # fmt: skip
        assert wrongs(scribe) == wrong


@pytest.mark.parametrize("words", ["a folder of that name exists", "the name is unchanged", "has the same parent"])
def test_a_rename_that_was_delivered_twice_may_be_refused_in_any_words(words: str) -> None:
    """So it is already; `does not exist` is no such reason."""
    for reason, wrong in ((words, set()), ("the folder does not exist", {"refused-write-no-effect"})):
        scribe = scene()
        scribe.file("actor", *at(3, 4))
        path = f"/files/{uid('eeee', 1)}"
        scribe.wire("actor", *at(5, 6), "PUT", f"{path}/rename", status=400, request={"name": "a new name 5"},
                    response=error(400, reason))  # fmt: skip
        scribe.answered("actor", *at(7, 8), "GET", path, "200", {**scribe._file(1, 1, 1), "name": "a new name 5"})
        assert wrongs(scribe) == wrong
