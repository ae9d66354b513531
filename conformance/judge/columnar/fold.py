"""The fold of contract section 1 by itself: events in, four numbers and two flags a resource out, in one pass.

The judge keeps the same numbers with their evidence; this is the bare arithmetic, for long histories, for the columnar
path and for whoever wants to check the one against the other. All times are nanoseconds.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum

from conformance.api.answers import Answer, Classified, Effect
from conformance.api.bodies import identity, within
from conformance.api.routes import URL_CALLS
from conformance.judge.state.interval import NEVER
from conformance.model import Operation

SINCE = -NEVER
"""Before any time of a history."""


class Kind(IntEnum):
    """What an operation tells about an upload."""

    NC = 0
    OK = 1
    BAD = 2
    OPEN = 3
    CLOSED = 4
    DONE = 5
    LOST = 6
    SOMEBODY = 7


Event = tuple[int, Hashable, int, int]
"""``(kind, resource, a_ns, b_ns)``."""


@dataclass(frozen=True, slots=True)
class Chain:
    """The watermarks of one upload: `l1` and `u1` around its completion, `l2` and `u2` around its convergence."""

    l1: int
    u1: int
    l2: int
    u2: int
    ok: bool
    bad: bool

    @property
    def explainable(self) -> bool:
        """Whether some hidden instants explain every answer in real time."""
        return not (self.ok and self.bad) and self.l1 <= self.u1 and self.l2 <= self.u2

    @property
    def staleness(self) -> int:
        """The least bound on staleness (ns) that explains the order of not-consistent and verdict."""
        return max(0, self.l2 - self.u2)


def fold(events: Iterable[Event]) -> dict[Hashable, Chain]:  # noqa: C901 - one loop or list of cases
    """Fold events, in any order, into the chain of each resource."""
    chains: dict[Hashable, list[int]] = {}
    get = chains.get
    for kind, key, a, b in events:
        chain = get(key)
        if chain is None:
            chain = chains[key] = [SINCE, NEVER, SINCE, NEVER, 0, 0, NEVER]
        if kind == 0:
            if a > chain[2]:  # noqa: PLR1730 - a call a row is a third slower
                chain[2] = a
        elif kind <= 2:
            chain[3 + kind] = 1
            if b < chain[3]:  # noqa: PLR1730 - a call a row is a third slower
                chain[3] = b
        elif kind == 3:
            if a > chain[0]:  # noqa: PLR1730 - a call a row is a third slower
                chain[0] = a
        else:
            if kind != 6 and b < chain[1]:
                chain[1] = b
            if kind >= 5 and a < chain[6]:
                chain[6] = a
    return {key: _chain(held) for key, held in chains.items()}


def _chain(held: list[int]) -> Chain:
    opened, closed, waiting, told, ok, bad, attempt = held
    return Chain(
        max(opened, attempt) if attempt < NEVER else opened, min(closed, told), waiting, told, bool(ok), bool(bad)
    )


_READS = {Answer.NC: Kind.NC, Answer.DONE: Kind.OK, Answer.INTEGRITY: Kind.BAD}
_WRITES = {Effect.DONE: Kind.DONE, Effect.INDETERMINATE: Kind.LOST, Effect.SOMEBODY: Kind.SOMEBODY}


def events(operations: Iterable[Operation], classes: Iterable[Classified]) -> Iterator[Event]:
    """Give what the owner's operations tell about uploads; a file's answers count for the upload it was made with."""
    links: dict[str, str] = {}
    for one, of in zip(operations, classes, strict=True):
        if one.exchange.user != "owner":
            continue
        called, answered = of.call, of.answer
        b = NEVER if one.b_ns is None else one.b_ns
        if called.name in URL_CALLS and answered in _READS and called.id in links:
            yield _READS[answered], links[called.id], one.a_ns, b
        elif called.name == "complete_upload":
            if of.effect in _WRITES:
                yield _WRITES[of.effect], called.id, one.a_ns, b
        elif called.name == "show_upload" and answered is Answer.DONE:
            status = within(one.exchange.response, "status")
            if isinstance(status, dict) and "completed_on" in status:
                yield Kind.OPEN if status["completed_on"] is None else Kind.CLOSED, called.id, one.a_ns, b
        elif called.name == "create_file" and answered is Answer.DONE:
            _link(one, links)


def _link(one: Operation, links: dict[str, str]) -> None:
    body = one.exchange.response
    upload = identity(within(one.exchange.request, "upload"))
    for name in (identity(body), identity(within(body, "current_version"))):
        if name and upload:
            links[name] = upload
