"""What a run document says of a history beside its judgement, added up one operation at a time, in any order.

Every part takes an operation with the number of its line, so that "the last" and "the first four" mean the same however
the history was shared out, and folds another part of its kind in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from conformance.api.answers import Classified, Source
from conformance.judge.sensitivity import Watches
from conformance.model import Exchange, Failure, Operation, Role
from conformance.outcome.core_kinds import Hindrances
from conformance.outcome.coverage import Steps
from conformance.outcome.foreign import Foreign
from conformance.outcome.traffic import Traffic

UNAUTHORIZED = 401
LEAST_UNANSWERED = 10
"""So many requests without any answer at the very end, and the target had gone away before the run was over."""


@dataclass(slots=True)
class Tail:
    """The lines since the last one that counts as an answer, which is `answered`, -1 where there was none."""

    answered: int = -1
    since: list[int] = field(default_factory=list)

    def take(self, line: int, *, answered: bool) -> None:
        """Take one line."""
        if not answered:
            self.since.append(line)
        elif line > self.answered:
            self.answered = line
            self.since = [one for one in self.since if one > line] if self.since else []

    def merge(self, other: Tail) -> None:
        """Fold another part in."""
        self.answered = max(self.answered, other.answered)
        self.since = [one for one in (*self.since, *other.since) if one > self.answered]

    @property
    def count(self) -> int:
        """How many there are, none where they are too few to mean anything."""
        return len(self.since) if len(self.since) >= LEAST_UNANSWERED else 0


@dataclass(slots=True)
class Ending:
    """How the history ended: which requests to the API, and which of the second user, were not answered any more."""

    api: Tail = field(default_factory=Tail)
    second_user: Tail = field(default_factory=Tail)

    def add(self, operation: Operation, of: Classified, line: int) -> None:
        """Take one operation."""
        exchange = operation.exchange
        if exchange.role is not Role.API:
            return
        if exchange.user == "other" and exchange.status is not None:
            self.second_user.take(line, answered=exchange.status != UNAUTHORIZED)
        if "withheld" not in operation.notes and "forbidden" not in operation.notes:
            self.api.take(line, answered=_answered(exchange, of))

    def merge(self, other: Ending) -> None:
        """Fold another part in."""
        self.api.merge(other.api)
        self.second_user.merge(other.second_user)

    def gone(self) -> Iterable[str]:
        """Say that the target did not come back: nothing that its API was asked last was answered."""
        if count := self.api.count:
            yield f"the last {count} requests had no answer of the API: the target, or the token, went away"

    def remarks(self) -> Iterable[str]:
        """Say that the second user's token seems to have ended, where it was accepted before.

        It is no trouble of the run: a target may answer 401 where it should answer 403, and that is for the rules.
        """
        if (count := self.second_user.count) and self.second_user.answered >= 0:
            yield f"the last {count} requests of the second user were answered 401: its token may have ended"


def _answered(exchange: Exchange, of: Classified) -> bool:
    return of.source is Source.API and not (exchange.status == UNAUTHORIZED and exchange.user == "owner")


@dataclass(slots=True)
class Unsent:
    """What the driver would not send, and why."""

    forbidden: Counter[str] = field(default_factory=Counter)
    withheld: int = 0

    def add(self, operation: Operation) -> None:
        """Take one operation."""
        notes = operation.notes
        if "forbidden" in notes:
            self.forbidden[str(notes["forbidden"])] += 1
        self.withheld += "withheld" in notes

    def merge(self, other: Unsent) -> None:
        """Fold another part in."""
        self.forbidden.update(other.forbidden)
        self.withheld += other.withheld

    def sentences(self) -> Iterable[str]:
        """Say it: it is no finding, but it may be why something was not observed."""
        for reason, count in sorted(self.forbidden.items(), key=lambda one: (-one[1], one[0])):
            yield f"signed URLs not followed, {count} times: {reason}"
        if self.withheld:
            yield f"{self.withheld} requests were not sent: they could have changed what this run did not make"


@dataclass(slots=True)
class Sums:
    """All of them together; `ended` counts operations whose end was seen."""

    operations: int = 0
    ended: int = 0
    traffic: Traffic = field(default_factory=Traffic)
    steps: Steps = field(default_factory=Steps)
    foreign: Foreign = field(default_factory=Foreign)
    hindrances: Hindrances = field(default_factory=Hindrances)
    watches: Watches = field(default_factory=Watches)
    ending: Ending = field(default_factory=Ending)
    unsent: Unsent = field(default_factory=Unsent)

    def add(self, operation: Operation, of: Classified, line: int) -> None:
        """Take one operation."""
        self.operations += 1
        self.ended += operation.exchange.failure is not Failure.KILLED
        self.traffic.add(operation, of)
        self.steps.add(operation, of, line)
        if of.foreign:
            self.foreign.add(operation, of, line)
        self.hindrances.add(operation, of)
        self.watches.add(operation, of)
        self.ending.add(operation, of, line)
        if operation.notes:
            self.unsent.add(operation)

    def merge(self, other: Sums) -> None:
        """Fold those of other operations in."""
        self.operations += other.operations
        self.ended += other.ended
        self.traffic.merge(other.traffic)
        self.steps.merge(other.steps)
        self.foreign.merge(other.foreign)
        self.hindrances.merge(other.hindrances)
        self.watches.merge(other.watches)
        self.ending.merge(other.ending)
        self.unsent.merge(other.unsent)


def sums_of(operations: Sequence[Operation], classes: Sequence[Classified]) -> Sums:
    """Add up a whole history."""
    found = Sums()
    for line, (operation, of) in enumerate(zip(operations, classes, strict=True)):
        found.add(operation, of, line)
    return found
