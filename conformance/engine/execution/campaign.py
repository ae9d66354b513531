"""A campaign: many plans side by side, so that all their waits overlap; tracers a few at a time.

Plans run in three movements: their actors make trouble, then everything the plan made is polled until it settled, then
all of it is read once more. What happened is in the history; a campaign itself judges nothing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from conformance.engine.execution.actor import give_up, leave_out, play
from conformance.engine.execution.bindings import Project, Upload, World
from conformance.engine.execution.context import Speaker, Stage, Turn
from conformance.engine.execution.quiet_lock import LOOK_EVERY_S
from conformance.engine.execution.reads import ALL
from conformance.engine.execution.scheduler import Signal, Task
from conformance.engine.execution.settle import last_listing, settle
from conformance.engine.execution.uploading import create_upload
from conformance.engine.execution.verbs.listed_stores import learn_stores
from conformance.engine.execution.verbs.page_verbs import read_pages
from conformance.engine.execution.writes import create_project
from conformance.engine.plan import COMMON, NO_SECOND_USER, NO_TIME, SECOND_USERS, Actor, Plan, Step, do
from conformance.engine.plan_model import check, needs, truths
from conformance.engine.plan_verbs import option
from conformance.model import Phase

THREADS = 10
LAST = Actor("house", (
    do("create_upload", "last", project=COMMON, parts=[13], chunked=False), do("put_whole", upload="last"),
    do("complete", upload="last"), do("attach", "file", upload="last", project=COMMON), do("settle", file="file"),
))  # fmt: skip
"""An upload after a time in which nothing was completed: what was idle may have gone to sleep."""
HOUSE = Plan("house", "the project that all plans share", (LAST,))
WAITING = frozenset({"create_project", "settle", "until_refused", "revalidate"})
"""The verbs after which an actor has waited for the target, about a lag each time."""


class Campaign:
    """One execution of some plans against one target. `worlds` says afterwards what became of each."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.worlds: list[World] = []
        self._house = World(HOUSE, f"{stage.token}-{HOUSE.theme}", truths(HOUSE), None, stage.naming)
        self._open = Signal()
        self._listed = Signal()
        self._lock = threading.Lock()
        self._left = 0
        self._unsettled = 0
        self._abreast = 0
        self._ranks: dict[str, int] = {}
        self._calm = Signal(an_end=True)
        self._over = Signal(an_end=True)

    def prepare(self, plans: Sequence[Plan], series: Sequence[Plan] = ()) -> list[World]:
        """Give every plan a world of its own: `plans` will run side by side, `series` one after the other."""
        for plan in (*plans, *series):
            check(plan)
        self.worlds = [self._world(n, plan) for n, plan in enumerate((*plans, *series), start=1)]
        self._left = self._unsettled = len(self.worlds)
        self._abreast = len(plans)
        return self.worlds

    def run(self) -> None:
        """Run what was prepared, settle and read everything; return when all is done or the scheduler was stopped."""
        spawn = self.stage.scheduler.spawn
        spawn(self._keep_house())
        longest_first = sorted(self.worlds[: self._abreast], key=lambda world: -waits(world.plan))
        for rank, world in enumerate(longest_first, start=1):
            self._ranks[world.token] = rank
            spawn(self._perform(world), rank)
        spawn(self._in_turn(self.worlds[self._abreast :]))
        self.stage.scheduler.run()

    def _world(self, number: int, plan: Plan) -> World:
        naming = self.stage.naming
        world = World(plan, naming.plan(self.stage.token, number), truths(plan), None, naming)
        world.rank = number
        return world

    def _client(self, name: str) -> Speaker:
        return self.stage.client(self._house, Actor(name, ()))

    def _keep_house(self) -> Task:
        """Make the common project, wait until it can be used, and list it when all plans are done."""
        client, actor = self._client("house"), Actor("house", ())
        learn_stores(self.stage, client)
        self.stage.scheduler.fire(self._listed)
        turn = Turn(self.stage, self._house, actor, client, do("create_project", "p"))
        yield from create_project(turn)
        project = self._house.slot("p").value
        if isinstance(project, Project):
            self._house.common = project
            step = do("create_upload", "u", project=COMMON, parts=[1])
            yield from create_upload(Turn(self.stage, self._house, actor, client, step))
            self.stage.common = project if isinstance(self._house.slot("u").value, Upload) else None
        self.stage.scheduler.fire(self._open)
        yield from self._after_a_calm(client)
        if not self._over.fired:
            yield self._over
        client.phase = Phase.FINAL
        if isinstance(project, Project):
            yield from last_listing(client, project.id)
            for listed in ("uploads", "children", "files"):
                yield from read_pages(client, f"/projects/{project.id}/{listed}")
        client.send("GET", "/projects", query=ALL)
        client.close()

    def _after_a_calm(self, client: Speaker) -> Task:
        """Make one upload more when everything has settled, so late that it settles as the others' rest ends."""
        if not self._calm.fired:
            yield self._calm
        if self.stage.rest_s and self.stage.common is not None:
            rest_s, lags_s = self.stage.rest_s, 3 * self.stage.timing.typical_s
            yield time.monotonic() + max(rest_s / 2, rest_s - lags_s)
            yield from play(self.stage, self._house, LAST, client)

    def _in_turn(self, worlds: Sequence[World]) -> Task:
        if worlds and not self._open.fired:
            yield self._open
        done = 0
        while done < len(worlds):
            if not self.stage.room_for_tracer(done):
                self._leave_out(worlds[done:])
                return
            while not self.stage.quiet.take():
                yield time.monotonic() + LOOK_EVERY_S
            batch = worlds[done:][: self.stage.tracers_abreast()]
            self.stage.tracing = len(batch)
            calms = [Signal(an_end=True) for _ in batch]
            for world, calm in zip(batch, calms, strict=True):
                self.stage.scheduler.spawn(self._perform(world, calm))
            for calm in calms:
                if not calm.fired:
                    yield calm
            self.stage.quiet.leave()
            done += len(batch)

    def _perform(self, world: World, calm: Signal | None = None) -> Task:
        """Run one plan from its first step to its last read; `calm` fires when its trouble is over."""
        if self.stage.every_store and not self._listed.fired:
            yield self._listed
        if _uses_common(world.plan) and not self._open.fired:
            yield self._open
        world.common = self.stage.common
        ends = [self._begin(world, actor) for actor in world.plan.actors]
        for end in ends:
            if not end.fired:
                yield end
        if calm:
            self.stage.scheduler.fire(calm)
        yield from settle(self.stage, world, self._settled)
        self._done(1)

    def _leave_out(self, worlds: Sequence[World]) -> None:
        for world in worlds:
            world.leave_out("", "the whole plan", -1, NO_TIME)
        self._settled(len(worlds))
        self._done(len(worlds))

    def _settled(self, plans: int = 1) -> None:
        with self._lock:
            self._unsettled -= plans
            calm = self._unsettled <= 0
        if calm:
            self.stage.scheduler.fire(self._calm)

    def _done(self, plans: int) -> None:
        with self._lock:
            self._left -= plans
            over = self._left <= 0
        if over:
            self.stage.scheduler.fire(self._over)

    def _begin(self, world: World, actor: Actor) -> Signal:
        end = Signal(an_end=True)
        if actor.user in SECOND_USERS and not self.stage.second_user:
            for number, step in enumerate(actor.steps):
                leave_out(self.stage, world, actor, number, NO_SECOND_USER)
                give_up(self.stage, world, step)
            self.stage.scheduler.fire(end)
        else:
            self.stage.scheduler.spawn(self._act(world, actor, end), self._ranks.get(world.token, 0))
        return end

    def _act(self, world: World, actor: Actor, end: Signal) -> Task:
        client = self.stage.client(world, actor)
        yield from play(self.stage, world, actor, client)
        client.close()
        self.stage.scheduler.fire(end)


def waits(plan: Plan) -> float:
    """Estimate how many lags the most patient actor of a plan waits for: whoever waits long must begin early."""
    return max((sum(map(_wait, actor.steps)) for actor in plan.actors), default=0.0)


def _wait(step: Step) -> float:
    if step.verb == "pause":
        return float(option(step, "lags")) + bool(option(step, "share"))
    return float(step.verb in WAITING)


def _uses_common(plan: Plan) -> bool:
    """Whether a plan waits for the common project: it uses it, or the storage provider that its first upload told."""
    return any(
        COMMON in needs(step) or any(step.args.get(name) for name in ("named_store", "store", "further"))
        for _, step in plan.steps()
    )
