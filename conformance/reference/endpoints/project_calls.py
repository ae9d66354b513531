"""Projects: created with 202, prepared in the background; their permissions and listings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from conformance.reference.endpoints.lookup import find_project, touch
from conformance.reference.endpoints.pages import page_of_rows
from conformance.reference.endpoints.views import project_view, upload_view
from conformance.reference.hooks.seam import Reply
from conformance.reference.refusals import invalid

if TYPE_CHECKING:
    from conformance.reference.hooks.seam import Call, World

__all__ = [
    "create_project",
    "delete_project",
    "list_project_uploads",
    "list_projects",
    "show_project",
    "update_project",
]

_SLUG = re.compile(r"[a-z0-9_]{1,200}")


def create_project(call: Call) -> Reply:
    """`POST /projects`: 202, the project, and a job that prepares its storage."""
    world, body, key = call.world, call.body, call.world.new_id()
    slug = body.get("slug") or _free_slug(world, body["name"], key)
    _check_slug(world, slug)
    due = world.due("project", key, call.now)
    with world.database.transaction():
        world.database.insert(
            "projects",
            id=key,
            name=body["name"],
            slug=slug,
            description=body["description"],
            due=due,
            created=call.now,
            created_by=call.user.id,
        )
        world.database.insert(
            "permissions",
            project_id=key,
            user_id=call.user.id,
            role="project_admin",
            created=call.now,
            created_by=call.user.id,
        )
        world.jobs.add("prepare_project", key, call.now)
    world.jobs.ring()
    call.facts["project"] = key
    return Reply(202, project_view(world, find_project(call, key)))


def _free_slug(world: World, name: str, key: str) -> str:
    base = re.sub(r"[^a-z0-9]+", "_", name.lower())[:60].strip("_") or "project"
    taken = world.database.one("SELECT 1 FROM projects WHERE slug = ?", base)
    return f"{base}_{key[:13].replace('-', '')}" if taken else base


def _check_slug(world: World, slug: str, own: str = "") -> None:
    if not _SLUG.fullmatch(slug):
        raise invalid(("slug", "is invalid"))
    if world.database.one("SELECT 1 FROM projects WHERE slug = ? AND id <> ?", slug, own):
        raise invalid(("slug", "has already been taken"))


def list_projects(call: Call) -> Reply:
    """`GET /projects`: the live projects in which the caller has a role."""
    sql = (
        "projects WHERE deleted IS NULL AND id IN (SELECT project_id FROM permissions WHERE user_id = ?)"
        " ORDER BY created, rowid"
    )
    return page_of_rows(call, sql, (call.user.id,), lambda row: project_view(call.world, row))


def show_project(call: Call) -> Reply:
    """`GET /projects/{id}`: also a deleted one, with `is_deleted`."""
    return Reply(200, project_view(call.world, find_project(call, call.path["id"])))


def update_project(call: Call) -> Reply:
    """`PUT /projects/{id}`: name, description or slug."""
    row = find_project(call, call.path["id"], live=True)
    changes = {name: call.body[name] for name in ("name", "description", "slug") if name in call.body}
    for name in ("name", "description"):
        if name in changes and not changes[name].strip():
            raise invalid((name, "can't be blank"))
    if "slug" in changes:
        _check_slug(call.world, changes["slug"], row["id"])
    touch(call, "projects", row["id"], **changes)
    return show_project(call)


def delete_project(call: Call) -> Reply:
    """`DELETE /projects/{id}`: 204; everything in it is gone with it."""
    row = find_project(call, call.path["id"], live=True)
    touch(call, "projects", row["id"], deleted=call.now, deleted_by=call.user.id)
    return Reply(204)


def list_project_uploads(call: Call) -> Reply:
    """`GET /projects/{id}/uploads`."""
    project = find_project(call, call.path["id"])
    sql = "uploads WHERE project_id = ? ORDER BY created, rowid"
    return page_of_rows(call, sql, (project["id"],), lambda row: upload_view(call, row))
