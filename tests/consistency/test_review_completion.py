"""Completions that a legal server may answer oddly, and those that it must not."""

from __future__ import annotations

from dataclasses import replace

from judge_timeline import TICK, Scribe, error, md5, prepared, uid
from judged import judged
from review_scenes import HASH, HTML, PATIENT, as_form, at, scene, wrongs

from conformance.model import Failure, Octets


def test_a_completion_refused_as_done_is_one_under_each_status_of_validation() -> None:
    """A gateway's retry may be told so by 409 or 422 as well."""
    for status in (400, 409, 422):
        body = error(status, "validation failed", errors=[{"field": "completed_at", "message": "set"}])
        for kind, stated in (("bad", "ie"), ("good", "200")):
            scribe = scene(kind, done=False)
            path = f"/uploads/{uid('aaaa', 1)}/complete"
            asked = {"hash": {"value": md5(1), "algorithm": "md5"}}
            scribe.wire("actor", *at(0, 1), "PUT", path, status=status, request=asked, response=body)
            scribe.file("actor", *at(3, 4))
            scribe.url("reader", *at(5, 6), stated)
            assert wrongs(scribe) == set(), (status, kind)


def test_500_at_each_first_completion_of_a_bad_upload_convicts_whatever_the_repeat_is_told() -> None:
    """A server that commits and then answers 500 is not saved by the client's patience."""
    for again in ("already", "202"):
        scribe = prepared("bad", (4, 5, 6), prepared("good", (1, 2, 3)))
        for n in (1, 2, 3):
            scribe.complete("actor", *at(10 * n, 10 * n + 1), n=n)
        for n in (4, 5, 6):
            scribe.complete("actor", *at(10 * n, 10 * n + 1), "500", n=n)
            scribe.complete("actor", *at(10 * n + 3, 10 * n + 5), again, n=n)
        assert "complete-no-500" in wrongs(scribe), again


def test_a_good_completion_is_no_occasion_for_a_mismatch() -> None:
    """Only the completion of a bad upload could have told one."""
    for kind, count in (("good", 0), ("bad", 1)):
        tally = judged(scene(kind).history()).tallies.get("complete-no-integrity")
        assert (tally.exposures if tally else 0) == count


def test_a_bad_uploads_completion_must_not_be_refused_by_whatever_status() -> None:
    """Gone, or a failed dependency, is a refusal as well."""
    for status in (406, 410, 424):
        scribe = scene("bad", done=False)
        scribe.complete("actor", *at(0, 1), str(status))
        assert "complete-no-integrity" in wrongs(scribe), status


def test_a_repeated_completion_may_be_asked_to_come_back_later() -> None:
    """503 with Retry-After is no failure; without it, it is one."""
    for headers, wrong in (({"retry-after": "1"}, set()), ({}, {"complete-repeat-no-5xx"})):
        scribe = scene()
        asked = {"hash": {"value": md5(1), "algorithm": "md5"}}
        stated = scribe.wire("actor", *at(5, 6), "PUT", f"/uploads/{uid('aaaa', 1)}/complete", status=503,
                           request=asked, response=error(503))  # fmt: skip
        more = {**stated.exchange.headers, **headers}
        scribe.operations[-1] = replace(stated, exchange=replace(stated.exchange, headers=more))
        assert wrongs(scribe) == wrong


def test_a_completion_whose_answer_was_cut_tells_nothing() -> None:
    """What did not come may have said that it is completed already."""
    asked = {"hash": {"value": md5(1), "algorithm": "md5"}}
    for status in (400, 409, 422, 500):
        for failure, body in ((Failure.CUT, Octets(3, "0" * 32)), (Failure.TIMEOUT, None)):
            scribe = prepared("bad", (1,))
            scribe.wire("actor", *at(0, 1), "PUT", f"/uploads/{uid('aaaa', 1)}/complete", status=status, request=asked,
                        response=body, failure=failure)  # fmt: skip
            scribe.file("actor", *at(3, 4))
            scribe.url("reader", *at(5, 6), "ie")
            assert wrongs(scribe) == set(), (status, failure)


def test_a_gateways_404_at_completion_tells_nothing() -> None:
    """The retry then succeeds."""
    scribe = prepared("bad", (4, 5, 6), prepared("good", (1, 2, 3)))
    for n in range(1, 7):
        asked = {"hash": {"value": md5(n), "algorithm": "md5"}}
        if n > 3:
            scribe.wire("actor", *at(10 * n, 10 * n + 1), "PUT", f"/uploads/{uid('aaaa', n)}/complete", status=404,
                        request=asked, response=HTML)  # fmt: skip
        scribe.complete("actor", *at(10 * n + 2, 10 * n + 3), n=n)
    assert "complete-no-integrity" not in wrongs(scribe)


def three_of_each(bad: str, good: str = "202", *, deleted: bool = False) -> Scribe:
    """Complete three good uploads and three bad ones, each first answered as given, before the bound is over."""
    scribe = prepared("bad", (4, 5, 6), prepared("good", (1, 2, 3), Scribe(PATIENT)))
    if deleted:
        scribe.delproject("actor", *at(1, 2))
    for n in range(1, 7):
        scribe.complete("actor", *at(10 * n, 10 * n + 1), bad if n > 3 else good, n=n)
    return scribe


def test_an_upload_that_is_not_found_because_it_is_bad_is_a_mismatch_told_at_completion() -> None:
    """Several bad ones are missing, and not one of the good."""
    assert wrongs(three_of_each("404")) == {"complete-no-integrity"}
    scribe = three_of_each("404")
    scribe.operations.pop()
    assert wrongs(scribe) == set()


def test_an_upload_that_is_not_found_for_another_reason_is_no_mismatch() -> None:
    """Good ones are missing too, the project is being deleted, or a gateway says it."""
    assert wrongs(three_of_each("404", "404")) == set()
    assert wrongs(three_of_each("404", deleted=True)) == set()
    scribe = prepared("bad", (4, 5, 6), prepared("good", (1, 2, 3)))
    for n in range(1, 7):
        if n < 4:
            scribe.complete("actor", *at(10 * n, 10 * n + 1), n=n)
        else:
            asked = {"hash": {"value": md5(n), "algorithm": "md5"}}
            scribe.wire("actor", *at(10 * n, 10 * n + 1), "PUT", f"/uploads/{uid('aaaa', n)}/complete", status=404,
                        request=asked, response=as_form("<h1>no such page</h1>"))  # fmt: skip
    assert "complete-no-integrity" not in wrongs(scribe)


def unknown_at_completion(began: int, *, deleted: bool = False) -> Scribe:
    """Give an upload whose completion is answered 404 by a request that began at a tick; the bound ends before 600."""
    scribe = prepared(scribe=Scribe(PATIENT))
    if deleted:
        scribe.delproject("actor", *at(1, 2))
    scribe.complete("actor", *at(began, began + 1), "404")
    return scribe


def test_an_upload_that_was_acknowledged_and_is_forgotten_cannot_be_completed() -> None:
    """Later than the bound after its creation a live upload must be known."""
    assert wrongs(unknown_at_completion(600)) == {"complete-202"}


def test_an_upload_that_does_not_show_yet_or_no_longer_is_not_forgotten() -> None:
    """Within the bound; after its project's deletion; once it may have been completed or removed in another way."""
    assert wrongs(unknown_at_completion(3)) == set()
    assert wrongs(unknown_at_completion(600, deleted=True)) == set()
    path = f"/uploads/{uid('aaaa', 1)}"
    for method, suffix, status in (("PUT", "/complete", 500), ("DELETE", "", 204), ("DELETE", "", 502)):
        scribe = unknown_at_completion(600)
        scribe.wire("actor", *at(40, 41), method, path + suffix, status=status)
        assert "complete-202" not in wrongs(scribe), (method, status)
    refused = unknown_at_completion(600)
    refused.wire("actor", *at(40, 41), "DELETE", path, status=405, response=error(405))
    assert wrongs(refused) == {"complete-202"}


def test_a_page_of_a_gateway_does_not_say_that_an_upload_is_forgotten() -> None:
    """Only the API's own payload tells."""
    scribe = scene(done=False)
    asked = {"hash": {"value": md5(1), "algorithm": "md5"}}
    scribe.wire("actor", *at(60, 61), "PUT", f"/uploads/{uid('aaaa', 1)}/complete", status=404, request=asked,
                response=as_form("<h1>no such page</h1>"))  # fmt: skip
    assert "complete-202" not in wrongs(scribe)


def test_a_completion_that_lost_a_race_or_its_project_is_refused_for_that() -> None:
    """Nobody knows which of two overlapping attempts was first, and a deleted project takes its uploads away."""
    for status in ("400", "409"):
        scribe = prepared("bad")
        scribe.complete("actor", *at(0, 5), status)
        scribe.complete("rival", *at(1, 6))
        assert wrongs(scribe) == set(), status
    for gone in (at(-2, -1), at(0, 3)):
        scribe = prepared("bad")
        scribe.delproject("actor", *gone)
        scribe.complete("actor", *at(1, 2), "410")
        assert wrongs(scribe) == set(), gone


def test_what_was_done_already_may_be_said_in_several_ways() -> None:
    """The first of two deliveries completed or switched; the client saw the second answer."""
    for more in (
        {"errors": {"completed_at": ["is set"]}},
        {"reason": "completed_at: already set"},
        {"errors": [{"field": "completed_on", "message": "is set"}]},
    ):
        scribe = scene(done=False)
        stated = {**error(400, "validation failed"), **more}
        scribe.wire("actor", *at(0, 1), "PUT", f"/uploads/{uid('aaaa', 1)}/complete", status=400, request=HASH,
                    response=stated)  # fmt: skip
        scribe.file("actor", *at(3, 4))
        scribe.url("reader", *at(5, 6))
        assert wrongs(scribe) == set(), more
    scribe = prepared("good", (2,), prepared("bad", (1,)))
    for n in (1, 2):
        scribe.complete("actor", *at(2 * n, 2 * n + 1), n=n)
    scribe.file("actor", *at(6, 7))
    stated = error(400, "validation failed", errors=[{"field": "upload_id", "message": "is current"}])
    scribe.wire("actor", *at(8, 9), "PUT", f"/files/{uid('eeee', 1)}", status=400,
                request={"upload": {"id": uid("aaaa", 2)}}, response=stated)  # fmt: skip
    scribe.url("reader", *at(10, 11), key="/k")
    assert wrongs(scribe) == set()


def test_a_completion_that_somebody_made_begins_the_wait_as_well() -> None:
    """The client hung up on its own attempt, and is told by the next that it is completed already."""
    for stated, expected in (("nc", {"converges-upload"}), ("200", set())):
        scribe = scene(done=False)
        scribe.complete("actor", TICK, None, "lost")
        scribe.complete("actor", *at(3, 4), "already")
        scribe.file("actor", *at(5, 6))
        scribe.url("reader", *at(60, 61), stated)
        assert wrongs(scribe) == expected


def test_one_kind_of_mismatch_alone_may_fail_completion() -> None:
    """Three uploads with a part missing fail, as many with a wrong hash are accepted: the missing part is the cause."""
    for status, requirement in (("500", "complete-no-500"), ("404", "complete-no-integrity")):
        scribe = prepared("bad", (4, 5, 6, 10, 11), prepared("good", (), Scribe(PATIENT)))
        for n in (1, 2, 3, 7, 8, 9):
            scribe.upload("maker", *at(n, n + 1), n=n)
            scribe.chunk("maker", *at(n + 2, n + 3), n=n)
        for n in (1, 2, 3):
            scribe.put("maker", *at(n + 4, n + 5), n=n)
        for n in range(1, 12):
            scribe.complete("actor", *at(20 * n, 20 * n + 1), status if n in (7, 8, 9) else "202", n=n)
        assert requirement in wrongs(scribe)
