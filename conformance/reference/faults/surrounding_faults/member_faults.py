"""Faults of members: who was given rights in a project is served otherwise than its owner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.faults.broken import BAD_200, BYTES, LOST_FILE, LOST_WAIT, NEVER, PROJECT, SILENT_URL
from conformance.reference.hooks.bends import URLS, Fault, after_operation, rewrite, status
from conformance.reference.hooks.recipes import lose_objects, never, refuse_urls, unverified
from conformance.reference.hooks.seam import Layer
from conformance.reference.refusals import ApiError, forbidden, unknown
from conformance.reference.upload_state import State

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from conformance.reference.hooks.bends import LayerFactory
    from conformance.reference.hooks.seam import Call, Reply, World

__all__ = ["FAMILY"]


def _by_member(world: World, upload: sqlite3.Row) -> bool:
    """Whether an upload was made by somebody else than the project's creator."""
    row = world.database.one("SELECT created_by FROM projects WHERE id = ?", upload["project_id"])
    return row is not None and row["created_by"] != upload["created_by"]


def _member(call: Call, upload: sqlite3.Row) -> bool:
    """Whether a member reads what lies in a project of another."""
    row = call.world.database.one("SELECT created_by FROM projects WHERE id = ?", upload["project_id"])
    return row is not None and row["created_by"] != call.user.id


def _to_member(*states: State, error: Callable[[], ApiError]) -> LayerFactory:
    """Refuse members what the owner may read, while uploads are in some states."""
    return refuse_urls(lambda call, upload, _, state: error() if state in states and _member(call, upload) else None)


def _project_of(call: Call) -> str:
    """Return the project that a permission is given in."""
    return call.path["id"] if call.operation in {"grant", "withdraw"} else ""


def _edits(call: Call, upload: sqlite3.Row) -> bool:
    """Whether somebody reads who has rights, but not all of them."""
    sql = "SELECT 1 FROM permissions WHERE project_id = ? AND user_id = ? AND role <> 'project_admin'"
    return call.world.database.one(sql, upload["project_id"], call.user.id) is not None


class _Rights(Layer):
    """Keeps what it knew of a user's rights in a project: `kept` says which answers are remembered."""

    def __init__(self, world: World, retained: bool) -> None:  # noqa: FBT001 (the one thing that differs)
        super().__init__(world)
        self._retained = retained
        self._known: set[tuple[str, str]] = set()

    def may(self, call: Call, *, allowed: bool) -> bool:
        """Remember it by user and by what is asked for."""
        key = (call.user.id, call.path.get("id", ""))
        if allowed is self._retained:
            self._known.add(key)
        return self._retained if key in self._known else allowed


class _GrantReplaces(Layer):
    """Gives a role by replacing the list: the owner's own role is gone at the url endpoints."""

    def may(self, call: Call, *, allowed: bool) -> bool:
        """Look for another member of the file's project."""
        if call.operation not in URLS:
            return allowed
        sql = """SELECT 1 FROM permissions p JOIN files f ON f.project_id = p.project_id
            WHERE f.id = ? AND p.created_by <> p.user_id AND p.created_by = ?"""
        return allowed and self.world.database.one(sql, call.facts.get("file", ""), call.user.id) is None


class _WithdrawDeletes(Layer):
    """Deletes what a member made when the rights are withdrawn."""

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Delete it."""
        if call.operation == "withdraw" and reply.status == 204:
            sql = "UPDATE files SET deleted = ? WHERE project_id = ? AND created_by = ?"
            self.world.database.run(sql, call.now, _project_of(call), call.path["user_id"])
        return reply


class _MemberNeverReady(Layer):
    """Never tells a project to be ready to a member."""

    def project_ready(self, call: Call, project: sqlite3.Row, *, ready: bool) -> bool:
        """Look who asks."""
        return ready and project["created_by"] == call.user.id


def _completed_by_member(call: Call, reply: Reply) -> bool:
    completed = after_operation("complete_upload")(call, reply)
    return completed and reply.body["audit"]["created_by"]["username"] != "alice"


FAMILY: dict[Fault, LayerFactory] = {
    Fault("member-plain-404", LOST_WAIT, "a pending file is a plain 404 to a member"): _to_member(
        State.PENDING, error=lambda: unknown("DataFile")
    ),
    Fault("editor-plain-404", LOST_WAIT, "a pending file is a plain 404 to who does not administer its project"): (
        refuse_urls(
            lambda call, upload, _, state: (
                unknown("DataFile") if state is State.PENDING and _edits(call, upload) else None
            )
        )
    ),
    Fault(
        "member-403-when-good", ("converges-upload", *LOST_FILE, "other-user-403"), "a member may not have any url"
    ): (_to_member(State.OK, error=forbidden)),
    Fault("member-403-when-bad", ("converges-upload", *LOST_FILE), "a member is told 403 of a bad upload"): (
        _to_member(State.ERR, error=forbidden)
    ),
    Fault("member-url-500", ("converges-upload", *SILENT_URL), "a consistent file is a server error to a member"): (
        _to_member(State.OK, State.ERR, error=lambda: ApiError(500, "internal", "no home folder", "report this"))
    ),
    Fault("member-upload-never", NEVER, "what a member uploads never converges"): never(
        lambda call, upload, _, __: _by_member(call.world, upload)
    ),
    Fault("member-unverified", BAD_200, "what a member uploads is not verified"): unverified(_by_member),
    Fault("member-bytes-lost", BYTES, "what a member uploads is looked for in a container of the member's"): (
        lose_objects(_by_member)
    ),
    Fault("member-complete-200", ("complete-202", "complete-body"), "a member's complete succeeds with 200"): rewrite(
        _completed_by_member, status(200)
    ),
    Fault("member-never-ready", PROJECT, "a project never becomes ready to a member"): _MemberNeverReady,
    Fault("grant-replaces-owner", ("converges-upload", *LOST_WAIT), "the owner is 403 once there is a member"): (
        _GrantReplaces
    ),
    Fault(
        "refusal-cached",
        ("converges-upload", *LOST_WAIT, "converges-project"),
        "who was refused once is refused for ever",
    ): (lambda world: _Rights(world, retained=False)),
    Fault("rights-cached", ("other-user-403",), "who had rights once keeps them"): lambda world: _Rights(
        world, retained=True
    ),
    Fault(
        "withdraw-deletes", (*LOST_FILE, *NEVER), "withdrawn rights take what the member made along"
    ): _WithdrawDeletes,
}
