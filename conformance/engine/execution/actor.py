"""One actor plays its program: waits for what a step needs, takes the step, and gives up what will never come."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator

from conformance.engine.execution import reads, uploading, writes
from conformance.engine.execution.bindings import World
from conformance.engine.execution.context import Speaker, Stage, Turn
from conformance.engine.execution.dense_readers import read_densely
from conformance.engine.execution.scheduler import Signal, Task
from conformance.engine.execution.settle import Watched, until_settled
from conformance.engine.plan import COMMON, NEVER_MADE, Actor, Step
from conformance.engine.plan_model import bound_by, needs
from conformance.engine.plan_verbs import option

Asking = Generator[float | Signal, None, str]


def play(stage: Stage, world: World, actor: Actor, client: Speaker) -> Task:
    """Take the actor's steps in order; a step whose needs never come is left out and noted."""
    try:
        for number, step in enumerate(actor.steps):
            lacking = yield from _lacking(world, step)
            client.step = str(number)
            if not lacking:
                yield from VERB[step.verb](Turn(stage, world, actor, client, step))
                yield time.monotonic()
            else:
                world.leave_out(actor.name, step.verb, number, f"{NEVER_MADE}{lacking}")
            give_up(stage, world, step)
    finally:
        for step in actor.steps:
            give_up(stage, world, step)


def give_up(stage: Stage, world: World, step: Step) -> None:
    """Say that the symbols of `step` mean what they mean now, or nothing for ever."""
    for symbol in bound_by(step):
        slot = world.slot(symbol)
        if not slot.signal.fired:
            stage.scheduler.fire(slot.signal)


def _lacking(world: World, step: Step) -> Asking:
    """Wait for what a step needs; return the symbol that will never come, or nothing."""
    for symbol in needs(step):
        if symbol == COMMON:
            if world.common is None:
                return COMMON
            continue
        slot = world.slot(symbol)
        if not slot.signal.fired:
            yield slot.signal
        if slot.value is None:
            return symbol
    return ""


def pause(turn: Turn) -> Task:
    """Wait some milliseconds, or some multiple of the lag measured so far."""
    yield time.monotonic() + float(turn.option("s")) + float(turn.option("lags")) * turn.stage.timing.typical_s


def meet(turn: Turn) -> Task:
    """Wait for the others, so that the next steps of all begin together."""
    signal, arrived = turn.world.meet(str(turn.option("at")), turn.actor.name)
    if arrived >= int(option(turn.step, "parties")):
        turn.stage.scheduler.fire(signal)
    elif not signal.fired:
        yield signal


def settle_file(turn: Turn) -> Task:
    """Wait until a file settled."""
    file = turn.file()
    since = file.current.completed if file.current else None
    one = Watched(f"/files/{file.id}/url", reads.TRUTHS, since, file.current)
    yield from until_settled(turn.stage, turn.client, turn.world, one)


VERB: dict[str, Callable[[Turn], Task]] = {
    "create_project": writes.create_project,
    "create_upload": uploading.create_upload,
    "put_part": uploading.put_part,
    "put_whole": uploading.put_whole,
    "complete": uploading.complete,
    "attach": writes.attach,
    "new_version": writes.new_version,
    "promote": writes.promote,
    "delete_version": writes.delete_version,
    "delete_file": writes.delete_file,
    "delete_project": writes.delete_project,
    "read_url": reads.read_url,
    "read_version_url": reads.read_version_url,
    "read_upload": reads.read_upload,
    "read_file": reads.read_file,
    "read_version": reads.read_version,
    "read_versions": reads.read_versions,
    "read_project": reads.read_project,
    "list_uploads": reads.list_uploads,
    "list_children": reads.list_children,
    "list_files": reads.list_files,
    "list_projects": reads.list_projects,
    "use_unknown": reads.use_unknown,
    "ask_badly": reads.ask_badly,
    "read_densely": read_densely,
    "settle": settle_file,
    "pause": pause,
    "meet": meet,
}
