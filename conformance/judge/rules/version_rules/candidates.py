"""Which switches of a file may explain a read: a small register with several candidates at any time.

A read is explained by some switch begun by its end. One that no later switch had definitely replaced before the read
began explains it at once; a replaced one explains it as a stale read, which is legal until the bound is over.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from conformance.api.answers import Answer, Effect
from conformance.judge.rule import Case, Context
from conformance.judge.rules.excuses import MAY_BE_DELETED
from conformance.judge.state.expected import Truth
from conformance.judge.state.intake import World
from conformance.judge.state.interval import NEVER, Interval
from conformance.judge.state.observed import doomed_from, scope_of_file
from conformance.judge.state.resources import File, Switch, Version

SERVED = "files read after a new version was attached and had settled"
"""The occasions on which a file may serve its new version."""
_SURE = frozenset({Effect.DONE, Effect.SOMEBODY})
"""Switches that were over by the end of their interval, whoever made them."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """The switches that may explain a read: those in force, and those that only a stale replica may still show."""

    current: tuple[Switch, ...]
    replaced: tuple[Switch, ...]


def candidates(file: File, a: int, b: int) -> Candidates:
    """Give the switches of `file` that may explain a read of ``[a, b]`` (ns)."""
    begun = [s for s in file.switches.values() if s.effect is not Effect.NONE and s.a <= b]
    definite = [s for s in begun if s.effect is Effect.DONE]
    current: list[Switch] = []
    replaced: list[Switch] = []
    for switch in sorted(begun, key=lambda s: (s.a, s.b, s.interval.operation)):
        gone = switch.effect in _SURE and any(t.a > switch.b and t.b < a for t in definite)
        (replaced if gone else current).append(switch)
    return Candidates(tuple(current), tuple(replaced))


def settled(switch: Switch, case: Case | None) -> int | None:
    """Return when (ns) a switch was acknowledged and its upload's completion too; None when one of them was not."""
    done = case.chain.done if case else None
    return max(switch.b, done.ended_ns) if done and switch.effect is Effect.DONE else None


@dataclass(frozen=True, slots=True)
class Murk:
    """From when until when (ns) nobody knows what a file points to: a version was deleted, perhaps its current one.

    It ends with an acknowledged switch that began when every such deletion was over.
    """

    since: int
    until: int

    @staticmethod
    def of(file: File, world: World) -> Murk:
        """Look at the deletions of a file's versions; one without an end known makes all after it unknown."""
        if file.murky == NEVER:
            return Murk(NEVER, NEVER)
        versions = [version for name in file.versions if (version := world.versions.get(name))]
        deleted = [version for version in versions if version.deletes]
        if not deleted:
            return Murk(file.murky, NEVER)
        begun = (doomed_from(one.deletes)[0] for one in deleted if not _surely_replaced(one, versions, file))
        since, deletions = min(begun, default=NEVER), [one for version in deleted for one in version.deletes.values()]
        if any(effect is Effect.INDETERMINATE for _, effect in deletions):
            return Murk(since, NEVER)
        over = max(interval.ended_ns for interval, _ in deletions)
        clearing = (s.b for s in file.switches.values() if s.effect is Effect.DONE and s.a > over)
        return Murk(since, min(clearing, default=NEVER))

    def covers(self, interval: Interval) -> bool:
        """Whether a read may have seen the file while what it pointed to was unknown."""
        return interval.ended_ns >= self.since and interval.begun_ns <= self.until


def _surely_replaced(version: Version, versions: list[Version], file: File) -> bool:
    """Whether a version was not the current one any more when it was deleted, and was not made it again."""
    current = candidates(file, doomed_from(version.deletes)[0], NEVER).current
    others = {one.acknowledged.operation for one in versions if one is not version and one.acknowledged}
    itself = {"", version.upload}
    return bool(version.upload and current) and all(
        s.interval.operation in others or s.upload not in itself for s in current
    )


def clear_of(file: File, world: World) -> Callable[[Interval], bool]:
    """Give what says whether a file surely stood during all of a read, and it is known what it pointed to."""
    gone, murk = scope_of_file(world, file)[0], Murk.of(file, world)
    return lambda interval: not MAY_BE_DELETED.holds(interval, gone) and not murk.covers(interval)


def explains(case: Case | None, interval: Interval, answered: Answer) -> bool:
    """Whether the upload of `case` may have answered so at some instant of the read."""
    if case is None:
        return True
    chain = case.chain if case.upload.created else replace(case.chain, started=None)
    wrong = {Answer.DONE: Truth.BAD, Answer.INTEGRITY: Truth.GOOD}.get(answered)
    return case.known.at(interval) is not wrong and chain.allows(interval, answered)


def is_overdue(current: tuple[Switch, ...], interval: Interval, context: Context) -> bool:
    """Whether a read began later than the bound after each switch in force, and its upload's completion, was over."""
    moments = [settled(s, context.cases.get(s.upload)) for s in current]
    return bool(moments) and all(m is not None and interval.begun_ns > m + context.bound for m in moments)
