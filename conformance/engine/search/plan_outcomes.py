"""Which plans ran, and what became of the convicted ones: a file beside the history, for the run document."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from conformance.driver.recorder import keep_whole
from conformance.engine.execution.bindings import World
from conformance.engine.plan_text import plan_text
from conformance.model import Json

FORMAT = "dds-conformance-plans"
NAME = "plans-{worker}.json"


@dataclass(slots=True)
class PlanOutcome:
    """One executed plan. `broken` are the requirements that its operations convicted; `tried` counts repeats.

    `again` says how many of them showed a violation again, `shrunk_to` names the smaller plan that was found; `shard`
    is that of the worker's share of the plans.
    """

    world: World
    broken: list[str] = field(default_factory=list)
    tried: int = 0
    again: int = 0
    shrunk_to: str = ""
    shard: int = 0

    def to_json(self) -> Json:
        """Return what is written of the plan."""
        plan = self.world.plan
        return {
            "id": self.world.token,
            "theme": plan.theme,
            "shard": self.shard,
            "title": plan.title,
            "text": plan_text(plan),
            "document": plan.to_json(),
            "broken": self.broken,
            "repeats": {"tried": self.tried, "again": self.again, "sentence": self.sentence()} if self.tried else None,
            "shrunk_to": self.shrunk_to,
            "left_out": self.world.skipped,
            "unsent": [dataclasses.asdict(one) for one in self.world.left_out],
        }

    def sentence(self) -> str:
        """Say whether the violation came back."""
        if self.again:
            return f"seen again in {self.again} of {self.tried} repeats"
        return f"seen once, not again in {self.tried} repeats"


@dataclass(slots=True)
class PlanOutcomes:
    """The plans of one worker process; `write` replaces the file as a whole, so that it is never half there.

    `rests` are the seconds for which the things of each plan of the closing round had been left alone, and
    `lacks` are calls that the target turned out not to have.
    """

    folder: Path
    worker: str
    plans: dict[str, PlanOutcome] = field(default_factory=dict)
    rests: list[float] = field(default_factory=list)
    lacks: set[str] = field(default_factory=set)

    def add(self, worlds: Sequence[World], shard: int = 0) -> None:
        """Keep more plans."""
        for world in worlds:
            self.plans.setdefault(world.token, PlanOutcome(world, shard=shard))

    def write(self) -> Path:
        """Write what is known now; return the path. Raises RecordError where it cannot be kept."""
        path = self.folder / NAME.format(worker=self.worker)
        self.folder.mkdir(parents=True, exist_ok=True)
        plans: list[Json] = [retained.to_json() for retained in self.plans.values()]
        more = {"rests_s": [round(rest, 3) for rest in self.rests], "lacks": sorted(self.lacks)}
        document = {"format": FORMAT, "version": 1, "plans": plans, **more}
        keep_whole(path, json.dumps(document))
        return path
