"""Faults that show only under the load of many at once: a run of one machine stays below their bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.faults.broken import BAD_200, GOOD_IE
from conformance.reference.hooks.bends import Fault
from conformance.reference.hooks.recipes import condemn, unverified

if TYPE_CHECKING:
    import sqlite3

    from conformance.reference.hooks.bends import LayerFactory
    from conformance.reference.hooks.seam import World

__all__ = ["FAMILY"]

MOST_PENDING = 36
"""Uploads pending in one project beside which the next is still verified; a run has 16 at a moment."""
MOST_OPEN = 56
"""Uploads of one project that may be open at once; a run has 36."""


def _beside(world: World, upload: sqlite3.Row) -> int:
    """Count the uploads of the project that were pending when this one was completed."""
    sql = "SELECT count(*) AS count FROM uploads WHERE project_id = ? AND completed < ? AND due > ?"
    instant = upload["completed"] or 0.0
    row = world.database.one(sql, upload["project_id"], instant, instant)
    return 0 if row is None else int(row["count"])


def _open_beside(world: World, upload: sqlite3.Row) -> int:
    """Count the uploads of the project that were created earlier and not completed when this one was created."""
    sql = """SELECT count(*) AS count FROM uploads WHERE project_id = ? AND (completed IS NULL OR completed > ?)
        AND rowid < (SELECT rowid FROM uploads WHERE id = ?)"""
    row = world.database.one(sql, upload["project_id"], upload["created"], upload["id"])
    return 0 if row is None else int(row["count"])


FAMILY: dict[Fault, LayerFactory] = {
    Fault(
        "overload-pending-unverified",
        BAD_200,
        f"with {MOST_PENDING} uploads waiting in a project the next are not verified",
        under_load=True,
    ): unverified(lambda world, upload: _beside(world, upload) >= MOST_PENDING),
    Fault(
        "overload-open-condemned",
        GOOD_IE,
        f"what is created beside {MOST_OPEN} open uploads of a project is found bad",
        under_load=True,
    ): condemn(lambda world, upload, _: _open_beside(world, upload) >= MOST_OPEN),
}
