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
from conformance.history.parquet.table_schema import OPERATION, UNFINISHED, arrow
from conformance.judge.shards.plainness import Surroundings, speaks_for_itself
from conformance.judge.shards.share import Share
from conformance.judge.shards.unit_judge import UnitJudge, wrong_ones
from conformance.model import Operation, Target
from conformance.outcome.sums import Sums

TOGETHER = 2_000
"""Operations that are added up at a time, and at most judged by one judge."""
_SELDOM = 10
"""Judging apart what proves not to be plain together is done twice: as many projects are judged together as let that
happen to one group in so many."""
_KINDS = (OPERATION, UNFINISHED)
_YIELDED = ["project", "first", "line", "raw"]
_READ = ("bucket", "kind", *_YIELDED)


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
    judged = tied = 0
    for units in _batched(_projects(task, decode, classify), TOGETHER):
        done.sums.take(*in_order(units))
        plain = [one for one in units if _may_be_plain(one, task)]
        done.tied.update({one.project for one in units} - {one.project for one in plain})
        while plain:
            count = max(judged // (_SELDOM * (tied + 1)), 1)
            together, plain = plain[:count], plain[count:]
            judged, tied = judged + len(together), tied + _judge(together, task, done)
    done.tied.discard("")
    return done


def _may_be_plain(one: Lines, task: Task) -> bool:
    if not one.project or one.project in task.tied:
        return False
    return all(speaks_for_itself(*pair) for pair in zip(one.operations, one.classes, strict=True))


def _batched(units: Iterator[Lines], most: int) -> Iterator[list[Lines]]:
    """Yield projects together, as many as hold `most` operations, at least one."""
    together: list[Lines] = []
    held = 0
    for one in units:
        together.append(one)
        held += len(one.operations)
        if held >= most:
            yield together
            together, held = [], 0
    if together:
        yield together


def in_order(units: Sequence[Lines]) -> tuple[Sequence[int], Sequence[Operation], Sequence[Classified]]:
    """Return the numbers of the lines of some projects, their operations and classes, in the history's order."""
    if len(units) == 1:
        return units[0].numbers, units[0].operations, units[0].classes
    rows = sorted(
        (number, place, position) for place, unit in enumerate(units) for position, number in enumerate(unit.numbers)
    )
    operations = [units[place].operations[position] for _, place, position in rows]
    classes = [units[place].classes[position] for _, place, position in rows]
    return [number for number, _, _ in rows], operations, classes


def _judge(units: Sequence[Lines], task: Task, done: Done) -> int:
    """Judge projects together; where they are not plain, each by itself. Return how many are not."""
    judge = UnitJudge(
        task.target, recorded=task.recorded, accepts_small_parts=task.surroundings.small_parts, partial=task.partial
    )
    _, operations, classes = in_order(units)
    judge.take_all(operations, classes)
    share = judge.share(task.surroundings)
    if share is not None:
        wrong = set(wrong_ones(share))
        if wrong:
            share.homes.update({
                one.id: unit.project for unit in units for one in unit.operations if one.id in wrong
            })  # fmt: skip
        share.strangers.update(unit.project for unit in units if any(_is_others(one) for one in unit.operations))
        done.share.add(share)
        return 0
    if len(units) > 1:
        return sum(_judge([unit], task, done) for unit in units)
    done.tied.add(units[0].project)
    return 1


def _is_others(operation: Operation) -> bool:
    return operation.exchange.user == "other"


def _projects(task: Task, decode: Decoder, classify: Classifier) -> Iterator[Lines]:
    """Yield the projects of the buckets, bucket by bucket, each in the order in which things were first spoken of."""
    file, _ = table(Path(task.path))
    groups = Groups(file, _READ)
    for bucket in task.buckets:
        by_project: dict[str, list[tuple[int, int, bytes]]] = defaultdict(list)
        for project, first, line, raw in _rows(groups, bucket):
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


class Groups:
    """Reads row groups; the latest stays at hand, for the next bucket that has rows in it."""

    def __init__(self, file: Any, columns: Sequence[str]) -> None:
        self.file = file
        self._columns = list(columns)
        self._number = -1
        self._latest: Any = None

    def read(self, number: int) -> Any:
        """Return the columns of a row group."""
        if number != self._number:
            self._latest = None  # only one at a time
            self._number, self._latest = number, self.file.read_row_group(number, columns=self._columns)
        return self._latest


def _rows(groups: Groups, bucket: int) -> Iterator[tuple[str, int, int, bytes]]:
    """Yield project, when first spoken of, line and bytes of the operations of a bucket."""
    compute = arrow("pyarrow.compute")
    for group in groups_of(groups.file, bucket):
        found = groups.read(group)
        wanted = compute.and_(
            compute.equal(found.column("bucket"), bucket),
            compute.or_(*(compute.equal(found.column("kind"), kind) for kind in _KINDS)),
        )
        found = found.filter(wanted).select(_YIELDED)
        yield from zip(*(column.to_pylist() for column in found.columns), strict=True)


def groups_of(file: Any, bucket: int) -> Iterator[int]:
    """Yield the row groups that may hold rows of a bucket."""
    place = file.schema_arrow.get_field_index("bucket")
    for group in range(file.num_row_groups):
        of = file.metadata.row_group(group).column(place).statistics
        if of is None or not of.has_min_max or of.min <= bucket <= of.max:
            yield group
