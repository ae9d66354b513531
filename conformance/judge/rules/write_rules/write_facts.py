"""What a write would bring about, and what an answer shows of a resource, as facts that can be compared.

A fact is a resource, one of its fields and a value. Values are compared without regard to case, spaces at the ends and
the composition of letters, for a server may keep them in its own spelling.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from conformance.api.bodies import asked, identity, reported_hash, whole, within
from conformance.api.routes import Call, spelled
from conformance.model import Exchange, Json

GONE = "gone"
COMPLETED = "completed"
CURRENT = "current"
_KINDS = {"dds-project": "project", "dds-file": "file", "dds-folder": "folder", "dds-file-version": "version"}
_OF_RIGHTS = frozenset({"show_permission", "grant_permission"})
_ROLE = re.compile(r"/projects/([^/]+)/permissions/([^/]+)/?$")


class Fact(NamedTuple):
    """One field of one resource with a value."""

    kind: str
    id: str
    field: str
    value: str = ""


_FIELDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "update_project": ("project", ("name", "description")),
    "update_file": ("file", ("label",)),
    "update_version": ("version", ("label",)),
    "rename_file": ("file", ("name",)),
    "rename_folder": ("folder", ("name",)),
}
_AT_FIRST = {"project": ("name", "description"), "file": ("name", "label"), "folder": ("name",)}
_MOVES = {"move_file": "file", "move_folder": "folder"}
_DELETES = {
    "delete_project": "project", "delete_file": "file", "delete_version": "version", "delete_folder": "folder",
}  # fmt: skip
LOOKS = {
    "show_project": "project", "show_file": "file", "show_folder": "folder", "show_version": "version",
    "show_upload": "upload",
}  # fmt: skip
"""Reads of one resource, and its kind."""
LISTS = frozenset(
    {"list_projects", "list_project_children", "list_folder_children", "list_versions", "list_permissions",
     "show_permission"}
)  # fmt: skip
"""Reads of many."""
CREATES = frozenset({"create_project", "create_upload", "create_file", "create_folder"})


def plain(value: Json) -> str:
    """Return a value as it is compared; empty for nothing."""
    if not isinstance(value, str):
        return ""
    return (value if value.isascii() else unicodedata.normalize("NFC", value)).strip().casefold()


def wished(called: Call, exchange: Exchange) -> Iterator[Fact]:
    """Yield what a write to something that exists would bring about."""
    name, body = called.name, asked(exchange.request)
    if name in _FIELDS:
        kind, fields = _FIELDS[name]
        yield from _texts(kind, called.id, body, fields)
    if name == "update_file" and (upload := identity(within(body, "upload")) or _flat(body)):
        yield Fact("file", called.id, "upload", upload)
    elif name in _MOVES and (parent := identity(within(body, "parent"))):
        yield Fact(_MOVES[name], called.id, "parent", parent)
    elif name in _DELETES:
        yield Fact(_DELETES[name], called.id, GONE)
    elif name == "complete_upload":
        yield Fact("upload", called.id, COMPLETED)
    elif name == "promote_version":
        yield Fact("version", called.id, CURRENT)
    elif name == "create_chunk":
        yield from _chunk(called.id, body)
    elif name == "report_hash" and isinstance(within(body, "value"), str):
        yield Fact("upload", called.id, "hash", plain(body["value"]))
    elif (place := _ROLE.search(exchange.path.partition("?")[0])) and (role := identity(within(body, "auth_role"))):
        yield Fact("project", spelled(place[1]), f"role of {spelled(place[2])}", role)


def _flat(body: Json) -> str:
    value = within(body, "upload[id]")
    return spelled(value) if isinstance(value, str) else ""


def _texts(kind: str, name: str, body: Json, fields: tuple[str, ...]) -> Iterator[Fact]:
    for field in fields:
        if value := plain(within(body, field)):
            yield Fact(kind, name, field, value)


def _chunk(upload: str, body: Json) -> Iterator[Fact]:
    number, hashed = whole(within(body, "number")), reported_hash(body)
    value = hashed[0] if hashed else within(body, "hash")
    if number is not None and isinstance(value, str) and value:
        yield Fact("upload", upload, f"chunk {number}", plain(value))


def shown(called: Call, body: Json) -> Iterator[Fact]:
    """Yield what the answer to a read, or to a write that was done, shows of the resources in it."""
    results = within(body, "results")
    if called.name in _OF_RIGHTS:
        yield from _permission(called.id, body)
    elif called.name in LISTS and isinstance(results, list):
        for item in results:
            yield from _permission(called.id, item) if called.name == "list_permissions" else _one(item, called)
    else:
        yield from _one(body, called)


def _permission(project: str, item: Json) -> Iterator[Fact]:
    home, user = identity(within(item, "project")) or project, identity(within(item, "user"))
    if home and user and (role := identity(within(item, "auth_role"))):
        yield Fact("project", home, f"role of {user}", role)


def _one(body: Json, called: Call) -> Iterator[Fact]:
    name, kind = identity(body), _KINDS.get(str(within(body, "kind")), "")
    if not kind and called.name in ("show_upload", "create_upload", "complete_upload", "report_hash"):
        kind = "upload"
    if not name or not kind:
        return
    fields = {"project": ("name", "description"), "version": ("label",)}.get(kind, ("name",))
    yield from _texts(kind, name, body, fields)
    if within(body, "is_deleted") is True:
        yield Fact(kind, name, GONE)
    if parent := identity(within(body, "parent")):
        yield Fact(kind, name, "parent", parent)
    if kind == "upload":
        yield from _upload(name, body)
    elif kind == "file":
        yield from _version(name, within(body, "current_version"))
    elif kind == "version":
        yield from _version(identity(within(body, "file")), body)


def _version(file: str, version: Json) -> Iterator[Fact]:
    upload = identity(within(version, "upload"))
    if file and upload:
        yield Fact("file", file, "upload", upload)
    if file:
        yield from _texts("file", file, version, ("label",))


def _upload(name: str, body: Json) -> Iterator[Fact]:
    chunks, hashes = within(body, "chunks"), within(body, "hashes")
    for chunk in chunks if isinstance(chunks, list) else []:
        yield from _chunk(name, chunk)
    for one in hashes if isinstance(hashes, list) else []:
        if value := plain(within(one, "value")):
            yield Fact("upload", name, "hash", value)


def created(kind: str, name: str, request: Json, answer: Json) -> Iterator[tuple[str, str, str, str]]:
    """Yield what is so from the start of a resource that a create brought about: as asked for, and as answered.

    Plain tuples, each equal to the fact, because every create of a long history comes by here.
    """
    for field in _AT_FIRST[kind]:
        for value in {plain(within(request, field)), plain(within(answer, field))}:
            if value:
                yield kind, name, field, value
    if kind == "project":
        return
    for of in {identity(within(request, "parent")), identity(within(answer, "parent"))}:
        yield kind, name, "parent", of
    if kind == "file":
        version = within(answer, "current_version")
        for of in {identity(within(request, "upload")), identity(within(version, "upload"))}:
            yield kind, name, "upload", of
        yield kind, name, "label", plain(within(version, "label"))
