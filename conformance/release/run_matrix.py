"""Several runs side by side: one row per duty, one column per run (pure)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.outcome.display_text import judged

Document = Mapping[str, Any]
ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Column:
    """One run: what was `judged`, in words, when, how, and what it came to. `counts` adds up its outcomes."""

    label: str
    outcome: str
    base_url: str
    version: str
    effort: str
    begun: str
    run_id: str
    exchanges: int
    remarks: tuple[str, ...]
    judged: str
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Cell:
    """What one duty came to in one run; `outcome` is ``absent`` where the run does not know the duty."""

    outcome: str
    exposures: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One duty over all runs; `differs` tells whether the runs disagree about it."""

    id: str
    level: str
    title: str
    cells: tuple[Cell, ...]

    @property
    def differs(self) -> bool:
        """Whether the runs came to different outcomes."""
        return len({cell.outcome for cell in self.cells}) > 1


@dataclass(frozen=True, slots=True)
class Matrix:
    """Runs as columns, duties as rows in the order of the catalogue."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


def matrix(documents: Sequence[Document]) -> Matrix:
    """Lay whole run documents side by side, in the order given."""
    indexed = [{row["id"]: row for row in document["requirements"]} for document in documents]
    known = {ident: row for rows in reversed(indexed) for ident, row in rows.items()}
    order = dict.fromkeys(ident for rows in indexed for ident in rows)
    rows = tuple(
        Row(ident, known[ident]["level"], known[ident]["title"], tuple(_cell(rows.get(ident)) for rows in indexed))
        for ident in order
    )
    return Matrix(tuple(_columns(documents)), rows)


def _cell(row: Document | None) -> Cell:
    return Cell(ABSENT) if row is None else Cell(row["outcome"], row["exposures"], row.get("note", ""))


def _columns(documents: Sequence[Document]) -> Iterable[Column]:
    names = [_name(document) for document in documents]
    for name, document in zip(names, documents, strict=True):
        label = name if names.count(name) == 1 else f"{name} ({document['run_id'][:8]})"
        yield Column(
            label=label,
            outcome=document["outcome"],
            base_url=document["target"]["base_url"],
            version=document["target"].get("version", ""),
            effort=document["effort"],
            begun=document["begun"],
            run_id=document["run_id"],
            exchanges=document["exchanges"],
            remarks=tuple(_remarks(document)),
            judged=judged(document),
            counts=Counter(row["outcome"] for row in document["requirements"]),
        )


def _name(document: Document) -> str:
    target = document["target"]
    host = "embedded" if target.get("embedded") else target["base_url"].split("//")[-1].split("/")[0]
    return f"{host} {target['version']}" if target.get("version") else str(host)


def _remarks(document: Document) -> Iterable[str]:
    for flag, remark in (
        ("partial", "a selection only"),
        ("recorded", "a recording"),
        ("interrupted", "interrupted"),
        ("strict", "strict"),
    ):
        if document.get(flag):
            yield remark
    if document.get("complete") is False:
        yield "history without its end"
