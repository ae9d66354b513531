"""What others store by urls of their own, and who asks for a part: neither says anything of the owner's bytes."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import pytest
from judge_timeline import TICK, Scribe, prepared
from judged import findings

from conformance.judge import judge_history

Clock = Callable[[], tuple[int, int]]


def unsent_served(others: Callable[[Scribe, Clock], None]) -> set[str]:
    """Judge a good answer to an upload whose only part was never sent, after others have stored something."""
    scribe, ticks = Scribe(), count(1)

    def tick() -> tuple[int, int]:
        return next(ticks) * TICK // 10, next(ticks) * TICK // 10

    for home in (1, 2):
        scribe.project("owner" if home == 1 else "second", *tick(), n=home, user="owner" if home == 1 else "other")
    scribe.upload("owner", *tick())
    scribe.chunk("owner", *tick())
    others(scribe, tick)
    scribe.complete("owner", *tick())
    scribe.file("owner", *tick())
    scribe.url("owner", *tick())
    return {one.requirement for one in findings(judge_history(scribe.history()))}


def chunked(scribe: Scribe, tick: Clock) -> None:
    """Store a part of an upload of one's own."""
    scribe.upload("second", *tick(), n=2, project=2, user="other")
    scribe.chunk("second", *tick(), n=2, user="other")
    scribe.put("second", *tick(), n=2)


def single(scribe: Scribe, tick: Clock) -> None:
    """Store a single part of one's own."""
    scribe.upload("second", *tick(), n=2, project=2, chunked=False, user="other")
    scribe.put("second", *tick(), n=2, part=0)


def seen_late(scribe: Scribe, tick: Clock) -> None:
    """Store a part by a url whose answer is told after its use."""
    begun, stored, ended = tick(), tick(), tick()
    scribe.upload("second", *tick(), n=2, project=2, user="other")
    scribe.put("second", *stored, n=2)
    scribe.chunk("second", begun[0], ended[1], n=2, user="other")


@pytest.mark.parametrize("others", [chunked, single, seen_late])
def test_a_part_that_was_never_sent_is_missing_whatever_others_store(others: Callable[[Scribe, Clock], None]) -> None:
    """Their bytes lie where their own urls lead."""
    assert "bad-never-200" in unsent_served(others)


def by_nobodys_url(scribe: Scribe, tick: Clock) -> None:
    """Store bytes by a url that nobody was given."""
    scribe.put("second", *tick(), n=3)


def into_the_owners(scribe: Scribe, tick: Clock) -> None:
    """Store the part of the owner's upload, by a url of one's own."""
    scribe.chunk("second", *tick(), user="other")
    scribe.put("second", *tick())


@pytest.mark.parametrize("others", [by_nobodys_url, into_the_owners])
def test_what_others_may_have_stored_of_it_may_be_its_part(others: Callable[[Scribe, Clock], None]) -> None:
    """Then the bytes may be there, whoever sent them."""
    assert "bad-never-200" not in unsent_served(others)


@pytest.mark.parametrize("range_of", ["bytes=0-9", ""])
def test_who_asks_for_a_part_of_the_bytes_is_not_served_the_wrong_ones(range_of: str) -> None:
    """What a store gives to such a request is judged by nobody; without it, the same bytes are wrong."""
    scribe = prepared("good")
    scribe.complete("owner", TICK, 2 * TICK)
    scribe.file("owner", 3 * TICK, 4 * TICK)
    for n in range(5, 100, 10):
        scribe.url("owner", n * TICK, (n + 1) * TICK, key=f"/k{n}")
        notes = {"range": range_of} if range_of else {}
        scribe.get("owner", (n + 2) * TICK, (n + 3) * TICK, "of9", key=f"/k{n}", notes=notes)
    broken = {one.requirement for one in findings(judge_history(scribe.history()))}
    assert ("bytes-exact" in broken) == (not range_of)
