"""Which plans of a run one worker tries in one wave: drawn from the seed, or taken from a table."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.engine.plan import Plan
from conformance.engine.scenario import PlanScenario, share
from conformance.engine.search.fleets import chosen, gather


@dataclass(frozen=True, slots=True)
class Portion:
    """One shard of `shards` of one wave of a run with this effort and this seed."""

    effort: str
    seed: int
    wave: int = 0
    shard: int = 0
    shards: int = 1

    @property
    def seed_of(self) -> int:
        """Return the seed of everything that is drawn for it."""
        return (self.seed * 1009 + self.wave) * 1009 + self.shard

    def wanted(self, scenario: PlanScenario) -> int:
        """Return how many plans of a scenario fall to it."""
        return share(scenario.share.at(self.effort), self.shard, self.shards)

    def plans(self, scenario: PlanScenario) -> list[Plan]:
        """Return its plans of a scenario."""
        if scenario.table is None:
            wanted = self.wanted(scenario)
            return chosen(gather(scenario.strategy(), wanted, self.seed_of), wanted)
        if not self.wanted(scenario):
            return []
        return list(scenario.table(self.effort, self.seed, self.wave)[self.shard :: self.shards])
