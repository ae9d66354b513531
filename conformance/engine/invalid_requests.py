"""Requests that are wrong on purpose: about ids that never existed, and wrong in themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from conformance.model import Json


@dataclass(frozen=True, slots=True)
class Request:
    """A method, a path under the base URL with ``{id}`` or ``{project}`` to fill, and a JSON body, if any.

    `raw` is a body that is no JSON, of the media type `media`.
    """

    method: str
    path: str
    body: Json = None
    raw: str = ""
    media: str = "application/json"

    def filled(self, **words: str) -> tuple[str, str, Json]:
        """Return method, path and body with every ``{word}`` filled in."""
        return self.method, self.path.format(**words), _fill(self.body, words)


def _fill(value: Json, words: Mapping[str, str]) -> Json:
    if isinstance(value, dict):
        return {key: _fill(inner, words) for key, inner in value.items()}
    if isinstance(value, str) and value.startswith("{") and value.endswith("}"):
        return words[value[1:-1]]
    return value


_HASH = {"value": "d41d8cd98f00b204e9800998ecf8427e", "algorithm": "md5"}
_UPLOAD = {"name": "{name}", "content_type": "text/plain", "size": 4}
_PARENT = {"kind": "dds-project", "id": "{project}"}

UNKNOWN: dict[str, Request] = {
    "file_url": Request("GET", "/files/{id}/url"),
    "version_url": Request("GET", "/file_versions/{id}/url"),
    "create_upload": Request("POST", "/projects/{id}/uploads", _UPLOAD),
    "show_upload": Request("GET", "/uploads/{id}"),
    "show_project": Request("GET", "/projects/{id}"),
    "show_file": Request("GET", "/files/{id}"),
    "show_version": Request("GET", "/file_versions/{id}"),
    "list_uploads": Request("GET", "/projects/{id}/uploads"),
    "create_chunk": Request("PUT", "/uploads/{id}/chunks", {"number": 1, "size": 4, "hash": _HASH}),
    "complete_upload": Request("PUT", "/uploads/{id}/complete", {"hash": _HASH}),
    "create_file": Request("POST", "/files", {"parent": _PARENT, "upload": {"id": "{id}"}}),
    "delete_file": Request("DELETE", "/files/{id}"),
}
"""Documented calls about a resource that the client invented."""

UNKNOWN_CALLS = tuple(UNKNOWN)
_RIGHTS = {"auth_role": {"id": "file_downloader"}}

SELDOM: dict[str, Request] = {
    "list_project_files": Request("GET", "/projects/{id}/files"),
    "list_project_children": Request("GET", "/projects/{id}/children"),
    "list_permissions": Request("GET", "/projects/{id}/permissions"),
    "show_permission": Request("GET", "/projects/{id}/permissions/{id}"),
    "grant_permission": Request("PUT", "/projects/{id}/permissions/{id}", _RIGHTS),
    "withdraw_permission": Request("DELETE", "/projects/{id}/permissions/{id}"),
    "show_permission of nobody": Request("GET", "/projects/{project}/permissions/{id}"),
    "withdraw_permission of nobody": Request("DELETE", "/projects/{project}/permissions/{id}"),
    "show_folder": Request("GET", "/folders/{id}"),
    "list_folder_children": Request("GET", "/folders/{id}/children"),
    "move_folder": Request("PUT", "/folders/{id}/move", {"parent": _PARENT}),
    "rename_folder": Request("PUT", "/folders/{id}/rename", {"name": "{name}"}),
}
"""The same of calls that plans seldom make, or only where they succeed."""
ABOUT_NOTHING = UNKNOWN | SELDOM

INVALID: dict[str, Request] = {
    "a project without a name": Request("POST", "/projects", {"description": "no name"}),
    "a project without a description": Request("POST", "/projects", {"name": "{name}"}),
    "an upload without a size": Request("POST", "/projects/{project}/uploads", {"name": "{name}"}),
    "an upload whose size is a word": Request("POST", "/projects/{project}/uploads", {**_UPLOAD, "size": "many"}),
    "an upload of negative size": Request("POST", "/projects/{project}/uploads", {**_UPLOAD, "size": -1}),
    "an upload to an unknown store": Request(
        "POST", "/projects/{project}/uploads", {**_UPLOAD, "storage_provider": {"id": "{id}"}}
    ),
    "a file without an upload": Request("POST", "/files", {"parent": _PARENT}),
    "a file without a parent": Request("POST", "/files", {"upload": {"id": "{id}"}}),
    "a file of an odd parent": Request("POST", "/files", {"parent": {"kind": "dds-moon", "id": "{id}"}}),
    "a list as a body": Request("POST", "/projects", ["not", "an", "object"]),
    "half a body": Request("POST", "/projects", raw='{"name": '),
    "a body of another kind": Request("POST", "/projects", raw="<project/>", media="application/xml"),
    "an unknown route": Request("GET", "/no/such/route"),
    "a method that is not offered": Request("PATCH", "/projects/{project}", {"description": "changed"}),
}
"""Requests no server can grant, or may grant at its own choice: never a 5xx."""

PAGES: dict[str, Request] = {
    "a project's files by a page that is none": Request("GET", "/projects/{project}/files?page=0"),
    "a project's children by a page that is none": Request("GET", "/projects/{project}/children?page=none"),
    "a project's rights by a page that is none": Request("GET", "/projects/{project}/permissions?per_page=none"),
}
"""The same about lists that are asked for wrongly nowhere else."""
ASKED_BADLY = INVALID | PAGES

ODD_IDS: dict[str, str] = {"malformed": "not-a-uuid", "odd": "%F0%9F%90%9F%20or%27%22"}
"""Ids that are no UUIDs, ready for a path."""
