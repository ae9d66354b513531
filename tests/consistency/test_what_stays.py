"""What told its verdict stays as it is: bytes, and what holds them, whatever is asked of the API afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from judge_timeline import SIZE, Scribe, md5, uid
from people_scenes import LATE, fetch
from review_scenes import PATIENT, at, scene, wrongs

from conformance.judge import judge_history
from conformance.model import Octets, Role

OTHER = "e" * 32
FINAL, BY_STORE = {"verdict-final"}, {"verdict-final-store"}


def served(kind: str = "good") -> Scribe:
    """Give a good upload with its file that told its verdict and was downloaded once, with a long bound."""
    scribe = scene(kind)
    scribe.target = PATIENT
    scribe.file("actor", *at(3, 4))
    fetch(scribe, 10)
    return scribe


def report_hash(scribe: Scribe, tick: int, answer: str = "200") -> None:
    """Report another hash of the whole."""
    made = {"id": uid("aaaa", 1)}
    request = {"hash": {"value": OTHER, "algorithm": "md5"}}
    scribe.answered(
        "actor", *at(tick, tick + 1), "PUT", f"/uploads/{uid('aaaa', 1)}/hashes", answer, made, request=request
    )


def by_chunks(scribe: Scribe) -> None:
    """Ask for the part anew, and send other bytes by the url that this gave."""
    given = scribe.chunk("actor", *at(20, 21), value=OTHER)
    scribe.put("actor", *at(22, 23), value=OTHER, notes={"url_of": given.id})


CALLS: dict[str, Callable[[Scribe], object]] = {
    "nothing at all": lambda _: None,
    "a part reported anew": lambda s: s.chunk("actor", *at(20, 21), value=OTHER),
    "a part reported anew and sent": by_chunks,
    "another hash": lambda s: report_hash(s, 20),
    "another completion": lambda s: s.complete("actor", *at(20, 21), "202", value=OTHER),
    "a refused completion": lambda s: s.complete("actor", *at(20, 21), "already", value=OTHER),
    "the file renamed": lambda s: s.answered(
        "actor", *at(20, 21), "PUT", f"/files/{uid('eeee', 1)}/rename", "200", {"id": uid("eeee", 1)},
        request={"name": "x"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("via", ["url", "vurl"])
def test_bytes_that_change_after_the_verdict(call: str, via: str) -> None:
    """Through whatever call of the API, or through none, long before the bound or long after it."""
    scribe = served()
    CALLS[call](scribe)
    fetch(scribe, 30, OTHER, via=via)
    assert wrongs(scribe) - {"bytes-at-once"} == FINAL


@pytest.mark.parametrize("call", CALLS)
def test_calls_after_the_verdict_that_change_nothing(call: str) -> None:
    """Accepting them is legal."""
    scribe = served()
    CALLS[call](scribe)
    fetch(scribe, 30)
    scribe.url("reader", *at(40, 41))
    assert wrongs(scribe) == set()


def test_bytes_of_a_single_part_that_its_signed_url_replaced() -> None:
    """A url that still works after the 200, as the deployed service's does: a warning, and nothing else."""
    for n in (0, 1):
        scribe = served("good" if n else "goodsingle")
        scribe.put("actor", *at(20, 21), part=n, value=OTHER)
        fetch(scribe, 30, OTHER)
        assert wrongs(scribe) == BY_STORE
        tally = judge_history(scribe.history()).tallies["verdict-final-store"]
        assert tally.exposures == 1


@pytest.mark.parametrize("answer", ["200", "403", "lost"])
def test_a_signed_url_that_replaces_nothing(answer: str) -> None:
    """Whatever it was answered: the bytes stayed, and so did the verdict."""
    scribe = served()
    scribe.put("actor", *at(20, 21), answer, value=OTHER)
    fetch(scribe, 30)
    assert wrongs(scribe) == set()
    assert judge_history(scribe.history()).tallies["verdict-final-store"].exposures == 1


def test_the_truth_before_the_verdict_stays_known_whatever_is_sent_afterwards() -> None:
    """A bad upload that was served before other bytes came is as wrong as ever."""
    scribe = scene("bad")
    scribe.file("actor", *at(3, 4))
    scribe.url("reader", *at(10, 11))
    scribe.put("actor", *at(20, 21), value=OTHER)
    assert wrongs(scribe) == {"bad-never-200"}


def test_a_verdict_that_changes_with_the_bytes_is_still_two_verdicts() -> None:
    """Never both, in any order; whether the later one is right by then is not said."""
    for kind, first, then in (("bad", "ie", "200"), ("good", "200", "ie")):
        scribe = scene(kind)
        scribe.file("actor", *at(3, 4))
        scribe.url("reader", *at(10, 11), first)
        scribe.put("actor", *at(20, 21), value="0" * 32 if kind == "bad" else OTHER)
        scribe.url("reader", *at(30, 31), then)
        assert wrongs(scribe) == {"one-verdict"}


def test_bytes_sent_between_the_202_and_the_verdict_leave_the_truth_unknown() -> None:
    """Either content may be served, and either verdict told."""
    for sent, answer in ((5, "200"), (5, "ie"), (9, "200")):
        scribe = scene()
        scribe.target = PATIENT
        scribe.file("actor", *at(3, 4))
        scribe.put("actor", *at(sent, sent + 3), value=OTHER)
        scribe.vurl("reader", *at(10, 11), answer)
        if answer == "200":
            fetch(scribe, 20, OTHER)
            fetch(scribe, 30)
        assert wrongs(scribe) == set()


def test_bytes_of_unknown_truth_that_change_long_after_everything() -> None:
    """Which of the two they are is not known, but they are one of them for ever."""
    scribe = scene()
    scribe.file("actor", *at(3, 4))
    scribe.put("actor", *at(5, 6), value=OTHER)
    fetch(scribe, LATE, OTHER)
    fetch(scribe, LATE + 20)
    assert wrongs(scribe) == FINAL


def test_bytes_that_came_late_are_no_change() -> None:
    """Other bytes first and the right ones afterwards is a late store: a warning within the bound."""
    scribe = scene()
    scribe.target = PATIENT
    scribe.file("actor", *at(3, 4))
    fetch(scribe, 10, OTHER)
    fetch(scribe, 30)
    assert wrongs(scribe) == {"bytes-at-once"}


def test_two_downloads_at_once_show_no_order() -> None:
    """The later url was given before the earlier bytes had come."""
    scribe = scene()
    scribe.target = PATIENT
    scribe.file("actor", *at(3, 4))
    for key, value in (("/a", md5(1)), ("/b", OTHER)):
        scribe.vurl("reader", *at(10, 11), key=key)
        body = Octets(SIZE, value)
        scribe.wire("reader", *at(12, 13), "GET", key, status=200, response=body, role=Role.STORAGE, user=None)
    assert wrongs(scribe) == {"bytes-at-once"}


@pytest.mark.parametrize("lost", [True, False])
def test_a_put_whose_answer_was_lost_may_land_at_any_time(lost: bool) -> None:  # noqa: FBT001 - a case
    """Sent twice with different bytes: where one was never acknowledged, the change came through the store alone."""
    scribe = scene(done=False)
    scribe.put("actor", *at(-5, -4), "lost" if lost else "200", value=OTHER)
    scribe.complete("actor", *at(0, 2))
    scribe.file("actor", *at(3, 4))
    fetch(scribe, LATE)
    fetch(scribe, LATE + 20, OTHER)
    assert wrongs(scribe) == (BY_STORE if lost else FINAL)


# ---- several completions


def test_acknowledged_completions_with_different_hashes_before_the_verdict() -> None:
    """Either hash may count: only never both verdicts is judged."""
    for kind in ("good", "goodsingle"):
        for answer in ("200", "ie"):
            scribe = scene(kind)
            scribe.complete("actor", *at(4, 5), "202", value=OTHER)
            scribe.file("actor", *at(6, 7))
            scribe.url("reader", *at(10, 11), answer)
            assert wrongs(scribe) == set()
            scribe.vurl("reader", *at(20, 21), {"200": "ie", "ie": "200"}[answer])
            assert wrongs(scribe) == {"one-verdict"}


def test_a_completion_that_was_refused_or_came_after_the_verdict_does_not_count() -> None:
    """The first hash was the right one."""
    for answer, tick in (("already", 4), ("202", 30), ("400", 4)):
        scribe = scene("goodsingle")
        scribe.file("actor", *at(6, 7))
        scribe.vurl("reader", *at(10, 11), "200") if tick > 10 else None
        scribe.complete("actor", *at(tick, tick + 1), answer, value=OTHER)
        scribe.url("reader", *at(40, 41), "ie")
        assert "good-never-integrity" in wrongs(scribe)


# ---- what is there, and then is not


def look(scribe: Scribe, kind: str, tick: int, answer: str = "200", **more: object) -> None:
    """Look at the project, file or version itself."""
    kinds = {"project": ("projects", "pppp"), "file": ("files", "eeee"), "version": ("file_versions", "ffff")}
    room, letter = kinds[kind]
    made = {"id": uid(letter, 1), "is_deleted": False, **more}
    scribe.answered("reader", *at(tick, tick + 1), "GET", f"/{room}/{uid(letter, 1)}", answer, made)


@pytest.mark.parametrize("kind", ["project", "file", "version"])
def test_what_vanishes_long_after_it_was_shown(kind: str) -> None:
    """Nobody deleted it; a plain 404, or shown as deleted."""
    for answer, deleted in (("404", False), ("200", True)):
        scribe = scene()
        scribe.file("actor", *at(3, 4))
        look(scribe, kind, 10)
        look(scribe, kind, LATE, answer, is_deleted=deleted)
        assert wrongs(scribe) == FINAL


@pytest.mark.parametrize("kind", ["project", "file", "version"])
@pytest.mark.parametrize("answer", ["204", "lost", "404"])
def test_what_may_be_deleted_may_vanish(kind: str, answer: str) -> None:
    """It, or what holds it."""
    for delete in {"project": (Scribe.delproject,), "file": (Scribe.delproject, Scribe.delfile)}.get(
        kind, (Scribe.delproject, Scribe.delfile, Scribe.delversion)
    ):
        scribe = scene()
        scribe.file("actor", *at(3, 4))
        look(scribe, kind, 10)
        delete(scribe, "actor", *at(20, 21), answer)
        look(scribe, kind, LATE, "404")
        assert wrongs(scribe) == set()


@pytest.mark.parametrize("kind", ["file", "version"])
def test_what_a_replica_or_a_gateway_loses_has_not_vanished(kind: str) -> None:
    """Within the bound, shown again later, or no answer of the API's."""
    for ticks in (
        ((10, "200"), (14, "404")),
        ((10, "200"), (LATE, "404"), (LATE + 9, "200")),
        ((10, "200"), (LATE, "503")),
    ):
        scribe = scene()
        scribe.file("actor", *at(3, 4))
        for tick, answer in ticks:
            look(scribe, kind, tick, answer)
        assert wrongs(scribe) == set()


def test_a_bad_version_may_be_cleared_away() -> None:
    """Nobody promised to keep it."""
    scribe = scene("bad")
    scribe.file("actor", *at(3, 4))
    look(scribe, "version", 10)
    look(scribe, "version", LATE, "404")
    assert wrongs(scribe) == set()


def test_the_bound_is_the_targets() -> None:
    """With a longer one the same is no finding yet."""
    scribe = scene()
    scribe.target = replace(PATIENT, converge_within_s=1000.0)
    scribe.file("actor", *at(3, 4))
    look(scribe, "file", 10)
    look(scribe, "file", LATE, "404")
    assert wrongs(scribe) == set()
