"""The two url endpoints: where consistency shows. Kept lean, as clients poll them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from conformance.reference.endpoints.lookup import authorise
from conformance.reference.endpoints.upload_calls import signed_url
from conformance.reference.hooks.seam import Reply
from conformance.reference.refusals import ApiError, integrity, not_consistent, unknown
from conformance.reference.upload_state import State, upload_state

if TYPE_CHECKING:
    import sqlite3

    from conformance.reference.hooks.seam import Call

__all__ = ["download_url", "file_url", "version_at", "version_url"]

_FILE = """SELECT f.*, p.deleted AS project_deleted FROM files f JOIN projects p ON p.id = f.project_id
    WHERE f.id = ?"""
_VERSIONS = "SELECT * FROM versions WHERE file_id = ? ORDER BY number"
_UPLOAD = "SELECT * FROM uploads WHERE id = ?"


def file_url(call: Call) -> Reply:
    """`GET /files/{id}/url`: whatever the current version's upload is."""
    world = call.world
    file = world.database.one(_FILE, call.path["id"])
    _refuse_missing(call, "DataFile", file, file)
    versions = world.database.all(_VERSIONS, call.path["id"])
    return _answer(call, "file", versions, version_at(versions, call.instant))


def version_url(call: Call) -> Reply:
    """`GET /file_versions/{id}/url`: whatever this version's upload is."""
    version = call.world.database.one("SELECT * FROM versions WHERE id = ?", call.path["id"])
    file = call.world.database.one(_FILE, version["file_id"]) if version is not None else None
    _refuse_missing(call, "FileVersion", version, file)
    if version is None:
        raise unknown("FileVersion")
    versions = call.world.database.all(_VERSIONS, version["file_id"])
    return _answer(call, "version", versions, version)


def version_at(versions: list[sqlite3.Row], instant: float) -> sqlite3.Row:
    """Return the version that was current at an instant: the newest live one, at least the first."""
    live = [
        row for row in versions if row["created"] <= instant and (row["deleted"] is None or row["deleted"] > instant)
    ]
    return live[-1] if live else versions[0]


def _refuse_missing(call: Call, thing: str, row: sqlite3.Row | None, file: sqlite3.Row | None) -> None:
    """Raise 404 for what does not exist, 403 for strangers, 404 for what is deleted."""
    missing = call.world.behaviour.missing
    if row is None or file is None:
        raise missing(call, row, unknown(thing))
    call.facts["file"] = file["id"]
    gone = [at for at in (row["deleted"], file["deleted"], file["project_deleted"]) if at is not None]
    if gone and min(gone) <= call.instant:
        raise missing(call, row, unknown(thing))
    authorise(call, file["project_id"])


def _answer(call: Call, via: str, versions: list[sqlite3.Row], chosen: sqlite3.Row) -> Reply:
    world = call.world
    version = world.behaviour.url_version(call, via, versions, chosen)
    upload = world.database.one(_UPLOAD, version["upload_id"])
    if upload is None:
        raise unknown("Upload")
    call.facts.update(upload=upload["id"], version=version["id"], number=version["number"])
    state = upload_state(upload, call.instant)
    call.facts["state"] = state
    return download_url(call, upload, world.behaviour.upload_state(call, upload, via, state))


def download_url(call: Call, upload: sqlite3.Row, state: State) -> Reply:
    """Return a signed GET URL, or raise not consistent or the integrity refusal."""
    refusal = refusal_of(upload, state)
    if refusal is not None:
        raise refusal
    disposition = f"attachment; filename*=UTF-8''{quote(upload['name'], safe='')}"
    return Reply(200, signed_url(call, "GET", upload, **{"response-content-disposition": disposition}))


def refusal_of(upload: sqlite3.Row, state: State) -> ApiError | None:
    """Return how an upload in a state is refused at a url endpoint; None when its bytes may be had."""
    if state is State.OK:
        return None
    if state is State.ERR:
        return integrity(upload["error_message"]) if upload["error_message"] else integrity()
    return not_consistent()
