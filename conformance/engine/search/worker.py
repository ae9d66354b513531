"""A trial: draw the plans of some scenarios, run them together, judge what was recorded, make what was found small.

The history is the finding. Whatever a repeat or a smaller plan shows is recorded and judged like everything else, and
never takes anything back.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from conformance.engine.efforts import Effort
from conformance.engine.execution.bindings import World
from conformance.engine.execution.campaign import THREADS, Campaign
from conformance.engine.execution.closing import ClosingRound, sample
from conformance.engine.execution.context import Speakers, Stage
from conformance.engine.execution.polling import Timing
from conformance.engine.execution.quiet_lock import QuietLock
from conformance.engine.execution.scheduler import Scheduler
from conformance.engine.plan import Plan
from conformance.engine.scenario import PlanScenario, share
from conformance.engine.search.fleets import Memory, shrink
from conformance.engine.search.plan_outcomes import PlanOutcomes
from conformance.engine.search.portion import Portion
from conformance.interrupts import asked
from conformance.model import Finding, History, Judgement, Operation
from conformance.settings.naming import MARK
from conformance.settings.run_settings import EVERY_STORE, Settings, is_loopback

UPLOADS_IN_BUDGET = 20
"""No upload is larger than this part of the bytes that a run may spend: it is sent, and downloaded a few times."""
Judging = Callable[[History], Judgement]
Gating = Callable[[Finding], bool]


@dataclass(slots=True)
class Watcher:
    """Keeps every operation of this process while a trial runs, and stops the campaign when it is asked to.

    `proved` looks at every event, also between trials, and `proved_by_all` at all that was heard, when it is asked;
    `stopped` says that one has seen what it was asked about.
    """

    proved: Callable[[str, Operation], bool] | None = None
    proved_by_all: Callable[[], bool] | None = None
    operations: list[Operation] = field(default_factory=list)
    scheduler: Scheduler | None = None
    stopped: bool = False
    keeping: bool = True

    def __call__(self, moment: str, operation: Operation) -> None:
        """Take one event of the driver."""
        if moment == "end" and self.keeping:
            self.operations.append(operation)
        if self.proved and not self.stopped and self.proved(moment, operation):
            self.stopped = True
            if self.scheduler:
                self.scheduler.stop()

    def look(self) -> None:
        """Look at all that was heard: a campaign is over."""
        if self.proved_by_all and not self.stopped:
            self.stopped = self.proved_by_all()


@dataclass(frozen=True, slots=True)
class Judges:
    """Who decides: `judge` reads a history, `gates` says whether a finding makes the run fail."""

    judge: Judging
    gates: Gating


@dataclass(slots=True)
class Trial:
    """One worker's share of the plans of some scenarios: its shard of `shards`.

    `offers` says of calls that a target may lack whether this one has them, once they were used.
    """

    driver: Speakers
    settings: Settings
    scenarios: Sequence[PlanScenario]
    effort: Effort
    judges: Judges
    watcher: Watcher
    outcomes: PlanOutcomes
    shard: int = 0
    shards: int = 1
    worlds: dict[str, World] = field(default_factory=dict)
    offers: dict[str, bool] = field(default_factory=dict)
    _lasted: float = 0.0
    _small_by: float = 0.0

    def run(self) -> None:
        """Run every wave, and make small what was found in it; what happened is in the history."""
        self.watcher.keeping = True
        try:
            self._waves()
        finally:
            self.watcher.keeping = False

    def close(self) -> None:
        """Hold the closing round, unless what was asked about is proved, or somebody wants the run to end."""
        if self.watcher.stopped or asked():
            return
        stage = stage_for(self.driver, self.settings, self.effort)
        self.watcher.scheduler = stage.scheduler
        closing = ClosingRound(stage, whole=self.effort.whole_rest)
        try:
            closing.run(sample(self.worlds.values(), share(self.effort.closing, self.shard, self.shards)))
        finally:
            stage.quiet.close()
            self.outcomes.rests += closing.rests
            self.outcomes.write()

    def _waves(self) -> None:
        for wave in range(self.effort.waves):
            if self.watcher.stopped:
                break
            portion = Portion(self.settings.effort, self.settings.seed, wave, self.shard, self.shards)
            accused = self._wave(portion)
            self.watcher.look()
            if accused and not self.watcher.stopped:
                self._make_small(portion, accused)

    def _wave(self, portion: Portion) -> list[World]:
        drawn = {scenario: portion.plans(scenario) for scenario in self.scenarios}
        abreast = [plan for scenario, plans in drawn.items() if not scenario.in_series for plan in plans]
        series = interleaved([plans for scenario, plans in drawn.items() if scenario.in_series])
        return self._convicted(self.execute(abreast, series, rest_s=self.effort.rest_s))

    def execute(self, plans: Sequence[Plan], series: Sequence[Plan] = (), *, rest_s: float = 0.0) -> list[World]:
        """Run plans in a campaign of their own; return their worlds, even when the run was stopped at a proof.

        What they made rests `rest_s` seconds before the last look.
        """
        stage = stage_for(self.driver, self.settings, self.effort)
        stage.rest_s = rest_s
        stage.offers = self.offers
        stage.least_tracers = share(self.effort.least, self.shard, self.shards)
        campaign = Campaign(stage)
        self.watcher.scheduler = campaign.stage.scheduler
        worlds = campaign.prepare(plans, series)
        self.worlds |= {world.token: world for world in worlds}
        self.outcomes.add(worlds, self.shard)
        self.outcomes.write()
        begun = time.monotonic()
        if not self.watcher.stopped:
            try:
                campaign.run()
            finally:
                stage.quiet.close()
        self._lasted = time.monotonic() - begun
        self.outcomes.lacks |= {call for call, has in self.offers.items() if not has}
        return worlds

    def _findings(self) -> list[Finding]:
        history = History(tuple(self.watcher.operations), self.settings.target)
        tallies = self.judges.judge(history).tallies.values()
        return [finding for tally in tallies for finding in tally.findings]

    def _convicted(self, worlds: Iterable[World]) -> list[World]:
        """Judge all that was recorded so far; return those of `worlds` that a gating finding speaks of."""
        plan_of = {operation.id: operation.plan for operation in self.watcher.operations}
        accused: set[str] = set()
        for finding in self._findings():
            tokens = {plan_of.get(name, "") for name in finding.operations} & set(self.worlds)
            for token in tokens:
                broken = self.outcomes.plans[token].broken
                if finding.requirement not in broken:
                    broken.append(finding.requirement)
            accused |= tokens if self.judges.gates(finding) else set()
        self.outcomes.write()
        return [world for world in worlds if world.token in accused]

    def _make_small(self, portion: Portion, convicted: Sequence[World]) -> None:
        """Find a smaller plan that still shows a violation, repeat it, and note how often it came back."""
        first = convicted[0]
        self._small_by = time.monotonic() + self.effort.shrink_s
        smallest, token = self._shrunk(portion, first), first.token
        retained = self.outcomes.plans[token]
        copies = self.execute([smallest] * self.effort.repeats) if self.effort.repeats and self._in_time() else []
        again = self._convicted(copies)
        retained.tried, retained.again = len(copies), len(again)
        if smallest.key() != first.plan.key():
            retained.shrunk_to = next((world.token for world in again), "")
        self.outcomes.write()

    def _shrunk(self, portion: Portion, first: World) -> Plan:
        of = next(scenario for scenario in self.scenarios if scenario.name == first.plan.theme)
        if of.in_series or of.table is not None:
            return first.plan  # a plan of a table is as small as its row
        key, turn_of = first.plan.key(), {plan.key(): turn for turn in portion.turns(of) for plan in turn.plans()}
        turn, memory = turn_of[key], Memory(self._try, self.effort.shrinks, {drawn: drawn == key for drawn in turn_of})
        smallest = shrink(turn.strategy(), turn.wanted, memory, turn.seed)
        return next((plan for plan in smallest if memory.convicted.get(plan.key())), first.plan)

    def _in_time(self) -> bool:
        """Whether one more campaign as long as the last would end within what making small may cost."""
        return time.monotonic() + self._lasted < self._small_by

    def _try(self, plans: Sequence[Plan]) -> list[bool]:
        if not self._in_time():
            return [False] * len(plans)
        worlds = self.execute(plans)
        convicted = {world.token for world in self._convicted(worlds)}
        return [world.token in convicted for world in worlds]


def interleaved(series: Sequence[Sequence[Plan]]) -> list[Plan]:
    """Mix several series into one in which each keeps its order and goes on evenly to the end."""
    placed = [((n + 1) / len(plans), rank, plan) for rank, plans in enumerate(series) for n, plan in enumerate(plans)]
    return [plan for *_, plan in sorted(placed, key=lambda place: place[:2])]


def stage_for(driver: Speakers, settings: Settings, effort: Effort) -> Stage:
    """Set a stage for one campaign against the target of `settings`."""
    target = settings.target
    quiet = QuietLock(settings.pace_dir / "dense-readers" if settings.workers else None)
    timing = Timing(target.converge_within_s, settings.rate, loopback=is_loopback(target.base_url))
    return Stage(
        driver=driver,
        timing=timing,
        scheduler=Scheduler(THREADS, quiet.elsewhere),
        quiet=quiet,
        token=f"{MARK}-{settings.run_id}-{secrets.token_hex(4)}",
        naming=settings.naming,
        second_user=target.second_user,
        provider="" if settings.storage_provider == EVERY_STORE else settings.storage_provider,
        every_store=settings.storage_provider == EVERY_STORE
        or (not settings.storage_provider and settings.effort == "thorough"),
        dense_reads=effort.dense_reads,
        least_tracers=effort.least,
        tracing_s=effort.tracing_s,
        slow_s=effort.slow_s,
        begun=time.monotonic(),
        largest=_largest(settings),
    )


def _largest(settings: Settings) -> float:
    """Return the bytes of the largest upload that leaves enough of what the run may spend, and can be downloaded."""
    budget, download = settings.budgets.bytes, settings.bounds.body_bytes
    return min(download, budget / UPLOADS_IN_BUDGET) if budget else download
