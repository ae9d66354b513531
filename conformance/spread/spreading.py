"""Shards planned, done and brought together: what the run document is drawn from is the same for any number of them.

Where only one judge of the whole history can decide (docs/scale.md says when), one does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from conformance.api.catalogue import requirements
from conformance.api.gateways import LEAST_PAGES
from conformance.history.collector import collector_away
from conformance.history.parquet.table_schema import BUCKETS
from conformance.judge.evidence import verified
from conformance.judge.rules_table import occasions
from conformance.judge.shards.one_place import OnePlace
from conformance.judge.shards.plainness import Surroundings
from conformance.judge.shards.share import joined, total
from conformance.judge.state.interval import SECOND
from conformance.judge.wall_clock import BY_WALL_CLOCK
from conformance.model import History, Json, Judgement, Target
from conformance.outcome.assemble import Gist
from conformance.outcome.sums import Sums
from conformance.spread.pooling import Failed, Outcome
from conformance.spread.shard_work import Done, Lines, Task
from conformance.spread.table_head import Head, head_of_table, lines_of_projects

Runner = Callable[[Sequence[Task]], Outcome]
"""Does tasks, somewhere."""
MOST_SHARDS = BUCKETS


@dataclass(frozen=True, slots=True)
class Wanted:
    """How to judge: in how many shards, and against which target, where the header's is not to be taken.

    `recorded` says whether the history may be a part of what was sent, None to let the header say.
    """

    shards: int = 4
    gateway: str | None = None
    recorded: bool | None = None


@dataclass(frozen=True, slots=True)
class Gathered:
    """What was brought together: the gist, None where the whole must be judged and `why`; and what failed."""

    gist: Gist | None
    why: str = ""
    failed: tuple[Failed, ...] = ()


def gathered(path: Path, wanted: Wanted, runner: Runner) -> Gathered:
    """Judge a Parquet history in shards.

    Raises:
        TableError: it cannot be read.
    """
    head = head_of_table(path)
    if why := _is_one_piece(head):
        return Gathered(None, why)
    assert head.header is not None
    target = head.header.target
    target = target if wanted.gateway is None else replace(target, gateway=wanted.gateway)
    tasks = planned(path, head, target, wanted)
    done, failed = runner(tasks)
    return _together(path, head, tasks[0], done, failed)


def _is_one_piece(head: Head) -> str:
    """Say why a history cannot be judged in parts, as far as that is known before."""
    if head.header is None:
        return "it has no header"
    if head.header.fields.get("clock") == BY_WALL_CLOCK:
        return "its clock is a wall clock, so that what ends a resource is moved over the whole of it"
    if head.facts.pages >= LEAST_PAGES:
        return "it holds what may be a firewall's pages, which only show over the whole of it"
    if set(head.facts.algorithms) - {"md5"}:
        return "a storage provider hashes with another algorithm than md5"
    return ""


def planned(path: Path, head: Head, target: Target, wanted: Wanted) -> list[Task]:
    """Return the tasks, some of them empty where there are more shards than projects.

    Each has buckets that follow one another, so that few row groups are read by more than one.
    """
    fields: Json = head.header.fields if head.header else {}
    surroundings = Surroundings(
        int(target.converge_within_s * SECOND), fields.get("small_parts_accepted") is True, head.facts.folders_deleted
    )
    shards = max(1, min(wanted.shards, MOST_SHARDS))
    recorded = wanted.recorded if wanted.recorded is not None else fields.get("watched") is True
    return [
        Task(
            number + 1, str(path.resolve()), _buckets(number, shards), target, surroundings,
            recorded=recorded, partial=fields.get("partial") is True, tied=frozenset(head.facts.linked),
        )
        for number in range(shards)
    ]  # fmt: skip


def _buckets(number: int, shards: int) -> tuple[int, ...]:
    return tuple(range(number * BUCKETS // shards, (number + 1) * BUCKETS // shards))


def _together(path: Path, head: Head, task: Task, done: Sequence[Done], failed: Sequence[Failed]) -> Gathered:
    assert head.header is not None
    share, sums = total(one.share for one in done), Sums()
    for one in done:
        sums.merge(one.sums)
    tied = {"", *task.tied, *(name for one in done for name in one.tied)}
    rest = lines_of_projects(path, tied, task.target)
    place = OnePlace(
        task.target, share, recorded=task.recorded, accepts_small_parts=task.surroundings.small_parts,
        partial=task.partial,
    )  # fmt: skip
    with collector_away():
        judged = place.judged(rest.operations, rest.classes)
    if why := place.needs_the_whole(judged):
        return Gathered(None, why)
    complete = head.is_whole(sums.ended) and not failed
    whole = joined(judged, share, {one.id: one.level for one in requirements()}, occasions())
    whole = replace(whole, counters={**whole.counters, "complete": int(complete)})
    shown = _shown(path, whole, rest, share.homes, tied, task.target)
    history = History(tuple(shown.operations), task.target, complete, task.recorded, head.header.fields)
    checked = verified(whole, history, shown.classes)
    gist = Gist(history, shown.classes, whole, checked, sums, complete, sums.operations)
    return Gathered(gist, failed=tuple(failed))


def _shown(  # noqa: PLR0913, PLR0917 - what is known so far, each by its name
    path: Path, judged: Judgement, rest: Lines, homes: dict[str, str], tied: set[str], target: Target
) -> Lines:
    """Return the operations judged in one place, and those of plain projects that findings name."""
    named = {name for tally in judged.tallies.values() for one in tally.findings for name in one.operations}
    more = {homes[name] for name in named & homes.keys()} - tied
    return lines_of_projects(path, tied | more, target) if more else rest
