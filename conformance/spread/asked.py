"""What a user asked to be judged in shards: brought into one Parquet file, judged there, and what was left out told."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance.errors import HistoryError
from conformance.history.har.har_file import is_foreign
from conformance.history.har.har_operations import Reading
from conformance.history.input_files import DAMAGED, STDIN, PackingError, head_of, opened
from conformance.history.parquet.converting import convert_history, convert_lines
from conformance.history.parquet.line_stream import TableError, is_table
from conformance.history.parquet.table_schema import arrow
from conformance.history.recordings import read_recordings
from conformance.outcome.assemble import Gist
from conformance.spread.clustering import in_cluster
from conformance.spread.pooling import Failed, Outcome, in_pool
from conformance.spread.shard_work import Task
from conformance.spread.spreading import MOST_SHARDS, Gathered, Wanted, gathered

PER_WORKER = 4
"""Shards for each worker, so that one that has done its part helps with what is left."""


@dataclass(frozen=True, slots=True)
class Spread:
    """How to judge: with so many processes of this machine, or on the cluster of a Dask scheduler."""

    workers: int = 0
    dask: str = ""
    gateway: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The gist, None where one process must judge the whole; which of the shards failed; and what was assumed."""

    gist: Gist | None
    failed: tuple[Failed, ...] = ()
    shards: int = 0
    remarks: tuple[str, ...] = ()

    @property
    def shortage(self) -> Iterator[str]:
        """Say what could not be judged."""
        for one in self.failed:
            yield f"shard {one.number} of {self.shards} could not be judged: {one.reason}"


def spread_over(paths: Sequence[Path], reading: Reading, spread: Spread) -> Found:
    """Judge histories in shards.

    Raises:
        HistoryError: one cannot be read.
        UsageError: an extra is missing, or no scheduler answers.
    """
    arrow()
    if len(paths) == 1 and (str(paths[0]) == STDIN or _is_another_tools(paths[0])):
        return Found(None)
    shards = min(MOST_SHARDS, PER_WORKER * spread.workers) if spread.workers else MOST_SHARDS

    def runner(tasks: Sequence[Task]) -> Outcome:
        return in_cluster(tasks, spread.dask) if spread.dask else in_pool(tasks, spread.workers)

    with tempfile.TemporaryDirectory(prefix="dds-conformance-") as folder:
        path, recorded, remarks = _as_table(paths, reading, Path(folder))
        try:
            found: Gathered = gathered(path, Wanted(shards, spread.gateway, recorded), runner)
        except TableError as trouble:
            raise HistoryError(f"{path} is {trouble}.") from trouble
    return Found(found.gist, found.failed, shards, remarks)


def _as_table(paths: Sequence[Path], reading: Reading, folder: Path) -> tuple[Path, bool | None, tuple[str, ...]]:
    """Return one Parquet file, whether it is a recording (None: its header says that), and what was assumed."""
    if len(paths) == 1 and not paths[0].is_dir():
        if is_table(paths[0]):
            return paths[0], None, ()
        convert_lines(paths[0], folder / "history.parquet")
        return folder / "history.parquet", None, ()
    history, remarks = read_recordings(paths, reading)
    convert_history(history, folder / "history.parquet")
    return folder / "history.parquet", history.recorded, remarks


def _is_another_tools(path: Path) -> bool:
    if path.is_dir():
        return False
    try:
        with opened(path) as file:
            return is_foreign(head_of(file), path.name)
    except (OSError, PackingError, *DAMAGED) as trouble:
        raise HistoryError(f"{path}: {getattr(trouble, 'strerror', None) or trouble}.") from trouble
