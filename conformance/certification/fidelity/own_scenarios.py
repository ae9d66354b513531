"""The scenarios of the suite itself, whatever other packages add to them: what a certificate demands."""

from __future__ import annotations

from functools import cache

from conformance.engine.scenario import PlanScenario, Scenario
from conformance.engine.scenario_list import OWN
from conformance.fuzz.fuzz_scenario import FuzzScenario


@cache
def own_scenarios() -> tuple[Scenario, ...]:
    """Return every scenario of the suite, in the order in which they run."""
    return tuple(scenario for point in OWN for scenario in point.load())


def own_plans() -> tuple[PlanScenario, ...]:
    """Return those that draw plans."""
    return tuple(scenario for scenario in own_scenarios() if isinstance(scenario, PlanScenario))


def own_fuzzing() -> tuple[FuzzScenario, ...]:
    """Return those that fuzz."""
    return tuple(scenario for scenario in own_scenarios() if isinstance(scenario, FuzzScenario))
