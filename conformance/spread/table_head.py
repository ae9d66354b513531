"""What stands in a Parquet history beside its operations: the header, the end, and the rows of chosen projects."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.api.classifier import Classifier
from conformance.api.routes import BASE, base_of
from conformance.history import End, Header
from conformance.history.decode import Decoder, parse
from conformance.history.parquet.line_stream import table
from conformance.history.parquet.table_schema import (
    CUT,
    END,
    HEADER,
    OPERATION,
    UNFINISHED,
    Facts,
    arrow,
    bucket_of,
)
from conformance.model import Target
from conformance.spread.shard_work import Lines, groups_of, lines_of

_BESIDE = (HEADER, END, CUT)


@dataclass(frozen=True, slots=True)
class Head:
    """The header and the end of a history, None where there is none; whether it was cut short, and its facts."""

    facts: Facts
    header: Header | None
    end: End | None
    cut: bool

    def is_whole(self, ended: int) -> bool:
        """Whether so many ended operations are all that were sent."""
        end = self.end
        return end is not None and not end.interrupted and not self.cut and ended >= end.operations


def head_of_table(path: Path) -> Head:
    """Read what stands beside the operations."""
    file, about = table(path)
    raws: dict[str, bytes] = {}
    for group in groups_of(file, 0):
        if _places(file.read_row_group(group, columns=["kind"]), "kind", _BESIDE):
            found = file.read_row_group(group, columns=["kind", "raw"])
            found = found.take(_places(found, "kind", _BESIDE))
            raws |= dict(zip(*(found.column(name).to_pylist() for name in ("kind", "raw")), strict=True))
    entries = [parse(raws[kind].decode("utf-8"), 1, BASE) if kind in raws else None for kind in (HEADER, END)]
    header, end = entries
    return Head(
        about.facts, header if isinstance(header, Header) else None, end if isinstance(end, End) else None, CUT in raws
    )


def lines_of_projects(path: Path, projects: Collection[str], target: Target) -> Lines:
    """Return the operations of some projects, and of none (""), as one, in the history's order."""
    file, _ = table(path)
    wanted = {bucket_of(name) for name in projects}
    groups = sorted({group for bucket in wanted for group in groups_of(file, bucket)})
    rows: list[tuple[int, int, bytes]] = []
    for group in groups:
        rows += _rows_of(file, group, projects)
    return lines_of("", rows, Decoder(base_of(target.base_url)), Classifier(target))


def _places(found: Any, column: str, values: Collection[str]) -> list[int]:
    """Return the places at which a column holds one of these."""
    compute, array = arrow("pyarrow.compute"), arrow().array
    held = compute.is_in(found.column(column), value_set=array(list(values), "string"))
    places: list[int] = compute.indices_nonzero(held).to_pylist()
    return places


def _rows_of(file: Any, group: int, projects: Collection[str]) -> list[tuple[int, int, bytes]]:
    found = file.read_row_group(group, columns=["kind", "project"])
    operations = set(_places(found, "kind", (OPERATION, UNFINISHED)))
    places = [place for place in _places(found, "project", projects) if place in operations]
    if not places:
        return []
    taken = file.read_row_group(group, columns=["first", "line", "raw"]).take(places)
    return list(zip(*(taken.column(name).to_pylist() for name in ("first", "line", "raw")), strict=True))
