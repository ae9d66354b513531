"""The rule about a 200 that nobody can use: every download of a good upload's urls fails, whatever the failure.

One failure tells nothing, and the storage provider as a whole may be out of reach. What counts is that fresh urls, each
used once and at once, all fail for longer than the bound, while the like of them are served.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from conformance.judge.findings import Book, short
from conformance.judge.recounts.unusable_urls import unusable_again
from conformance.judge.rule import Case, Context, Need, Rule
from conformance.judge.rules.excuses import MAY_BE_DELETED, TRUTH_UNKNOWN, USED_LATE
from conformance.judge.rules.patterns.pattern_excuses import (
    BY_CHANCE,
    FAILED_A_WHILE,
    LIKE_IT,
    OTHERS_FAIL_TOO,
    OWN_DOING,
    UNOBEYED,
)
from conformance.judge.state.expected import Truth
from conformance.judge.state.interval import SECOND
from conformance.judge.state.observed import Endpoint
from conformance.judge.state.resources import Download


@dataclass(frozen=True, slots=True)
class _Span:
    """The time (ns) in which downloads failed."""

    begun_ns: int
    ended_ns: int

    def holds(self, download: Download) -> bool:
        """Whether a download lies within."""
        return self.begun_ns <= download.fetched.begun_ns and download.fetched.ended_ns <= self.ended_ns


def unusable(case: Case, context: Context, book: Book) -> None:
    """Convict a server whose 200s for a good upload lead to nothing at one endpoint for longer than the bound."""
    if TRUTH_UNKNOWN.holds(case.known) or case.known.truth is not Truth.GOOD:
        return
    for endpoint in case.sight.endpoints:
        run = failures(endpoint)
        if (
            not run
            or FAILED_A_WHILE.holds([one.fetched for one in run], context.bound)
            or not any(one.failed for one in run)
        ):
            continue
        span = _Span(run[0].fetched.begun_ns, run[-1].fetched.ended_ns)
        served = _served(case, context, span)
        by_chance = BY_CHANCE.holds(len(run), _now_and_then(context, endpoint))
        if not (by_chance or OTHERS_FAIL_TOO.holds(reached=served is not None)):
            _tell(case, endpoint, run, served or "", book)


def is_unusable(case: Case, bound: int) -> bool:
    """Whether the urls of one endpoint led to nothing for longer than the bound (ns): then others are looked at."""
    return any(
        not FAILED_A_WHILE.holds([one.fetched for one in failures(endpoint)], bound)
        for endpoint in case.sight.endpoints
    )


def failures(endpoint: Endpoint) -> list[Download]:
    """Return the last downloads in a row that brought no bytes, one for each url given, with every wait obeyed."""
    if not endpoint.reads.failed:
        return []
    run: list[Download] = []
    used: set[str] = set()
    for one in sorted((*endpoint.reads.downloads, *endpoint.reads.failed), key=lambda one: one.fetched):
        again = one.given.operation in used
        used.add(one.given.operation)
        if one.octets is not None:
            run = []
        elif not (again or USED_LATE.holds(one) or MAY_BE_DELETED.holds(one.fetched, endpoint.doomed)):
            before, wait_s = (run[-1].fetched, run[-1].wait_s) if run else (None, 0.0)
            run += [] if UNOBEYED.holds(before, wait_s, one.fetched) else [one]
    return run


def _bytes(case: Case) -> Iterator[Download]:
    return (one for endpoint in case.sight.endpoints for one in endpoint.reads.downloads if one.octets is not None)


def _tried(case: Case) -> Iterator[Download]:
    return (one for endpoint in case.sight.endpoints for one in (*endpoint.reads.downloads, *endpoint.reads.failed))


def _served(case: Case, context: Context, span: _Span) -> str | None:
    """Say what shows that the storage provider was within reach; None where nothing does.

    Others count meanwhile. Where nobody else tried meanwhile, what they were served before counts.
    """
    kin = [other for other in context.cases.values() if _is_kin(other, case)]
    before = [other for other in kin if any(one.fetched.ended_ns <= span.ended_ns for one in _bytes(other))]
    alone = not any(span.holds(one) for other in kin for one in _tried(other))
    if any(span.holds(one) for one in _bytes(case)):
        return "the same upload was served through another url"
    meanwhile = alone or any(span.holds(one) for other in context.cases.values() for one in _bytes(other))
    if len(before) >= LIKE_IT and meanwhile:
        return f"{len(before)} others of its kind were served"
    elsewhere = any(one.fetched.ended_ns <= span.ended_ns for one in _bytes(case))
    return "the same upload had been served" if elsewhere and meanwhile else None


def _now_and_then(context: Context, but: Endpoint) -> float:
    """Return the share of downloads that broke off at other endpoints, those that brought bytes at other times."""
    served = failed = 0
    for case in context.cases.values():
        for endpoint in case.sight.endpoints:
            came = sum(one.octets is not None for one in endpoint.reads.downloads)
            if came and endpoint.reads is not but.reads:
                served += came
                failed += len(endpoint.reads.failed) + len(endpoint.reads.downloads) - came
    return failed / (served + failed) if failed else 0.0


def _is_kin(other: Case, case: Case) -> bool:
    mine, theirs = case.upload, other.upload
    return other is not case and (mine.chunked, mine.provider) == (theirs.chunked, theirs.provider)


def _tell(case: Case, endpoint: Endpoint, run: Sequence[Download], served: str, book: Book) -> None:
    last = run[-1]
    how = ", ".join(sorted({one.failed or str(one.refused or "no url") for one in run}))
    spread = (last.fetched.begun_ns - run[0].fetched.ended_ns) / SECOND
    sentence = (
        f"{endpoint.reads.kind} of the good upload {short(case.name)} answers 200, and none of its last {len(run)} "
        f"fresh urls yielded the bytes, for {spread:.1f} s and longer than the bound ({how}; last to "
        f"{book.when(last.fetched)}), while {served}"
    )
    book.expose("bytes-exact")
    book.find(
        "bytes-exact", "url-unusable", case.name, (run[0].given, run[0].fetched, last.given, last.fetched), sentence,
        expected="the stored bytes", observed=how, detail=endpoint.reads.kind, upload=case.name, tries=len(run),
        spread_s=spread, kind=endpoint.reads.kind,
    )  # fmt: skip


RULES = (
    Rule(
        "url-unusable", "bytes-exact", Need.UPLOAD, unusable, unusable_again,
        occasions="good uploads whose bytes were compared", pattern=True,
        since=2,
        excuses=(
            TRUTH_UNKNOWN, FAILED_A_WHILE, BY_CHANCE, OWN_DOING, UNOBEYED, OTHERS_FAIL_TOO, USED_LATE, MAY_BE_DELETED,
        ),
    ),
)  # fmt: skip
