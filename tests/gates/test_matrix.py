"""Runs side by side: every duty of every run, in the catalogue's order, with the differences marked."""

from __future__ import annotations

from typing import Any

from conformance.release import matrix

Document = dict[str, Any]


def test_every_duty_of_every_run_has_a_row(conformant: Document, nonconformant: Document) -> None:
    """Rows follow the first run; duties that only a later run knows come after."""
    conformant["requirements"] = conformant["requirements"][1:]
    table = matrix([conformant, nonconformant])
    assert [row.id for row in table.rows][-1] == "project-create-202"
    assert table.rows[-1].cells[0].outcome == "absent"
    assert len(table.rows) == len(nonconformant["requirements"])


def test_rows_on_which_runs_differ_are_marked(conformant: Document, nonconformant: Document) -> None:
    """Only the broken and the warned-of duties differ."""
    table = matrix([conformant, nonconformant])
    assert {row.id for row in table.rows if row.differs} == {
        "bad-never-200",
        "one-verdict",
        "converges-upload",
        "error-number",
    }


def test_columns_of_one_name_are_told_apart(conformant: Document, nonconformant: Document) -> None:
    """Two runs of one version carry their run ids, two versions do not need to."""
    nonconformant["run_id"] = "other-run-id"
    same = [column.label for column in matrix([conformant, nonconformant]).columns]
    assert len(set(same)) == 2
    nonconformant["target"]["version"] = "3.0.0"
    assert [column.label for column in matrix([conformant, nonconformant]).columns] == [
        "embedded 2.1.0",
        "embedded 3.0.0",
    ]


def test_a_column_says_what_limits_its_run(interrupted: Document) -> None:
    """A cut run is not set beside whole ones without a word."""
    (column,) = matrix([interrupted]).columns
    assert column.remarks == ("interrupted", "history without its end")
