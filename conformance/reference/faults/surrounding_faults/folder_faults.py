"""Faults of places: what lies in folders, nested, deleted and made again, or is one file of several of an upload."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.faults.broken import BAD_200, BYTES, GOOD_IE, LAPSE, LOST_FILE, NEVER
from conformance.reference.hooks.bends import Fault, choose_version
from conformance.reference.hooks.recipes import BOTH, lose_objects, never, refuse_urls, states
from conformance.reference.hooks.seam import Layer
from conformance.reference.refusals import unknown
from conformance.reference.upload_state import State

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from conformance.reference.hooks.bends import LayerFactory
    from conformance.reference.hooks.seam import Call, Reply, World
    from conformance.reference.refusals import ApiError

__all__ = ["FAMILY"]


def _folders(call: Call) -> list[sqlite3.Row]:
    """Return the folders that the file read lies in, the nearest first."""
    sql = """WITH RECURSIVE up (id, parent_id, name, deleted, level) AS (
        SELECT o.id, o.parent_id, o.name, o.deleted, 0 FROM folders o JOIN files f ON f.folder_id = o.id WHERE f.id = ?
        UNION SELECT o.id, o.parent_id, o.name, o.deleted, level + 1 FROM folders o JOIN up ON o.id = up.parent_id)
        SELECT * FROM up ORDER BY level"""
    return call.world.database.all(sql, call.facts.get("file", ""))


def _inside(who: Callable[[list[sqlite3.Row]], bool]) -> Callable[[Call, sqlite3.Row, str, State], bool]:
    """Hold for reads of files by the folders that they lie in."""
    return lambda call, _, via, __: via in BOTH and who(_folders(call))


def _missing_inside(who: Callable[[list[sqlite3.Row]], bool]) -> LayerFactory:
    def error(call: Call, _: sqlite3.Row, via: str, __: State) -> ApiError | None:
        return unknown("DataFile" if via == "file" else "FileVersion") if who(_folders(call)) else None

    return refuse_urls(error)


def _buried(call: Call, _: sqlite3.Row, via: str, __: State) -> bool:
    """Whether the folder has the name and place of one that was deleted."""
    sql = """SELECT 1 FROM folders o JOIN folders own ON own.id = ? WHERE o.name = own.name AND o.deleted IS NOT NULL
        AND o.project_id = own.project_id AND coalesce(o.parent_id, '') = coalesce(own.parent_id, '')"""
    folders = _folders(call) if via in BOTH else []
    return any(call.world.database.one(sql, folder["id"]) for folder in folders)


class _FolderPurges(Layer):
    """Takes the bytes of all that lay in a folder with it, whatever else is made of them."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._purged: set[str] = set()

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Remember the uploads of its files."""
        if call.operation == "delete_folder" and reply.status == 204:
            sql = "SELECT upload_id FROM versions v JOIN files f ON f.id = v.file_id WHERE f.folder_id = ?"
            self._purged |= {row["upload_id"] for row in self.world.database.all(sql, call.path["id"])}
        return reply

    def served(self, name: str, *, served: bool) -> bool:
        """Look for it."""
        return served and name not in self._purged


def _files_of(world: World, upload: sqlite3.Row) -> list[sqlite3.Row]:
    sql = """SELECT f.id, f.deleted, min(v.created) AS created FROM versions v JOIN files f ON f.id = v.file_id
        WHERE v.upload_id = ? GROUP BY f.id ORDER BY v.created"""
    return world.database.all(sql, upload["id"])


def _third_file(call: Call, upload: sqlite3.Row, via: str, _: State) -> bool:
    files = _files_of(call.world, upload) if via in BOTH else []
    return [row["id"] for row in files].index(call.facts["file"]) > 1 if files else False


def _made_late(world: World, call: Call, upload: sqlite3.Row, via: str, state: State) -> State:
    """Begin anew with the work when another file is made of a consistent upload: 0.4 s for the files before it."""
    files = _files_of(world, upload) if via in BOTH and state.final else []
    again = any(upload["due"] < row["created"] <= call.now < row["created"] + 0.4 for row in files[1:])
    return State.PENDING if again and call.facts["file"] == files[0]["id"] else state


def _fresh_file(call: Call, via: str, versions: list[sqlite3.Row], chosen: sqlite3.Row) -> sqlite3.Row:
    """Not know a file for 60 ms that is made of an upload which is consistent already."""
    sql = "SELECT 1 FROM uploads WHERE id = ? AND due < ?"
    late = call.world.database.one(sql, chosen["upload_id"], versions[0]["created"])
    if late and call.now < versions[0]["created"] + 0.06:
        raise unknown("DataFile" if via == "file" else "FileVersion")
    return chosen


def _deleted_one(world: World, upload: sqlite3.Row) -> bool:
    return any(row["deleted"] is not None for row in _files_of(world, upload))


def _odd(name: str) -> bool:
    return not name.isascii() or any(letter in name for letter in "%#?&+")


FAMILY: dict[Fault, LayerFactory] = {
    Fault("folder-never", NEVER, "files in folders never converge"): never(_inside(bool)),
    Fault("nested-folder-404", LOST_FILE, "files two folders deep are a plain 404 at their urls"): _missing_inside(
        lambda folders: len(folders) > 1
    ),
    Fault("folder-swallows", BAD_200, "bad uploads are 200 in folders"): states(
        lambda _, call, upload, via, state: (
            State.OK if state is State.ERR and _inside(bool)(call, upload, via, state) else state
        )
    ),
    Fault("nested-folder-bad", GOOD_IE, "what lies three folders deep is bad"): states(
        lambda _, call, upload, via, state: (
            State.ERR
            if state is State.OK and _inside(lambda folders: len(folders) > 2)(call, upload, via, state)
            else state
        )
    ),
    Fault("folder-name-404", LOST_FILE, "files below a folder with an odd name are a plain 404"): _missing_inside(
        lambda folders: any(_odd(folder["name"]) for folder in folders)
    ),
    Fault("folder-made-again-never", NEVER, "what lies in a folder of a deleted one's name never converges"): never(
        _buried
    ),
    Fault("folder-delete-purges", BYTES, "a deleted folder takes the bytes of files elsewhere with it"): _FolderPurges,
    Fault("file-delete-purges", BYTES, "of two files of an upload the one deleted takes the bytes"): lose_objects(
        _deleted_one
    ),
    Fault("third-file-never", NEVER, "the third file of an upload never converges"): never(_third_file),
    Fault(
        "late-file-reopens", (*LAPSE, "nc-until-consistent"), "a later file of an upload makes the first wait again"
    ): (states(_made_late)),
    Fault("late-file-404", LOST_FILE, "a file of a consistent upload is a plain 404 for 60 ms"): choose_version(
        _fresh_file
    ),
}
