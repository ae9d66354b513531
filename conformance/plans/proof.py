"""Who judges a trial: the whole court afterwards, and, where a run is to end at its first proof, a streaming judge."""

from __future__ import annotations

import os

from conformance.catalogue import by_id
from conformance.consistency import Judge, judge
from conformance.driver import Driver
from conformance.model import Finding, Level, Operation, Target
from conformance.plans.keeping import Keeper
from conformance.plans.trial import Court, Watcher
from conformance.settings import Settings

STOP_AT = "DDS_STOP_AT_FIRST_PROOF"
"""The environment variable that names the requirements, by commas, whose first proof ends the run."""
LOOK_EVERY = 16


class FirstProof:
    """Feeds a streaming judge; true once one of `wanted` is proved broken, whatever else may still come."""

    def __init__(self, target: Target, wanted: frozenset[str]) -> None:
        self._judge = Judge(target)
        self._wanted = wanted
        self._seen = 0

    def __call__(self, moment: str, operation: Operation) -> bool:
        """Take one event of the driver."""
        if moment == "begin":
            self._judge.begin(operation)
            return False
        self._judge.add(operation)
        self._seen += 1
        return self._seen % LOOK_EVERY == 0 and any(f.requirement in self._wanted for f in self._judge.proved())


def watcher_of(driver: Driver, settings: Settings) -> Watcher:
    """Listen to the driver, with a streaming judge where the environment asks for the first proof."""
    wanted = frozenset(filter(None, os.environ.get(STOP_AT, "").split(",")))
    watcher = Watcher(FirstProof(settings.target, wanted) if wanted else None, keeping=False)
    driver.listen(watcher)
    return watcher


def court_of(settings: Settings) -> Court:
    """Return the judge of histories, and which findings make a scenario fail."""
    return Court(judge, lambda finding: gates(finding, strict=settings.strict))


def gates(finding: Finding, *, strict: bool) -> bool:
    """Whether a finding makes a target nonconformant: a MUST or IMPLIED, with `strict` a SHOULD too."""
    level = by_id()[finding.requirement].level
    return level.gates or (strict and level is Level.SHOULD)


def keeper_of(driver: Driver, settings: Settings) -> Keeper:
    """Return the keeper of this process's plans."""
    return Keeper(settings.report_dir, driver.worker)
