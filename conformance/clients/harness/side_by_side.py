"""Many scenarios side by side: their waits overlap, and an interrupt ends them all."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from conformance.clients.client_scenarios import ClientScenario
from conformance.clients.client_trials import Trial
from conformance.clients.harness.one_trial import ClientUnderTest, try_scenario


def try_all(
    client: ClientUnderTest,
    scenarios: Sequence[ClientScenario],
    *,
    jobs: int,
    keep: Path | None = None,
    stated: Callable[[Trial], object] = str,
) -> tuple[Trial, ...]:
    """Run a client through scenarios, `jobs` at a time, the longest first; give the trials in the scenarios' order.

    `told` hears of each trial as it ends. An error in one, or an interrupt, ends the others before it is raised.
    """
    stop = threading.Event()
    first = sorted(scenarios, key=lambda scenario: -_weight(scenario))
    with ThreadPoolExecutor(jobs) as pool:
        running = [pool.submit(try_scenario, client, scenario, stop, keep) for scenario in first]
        try:
            for future in as_completed(running):
                stated(future.result())
        except BaseException:
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    done = {trial.scenario.name: trial for trial in (future.result() for future in running)}
    return tuple(done[scenario.name] for scenario in scenarios)


def _weight(scenario: ClientScenario) -> float:
    """How long a scenario may take: endless trouble lasts until somebody gives up."""
    endless = any(rule.endless for rule in scenario.rules)
    return scenario.time_limit * (2 if endless else 1) + sum(scenario.lag.values())
