"""Faults of what was: a file, a version or a project is told by what was so before it was changed or deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.faults.broken import OTHER_VERSION
from conformance.reference.hooks.bends import Fault, choose_version
from conformance.reference.hooks.seam import Layer
from conformance.reference.refusals import not_consistent
from conformance.reference.upload_state import State

if TYPE_CHECKING:
    import sqlite3

    from conformance.reference.hooks.bends import LayerFactory
    from conformance.reference.hooks.seam import Call, World
    from conformance.reference.refusals import ApiError

__all__ = ["FAMILY"]


class _Flagged(Layer):
    """Flags a file when it is told to be in a state, and tells that of it for ever."""

    flag = State.ERR

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._flagged: set[str] = set()

    def upload_state(self, call: Call, upload: sqlite3.Row, via: str, state: State) -> State:  # noqa: ARG002
        """Tell the flag, or set it."""
        file = call.facts.get("file", "")
        if via != "file" or state not in {State.OK, State.ERR}:
            return state
        self._flagged |= {file} if state is self.flag else set()
        return self.flag if file in self._flagged else state


class _FlaggedGood(_Flagged):
    flag = State.OK


def _once_each(_: Call, via: str, versions: list[sqlite3.Row], chosen: sqlite3.Row) -> sqlite3.Row:
    """Serve the version before where the current one's upload was an earlier version's already."""
    earlier = [one for one in versions if one["number"] < chosen["number"]]
    again = any(one["upload_id"] == chosen["upload_id"] for one in earlier)
    return earlier[-1] if via == "file" and again else chosen


def _by_count(call: Call, via: str, versions: list[sqlite3.Row], chosen: sqlite3.Row) -> sqlite3.Row:
    """Take the last of as many versions as there are for the current one, deleted ones counted only here."""
    if via != "file" or not versions:
        return chosen
    sql = "SELECT * FROM versions WHERE file_id = ? ORDER BY number"
    every = call.world.database.all(sql, chosen["file_id"])
    living = [one for one in every if one["deleted"] is None]
    return every[len(living) - 1] if living else chosen


class _DeletedEarly(Layer):
    """Does not look at a deleted project again that was not ready when it was deleted."""

    def missing(self, call: Call, row: sqlite3.Row | None, error: ApiError) -> ApiError:
        """Tell it as it was."""
        if call.operation != "create_upload" or row is None or row["deleted"] is None:
            return error
        return not_consistent() if row["deleted"] < row["due"] else error


FAMILY: dict[Fault, LayerFactory] = {
    Fault("error-flag-stays", OTHER_VERSION, "a file that was told to be bad is bad for ever, whatever it becomes"): (
        _Flagged
    ),
    Fault("good-flag-stays", OTHER_VERSION, "a file that was told to be good is 200 for ever, whatever it becomes"): (
        _FlaggedGood
    ),
    Fault("earlier-upload-ignored", OTHER_VERSION, "a version of an earlier one's upload is made, and not served"): (
        choose_version(_once_each)
    ),
    Fault("current-by-count", OTHER_VERSION, "a deleted version moves the current one back by one"): choose_version(
        _by_count
    ),
    Fault(
        "deleted-early-never", ("nc-after-delete",), "a project that is deleted unready is not consistent for ever"
    ): (_DeletedEarly),
}
