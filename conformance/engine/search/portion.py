"""Which plans of a run one worker tries in one wave: drawn from the seed, or taken from a table."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.engine.lot import Lot
from conformance.engine.plan import Plan
from conformance.engine.scenario import PlanScenario, Strategy, share
from conformance.engine.search.fleets import chosen, gather


@dataclass(frozen=True, slots=True)
class Turn:
    """So many plans of a portion, drawn by one strategy from one seed."""

    strategy: Strategy
    wanted: int
    seed: int

    def plans(self) -> list[Plan]:
        """Return its plans: each time the same."""
        return chosen(gather(self.strategy(), self.wanted, self.seed), self.wanted)


@dataclass(frozen=True, slots=True)
class Portion:
    """One shard of `shards` of one wave of a run with this effort and this seed."""

    effort: str
    seed: int
    wave: int = 0
    shard: int = 0
    shards: int = 1

    def wanted(self, scenario: PlanScenario) -> int:
        """Return how many plans of a scenario fall to it."""
        return share(scenario.share.at(self.effort), self.shard, self.shards)

    def plans(self, scenario: PlanScenario) -> list[Plan]:
        """Return its plans of a scenario."""
        if scenario.table is None:
            return [plan for turn in self.turns(scenario) for plan in turn.plans()]
        if not self.wanted(scenario):
            return []
        return list(scenario.table(self.effort, self.seed, self.wave)[self.shard :: self.shards])

    def turns(self, scenario: PlanScenario) -> list[Turn]:
        """Return the turns of a scenario that is drawn: which is the first depends on its name, the seed and the wave.

        The shards of a wave go on from one another, so that together they take turns as one alone would.
        """
        strategies = scenario.turns or (scenario.strategy,)
        first = Lot(scenario.name).number("first turn", 0, len(strategies) - 1) + self.seed + self.wave
        taken = [(first + self.shard + n * self.shards) % len(strategies) for n in range(self.wanted(scenario))]
        seed = (self.seed * 1009 + self.wave) * 1009 + self.shard
        return [Turn(one, taken.count(rank), seed + (rank << 64)) for rank, one in enumerate(strategies)]
