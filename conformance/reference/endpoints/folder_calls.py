"""Folders, and the listings of what projects and folders hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.endpoints.fields import Field
from conformance.reference.endpoints.file_calls import draw_file, upload_of
from conformance.reference.endpoints.lookup import find_file, find_folder, find_project, live_parent, touch
from conformance.reference.endpoints.pages import page_of_list, page_of_rows
from conformance.reference.endpoints.upload_calls import signed_url
from conformance.reference.endpoints.url_calls import version_at
from conformance.reference.endpoints.views import folder_view
from conformance.reference.hooks.seam import Reply
from conformance.reference.refusals import invalid
from conformance.reference.upload_state import State, upload_state

if TYPE_CHECKING:
    import sqlite3

    from conformance.reference.hooks.seam import Call

__all__ = [
    "FOLDER_FIELDS",
    "create_folder",
    "delete_folder",
    "list_folder_children",
    "list_project_children",
    "list_project_files",
    "move_folder",
    "rename_folder",
    "show_folder",
]

FOLDER_FIELDS = (
    Field("name"),
    Field("parent", "object", inner=(Field("kind", choices=("dds-project", "dds-folder")), Field("id"))),
)
_TREE = """WITH RECURSIVE tree (id) AS
    (VALUES (?) UNION SELECT folders.id FROM folders JOIN tree ON folders.parent_id = tree.id)
    SELECT id FROM tree"""


def create_folder(call: Call) -> Reply:
    """`POST /folders`: 201, also in a project whose storage is not prepared yet."""
    project_id, parent_id = live_parent(call, call.body["parent"])
    key = call.world.new_id()
    call.world.database.insert(
        "folders",
        id=key,
        project_id=project_id,
        parent_id=parent_id,
        name=call.body["name"],
        created=call.now,
        created_by=call.user.id,
    )
    return Reply(201, folder_view(call.world, find_folder(call, key)))


def show_folder(call: Call) -> Reply:
    """`GET /folders/{id}`."""
    return Reply(200, folder_view(call.world, find_folder(call, call.path["id"])))


def rename_folder(call: Call) -> Reply:
    """`PUT /folders/{id}/rename`."""
    folder = find_folder(call, call.path["id"], live=True)
    touch(call, "folders", folder["id"], name=call.body["name"])
    return show_folder(call)


def move_folder(call: Call) -> Reply:
    """`PUT /folders/{id}/move`: to another place of the same project, never into itself."""
    folder = find_folder(call, call.path["id"], live=True)
    project_id, parent_id = live_parent(call, call.body["parent"])
    if project_id != folder["project_id"]:
        raise invalid(("parent", "must belong to the same project"))
    if parent_id in _below(call, folder["id"]):
        raise invalid(("parent", "must not lie inside the folder"))
    touch(call, "folders", folder["id"], parent_id=parent_id)
    return show_folder(call)


def _below(call: Call, folder_id: str) -> set[str]:
    return {row["id"] for row in call.world.database.all(_TREE, folder_id)}


def delete_folder(call: Call) -> Reply:
    """`DELETE /folders/{id}`: 204; what it holds goes with it."""
    folder = find_folder(call, call.path["id"], live=True)
    keys = sorted(_below(call, folder["id"]))
    marks = ", ".join("?" * len(keys))
    with call.world.database.transaction():
        for table, column in (("files", "folder_id"), ("folders", "id")):
            where = f"deleted IS NULL AND {column} IN ({marks})"
            sql = f"UPDATE {table} SET deleted = ?, deleted_by = ? WHERE {where}"  # noqa: S608 (names and marks only)
            call.world.database.run(sql, call.now, call.user.id, *keys)
    return Reply(204)


def list_project_children(call: Call) -> Reply:
    """`GET /projects/{id}/children`: the top level, or everything whose name contains `name_contains`."""
    project = find_project(call, call.path["id"])
    if "name_contains" in call.query:
        where, values = "project_id = ?", (project["id"],)
        return _children(call, where, where, values)
    return _children(
        call, "project_id = ? AND parent_id IS NULL", "project_id = ? AND folder_id IS NULL", (project["id"],)
    )


def list_folder_children(call: Call) -> Reply:
    """`GET /folders/{id}/children`: one level, or everything below whose name contains `name_contains`."""
    folder = find_folder(call, call.path["id"])
    if "name_contains" not in call.query:
        return _children(call, "parent_id = ?", "folder_id = ?", (folder["id"],))
    keys = sorted(_below(call, folder["id"]))
    marks = ", ".join("?" * len(keys))
    return _children(call, f"parent_id IN ({marks})", f"folder_id IN ({marks})", tuple(keys))


def _children(call: Call, folders: str, files: str, values: tuple[Any, ...]) -> Reply:
    wanted = call.query.get("name_contains", "").lower()
    database = call.world.database
    live = "deleted IS NULL ORDER BY name, rowid"
    rows = [("folder", row) for row in database.all(f"SELECT * FROM folders WHERE {folders} AND {live}", *values)]  # noqa: S608
    rows += [("file", row) for row in database.all(f"SELECT * FROM files WHERE {files} AND {live}", *values)]  # noqa: S608
    found = [pair for pair in rows if wanted in pair[1]["name"].lower()]
    return page_of_list(call, found, lambda pair: _child(call, *pair))


def _child(call: Call, kind: str, row: sqlite3.Row) -> dict[str, Any]:
    view = folder_view(call.world, row) if kind == "folder" else draw_file(call, row)
    excluded = call.query.get("exclude_response_fields", "").split()
    return {name: value for name, value in view.items() if name not in excluded}


def list_project_files(call: Call) -> Reply:
    """`GET /projects/{id}/files`: every live file; `file_url` is null until its upload is known to be good."""
    project = find_project(call, call.path["id"])
    sql = "files WHERE project_id = ? AND deleted IS NULL ORDER BY created, rowid"
    return page_of_rows(call, sql, (project["id"],), lambda row: _listed(call, row))


def _listed(call: Call, row: sqlite3.Row) -> dict[str, Any]:
    view = draw_file(call, find_file(call, row["id"]))
    world = call.world
    versions = world.database.all("SELECT * FROM versions WHERE file_id = ? ORDER BY number", row["id"])
    upload = upload_of(call, version_at(versions, call.instant))
    state = world.behaviour.upload_state(call, upload, "listing", upload_state(upload, call.instant))
    url = signed_url(call, "GET", upload) if state is State.OK else None
    current = view["current_version"]["upload"]
    return {**view, "size": current["size"], "hashes": current["hashes"], "file_url": url}
