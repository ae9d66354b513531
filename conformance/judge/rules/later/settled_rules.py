"""The rules about what was settled: the bytes of an upload that told its verdict do not change afterwards.

They are judged by two downloads, one after the other, both by urls that were given with a verdict. Where other bytes
may have come to lie in the store through a signed url alone, the server was at least not asked: that is a warning.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from conformance.api.answers import Effect
from conformance.judge.findings import Book, short
from conformance.judge.rechecks import answers, before, follows, is_shown_deleted, served
from conformance.judge.rule import Case, Context, Need, Rule
from conformance.judge.rules.excuses import (
    MAY_BE_DELETED,
    MAY_LIE_IN_THE_STORE,
    SHOWN_AGAIN,
    STILL_SETTLING,
    USED_LATE,
    WITHIN_THE_BOUND,
)
from conformance.judge.state.chain import crossing
from conformance.judge.state.expected import Truth, expected_bytes
from conformance.judge.state.interval import NEVER, Interval
from conformance.judge.state.observed import doomed_from, scope_of_version, unclear_from
from conformance.judge.state.parts import Write
from conformance.judge.state.resources import Download
from conformance.judge.state.stays import Look

FINAL, BY_STORE = "verdict-final", "verdict-final-store"


@dataclass(frozen=True, slots=True)
class Changed:
    """Two downloads of one upload, one after the other, that yielded different bytes."""

    earlier: Download
    later: Download


def bytes_stay(case: Case, context: Context, book: Book) -> None:
    """Convict a server whose upload yields other bytes than it yielded before, although its verdict was told."""
    if case.sight.ok is None:
        return
    found = sorted(_downloads(case), key=lambda one: one.fetched)
    if len(found) < 2:
        return
    stores = _stores(case)
    asked = any(write.interval.begun_ns < found[-1].fetched.begun_ns for write in stores)
    book.expose(BY_STORE if asked else FINAL)
    changed = _changed(case, context, found)
    if changed is not None:
        in_store = MAY_LIE_IN_THE_STORE.holds(case.upload, context.setting, stores, changed.later.fetched)
        _find(case, book, changed, BY_STORE if in_store else FINAL)


def _downloads(case: Case) -> Iterator[Download]:
    for endpoint in case.sight.endpoints:
        yield from (one for one in endpoint.reads.downloads if one.octets is not None and not USED_LATE.holds(one))


def _stores(case: Case) -> list[Write]:
    """Return the writes by which other bytes came to the store after the verdict, and not through a later call.

    A signed url that the API gave only after the verdict is the API's own doing.
    """
    verdict = case.sight.truth()
    stated = verdict.ended_ns if verdict else NEVER
    return [
        write for write in case.upload.afterwards
        if write.call == "storage_put" and write.interval.begun_ns >= case.known.until
        and not (write.given and write.given.begun_ns > stated and _is_chunks(case, write.given))
    ]  # fmt: skip


def _is_chunks(case: Case, given: Interval) -> bool:
    return any(one.call == "create_chunk" and one.interval == given for one in case.upload.afterwards)


def _changed(case: Case, context: Context, found: list[Download]) -> Changed | None:
    """Return the first download that yielded other bytes than an earlier one had, if a change explains it alone.

    Where the client knows what was stored, the earlier one must have yielded that: what is late is no change.
    """
    wanted = expected_bytes(case.upload, case.known)
    earlier = next((one for one in found if _is_settled(case, context, one, wanted)), None)
    if earlier is None:
        return None
    for later in found:
        if later.given.begun_ns > earlier.fetched.ended_ns and later.octets != earlier.octets:
            return Changed(earlier, later)
    return None


def _is_settled(case: Case, context: Context, one: Download, wanted: tuple[int, str] | None) -> bool:
    if wanted is not None:
        return one.octets is not None and (one.octets.bytes, one.octets.md5) == wanted
    return not STILL_SETTLING.holds(case, one, context.bound)


def _find(case: Case, book: Book, changed: Changed, requirement: str) -> None:
    earlier, later = changed.earlier, changed.later
    calls = sorted(
        (write.interval, write.call)
        for write in (*case.upload.afterwards, *case.upload.hashes)
        if write.interval.begun_ns <= later.fetched.ended_ns
    )
    asked = f", after {calls[-1][1]} ({book.when(calls[-1][0])})" if calls else ""
    sentence = (
        f"upload {short(case.name)} had told its verdict, and its url yielded {_said(earlier)} to "
        f"{book.when(earlier.fetched)} and {_said(later)} to {book.when(later.fetched)}{asked}"
    )
    rule = "bytes-changed" if requirement == FINAL else "bytes-changed-in-store"
    book.find(
        requirement, rule, case.name, (earlier.given, earlier.fetched, later.given, later.fetched), sentence,
        expected="the same bytes for ever", observed="other bytes", upload=case.name,
        changed_by=calls[-1][1] if calls else "nothing that was sent", earlier_b_ns=earlier.fetched.ended_ns,
        later_a_ns=later.fetched.begun_ns,
    )  # fmt: skip


def stays_there(look: Look, context: Context, book: Book) -> None:
    """Convict a server that shows a project, file or version, and then never again, although nobody deleted it."""
    created, doomed = _scope(look, context)
    if created is None or look.seen is None:
        return
    if any(one is not None and one.begun_ns > created.ended_ns + context.bound for one in (look.seen_last, look.gone)):
        book.expose(FINAL)
    gone = look.gone
    if gone is None or crossing(gone, look.seen) is None or MAY_BE_DELETED.holds(gone, doomed):
        return
    if WITHIN_THE_BOUND.holds(gone, created, context.bound) or SHOWN_AGAIN.holds(look):
        return
    sentence = (
        f"{look.kind} {short(look.id)} was shown to {book.when(look.seen)}, and although nobody had deleted it, it was "
        f"gone to {book.when(gone)} and not shown again"
    )
    book.find(
        FINAL, "vanished", look.id, dict.fromkeys((created, look.seen, gone)), sentence, expected="what was made",
        observed="nothing", detail=look.kind, kind=look.kind, created_b_ns=created.ended_ns, gone_a_ns=gone.begun_ns,
    )  # fmt: skip


def _scope(look: Look, context: Context) -> tuple[Interval | None, int]:
    """Return what acknowledged it to its owner, and from when (ns) on it may be gone.

    None for a version that is not good, which may be cleared away: nobody promised to keep it.
    """
    world = context.world
    if look.kind == "project":
        project = world.projects.get(look.id)
        return (project.created, doomed_from(project.deletes)[0]) if project else (None, NEVER)
    if look.kind == "file":
        file = world.files.get(look.id)
        uploads = [s.upload for s in file.switches.values() if s.effect is not Effect.NONE] if file else []
        if file is None or not all(_is_good(name, context) for name in uploads):
            return None, NEVER
        return file.created, unclear_from(world, file)
    version = world.versions.get(look.id)
    if version is None or version.conflicting or not _is_good(version.upload, context):
        return None, NEVER
    return version.acknowledged, scope_of_version(world, version)[0]


def _is_good(upload: str, context: Context) -> bool:
    case = context.cases.get(upload)
    return case is not None and case.known.truth is Truth.GOOD


def _said(download: Download) -> str:
    octets = download.octets
    return f"{octets.bytes} bytes with MD5 {octets.md5[:8]}…" if octets else "nothing"


_RETAINED = "uploads downloaded again after their verdict, and what was looked at again later than the bound"


_SENT_AGAIN = "uploads downloaded again after other bytes were sent to the store"


def _rule(name: str, requirement: str) -> Rule:
    return Rule(
        name, requirement, Need.UPLOAD, bytes_stay,
        lambda p: len(p.cited) == 4 and answers(p.cited[0], "2xx") and answers(p.cited[2], "2xx")
        and follows(p.cited[0], p.cited[1]) and follows(p.cited[2], p.cited[3]) and before(p.cited[1], p.cited[2])
        and None is not served(p.cited[1]) != served(p.cited[3]) is not None,
        occasions=_RETAINED if requirement == FINAL else _SENT_AGAIN,
        excuses=(MAY_LIE_IN_THE_STORE, STILL_SETTLING, USED_LATE), since=2,
    )  # fmt: skip


VANISHED = Rule(
    "vanished", FINAL, Need.LOOKS, stays_there,
    lambda p: answers(p.cited[0], "2xx") and answers(p.cited[-2], "2xx") and before(p.cited[-2], p.cited[-1])
    and before(p.cited[0], p.cited[-1], p.bound) and (answers(p.cited[-1], "404") or is_shown_deleted(p.cited[-1])),
    occasions=_RETAINED, excuses=(WITHIN_THE_BOUND, SHOWN_AGAIN, MAY_BE_DELETED), since=2,
)  # fmt: skip
RULES = (_rule("bytes-changed", FINAL), _rule("bytes-changed-in-store", BY_STORE), VANISHED)
