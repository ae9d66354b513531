"""Rows gathered by bucket and written as row groups, each sorted by project: a history streams through bounded memory.

A bucket that has gathered enough is written as a row group of its own; what is left at the end is written together. The
lines' own order stays in the column `line`, and the order in which operations were first spoken of in `first`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conformance.api.answers import Classified
from conformance.api.error_bodies import code_of
from conformance.history.parquet.homes import Home
from conformance.history.parquet.table_schema import BUCKETS, COLUMNS, KEY, Facts, arrow, bucket_of, schema, storable
from conformance.model import Operation

HELD_BYTES = 192 << 20
"""Bytes of lines that are gathered before the largest bucket is written."""
ROWS = 1 << 16
"""Rows of one row group at most, where buckets are written together."""
_LINE, _FIRST, _BUCKET, _PROJECT = (tuple(COLUMNS).index(name) for name in ("line", "first", "bucket", "project"))
Row = tuple[Any, ...]


def row_of(raw: bytes, line: int, kind: str) -> Row:
    """Return the row of a line that is no operation."""
    return (line, line, kind, 0, *[""] * 9, None, "", "", None, None, None, "", "", "", raw)


def row_of_operation(  # noqa: PLR0913 - the parts of one row, each named
    raw: bytes, operation: Operation, of: Classified, home: Home, *, line: int, first: int, kind: str
) -> Row:
    """Return the row of an operation; times that do not fit into 64 bits are left to the line itself."""
    exchange, project = operation.exchange, storable(home.project)
    return (
        line, first, kind, bucket_of(project), project, home.upload, operation.id, operation.session,
        exchange.user, exchange.role.value, of.call.name, exchange.method, exchange.path, exchange.status,
        str(of.answer), code_of(exchange.response) or None, exchange.failure.value if exchange.failure else None,
        _in_64_bits(operation.a_ns), _in_64_bits(operation.b_ns), operation.phase.value, operation.scenario,
        operation.plan, raw,
    )  # fmt: skip


def _in_64_bits(number: int | None) -> int | None:
    return number if number is not None and -(1 << 63) <= number < 1 << 63 else None


@dataclass(slots=True)
class _Gathered:
    rows: list[Row] = field(default_factory=list)
    held: int = 0


class TableWriter:
    """Writes rows to one Parquet file; `close` writes what is left, and the facts."""

    def __init__(self, path: Path, *, held_bytes: int = HELD_BYTES) -> None:
        self._schema = schema()
        self._writer = arrow("pyarrow.parquet").ParquetWriter(path, self._schema, compression="zstd")
        self._buckets = [_Gathered() for _ in range(BUCKETS)]
        self._held = 0
        self._most = held_bytes

    def add(self, row: Row) -> None:
        """Take a row; write the largest bucket where too much is held."""
        bucket, size = self._buckets[row[_BUCKET]], len(row[-1]) + 256
        bucket.rows.append(row)
        bucket.held += size
        self._held += size
        if self._held > self._most:
            largest = max(self._buckets, key=lambda one: one.held)
            self._write(largest.rows)
            self._held -= largest.held
            largest.rows, largest.held = [], 0

    def close(self, facts: Facts) -> None:
        """Write what is left and the metadata."""
        rows = [row for bucket in self._buckets for row in bucket.rows]
        self._write(rows)
        self._writer.add_key_value_metadata({KEY: facts.encoded()})
        self.discard()

    def discard(self) -> None:
        """Close the file as it is."""
        self._writer.close()

    def _write(self, rows: list[Row]) -> None:
        pa = arrow()
        rows = sorted(rows, key=lambda row: (row[_BUCKET], row[_PROJECT], row[_FIRST], row[_LINE]))
        for start in range(0, len(rows), ROWS):
            columns = zip(*rows[start : start + ROWS], strict=True)
            arrays = [pa.array(map(storable, column) if one.type == "string" else column, one.type)
                      for column, one in zip(columns, self._schema, strict=True)]  # fmt: skip
            self._writer.write_table(pa.table(arrays, schema=self._schema), row_group_size=ROWS)


@contextmanager
def writing(path: Path, *, held_bytes: int = HELD_BYTES) -> Iterator[TableWriter]:
    """Give a writer whose file is there only if nothing went wrong."""
    unfinished = path.with_name(f".{path.name}.unfinished")
    writer = TableWriter(unfinished, held_bytes=held_bytes)
    try:
        yield writer
    except BaseException:
        writer.discard()
        unfinished.unlink(missing_ok=True)
        raise
    unfinished.replace(path)
