"""A Parquet history read as the JSON lines that it was made of, in their order, so that whatever reads lines reads it.

Row groups are sorted by project: the lines are merged by their numbers, with one row group of each bucket in memory.
"""

from __future__ import annotations

import heapq
import io
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from conformance.errors import UsageError
from conformance.history.parquet.table_schema import CUT, FORMAT, VERSION, Described, arrow

_BLOCK = 1 << 20


class TableError(ValueError):
    """A Parquet file that is no history which this suite reads; says why."""


def described(file: Any) -> Described:
    """Return what the metadata of an open Parquet file says of the history in it.

    Raises:
        TableError: it is no history of ours, or of a version that this suite does not read.
    """
    about = Described.of(file.metadata.metadata)
    if about is None:
        raise TableError("a Parquet file that is no history (its metadata does not say so)")
    if about.version != VERSION:
        raise TableError(
            f"a Parquet history of version {about.version}; this suite reads version {VERSION}: convert the JSON "
            f"lines that it was made of anew, or use a newer dds-conformance"
        )
    return about


def table(source: Any) -> tuple[Any, Described]:
    """Open a Parquet history, by its path or as a file that can seek.

    Raises:
        TableError: it is none, or is damaged, or pyarrow is not installed.
    """
    try:
        pq, pa = arrow("pyarrow.parquet"), arrow()
    except UsageError as missing:
        raise TableError(f"a Parquet history, which needs pyarrow. {missing.remedy}") from missing
    try:
        file = pq.ParquetFile(source)
    except (pa.ArrowInvalid, OSError) as trouble:
        raise TableError(f"a Parquet file that is damaged: {trouble}") from trouble
    return file, described(file)


class LineStream(io.RawIOBase):
    """The lines of a Parquet history as a stream of bytes; blank lines stand where there were some."""

    def __init__(self, source: Any) -> None:
        super().__init__()
        self._source = source
        self._lines = _in_order(table(source)[0])
        self._rest = b""
        self._next = 1

    def readable(self) -> bool:
        """Whether it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer."""
        if not self._rest:
            self._rest = self._block()
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    def _block(self) -> bytes:
        parts, size = [], 0
        for line, kind, raw in self._lines:
            parts.append(b"\n" * (line - self._next) + raw + (b"" if kind == CUT else b"\n"))
            self._next = line + 1
            size += len(parts[-1])
            if size >= _BLOCK:
                break
        return b"".join(parts)

    def close(self) -> None:
        """Close what it reads from."""
        if hasattr(self._source, "close"):
            self._source.close()
        super().close()


def _in_order(file: Any) -> Iterator[tuple[int, str, bytes]]:
    """Yield number, kind and bytes of each line: within a bucket, row groups follow each other."""
    place = file.schema_arrow.get_field_index("bucket")
    by_bucket: dict[int, list[int]] = defaultdict(list)
    for group in range(file.num_row_groups):
        of = file.metadata.row_group(group).column(place).statistics
        by_bucket[of.min if of is not None and of.min == of.max else -1 - group].append(group)
    yield from heapq.merge(*(_of_groups(file, groups) for groups in by_bucket.values()))


def _of_groups(file: Any, groups: list[int]) -> Iterator[tuple[int, str, bytes]]:
    """Yield the lines of row groups of which each holds later lines than the one before it, but for what begins.

    An announcement is written with its operation, so that it may stand a row group later than it would by its number:
    what may still be preceded is held back.
    """
    held: list[tuple[int, str, bytes]] = []
    numbers = [file.read_row_group(group, columns=["line"]).column("line").to_pylist() for group in groups]
    least = [min(one) for one in numbers]
    for place, group in enumerate(groups):
        found = file.read_row_group(group, columns=["line", "kind", "raw"])
        columns = (found.column(name).to_pylist() for name in ("line", "kind", "raw"))
        held = sorted([*held, *zip(*columns, strict=True)])
        following = min(least[place + 1 :], default=None)
        ready = len(held) if following is None else sum(one[0] < following for one in held)
        yield from held[:ready]
        held = held[ready:]


def is_table(path: Path) -> bool:
    """Whether a file is Parquet, by its first bytes."""
    try:
        with path.open("rb") as file:
            return file.read(4) == b"PAR1"
    except OSError:
        return False


__all__ = ["FORMAT", "LineStream", "TableError", "described", "is_table", "table"]
