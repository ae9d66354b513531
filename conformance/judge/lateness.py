"""What can truly be said of a resource that told no truth in time: how the others fared, and whether it fell back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from conformance.judge.findings import Book, short
from conformance.judge.state.interval import SECOND, Interval, first, last
from conformance.judge.state.resources import Reads
from conformance.model import LagInterval


@dataclass(frozen=True, slots=True)
class Converged:
    """Who did converge within the bound: by kind of resource, each with the longest lag (s) that it may have needed.

    `elsewhere` gives count and longest lag by kind of those that were judged in bulk.
    """

    lags: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    elsewhere: Mapping[str, tuple[int, float]] = field(default_factory=dict)

    @classmethod
    def of(cls, lags: Iterable[LagInterval], bound_s: float, elsewhere: Mapping[str, tuple[int, float]]) -> Converged:
        """Gather those that converged: a lag's kind may say more (``good upload``) than a rule asks for."""
        found: dict[str, dict[str, float]] = {}
        for lag in lags:
            if lag.at_most_s is not None and lag.at_most_s <= bound_s:
                held = found.setdefault(lag.kind.rpartition(" ")[2], {})
                held[lag.subject] = max(held.get(lag.subject, 0.0), lag.at_most_s)
        return cls(found, elsewhere)

    def others(self, kind: str, name: str) -> tuple[str, int, float]:
        """Say how many of `kind`, `name` aside, converged in time, and how long (s) the slowest may have needed."""
        known = {subject: lag for subject, lag in self.lags.get(kind, {}).items() if subject != name}
        more, longest = self.elsewhere.get(kind, (0, 0.0))
        count, slowest = len(known) + more, max([*known.values(), longest])
        text = f" while {count} other{'s' if count > 1 else ''} needed at most {slowest:.1f} s" if count else ""
        return text, count, slowest


def overdue(  # noqa: PLR0913, PLR0917 - the parts of one sentence
    name: str, reads: Reads, late: Interval, since: int, bound_s: float, others: str, book: Book
) -> str:
    """Say what a read shows that began after the bound and was told not-consistent: never converged, or fell back.

    `since` is when (ns) the wait began: the upload was completed, and the endpoint was tied to it.
    """
    truth = first(reads.ok, reads.bad)
    if truth is None or truth.ended_ns >= late.begun_ns:
        begun = (late.begun_ns - since) / SECOND
        return (
            f"upload {short(name)} had not converged within {bound_s:g} s{others}: a read that began {begun:.3f} s "
            f"after completion was acknowledged answered resource_not_consistent to {book.when(late)}"
        )
    verdict, stated_after = "200" if truth is reads.ok else "integrity", max(0, truth.ended_ns - since) / SECOND
    return (
        f"upload {short(name)} told its verdict ({verdict}) to {book.when(truth)}, {stated_after:.3f} s after "
        f"completion was acknowledged, and fell back: {(late.begun_ns - truth.ended_ns) / SECOND:.3f} s after that "
        f"verdict, later than the bound of {bound_s:g} s{others}, it answered resource_not_consistent to "
        f"{book.when(late)}; {_afterwards(reads, late, book)}"
    )


def _afterwards(reads: Reads, late: Interval, book: Book) -> str:
    again = last(reads.ok_last, reads.bad_last)
    if again is None or again.begun_ns <= late.ended_ns:
        return "it was not seen to tell a verdict after that"
    return f"it told a verdict again to {book.when(again)}, {(again.ended_ns - late.begun_ns) / SECOND:.3f} s later"
