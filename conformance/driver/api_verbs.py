"""The calls of the API by name, one method each (docs/api.md, "Needed of any target")."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from conformance.driver.wire.request import Wanted
from conformance.model import NOTHING, Json, Operation
from conformance.settings.run_settings import EVERY_STORE

OWN = ""
"""The client's own user, as against None, which is no token."""


class Verbs(ABC):
    """What every client can say. Further keyword arguments are those of `send`: notes, intent, cut_after_s, user."""

    def __init__(self, user: str | None, storage_provider: str) -> None:
        self.user = user
        self.storage_provider = "" if storage_provider == EVERY_STORE else storage_provider

    @abstractmethod
    def ask(self, wanted: Wanted) -> Operation:
        """Send one request to the API."""

    def send(  # noqa: PLR0913 - the whole vocabulary of one request; every verb is made of it
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | str | None = None,
        json: Json = None,
        content: bytes | None = None,
        content_type: str | None = None,
        headers: Mapping[str, str | None] = NOTHING,
        intent: str = "valid",
        notes: Mapping[str, Json] = NOTHING,
        cut_after_s: float | None = None,
        user: str | None = OWN,
    ) -> Operation:
        """Send one request to the API and give the operation; network trouble is in its `failure`, never raised.

        `path` follows the base URL; `json` None means no body (use `content` for a literal null). `cut_after_s` cuts
        the connection so many seconds after the request left. `user` speaks in place of the client's own user.

        Raises:
            BudgetError: the run has nothing left to spend.
            RecordError: the history or the ledger cannot be written any more; nothing was sent.
        """
        return self.ask(
            Wanted(
                method=method,
                path=path,
                query=query,
                json=json,
                content=content,
                content_type=content_type,
                headers=headers,
                notes={"intent": intent, **notes},
                cut_after_s=cut_after_s,
                user=self.user if user == OWN else user,
            )
        )

    # ---- projects

    def create_project(self, name: str, description: str, **given: Any) -> Operation:
        """Ask for a project; 202, and its storage is prepared afterwards."""
        return self.send("POST", "/projects", json={"name": name, "description": description}, **given)

    def list_projects(self, **query: str | int) -> Operation:
        """List the projects that the user can see."""
        return self.send("GET", "/projects", query=_text(query))

    def show_project(self, project_id: str, **given: Any) -> Operation:
        """Read a project."""
        return self.send("GET", f"/projects/{project_id}", **given)

    def update_project(self, project_id: str, *, name: str = "", description: str = "", **given: Any) -> Operation:
        """Change a project's name or description."""
        fields = {"name": name, "description": description}
        return self.send("PUT", f"/projects/{project_id}", json={k: v for k, v in fields.items() if v}, **given)

    def delete_project(self, project_id: str, **given: Any) -> Operation:
        """Delete a project and, in time, everything in it."""
        return self.send("DELETE", f"/projects/{project_id}", **given)

    def list_uploads(self, project_id: str, **query: str | int) -> Operation:
        """List a project's uploads."""
        return self.send("GET", f"/projects/{project_id}/uploads", query=_text(query))

    def list_project_files(self, project_id: str, **query: str | int) -> Operation:
        """List a project's files, each with a signed URL."""
        return self.send("GET", f"/projects/{project_id}/files", query=_text(query))

    def list_project_children(self, project_id: str, **query: str | int) -> Operation:
        """List what stands directly in a project."""
        return self.send("GET", f"/projects/{project_id}/children", query=_text(query))

    def list_permissions(self, project_id: str, **given: Any) -> Operation:
        """List who may do what in a project."""
        return self.send("GET", f"/projects/{project_id}/permissions", **given)

    # ---- uploads

    def create_upload(  # noqa: PLR0913 - the fields of the request
        self,
        project_id: str,
        *,
        name: str,
        content_type: str = "application/octet-stream",
        size: int,
        chunked: bool = True,
        provider: str | None = None,
        **given: Any,
    ) -> Operation:
        """Ask for an upload of `size` bytes; the settings' storage provider unless another is named."""
        fields: dict[str, Json] = {"name": name, "content_type": content_type, "size": size, "chunked": chunked}
        chosen = provider or self.storage_provider
        if chosen:
            fields["storage_provider"] = {"id": chosen}
        return self.send("POST", f"/projects/{project_id}/uploads", json=fields, **given)

    def show_upload(self, upload_id: str, **given: Any) -> Operation:
        """Read an upload with its status."""
        return self.send("GET", f"/uploads/{upload_id}", **given)

    def create_chunk(
        self, upload_id: str, *, number: int, size: int, value: str, algorithm: str = "md5", **given: Any
    ) -> Operation:
        """Ask for the signed URL of chunk `number` (from 1) with its reported size in bytes and hash."""
        fields = {"number": number, "size": size, "hash": {"value": value, "algorithm": algorithm}}
        return self.send("PUT", f"/uploads/{upload_id}/chunks", json=fields, **given)

    def complete_upload(
        self,
        upload_id: str,
        *,
        value: str,
        algorithm: str = "md5",
        content: Mapping[str, Json] | None = None,
        notes: Mapping[str, Json] = NOTHING,
        **given: Any,
    ) -> Operation:
        """Declare an upload complete. `content` is what the client knows it stored: bytes and md5, in part order."""
        fields = {"hash": {"value": value, "algorithm": algorithm}}
        said = {**notes, "content": dict(content)} if content is not None else notes
        return self.send("PUT", f"/uploads/{upload_id}/complete", json=fields, notes=said, **given)

    def report_hash(self, upload_id: str, *, value: str, algorithm: str = "md5", **given: Any) -> Operation:
        """Report a further hash of the whole upload."""
        fields = {"hash": {"value": value, "algorithm": algorithm}}
        return self.send("PUT", f"/uploads/{upload_id}/hashes", json=fields, **given)

    # ---- files and versions

    def create_file(
        self, parent_kind: str, parent_id: str, upload_id: str, *, label: str = "", **given: Any
    ) -> Operation:
        """Attach an upload as a file below a project or folder (`parent_kind`: dds-project, dds-folder)."""
        fields: dict[str, Json] = {"parent": {"kind": parent_kind, "id": parent_id}, "upload": {"id": upload_id}}
        return self.send("POST", "/files", json=fields | ({"label": label} if label else {}), **given)

    def show_file(self, file_id: str, **given: Any) -> Operation:
        """Read a file."""
        return self.send("GET", f"/files/{file_id}", **given)

    def update_file(self, file_id: str, upload_id: str, *, label: str = "", **given: Any) -> Operation:
        """Make a new version of a file from another upload."""
        fields: dict[str, Json] = {"upload": {"id": upload_id}}
        return self.send("PUT", f"/files/{file_id}", json=fields | ({"label": label} if label else {}), **given)

    def delete_file(self, file_id: str, **given: Any) -> Operation:
        """Delete a file."""
        return self.send("DELETE", f"/files/{file_id}", **given)

    def file_url(self, file_id: str, **given: Any) -> Operation:
        """Ask for the signed URL of a file's current version: 200, not-consistent, or the integrity exception."""
        return self.send("GET", f"/files/{file_id}/url", **given)

    def list_versions(self, file_id: str, **given: Any) -> Operation:
        """List a file's versions."""
        return self.send("GET", f"/files/{file_id}/versions", **given)

    def move_file(self, file_id: str, parent_kind: str, parent_id: str, **given: Any) -> Operation:
        """Move a file below another parent."""
        fields = {"parent": {"kind": parent_kind, "id": parent_id}}
        return self.send("PUT", f"/files/{file_id}/move", json=fields, **given)

    def rename_file(self, file_id: str, name: str, **given: Any) -> Operation:
        """Rename a file."""
        return self.send("PUT", f"/files/{file_id}/rename", json={"name": name}, **given)

    def show_version(self, version_id: str, **given: Any) -> Operation:
        """Read a file version."""
        return self.send("GET", f"/file_versions/{version_id}", **given)

    def update_version(self, version_id: str, label: str, **given: Any) -> Operation:
        """Change a file version's label."""
        return self.send("PUT", f"/file_versions/{version_id}", json={"label": label}, **given)

    def delete_version(self, version_id: str, **given: Any) -> Operation:
        """Delete a file version."""
        return self.send("DELETE", f"/file_versions/{version_id}", **given)

    def version_url(self, version_id: str, **given: Any) -> Operation:
        """Ask for the signed URL of a file version: 200, not-consistent, or the integrity exception."""
        return self.send("GET", f"/file_versions/{version_id}/url", **given)

    def promote_version(self, version_id: str, **given: Any) -> Operation:
        """Make an older version the current one again."""
        return self.send("POST", f"/file_versions/{version_id}/current", **given)

    # ---- folders

    def create_folder(self, parent_kind: str, parent_id: str, name: str, **given: Any) -> Operation:
        """Make a folder below a project or folder."""
        fields = {"parent": {"kind": parent_kind, "id": parent_id}, "name": name}
        return self.send("POST", "/folders", json=fields, **given)

    def show_folder(self, folder_id: str, **given: Any) -> Operation:
        """Read a folder."""
        return self.send("GET", f"/folders/{folder_id}", **given)

    def delete_folder(self, folder_id: str, **given: Any) -> Operation:
        """Delete a folder."""
        return self.send("DELETE", f"/folders/{folder_id}", **given)

    def list_folder_children(self, folder_id: str, **query: str | int) -> Operation:
        """List what stands directly in a folder."""
        return self.send("GET", f"/folders/{folder_id}/children", query=_text(query))

    def move_folder(self, folder_id: str, parent_kind: str, parent_id: str, **given: Any) -> Operation:
        """Move a folder below another parent."""
        fields = {"parent": {"kind": parent_kind, "id": parent_id}}
        return self.send("PUT", f"/folders/{folder_id}/move", json=fields, **given)

    def rename_folder(self, folder_id: str, name: str, **given: Any) -> Operation:
        """Rename a folder."""
        return self.send("PUT", f"/folders/{folder_id}/rename", json={"name": name}, **given)

    # ---- people and the service

    def create_token(self, agent_key: str, user_key: str, **given: Any) -> Operation:
        """Get an API token from a software agent's key and a user's key."""
        fields = {"agent_key": agent_key, "user_key": user_key}
        return self.send("POST", "/software_agents/api_token", json=fields, user=None, **given)

    def current_user(self, **given: Any) -> Operation:
        """Read who the token belongs to."""
        return self.send("GET", "/current_user", **given)

    def list_users(self, **query: str | int) -> Operation:
        """List users."""
        return self.send("GET", "/users", query=_text(query))

    def list_auth_roles(self, **query: str | int) -> Operation:
        """List authorisation roles."""
        return self.send("GET", "/auth_roles", query=_text(query))

    def list_storage_providers(self, **given: Any) -> Operation:
        """List storage providers."""
        return self.send("GET", "/storage_providers", **given)

    def show_storage_provider(self, provider_id: str, **given: Any) -> Operation:
        """Read a storage provider."""
        return self.send("GET", f"/storage_providers/{provider_id}", **given)

    def app_status(self, **given: Any) -> Operation:
        """Ask whether the service is up; needs no token."""
        return self.send("GET", "/app/status", user=None, **given)


def _text(query: Mapping[str, str | int]) -> dict[str, str]:
    return {name: str(value) for name, value in query.items()}
