"""Faults of writes that are refused and done all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.faults.broken import BAD_200, BYTES, COMPLETE, GOOD_IE, LOST_FILE, MONOTONIC, NEVER
from conformance.reference.hooks.bends import Fault
from conformance.reference.hooks.seam import Layer
from conformance.reference.refusals import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.reference.hooks.bends import LayerFactory
    from conformance.reference.hooks.seam import Call, Reply
    from conformance.reference.people import User

__all__ = ["FAMILY"]

_TRACE = ("refused-create-no-trace", "refused-write-no-effect")
_ANYTHING = (
    "refused-write-no-effect",
    *LOST_FILE,
    *NEVER,
    *BYTES,
    *BAD_200,
    *GOOD_IE,
    *COMPLETE,
    *MONOTONIC,
    "converges-project",
    "one-verdict",
)
_NO_TOKEN = ("no_token", "bad_token")


def _owner(call: Call) -> User | None:
    """Return who made what a path names."""
    for table in ("files", "versions", "uploads", "projects", "folders"):
        sql = f"SELECT created_by FROM {table} WHERE id = ?"  # noqa: S608 (the names are ours)
        row = call.world.database.one(sql, call.path.get("id", ""))
        if row is not None:
            return call.world.people.users[row["created_by"]]
    return None


def _alice(call: Call) -> User | None:
    return next(user for user in call.world.people.users.values() if user.username == "alice")


def _done(causes: tuple[str, ...], *operations: str, who: Callable[[Call], User | None] = _owner) -> LayerFactory:
    """Refuse some operations, and do them as if the owner had asked."""

    class Done(Layer):
        async def after(self, call: Call, reply: Reply) -> Reply:
            caller = who(call) if reply.cause in causes and call.operation in operations else None
            if caller is not None:
                call.caller = caller
                await _do(call)
            return reply

    return Done


async def _do(call: Call) -> None:
    try:
        if call.again is not None:
            call.again()
        elif call.perform is not None:
            await call.perform()
    except ApiError:
        return  # what the owner could not have done either is not done


class _InvalidCompletes(Layer):
    """Marks an upload as completed before it looks at the hash."""

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Complete it without one, which is never right for a single part."""
        if call.operation == "complete_upload" and reply.cause == "validation":
            now, key = self.world.clock.now(), call.path["id"]
            sql = """UPDATE uploads SET completed = ?, due = ?, hash_value = '', hash_algorithm = 'md5'
                WHERE id = ? AND completed IS NULL"""
            if self.world.database.run(sql, now, self.world.due("upload", key, now), key):
                self.world.jobs.add("verify_upload", key, now)
                self.world.jobs.ring()
        return reply


class _InvalidProjectRenamed(Layer):
    """Keeps the valid fields of a change of a project that it refuses."""

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Set its name."""
        name = call.body.get("name") if call.operation == "update_project" and reply.cause == "validation" else None
        if isinstance(name, str) and name:
            self.world.database.run("UPDATE projects SET name = ? WHERE id = ?", name, call.path["id"])
        return reply


class _InvalidPartRecorded(Layer):
    """Writes the report of a part before it looks at the size and the algorithm."""

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Spoil the report of the first part."""
        if call.operation == "create_chunk" and reply.cause == "validation":
            sql = "UPDATE chunks SET hash_value = 'unknown' WHERE number = 1 AND upload_id = ?"
            self.world.database.run(sql, call.path["id"])
        return reply


class _OpenSwitched(Layer):
    """Refuses a new version of an upload that is not completed, and makes it."""

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Insert it."""
        upload = (call.body.get("upload") or {}).get("id") if call.operation == "update_file" else None
        if upload and reply.cause == "validation" and call.facts.get("upload") == upload:
            database, key = self.world.database, call.path["id"]
            last = database.one("SELECT max(number) AS last FROM versions WHERE file_id = ?", key)
            row = {"id": self.world.new_id(), "file_id": key, "number": (last["last"] if last else 0) + 1}
            database.insert("versions", **row, upload_id=upload, created=call.now, created_by=call.user.id)
        return reply


class _StrayFile(Layer):
    """Refuses a file in a folder that does not exist, and makes it at the top of the upload's project."""

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Insert it."""
        if call.operation == "create_file" and reply.cause == "unknown" and call.caller is not None:
            sql = "SELECT id, project_id FROM uploads WHERE id = ? AND completed IS NOT NULL"
            upload = self.world.database.one(sql, (call.body.get("upload") or {}).get("id"))
            if upload is not None:
                call.body["parent"] = {"kind": "dds-project", "id": upload["project_id"]}
                await _do(call)
        return reply


def _files_lost(operation: str, cause: str, which: str) -> LayerFactory:
    """Refuse a deletion, and delete the files `which` (SQL, by the id in the path) all the same."""
    sql = f"UPDATE files SET deleted = ? WHERE {which}"  # noqa: S608 (the words are ours)

    class Lost(Layer):
        async def after(self, call: Call, reply: Reply) -> Reply:
            if call.operation == operation and reply.cause == cause:
                self.world.database.run(sql, call.now, call.path["id"])
            return reply

    return Lost


FAMILY: dict[Fault, LayerFactory] = {
    Fault("forbidden-delete-done", _ANYTHING, "another user's DELETE of a file is 403, and done"): _done(
        ("forbidden",), "delete_file", "delete_version"
    ),
    Fault("forbidden-switch-done", _ANYTHING, "another user's new version is 403, and made"): _done(
        ("forbidden",), "update_file", "promote_version"
    ),
    Fault("forbidden-project-delete-done", _ANYTHING, "another user's DELETE of a project is done"): (
        _done(("forbidden",), "delete_project")
    ),
    Fault("forbidden-complete-done", _ANYTHING, "another user's complete is 403, and done"): _done(
        ("forbidden",), "complete_upload"
    ),
    Fault("forbidden-upload-listed", _TRACE, "another user's upload is 403, and listed"): _done(
        ("forbidden",), "create_upload", "create_folder"
    ),
    Fault("forbidden-part-recorded", _ANYTHING, "another user's report of a part is 403, and counts"): _done(
        ("forbidden",), "create_chunk"
    ),
    Fault("forbidden-change-done", _ANYTHING, "another user's new name, place or label is 403, and done"): _done(
        ("forbidden",), "rename_file", "move_file", "rename_folder", "move_folder", "update_project", "delete_folder"
    ),
    Fault(
        "forbidden-folder-emptied",
        (*LOST_FILE, "refused-write-no-effect"),
        "another user's DELETE of a folder is 403, and empties it",
    ): _files_lost("delete_folder", "forbidden", "folder_id = ? AND deleted IS NULL"),
    Fault("stray-file-made", _TRACE, "a file in a folder that never was is 404, and made at the top"): _StrayFile,
    Fault("no-token-complete-done", _ANYTHING, "complete without a token is 401, and done"): _done(
        _NO_TOKEN, "complete_upload"
    ),
    Fault("no-token-delete-done", _ANYTHING, "a DELETE without a token is 401, and done"): _done(
        _NO_TOKEN, "delete_file", "delete_project", "delete_version"
    ),
    Fault("no-token-create-done", _TRACE, "a create without a token is 401, and made"): _done(
        _NO_TOKEN, "create_project", "create_upload", "create_folder", who=_alice
    ),
    Fault("invalid-complete-done", _ANYTHING, "complete with an invalid hash is 400, and done"): _InvalidCompletes,
    Fault("invalid-project-renamed", _ANYTHING, "a new name and no description are 400, and the name is kept"): (
        _InvalidProjectRenamed
    ),
    Fault("invalid-part-recorded", _ANYTHING, "an invalid report of a part is 400, and spoils the first"): (
        _InvalidPartRecorded
    ),
    Fault("invalid-switch-done", _ANYTHING, "a new version of an upload not completed is 400, and made"): _OpenSwitched,
    Fault("current-version-deleted", _ANYTHING, "DELETE of the current version is 400, and the file is gone"): (
        _files_lost("delete_version", "validation", "id = (SELECT file_id FROM versions WHERE id = ?)")
    ),
}
