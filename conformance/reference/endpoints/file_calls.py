"""Files and their versions: created from a completed upload, switched by PUT and promotion, deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.endpoints.fields import Field
from conformance.reference.endpoints.lookup import find_file, find_upload, find_version, live_parent, touch
from conformance.reference.endpoints.pages import page_of_rows
from conformance.reference.endpoints.url_calls import version_at
from conformance.reference.endpoints.views import file_view, version_view
from conformance.reference.hooks.seam import Reply
from conformance.reference.refusals import invalid
from conformance.reference.upload_state import State, upload_state

if TYPE_CHECKING:
    import sqlite3

    from conformance.reference.hooks.seam import Call

__all__ = [
    "FILE_FIELDS",
    "FILE_UPDATE_FIELDS",
    "MOVE_FIELDS",
    "NAME_FIELDS",
    "create_file",
    "delete_file",
    "delete_version",
    "draw_file",
    "list_versions",
    "move_file",
    "promote_version",
    "rename_file",
    "show_file",
    "show_version",
    "update_file",
    "upload_of",
]

_PARENT = Field("parent", "object", inner=(Field("kind", choices=("dds-project", "dds-folder")), Field("id")))
FILE_FIELDS = (_PARENT, Field("upload", "object", inner=(Field("id"),)), Field("label", required=False))
FILE_UPDATE_FIELDS = (
    Field("upload", "object", required=False, inner=(Field("id"),)),
    Field("label", required=False),
)
MOVE_FIELDS = (_PARENT,)
NAME_FIELDS = (Field("name"),)


def upload_of(call: Call, version: sqlite3.Row) -> sqlite3.Row:
    """Return the upload that a version points to."""
    row = call.world.database.one("SELECT * FROM uploads WHERE id = ?", version["upload_id"])
    if row is None:
        raise LookupError(version["upload_id"])
    return row


def _versions(call: Call, file_id: str) -> list[sqlite3.Row]:
    return call.world.database.all("SELECT * FROM versions WHERE file_id = ? ORDER BY number", file_id)


def draw_file(call: Call, row: sqlite3.Row) -> dict[str, Any]:
    """Return a file's JSON, with the version that is current for this read."""
    version = version_at(_versions(call, row["id"]), call.instant)
    return file_view(call.world, row, version, upload_of(call, version))


def _attachable(call: Call, project_id: str, upload_id: str) -> sqlite3.Row:
    """Return an upload that may become a file of the project; raise a validation error otherwise."""
    upload = find_upload(call, upload_id, live=True)
    if upload["project_id"] != project_id:
        raise invalid(("upload", "must belong to the project of the file"))
    behaviour = call.world.behaviour
    state = behaviour.upload_state(call, upload, "attach", upload_state(upload, call.now))
    objections = {State.OPEN: "must be completed successfully", State.ERR: "cannot have an error"}
    message = behaviour.objection(call, upload, state, objections.get(state))
    if message is not None:
        raise invalid(("upload", message))
    return upload


def _add_version(call: Call, file_id: str, upload_id: str, label: str | None) -> str:
    key, versions = call.world.new_id(), _versions(call, file_id)
    call.world.database.insert(
        "versions",
        id=key,
        file_id=file_id,
        number=versions[-1]["number"] + 1 if versions else 1,
        label=label,
        upload_id=upload_id,
        created=call.now,
        created_by=call.user.id,
    )
    return key


def create_file(call: Call) -> Reply:
    """`POST /files`: 201, named after its upload."""
    project_id, folder_id = live_parent(call, call.body["parent"])
    upload = _attachable(call, project_id, call.body["upload"]["id"])
    key = call.world.new_id()
    with call.world.database.transaction():
        call.world.database.insert(
            "files",
            id=key,
            project_id=project_id,
            folder_id=folder_id,
            name=upload["name"],
            created=call.now,
            created_by=call.user.id,
        )
        _add_version(call, key, upload["id"], call.body.get("label"))
    return Reply(201, draw_file(call, find_file(call, key)))


def show_file(call: Call) -> Reply:
    """`GET /files/{id}`: also a deleted one, with `is_deleted`."""
    return Reply(200, draw_file(call, find_file(call, call.path["id"])))


def update_file(call: Call) -> Reply:
    """`PUT /files/{id}`: an upload makes a new version, which is current at once; a label alone renames this one."""
    file = find_file(call, call.path["id"], live=True)
    current = version_at(_versions(call, file["id"]), call.now)
    if "upload" in call.body:
        upload = _attachable(call, file["project_id"], call.body["upload"]["id"])
        if upload["id"] == current["upload_id"]:
            raise invalid(("upload", "is the current version already"))
        with call.world.database.transaction():
            _add_version(call, file["id"], upload["id"], call.body.get("label"))
            touch(call, "files", file["id"])
    elif "label" in call.body:
        touch(call, "versions", current["id"], label=call.body["label"])
    else:
        raise invalid(("upload[id]", "is missing"))
    return Reply(200, draw_file(call, find_file(call, file["id"])))


def rename_file(call: Call) -> Reply:
    """`PUT /files/{id}/rename`."""
    file = find_file(call, call.path["id"], live=True)
    touch(call, "files", file["id"], name=call.body["name"])
    return show_file(call)


def move_file(call: Call) -> Reply:
    """`PUT /files/{id}/move`: to another folder of the same project."""
    file = find_file(call, call.path["id"], live=True)
    project_id, folder_id = live_parent(call, call.body["parent"])
    if project_id != file["project_id"]:
        raise invalid(("parent", "must belong to the same project"))
    touch(call, "files", file["id"], folder_id=folder_id)
    return show_file(call)


def delete_file(call: Call) -> Reply:
    """`DELETE /files/{id}`: 204, once."""
    file = find_file(call, call.path["id"], live=True)
    touch(call, "files", file["id"], deleted=call.now, deleted_by=call.user.id)
    return Reply(204)


def list_versions(call: Call) -> Reply:
    """`GET /files/{id}/versions`: the live ones, oldest first."""
    file = find_file(call, call.path["id"])
    sql = "versions WHERE file_id = ? AND deleted IS NULL ORDER BY number"
    return page_of_rows(call, sql, (file["id"],), lambda row: version_view(call.world, row, file, upload_of(call, row)))


def show_version(call: Call) -> Reply:
    """`GET /file_versions/{id}`."""
    version, file = find_version(call, call.path["id"])
    return Reply(200, version_view(call.world, version, file, upload_of(call, version)))


def promote_version(call: Call) -> Reply:
    """`POST /file_versions/{id}/current`: 201, a new version with the same upload, current at once."""
    version, file = find_version(call, call.path["id"], live=True)
    if version_at(_versions(call, file["id"]), call.now)["upload_id"] == version["upload_id"]:
        raise invalid(("file_version", "is the current version already"))
    with call.world.database.transaction():
        key = _add_version(call, file["id"], version["upload_id"], version["label"])
        touch(call, "files", file["id"])
    promoted, file = find_version(call, key)
    return Reply(201, version_view(call.world, promoted, file, upload_of(call, promoted)))


def delete_version(call: Call) -> Reply:
    """`DELETE /file_versions/{id}`: 204; the current version goes only with its file."""
    version, file = find_version(call, call.path["id"], live=True)
    if version_at(_versions(call, file["id"]), call.now)["id"] == version["id"]:
        raise invalid(("file_version", "the current version cannot be deleted"))
    touch(call, "versions", version["id"], deleted=call.now, deleted_by=call.user.id)
    return Reply(204)
