"""What a switched file or an older version leads to in the end: bytes, a verdict, or nothing at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from judge_timeline import Scribe, error, prepared, uid
from review_scenes import HTML, at, scene, wrongs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ENOUGH = (20, 28, 36, 44, 52, 60)
"""Six times, further apart than the bound."""


def refused(scribe: Scribe, ticks: Iterable[int], status: str) -> None:
    """Ask for the file's url and for the bytes, and be refused; by the answer itself if the status is `no-url`."""
    for n, tick in enumerate(ticks):
        if status == "no-url":
            body = {"http_verb": "GET", "host": "http://storage.test"}
            scribe.answered("reader", *at(tick, tick + 1), "GET", f"/files/{uid('eeee', 1)}/url", "200", body)
        else:
            scribe.url("reader", *at(tick, tick + 1), key=f"/k{tick}.{n}")
            scribe.get("reader", *at(tick + 2, tick + 3), status, key=f"/k{tick}.{n}")


def other_bytes(scribe: Scribe, tick: int = 40) -> None:
    """Fetch what the storage provider serves all the same."""
    scribe.vurl("other reader", *at(tick, tick + 1), key=f"/v{tick}")
    scribe.get("other reader", *at(tick + 2, tick + 3), "of1", key=f"/v{tick}")


def switched_file(switch: str = "200") -> Scribe:
    """Give a file that was switched from one good upload to another."""
    scribe = scene("good", (1, 2, 3))
    scribe.file("actor", *at(10, 11))
    scribe.switch("actor", *at(12, 13), switch)
    return scribe


@pytest.mark.parametrize("status", ["404", "403", "no-url"])
def test_a_switched_file_whose_url_leads_to_nothing_for_good_is_not_served(status: str) -> None:
    """Whoever refuses it, or if there is no url at all: neither version's bytes ever come."""
    scribe = switched_file()
    refused(scribe, ENOUGH, status)
    other_bytes(scribe)
    assert wrongs(scribe) == {"bytes-exact"}


@pytest.mark.parametrize("status", ["404", "403", "no-url"])
def test_five_times_or_within_the_bound_are_no_proof(status: str) -> None:
    """A storage provider may be late after a switch."""
    for ticks in (ENOUGH[:5], range(20, 50, 5)):
        scribe = switched_file()
        refused(scribe, ticks, status)
        other_bytes(scribe)
        assert wrongs(scribe) == set()


@pytest.mark.parametrize("tick", [38, 66])
def test_bytes_that_came_in_between_or_later_were_not_lost(tick: int) -> None:
    """A late storage provider, or a replica of it that had lost them for a while."""
    scribe = switched_file()
    refused(scribe, ENOUGH, "404")
    other_bytes(scribe)
    scribe.url("late reader", *at(tick, tick + 1), key="/late")
    scribe.get("late reader", *at(tick + 2, tick + 3), "of2", key="/late")
    assert wrongs(scribe) == set()


@pytest.mark.parametrize("tick", [None, 14, 66])
def test_a_storage_provider_that_serves_nobody_meanwhile_may_be_out_of_reach(tick: int | None) -> None:
    """What it served before or after does not tell whether the file's bytes could have come."""
    scribe = switched_file()
    refused(scribe, ENOUGH, "403")
    if tick is not None:
        other_bytes(scribe, tick)
    assert wrongs(scribe) == set()


@pytest.mark.parametrize("delete", [Scribe.delfile, Scribe.delproject, Scribe.delversion])
@pytest.mark.parametrize("answer", ["204", "timeout"])
def test_what_may_be_deleted_need_not_be_served(delete: Callable[..., object], answer: str) -> None:
    """The file, its project, or a version of it: then nobody knows which is current."""
    scribe = switched_file()
    refused(scribe, ENOUGH, "404")
    other_bytes(scribe)
    delete(scribe, "actor", *at(50, 51), answer)
    assert not wrongs(scribe) & {"bytes-exact", "bytes-at-once"}


def test_a_url_that_was_used_too_late_may_have_expired() -> None:
    """It is good for minutes."""
    scribe = switched_file()
    for n in range(6):
        scribe.url("reader", *at(20 + n, 21 + n), key=f"/k{n}")
        scribe.get("reader", *at(640 + 8 * n, 641 + 8 * n), "403", key=f"/k{n}")
    other_bytes(scribe, 660)
    assert wrongs(scribe) == set()


def test_each_switch_gives_the_storage_provider_its_time_anew() -> None:
    """Refused for less than the bound after each of two."""
    scribe = switched_file()
    refused(scribe, ENOUGH[:4], "404")
    scribe.switch("actor", *at(50, 51), n=3)
    refused(scribe, range(54, 74, 4), "404")
    other_bytes(scribe)
    other_bytes(scribe, 70)
    assert wrongs(scribe) == set()


def test_a_file_that_may_show_what_is_not_known_to_be_good_need_not_lead_to_bytes() -> None:
    """A switch of unknown outcome to an upload that was never stored."""
    scribe = switched_file()
    scribe.switch("actor", *at(15), None, "timeout", n=4)
    refused(scribe, ENOUGH, "404")
    other_bytes(scribe)
    assert wrongs(scribe) == set()


def older_bad(switch: str = "200") -> Scribe:
    """Give a file whose first version is bad, and that was switched to a good upload."""
    scribe = prepared("good", (2,), prepared("bad", (1,)))
    for n in (1, 2):
        scribe.complete("actor", *at(2 * n, 2 * n + 1), n=n)
    scribe.file("actor", *at(6, 7))
    scribe.switch("actor", *at(12, 13), switch)
    return scribe


@pytest.mark.parametrize("stated", ["ie", "nc", None])
def test_an_older_version_that_failed_is_not_collected_before_it_told_so(stated: str | None) -> None:
    """It is live, so a plain 404 is no answer; once its verdict was told, nobody promised to keep it."""
    for later in (20, 80):
        scribe = older_bad()
        if stated:
            scribe.vurl("reader", *at(9, 10), stated)
        scribe.vurl("reader", *at(later, later + 1), "404")
        assert ("nc-until-consistent" in wrongs(scribe)) is (stated != "ie"), later
        assert stated != "ie" or wrongs(scribe) == set(), later


def test_an_older_version_of_unknown_worth_is_not_collected_either() -> None:
    """It must tell whether it is good; one that is good has a duty of its own."""
    scribe = scene("good", (1, 2))
    scribe.chunk("meddler", *at(-3, -2), value="f" * 32)
    scribe.file("actor", *at(10, 11))
    scribe.switch("actor", *at(12, 13))
    scribe.vurl("reader", *at(20, 21), "404")
    assert wrongs(scribe) == {"nc-until-consistent"}
    good = switched_file()
    good.vurl("reader", *at(20, 21), "404")
    assert wrongs(good) == {"old-version-downloadable"}


@pytest.mark.parametrize("delete", [Scribe.delfile, Scribe.delproject, Scribe.delversion])
@pytest.mark.parametrize("answer", ["204", "timeout"])
def test_an_older_bad_version_may_be_gone_once_it_may_be_deleted(delete: Callable[..., object], answer: str) -> None:
    """By itself, with its file, or with its project."""
    scribe = older_bad()
    delete(scribe, "actor", *at(16, 17), answer)
    scribe.vurl("reader", *at(20, 21), "404")
    assert wrongs(scribe) == set()


def test_an_older_bad_version_that_was_only_listed_may_never_have_come_to_be() -> None:
    """A switch of unknown outcome made it, so that nobody acknowledged it."""
    scribe = prepared("good", (1, 3), prepared("bad", (2,)))
    for n in (1, 2, 3):
        scribe.complete("actor", *at(2 * n, 2 * n + 1), n=n)
    scribe.file("actor", *at(8, 9))
    scribe.switch("actor", *at(10, 20), "timeout")
    shown = {"results": [{"id": uid("ffff", 2), "upload": {"id": uid("aaaa", 2)}}]}
    scribe.answered("reader", *at(12, 13), "GET", f"/files/{uid('eeee', 1)}/versions", "200", shown)
    scribe.switch("actor", *at(22, 23), n=3)
    scribe.vurl("reader", *at(30, 31), "404", n=2)
    assert wrongs(scribe) == set()


def test_the_404_of_a_gateway_says_nothing_of_an_older_bad_version() -> None:
    """Nor does any that is not JSON, or was asked with a query."""
    scribe = older_bad()
    path = f"/file_versions/{uid('ffff', 1)}/url"
    scribe.wire("reader", *at(20, 21), "GET", path, status=404, response=HTML)
    scribe.wire("reader", *at(22, 23), "GET", f"{path}?x=1", status=404, response=error(404))
    assert not wrongs(scribe) & {"nc-until-consistent", "converges-upload", "old-version-downloadable"}


def test_an_older_bad_version_that_answers_by_its_verdict_is_right() -> None:
    """Also one that was replaced by a promotion, or promoted itself."""
    scribe = older_bad()
    scribe.vurl("reader", *at(20, 21), "ie")
    scribe.promote("actor", *at(22, 23))
    scribe.vurl("reader", *at(30, 31), "ie", n=91)
    scribe.vurl("reader", *at(30, 31), n=2)
    assert wrongs(scribe) == set()


def test_a_proof_waits_until_an_older_version_cannot_prove_to_be_good_any_more() -> None:
    """It was answered 404 while its part was still being stored; then the part arrived."""
    scribe = scene("good", (1, 2))
    first = f"/store/{uid('aaaa', 1)}?part=1"
    scribe.operations = [one for one in scribe.operations if one.exchange.path != first]
    scribe.put("maker", *at(-3, 40))
    scribe.file("actor", *at(10, 11))
    scribe.switch("actor", *at(12, 13))
    scribe.vurl("reader", *at(20, 21), "404")
    scribe.vurl("reader", *at(50, 51))
    assert wrongs(scribe) == {"old-version-downloadable"}


def answered_switch(scribe: Scribe, ticks: tuple[int, int], n: int, shown: dict[str, object]) -> None:
    """Switch file 1 to upload n, and answer with that current version."""
    made = scribe._file(1, 1, 1) | {"current_version": shown}
    asked = {"upload": {"id": uid("aaaa", n)}}
    scribe.answered("actor", *at(*ticks), "PUT", f"/files/{uid('eeee', 1)}", "200", made, request=asked)


def test_a_version_that_is_given_another_upload_in_place_is_no_version_any_more() -> None:
    """Two acknowledged writes name it, each with another upload: by creation and switch, or by two switches."""
    for version in (1, 7):
        scribe = scene("good", (1, 2, 3))
        scribe.file("actor", *at(10, 11))
        for n, ticks in ((2, (12, 13)), (3, (14, 15))):
            shown = {"id": uid("ffff", version), "version": 1, "upload": {"id": uid("aaaa", n)}}
            answered_switch(scribe, ticks, n, shown)
        assert wrongs(scribe) == {"old-version-downloadable"}


@pytest.mark.parametrize("upload", [{"id": uid("aaaa", 1)}, {"id": uid("aaaa", 1).upper()}, {}, None, "absent"])
def test_an_answer_that_shows_the_version_before_as_it_was_repoints_nothing(upload: object) -> None:
    """It comes from a replica that lags, or shows no upload at all; what was asked for is no evidence."""
    scribe = scene("good", (1, 2))
    scribe.file("actor", *at(10, 11))
    shown: dict[str, object] = {"id": uid("ffff", 1), "version": 1}
    answered_switch(scribe, (12, 13), 2, shown if upload == "absent" else shown | {"upload": upload})
    assert wrongs(scribe) == set()


@pytest.mark.parametrize("answer", ["500", "timeout", "404"])
def test_a_write_that_was_not_acknowledged_repoints_nothing(answer: str) -> None:
    """Nor does what a mere read shows; but a switch that was refused is done, then."""
    scribe = scene("good", (1, 2))
    scribe.file("actor", *at(10, 11))
    scribe.switch("actor", *at(12, 13), answer)
    shown = {"id": uid("ffff", 1), "version": 1, "upload": {"id": uid("aaaa", 2)}}
    scribe.answered("reader", *at(15, 16), "GET", f"/files/{uid('eeee', 1)}", "200",
                    scribe._file(1, 1, 1) | {"current_version": shown})  # fmt: skip
    assert wrongs(scribe) == ({"refused-write-no-effect"} if answer == "404" else set())


def test_versions_made_at_once_and_promoted_are_each_of_one_upload() -> None:
    """Each answer may show the later of two, and the same upload may have several versions."""
    scribe = scene("good", (1, 2, 3))
    scribe.file("actor", *at(10, 11))
    shown = {"id": uid("ffff", 3), "version": 3, "upload": {"id": uid("aaaa", 3)}}
    answered_switch(scribe, (12, 15), 2, shown)
    answered_switch(scribe, (12, 14), 3, shown)
    scribe.promote("actor", *at(16, 17))
    scribe.switch("actor", *at(18, 19), n=2)
    assert wrongs(scribe) == set()


def evaded(scribe: Scribe, ticks: Iterable[int], status: int, body: object) -> None:
    """Ask for the file's url and get neither a verdict nor not-consistent."""
    for tick in ticks:
        scribe.wire("reader", *at(tick, tick + 1), "GET", f"/files/{uid('eeee', 1)}/url", status=status, response=body)


PROCESSING = {"status": "processing"}


@pytest.mark.parametrize("status", [202, 302])
def test_a_switched_file_that_is_answered_by_no_verdict_for_good_is_not_served(status: int) -> None:
    """By work that never ends, or by a redirect: three times later than the bound, and nothing else after."""
    scribe = switched_file()
    scribe.url("reader", *at(14, 15), "nc")
    evaded(scribe, (60, 62, 64), status, PROCESSING)
    assert wrongs(scribe) == {"new-version-served"}


@pytest.mark.parametrize(
    ("status", "body"),
    [(203, {"http_verb": "GET", "url": "/elsewhere"}), (302, HTML), (202, HTML), (304, None), (307, HTML)],
)
def test_what_passes_a_gateway_is_no_evasion(status: int, body: object) -> None:
    """A url under another success, a page to log in at, a cache's own words."""
    scribe = switched_file()
    evaded(scribe, (60, 62, 64, 66), status, body)
    assert not wrongs(scribe) & {"new-version-served", "nc-until-consistent", "converges-upload"}


@pytest.mark.parametrize("status", [202, 302])
def test_evasions_that_end_are_too_few_or_too_early_or_of_a_deleted_file_show_nothing(status: int) -> None:
    """The verdict after them, two of them, within the bound, or once the file may be gone."""
    for ticks in ((60, 62), (20, 22, 24, 26)):
        scribe = switched_file()
        evaded(scribe, ticks, status, PROCESSING)
        assert wrongs(scribe) == set()
    for healed in (True, False):
        scribe = switched_file()
        if not healed:
            scribe.delfile("actor", *at(50, 51))
        evaded(scribe, (60, 62, 64), status, PROCESSING)
        if healed:
            scribe.url("reader", *at(66, 67), key="/k")
        assert wrongs(scribe) == set()


@pytest.mark.parametrize(("own", "wrong"), [("200", "bad-never-200"), ("ie", "new-version-served")])
def test_a_file_that_follows_a_bad_version_which_is_called_good_serves_it(own: str, wrong: str) -> None:
    """Where the version's own url says the same, the verdict is what is wrong; else the file shows the one before."""
    scribe = prepared("bad", (2,), scene("good"))
    scribe.complete("actor", *at(3, 5), n=2)
    scribe.file("actor", *at(10, 11))
    scribe.url("reader", *at(12, 13))
    scribe.switch("actor", *at(14, 15))
    scribe.vurl("reader", *at(40, 41), own, n=2)
    scribe.url("reader", *at(60, 61))
    assert wrongs(scribe) & {"bad-never-200", "new-version-served"} == {wrong}
