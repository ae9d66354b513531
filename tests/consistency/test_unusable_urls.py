"""A 200 that nobody can use: one failed download tells nothing, all of them for longer than the bound do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from judge_timeline import BOUND_S, TICK, Scribe, md5, prepared, signed, uid
from judged import findings, judged
from review_scenes import at, wrongs

from conformance.judge.state.interval import SECOND
from conformance.model import Failure, Octets, Role

OFTEN = (20, 30, 40, 50, 60, 70)
"""Six times, over more than the bound of 35 ticks."""
HOW: dict[str, dict[str, Any]] = {
    "cut": {"status": 200, "failure": Failure.CUT},
    "reset": {"status": None, "failure": Failure.RESET, "endless": True},
    "refused": {"status": None, "failure": Failure.REFUSED, "notes": {"trouble": "ConnectError: Connection refused"}},
    "unresolvable": {"status": None, "failure": Failure.REFUSED,
                     "notes": {"trouble": "ConnectError: gone.test cannot be resolved: Name or service not known"}},
    "500": {"status": 500}, "503": {"status": 503}, "206": {"status": 206}, "416": {"status": 416},
    "302 to nowhere": {"status": 302},
}  # fmt: skip


def fails(scribe: Scribe, ticks: Iterable[int], how: str, n: int = 1, *, call: str = "vurl", more: Any = None) -> None:
    """Ask for a fresh url and fail to fetch from it, at each of the ticks."""
    stated = {**HOW.get(how, {}), **(more or {})}
    for tick in ticks:
        key = f"/fresh/{call}/{n}/{tick}"
        getattr(scribe, call)("reader", *at(tick, tick + 1), n=n, key=key)
        fetch(scribe, tick + 2, key, dict(stated))


def fetch(scribe: Scribe, tick: int, key: str, stated: dict[str, Any]) -> None:
    """Fetch once, and fail as told."""
    ended = None if stated.pop("endless", False) else (tick + 1) * TICK
    headers = stated.pop("headers", {})
    body = Octets(7, "0" * 32)
    one = scribe.wire("reader", tick * TICK, ended, "GET", key, response=body, role=Role.STORAGE, user=None, **stated)
    failure = stated.get("failure")
    scribe.operations[-1] = replace(one, exchange=replace(one.exchange, headers=headers, failure=failure))


def serves(scribe: Scribe, tick: int, n: int, call: str = "vurl") -> None:
    """Let another reader fetch the bytes of upload n."""
    key = f"/served/{call}/{n}/{tick}"
    getattr(scribe, call)("other", *at(tick, tick + 1), n=n, key=key)
    scribe.get("other", *at(tick + 2, tick + 3), n=n, key=key)


def scene(numbers: tuple[int, ...] = (1, 2, 3, 4), kind: str = "good") -> Scribe:
    """Give good uploads with files."""
    scribe = prepared(kind, numbers)
    for place, n in enumerate(numbers):
        value = md5(n)
        scribe.complete("actor", *at(2 * place, 2 * place + 1), n=n, value=value)
        scribe.file("actor", *at(10 + 2 * place, 11 + 2 * place), n=n)
    return scribe


def like_it(scribe: Scribe, first: int = 24, numbers: Iterable[int] = (2, 3, 4)) -> Scribe:
    """Serve the others."""
    for place, n in enumerate(numbers):
        serves(scribe, first + 6 * place, n)
    return scribe


@pytest.mark.parametrize("kind", ["good", "goodsingle"])
@pytest.mark.parametrize("call", ["url", "vurl"])
@pytest.mark.parametrize("how", HOW)
def test_urls_that_all_fail_for_longer_than_the_bound_are_of_no_use(how: str, call: str, kind: str) -> None:
    """Whatever the failure, the endpoint and the kind of upload, while three others of the kind are served."""
    scribe = scene(kind=kind)
    fails(scribe, OFTEN, how, call=call)
    like_it(scribe)
    found = findings(judged(scribe.history()))
    assert {(one.requirement, one.rule) for one in found} == {("bytes-exact", "url-unusable")}
    assert found[0].numbers["tries"] == len(OFTEN)


@pytest.mark.parametrize(
    ("broken", "served", "convicted"), [(0, 3, True), (1, 12, True), (3, 3, False), (3, 12, False)]
)
def test_where_downloads_break_off_now_and_then_some_in_a_row_are_an_accident(
    broken: int, served: int, *, convicted: bool
) -> None:
    """Six in a row are not where one in thirteen breaks off; they may be where one in five does."""
    scribe = scene()
    fails(scribe, OFTEN, "cut")
    for again in range(broken):
        fails(scribe, (22 + 3 * again,), "reset", n=2)
    for again in range(served):
        serves(scribe, 24 + 3 * again, 2 + again % 3)
    assert wrongs(scribe) == ({"bytes-exact"} if convicted else set())


def test_what_never_brings_bytes_is_not_what_fails_now_and_then() -> None:
    """Two uploads that nobody can have do not excuse each other."""
    scribe = scene((1, 2, 3, 4, 5))
    for n in (1, 2):
        fails(scribe, tuple(tick + n for tick in OFTEN), "cut", n=n)
    like_it(scribe, numbers=(3, 4, 5))
    assert wrongs(scribe) == {"bytes-exact"}


def test_the_same_upload_served_through_the_other_url_is_enough() -> None:
    """No other upload is needed then."""
    scribe = scene((1,))
    fails(scribe, OFTEN, "cut", call="url")
    serves(scribe, 34, 1)
    assert wrongs(scribe) == {"bytes-exact"}


def test_failures_of_several_sorts_add_up_also_with_refusals() -> None:
    """What is common is that nothing ever comes."""
    scribe = scene()
    for tick, how in zip(OFTEN, ("cut", "500", "reset", "206", "503", "refused"), strict=True):
        fails(scribe, [tick], how)
    scribe.vurl("reader", *at(80, 81), key="/refused")
    scribe.get("reader", *at(82, 83), "403", key="/refused")
    assert wrongs(like_it(scribe)) == {"bytes-exact"}


def test_a_store_that_served_once_and_then_never_again_is_found_too() -> None:
    """A url that worked at first does not excuse those that never do afterwards."""
    scribe = scene()
    serves(scribe, 16, 1)
    fails(scribe, OFTEN, "reset")
    assert wrongs(like_it(scribe)) == {"bytes-exact"}


def test_others_that_were_served_before_count_where_nobody_else_tried_meanwhile() -> None:
    """The API answers meanwhile, so the client's network is up."""
    scribe = scene((1, 2, 3, 4))
    like_it(scribe, 18)
    fails(scribe, (40, 50, 60, 70, 80, 90), "reset")
    assert wrongs(scribe) == {"bytes-exact"}


@pytest.mark.parametrize("how", HOW)
def test_a_download_that_fails_and_then_works_was_an_accident(how: str) -> None:
    """One, or several, before the bytes come."""
    for ticks in (OFTEN[:1], OFTEN[:4], OFTEN):
        scribe = scene()
        fails(scribe, ticks, how)
        serves(scribe, ticks[-1] + 6, 1)
        assert wrongs(like_it(scribe)) == set()


@pytest.mark.parametrize("ticks", [OFTEN[:4], range(20, 50, 5), (20, 22, 24, 26, 90)[:4]])
def test_four_times_or_within_the_bound_tell_nothing(ticks: Iterable[int]) -> None:
    """Neither few nor quick failures are all that is ever told."""
    scribe = scene()
    fails(scribe, ticks, "cut")
    assert wrongs(like_it(scribe)) == set()


@pytest.mark.parametrize(
    "more",
    [
        {"status": None, "failure": Failure.REFUSED, "notes": {"forbidden": "10.0.0.1 is in a private network"}},
        {"status": None, "failure": Failure.REFUSED, "notes": {"trouble": "ForbiddenPlaceError: 10.0.0.1 is private"}},
        {"status": None, "failure": Failure.REFUSED,
         "notes": {"trouble": "ConnectError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed"}},
        {"status": None, "failure": Failure.REFUSED, "notes": {"trouble": "ConnectTimeout: timed out"}},
        {"status": None, "failure": Failure.REFUSED, "notes": {"trouble": "ProxyError: 407 Proxy Authentication"}},
        {"status": None, "failure": Failure.TIMEOUT, "endless": True},
        {"status": 200, "failure": Failure.TOO_LARGE},
        {"status": None, "failure": Failure.KILLED},
        {"status": 302, "headers": {"location": "http://elsewhere.test/"}},
    ],
)  # fmt: skip
def test_what_the_suite_itself_would_not_or_could_not_do_is_no_evidence(more: dict[str, Any]) -> None:
    """Its addresses, its certificates, its patience, its bytes, its proxy; and a redirect is followed elsewhere."""
    scribe = scene()
    fails(scribe, OFTEN, "", more=more)
    assert wrongs(like_it(scribe)) == set()


def test_a_store_that_fails_everybody_meanwhile_may_be_out_of_reach() -> None:
    """The others were served before, and fail now as well."""
    scribe = scene()
    like_it(scribe, 18)
    for n in (1, 2, 3, 4):
        fails(scribe, (40, 50, 60, 70, 80, 90), "reset", n)
    assert wrongs(scribe) == set()


def test_a_kind_or_a_provider_that_is_never_served_is_another_matter() -> None:
    """Two others are too few, and single parts do not speak for chunks."""
    scribe = scene((1, 2, 3))
    fails(scribe, OFTEN, "cut")
    assert wrongs(like_it(scribe, numbers=(2, 3))) == set()


def test_a_url_that_is_used_twice_or_late_may_have_been_good_for_once() -> None:
    """Only the first use of a url counts, and only within a minute."""
    scribe = scene()
    scribe.vurl("reader", *at(18, 19), key="/once")
    for tick in OFTEN:
        fetch(scribe, tick, "/once", {"status": 500})
    for n, tick in enumerate(OFTEN):
        scribe.vurl("reader", *at(tick, tick + 1), key=f"/late{n}")
        fetch(scribe, tick + 700, f"/late{n}", {"status": 500})
    assert wrongs(like_it(scribe)) == set()


@pytest.mark.parametrize("delete", [Scribe.delfile, Scribe.delproject, Scribe.delversion])
def test_what_may_be_deleted_may_fail(delete: Any) -> None:
    """Answered or not."""
    for answer in ("204", "timeout"):
        scribe = scene()
        fails(scribe, OFTEN, "500")
        delete(scribe, "actor", *at(22, 23), answer)
        assert not wrongs(like_it(scribe)) & {"bytes-exact"}


def test_a_wait_that_was_asked_for_and_not_obeyed_does_not_count() -> None:
    """With the wait obeyed it does."""
    for seconds, wrong in (("30", set()), ("1", {"bytes-exact"}), ("Fri, 31 Dec 1999 23:59:59 GMT", set())):
        scribe = scene()
        fails(scribe, (20, 32, 44, 56, 68, 80), "", more={"status": 503, "headers": {"retry-after": seconds}})
        assert wrongs(like_it(scribe)) == wrong


def test_an_upload_of_which_nothing_is_known_need_not_be_served() -> None:
    """It was sent again with other bytes."""
    scribe = scene()
    scribe.chunk("meddler", *at(-3, -2), value="f" * 32)
    fails(scribe, OFTEN, "500")
    assert wrongs(like_it(scribe)) == set()


def test_a_redirected_download_is_judged_where_it_ends() -> None:
    """Hops are attempts of their own; the last one tells."""
    for works in (True, False):
        scribe = scene()
        for tick in OFTEN:
            given = scribe.vurl("reader", *at(tick, tick + 1), key=f"/hop{tick}")
            notes = {"url_of": given.id}
            there = {"location": "http://b.test/x"}
            fetch(scribe, tick + 2, f"/hop{tick}", {"status": 302, "headers": there, "notes": notes})
            if works:
                scribe.get("reader", *at(tick + 4, tick + 5), key=f"/b{tick}", notes={**notes, "hop": 1})
            else:
                fetch(scribe, tick + 4, f"/b{tick}", {"status": 502, "notes": {**notes, "hop": 1}})
        assert wrongs(like_it(scribe)) == (set() if works else {"bytes-exact"})


def test_a_switched_file_whose_url_fails_in_any_way_for_good_is_not_served() -> None:
    """As with refusals: the store serves something else meanwhile."""
    scribe = prepared("good", (2,), scene((1,)))
    scribe.complete("actor", *at(12, 13), n=2)
    scribe.switch("actor", *at(16, 17))
    for tick in OFTEN:
        key = f"/switched{tick}"
        scribe.answered("reader", *at(tick, tick + 1), "GET", f"/files/{uid('eeee', 1)}/url", "200", signed(key))
        fetch(scribe, tick + 2, key, {"status": None, "failure": Failure.RESET, "endless": True})
    serves(scribe, 42, 1)
    found = findings(judged(scribe.history()))
    assert {(one.requirement, one.rule) for one in found} == {("bytes-exact", "file-not-served")}


def test_the_bound_of_these_histories_is_what_the_ticks_take_it_for() -> None:
    """So that the tests above mean what they say."""
    assert (OFTEN[-1] - OFTEN[0]) * TICK > BOUND_S * SECOND
