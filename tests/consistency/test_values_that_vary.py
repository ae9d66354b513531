"""Hashes that are nearly right, names of every kind, and clients that revalidate."""

from __future__ import annotations

from typing import Any

import pytest
from judge_timeline import SIZE, Scribe, error, md5, prepared, uid
from judged import findings, judged
from people_scenes import LATE, fetch
from review_scenes import at, scene, wrongs

from conformance.judge import judge_history
from conformance.model import Exchange, Octets, Operation, Phase

EMPTY = "d41d8cd98f00b204e9800998ecf8427e"
RIGHT = md5(1)
MADE = {
    "id": uid("aaaa", 1), "name": "upload number 1", "size": SIZE,
    "status": {"completed_on": "2026-01-01T00:00:00.000Z", "is_consistent": None},
}  # fmt: skip


def off(place: int) -> str:
    """Give the right hash with one digit off."""
    digit = "0" if RIGHT[place] != "0" else "1"
    return RIGHT[:place] + digit + RIGHT[place + 1 :]


NEARLY = {
    "the first digit": off(0), "a digit in the middle": off(15), "the last digit": off(31), "cut by one": RIGHT[:31],
    "cut by half": RIGHT[:16], "one digit": RIGHT[:1], "none": "", "of the empty string": EMPTY,
    "of another object": md5(2), "in other order": RIGHT[::-1], "a digit too many": f"{RIGHT}0",
}  # fmt: skip


def reported(value: str, kind: str) -> Scribe:
    """Give an upload whose hash was reported so, of its chunk or, in a single part, of the whole."""
    scribe = Scribe()
    scribe.project("maker", *at(-90, -89))
    scribe.upload("maker", *at(-80, -79), chunked=kind == "chunk")
    if kind == "chunk":
        body = {"number": 1, "size": SIZE, "hash": {"value": value, "algorithm": "md5"}}
        made = {"http_verb": "PUT", "host": "http://storage.test", "url": f"/store/{uid('aaaa', 1)}?part=1"}
        path = f"/uploads/{uid('aaaa', 1)}/chunks"
        scribe.answered("maker", *at(-70, -69), "PUT", path, "200", made, request=body)
    scribe.put("maker", *at(-60, -59), part=1 if kind == "chunk" else 0, value=RIGHT)
    return scribe


def completed(scribe: Scribe, value: str, answer: str = "202", **k: Any) -> None:
    """Complete it by that hash of the whole, and attach it."""
    body = {"hash": {"value": value, "algorithm": "md5"}}
    made = MADE
    path = f"/uploads/{uid('aaaa', 1)}/complete"
    scribe.answered("actor", *at(0, 2), "PUT", path, answer, made, request=body, **k)
    scribe.file("actor", *at(3, 4))


@pytest.mark.parametrize("name", NEARLY)
@pytest.mark.parametrize("kind", ["chunk", "whole"])
def test_an_upload_whose_hash_is_nearly_right_is_bad(name: str, kind: str) -> None:
    """Never a url; the exception is right."""
    for answer, wrong in (("200", {"bad-never-200"}), ("ie", set())):
        scribe = reported(NEARLY[name], kind)
        completed(scribe, RIGHT if kind == "chunk" else NEARLY[name])
        scribe.url("reader", *at(20, 21), answer)
        assert wrongs(scribe) == wrong


@pytest.mark.parametrize("name", NEARLY)
@pytest.mark.parametrize("kind", ["chunk", "whole"])
def test_what_is_no_hash_may_be_refused_at_completion_and_a_wrong_hash_may_not(name: str, kind: str) -> None:
    """A hash that was cut is invalid; one that is well-formed and wrong is a mismatch."""
    scribe = reported(NEARLY[name], kind)
    completed(scribe, RIGHT if kind == "chunk" else NEARLY[name], "400")
    assert wrongs(scribe) == ({"complete-no-integrity"} if len(NEARLY[name]) == 32 else set())


@pytest.mark.parametrize("kind", ["chunk", "whole"])
@pytest.mark.parametrize("answer", ["200", "ie"])
def test_the_right_hash_in_upper_case_may_be_taken_either_way(kind: str, answer: str) -> None:
    """Hex digests are often compared without case."""
    scribe = reported(RIGHT.upper(), kind)
    completed(scribe, RIGHT if kind == "chunk" else RIGHT.upper())
    scribe.url("reader", *at(20, 21), answer)
    assert wrongs(scribe) == set()


@pytest.mark.parametrize("answer", ["200", "ie"])
@pytest.mark.parametrize("value", [off(3), EMPTY, RIGHT.upper()])
def test_a_wrong_hash_of_the_whole_says_nothing_of_a_chunked_upload(answer: str, value: str) -> None:
    """Its chunks are right: either verdict, but what is served must be what was stored."""
    scribe = reported(RIGHT, "chunk")
    completed(scribe, value)
    scribe.url("reader", *at(20, 21), answer)
    assert wrongs(scribe) == set()
    if answer == "200":
        fetch(scribe, LATE, "e" * 32)
        assert wrongs(scribe) == {"bytes-exact"}


def test_one_part_in_upper_case_does_not_hide_another_that_is_wrong() -> None:
    """Whatever comes of the first, the second does not match."""
    scribe = prepared("none", ())
    scribe.upload("maker", *at(-80, -79), size=2 * SIZE)
    for part, value in ((1, md5(1, 1).upper()), (2, off(4))):
        body = {"number": part, "size": SIZE, "hash": {"value": value, "algorithm": "md5"}}
        made = {"http_verb": "PUT", "host": "http://storage.test", "url": f"/store/{uid('aaaa', 1)}?part={part}"}
        scribe.answered("maker", *at(-70 + 8 * part, -69 + 8 * part), "PUT", f"/uploads/{uid('aaaa', 1)}/chunks", "200",
                        made, request=body)  # fmt: skip
        scribe.put("maker", *at(-66 + 8 * part, -65 + 8 * part), part=part)
    completed(scribe, RIGHT)
    scribe.url("reader", *at(20, 21), "200")
    assert wrongs(scribe) == {"bad-never-200"}


@pytest.mark.parametrize("noted", [True, False])
@pytest.mark.parametrize("answer", ["200", "ie"])
def test_a_digest_by_another_algorithm_counts_where_the_sender_noted_it(noted: bool, answer: str) -> None:  # noqa: FBT001 - a case
    """A chunked upload whose whole was reported by a SHA-256 that is not its own may be found out."""
    content = {"bytes": SIZE, "md5": RIGHT, **({"sha256": "a" * 64} if noted else {})}
    for value, wrong in (
        ("a" * 64, {"good-never-integrity"}),
        ("b" * 64, set() if noted else {"good-never-integrity"}),
    ):
        scribe = reported(RIGHT, "chunk")
        body = {"hash": {"value": value, "algorithm": "sha256"}}
        path = f"/uploads/{uid('aaaa', 1)}/complete"
        scribe.answered("actor", *at(0, 2), "PUT", path, "202", MADE, request=body,
                        notes={"content": content})  # fmt: skip
        scribe.file("actor", *at(3, 4))
        scribe.url("reader", *at(20, 21), answer)
        assert wrongs(scribe) == (wrong if answer == "ie" else set())


# ---- names

ODD_NAMES = (" ends with a space ", "trailing dot.", "a/b", "naïve", "x" * 300, "percent%25", "é", "tab\t")


@pytest.mark.parametrize("name", ODD_NAMES)
@pytest.mark.parametrize("answer", ["400", "409", "422"])
def test_a_refused_name_is_legal(name: str, answer: str) -> None:
    """Also in a project that is not ready yet, and accepted later."""
    scribe = Scribe()
    scribe.project("actor", *at(0, 1))
    for tick, word in ((5, answer), (8, answer), (11, "nc"), (20, answer), (24, "201")):
        scribe.upload("actor", *at(tick, tick + 1), word, name=name, notes={"intent": "valid"})
    assert wrongs(scribe) == set()


def test_a_plain_name_may_not_be_refused_while_the_project_is_not_ready() -> None:
    """Then it is its state that is refused in other words."""
    scribe = Scribe()
    scribe.project("actor", *at(0, 1))
    scribe.upload("actor", *at(5, 6), "400", notes={"intent": "valid"})
    scribe.upload("actor", *at(11, 12), "nc")
    assert wrongs(scribe) == {"nc-until-consistent"}


def renamed(given: str, call: str = "create_folder") -> Scribe:
    """Let a name be answered as `given`."""
    scribe = scene()
    request, made = {"name": " My Folder. "}, {"id": uid("dddd", 1), "name": given}
    verb, path, word = {
        "create_folder": ("POST", "/folders", "201"),
        "rename_folder": ("PUT", f"/folders/{uid('dddd', 1)}/rename", "200"),
        "rename_file": ("PUT", f"/files/{uid('eeee', 1)}/rename", "200"),
        "update_project": ("PUT", f"/projects/{uid('pppp', 1)}", "200"),
    }[call]
    scribe.answered("actor", *at(5, 6), verb, path, word, made, request=request)
    return scribe


@pytest.mark.parametrize("call", ["create_folder", "rename_folder", "rename_file", "update_project"])
@pytest.mark.parametrize("given", ["My Folder.", " My Folder. ", "my folder", "My"])
def test_a_name_that_was_changed_is_measured_and_nothing_else(call: str, given: str) -> None:
    """Trimmed, folded or cut: it is printed, and no verdict rests on it."""
    scribe = renamed(given, call)
    judgement = judged(scribe.history())
    found = [one for one in findings(judgement) if one.requirement == "name-kept"]
    assert [one.rule for one in found] == ([] if given == " My Folder. " else ["name-changed"])
    assert judgement.tallies["name-kept"].exposures >= 1
    assert wrongs(scribe) == set()


@pytest.mark.parametrize("given", ["the  Name ", "THE NAME", "the name"])
def test_a_refused_name_whose_like_was_accepted_leaves_no_trace_of_its_own(given: str) -> None:
    """A server may trim or fold what it accepts: the listing then shows the refused name by another's leave."""
    scribe = scene()
    scribe.upload("actor", *at(5, 6), "nc", n=8, name="the name")
    for answer in ("201", "lost"):
        scribe.upload("actor", *at(8, 9), answer, n=9, name=given)
        results = [{"id": uid("aaaa", 9), "name": "the name"}]
        scribe.answered("actor", *at(LATE, LATE + 1), "GET", f"/projects/{uid('pppp', 1)}/uploads", "200",
                        {"results": results}, phase=Phase.FINAL)  # fmt: skip
        assert "refused-create-no-trace" not in wrongs(scribe)


# ---- clients that revalidate


def stated(
    scribe: Scribe, tick: int, answer: str, *, kind: str = "url", etag: str = '"1"', session: str = "cache"
) -> None:
    """Let a client that revalidates be answered, with a validator; 304 has no body."""
    if answer == "304":
        room, letter = ("files", "eeee") if kind == "url" else ("file_versions", "ffff")
        scribe.wire(session, *at(tick, tick + 1), "GET", f"/{room}/{uid(letter, 1)}/url", status=304,
                    response=Octets(0, ""), notes={"conditional": True})  # fmt: skip
    else:
        getattr(scribe, kind)(session, *at(tick, tick + 1), answer)
    one = scribe.operations[-1]
    headers = {**one.exchange.headers, "etag": etag}
    exchange = Exchange(
        **{name: getattr(one.exchange, name) for name in Exchange.__slots__ if name != "headers"}, headers=headers
    )
    scribe.operations[-1] = Operation(one.id, one.session, one.a_ns, one.b_ns, exchange, one.phase, notes=one.notes)


@pytest.mark.parametrize("kind", ["url", "vurl"])
@pytest.mark.parametrize("truth", ["good", "bad"])
def test_a_client_that_is_told_nothing_but_304_of_not_consistent(kind: str, truth: str) -> None:
    """It would wait for ever, although everybody else is told the truth."""
    scribe = scene(truth)
    scribe.file("actor", *at(3, 4))
    stated(scribe, 6, "nc", kind=kind)
    for tick in (20, LATE, LATE + 20, LATE + 40):
        stated(scribe, tick, "304", kind=kind)
    scribe.url("reader", *at(LATE, LATE + 1), "200" if truth == "good" else "ie")
    assert wrongs(scribe) == {"conditional-same-state"}


def test_a_client_that_is_told_nothing_but_304_of_the_version_before() -> None:
    """The file has one validator whatever it shows."""
    scribe = scene("good", (1, 2))
    scribe.file("actor", *at(10, 11))
    stated(scribe, 14, "200")
    scribe.switch("actor", *at(20, 21))
    for tick in (24, LATE, LATE + 20, LATE + 40):
        stated(scribe, tick, "304")
    assert wrongs(scribe) == {"conditional-same-state"}


def test_a_304_of_the_present_state_is_right() -> None:
    """Of a verdict that stands, of not-consistent until the bound is over, and of a version that was promoted again."""
    scribe = scene("good", (1, 2))
    scribe.file("actor", *at(10, 11))
    stated(scribe, 12, "nc")
    for tick in (14, 18, 22):
        stated(scribe, tick, "304")
    stated(scribe, 30, "200")
    for tick in (LATE, LATE + 20, LATE + 40):
        stated(scribe, tick, "304")
    scribe.switch("actor", *at(LATE + 50, LATE + 51))
    scribe.promote("actor", *at(LATE + 60, LATE + 61), n=1)
    for tick in (LATE + 200, LATE + 220, LATE + 240):
        stated(scribe, tick, "304")
    assert wrongs(scribe) == set()


@pytest.mark.parametrize("case", ["twice", "told between", "no validator", "another client", "deleted", "begun anew"])
def test_stale_validations_that_show_nothing(case: str) -> None:
    """Too few, not all that the client gets, or of something that nobody knows it holds."""
    scribe = scene()
    scribe.file("actor", *at(3, 4))
    if case == "no validator":
        scribe.url("cache", *at(6, 7), "nc")
    else:
        stated(scribe, 6, "nc", session="other cache" if case == "another client" else "cache")
    if case == "deleted":
        scribe.delfile("actor", *at(10, 11), "lost")
    if case == "begun anew":
        scribe.complete("actor", *at(LATE + 30, LATE + 31), "202")
    for tick in (LATE, LATE + 20, LATE + 40)[: 2 if case == "twice" else 3]:
        stated(scribe, tick, "304")
    if case == "told between":
        stated(scribe, LATE + 30, "200")
    assert "conditional-same-state" not in wrongs(scribe)


def test_a_304_at_once_is_counted_as_an_occasion() -> None:
    """Whoever revalidates exercises the requirement."""
    scribe = scene()
    scribe.file("actor", *at(3, 4))
    stated(scribe, 6, "200")
    stated(scribe, 9, "304")
    assert judge_history(scribe.history()).tallies["conditional-same-state"].exposures == 1
    assert error(404)["code"] == "not_provided"


def test_a_name_that_was_asked_for_badly_is_not_compared() -> None:
    """JSON that is sent as a form is read as the target likes."""
    scribe = scene()
    made = {"id": uid("pppp", 1), "name": "as before"}
    scribe.answered("actor", *at(5, 6), "PUT", f"/projects/{uid('pppp', 1)}", "200", made, request={"name": "x"},
                    notes={"intent": "invalid"})  # fmt: skip
    assert not [one for one in findings(judged(scribe.history())) if one.requirement == "name-kept"]


def gapped(reported: str) -> Scribe:
    """Give an upload whose only part has the number three, completed and attached."""
    scribe = Scribe()
    scribe.project("maker", *at(-90, -89))
    scribe.upload("maker", *at(-80, -79))
    scribe.chunk("maker", *at(-70, -69), part=3, value=reported)
    scribe.put("maker", *at(-60, -59), part=3, value=md5(1))
    scribe.complete("maker", *at(0, 2))
    scribe.file("maker", *at(3, 4))
    return scribe


@pytest.mark.parametrize(
    ("answer", "fetched", "broken"),
    [("ie", "", set()), ("200", "exact", set()), ("200", "of2", {"bytes-exact", "bytes-at-once"})],
)
def test_parts_numbered_with_a_gap_may_be_refused_and_are_served_whole(
    answer: str, fetched: str, broken: set[str]
) -> None:
    """Nobody says that numbers follow one another; what answers 200 serves what was stored."""
    scribe = gapped(md5(1))
    scribe.url("reader", *at(20, 21), answer)
    if fetched:
        scribe.get("reader", *at(22, 23), fetched)
        scribe.url("reader", *at(LATE, LATE + 1))
        scribe.get("reader", *at(LATE + 2, LATE + 3), fetched)
    assert wrongs(scribe) <= broken
    assert ("bytes-exact" in wrongs(scribe)) is ("bytes-exact" in broken)


def test_a_wrong_hash_of_a_part_numbered_with_a_gap_leaves_all_open() -> None:
    """What a server makes of such an upload is its own affair, as long as it says one thing."""
    scribe = gapped(md5(2))
    scribe.url("reader", *at(20, 21), "200")
    assert wrongs(scribe) == set()
