"""What the judge gathers beside the resources: writes that were refused, ids, and attempts that told nothing."""

from __future__ import annotations

from enum import Enum, auto
from functools import cache

from conformance.api.answers import Answer, Classified, Effect
from conformance.api.routes import UNROUTED, Call
from conformance.judge.rules.later.name_rules import NAMING, Names
from conformance.judge.rules.patterns.pattern_excuses import TRIES
from conformance.judge.rules.patterns.pending_rules import Forbidden, Unreadable
from conformance.judge.rules.patterns.unanswered import Unanswered
from conformance.judge.rules.write_rules.identity_rules import CONCERNED as NAMED
from conformance.judge.rules.write_rules.identity_rules import Identities
from conformance.judge.rules.write_rules.refused_write_rules import CONCERNED as WRITTEN
from conformance.judge.rules.write_rules.refused_write_rules import RefusedWrites
from conformance.judge.rules.write_rules.write_facts import LISTS, LOOKS
from conformance.model import Operation

_ON_RIGHTS = frozenset({"grant_permission", "withdraw_permission", UNROUTED})
_LOOKED = LOOKS.keys() | LISTS


class Concern(Enum):
    """Why a call is taken."""

    LOOKS = auto()
    """It shows resources, which matters only where a write was refused: most operations of a long history do that."""
    WRITES = auto()


class Gathered:
    """Takes operations, whoever sent them, in any order. `watched` is empty as long as no write was refused."""

    def __init__(self, bound: int) -> None:
        self.refused = RefusedWrites(bound)
        self.watched = self.refused.watched
        self.identities = Identities(bound)
        self.unanswered = Unanswered()
        self.forbidden = Forbidden()
        self.unreadable = Unreadable()
        self.names = Names()

    @staticmethod
    @cache
    def concern(name: str) -> Concern | None:
        """Return why the call of that name is taken, if it is."""
        if name in _LOOKED:
            return Concern.LOOKS
        return Concern.WRITES if name in WRITTEN | NAMED | NAMING else None

    def take(self, operation: Operation, of: Classified) -> None:
        """Take an operation of a call that concerns any of it."""
        name = of.call.name
        if name in WRITTEN:
            self.refused.take(operation, of)
        if name in NAMING:
            self.names.take(operation, of)
        if name in NAMED:
            self.identities.take(operation, of)
        if name in _ON_RIGHTS and of.effect is not Effect.NONE:
            self.forbidden.rights(operation)

    @property
    def is_suspicious(self) -> bool:
        """Whether any of it may break something; False is certain."""
        often = any(len(tries) >= TRIES for tries in self.unanswered.tries.values())
        told = bool(self.forbidden.stated or self.unreadable.stated)
        return often or told or self.refused.is_suspicious or self.identities.is_suspicious

    @property
    def concerns_others(self) -> bool:
        """Whether anything of other projects may matter to what was gathered, or this to them."""
        often = any(len(tries) >= TRIES for tries in self.unanswered.tries.values())
        told = bool(self.forbidden.stated or self.unreadable.stated)
        return often or told or self.refused.concern_others or self.identities.is_suspicious

    def announce(self, operation: Operation, called: Call) -> None:
        """Note a write before all others are taken, where its answer is known already."""
        status = operation.exchange.status
        if status is not None and 400 <= status < 500:
            self.refused.announce(operation, called)

    def unstated(self, operation: Operation, of: Classified) -> None:
        """Take an operation that told nothing, or was refused."""
        if of.answer is Answer.UNKNOWN:
            self.unanswered.silent(operation, of)
            self.unreadable.take(operation, of)
        else:
            self.forbidden.take(operation, of)
