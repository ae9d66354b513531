"""Faults of places that are left or taken: names that collide, folders that are deleted after something moved out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.faults.broken import LOST_FILE, LOST_WAIT
from conformance.reference.hooks.bends import Fault
from conformance.reference.hooks.seam import Layer

if TYPE_CHECKING:
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


def _by_birthplace(made: str, delete: str) -> LayerFactory:
    """Delete with a folder what an operation made in it, wherever that is now, by a statement for each."""

    class ByBirthplace(Layer):
        def __init__(self, world: World) -> None:
            super().__init__(world)
            self._born: dict[str, list[str]] = {}

        async def after(self, call: Call, reply: Reply) -> Reply:
            """Remember where things are made; take them with their folder."""
            if call.operation == made and reply.status < 300:
                assert isinstance(reply.body, dict)
                self._born.setdefault(call.body["parent"]["id"], []).append(reply.body["id"])
            elif call.operation == "delete_folder" and reply.status < 300:
                for name in self._born.get(call.path["id"], []):
                    self.world.database.run(delete, call.now, name)
            return reply

    return ByBirthplace


FAMILY: dict[Fault, LayerFactory] = {
    Fault("move-overwrites", _GONE, "a file that is moved where its name is taken replaces what is there"): _overwrites(
        "move_file"
    ),
    Fault("rename-overwrites", _GONE, "a file that is given a taken name replaces what bears it"): _overwrites(
        "rename_file"
    ),
    Fault("folder-delete-by-birth", LOST_FILE, "a deleted folder takes the files with it that were made in it"): (
        _by_birthplace("create_file", _ITSELF)
    ),
    Fault("folder-delete-moved", LOST_FILE, "a deleted folder takes the files of folders that were made in it"): (
        _by_birthplace("create_folder", _IN_FOLDER)
    ),
}
