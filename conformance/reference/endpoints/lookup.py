"""Finding what a path or a body names: existence first (404), then permission (403)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.refusals import forbidden, unknown

if TYPE_CHECKING:
    import sqlite3

    from conformance.reference.hooks.seam import Call

__all__ = [
    "administer",
    "authorise",
    "find_file",
    "find_folder",
    "find_project",
    "find_upload",
    "find_version",
    "live_parent",
    "member",
    "touch",
]


def member(call: Call, project_id: str) -> bool:
    """Tell whether the caller has a role in a project."""
    sql = "SELECT 1 FROM permissions WHERE project_id = ? AND user_id = ?"
    allowed = call.world.database.one(sql, project_id, call.user.id) is not None
    return call.world.behaviour.may(call, allowed=allowed)


def authorise(call: Call, project_id: str) -> None:
    """Raise 403 unless the caller has a role in the project."""
    if not member(call, project_id):
        raise forbidden()


def administer(call: Call, project_id: str) -> None:
    """Raise 403 unless the caller administers the project."""
    sql = "SELECT 1 FROM permissions WHERE project_id = ? AND user_id = ? AND role = 'project_admin'"
    if call.world.database.one(sql, project_id, call.user.id) is None:
        raise forbidden()


def _live_project(call: Call, project_id: str, thing: str) -> None:
    row = call.world.database.one("SELECT * FROM projects WHERE id = ?", project_id)
    if row is not None and _gone(row, call.now):
        raise call.world.behaviour.missing(call, row, unknown(thing))


def _gone(row: sqlite3.Row, instant: float) -> bool:
    return row["deleted"] is not None and row["deleted"] <= instant


def _find(call: Call, table: str, thing: str, key: str, *, live: bool) -> sqlite3.Row:
    row = call.world.database.one(f"SELECT * FROM {table} WHERE id = ?", key)  # noqa: S608 (table names are ours)
    if row is None or (live and _gone(row, call.now)):
        raise call.world.behaviour.missing(call, row, unknown(thing))
    return row


def find_project(call: Call, key: str, *, live: bool = False) -> sqlite3.Row:
    """Return a project the caller may see; `live` refuses a deleted one."""
    row = _find(call, "projects", "Project", key, live=live)
    authorise(call, row["id"])
    return row


def find_folder(call: Call, key: str, *, live: bool = False) -> sqlite3.Row:
    """Return a folder the caller may see; `live` refuses a deleted one or one of a deleted project."""
    row = _find(call, "folders", "Folder", key, live=live)
    if live:
        _live_project(call, row["project_id"], "Folder")
    authorise(call, row["project_id"])
    return row


def find_upload(call: Call, key: str, *, live: bool = False) -> sqlite3.Row:
    """Return an upload the caller may see; `live` refuses one of a deleted project."""
    row = _find(call, "uploads", "Upload", key, live=live)
    call.facts["upload"] = row["id"]
    if live:
        _live_project(call, row["project_id"], "Upload")
    authorise(call, row["project_id"])
    return row


def find_file(call: Call, key: str, *, live: bool = False) -> sqlite3.Row:
    """Return a file the caller may see; `live` refuses a deleted one or one of a deleted project."""
    row = _find(call, "files", "DataFile", key, live=live)
    call.facts["file"] = row["id"]
    if live:
        _live_project(call, row["project_id"], "DataFile")
    authorise(call, row["project_id"])
    return row


def find_version(call: Call, key: str, *, live: bool = False) -> tuple[sqlite3.Row, sqlite3.Row]:
    """Return a file version the caller may see, and its file."""
    version = _find(call, "versions", "FileVersion", key, live=live)
    file = _find(call, "files", "FileVersion", version["file_id"], live=live)
    if live:
        _live_project(call, file["project_id"], "FileVersion")
    authorise(call, file["project_id"])
    return version, file


def live_parent(call: Call, parent: dict[str, Any]) -> tuple[str, str | None]:
    """Return (project id, folder id or None) of a `parent` in a body."""
    if parent["kind"] == "dds-project":
        return str(find_project(call, parent["id"], live=True)["id"]), None
    folder = find_folder(call, parent["id"], live=True)
    return str(folder["project_id"]), str(folder["id"])


def touch(call: Call, table: str, key: str, **values: Any) -> None:
    """Change columns of a row and its audit."""
    values |= {"updated": call.now, "updated_by": call.user.id}
    names = ", ".join(f"{name} = ?" for name in values)
    call.world.database.run(f"UPDATE {table} SET {names} WHERE id = ?", *values.values(), key)  # noqa: S608
