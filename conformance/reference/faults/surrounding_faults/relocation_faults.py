"""Faults of what moves: files and folders renamed, moved, relabelled, versions deleted, projects changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.faults.broken import BAD_200, BYTES, FLIP, LAPSE, LOST_FILE, LOST_WAIT, NEVER, PROJECT
from conformance.reference.hooks.bends import Fault
from conformance.reference.hooks.recipes import BOTH
from conformance.reference.hooks.seam import Layer
from conformance.reference.refusals import unknown
from conformance.reference.upload_state import State

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from conformance.reference.hooks.bends import LayerFactory
    from conformance.reference.hooks.seam import Call, Reply, World

__all__ = ["FAMILY"]

_TREE = """WITH RECURSIVE tree (id) AS (VALUES (?) UNION SELECT o.id FROM folders o JOIN tree ON o.parent_id = tree.id)
    SELECT files.id FROM files JOIN tree ON files.folder_id = tree.id"""


class _Touched(Layer):
    """Remembers when files were touched by certain operations, on themselves, on a folder above, or on a version."""

    operations: tuple[str, ...] = ()

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.touched: dict[str, float] = {}

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Remember it."""
        if call.operation in self.operations and reply.status < 300:
            self.touched |= dict.fromkeys(self._files(call), call.now)
        return reply

    def _files(self, call: Call) -> list[str]:
        key = call.path["id"]
        if "folder" in call.operation:
            return [row["id"] for row in self.world.database.all(_TREE, key)]
        row = self.world.database.one("SELECT file_id FROM versions WHERE id = ?", key)
        return [row["file_id"] if row is not None else key]

    def since(self, call: Call) -> float | None:
        """Return how long ago the file that is read was touched, in seconds; None if it never was."""
        at = self.touched.get(call.facts.get("file", ""))
        return None if at is None else call.now - at


def _touched(*names: str, bend: Callable[[Call, sqlite3.Row, str, State, float], State]) -> LayerFactory:
    """Bend the state of files after some operations, by a function that also gets the instant of the last one."""

    class Bent(_Touched):
        operations = names

        def upload_state(self, call: Call, upload: sqlite3.Row, via: str, state: State) -> State:
            at = self.touched.get(call.facts.get("file", ""))
            return state if at is None or via not in BOTH else bend(call, upload, via, state, at)

    return Bent


def _while_pending(upload: sqlite3.Row, at: float) -> bool:
    return bool(upload["due"] is not None and at < upload["due"])


def _never_if_pending(_: Call, upload: sqlite3.Row, __: str, state: State, at: float) -> State:
    return State.PENDING if _while_pending(upload, at) else state


def _never_if_final(_: Call, upload: sqlite3.Row, __: str, state: State, at: float) -> State:
    return State.PENDING if not _while_pending(upload, at) else state


def _lost_while_pending(_: Call, __: sqlite3.Row, via: str, state: State, ___: float) -> State:
    if state is State.PENDING:
        raise unknown("DataFile" if via == "file" else "FileVersion")
    return state


def _lost_by_file(_: Call, __: sqlite3.Row, via: str, state: State, ___: float) -> State:
    if via == "file" and state.final:
        raise unknown("DataFile")
    return state


def _good_if_relabelled(_: Call, __: sqlite3.Row, ___: str, state: State, ____: float) -> State:
    return State.OK if state is State.ERR else state


def _reopened(call: Call, _: sqlite3.Row, __: str, state: State, at: float) -> State:
    return State.PENDING if state.final and call.now < at + 0.5 else state


def _bytes_lost(*names: str, seconds: float = 0.0) -> LayerFactory:
    """Lose the bytes of files after some operations: the key has the old name in it."""

    class Lost(_Touched):
        operations = names

        def served(self, name: str, *, served: bool) -> bool:
            rows = self.world.database.all("SELECT file_id FROM versions WHERE upload_id = ?", name)
            instants = [self.touched[row["file_id"]] for row in rows if row["file_id"] in self.touched]
            return served and not any(self.world.clock.now() >= at + seconds for at in instants)

    return Lost


class _ProjectTouched(_Touched):
    """Never prepares a project that is changed before it is ready."""

    operations = ("update_project",)

    def project_ready(self, call: Call, project: sqlite3.Row, *, ready: bool) -> bool:  # noqa: ARG002
        """Compare the instants."""
        return ready and self.touched.get(project["id"], project["due"]) >= project["due"]


class _ProjectRenamed(_Touched):
    """Prepares a project anew when it is changed after it was ready, and never comes to an end."""

    operations = ("update_project",)

    def project_ready(self, call: Call, project: sqlite3.Row, *, ready: bool) -> bool:  # noqa: ARG002
        """Compare the instants."""
        return ready and self.touched.get(project["id"], 0.0) < project["due"]


class _VersionDeletedLoses(_Touched):
    """Answers 404 for a file of which an older version is deleted."""

    operations = ("delete_version",)

    def url_version(self, call: Call, via: str, versions: list[sqlite3.Row], chosen: sqlite3.Row) -> sqlite3.Row:
        """Look for one."""
        if via == "file" and any(row["deleted"] is not None for row in versions) and self.since(call) is not None:
            raise unknown("DataFile")
        return chosen


class _FirstAfterMove(_Touched):
    """Points a file that was moved to its first version."""

    operations = ("move_file",)

    def url_version(self, call: Call, via: str, versions: list[sqlite3.Row], chosen: sqlite3.Row) -> sqlite3.Row:
        """Choose the first."""
        return versions[0] if via == "file" and self.since(call) is not None else chosen


FAMILY: dict[Fault, LayerFactory] = {
    Fault("moved-pending-never", NEVER, "a file that is moved while pending never converges"): _touched(
        "move_file", bend=_never_if_pending
    ),
    Fault("renamed-pending-404", LOST_WAIT, "a file that is renamed while pending is a plain 404 until it is not"): (
        _touched("rename_file", bend=_lost_while_pending)
    ),
    Fault(
        "relabelled-swallows", (*BAD_200, *FLIP, "complete-repeat-same-outcome"), "a label makes a bad file good"
    ): _touched("update_file", bend=_good_if_relabelled),
    Fault("renamed-bytes-lost", BYTES, "the bytes of a renamed file stay under its old name"): _bytes_lost(
        "rename_file"
    ),
    Fault("moved-404", LOST_FILE, "a moved file is a plain 404 at /files/{id}/url"): _touched(
        "move_file", bend=_lost_by_file
    ),
    Fault("moved-reopens", (*LAPSE, "nc-until-consistent"), "a moved file is pending again for half a second"): (
        _touched("move_file", bend=_reopened)
    ),
    Fault("moved-shows-first", ("new-version-served", *BYTES), "a file that is moved shows its first version again"): (
        _FirstAfterMove
    ),
    Fault("folder-renamed-404", LOST_FILE, "the files of a renamed folder are a plain 404"): _touched(
        "rename_folder", bend=_lost_by_file
    ),
    Fault("folder-moved-never", (*NEVER, *LAPSE), "the files of a folder that is moved are pending for ever"): _touched(
        "move_folder", bend=_never_if_final
    ),
    Fault("folder-moved-bytes-lost", BYTES, "the objects of a moved folder are copied, and lost meanwhile"): (
        _bytes_lost("move_folder", "rename_folder")
    ),
    Fault("version-deleted-404", LOST_FILE, "a file of which a version is deleted is a plain 404"): (
        _VersionDeletedLoses
    ),
    Fault("version-deleted-never", (*NEVER, *LAPSE), "a file of which a version is deleted is pending for ever"): (
        _touched("delete_version", bend=_never_if_final)
    ),
    Fault("project-changed-never", PROJECT, "a project that is changed before it is ready never becomes ready"): (
        _ProjectTouched
    ),
    Fault("project-changed-reopens", PROJECT, "a project that is changed once it is ready is never ready again"): (
        _ProjectRenamed
    ),
}
