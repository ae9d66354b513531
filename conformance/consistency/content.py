"""The rules about bytes: what a 200's signed url yields is exactly what was stored, parts in number order."""

from __future__ import annotations

from conformance.consistency.book import Book, short
from conformance.consistency.marks import SECOND, Mark
from conformance.consistency.sight import Sight
from conformance.consistency.state import Download
from conformance.consistency.truth import expected_bytes
from conformance.consistency.uploads import Case

IN_TIME = 60 * SECOND
"""A signed url is good for minutes; one used later than this after it was given may have expired."""


def exact(case: Case, book: Book, bound: int) -> bool:
    """Convict a server whose 200 leads to other bytes: a warning within the bound, a failure later. Say if compared."""
    wanted, ok = expected_bytes(case.upload, case.known), case.sight.ok
    if wanted is None or ok is None:
        return False
    compared, downloads = False, _downloads(case.sight)
    served = max((one.fetched[1] for one in downloads if _octets(one) == wanted), default=-1)
    for download in downloads:
        if download.fetched[0] - download.given[1] > IN_TIME:
            continue
        compared = True
        matches = _octets(download) == wanted
        late = download.fetched[0] > ok[1] + bound
        if download.octets is None and download.fetched[1] < served:
            late = False  # a storage replica that had it not yet, or had lost it for a while: it is not lost
        if not matches:
            _differs(case, book, download, wanted, ok, late=late)
    if compared:
        book.expose("bytes-exact")
        book.expose("bytes-at-once")
    return compared


def _octets(download: Download) -> tuple[int, str] | None:
    return (download.octets.bytes, download.octets.md5) if download.octets is not None else None


def _downloads(sight: Sight) -> list[Download]:
    # What is gone once a deletion may have taken effect is legal; other bytes never are.
    found = [
        download
        for endpoint in sight.endpoints
        for download in endpoint.reads.downloads
        if download.octets is not None or download.fetched[1] < endpoint.doomed
    ]
    return sorted(found, key=lambda download: download.fetched)


def _differs(case: Case, book: Book, download: Download, wanted: tuple[int, str], ok: Mark, *, late: bool) -> None:  # noqa: PLR0913 - the parts of one decision, each named
    got = download.octets
    what = f"{got.bytes} bytes with MD5 {got.md5[:8]}…" if got else "nothing (404)"
    sentence = (
        f"upload {short(case.name)} answered 200, and its url yielded {what} to {book.when(download.fetched)} "
        f"instead of "
        f"the {wanted[0]} bytes with MD5 {wanted[1][:8]}… that were stored"
    )
    links = [e.linked for e in case.sight.endpoints if e.linked and download in e.reads.downloads]
    proof = case.known.proof[-1:]
    book.find(
        "bytes-exact" if late else "bytes-at-once", "other-bytes", case.name,
        (*proof, *links[:1], download.given, download.fetched), sentence, expected=f"{wanted[0]} bytes, {wanted[1]}",
        observed=f"{got.bytes} bytes, {got.md5}" if got else "404", upload=case.name, expected_bytes=wanted[0],
        expected_md5=wanted[1], observed_bytes=got.bytes if got else None, observed_md5=got.md5 if got else None,
        first_ok_b_ns=ok[1], fetched_a_ns=download.fetched[0],
    )  # fmt: skip
