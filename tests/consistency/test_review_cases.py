"""Histories written by hand for rules that once accused a legal server, or let a broken one slip."""

from __future__ import annotations

from judge_timeline import TICK, Scribe, md5, prepared, uid
from judged import crimes, judged

from conformance.model import Octets


def scene(kind: str = "good", numbers: tuple[int, ...] = (1,), *, done: bool = True) -> Scribe:
    """Give uploads that were stored, and completed one after another if `done`."""
    scribe = prepared(kind, numbers)
    for place, n in enumerate(numbers if done else ()):
        scribe.complete("actor", 3 * place * TICK, (3 * place + 2) * TICK, n=n)
    return scribe


def at(*ticks: int) -> tuple[int, ...]:
    """Give times in nanoseconds."""
    return tuple(tick * TICK for tick in ticks)


def as_form(text: str) -> Octets:
    """Give a form as it is recorded."""
    return Octets(len(text), "0" * 32, text)


def wrongs(scribe: Scribe) -> set[str]:
    """Judge and give the requirements broken."""
    return crimes(judged(scribe.history()))


def switched_by(body: Octets, *, lost: bool = False) -> Scribe:
    """Give a file that was switched from good upload 1 to bad upload 2 with a request kept as text."""
    scribe = prepared("bad", (2,), prepared("good", (1,)))
    scribe.complete("actor", *at(0, 1))
    scribe.file("actor", *at(2, 3))
    scribe.url("reader", *at(5, 6))
    scribe.complete("actor", *at(7, 8), n=2)
    path, made = f"/files/{uid('eeee', 1)}", scribe._file(1, 2, 2)
    status, response = (None, None) if lost else (200, made)
    scribe.wire("actor", 9 * TICK, None if lost else 10 * TICK, "PUT", path, status=status, request=body,
                response=response)  # fmt: skip
    return scribe


def test_a_switch_sent_as_a_form_is_a_switch() -> None:
    """The file may speak of the new upload, however the request was written."""
    for text in ("", f"upload%5Bid%5D={uid('aaaa', 2)}", '{"upload": {"id": "' + uid("aaaa", 2) + '"}}'):
        for lost in (False, True):
            scribe = switched_by(as_form(text), lost=lost)
            scribe.url("reader", *at(15, 16), "ie")
            assert wrongs(scribe) == set(), (text, lost)


def test_a_single_part_upload_completed_by_a_form_is_known_to_be_bad() -> None:
    """The hash in a form counts as one in JSON."""
    scribe = scene("badsingle", done=False)
    body = as_form(f"hash%5Bvalue%5D={md5(1)}&hash%5Balgorithm%5D=md5")
    made = {"id": uid("aaaa", 1), "name": "u", "status": {}}
    scribe.wire("actor", *at(0, 1), "PUT", f"/uploads/{uid('aaaa', 1)}/complete", status=202, request=body,
                response=made)  # fmt: skip
    scribe.file("actor", *at(3, 4))
    scribe.vurl("reader", *at(5, 6))
    assert "bad-never-200" in wrongs(scribe)
