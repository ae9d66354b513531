"""The endless series of plans of one process: wave after wave of the scenarios that may run beside others."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence

from conformance.engine.plan import Plan
from conformance.engine.scenario import PlanScenario
from conformance.engine.scenario_list import select
from conformance.engine.search.portion import Portion
from conformance.errors import UsageError
from conformance.settings.run_settings import Settings

SURGES = frozenset({"bursts", "floods"})
"""What fills queues: begun first, so that a short soak has them too."""
FLOODS_EFFORT = "thorough"
"""A run floods at this effort alone; a soak does so in every wave."""
REPEATS = 10
"""How often the plans of a wave are run before others are drawn: drawing costs a third of the processor otherwise."""


def load_scenarios(settings: Settings) -> tuple[PlanScenario, ...]:
    """Return the scenarios that a soak runs: all plans but those whose readers want the target for themselves.

    Raises:
        UsageError: those that were chosen hold none.
    """
    chosen = select(settings.scenario)
    found = tuple(one for one in chosen if isinstance(one, PlanScenario) and not one.in_series and _at(one, settings))
    if not found:
        remedy = "Choose others by --scenario: `uploads`, for example."
        raise UsageError(f"nothing of {', '.join(settings.scenario)} can be soaked.", remedy=remedy)
    return found


def _at(scenario: PlanScenario, settings: Settings) -> int:
    return scenario.name in SURGES or scenario.share.at(settings.effort)


def plan_series(scenarios: Sequence[PlanScenario], settings: Settings, shard: int) -> Iterator[Plan]:
    """Yield plans without end: those of each wave drawn together from the seed, and run several times over.

    Each time surges come first, the others shuffled; whatever a plan makes has a new name each time. `shard` is the
    number of the process; each draws plans of its own. Nothing that a target answers steers a draw.
    """
    for wave in itertools.count(shard << 20):
        surges, others = _wave(scenarios, settings, wave)
        order = random.Random(f"{settings.seed}:{wave}")  # noqa: S311 - an order, no secret
        for _ in range(REPEATS):
            order.shuffle(others)
            yield from (*surges, *others)


def _wave(scenarios: Sequence[PlanScenario], settings: Settings, wave: int) -> tuple[list[Plan], list[Plan]]:
    """Draw the plans of one wave: surges, and the others."""
    drawn = {one: _portion(one, settings, wave).plans(one) for one in scenarios}
    surges = [plan for one, plans in drawn.items() if one.name in SURGES for plan in plans]
    return surges, [plan for one, plans in drawn.items() if one.name not in SURGES for plan in plans]


def _portion(scenario: PlanScenario, settings: Settings, wave: int) -> Portion:
    seldom = scenario.name in SURGES and not scenario.share.at(settings.effort)
    return Portion(FLOODS_EFFORT if seldom else settings.effort, settings.seed, wave)
