"""The columnar path: the watermarks of every upload at once, and the row judge only where they look suspicious.

An upload whose rows are ordinary and whose watermarks cross nowhere can break no duty; that is decided for all of them
together, in arrays. Every project with anything else in it, however slightly, is judged row by row as usual, with what
the others contribute to the sentences. So the findings are the same. Needs the extra ``columnar``.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # it ships no types

from conformance.api.classifier import Classifier
from conformance.api.request_facts import is_mutation
from conformance.history import decode
from conformance.judge.columnar.columns import Columns, Row
from conformance.judge.exchange import Violation
from conformance.judge.exchange.answer_tallies import Sort
from conformance.judge.history_judge import Judge
from conformance.judge.judged_elsewhere import Elsewhere
from conformance.judge.state.chain import SINCE, Bounds
from conformance.judge.state.expected import Defect
from conformance.judge.state.interval import NEVER
from conformance.model import Finding, History, Operation, Target

_NUMBERS = ["kind", "end", "home", "key", "shape", "a", "b", "x", "y"]
Array = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(slots=True)
class Bulk:
    """Accumulators: for each kind of row and upload (or project) the earliest and latest times, counts and values."""

    homes: int
    keys: int
    first_b: dict[Row, Array] = field(default_factory=dict)
    last_a: dict[Row, Array] = field(default_factory=dict)
    count: dict[Row, Array] = field(default_factory=dict)
    value: dict[Row, tuple[Array, Array]] = field(default_factory=dict)
    started: Array = field(default_factory=lambda: np.empty(0, np.int64))
    stated: Array = field(default_factory=lambda: np.empty(0, np.int64))
    odd: Mask = field(default_factory=lambda: np.empty(0, np.bool_))
    gone: Array = field(default_factory=lambda: np.empty(0, np.int64))
    latest: Array = field(default_factory=lambda: np.empty(0, np.int64))
    other_bytes: Mask = field(default_factory=lambda: np.empty(0, np.bool_))
    origin: int = NEVER
    answered: int = -1

    def __post_init__(self) -> None:
        for row in Row:
            size = self.homes if row in (Row.PROJECT, Row.WAIT) else self.keys
            self.first_b[row] = np.full(size, NEVER, np.int64)
            self.last_a[row] = np.full(size, SINCE, np.int64)
            self.count[row] = np.zeros(size, np.int64)
        for row in (Row.UPLOAD, Row.CHUNK, Row.PUT, Row.COMPLETE):
            self.value[row] = (np.zeros(self.keys, np.int64), np.zeros(self.keys, np.int64))
        self.started = np.full(self.keys, NEVER, np.int64)
        self.stated = np.full(2 * self.keys, NEVER, np.int64)
        self.odd = np.zeros(self.homes, np.bool_)
        self.other_bytes = np.zeros(self.keys, np.bool_)
        self.gone = np.full(self.homes, NEVER, np.int64)
        self.latest = np.full(self.homes, SINCE, np.int64)

    def take(self, batch: dict[str, Any]) -> None:
        """Fold a batch of rows in."""
        kind, a, b = batch["kind"], batch["a"], batch["b"]
        self.origin = min(self.origin, int(a.min()))
        order = np.argsort(kind, kind="stable")
        ends = np.searchsorted(kind[order], np.arange(len(Row) + 1))
        for row in Row:
            rows = order[ends[row] : ends[row + 1]]
            if rows.size and row is not Row.PLAIN:
                self._rows(row, {name: batch[name][rows] for name in _NUMBERS}, a[rows], b[rows])

    def _rows(self, row: Row, batch: dict[str, Any], a: Array, b: Array) -> None:
        home, key = batch["home"], batch["key"]
        if row in (Row.ODD, Row.ALONE):
            self.odd[home[home >= 0]] = True
            return
        if row is Row.DELETE:
            np.minimum.at(self.gone, home, a)
            return
        np.maximum.at(self.latest, home, b)
        index = home if row in (Row.PROJECT, Row.WAIT) else key
        if index.size and int(index.min()) < 0:
            self.odd[home[index < 0]] = True
            keep = index >= 0
            index, a, b, batch = index[keep], a[keep], b[keep], {name: column[keep] for name, column in batch.items()}
        np.minimum.at(self.first_b[row], index, b)
        np.maximum.at(self.last_a[row], index, a)
        if row is Row.COMPLETE:
            np.minimum.at(self.started, index, a)
        if row in self.value:
            np.add.at(self.count[row], index, 1)
            self.value[row][0][index], self.value[row][1][index] = batch["x"], batch["y"]
        elif row in (Row.PROJECT, Row.FILE):
            np.add.at(self.count[row], index, 1)
        elif row in (Row.OK, Row.BAD):
            np.minimum.at(self.stated, 2 * index + batch["end"], b)
        if row in (Row.OK, Row.BAD, Row.UPLOAD):
            self.answered = max(self.answered, int(a.max()))
        if row is Row.GET:
            stored = self.value[Row.PUT]
            wrong = (stored[0][index] != batch["x"]) | (stored[1][index] != batch["y"])
            self.other_bytes[index[wrong]] = True


def bounds(bulk: Bulk) -> Bounds:
    """Return the four numbers of every upload (ns), as arrays: the chains of the row judge, all at once."""
    first, last = bulk.first_b, bulk.last_a
    verdict = np.minimum(first[Row.OK], first[Row.BAD])
    record = np.minimum(np.minimum(first[Row.RECORD_OK], first[Row.RECORD_ERR]), first[Row.PENDING])
    return Bounds(
        np.maximum(last[Row.OPEN], np.where(bulk.started < NEVER, bulk.started, SINCE)),
        np.minimum(np.minimum(first[Row.COMPLETE], verdict), record),
        last[Row.NC],
        verdict,
    )


@dataclass(frozen=True, slots=True)
class _Clean:
    """Which uploads and projects can break nothing, which of the uploads are hashed as reported, and which good."""

    uploads: Mask
    homes: Mask
    hashed: Mask
    good: Mask


def _clean(bulk: Bulk, home_of: Array, bound: int) -> _Clean:
    first, last, count, value = bulk.first_b, bulk.last_a, bulk.count, bulk.value
    ok, bad = first[Row.OK] < NEVER, first[Row.BAD] < NEVER
    single = value[Row.UPLOAD][0] == 1
    once = (count[Row.UPLOAD] == 1) & (count[Row.PUT] == 1) & (count[Row.COMPLETE] == 1) & (count[Row.FILE] == 1)
    ordinary = once & (count[Row.CHUNK] == np.where(single, 0, 1))
    begun, done = last[Row.COMPLETE], first[Row.COMPLETE]
    ordinary &= (first[Row.PUT] < begun) & (single | (first[Row.CHUNK] < begun))
    stored, size = value[Row.PUT], value[Row.UPLOAD][1]
    reported = np.where(single, value[Row.COMPLETE][0], value[Row.CHUNK][0])
    hashed, sized = reported == stored[0], stored[1] == size
    ordinary &= single | (value[Row.CHUNK][1] == stored[1])
    ordinary &= single | (value[Row.COMPLETE][0] == stored[0])  # a hash of the whole that differs leaves it open
    good = ordinary & hashed & sized
    chain = bounds(bulk)
    stated, record = chain.u2, np.minimum(first[Row.RECORD_OK], first[Row.RECORD_ERR])
    unsettled = np.maximum(last[Row.OPEN], last[Row.PENDING])
    crossing = (ok & bad) | (good & bad) | (~good & ok) | (stated < begun)
    crossing |= chain.crossed | (last[Row.NC] > done + bound)
    crossing |= (record < np.maximum(unsettled, last[Row.NC])) | (stated < unsettled)
    crossing |= (first[Row.RECORD_OK] < NEVER) & (bad | (first[Row.RECORD_ERR] < NEVER))
    crossing |= (first[Row.RECORD_ERR] < NEVER) & ok
    uploads = ordinary & ~crossing & ~bulk.other_bytes
    opened = np.full(bulk.homes, NEVER, np.int64)
    np.minimum.at(opened, home_of, first[Row.UPLOAD])
    homes = ~bulk.odd & (count[Row.PROJECT] == 1) & (bulk.latest < bulk.gone)
    waited = last[Row.WAIT]
    homes &= (waited <= opened) & (waited <= first[Row.PROJECT] + bound)
    homes[home_of[~uploads]] = False
    return _Clean(uploads & homes[home_of], homes, hashed, good)


def _elsewhere(bulk: Bulk, clean: _Clean, home_of: Array, bound: int) -> Elsewhere:
    stated = bulk.stated.reshape(-1, 2)
    reached = np.where((stated < NEVER) & clean.uploads[:, None], stated - bulk.last_a[Row.COMPLETE][:, None], -1)
    reached = np.where(reached / 1e9 <= bound / 1e9, np.maximum(reached, np.where(stated < NEVER, 0, -1)), -1)
    lags = reached.max(axis=1, initial=-1)
    lags = lags[clean.uploads & (lags >= 0)]
    opened = np.full(bulk.homes, NEVER, np.int64)
    np.minimum.at(opened, home_of, bulk.first_b[Row.UPLOAD])
    ready = clean.homes & (opened < NEVER)
    waits = np.maximum(0, opened[ready] - bulk.last_a[Row.PROJECT][ready])
    return Elsewhere(
        origin=bulk.origin,
        answered=bulk.answered,
        converged={kind: _slowest(found, bound) for kind, found in (("upload", lags), ("project", waits))},
        good_accepted=int((clean.uploads & clean.good).sum()),
        bad_accepted={
            Defect.HASH: int((clean.uploads & ~clean.hashed).sum()),
            Defect.SIZE: int((clean.uploads & clean.hashed & ~clean.good).sum()),
        },
    )


def _slowest(lags: Array, bound: int) -> tuple[int, float]:
    within = lags[lags / 1e9 <= bound / 1e9]
    return int(within.size), float(within.max() / 1e9) if within.size else 0.0


@dataclass(frozen=True, slots=True)
class Folded:
    """A history in columns: the file, what stands beside the rows, and the rows folded."""

    file: pq.ParquetFile
    about: Any
    bulk: Bulk
    home_of: Array
    shapes: Array


def folded(path: Path) -> Folded:
    """Fold what `Columns` wrote."""
    file = pq.ParquetFile(path)
    about = json.loads(file.metadata.metadata[b"dds-conformance"])
    bulk = Bulk(about["homes"], about["keys"])
    home_of = np.zeros(about["keys"], np.int64)
    shapes = np.zeros(len(about["shapes"]), np.int64)
    for batch in _batches(file):
        bulk.take(batch)
        made = batch["kind"] == Row.UPLOAD
        home_of[batch["key"][made]] = batch["home"][made]
        shapes += np.bincount(batch["shape"][batch["shape"] >= 0], minlength=shapes.size)
    return Folded(file, about, bulk, home_of, shapes)


def judge_in_columns(history: History) -> tuple[Finding, ...]:
    """Write a history in columns, for this once, and judge that."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "history.parquet"
        Columns(path, history.target).write(history.operations)
        small = history.header.get("small_parts_accepted") is True
        return judge_parquet(path, history.target, recorded=history.recorded, accepts_small_parts=small)


def judge_parquet(
    path: Path, target: Target, *, recorded: bool = False, accepts_small_parts: bool = False
) -> tuple[Finding, ...]:
    """Judge what `Columns` wrote; the findings are those of the row judge, in the same order.

    `recorded` and `accepts_small_parts` are as for `Judge`. A target with a gateway pattern is judged row by
    row, and so is a history in which a url led to nothing again and again: what was served elsewhere then matters.
    """
    one, bound = folded(path), int(target.converge_within_s * 1e9)
    clean = _clean(one.bulk, one.home_of, bound)
    pages = frozenset(one.about["pages"])
    stated = any(one.about[name] for name in ("traced", "gathered", "denied"))
    shown_open = (one.bulk.last_a[Row.OPEN] > one.bulk.first_b[Row.COMPLETE] + bound).any()
    everything = stated or bool(shown_open) or bool(pages) or bool(target.gateway)
    elsewhere = None if everything else _elsewhere(one.bulk, clean, one.home_of, bound)
    judge = Judge(target, recorded=recorded, accepts_small_parts=accepts_small_parts, elsewhere=elsewhere)
    rows = _suspects(one.file, np.zeros_like(clean.homes) if everything else clean.homes)
    for operation in rows:
        judge.begin(operation)
    classify = Classifier(target)
    for operation in rows:
        of = classify(operation)
        page = operation.id in pages
        judge.add(operation, of.from_firewall(mutation=is_mutation(operation.exchange)) if page else of)
    judge.replace_payloads(_sorts(one.file, one.about["shapes"], one.shapes))
    tallies = judge.conclude().tallies
    return tuple(finding for name in sorted(tallies) for finding in tallies[name].findings)


def _batches(file: pq.ParquetFile) -> Any:
    for group in range(file.num_row_groups):
        table = file.read_row_group(group, columns=_NUMBERS)
        yield {name: table.column(name).combine_chunks().to_numpy(zero_copy_only=False) for name in _NUMBERS}


def _suspects(file: pq.ParquetFile, clean: Mask) -> list[Operation]:
    found = []
    for group in range(file.num_row_groups):
        table = file.read_row_group(group, columns=["kind", "home"])
        home, kind = table.column("home").to_numpy(), table.column("kind").to_numpy()
        calm = np.zeros(home.size, np.bool_)
        calm[home >= 0] = clean[home[home >= 0]]
        rows = np.flatnonzero(~calm & ((home >= 0) | (kind != Row.PLAIN)))
        if rows.size:
            found += [
                decode(line.as_py()) for line in file.read_row_group(group, columns=["line"]).column("line").take(rows)
            ]
    return found


def _sorts(file: pq.ParquetFile, shapes: list[Any], counts: Array) -> list[Sort]:
    """Give what the payloads show: a sort for each shape, with the first two operations of those that are wrong."""
    sorts = [Sort(tuple(_seen(one) for one in shape)) for shape in shapes]
    wrong = np.array([any(violation for _, violation in sort.seen) for sort in sorts], np.bool_)
    for sort, count in zip(sorts, counts, strict=True):
        sort.count = int(count)
    if wrong.any():
        _firsts(file, sorts, wrong)
    return sorts


def _firsts(file: pq.ParquetFile, sorts: list[Sort], wrong: Mask) -> None:
    for group in range(file.num_row_groups):
        table = file.read_row_group(group, columns=["shape", "a", "b"])
        shape, a, b = (table.column(name).to_numpy() for name in ("shape", "a", "b"))
        rows = np.flatnonzero((shape >= 0) & wrong[shape])
        rows = rows[np.lexsort((b[rows], a[rows], shape[rows]))]
        rank = np.arange(rows.size) - np.searchsorted(shape[rows], shape[rows])
        chosen = rows[rank < 4]
        if chosen.size:
            lines = file.read_row_group(group, columns=["line"]).column("line").take(chosen)
            for which, line in zip(shape[chosen], lines, strict=True):
                sorts[which].note(decode(line.as_py()))


def _seen(said: Any) -> tuple[str, Violation | None]:
    requirement, wrong = said
    return requirement, None if wrong is None else Violation(*wrong)
