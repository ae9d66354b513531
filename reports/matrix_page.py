"""``matrix.html`` and ``matrix.md``: several targets or versions side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from conformance.outcome.display_text import code, escaped
from conformance.release import Matrix, matrix

from .page import moment
from .render import page
from .words import LEVELS, OUTCOMES


def write(documents: Sequence[Mapping[str, Any]], directory: Path) -> tuple[Path, Path]:
    """Write ``matrix.html`` and ``matrix.md`` of whole run documents into `directory`; give both paths."""
    table = matrix(documents)
    web, text = directory / "matrix.html", directory / "matrix.md"
    web.write_text(_html(table), encoding="utf-8", errors="replace")
    text.write_text(markdown(table), encoding="utf-8", errors="replace")
    return web, text


def _html(table: Matrix) -> str:
    levels = [(level, text, [row for row in table.rows if row.level == level]) for level, text in LEVELS.items()]
    view = {"table": table, "levels": levels, "outcomes": OUTCOMES, "moment": moment}
    return page("matrix.html.j2", view, script="")


def markdown(table: Matrix) -> str:
    """Draw the matrix as Markdown."""
    heads = " | ".join(f"{escaped(column.label)}<br>{escaped(column.outcome)}" for column in table.columns)
    facts = [
        f"- **{escaped(one.label)}**: {one.outcome}, judged: {escaped(one.judged)}, {code(one.base_url)}, "
        f"effort {escaped(one.effort)}, begun "
        f"{escaped(one.begun)}{''.join(f', {escaped(remark)}' for remark in one.remarks)}"
        for one in table.columns
    ]
    rows = [
        f"| {'**≠** ' if row.differs else ''}{code(row.id)} | {row.level} | "
        + " | ".join(f"{OUTCOMES[cell.outcome][1]} {OUTCOMES[cell.outcome][0]}" for cell in row.cells)
        + " |"
        for row in table.rows
    ]
    table_text = "\n".join([f"| duty | level | {heads} |", f"|---|---|{'---|' * len(table.columns)}", *rows])
    return "\n\n".join(["# Conformance matrix", "\n".join(facts), table_text, "≠ marks where the runs differ."]) + "\n"
