"""Faults that show only under the load of many at once: a run of one machine stays below their bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.faults.broken import BAD_200, LOST_WAIT
from conformance.reference.hooks.bends import Fault
from conformance.reference.hooks.recipes import refuse_urls, unverified
from conformance.reference.refusals import unknown
from conformance.reference.upload_state import State

if TYPE_CHECKING:
    import sqlite3

    from conformance.reference.hooks.bends import LayerFactory
    from conformance.reference.hooks.seam import Call, World
    from conformance.reference.refusals import ApiError

__all__ = ["FAMILY"]

MOST_PENDING = 36
"""Uploads pending in one project beside which the next is still verified; a run has 16 at a moment."""
MOST_LATELY, LATELY_S = 44, 2.0
"""Uploads of one project that may be completed in so many seconds; a run completes fewer."""


def _beside(world: World, upload: sqlite3.Row) -> int:
    """Count the uploads of the project that were pending when this one was completed."""
    sql = "SELECT count(*) AS count FROM uploads WHERE project_id = ? AND completed < ? AND due > ?"
    instant = upload["completed"] or 0.0
    row = world.database.one(sql, upload["project_id"], instant, instant)
    return 0 if row is None else int(row["count"])


def _lately(world: World, upload: sqlite3.Row) -> int:
    """Count the uploads of the project that were completed within some seconds before this one."""
    sql = "SELECT count(*) AS count FROM uploads WHERE project_id = ? AND completed < ? AND completed > ?"
    instant = upload["completed"] or 0.0
    row = world.database.one(sql, upload["project_id"], instant, instant - LATELY_S)
    return 0 if row is None else int(row["count"])


def _too_fast(call: Call, upload: sqlite3.Row, _: str, state: State) -> ApiError | None:
    """Do not know the file of a pending upload beyond so many that were completed in the project lately."""
    if state is not State.PENDING or _lately(call.world, upload) < MOST_LATELY:
        return None
    return unknown("DataFile")


FAMILY: dict[Fault, LayerFactory] = {
    Fault(
        "overload-pending-unverified",
        BAD_200,
        f"with {MOST_PENDING} uploads waiting in a project the next are not verified",
        under_load=True,
    ): unverified(lambda world, upload: _beside(world, upload) >= MOST_PENDING),
    Fault(
        "overload-rate-404",
        LOST_WAIT,
        f"of more than {MOST_LATELY} uploads completed in a project in {LATELY_S:g} s the last wait as a plain 404",
        under_load=True,
    ): refuse_urls(_too_fast),
}
