"""Who judges a trial: the whole history afterwards, and a streaming judge where a run ends at its first proof."""

from __future__ import annotations

import os

from conformance.api.catalogue import by_id, number
from conformance.driver import Driver
from conformance.engine.search.plan_outcomes import PlanOutcomes
from conformance.engine.search.worker import Judges, Watcher
from conformance.history import unfinished
from conformance.judge import Judge
from conformance.judge.evidence import judge_verified
from conformance.judge.rules_table import rule_of
from conformance.model import Finding, History, Level, Operation, Target
from conformance.settings.run_settings import Settings

STOP_AT = "DDS_STOP_AT_FIRST_PROOF"
"""The environment variable that names the requirements, by commas, whose first proof ends the run."""
LOOK_EVERY = 16
_GROWTH = 1.2
"""The whole history is judged when it has grown by this factor: all looks together cost a few times the last one."""


class FirstProof:
    """True once what was heard so far convicts of one of `wanted`.

    A streaming judge tells at once what no later operation can undo. For the rest the history is judged as it grows:
    a run that ends there is judged by the same history, and so convicts as well.
    """

    def __init__(self, target: Target, wanted: frozenset[str]) -> None:
        self._target = target
        self._wanted = wanted
        self._judge = Judge(target)
        self._pending: dict[str, Operation] = {}
        self._ended: list[Operation] = []
        self._next_look = LOOK_EVERY

    def __call__(self, moment: str, operation: Operation) -> bool:
        """Take one event of the driver."""
        if moment == "begin":
            self._pending[operation.id] = operation
            self._judge.begin(operation)
            return False
        self._pending.pop(operation.id, None)
        self._ended.append(operation)
        self._judge.add(operation)
        if len(self._ended) % LOOK_EVERY:
            return False
        return any(finding.requirement in self._wanted for finding in self._judge.proved()) or self._look()

    def _look(self) -> bool:
        if len(self._ended) < self._next_look:
            return False
        self._next_look = int(len(self._ended) * _GROWTH)
        return self.by_all()

    def by_all(self) -> bool:
        """Judge all that was heard so far."""
        retained = (*self._ended, *(unfinished(one) for one in tuple(self._pending.values())))
        judgement = judge_verified(History(retained, self._target, complete=False))
        return any(judgement.tallies[name].findings for name in self._wanted & judgement.tallies.keys())


def watcher_of(driver: Driver, settings: Settings) -> Watcher:
    """Listen to the driver, with a streaming judge where the environment asks for the first proof."""
    wanted = frozenset(filter(None, os.environ.get(STOP_AT, "").split(",")))
    proof = FirstProof(settings.target, wanted) if wanted else None
    watcher = Watcher(proof, proof.by_all if proof else None, keeping=False)
    driver.listen(watcher)
    return watcher


def judges_of(settings: Settings) -> Judges:
    """Return the judge of histories, and which findings make a scenario fail."""
    return Judges(judge_verified, lambda finding: gates(finding, strict=settings.strict, by=settings.catalogue))


def gates(finding: Finding, *, strict: bool, by: str = "") -> bool:
    """Whether a finding makes a target nonconformant: a MUST or IMPLIED, with `strict` a SHOULD too.

    `by` is the version of the catalogue that judges.
    """
    requirement, rule = by_id()[finding.requirement], rule_of(finding.requirement, finding.rule)
    if max(requirement.since, rule.since if rule else 1) > number(by):
        return False
    return requirement.level.gates or (strict and requirement.level is Level.SHOULD)


def plan_outcomes_of(driver: Driver, settings: Settings) -> PlanOutcomes:
    """Return the outcomes of this process's plans."""
    return PlanOutcomes(settings.report_dir, driver.worker)
