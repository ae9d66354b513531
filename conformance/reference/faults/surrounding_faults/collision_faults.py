"""Faults of places that are left or taken: names that collide, folders that are deleted after something moved out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.faults.broken import BYTES, LOST_FILE, LOST_WAIT
from conformance.reference.hooks.bends import Fault
from conformance.reference.hooks.seam import Layer

if TYPE_CHECKING:
    import sqlite3

    from conformance.reference.hooks.bends import LayerFactory
    from conformance.reference.hooks.seam import Call, Reply, World

__all__ = ["FAMILY"]

_IN_FOLDER = "UPDATE files SET deleted = ? WHERE folder_id = ? AND deleted IS NULL"
_ITSELF = "UPDATE files SET deleted = ? WHERE id = ? AND deleted IS NULL"
_GONE = (*LOST_WAIT, "read-your-writes")


def _overwrites(operation: str) -> LayerFactory:
    """Let a file that comes where its name is taken replace what is there, as the rename of a file system does."""

    class Overwriting(Layer):
        async def after(self, call: Call, reply: Reply) -> Reply:
            """Delete what bears the name."""
            if call.operation == operation and reply.status < 300:
                file = self.world.database.one("SELECT * FROM files WHERE id = ?", call.path["id"])
                assert file is not None
                sql = """UPDATE files SET deleted = ? WHERE project_id = ? AND folder_id IS ? AND name = ? AND id <> ?
                    AND deleted IS NULL"""
                here = file["project_id"], file["folder_id"], file["name"], file["id"]
                self.world.database.run(sql, call.now, *here)
            return reply

    return Overwriting


class _ByBirthplace(Layer):
    """Deletes with a folder what was made in it, wherever that is now: files, or files of folders."""

    of_folders = False

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._born: dict[str, list[str]] = {}

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Remember where things are made; take them with their folder."""
        if reply.status >= 300:
            return reply
        if call.operation == ("create_folder" if self.of_folders else "create_file"):
            assert isinstance(reply.body, dict)
            self._born.setdefault(call.body["parent"]["id"], []).append(reply.body["id"])
        elif call.operation == "delete_folder":
            for name in self._born.get(call.path["id"], []):
                self.world.database.run(_IN_FOLDER if self.of_folders else _ITSELF, call.now, name)
        return reply


class _FoldersByBirthplace(_ByBirthplace):
    of_folders = True


class _FirstAfterMove(Layer):
    """Points a file that was moved to its first version."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._moved: set[str] = set()

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Remember it."""
        self._moved |= {call.path["id"]} if call.operation == "move_file" and reply.status < 300 else set()
        return reply

    def url_version(self, call: Call, via: str, versions: list[sqlite3.Row], chosen: sqlite3.Row) -> sqlite3.Row:  # noqa: ARG002
        """Choose the first."""
        return versions[0] if via == "file" and chosen["file_id"] in self._moved else chosen


FAMILY: dict[Fault, LayerFactory] = {
    Fault("move-overwrites", _GONE, "a file that is moved where its name is taken replaces what is there"): _overwrites(
        "move_file"
    ),
    Fault("rename-overwrites", _GONE, "a file that is given a taken name replaces what bears it"): _overwrites(
        "rename_file"
    ),
    Fault("folder-delete-by-birth", LOST_FILE, "a deleted folder takes the files with it that were made in it"): (
        _ByBirthplace
    ),
    Fault("folder-delete-moved", LOST_FILE, "a deleted folder takes the files of folders that were made in it"): (
        _FoldersByBirthplace
    ),
    Fault("moved-shows-first", ("new-version-served", *BYTES), "a file that is moved shows its first version again"): (
        _FirstAfterMove
    ),
}
