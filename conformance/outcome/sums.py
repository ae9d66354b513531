"""What a run document says of a history beside its judgement, added up in any order.

Every part takes an operation with the number of its line, so that "the last" and "the first four" mean the same however
the history was shared out, and folds another part of its kind in. Most operations of a long history are alike in all
that is added up: they are counted, and each kind of them is taken once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from conformance.api.answers import Answer, Classified, Source
from conformance.judge.sensitivity import Watches
from conformance.model import Exchange, Failure, Octets, Operation, Role
from conformance.outcome.core_kinds import CONCERNED, Hindrances
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
            if line > self.answered:
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
        """Take one operation, or the last of several that are alike and count as an answer."""
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


Kind = tuple[str, Answer, int | None, str | None]
"""Call, answer, status and user: what answers of the API that are alike are known by."""
_REMEMBERED = 4096
_ALONE = CONCERNED | {"complete_upload"}
"""The calls of which single operations matter."""


@dataclass(slots=True)
class _Alike:
    """Operations of one kind: how many, and one of them; `line` is that of the last."""

    operation: Operation
    of: Classified
    line: int = -1
    times: int = 0


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

    def take(self, lines: Iterable[int], operations: Iterable[Operation], classes: Iterable[Classified]) -> None:
        """Take operations with the numbers of their lines, in the order of these."""
        kinds: dict[Kind, _Alike] = {}
        known: dict[int, tuple[Classified, Exchange, _Alike]] = {}  # readers share the classes of what repeats
        first_ns, last_ns = None, 0
        for line, operation, of in zip(lines, operations, classes, strict=True):
            begun, ended, exchange = operation.a_ns, operation.b_ns, operation.exchange
            if first_ns is None or begun < first_ns:
                first_ns = begun
            if (ended or begun) > last_ns:  # noqa: PLR1730 - a call for each operation is slower
                last_ns = ended or begun
            held = known.get(id(of))
            if held is not None and held[0] is of and held[1] is exchange and not operation.notes:
                alike = held[2]
                alike.line = line
                alike.times += 1
                continue
            name, status = of.call.name, exchange.status
            octets = type(exchange.request) is Octets or type(exchange.response) is Octets
            if octets or operation.notes or of.source is not Source.API or status == UNAUTHORIZED or name in _ALONE:
                self._add(operation, of, line)
            else:
                kind = name, of.answer, status, exchange.user
                alike = kinds.get(kind) or kinds.setdefault(kind, _Alike(operation, of))
                alike.line = line
                alike.times += 1
                if len(known) >= _REMEMBERED:
                    known.clear()
                known[id(of)] = of, exchange, alike
        for one in kinds.values():
            self._add(one.operation, one.of, one.line, one.times)
        self.traffic.span(first_ns, last_ns)

    def _add(self, operation: Operation, of: Classified, line: int, times: int = 1) -> None:
        self.operations += times
        self.ended += 0 if operation.exchange.failure is Failure.KILLED else times
        self.traffic.add(operation, of, times)
        self.steps.add(operation, of, line, times)
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
    found.take(range(len(operations)), operations, classes)
    return found
