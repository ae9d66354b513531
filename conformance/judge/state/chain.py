"""A chain: one resource that only moves forward, at instants which nobody outside the server sees.

    OPEN --(instant 1: somebody's completion takes effect)--> PENDING --(instant 2: it converges)--> GOOD | BAD

Every answer bounds one of the two instants from one side. An answer of the state *before* an instant that began at `a`
says that the instant is not before `a`; an answer of the state *after* it that ended at `b` says that it is not after
`b`. The latest beginning and the earliest end are all that counts, so four numbers hold a history of any length:

    L1 = the latest of: it was seen open; the first attempt to complete it that may have taken effect began
    U1 = the earliest of: a completion was acknowledged; it was seen past completion; a verdict was answered
    L2 = the latest not-consistent answer's beginning
    U2 = the earliest verdict's end

Instants that explain every answer exist if and only if ``L1 <= U1``, ``L2 <= U2`` and there is one verdict at most.
Where two bounds cross, the two operations that drew them are the evidence. The convergence lag is at least ``L2`` less
the acknowledgement's end and at most ``U2`` less the first attempt's beginning; the least staleness of reads that
explains the order of not-consistent and verdict is ``L2 - U2``.

An upload is such a chain, over all its endpoints, at one endpoint, or in one session. So is a project with one of its
storage providers, whose instant 1 is its creation and whose GOOD is an upload created there. The file that was switched
has one chain for each candidate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from conformance.api.answers import Answer, Effect
from conformance.judge.state.interval import NEVER, SECOND, Interval, first, last
from conformance.judge.state.resources import Reads, Upload

SINCE = -NEVER
"""Before any time of a history."""


class Bounds(NamedTuple):
    """The four numbers (ns): of one chain as integers, or of many at once as arrays."""

    l1: Any
    u1: Any
    l2: Any
    u2: Any

    @property
    def crossed(self) -> Any:
        """Whether no instants explain the order of the answers."""
        return (self.l1 > self.u1) | (self.l2 > self.u2)


class Crossing(NamedTuple):
    """Two answers that no single instant explains: `earlier` shows the later state, `later` the earlier one."""

    earlier: Interval
    later: Interval

    @property
    def staleness_s(self) -> float:
        """The least staleness of reads (s) that explains them."""
        return (self.later.begun_ns - self.earlier.ended_ns) / SECOND


def crossing(lower: Interval | None, upper: Interval | None) -> Crossing | None:
    """Return the crossing of what shows an instant not yet come and what shows it past; None where they agree.

    Intervals that touch agree.
    """
    if lower is None or upper is None or lower.begun_ns <= upper.ended_ns:
        return None
    return Crossing(upper, lower)


@dataclass(frozen=True, slots=True)
class Chain:
    """The operations that draw the bounds of one resource.

    `started` is the attempt that began first of those that may have started the wait, `done` the acknowledgement of one
    that ended first; `open` and `closed` what the resource's own record shows of instant 1; `waiting` the
    not-consistent answer that began last; `good` and `bad` the verdicts that ended first.
    """

    started: Interval | None = None
    done: Interval | None = None
    open: Interval | None = None
    closed: Interval | None = None
    waiting: Interval | None = None
    good: Interval | None = None
    bad: Interval | None = None

    @property
    def verdict(self) -> Interval | None:
        """The verdict that ended first."""
        return first(self.good, self.bad)

    @property
    def unfinished(self) -> Interval | None:
        """What draws L1."""
        return last(self.open, self.started)

    @property
    def past(self) -> Interval | None:
        """What draws U1."""
        return first(first(self.closed, self.verdict), self.done)

    @property
    def bounds(self) -> Bounds:
        """The four numbers."""
        unfinished, past, waiting, verdict = self.unfinished, self.past, self.waiting, self.verdict
        return Bounds(
            unfinished.begun_ns if unfinished else SINCE,
            past.ended_ns if past else NEVER,
            waiting.begun_ns if waiting else SINCE,
            verdict.ended_ns if verdict else NEVER,
        )

    @property
    def explainable(self) -> bool:
        """Whether some hidden instants explain every answer in real time."""
        return not (self.good and self.bad) and not self.bounds.crossed

    def disorder(self) -> Crossing | None:
        """Return what crosses at instant 1."""
        return crossing(self.unfinished, self.past)

    def relapse(self) -> Crossing | None:
        """Return what crosses at instant 2: a not-consistent answer that began after a verdict had ended."""
        return crossing(self.waiting, self.verdict)

    def overdue(self, bound: int, *links: Interval | None) -> Interval | None:
        """Return the not-consistent answer that began later than `bound` (ns) after the acknowledgement.

        `links` are what had to be acknowledged as well. None where nothing was acknowledged, or nothing is overdue.
        """
        deadline = self.deadline(bound, *links)
        late = self.waiting is not None and deadline is not None and self.waiting.begun_ns > deadline
        return self.waiting if late else None

    def deadline(self, bound: int, *links: Interval | None) -> int | None:
        """Return when (ns) the truth is due; None while something needed was not acknowledged."""
        needed = (self.done, *links)
        if any(one is None for one in needed):
            return None
        return max(one.ended_ns for one in needed if one is not None) + bound

    def lag(self) -> tuple[float, float | None]:
        """Return what the lag (s) is at least and at most; None for the latter where no verdict was seen."""
        verdict, started = self.verdict, self.started
        acknowledged = self.done.ended_ns if self.done else NEVER
        least = max(0, self.waiting.begun_ns - acknowledged) / SECOND if self.waiting else 0.0
        if verdict is None or started is None:
            return least, None
        most = max(0, verdict.ended_ns - started.begun_ns) / SECOND
        return min(least, most), most

    def allows(self, interval: Interval, answered: Answer) -> bool:
        """Whether one more answer in `interval` would leave the chain explainable."""
        if answered is Answer.NC:
            return crossing(interval, self.verdict) is None
        opposite = self.bad if answered is Answer.DONE else self.good
        return opposite is None and crossing(self.started, interval) is None

    def at(self, reads: Reads) -> Chain:
        """Return the chain as one endpoint showed it."""
        return Chain(self.started, self.done, self.open, self.closed, reads.nc, reads.ok, reads.bad)


def done_first(upload: Upload) -> Interval | None:
    """Return the answer that ended first of those that say that the upload is completed, by whomever."""
    found: Interval | None = None
    for one in upload.completes.values():
        if one.effect in (Effect.DONE, Effect.SOMEBODY):
            found = first(found, one.interval)
    return found


def attempt_first(upload: Upload) -> Interval | None:
    """Return the attempt to complete that began first, of those that may have taken effect.

    One that was refused because it is so already may itself have been delivered twice, and so is among them.
    """
    return min((one.interval for one in upload.completes.values() if one.effect is not Effect.NONE), default=None)


def chain_of_upload(
    upload: Upload, waiting: Interval | None = None, good: Interval | None = None, bad: Interval | None = None
) -> Chain:
    """Return the chain of an upload; `waiting`, `good` and `bad` are what the url endpoints showed."""
    return Chain(attempt_first(upload), done_first(upload), upload.open, upload.closed, waiting, good, bad)


def chain_of_project(created: Interval | None, reads: Reads) -> Chain:
    """Return the chain of a project with one storage provider, by the answers of creating uploads there."""
    return Chain(created, created, waiting=reads.nc, good=reads.ok)
