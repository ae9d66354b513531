"""What one worker does: judge the projects of some buckets by themselves, and add up what the document says of them.

A worker is given names and numbers only, and reads the file itself, so that a shard can be done again anywhere that
sees the file.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conformance.api.answers import Classified
from conformance.api.classifier import Classifier
from conformance.api.routes import base_of
from conformance.history import Begun
from conformance.history.collector import collector_away
from conformance.history.decode import Decoder
from conformance.history.parquet.line_stream import table
from conformance.history.parquet.table_schema import OPERATION, UNFINISHED
from conformance.judge.shards.plainness import Surroundings, speaks_for_itself
from conformance.judge.shards.share import Share
from conformance.judge.shards.unit_judge import UnitJudge, wrong_ones
from conformance.model import Operation, Target
from conformance.outcome.sums import Sums

TOGETHER = 2_000
"""Operations that are judged by one judge at a time; of those that turn out to be tied, each half by itself."""
_KINDS = (OPERATION, UNFINISHED)
_READ = ("bucket", "kind", "project", "first", "line", "raw")


@dataclass(frozen=True, slots=True)
class Task:
    """One shard: the file, its buckets, and what every worker must know of the whole history.

    `number` counts from 1. `tied` are the projects that are judged in one place whatever they hold.
    """

    number: int
    path: str
    buckets: tuple[int, ...]
    target: Target
    surroundings: Surroundings
    recorded: bool = False
    partial: bool = False
    tied: frozenset[str] = frozenset()


@dataclass(slots=True)
class Done:
    """What a shard came to: the share of its plain projects, the projects that are tied to others, and the sums."""

    number: int
    share: Share = field(default_factory=Share)
    tied: set[str] = field(default_factory=set)
    sums: Sums = field(default_factory=Sums)


@dataclass(frozen=True, slots=True)
class Lines:
    """The operations of one project in the history's order, with the numbers of their lines."""

    project: str
    numbers: Sequence[int]
    operations: Sequence[Operation]
    classes: Sequence[Classified]


def do(task: Task) -> Done:
    """Do a shard.

    Raises:
        TableError: the file cannot be read.
        HistoryError: a line of it cannot.
    """
    with collector_away():
        return _do(task)


def _do(task: Task) -> Done:
    done, classify = Done(task.number), Classifier(task.target)
    decode = Decoder(base_of(task.target.base_url))
    together: list[Lines] = []
    for one in _projects(task, decode, classify):
        done.sums.take(one.numbers, one.operations, one.classes)
        pairs = zip(one.operations, one.classes, strict=True)
        if not one.project or one.project in task.tied or not all(speaks_for_itself(*pair) for pair in pairs):
            done.tied.add(one.project)
            continue
        together.append(one)
        if sum(len(each.operations) for each in together) >= TOGETHER:
            _judge(together, task, done)
            together = []
    if together:
        _judge(together, task, done)
    done.tied.discard("")
    return done


def _judge(units: Sequence[Lines], task: Task, done: Done) -> None:
    """Judge projects together; where they are not plain, by halves, down to the single ones that are not."""
    judge = UnitJudge(
        task.target, recorded=task.recorded, accepts_small_parts=task.surroundings.small_parts, partial=task.partial
    )
    rows = sorted(
        (number, place, position) for place, unit in enumerate(units) for position, number in enumerate(unit.numbers)
    )
    operations = [units[place].operations[position] for _, place, position in rows]
    classes = [units[place].classes[position] for _, place, position in rows]
    judge.take_all(operations, classes)
    share = judge.share(task.surroundings)
    if share is not None:
        wrong = set(wrong_ones(share))
        if wrong:
            share.homes.update({
                one.id: unit.project for unit in units for one in unit.operations if one.id in wrong
            })  # fmt: skip
        done.share.add(share)
    elif len(units) == 1:
        done.tied.add(units[0].project)
    else:
        middle = len(units) // 2
        _judge(units[:middle], task, done)
        _judge(units[middle:], task, done)


def _projects(task: Task, decode: Decoder, classify: Classifier) -> Iterator[Lines]:
    """Yield the projects of the buckets, bucket by bucket, each in the order in which things were first spoken of."""
    file, _ = table(Path(task.path))
    for bucket in task.buckets:
        by_project: dict[str, list[tuple[int, int, bytes]]] = defaultdict(list)
        for project, first, line, raw in _rows(file, bucket):
            by_project[project].append((first, line, raw))
        for project in sorted(by_project):
            yield lines_of(project, by_project.pop(project), decode, classify)


def lines_of(project: str, rows: list[tuple[int, int, bytes]], decode: Decoder, classify: Classifier) -> Lines:
    """Return decoded rows (when first spoken of, line, bytes) in their order."""
    rows.sort()
    operations = [operation_of(raw, line, decode) for _, line, raw in rows]
    return Lines(project, [first for first, _, _ in rows], operations, [classify(one) for one in operations])


def operation_of(raw: bytes, line: int, decode: Decoder) -> Operation:
    """Return the operation of a line, announced or ended."""
    entry = decode(raw, line)
    if isinstance(entry, Begun):
        return entry.operation
    assert isinstance(entry, Operation), "a row of an operation holds one"
    return entry


def _rows(file: Any, bucket: int) -> Iterator[tuple[str, int, int, bytes]]:
    for group in groups_of(file, bucket):
        found = file.read_row_group(group, columns=list(_READ))
        columns = (found.column(name).to_pylist() for name in _READ)
        for of, kind, project, first, line, raw in zip(*columns, strict=True):
            if of == bucket and kind in _KINDS:
                yield project, first, line, raw


def groups_of(file: Any, bucket: int) -> Iterator[int]:
    """Yield the row groups that may hold rows of a bucket."""
    place = file.schema_arrow.get_field_index("bucket")
    for group in range(file.num_row_groups):
        of = file.metadata.row_group(group).column(place).statistics
        if of is None or not of.has_min_max or of.min <= bucket <= of.max:
            yield group
