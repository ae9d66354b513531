"""The rules about bytes: what a 200's signed url yields is exactly what was stored, parts in number order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from conformance.judge.findings import Book, short
from conformance.judge.rules.upload_rules import Case
from conformance.judge.state.expected import expected_bytes
from conformance.judge.state.interval import SECOND
from conformance.judge.state.observed import Endpoint, Sight
from conformance.judge.state.resources import NOT_FOUND, Download

DENIALS = 6
"""Refusals in a row, spread over the bound, that are taken for lasting."""
IN_TIME = 60 * SECOND
"""A signed url is good for minutes; one used later than this after it was given may have expired."""


def exact(case: Case, book: Book, bound: int, *, served: bool) -> bool:
    """Convict a server whose 200 leads to other bytes: a warning within the bound, a failure later. Say if compared.

    `served` says that the storage provider served anything at all in this run.
    """
    wanted, ok = expected_bytes(case.upload, case.known), case.sight.ok
    if wanted is None or ok is None:
        return False
    downloads = sorted(_downloads(case.sight, bound, served=served), key=lambda one: one[1].fetched)
    for endpoint, download in downloads:
        if _octets(download) != wanted:
            late = download.fetched.begun_ns > ok.ended_ns + bound and not _came_back(endpoint, download, wanted)
            _differs(case, book, endpoint, download, wanted, late=late)
    if downloads:
        book.expose("bytes-exact")
        book.expose("bytes-at-once")
    return any(download.octets is not None for _, download in downloads)


def _octets(download: Download) -> tuple[int, str] | None:
    return (download.octets.bytes, download.octets.md5) if download.octets is not None else None


def _downloads(sight: Sight, bound: int, *, served: bool) -> Iterator[tuple[Endpoint, Download]]:
    """Give what speaks of the bytes at each endpoint.

    What is gone once a deletion may have taken effect is legal; other bytes never are. A refusal tells nothing by
    itself, and a storage provider that refuses everything may be out of this client's reach.
    """
    for endpoint in sight.endpoints:
        in_time = [one for one in endpoint.reads.downloads if one.fetched.begun_ns - one.given.ended_ns <= IN_TIME]
        for one in in_time:
            gone = one.octets is None and one.refused in (None, NOT_FOUND) and one.fetched.ended_ns < endpoint.doomed
            if one.octets is not None or gone:
                yield endpoint, one
        denial = _denied(in_time, bound) if served else None
        if denial and denial.fetched.ended_ns < endpoint.doomed:
            yield endpoint, denial


def _denied(downloads: Iterable[Download], bound: int) -> Download | None:
    """Give the last refusal, if the storage provider refused whatever was asked for the length of the bound."""
    run: list[Download] = []
    for one in sorted(downloads, key=lambda one: one.fetched):
        run = [*run, one] if one.octets is None and one.refused else []
    lasting = len(run) >= DENIALS and run[-1].fetched.begun_ns > run[0].fetched.ended_ns + bound
    return run[-1] if lasting and run[-1].refused != NOT_FOUND else None


def _came_back(endpoint: Endpoint, gone: Download, wanted: tuple[int, str]) -> bool:
    """Whether what was not there was served later: a storage replica had lost it for a while, nobody for ever."""
    later = (one for one in endpoint.reads.downloads if one.fetched.ended_ns > gone.fetched.ended_ns)
    return gone.octets is None and any(_octets(one) == wanted for one in later)


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
