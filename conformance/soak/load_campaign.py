"""Users who run plans one after the other, all of one process on one stage, until they are asked to leave.

A user takes the next plan of an endless series that is drawn before anything is sent. A plan once begun is carried to
its end, settling included, unless the scheduler is stopped.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator

from conformance.engine.execution.bindings import World
from conformance.engine.execution.campaign import Campaign
from conformance.engine.execution.context import Stage
from conformance.engine.execution.scheduler import Signal, Task
from conformance.engine.plan import Plan
from conformance.engine.plan_model import check

LOOK_S = 0.1
"""Seconds between two looks whether users are still expected."""


class LoadCampaign(Campaign):
    """The users of one process. `ended` is called with each world after its last request.

    The number of users may change while it runs; `leave` lets all go when their plans have ended.
    """

    def __init__(self, stage: Stage, plans: Iterator[Plan], ended: Callable[[World], None] = lambda _: None) -> None:
        super().__init__(stage)
        self._plans = plans
        self._ended = ended
        self._numbers = itertools.count(1)
        self._wanted = self._present = 0
        self._leaving = False
        self.plans_ended = 0

    def want(self, users: int) -> None:
        """Have so many users: new ones come at once, those too many leave when their plan has ended."""
        with self._lock:
            self._wanted = 0 if self._leaving else users
            coming = max(0, self._wanted - self._present)
            self._present += coming
        for _ in range(coming):
            self.stage.scheduler.spawn(self._user(), rank=1)

    def leave(self) -> None:
        """Begin no further plan; the campaign ends when those under way have."""
        with self._lock:
            self._leaving, self._wanted = True, 0

    def run(self) -> None:
        """Keep house and serve users until all have left, or the scheduler was stopped."""
        spawn = self.stage.scheduler.spawn
        spawn(self._keep_house())
        spawn(self._stay_open())
        self.stage.scheduler.run()

    def _stay_open(self) -> Task:
        while not self._is_over():
            yield time.monotonic() + LOOK_S
        self.stage.scheduler.fire(self._over)

    def _is_over(self) -> bool:
        with self._lock:
            return self._leaving and not self._present

    def _user(self) -> Task:
        if not self._open.fired:
            yield self._open
        while not self._may_go():
            world = self._next_world()
            ended = Signal(an_end=True)
            self.stage.scheduler.spawn(self._ending(world, ended), self._ranks[world.token])
            if not ended.fired:
                yield ended

    def _may_go(self) -> bool:
        with self._lock:
            going = self._present > self._wanted
            self._present -= going
            return going

    def _next_world(self) -> World:
        with self._lock:
            plan = next(self._plans)
            check(plan)
            world = self._world(next(self._numbers), plan)
            self._ranks[world.token] = world.rank
        return world

    def _ending(self, world: World, ended: Signal) -> Task:
        yield from self._perform(world)
        with self._lock:
            self.plans_ended += 1
            del self._ranks[world.token]
        self._ended(world)
        self.stage.scheduler.fire(ended)

    def _done(self, plans: int) -> None:
        """Count nothing: plans follow one another, and the house is kept until the last user left."""
