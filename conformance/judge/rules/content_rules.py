"""The rules about bytes: what a 200's signed url yields is exactly what was stored, parts in number order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from conformance.judge.findings import Book, short
from conformance.judge.rechecks import answers, follows, served, without_url
from conformance.judge.rule import Case, Context, Need, Rule
from conformance.judge.rules.excuses import (
    CAME_BACK,
    CHANGED_SINCE,
    MAY_BE_DELETED,
    OUT_OF_REACH,
    REFUSED_A_WHILE,
    TRUTH_UNKNOWN,
    USED_LATE,
    WITHIN_THE_BOUND,
)
from conformance.judge.state.expected import expected_bytes
from conformance.judge.state.observed import Endpoint, Sight
from conformance.judge.state.resources import NOT_FOUND, Download


def exact(case: Case, context: Context, book: Book) -> None:
    """Convict a server whose 200 leads to other bytes: a warning within the bound, a failure later."""
    wanted, ok = expected_bytes(case.upload, case.known), case.sight.ok
    if wanted is None or ok is None:
        return
    downloads = compared(case, context)
    for endpoint, download in downloads:
        if _octets(download) != wanted:
            late = not WITHIN_THE_BOUND.holds(download.fetched, ok, context.bound)
            late = late and not _came_back(endpoint, download, wanted)
            _differs(case, book, endpoint, download, wanted, late=late)
    if downloads:
        book.expose("bytes-exact")
        book.expose("bytes-at-once")


def compared(case: Case, context: Context) -> list[tuple[Endpoint, Download]]:
    """Return what speaks of the bytes of an upload whose bytes are known, in the order in which it was fetched."""
    if case.sight.ok is None or expected_bytes(case.upload, case.known) is None:
        return []
    every = sorted(_downloads(case.sight, context), key=lambda one: one[1].fetched)
    return [one for one in every if not CHANGED_SINCE.holds(case.known, one[1].fetched)]


def _octets(download: Download) -> tuple[int, str] | None:
    return (download.octets.bytes, download.octets.md5) if download.octets is not None else None


def _downloads(sight: Sight, context: Context) -> Iterator[tuple[Endpoint, Download]]:
    """Return what speaks of the bytes at each endpoint.

    What is gone once a deletion may have taken effect is legal; other bytes never are. A refusal tells nothing by
    itself, and a storage provider that refuses everything may be out of this client's reach.
    """
    for endpoint in sight.endpoints:
        in_time = [one for one in endpoint.reads.downloads if not USED_LATE.holds(one)]
        for one in in_time:
            gone = one.octets is None and one.refused in (None, NOT_FOUND)
            gone = gone and not MAY_BE_DELETED.holds(one.fetched, endpoint.doomed)
            if one.octets is not None or gone:
                yield endpoint, one
        denial = None if OUT_OF_REACH.holds(context.world.served) else _denied(in_time, context.bound)
        if denial and not MAY_BE_DELETED.holds(denial.fetched, endpoint.doomed):
            yield endpoint, denial


def _denied(downloads: Iterable[Download], bound: int) -> Download | None:
    """Give the last refusal, if the storage provider refused whatever was asked for the length of the bound."""
    run: list[Download] = []
    for one in sorted(downloads, key=lambda one: one.fetched):
        run = [*run, one] if one.octets is None and one.refused else []
    return None if REFUSED_A_WHILE.holds(run, bound) or run[-1].refused == NOT_FOUND else run[-1]


def _came_back(endpoint: Endpoint, gone: Download, wanted: tuple[int, str]) -> bool:
    return CAME_BACK.holds(gone, [one for one in endpoint.reads.downloads if _octets(one) == wanted])


def _differs(  # noqa: PLR0913 - the parts of one decision, each named
    case: Case, book: Book, endpoint: Endpoint, download: Download, wanted: tuple[int, str], *, late: bool
) -> None:
    got = download.octets
    refusal = "no url" if download.refused is None else str(download.refused)
    what = f"{got.bytes} bytes with MD5 {got.md5[:8]}…" if got else f"nothing ({refusal})"
    sentence = (
        f"upload {short(case.name)} answered 200, and its url yielded {what} to {book.when(download.fetched)} "
        f"instead of "
        f"the {wanted[0]} bytes with MD5 {wanted[1][:8]}… that were stored"
    )
    links = (endpoint.linked,) if endpoint.linked else ()
    rule = "other-bytes" if got or download.refused == NOT_FOUND else "not-served" if download.refused else "no-url"
    book.find(
        "bytes-exact" if late else "bytes-at-once", rule, case.name,
        (*case.known.proof[-1:], *links, download.given, download.fetched), sentence,
        expected=f"{wanted[0]} bytes, {wanted[1]}", observed=f"{got.bytes} bytes, {got.md5}" if got else refusal,
        upload=case.name, expected_bytes=wanted[0],
        expected_md5=wanted[1], observed_bytes=got.bytes if got else None, observed_md5=got.md5 if got else None,
        fetched_a_ns=download.fetched.begun_ns,
    )  # fmt: skip


_COMPARED = "good uploads whose bytes were compared"
_AT_ONCE = "good uploads downloaded within the bound"

OTHER_BYTES = Rule(
    "other-bytes", "bytes-exact", Need.UPLOAD, exact,
    lambda p: follows(p.cited[-2], p.cited[-1])
    and served(p.cited[-1]) != (p.numbers.get("expected_bytes"), p.numbers.get("expected_md5")),
    occasions=_COMPARED, excuses=(TRUTH_UNKNOWN, CHANGED_SINCE, WITHIN_THE_BOUND, CAME_BACK, USED_LATE, MAY_BE_DELETED),
)  # fmt: skip
NOT_SERVED = Rule(
    "not-served", "bytes-exact", Need.UPLOAD, exact,
    lambda p: follows(p.cited[-2], p.cited[-1]) and answers(p.cited[-1], "400", "401", "403", "405", "409", "410"),
    occasions=_COMPARED,
    excuses=(TRUTH_UNKNOWN, WITHIN_THE_BOUND, CAME_BACK, OUT_OF_REACH, REFUSED_A_WHILE, USED_LATE, MAY_BE_DELETED),
)  # fmt: skip
NO_URL = Rule(
    "no-url", "bytes-exact", Need.UPLOAD, exact, lambda p: without_url(p.cited[-1]),
    occasions=_COMPARED, excuses=(TRUTH_UNKNOWN, WITHIN_THE_BOUND, CAME_BACK, MAY_BE_DELETED),
)  # fmt: skip
_LATE = (OTHER_BYTES, NOT_SERVED, NO_URL)
RULES = (*_LATE, *(replace(rule, requirement="bytes-at-once", occasions=_AT_ONCE) for rule in _LATE))
