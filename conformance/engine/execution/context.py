"""What all actors of a campaign share, and what one actor holds while it takes one step."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from conformance.api.answers import Answer, Classified
from conformance.driver.wire.body import Blocks
from conformance.engine.execution.bindings import (
    File,
    Folder,
    Membership,
    Project,
    Resource,
    Upload,
    Version,
    World,
)
from conformance.engine.execution.polling import Timing
from conformance.engine.execution.quiet_lock import QuietLock
from conformance.engine.execution.scheduler import Scheduler
from conformance.engine.plan import COMMON, WITH_RIGHTS, Actor, Step
from conformance.engine.plan_model import ALGORITHMS
from conformance.engine.plan_verbs import PROJECT, VERBS, option
from conformance.engine.values.manners import MANNERS
from conformance.model import NOTHING, Json, Operation, Phase
from conformance.settings.naming import Naming

RETRIES = 5
TRACER_S = 0.5
"""What a tracer takes where answers come at once, with the lag that is assumed before any was measured."""
LONGEST_TRACING = 30
"""The tracers of a slow target may take so many times as long as those of a fast one."""
ONE_EACH_S = 1.0
"""A further tracer runs beside the others for each so many seconds of lag, so that all together take hardly longer."""
MOST_ABREAST = 4
FIRST_RETRY_S = 0.1
LONGEST_RETRY_S = 20.0


class Speaker(Protocol):
    """What a plan needs of a client of the driver."""

    phase: Phase
    headers: Mapping[str, str | None]
    step: str

    def classify(self, operation: Operation) -> Classified:
        """Return what an attempt came to."""

    def send(  # noqa: PLR0913 - one wire attempt, spelled out
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str | None] = NOTHING,
        json: Json = None,
        content: bytes | None = None,
        content_type: str | None = None,
        intent: str = "valid",
        notes: Mapping[str, Json] = NOTHING,
        cut_after_s: float | None = None,
    ) -> Operation:
        """Make one attempt."""

    def put_signed(
        self,
        signed: Json,
        data: bytes | Blocks,
        *,
        notes: Mapping[str, Json] = NOTHING,
        cut_after_s: float | None = None,
        streamed: bool = False,
    ) -> Operation:
        """Store bytes by a signed URL; where `streamed`, in pieces whose sum is not told beforehand."""

    def get_signed(self, signed: Json, *, notes: Mapping[str, Json] = NOTHING, part: str = "") -> Operation:
        """Fetch bytes by a signed URL, or the range `part` of them."""

    def speak_over(self, other: object) -> None:
        """Speak over the connections of another client of the same driver from now on, by turns."""

    def close(self) -> None:
        """Let go of the connection."""


class Speakers(Protocol):
    """What a plan needs of the driver."""

    def client(self, session: str, *, user: str | None, scenario: str, plan: str) -> Speaker:
        """Return a client that speaks in sequence."""


@dataclass(slots=True)
class Stage:
    """One campaign: the driver, the clock, the scheduler, and the project that all its plans share.

    After `least_tracers`, the next tracer begins only while `tracing_s` seconds and one lag have not passed since the
    campaign's beginning (`begun`, monotonic seconds): tracers follow one another, and a run must not wait for them.
    Where a lag or an answer takes longer, a tracer does too, and as many get the time that they take.
    `provider` is the id of the storage provider that every upload names, `shown` the one that an upload told.
    `offers` says of calls that a target may lack whether this one has them, and `second_id` is the second user's id.
    `slow_s` is what a slow client may take in all, in seconds, and what has settled rests `rest_s` seconds before it
    is read for the last time. `small_parts` says that an upload of small parts was found good, so that others are.
    `retained` are the last answers in full that were asked about by validators, by plan, actor and path. `stores` are
    the storage providers that the target lists, `algorithms` how they hash; with `every_store` the plans use them in
    turn. No upload is larger than `largest` bytes.
    """

    driver: Speakers
    timing: Timing
    scheduler: Scheduler
    token: str
    naming: Naming = field(default_factory=Naming)
    second_user: bool = False
    quiet: QuietLock = field(default_factory=QuietLock)
    provider: str = ""
    shown: str = ""
    dense_reads: int = 2500
    least_tracers: int = 2
    tracing_s: float = 6.0
    begun: float = 0.0
    first_tracer: float | None = None
    tracing: int = 1
    common: Project | None = None
    largest: float = math.inf
    algorithms: dict[str, str] = field(default_factory=dict)
    stores: list[str] = field(default_factory=list)
    every_store: bool = False
    offers: dict[str, bool] = field(default_factory=dict)
    second_id: str = ""
    slow_s: float = 3.0
    rest_s: float = 0.0
    small_parts: bool = False
    retained: dict[tuple[str, str, str], Sent] = field(default_factory=dict)

    def store(self, wanted: int, world: World) -> str:
        """Return the id of the storage provider that an upload names; empty where it names none.

        `wanted` is its number among those that the target lists, from 1; of 0 the run decides: one that the operator
        chose, or each in turn, one to a plan.
        """
        if self.provider and not wanted:
            return self.provider
        turn = wanted or (world.rank if self.every_store else 0)
        return self.stores[(turn - 1) % len(self.stores)] if turn and self.stores else ""

    def further(self, wanted: int) -> str:
        """Return the id of a storage provider beside the usual one, by its number from 1; empty where there is none.

        Where the operator chose one provider, there is no other.
        """
        others = [one for one in self.stores if one != self.shown] if len(self.stores) > 1 and not self.provider else []
        return others[wanted - 1] if wanted <= len(others) else ""

    def algorithm(self, upload: Upload) -> str:
        """Return the algorithm by which an upload's storage provider hashes: MD5 where none is known."""
        given = self.algorithms.get(upload.store, "md5")
        return given if given in ALGORITHMS else "md5"

    def client(self, world: World, actor: Actor) -> Speaker:
        """Return the client of one actor."""
        user = {"nobody": None, "member": "other"}.get(actor.user, actor.user)
        made = self.driver.client(f"{world.token}/{actor.name}", user=user, scenario=world.plan.theme, plan=world.token)
        made.headers = MANNERS[actor.manner].headers if actor.manner else NOTHING
        return made

    def tracers_abreast(self) -> int:
        """How many tracers run side by side: one where all converges soon, up to `MOST_ABREAST` where it is slow."""
        return min(MOST_ABREAST, 1 + int(self.timing.lag_s / ONE_EACH_S))

    def room_for_tracer(self, done: int) -> bool:
        """Whether one more tracer may begin after `done` of them."""
        now = time.monotonic()
        if self.first_tracer is None:
            self.first_tracer = now
        allowed = self.begun + self.tracing_s + self.timing.lag_s
        if done:
            each = (now - self.first_tracer) / done
            longest = LONGEST_TRACING * self.tracing_s
            allowed = max(allowed, self.first_tracer + min(longest, each * self.tracing_s / TRACER_S))
        return done < self.least_tracers or now < allowed


@dataclass(slots=True)
class Turn:
    """One actor taking one step."""

    stage: Stage
    world: World
    actor: Actor
    client: Speaker
    step: Step

    def option(self, name: str) -> Json:
        """Return an optional argument of the step."""
        return option(self.step, name)

    def owns(self, project: Project) -> bool:
        """Whether the actor may do all of it in `project`: it has rights there, or made it."""
        return self.actor.user in WITH_RIGHTS or self.actor.user == project.by

    def resource(self, name: str) -> Resource | None:
        """Return what the symbol under the argument `name` means; None where it may be left out, and is."""
        kind = VERBS[self.step.verb].needs.get(name)
        symbol = str(self.step.args.get(name, COMMON if kind == PROJECT else ""))
        return self.world.common if symbol == COMMON else self.world.slot(symbol).value

    def named(self, name: str) -> Resource | None:
        """Return the same where the step has that argument, and None where it has not."""
        return self.resource(name) if name in self.step.args else None

    def project(self) -> Project:
        """Return the project that the step names."""
        found = self.resource("project")
        assert isinstance(found, Project)
        return found

    def upload(self) -> Upload:
        """Return the upload that the step names."""
        found = self.resource("upload")
        assert isinstance(found, Upload)
        return found

    def file(self) -> File:
        """Return the file that the step names."""
        found = self.resource("file")
        assert isinstance(found, File)
        return found

    def version(self) -> Version:
        """Return the version that the step names."""
        found = self.resource("version")
        assert isinstance(found, Version)
        return found

    def folder(self, name: str = "folder") -> Folder | None:
        """Return the folder that the step names, if it names one."""
        found = self.named(name)
        assert found is None or isinstance(found, Folder)
        return found

    def membership(self) -> Membership:
        """Return the rights that the step names."""
        found = self.resource("rights")
        assert isinstance(found, Membership)
        return found

    def leave_out(self, why: str) -> None:
        """Note that the step sends nothing, and why."""
        self.world.leave_out(self.actor.name, self.step.verb, int(self.client.step), why)

    def bind(self, value: Resource, symbol: str = "") -> None:
        """Give the symbol that the step binds its meaning."""
        if name := symbol or self.step.binds:
            slot = self.world.slot(name)
            slot.value = value
            self.stage.scheduler.fire(slot.signal)


@dataclass(frozen=True, slots=True)
class Sent:
    """An attempt with the class of its answer and the instant (monotonic seconds) at which it had ended.

    `download` is the fetching of what its signed URL leads to, where that was done at once.
    """

    operation: Operation
    answer: Answer
    at: float
    download: Operation | None = None

    @property
    def body(self) -> Mapping[str, Json]:
        """Return the JSON object answered, or an empty one."""
        response = self.operation.exchange.response
        return response if isinstance(response, dict) else {}

    @property
    def made(self) -> str:
        """Return the id of what was made, or nothing."""
        made = self.body.get("id")
        return made if self.answer is Answer.DONE and isinstance(made, str) and made.isprintable() else ""


def sent(client: Speaker, operation: Operation) -> Sent:
    """Classify an attempt that has just ended."""
    return Sent(operation, client.classify(operation).answer, time.monotonic())


def patience(attempt: int, operation: Operation) -> float:
    """Return how long to wait before trying again after no information, honouring Retry-After (seconds)."""
    asked = operation.exchange.headers.get("retry-after", "")
    polite = float(asked) if asked.isdigit() else 0.0
    return min(LONGEST_RETRY_S, max(polite, FIRST_RETRY_S * float(2**attempt)))


Attempt = Callable[[float | None], Operation]
