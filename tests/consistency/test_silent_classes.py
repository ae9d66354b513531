"""Classes of requests that are never answered while the like of them is; and silence that does no wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from judge_timeline import SIZE, Scribe, error, md5, prepared, uid
from judged import findings, judged
from review_scenes import at

from conformance.judge.evidence import verified
from conformance.model import Failure

OFTEN = (300, 312, 324, 336, 348)
"""Five times over more than the bound of 35 ticks."""
SILENCE: dict[str, dict[str, Any]] = {
    "reset": {"failure": Failure.RESET}, "time-out": {"failure": Failure.TIMEOUT}, "cut": {"failure": Failure.CUT},
    "500": {"status": 500}, "503": {"status": 503}, "429": {"status": 429}, "502 of a proxy": {"status": 502},
}  # fmt: skip
BAD, GOOD = (1, 2, 3), (4, 5, 6, 7, 8)


def silent(scribe: Scribe, call: str, tick: int, n: int, how: str, **more: Any) -> None:
    """Ask once more, and be told nothing."""
    stated = {**SILENCE[how], **more}
    getattr(scribe, call)("asker", *at(tick, tick + 1), "500", n)
    one = scribe.operations[-1]
    status = stated.get("status")
    body = None if status is None else error(status)
    exchange = replace(one.exchange, status=status, failure=stated.get("failure"), response=body,
                       headers={**one.exchange.headers, **stated.get("headers", {})})  # fmt: skip
    endless = stated.get("failure") in (Failure.RESET, Failure.TIMEOUT) and exchange.method == "GET"
    ended = None if endless else one.b_ns
    scribe.operations[-1] = replace(one, exchange=exchange, b_ns=ended, notes=stated.get("notes", {}))


def uploads(*, single: tuple[int, ...] = (), done: tuple[int, ...] = BAD + GOOD, files: bool = True) -> Scribe:
    """Give bad and good uploads, completed and attached."""
    scribe = prepared("bad", BAD)
    prepared("good", tuple(n for n in GOOD if n not in single), scribe)
    prepared("goodsingle", tuple(n for n in GOOD if n in single), scribe)
    for place, n in enumerate(BAD + GOOD):
        if n in done:
            scribe.complete("actor", *at(4 * place, 4 * place + 1), n=n)
        if files:
            scribe.file("actor", *at(4 * place + 2, 4 * place + 3), n=n)
    return scribe


def stated(scribe: Scribe) -> list[tuple[str, str, Any]]:
    """Give what was found of classes: requirement, group and traits."""
    found = [one for one in findings(judged(scribe.history())) if one.rule == "class-unanswered"]
    return [(one.requirement, one.subject, dict(one.numbers["traits"])) for one in found]


def answered(scribe: Scribe, call: str = "vurl", numbers: tuple[int, ...] = GOOD, first: int = 306) -> None:
    """Answer the like of it, twice each, meanwhile."""
    for place, n in enumerate(numbers):
        for again in (0, 20):
            getattr(scribe, call)("reader", *at(first + 2 * place + again, first + 2 * place + again + 1), n=n)


@pytest.mark.parametrize("how", SILENCE)
def test_bad_uploads_whose_verdict_is_never_told_are_a_class(how: str) -> None:
    """Whatever the silence; good ones are answered meanwhile."""
    scribe = uploads()
    for n in BAD:
        for tick in OFTEN:
            for call in ("url", "vurl"):
                silent(scribe, call, tick + n, n, how)
    answered(scribe)
    answered(scribe, "url")
    assert stated(scribe) == [("converges-upload", "url", {"defect": "another hash than reported"})]


@pytest.mark.parametrize("call", ["url", "vurl"])
def test_an_endpoint_that_is_never_answered_while_the_other_is_is_a_class(call: str) -> None:
    """For every upload alike."""
    scribe = uploads()
    for n in GOOD:
        for tick in OFTEN:
            silent(scribe, call, tick + n, n, "time-out")
    answered(scribe, "vurl" if call == "url" else "url")
    kind = "file_url" if call == "url" else "version_url"
    assert stated(scribe) == [("converges-upload", "url", {"endpoint": kind})]


@pytest.mark.parametrize("how", SILENCE)
def test_completions_of_one_kind_that_are_never_answered_are_a_class(how: str) -> None:
    """Single parts wait for ever; chunks do not."""
    single = (4, 5, 6)
    scribe = uploads(single=single, done=BAD, files=False)
    for n in single:
        for tick in OFTEN:
            silent(scribe, "complete", tick + n, n, how)
    prepared("good", tuple(range(20, 31)), scribe)
    for n in range(20, 31):
        scribe.complete("other", *at(270 + 2 * n, 271 + 2 * n), n=n)
    assert [one for one in stated(scribe) if one[0] == "complete-202"] == [
        ("complete-202", "complete_upload", {"kind": "single"})
    ]


def test_bad_uploads_whose_completion_is_never_answered_are_a_class() -> None:
    """By a reset; a 500 has a rule of its own."""
    scribe = uploads(done=GOOD, files=False)
    for n in BAD:
        for tick in OFTEN:
            silent(scribe, "complete", tick + n, n, "reset")
    prepared("good", tuple(range(20, 31)), scribe)
    for n in range(20, 31):
        scribe.complete("other", *at(302 + 2 * n - 40, 303 + 2 * n - 40), n=n)
    assert [one[0] for one in stated(scribe)] == ["complete-202"]


def test_files_of_bad_uploads_that_are_never_made_or_refused_are_a_class() -> None:
    """The attachment alone is silent."""
    scribe = uploads(files=False)
    for n in BAD:
        for tick in OFTEN:
            silent(scribe, "file", tick + n, n, "503")
    prepared("good", tuple(range(20, 31)), scribe)
    for n in range(20, 31):
        scribe.complete("other", *at(2 * n, 2 * n + 1), n=n)
        scribe.file("other", *at(2 * n + 262, 2 * n + 263), n=n)
    assert [(one[0], one[1]) for one in stated(scribe)] == [("converges-upload", "create_file")]


def test_creates_of_one_kind_that_are_never_answered_in_ready_projects_are_a_class() -> None:
    """Single parts are never created."""
    scribe = Scribe()
    for p in (1, 2, 3):
        scribe.project("actor", *at(p, p + 1), n=p)
        for k in range(4):
            n = 10 * p + k
            scribe.upload("actor", *at(302 + 4 * n - 40, 303 + 4 * n - 40), n=n, project=p)
        scribe.upload("actor", *at(10, 11), n=10 * p + 9, project=p)
    for p in (1, 2, 3):
        for tick in (302, 322, 342, 362, 382, 402):
            scribe.upload("asker", *at(tick + p, tick + p + 1), "500", n=500 + tick + p, chunked=False, project=p)
    assert ("converges-project", "create_upload", {"kind": "single"}) in stated(scribe)


def test_downloads_of_one_kind_that_never_work_are_a_class() -> None:
    """Chunked uploads are served, single parts are not: the others of the kind tell nothing then."""
    single = (4, 5, 6)
    scribe = uploads(single=single)
    prepared("good", tuple(range(20, 31)), scribe)
    for n in range(20, 31):
        scribe.complete("other", *at(2 * n, 2 * n + 1), n=n)
        scribe.file("other", *at(2 * n + 2, 2 * n + 3), n=n)
    for n in single:
        for tick in OFTEN:
            key = f"/broken/{n}/{tick}"
            scribe.vurl("reader", *at(tick + n, tick + n + 1), n=n, key=key)
            silent(scribe, "get", tick + n + 2, n, "reset")
            last = scribe.operations[-1]
            scribe.operations[-1] = replace(last, exchange=replace(last.exchange, path=key))
    for n in range(20, 31):
        scribe.vurl("other", *at(2 * n + 270, 2 * n + 271), n=n, key=f"/fine/{n}")
        scribe.get("other", *at(2 * n + 272, 2 * n + 273), n=n, key=f"/fine/{n}")
    assert ("bytes-exact", "download", {"kind": "single"}) in stated(scribe)


# ---- silence that is no pattern


def bad_silence(scribe: Scribe, numbers: tuple[int, ...] = BAD, ticks: tuple[int, ...] = OFTEN, **more: Any) -> Scribe:
    """Tell nothing of bad uploads."""
    for n in numbers:
        for tick in ticks:
            for call in ("url", "vurl"):
                silent(scribe, call, tick + n, n, "reset", **more)
    answered(scribe)
    answered(scribe, "url")
    return scribe


def test_two_resources_four_times_or_within_the_bound_are_no_pattern() -> None:
    """An accident may last as long."""
    assert stated(bad_silence(uploads(), numbers=BAD[:2])) == []
    assert stated(bad_silence(uploads(), ticks=OFTEN[:4])) == []
    assert stated(bad_silence(uploads(), ticks=(300, 304, 308, 312, 316))) == []


@pytest.mark.parametrize(
    ("word", "ticks"), [*((one, (60, 330, 400)) for one in ("ie", "404", "409")), ("nc", (330, 400))]
)
def test_one_answer_about_one_of_the_class_shows_that_it_is_answered(word: str, ticks: tuple[int, ...]) -> None:
    """Before, meanwhile or afterwards; that it is not consistent yet, unless the silence began after that."""
    for tick in ticks:
        scribe = bad_silence(uploads())
        for call in ("url", "vurl"):
            getattr(scribe, call)("reader", *at(tick, tick + 1), word, BAD[1])
        assert stated(scribe) == []


def test_a_class_may_be_of_one_endpoint_alone() -> None:
    """The bad ones are answered at the other."""
    scribe = bad_silence(uploads())
    scribe.vurl("reader", *at(60, 61), "ie", BAD[1])
    traits = {"defect": "another hash than reported", "endpoint": "file_url"}
    assert stated(scribe) == [("converges-upload", "url", traits)]


def test_a_server_that_answers_nobody_meanwhile_is_down() -> None:
    """Good ones were answered before and afterwards."""
    scribe = uploads()
    for n in BAD + GOOD:
        for tick in OFTEN:
            silent(scribe, "vurl", tick + n, n, "reset")
    answered(scribe, first=60)
    answered(scribe, first=400)
    assert stated(scribe) == []


def test_the_like_must_be_answered_ten_times() -> None:
    """Fewer may be luck."""
    scribe = uploads()
    for n in BAD:
        for tick in OFTEN:
            silent(scribe, "vurl", tick + n, n, "reset")
    answered(scribe, numbers=GOOD[:4])
    assert stated(scribe) == []


@pytest.mark.parametrize(
    "more",
    [
        {"failure": Failure.REFUSED}, {"failure": Failure.TOO_LARGE}, {"failure": Failure.KILLED},
        {"notes": {"intent": "invalid"}}, {"notes": {"intent": "unsure"}}, {"notes": {"withheld": "not ours"}},
        {"notes": {"trouble": "CutHereError: cut as planned"}},
        {"failure": None, "status": 413}, {"failure": None, "status": 414}, {"failure": None, "status": 431},
    ],
)  # fmt: skip
def test_what_was_not_asked_fairly_need_not_be_answered(more: dict[str, Any]) -> None:
    """Hostile requests, too long ones, those that never left, and those that the suite cut itself."""
    assert stated(bad_silence(uploads(), **more)) == []


def test_a_wait_that_was_asked_for_must_be_obeyed() -> None:
    """A server may ask to be left alone for longer than it was."""
    for seconds, wrong in (("60", 0), ("1", 1), ("Fri, 31 Dec 1999 23:59:59 GMT", 0)):
        waiting = {"failure": None, "status": 503, "headers": {"retry-after": seconds}}
        assert len(stated(bad_silence(uploads(), **waiting))) == wrong


def test_what_was_never_completed_has_no_verdict_to_tell() -> None:
    """The wait begins with the acknowledgement."""
    assert stated(bad_silence(uploads(done=GOOD))) == []


def test_what_may_be_deleted_need_not_be_answered() -> None:
    """Its project was deleted, perhaps."""
    for answer in ("204", "timeout"):
        scribe = uploads()
        scribe.delproject("actor", *at(100, 101), answer)
        assert stated(bad_silence(scribe)) == []


def test_the_ids_of_these_histories_are_their_own() -> None:
    """So that no upload is taken for another."""
    assert len({uid("aaaa", n) for n in BAD + GOOD}) == 8
    assert md5(1) != md5(2)


@pytest.mark.parametrize("last", [0, 330])
def test_uploads_that_were_pending_and_are_never_told_of_again_are_a_class(last: int) -> None:
    """Not consistent is an answer; the silence after it is none, if it lasts for longer than the bound."""
    scribe = uploads()
    for n in BAD:
        scribe.vurl("asker", *at(30 + n + last, 31 + n + last), "nc", n=n)
        for tick in OFTEN:
            silent(scribe, "vurl", tick + n, n, "500", status=401)
    answered(scribe)
    answered(scribe, "url")
    wrong = [("converges-upload", "url", {"defect": "another hash than reported"})]
    assert stated(scribe) == ([] if last else wrong)


def test_files_that_got_another_version_and_are_never_told_of_again_are_a_class() -> None:
    """They were served before, and waited for after it."""
    scribe = prepared("good", (20, 21, 22), uploads())
    for place, n in enumerate((4, 5, 6)):
        scribe.url("asker", *at(60 + place, 61 + place), n=n)
        scribe.complete("actor", *at(70 + place, 71 + place), n=20 + place)
        scribe.switch("actor", *at(80 + place, 81 + place), n=20 + place, file=n)
        scribe.url("asker", *at(90 + place, 91 + place), "nc", n=n)
        for tick in OFTEN:
            silent(scribe, "url", tick + n, n, "500")
    answered(scribe)
    answered(scribe, "url", (7, 8))
    assert [one[:2] for one in stated(scribe)] == [("converges-upload", "url")]


def test_what_is_deleted_after_it_was_silent_convicts_again_although_it_is_not_found_then() -> None:
    """The like is answered, and each example is deleted in the end: a plain 404 is no answer of the class."""
    scribe = uploads()
    for n in BAD:
        for tick in OFTEN:
            silent(scribe, "vurl", tick + n, n, "500")
    answered(scribe)
    answered(scribe, "url")
    for n in BAD:
        path = f"/file_versions/{uid('ffff', n)}"
        scribe.wire("actor", *at(500 + n, 501 + n), "DELETE", path, status=204, request=None, response=None)
        scribe.wire("reader", *at(510 + n, 511 + n), "GET", f"{path}/url", status=404, response=error(404))
    history = scribe.history()
    judgement = judged(history)
    (found,) = [one for one in findings(judgement) if one.rule == "class-unanswered"]
    assert found not in verified(judgement, history).dropped


def test_a_class_may_begin_at_a_number_of_parts() -> None:
    """Completions of three parts and more are never answered, those of one and of two are."""
    counts = {20: 3, 21: 4, 22: 3, 30: 2, 31: 2}
    scribe = uploads(done=BAD, files=False)
    for n, count in counts.items():
        scribe.upload("maker", *at(-90, -80), n=n, size=count * SIZE)
        for part in range(1, count + 1):
            scribe.chunk("maker", *at(-70, -60), n=n, part=part)
            scribe.put("maker", *at(-50, -40), n=n, part=part)
        for tick in OFTEN if count > 2 else ():
            silent(scribe, "complete", tick + n, n, "reset")
    prepared("good", tuple(range(40, 51)), scribe)
    for n in (30, 31, *range(40, 51)):
        scribe.complete("other", *at(270 + 2 * n, 271 + 2 * n), n=n)
    assert [one for one in stated(scribe) if one[0] == "complete-202"] == [
        ("complete-202", "complete_upload", {"amount: 3 parts": "at least 3 parts"})
    ]
