"""The rules about older versions: each stays what it was, and may be read, until it is deleted."""

from __future__ import annotations

from conformance.judge.findings import Book, short
from conformance.judge.rechecks import answers, before, repoints
from conformance.judge.rule import Case, Context, Need, Rule
from conformance.judge.rules.excuses import MAY_BE_DELETED, NOT_FOR_GOOD, WAIT_BEGUN_ANEW, WITHIN_THE_BOUND
from conformance.judge.state.chain import crossing
from conformance.judge.state.expected import Truth
from conformance.judge.state.observed import Endpoint
from conformance.judge.state.resources import Version

_OLDER = "superseded versions read afterwards"


def old_versions(case: Case, context: Context, book: Book) -> None:
    """Convict a server that no longer gives an older live version once a newer one was attached."""
    for endpoint in case.sight.endpoints:
        _old_version(case, endpoint, context, book)


def _old_version(case: Case, endpoint: Endpoint, context: Context, book: Book) -> None:
    switch, reads = endpoint.superseded, endpoint.reads
    if switch is None or (case.known.truth is not Truth.GOOD and reads.ok is None):
        return
    gone = reads.gone if crossing(reads.gone, switch) else None
    waited = case.chain.deadline(context.bound, switch)
    nc = reads.nc if reads.nc and waited and crossing(reads.nc, reads.ok) and reads.nc.begun_ns > waited else None
    if nc and WAIT_BEGUN_ANEW.holds(case.rewrites, nc, context.bound):
        nc = None
    served = crossing(reads.ok_last, switch)
    for_good = waited is not None and not NOT_FOR_GOOD.holds(
        reads.failing, reads.latest, waited, context.answered_last, context.bound, reads.failing_from
    )
    wrong = gone or nc or (reads.failing[-1] if for_good else None)
    if served or wrong:
        book.expose("old-version-downloadable")
    if wrong is None:
        return
    what = "a plain 404" if gone else "resource_not_consistent" if nc else "nothing but errors"
    links = (endpoint.linked,) if endpoint.linked else ()
    sentence = (
        f"version {short(reads.id)} of upload {short(case.name)} was superseded ({book.when(switch)}) and not deleted, "
        f"yet it answered {what} to {book.when(wrong)}"
    )
    book.find(
        "old-version-downloadable", "old-version-gone", reads.id,
        (*links, *((reads.ok,) if reads.ok and crossing(wrong, reads.ok) else ()), switch, wrong), sentence,
        expected="200", observed=what, upload=case.name, switch_b_ns=switch.ended_ns, read_a_ns=wrong.begun_ns,
    )  # fmt: skip


def repointed(version: Version, _context: Context, book: Book) -> None:
    """Convict a server that acknowledged one version for two uploads: the older is then a version of nothing.

    Each answer says itself whose version it is; one that shows the version before, as it was, shows nothing.
    """
    if len(version.named) < 2:
        return
    (one, upload), (other, newer) = sorted((interval, name) for name, interval in version.named.items())[:2]
    book.expose("old-version-downloadable")
    sentence = (
        f"version {short(version.id)} was acknowledged as one of upload {short(upload)} ({book.when(one)}) and then of "
        f"upload {short(newer)} ({book.when(other)}), so that the older version is no more"
    )
    book.find(
        "old-version-downloadable", "version-repointed", version.id, (one, other), sentence, expected="a new version",
        observed="the same version", upload=newer, version=version.id,
    )  # fmt: skip


RULES = (
    Rule(
        "old-version-gone", "old-version-downloadable", Need.UPLOAD, old_versions,
        lambda p: answers(p.cited[-2], "2xx") and before(p.cited[-2], p.cited[-1])
        and not answers(p.cited[-1], "2xx", "none"),
        occasions=_OLDER, excuses=(WITHIN_THE_BOUND, NOT_FOR_GOOD, WAIT_BEGUN_ANEW, MAY_BE_DELETED),
    ),
    Rule(
        "version-repointed", "old-version-downloadable", Need.VERSION, repointed,
        lambda p: answers(p.cited[0], "2xx") and answers(p.cited[1], "2xx")
        and repoints(p.cited[0], p.cited[1], p.numbers["version"]),
        occasions=_OLDER,
    ),
)  # fmt: skip
