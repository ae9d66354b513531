"""Faults of a step that comes while the one before it is not done: a file is touched, rights end, versions follow."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conformance.reference.faults.broken import BAD_200, GOOD_IE, LOST_FILE, NEVER, OTHER_VERSION
from conformance.reference.hooks.bends import Fault, choose_version
from conformance.reference.hooks.recipes import refuse_urls, switched_file
from conformance.reference.hooks.seam import Layer
from conformance.reference.refusals import unknown
from conformance.reference.upload_state import State, upload_state

if TYPE_CHECKING:
    import sqlite3

    from conformance.reference.hooks.bends import LayerFactory
    from conformance.reference.hooks.seam import Call, Reply, World
    from conformance.reference.refusals import ApiError

__all__ = ["FAMILY"]

_LIVING = "SELECT * FROM versions WHERE file_id = ? AND deleted IS NULL ORDER BY number"
_AT_ONCE_S = 0.02


def _reverts(*operations: str) -> LayerFactory:
    """Save a file with its version before, if something else of it is changed while its new version is pending."""

    class Reverting(Layer):
        def __init__(self, world: World) -> None:
            super().__init__(world)
            self._saved: dict[str, str] = {}

        async def after(self, call: Call, reply: Reply) -> Reply:
            """Look what the file's versions are; a new version repairs it."""
            if switched := switched_file(call, reply):
                self._saved.pop(switched, None)
            elif call.operation in operations and reply.status < 300:
                self._save(call, call.path["id"])
            return reply

        def _save(self, call: Call, file: str) -> None:
            versions = self.world.database.all(_LIVING, file)
            upload = self.world.database.one("SELECT * FROM uploads WHERE id = ?", versions[-1]["upload_id"])
            assert upload is not None
            if len(versions) > 1 and upload_state(upload, call.now) is State.PENDING:
                self._saved[file] = versions[-2]["id"]

        def url_version(self, call: Call, via: str, versions: list[sqlite3.Row], chosen: sqlite3.Row) -> sqlite3.Row:  # noqa: ARG002
            saved = self._saved.get(chosen["file_id"]) if via == "file" else None
            return next((one for one in versions if one["id"] == saved), chosen)

    return Reverting


class _Withdrawn(Layer):
    """Verifies with the rights of who uploaded: if they end while it is pending, an upload is in another state."""

    instead: ClassVar[dict[State, State]] = {}

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._ends: dict[tuple[str, str], float] = {}

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Remember when rights end."""
        if call.operation == "withdraw" and reply.status < 300:
            self._ends[call.path["id"], call.path["user_id"]] = call.now
        return reply

    def upload_state(self, call: Call, upload: sqlite3.Row, via: str, state: State) -> State:  # noqa: ARG002
        """Compare the instants."""
        end = self._ends.get((upload["project_id"], upload["created_by"]))
        pending = end is not None and upload["completed"] is not None and upload["completed"] <= end < upload["due"]
        return self.instead.get(state, state) if pending else state


class _WithdrawnNever(_Withdrawn):
    instead: ClassVar = {State.OK: State.PENDING, State.ERR: State.PENDING}


class _WithdrawnUnverified(_Withdrawn):
    instead: ClassVar = {State.ERR: State.OK}


class _WithdrawnBad(_Withdrawn):
    instead: ClassVar = {State.OK: State.ERR}


def _latest_by_text(_: Call, via: str, versions: list[sqlite3.Row], chosen: sqlite3.Row) -> sqlite3.Row:
    """Sort the numbers of versions as text: nine comes after ten."""
    return max(versions or [chosen], key=lambda one: str(one["number"])) if via == "file" else chosen


def _eight_versions(_: Call, via: str, versions: list[sqlite3.Row], chosen: sqlite3.Row) -> sqlite3.Row:
    """Take the last of the first eight versions."""
    return versions[7] if via == "file" and len(versions) > 8 else chosen


def _followed_at_once(call: Call, _: sqlite3.Row, via: str, __: State) -> ApiError | None:
    """Not know a version that the next one of its file followed within 20 ms."""
    sql = """SELECT 1 FROM versions a JOIN versions b ON b.file_id = a.file_id AND b.number = a.number + 1
        WHERE a.id = ? AND b.created - a.created < ?"""
    lost = via == "version" and call.world.database.one(sql, call.path["id"], _AT_ONCE_S) is not None
    return unknown("FileVersion") if lost else None


FAMILY: dict[Fault, LayerFactory] = {
    Fault("relabel-reverts", OTHER_VERSION, "a file relabelled while its new version is pending keeps the old one"): (
        _reverts("update_file")
    ),
    Fault("move-reverts", OTHER_VERSION, "a file moved while its new version is pending keeps the old one"): _reverts(
        "move_file", "rename_file"
    ),
    Fault("withdrawn-never", NEVER, "what a member uploaded never converges if the rights end while it is pending"): (
        _WithdrawnNever
    ),
    Fault("withdrawn-unverified", BAD_200, "what a member uploaded is not verified if the rights end meanwhile"): (
        _WithdrawnUnverified
    ),
    Fault("withdrawn-bad", GOOD_IE, "what a member uploaded is bad if the rights end while it is pending"): (
        _WithdrawnBad
    ),
    Fault("version-numbers-as-text", OTHER_VERSION, "from the tenth version on a file serves the ninth"): (
        choose_version(_latest_by_text)
    ),
    Fault("versions-eight", OTHER_VERSION, "a ninth version is made, and the eighth is served"): choose_version(
        _eight_versions
    ),
    Fault("version-followed-lost", LOST_FILE, "of two versions given within 20 ms the earlier is a plain 404"): (
        refuse_urls(_followed_at_once)
    ),
}
