"""The trials of one process: the plans of all scenarios that it was asked for run together, once for each shard."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from conformance.engine.scenario import PlanScenario
from conformance.engine.search.worker import Trial


class NotTriedError(Exception):
    """The campaign that a scenario's plans were part of did not come to its end; whoever began it said why."""


@dataclass(slots=True)
class Trials:
    """Runs each shard's campaign when the first of its scenarios is asked for; all others find it done.

    Whatever a scenario waits for is waited for together: one campaign for each scenario would wait for them one after
    the other. `wanted` maps a shard to the scenarios that will be asked for.
    """

    wanted: Mapping[int, Sequence[PlanScenario]]
    make: Callable[[Sequence[PlanScenario], int], Trial]
    _ended: dict[int, bool] = field(default_factory=dict)
    _made: list[Trial] = field(default_factory=list)

    def provoke(self, scenario: PlanScenario, shard: int) -> None:
        """Run the campaign of a shard, which the scenario is one of, unless it has run.

        Raises:
            NotTriedError: it ran before and was broken off.
        """
        assert scenario in self.wanted[shard]
        if shard not in self._ended:
            self._ended[shard] = False
            trial = self.make(self.wanted[shard], shard)
            self._made.append(trial)
            trial.run()
            self._ended[shard] = True
        elif not self._ended[shard]:
            raise NotTriedError("the plans of this process were broken off: see the first of its scenarios")

    def close(self) -> None:
        """Look at a sample of what was made once more, when everything else that fills the time has been tried."""
        for trial in self._made:
            trial.close()
