"""Plans drawn by Hypothesis, run concurrently against the target, judged afterwards.

How much of what is tried stands in `conformance.plans.efforts`; what each theme tries, in `conformance.plans.themes`.
Each worker process runs one shard: its plans side by side, so that all of their waits overlap.
"""

from __future__ import annotations

import os

import pytest

from conformance.driver import Driver
from conformance.plans.efforts import EFFORTS
from conformance.plans.proof import court_of, keeper_of, watcher_of
from conformance.plans.trial import Trial
from conformance.settings import Settings

SHARDS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))


@pytest.mark.parametrize("shard", range(SHARDS))
def test_no_plan_shows_a_broken_duty(
    shard: int, settings: Settings, driver: Driver, request: pytest.FixtureRequest
) -> None:
    """Trouble first, then quiet, then one last look at everything: no gating duty is broken in what was recorded."""
    watcher = watcher_of(driver, settings)
    trial = Trial(
        driver,
        settings,
        EFFORTS[settings.effort],
        court_of(settings),
        watcher,
        keeper_of(driver, settings),
        shard,
        SHARDS,
    )
    broken = trial.run()
    if watcher.stopped:
        request.session.shouldstop = "the duty asked about is proved to be broken"
    assert not broken, "\n\n".join(broken)
