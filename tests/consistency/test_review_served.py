"""What a switched file or an older version leads to in the end: bytes, a verdict, or nothing at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from judge_timeline import Scribe, uid
from review_scenes import at, scene, wrongs

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
