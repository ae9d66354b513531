"""The API's door: every documented call, its path, its parameters and its handler, and the ASGI application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.routing import Route, Router

from conformance.reference.endpoints import api_description
from conformance.reference.endpoints import file_calls as files
from conformance.reference.endpoints import folder_calls as folders
from conformance.reference.endpoints import people_calls as people
from conformance.reference.endpoints import permission_calls as permissions
from conformance.reference.endpoints import project_calls as projects
from conformance.reference.endpoints import upload_calls as uploads
from conformance.reference.endpoints import url_calls as urls
from conformance.reference.endpoints.calls import Operation, Resource, refuse
from conformance.reference.endpoints.fields import Field
from conformance.reference.refusals import ApiError

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from conformance.reference.hooks.seam import World

__all__ = ["OPERATIONS", "PREFIX", "ApiApp"]

PREFIX = "/api/v1"
_PROJECT = (Field("name"), Field("description"), Field("slug", required=False))
_PROJECT_UPDATE = tuple(Field(name, required=False) for name in ("name", "description", "slug"))
_KEYS = (Field("agent_key"), Field("user_key"))

# Starlette tries routes in this order: the polled ones come first.
OPERATIONS: dict[str, dict[str, Operation]] = {
    "/files/{id}/url": {"GET": Operation("file_url", urls.file_url)},
    "/file_versions/{id}/url": {"GET": Operation("version_url", urls.version_url)},
    "/uploads/{id}": {"GET": Operation("show_upload", uploads.show_upload)},
    "/uploads/{id}/chunks": {"PUT": Operation("create_chunk", uploads.create_chunk, uploads.CHUNK_FIELDS)},
    "/uploads/{id}/complete": {"PUT": Operation("complete_upload", uploads.complete_upload, uploads.COMPLETE_FIELDS)},
    "/uploads/{id}/hashes": {"PUT": Operation("report_hash", uploads.report_hash, uploads.HASHES_FIELDS)},
    "/projects": {
        "GET": Operation("list_projects", projects.list_projects),
        "POST": Operation("create_project", projects.create_project, _PROJECT),
    },
    "/projects/{id}": {
        "GET": Operation("show_project", projects.show_project),
        "PUT": Operation("update_project", projects.update_project, _PROJECT_UPDATE),
        "DELETE": Operation("delete_project", projects.delete_project),
    },
    "/projects/{id}/uploads": {
        "GET": Operation("list_project_uploads", projects.list_project_uploads),
        "POST": Operation("create_upload", uploads.create_upload, uploads.UPLOAD_FIELDS),
    },
    "/projects/{id}/files": {"GET": Operation("list_project_files", folders.list_project_files)},
    "/projects/{id}/children": {"GET": Operation("list_project_children", folders.list_project_children)},
    "/projects/{id}/permissions": {"GET": Operation("list_permissions", permissions.list_permissions)},
    "/projects/{id}/permissions/{user_id}": {
        "GET": Operation("show_permission", permissions.show_permission),
        "PUT": Operation("grant", permissions.grant, permissions.ROLE_FIELDS),
        "DELETE": Operation("withdraw", permissions.withdraw),
    },
    "/files": {"POST": Operation("create_file", files.create_file, files.FILE_FIELDS)},
    "/files/{id}": {
        "GET": Operation("show_file", files.show_file),
        "PUT": Operation("update_file", files.update_file, files.FILE_UPDATE_FIELDS),
        "DELETE": Operation("delete_file", files.delete_file),
    },
    "/files/{id}/versions": {"GET": Operation("list_versions", files.list_versions)},
    "/files/{id}/move": {"PUT": Operation("move_file", files.move_file, files.MOVE_FIELDS)},
    "/files/{id}/rename": {"PUT": Operation("rename_file", files.rename_file, files.NAME_FIELDS)},
    "/file_versions/{id}": {
        "GET": Operation("show_version", files.show_version),
        "DELETE": Operation("delete_version", files.delete_version),
    },
    "/file_versions/{id}/current": {"POST": Operation("promote_version", files.promote_version)},
    "/folders": {"POST": Operation("create_folder", folders.create_folder, folders.FOLDER_FIELDS)},
    "/folders/{id}": {
        "GET": Operation("show_folder", folders.show_folder),
        "DELETE": Operation("delete_folder", folders.delete_folder),
    },
    "/folders/{id}/move": {"PUT": Operation("move_folder", folders.move_folder, files.MOVE_FIELDS)},
    "/folders/{id}/rename": {"PUT": Operation("rename_folder", folders.rename_folder, files.NAME_FIELDS)},
    "/folders/{id}/children": {"GET": Operation("list_folder_children", folders.list_folder_children)},
    "/software_agents/api_token": {"POST": Operation("create_token", people.create_token, _KEYS, token=False)},
    "/current_user": {"GET": Operation("current_user", people.current_user)},
    "/users": {"GET": Operation("list_users", people.list_users)},
    "/users/{id}": {"GET": Operation("show_user", people.show_user)},
    "/auth_roles": {"GET": Operation("list_roles", people.list_roles)},
    "/auth_roles/{id}": {"GET": Operation("show_role", people.show_role)},
    "/storage_providers": {"GET": Operation("list_providers", people.list_providers)},
    "/storage_providers/{id}": {"GET": Operation("show_provider", people.show_provider)},
    "/app/status": {"GET": Operation("app_status", people.app_status, token=False)},
}
OPERATIONS[api_description.PATH] = {
    "GET": Operation("describe", api_description.describing(dict(OPERATIONS)), token=False)
}


class ApiApp:
    """The ASGI application of the API: a trailing slash counts for nothing, an unknown route is a standard error."""

    def __init__(self, world: World) -> None:
        self._world = world
        routes = [Route(PREFIX + path, Resource(world, operations)) for path, operations in OPERATIONS.items()]
        self._router = Router(routes, redirect_slashes=False, default=self._no_route)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        path = scope["path"]
        if len(path) > 1 and path.endswith("/"):
            scope["path"] = path[:-1]
        await self._router(scope, receive, send)

    async def _no_route(self, scope: Scope, receive: Receive, send: Send) -> None:
        error = ApiError(404, "no_route", "no such route", f"the API lives under {PREFIX}")
        response = await refuse(self._world, Request(scope, receive), error)
        await response(scope, receive, send)
