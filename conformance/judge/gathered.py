"""What the judge gathers beside the resources: writes that were refused, ids, and attempts that told nothing."""

from __future__ import annotations

from conformance.api.answers import Answer, Classified
from conformance.judge.rules.patterns.unanswered import TOLD_APART, Unanswered
from conformance.judge.rules.write_rules.identity_rules import CONCERNED as NAMED
from conformance.judge.rules.write_rules.identity_rules import Identities
from conformance.judge.rules.write_rules.refused_write_rules import CONCERNED as WRITTEN
from conformance.judge.rules.write_rules.refused_write_rules import RefusedWrites
from conformance.model import Operation

CONCERNED = WRITTEN | NAMED | TOLD_APART
"""Calls that concern any of it."""


class Gathered:
    """Takes operations, whoever sent them, in any order."""

    def __init__(self, bound: int) -> None:
        self.refused = RefusedWrites(bound)
        self.identities = Identities(bound)
        self.unanswered = Unanswered()

    def take(self, operation: Operation, of: Classified) -> None:
        """Take an operation of a call that concerns any of it."""
        name = of.call.name
        if name in WRITTEN:
            self.refused.take(operation, of)
        if name in NAMED:
            self.identities.take(operation, of)
        if operation.exchange.user == "owner":
            self.unanswered.take(operation, of)

    def silent(self, operation: Operation, of: Classified) -> None:
        """Take an operation that told nothing."""
        if of.answer is Answer.UNKNOWN:
            self.unanswered.silent(operation, of)
