"""Who may do what in a project: roles are given and withdrawn by those who administer it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.endpoints.fields import Field
from conformance.reference.endpoints.lookup import administer, find_project
from conformance.reference.endpoints.pages import page_of_rows
from conformance.reference.endpoints.people_calls import role_view, roles
from conformance.reference.hooks.seam import Reply
from conformance.reference.refusals import unknown

if TYPE_CHECKING:
    import sqlite3

    from conformance.reference.hooks.seam import Call, World

__all__ = ["ROLE_FIELDS", "grant", "list_permissions", "show_permission", "withdraw"]

ROLE_FIELDS = (Field("auth_role", "object", inner=(Field("id"),)),)


def _permission_view(world: World, row: sqlite3.Row) -> dict[str, Any]:
    return {
        "project": {"id": row["project_id"]},
        "user": world.people.users[row["user_id"]].brief(),
        "auth_role": role_view(row["role"]),
    }


def list_permissions(call: Call) -> Reply:
    """`GET /projects/{id}/permissions`."""
    project = find_project(call, call.path["id"])
    sql = "permissions WHERE project_id = ? ORDER BY user_id"
    return page_of_rows(call, sql, (project["id"],), lambda row: _permission_view(call.world, row))


def show_permission(call: Call) -> Reply:
    """`GET /projects/{id}/permissions/{user_id}`."""
    project = find_project(call, call.path["id"])
    return Reply(200, _permission_view(call.world, _permission(call, project["id"])))


def _permission(call: Call, project_id: str) -> sqlite3.Row:
    sql = "SELECT * FROM permissions WHERE project_id = ? AND user_id = ?"
    row = call.world.database.one(sql, project_id, call.path["user_id"])
    if row is None:
        raise unknown("ProjectPermission")
    return row


def grant(call: Call) -> Reply:
    """`PUT /projects/{id}/permissions/{user_id}`: give a user a role, in place of an earlier one."""
    project = find_project(call, call.path["id"], live=True)
    administer(call, project["id"])
    role, user_id = call.body["auth_role"]["id"], call.path["user_id"]
    if user_id not in call.world.people.users:
        raise unknown("User")
    if role not in roles("project"):
        raise unknown("AuthRole")
    sql = "INSERT OR REPLACE INTO permissions VALUES (?, ?, ?, ?, ?)"
    call.world.database.run(sql, project["id"], user_id, role, call.now, call.user.id)
    return show_permission(call)


def withdraw(call: Call) -> Reply:
    """`DELETE /projects/{id}/permissions/{user_id}`: 204; the user has no role there any more."""
    project = find_project(call, call.path["id"], live=True)
    administer(call, project["id"])
    row = _permission(call, project["id"])
    sql = "DELETE FROM permissions WHERE project_id = ? AND user_id = ?"
    call.world.database.run(sql, project["id"], row["user_id"])
    return Reply(204)
