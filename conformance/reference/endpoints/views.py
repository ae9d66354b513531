"""From rows to the JSON shapes of the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.server_clock import iso
from conformance.reference.upload_state import State, upload_state

if TYPE_CHECKING:
    import sqlite3

    from conformance.reference.hooks.seam import Call, World

__all__ = [
    "ancestors",
    "audit",
    "file_view",
    "folder_view",
    "project_view",
    "provider_view",
    "upload_brief",
    "upload_view",
    "version_view",
]


def _person(world: World, user_id: str | None) -> dict[str, str] | None:
    return world.people.users[user_id].brief() if user_id else None


def audit(world: World, row: sqlite3.Row) -> dict[str, Any]:
    """Return who created, changed and deleted a resource, and when."""
    return {
        "created_on": iso(row["created"]),
        "created_by": _person(world, row["created_by"]),
        "last_updated_on": iso(row["updated"]),
        "last_updated_by": _person(world, row["updated_by"]),
        "deleted_on": iso(row["deleted"]),
        "deleted_by": _person(world, row["deleted_by"]),
    }


def project_view(world: World, row: sqlite3.Row) -> dict[str, Any]:
    """Return a project."""
    return {
        "kind": "dds-project",
        "id": row["id"],
        "name": row["name"],
        "slug": row["slug"],
        "description": row["description"],
        "is_deleted": row["deleted"] is not None,
        "audit": audit(world, row),
    }


def provider_view(world: World, upload_id: str) -> dict[str, Any]:
    """Return the storage provider of an upload."""
    provider = world.provider_of(upload_id)
    return {name: provider[name] for name in ("id", "name", "description")}


def _project_brief(world: World, project_id: str) -> dict[str, str]:
    row = world.database.one("SELECT id, name FROM projects WHERE id = ?", project_id)
    return dict(row) if row else {}


def _hashes(world: World, upload_id: str) -> list[dict[str, Any]]:
    rows = world.database.all("SELECT * FROM hashes WHERE upload_id = ? ORDER BY algorithm", upload_id)
    return [
        {
            "algorithm": row["algorithm"],
            "value": row["value"],
            "audit": {
                **dict.fromkeys(("last_updated_on", "last_updated_by", "deleted_on", "deleted_by")),
                "created_on": iso(row["created"]),
                "created_by": _person(world, row["created_by"]),
            },
        }
        for row in rows
    ]


def upload_brief(world: World, upload: sqlite3.Row) -> dict[str, Any]:
    """Return the upload as it stands inside files and versions."""
    return {
        "id": upload["id"],
        "size": upload["size"],
        "storage_provider": provider_view(world, upload["id"]),
        "hashes": _hashes(world, upload["id"]),
    }


def _status(call: Call, upload: sqlite3.Row) -> dict[str, Any]:
    state = call.world.behaviour.upload_state(call, upload, "status", upload_state(upload, call.instant))
    failed = state is State.ERR
    record: dict[str, Any] = {"initiated_on": iso(upload["created"])}
    if upload["chunked"]:
        record["ready_for_chunks"] = True
    record |= {
        "completed_on": None if state is State.OPEN else iso(upload["completed"]),
        "is_consistent": True if state.final else None,
        "purged_on": None,
        "error_on": iso(upload["due"]) if failed else None,
        "error_message": upload["error_message"] if failed else None,
    }
    return call.world.behaviour.status_record(call, upload, record)


def upload_view(call: Call, upload: sqlite3.Row) -> dict[str, Any]:
    """Return an upload with its chunks and status."""
    world = call.world
    view = {"id": upload["id"], "name": upload["name"], "content_type": upload["content_type"], "size": upload["size"]}
    view |= {"etag": _etag(upload), "storage_container": upload["project_id"]}
    if upload["chunked"]:
        rows = world.database.all("SELECT * FROM chunks WHERE upload_id = ? ORDER BY number", upload["id"])
        view["chunks"] = [
            {
                "number": row["number"],
                "size": row["size"],
                "hash": {"value": row["hash_value"], "algorithm": row["hash_algorithm"]},
            }
            for row in rows
        ]
    return view | {
        "status": _status(call, upload),
        "audit": audit(world, upload),
        "project": _project_brief(world, upload["project_id"]),
        "storage_provider": provider_view(world, upload["id"]),
        "hashes": _hashes(world, upload["id"]),
    }


def _etag(upload: sqlite3.Row) -> str:
    changed = upload["updated"] or upload["created"]
    return f"{upload['id'].replace('-', '')[:16]}{int(changed * 1000):016x}"


def ancestors(world: World, project_id: str, folder_id: str | None) -> list[dict[str, str]]:
    """Return the chain from the project down to a folder, as kind, id and name."""
    chain: list[dict[str, str]] = []
    while folder_id is not None:
        row = world.database.one("SELECT id, name, parent_id FROM folders WHERE id = ?", folder_id)
        if row is None:
            break
        chain.append({"kind": "dds-folder", "id": row["id"], "name": row["name"]})
        folder_id = row["parent_id"]
    return [{"kind": "dds-project", **_project_brief(world, project_id)}, *reversed(chain)]


def _parent(project_id: str, folder_id: str | None) -> dict[str, str]:
    if folder_id is None:
        return {"kind": "dds-project", "id": project_id}
    return {"kind": "dds-folder", "id": folder_id}


def folder_view(world: World, row: sqlite3.Row) -> dict[str, Any]:
    """Return a folder."""
    return {
        "kind": "dds-folder",
        "id": row["id"],
        "parent": _parent(row["project_id"], row["parent_id"]),
        "name": row["name"],
        "is_deleted": row["deleted"] is not None,
        "audit": audit(world, row),
        "project": _project_brief(world, row["project_id"]),
        "ancestors": ancestors(world, row["project_id"], row["parent_id"]),
    }


def file_view(world: World, row: sqlite3.Row, version: sqlite3.Row, upload: sqlite3.Row) -> dict[str, Any]:
    """Return a file with its current version."""
    current = {"id": version["id"], "version": version["number"], "label": version["label"]}
    return {
        "kind": "dds-file",
        "id": row["id"],
        "parent": _parent(row["project_id"], row["folder_id"]),
        "name": row["name"],
        "is_deleted": row["deleted"] is not None,
        "audit": audit(world, row),
        "current_version": {**current, "upload": upload_brief(world, upload)},
        "project": _project_brief(world, row["project_id"]),
        "ancestors": ancestors(world, row["project_id"], row["folder_id"]),
    }


def version_view(world: World, version: sqlite3.Row, file: sqlite3.Row, upload: sqlite3.Row) -> dict[str, Any]:
    """Return a file version."""
    return {
        "kind": "dds-file-version",
        "id": version["id"],
        "version": version["number"],
        "label": version["label"],
        "is_deleted": version["deleted"] is not None or file["deleted"] is not None,
        "audit": audit(world, version),
        "upload": upload_brief(world, upload),
        "file": {"id": file["id"], "name": file["name"], "project": _project_brief(world, file["project_id"])},
    }
