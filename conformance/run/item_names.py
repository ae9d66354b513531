"""The pytest items of a run: one for each scenario, or for each shard of it, named so that ``-k`` selects it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import pytest

from conformance.engine.scenario import PlanScenario, Scenario, share
from conformance.engine.scenario_list import select
from conformance.fuzz.fuzz_scenario import FuzzScenario
from conformance.settings.run_settings import Settings

_NAME = re.compile(r"\[(?P<scenario>[^\[\]]+?)(?:-shard-(?P<shard>\d+)-of-\d+)?\]$")


@dataclass(frozen=True, slots=True)
class Owner:
    """Who provoked something: a scenario, and the shard of it (from 0), None where it is not shared out or unknown."""

    scenario: str
    shard: int | None = None

    def covers(self, other: Owner) -> bool:
        """Whether the other may be the same: a shard that is not known may be any."""
        return self.scenario == other.scenario and (None in (self.shard, other.shard) or self.shard == other.shard)


def item_name(scenario: Scenario, shard: int, shards: int) -> str:
    """Return what stands in the brackets of an item's name."""
    return scenario.name if shards < 2 else f"{scenario.name}-shard-{shard + 1}-of-{shards}"


def owner_of(nodeid: str) -> Owner | None:
    """Return whose item a node id names; None when it is no scenario's."""
    found = _NAME.search(nodeid)
    return Owner(found["scenario"], int(found["shard"]) - 1 if found["shard"] else None) if found else None


def shards_of(config: pytest.Config) -> int:
    """Return how many worker processes share the plans out."""
    given = getattr(config, "workerinput", None)  # the environment may be that of a session around this one
    return int(given["workercount"] if given else getattr(config.option, "numprocesses", None) or 1)


def due(settings: Settings) -> tuple[Scenario, ...]:
    """Return the scenarios that a run with these settings tries.

    Raises:
        UsageError: a glob of the settings matches no scenario.
    """
    return tuple(one for one in select(settings.scenario) if one.share.at(settings.effort))


def plan_items(settings: Settings, shards: int) -> Iterable[tuple[PlanScenario, int]]:
    """Yield each scenario of plans with each shard that has some of its plans, one shard after the other."""
    plans = [one for one in due(settings) if isinstance(one, PlanScenario)]
    for shard in range(shards):
        yield from ((one, shard) for one in plans if share(one.share.at(settings.effort), shard, shards))


def fuzz_items(settings: Settings) -> tuple[FuzzScenario, ...]:
    """Return the scenarios of fuzzing that a run with these settings tries."""
    return tuple(one for one in due(settings) if isinstance(one, FuzzScenario))
