"""Plans drawn by Hypothesis, run concurrently against the target, judged afterwards.

How much of what is tried stands in `conformance.engine.efforts`; what each theme tries, in `conformance.engine.themes`.
Each worker process runs one shard: its plans side by side, so that all of their waits overlap.
"""

from __future__ import annotations

from conformance.driver import Driver
from conformance.engine.efforts import EFFORTS
from conformance.engine.search.early_stop import court_of, keeper_of
from conformance.engine.search.worker import Trial, Watcher
from conformance.settings.run_settings import Settings


def test_no_plan_shows_a_broken_duty(
    shard: int, shards: int, settings: Settings, driver: Driver, watcher: Watcher
) -> None:
    """Trouble first, then quiet, then one last look at everything: no gating duty is broken in what was recorded."""
    effort, court, keeper = EFFORTS[settings.effort], court_of(settings), keeper_of(driver, settings)
    broken = Trial(driver, settings, effort, court, watcher, keeper, shard, shards).run()
    assert not broken, "\n\n".join(broken)
