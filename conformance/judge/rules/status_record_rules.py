"""The rule about an upload's own record (``GET /uploads/{id}``), where a target reports these fields.

`is_consistent` agrees with the url endpoints, `error_on` comes only with it, and nothing changes once set. Staleness
between clients is not held against the record: only contradictions for good, or within one session, are.
"""

from __future__ import annotations

from conformance.judge.findings import Book, short
from conformance.judge.rechecks import agree, answers, before, record, same_session
from conformance.judge.rule import Case, Context, Need, Rule
from conformance.judge.state.chain import crossing
from conformance.judge.state.interval import Interval

_REQUIREMENT = "status-record"


def recorded(case: Case, _context: Context, book: Book) -> None:
    """Convict a server whose record of an upload contradicts itself or the url endpoints."""
    status, sight = case.upload.status, case.sight
    if not status.reported and not status.fields:
        return
    if status.reported and sight.truth() is not None:
        book.expose(_REQUIREMENT)
    name = short(case.name)
    if status.early_error is not None:
        interval = status.early_error
        sentence = f"the record of upload {name} showed error_on without is_consistent to {book.when(interval)}"
        _find(case, book, "error-before-consistent", (interval,), sentence)
    for field, (old, earlier, new, later) in sorted(status.changed.items()):
        first, then = f"as {old} to {book.when(earlier)}", f"as {new} to {book.when(later)}"
        sentence = f"the record of upload {name} showed {field} {first} and {then}"
        _find(case, book, "field-changed", (earlier, later), sentence, detail=field)
    if status.good is not None and status.bad is not None:
        sentence = (
            f"the record of upload {name} was consistent without an error to {book.when(status.good)} and with one to "
            f"{book.when(status.bad)}"
        )
        _find(case, book, "verdict-changed", (status.good, status.bad), sentence)
    for said, stated, what in ((status.good, sight.bad, "no error"), (status.bad, sight.ok, "an error")):
        if said is not None and stated is not None:
            answer = "integrity" if stated is sight.bad else "200"
            sentence = (
                f"the record of upload {name} showed {what} to {book.when(said)}, but a url endpoint answered "
                f"{answer} to "
                f"{book.when(stated)}"
            )
            _find(case, book, "verdict-differs", (said, *sight.link(stated), stated), sentence)
    _sessions(case, book)


def _sessions(case: Case, book: Book) -> None:
    status, sight, name = case.upload.status, case.sight, short(case.name)
    for session, (consistent, pending) in sorted(status.sessions.items()):
        stated, nc = sight.sessions.get(session, (None, None))
        pairs: tuple[tuple[Interval | None, Interval | None, str, str], ...] = (
            (consistent, pending, "was consistent", "was not any more"),
            (consistent, nc, "was consistent", "was told resource_not_consistent"),
            (stated, pending, "was told the verdict", "saw the record not consistent"),
        )
        for earlier, later, one, other in pairs:
            if earlier is not None and later is not None and crossing(later, earlier):
                sentence = f"upload {name}: {one} for {book.when(earlier)}, {other} for {book.when(later)}"
                evidence = (*sight.link(earlier, later), earlier, later)
                _find(case, book, "record-disagrees", evidence, sentence, detail=session)
                break


def _find(case: Case, book: Book, rule: str, evidence: tuple[Interval, ...], sentence: str, detail: str = "") -> None:  # noqa: PLR0913, PLR0917 - the parts of one decision, each named
    book.find(
        _REQUIREMENT, rule, case.name, evidence, sentence, expected="one consistent record", observed="a contradiction",
        detail=detail, upload=case.name, field=detail,
    )  # fmt: skip


_OCCASIONS = "uploads whose record reports consistency and whose verdict is known"
RULES = (
    Rule(
        "error-before-consistent", _REQUIREMENT, Need.UPLOAD, recorded,
        lambda p: record(p.cited[0], "error_on") is not None and record(p.cited[0], "is_consistent") is not True,
        occasions=_OCCASIONS,
    ),
    Rule(
        "field-changed", _REQUIREMENT, Need.UPLOAD, recorded,
        lambda p: record(p.cited[0], p.numbers["field"]) != record(p.cited[1], p.numbers["field"]),
        occasions=_OCCASIONS,
    ),
    Rule(
        "verdict-changed", _REQUIREMENT, Need.UPLOAD, recorded,
        lambda p: record(p.cited[0], "is_consistent") is True and record(p.cited[0], "error_on") is None
        and record(p.cited[1], "error_on") is not None,
        occasions=_OCCASIONS,
    ),
    Rule(
        "verdict-differs", _REQUIREMENT, Need.UPLOAD, recorded,
        lambda p: record(p.cited[0], "is_consistent") is True and not agree(p.cited[0], p.cited[-1]),
        occasions=_OCCASIONS,
    ),
    Rule(
        "record-disagrees", _REQUIREMENT, Need.UPLOAD, recorded,
        lambda p: before(p.cited[-2], p.cited[-1]) and same_session(p.cited[-2], p.cited[-1])
        and (answers(p.cited[-1], "nc") or record(p.cited[-1], "is_consistent") is not True),
        occasions=_OCCASIONS     ),
)  # fmt: skip
