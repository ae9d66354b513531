"""One actor plays its program: waits for what a step needs, takes the step, and gives up what will never come."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from dataclasses import replace

from conformance.engine.execution import reads, uploading, writes
from conformance.engine.execution.bindings import World
from conformance.engine.execution.context import Speaker, Stage, Turn
from conformance.engine.execution.dense_readers import read_densely
from conformance.engine.execution.scheduler import Signal, Task
from conformance.engine.execution.settle import Watched, of_file, refused_for_good, until_settled
from conformance.engine.execution.verbs import (
    folder_verbs,
    header_verbs,
    late_verbs,
    member_verbs,
    page_verbs,
    wrong_verbs,
)
from conformance.engine.plan import COMMON, NEVER_MADE, Actor, Step
from conformance.engine.plan_model import awaits, bound_by
from conformance.engine.plan_verbs import option

CROWD = 4
"""So many who meet wait until requests are sent side by side again, not one after the other for a dense reader."""
CROWD_LOOKS_S = 0.05
Asking = Generator[float | Signal, None, str]


def play(stage: Stage, world: World, actor: Actor, client: Speaker) -> Task:
    """Take the actor's steps in order; a step whose needs never come is left out and noted."""
    try:
        for number, step in enumerate(actor.steps):
            lacking = yield from _lacking(world, actor, step)
            client.step = str(number)
            if not lacking:
                yield from VERB[step.verb](Turn(stage, world, actor, client, step))
                yield time.monotonic()
            else:
                leave_out(stage, world, actor, number, f"{NEVER_MADE}{lacking}")
            give_up(stage, world, step)
    finally:
        for step in actor.steps:
            give_up(stage, world, step)


def leave_out(stage: Stage, world: World, actor: Actor, number: int, why: str) -> None:
    """Note that a step is not taken; whoever waits for the actor at a meeting does not wait in vain."""
    step = actor.steps[number]
    world.leave_out(actor.name, step.verb, number, why)
    if step.verb == "meet":
        arrive(stage, world, actor, step)


def arrive(stage: Stage, world: World, actor: Actor, step: Step) -> Signal:
    """Arrive at a meeting; return its signal, which is fired once all are there."""
    signal, arrived = world.meet(str(option(step, "at")), actor.name)
    if arrived >= int(option(step, "parties")):
        stage.scheduler.fire(signal)
    return signal


def give_up(stage: Stage, world: World, step: Step) -> None:
    """Say that the symbols of `step` mean what they mean now, or nothing for ever."""
    for symbol in bound_by(step):
        slot = world.slot(symbol)
        if not slot.signal.fired:
            stage.scheduler.fire(slot.signal)


def _lacking(world: World, actor: Actor, step: Step) -> Asking:
    """Wait for what a step needs; return the symbol that will never come, or nothing."""
    for symbol in awaits(actor, step):
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
    """Wait some milliseconds, some multiple of the lag measured so far, or a share of what a slow client may take."""
    lags, share = float(turn.option("lags")), float(turn.option("share"))
    waits = float(turn.option("s")) + lags * turn.stage.timing.typical_s + share * turn.stage.slow_s
    yield time.monotonic() + waits


def meet(turn: Turn) -> Task:
    """Wait for the others, so that the next steps of all begin together; a crowd until it may really speak at once."""
    signal = arrive(turn.stage, turn.world, turn.actor, turn.step)
    if not signal.fired:
        yield signal
    while int(turn.option("parties")) >= CROWD and turn.stage.scheduler.quiet:
        yield time.monotonic() + CROWD_LOOKS_S


def settle_file(turn: Turn) -> Task:
    """Wait until a file settled; whoever is refused beyond the bound asks often enough for that to be for good.

    For a member the wait begins anew with the rights.
    """
    file = turn.file()

    def wanted() -> Watched:
        one = of_file(file)
        if one.since is None or turn.actor.user != "member":
            return one
        given = (rights.given for rights in turn.world.memberships() if rights.project is file.project)
        return replace(one, since=max(one.since, *given, 0.0))

    last = yield from until_settled(turn.stage, turn.client, turn.world, wanted)
    if (one := wanted()).since is not None and turn.owns(file.project):
        yield from refused_for_good(turn.client, one, last)


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
    "read_head": header_verbs.read_head,
    "read_part": header_verbs.read_part,
    "revalidate": header_verbs.revalidate,
    "settle": settle_file,
    "create_folder": folder_verbs.create_folder,
    "move_file": folder_verbs.move_file,
    "rename_file": folder_verbs.rename_file,
    "relabel": folder_verbs.relabel,
    "move_folder": folder_verbs.move_folder,
    "rename_folder": folder_verbs.rename_folder,
    "delete_folder": folder_verbs.delete_folder,
    "read_folder": folder_verbs.read_folder,
    "update_project": folder_verbs.update_project,
    "list_folder": page_verbs.list_folder,
    "list_pages": page_verbs.list_pages,
    "grant": member_verbs.grant,
    "withdraw": member_verbs.withdraw,
    "until_refused": member_verbs.until_refused,
    "attach_foreign": member_verbs.attach_foreign,
    "version_foreign": member_verbs.version_foreign,
    "report_hash": late_verbs.report_hash,
    "report_chunk": late_verbs.report_chunk,
    "complete_again": late_verbs.complete_again,
    "put_again": late_verbs.put_again,
    "download": late_verbs.download,
    "download_version": late_verbs.download_version,
    "change_badly": wrong_verbs.change_badly,
    "pause": pause,
    "meet": meet,
}
