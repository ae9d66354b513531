"""The rule about an upload's own record (``GET /uploads/{id}``), where a target reports these fields.

`is_consistent` agrees with the url endpoints, `error_on` comes only with it, and nothing changes once set. Staleness
between clients is not held against the record: only contradictions for good, or within one session, are.
"""

from __future__ import annotations

from conformance.judge.findings import Book, short
from conformance.judge.rules.upload_rules import Case
from conformance.judge.state.interval import Interval

_REQUIREMENT = "status-record"


def recorded(case: Case, book: Book) -> None:
    """Convict a server whose record of an upload contradicts itself or the url endpoints."""
    record, sight = case.upload.status, case.sight
    if not record.reported and not record.fields:
        return
    if record.reported and sight.truth() is not None:
        book.expose(_REQUIREMENT)
    name = short(case.name)
    if record.early_error is not None:
        interval = record.early_error
        sentence = f"the record of upload {name} showed error_on without is_consistent to {book.when(interval)}"
        _find(case, book, "error-before-consistent", (interval,), sentence)
    for field, (old, earlier, new, later) in sorted(record.changed.items()):
        first, then = f"as {old} to {book.when(earlier)}", f"as {new} to {book.when(later)}"
        sentence = f"the record of upload {name} showed {field} {first} and {then}"
        _find(case, book, "field-changed", (earlier, later), sentence, detail=field)
    if record.good is not None and record.bad is not None:
        sentence = (
            f"the record of upload {name} was consistent without an error to {book.when(record.good)} and with one to "
            f"{book.when(record.bad)}"
        )
        _find(case, book, "verdict-changed", (record.good, record.bad), sentence)
    for said, told, what in ((record.good, sight.bad, "no error"), (record.bad, sight.ok, "an error")):
        if said is not None and told is not None:
            answer = "integrity" if told is sight.bad else "200"
            sentence = (
                f"the record of upload {name} showed {what} to {book.when(said)}, but a url endpoint answered "
                f"{answer} to "
                f"{book.when(told)}"
            )
            _find(case, book, "verdict-differs", (said, *sight.link(told), told), sentence)
    _sessions(case, book)


def _sessions(case: Case, book: Book) -> None:
    record, sight, name = case.upload.status, case.sight, short(case.name)
    for session, (consistent, pending) in sorted(record.sessions.items()):
        told, nc = sight.sessions.get(session, (None, None))
        pairs: tuple[tuple[Interval | None, Interval | None, str, str], ...] = (
            (consistent, pending, "was consistent", "was not any more"),
            (consistent, nc, "was consistent", "was told resource_not_consistent"),
            (told, pending, "was told the verdict", "saw the record not consistent"),
        )
        for earlier, later, one, other in pairs:
            if earlier is not None and later is not None and later.begun_ns > earlier.ended_ns:
                sentence = f"upload {name}: {one} for {book.when(earlier)}, {other} for {book.when(later)}"
                evidence = (*sight.link(earlier, later), earlier, later)
                _find(case, book, "record-disagrees", evidence, sentence, detail=session)
                break


def _find(case: Case, book: Book, rule: str, evidence: tuple[Interval, ...], sentence: str, detail: str = "") -> None:  # noqa: PLR0913, PLR0917 - the parts of one decision, each named
    book.find(
        _REQUIREMENT, rule, case.name, evidence, sentence, expected="one consistent record", observed="a contradiction",
        detail=detail, upload=case.name, field=detail,
    )  # fmt: skip
