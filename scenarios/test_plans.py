"""Plans drawn by Hypothesis, run concurrently against the target, judged afterwards: an item for each scenario.

What the scenarios are stands in `conformance.scenarios.plans`. The first item of a process runs the plans of all its
items side by side, so that all of their waits overlap; the others find theirs run. An item here only provokes: whether
it passes is decided when the history of the whole run has been judged.
"""

from __future__ import annotations

import pytest

from conformance.engine.scenario import PlanScenario
from conformance.engine.search.trials import NotTriedError, Trials


def test_no_plan_shows_a_broken_requirement(plan_scenario: PlanScenario, shard: int, trials: Trials) -> None:
    """Trouble first, then quiet, then one last look at everything."""
    try:
        trials.provoke(plan_scenario, shard)
    except NotTriedError as trouble:
        pytest.skip(str(trouble))
