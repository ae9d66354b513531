"""Variants of surroundings: calls that are not there, roles that mean something, changes refused while pending."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.hooks.bends import Variant
from conformance.reference.hooks.seam import Layer, Reply
from conformance.reference.refusals import ApiError, forbidden, invalid, unknown
from conformance.reference.upload_state import State, upload_state

if TYPE_CHECKING:
    import sqlite3

    from conformance.reference.hooks.bends import LayerFactory
    from conformance.reference.hooks.seam import Call

__all__ = ["FAMILY"]

_ABSENT = "a call that is answered 404 or 405 at its first use is not there"
_FOLDERS = ("create_folder", "show_folder", "delete_folder", "move_folder", "rename_folder", "list_folder_children")
_MOVES = ("move_file", "rename_file", "update_file")
_READS = {"file_url", "version_url"}
_RIGHTS = {
    "project_viewer": frozenset(),
    "file_downloader": _READS,
    "file_uploader": {"create_upload", "create_chunk", "complete_upload", "create_file"},
}


def _absent(code: int, *operations: str) -> LayerFactory:
    """Have no such calls."""

    class Absent(Layer):
        async def before(self, call: Call) -> Reply | None:
            if call.operation not in operations:
                return None
            error = ApiError(code, "no_route", "no such route", "see the description of the API")
            return Reply(code, error.payload(), cause=error.cause)

    return Absent


class _RolesMean(Layer):
    """Lets a viewer see, a downloader also download, an uploader upload, and only editors and admins do all."""

    def may(self, call: Call, *, allowed: bool) -> bool:
        """Look for the role."""
        sql = "SELECT role FROM permissions WHERE user_id = ?"
        roles = {row["role"] for row in self.world.database.all(sql, call.user.id)}
        shown = call.operation.startswith(("show_", "list_"))
        free = shown or bool(roles - set(_RIGHTS)) or any(call.operation in _RIGHTS.get(one, ()) for one in roles)
        return allowed and free


class _RolesTakeTime(Layer):
    """Lets a role count 700 ms after it was given."""

    def may(self, call: Call, *, allowed: bool) -> bool:
        """Compare the instants."""
        sql = "SELECT max(created) AS at FROM permissions WHERE user_id = ? AND created_by <> user_id"
        row = self.world.database.one(sql, call.user.id)
        return allowed and (row is None or row["at"] is None or call.now > row["at"] + 0.7)


class _PendingStays(Layer):
    """Refuses to move, rename or relabel a file while its upload is pending."""

    async def before(self, call: Call) -> Reply | None:
        """Look for the upload."""
        if call.operation not in _MOVES or "authorization" not in call.request.headers:
            return None
        sql = """SELECT u.* FROM versions v JOIN uploads u ON u.id = v.upload_id WHERE v.file_id = ?
            ORDER BY v.number DESC LIMIT 1"""
        upload = self.world.database.one(sql, call.path["id"])
        if upload is None or upload_state(upload, call.now) is not State.PENDING:
            return None
        error = ApiError(409, "conflict", "the file is being processed", "change it later")
        return Reply(409, error.payload(), cause=error.cause)


class _LateHashesRefused(Layer):
    """Refuses to add a hash to an upload that is consistent."""

    def asked(self, call: Call) -> None:
        """Look at its state."""
        upload = None
        if call.operation == "report_hash":
            upload = self.world.database.one("SELECT * FROM uploads WHERE id = ?", call.path["id"])
        if upload is not None and upload_state(upload, call.now).final:
            raise invalid(("hash", "cannot be added any more"))


class _DeletedAgain(Layer):
    """Answers another DELETE of what is deleted as the first."""

    def missing(self, call: Call, row: sqlite3.Row | None, error: ApiError) -> ApiError:
        """Remember that it was there."""
        call.facts["gone"] = row is not None
        return error

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Say that it is done."""
        gone = call.request.method == "DELETE" and reply.status == 404 and call.facts.get("gone")
        return Reply(204) if gone else reply


class _OthersUnknown(Layer):
    """Answers who asks to make a file of another user's upload that there is none."""

    def may(self, call: Call, *, allowed: bool) -> bool:
        """Tell nothing."""
        if not allowed and call.operation in {"create_file", "update_file"} and "upload" in call.body:
            raise unknown("Upload")
        return allowed


class _ProjectsFixed(Layer):
    """Lets nobody change a project that is not ready."""

    async def before(self, call: Call) -> Reply | None:
        """Look whether it is."""
        if call.operation != "update_project" or "authorization" not in call.request.headers:
            return None
        row = self.world.database.one("SELECT due FROM projects WHERE id = ?", call.path["id"])
        if row is None or row["due"] <= call.now:
            return None
        error = ApiError(409, "conflict", "the project is being prepared", "change it later")
        return Reply(409, error.payload(), cause=error.cause)


class _RolesFew(Layer):
    """Knows one role."""

    def asked(self, call: Call) -> None:
        """Look which one is given."""
        if call.operation == "grant" and call.body["auth_role"]["id"] != "project_admin":
            raise unknown("AuthRole")


class _AdminsPromote(Layer):
    """Lets only the creator of a project promote and delete versions."""

    def may(self, call: Call, *, allowed: bool) -> bool:
        """Look who asks for what."""
        if allowed and call.operation in {"promote_version", "delete_version", "delete_project"}:
            sql = "SELECT 1 FROM permissions WHERE user_id = ? AND role = 'project_admin'"
            if self.world.database.one(sql, call.user.id) is None:
                raise forbidden()
        return allowed


FAMILY: dict[Variant, LayerFactory] = {
    Variant("no-folders", "there are no folders", _ABSENT): _absent(404, *_FOLDERS),
    Variant("no-permissions", "roles cannot be given", _ABSENT): _absent(405, "grant", "withdraw", "list_permissions"),
    Variant("no-moves", "files and folders can be neither moved nor renamed", _ABSENT): _absent(
        405, "move_file", "rename_file", "move_folder", "rename_folder"
    ),
    Variant("no-versions", "versions can be neither promoted nor deleted", _ABSENT): _absent(
        404, "promote_version", "delete_version"
    ),
    Variant("roles-mean", "a role lets do what its name says, and nothing else", "rights are the target's own"): (
        _RolesMean
    ),
    Variant("roles-few", "there is one role for who administers a project", "roles are the target's own"): _RolesFew,
    Variant("roles-take-time", "a role counts 0.7 s after it was given", "reads are settled first"): _RolesTakeTime,
    Variant("admins-promote", "only admins promote and delete versions", "rights are the target's own"): (
        _AdminsPromote
    ),
    Variant("pending-stays", "a pending file cannot be changed", "an ordinary refusal without effect"): _PendingStays,
    Variant("projects-fixed", "a project that is not ready cannot be changed", "an ordinary refusal"): _ProjectsFixed,
    Variant("late-hashes-refused", "no hash is added after the verdict", "an ordinary refusal"): _LateHashesRefused,
    Variant("deleted-again", "another DELETE is answered 204", "somebody did it by then"): _DeletedAgain,
    Variant("others-unknown", "another user's upload is told to be unknown when attached", "no access leaks"): (
        _OthersUnknown
    ),
}
