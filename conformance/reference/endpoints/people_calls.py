"""Users, tokens, roles, the storage provider, and the server's own status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.endpoints.pages import page_of_list
from conformance.reference.hooks.seam import Reply
from conformance.reference.people import TOKEN_LIFETIME
from conformance.reference.refusals import unknown

if TYPE_CHECKING:
    from conformance.reference.hooks.seam import Call

__all__ = [
    "app_status",
    "create_token",
    "current_user",
    "list_providers",
    "list_roles",
    "list_users",
    "role_view",
    "roles",
    "show_provider",
    "show_role",
    "show_user",
]

_ROLES = {
    "project_admin": ("Project Admin", "project"),
    "project_viewer": ("Project Viewer", "project"),
    "file_downloader": ("File Downloader", "project"),
    "file_editor": ("File Editor", "project"),
    "file_uploader": ("File Uploader", "project"),
    "system_admin": ("System Admin", "system"),
}


def roles(context: str) -> list[str]:
    """Return the ids of the roles of a context, project or system."""
    return [key for key, role in _ROLES.items() if role[1] == context]


def role_view(key: str) -> dict[str, Any]:
    """Return a role by its id."""
    name, context = _ROLES[key]
    return {
        "id": key,
        "name": name,
        "description": f"{name} of the reference server",
        "permissions": [{"id": "manage_project" if key == "project_admin" else "view_project"}],
        "contexts": [context],
        "is_deprecated": False,
    }


def create_token(call: Call) -> Reply:
    """`POST /software_agents/api_token`: a token for an agent key and a user key."""
    bought = call.world.people.buy(call.body["agent_key"], call.body["user_key"], call.now)
    if bought is None:
        raise unknown("SoftwareAgent")
    token, expires = bought
    return Reply(201, {"api_token": token, "expires_on": int(expires), "time_to_live": TOKEN_LIFETIME})


def current_user(call: Call) -> Reply:
    """`GET /current_user`."""
    return Reply(200, call.user.full())


def list_users(call: Call) -> Reply:
    """`GET /users`, narrowed by `username`, `email`, `full_name_contains` or `last_name_begins`."""
    wanted = call.query
    users = [
        user
        for user in sorted(call.world.people.users.values(), key=lambda user: user.username)
        if wanted.get("username", user.username) == user.username
        and wanted.get("email", user.email) == user.email
        and wanted.get("full_name_contains", "").lower() in user.full_name.lower()
    ]
    return page_of_list(call, [user.full() for user in users])


def show_user(call: Call) -> Reply:
    """`GET /users/{id}`."""
    user = call.world.people.users.get(call.path["id"])
    if user is None:
        raise unknown("User")
    return Reply(200, user.full())


def list_roles(call: Call) -> Reply:
    """`GET /auth_roles`, narrowed by `context`."""
    context = call.query.get("context")
    return page_of_list(call, [role_view(key) for key, role in _ROLES.items() if context in {None, role[1]}])


def show_role(call: Call) -> Reply:
    """`GET /auth_roles/{id}`."""
    if call.path["id"] not in _ROLES:
        raise unknown("AuthRole")
    return Reply(200, role_view(call.path["id"]))


def list_providers(call: Call) -> Reply:
    """`GET /storage_providers`."""
    return page_of_list(call, call.world.providers())


def show_provider(call: Call) -> Reply:
    """`GET /storage_providers/{id}`."""
    provider = next((one for one in call.world.providers() if one["id"] == call.path["id"]), None)
    if provider is None:
        raise unknown("StorageProvider")
    return Reply(200, provider)


def app_status(call: Call) -> Reply:  # noqa: ARG001 (every handler takes the call)
    """`GET /app/status`: no token needed."""
    return Reply(200, {"status": "ok", "environment": "reference", "rdbms": "ok", "storage_provider": "ok"})
