"""The operations of the API by name, and how a path is read: relative to the target's base path, wherever that is.

A target's base URL ends before the first resource (``https://host/dds/v1``); its path is the *base*. What a request
asks for stands below it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, unquote, urlsplit

BASE = "/api/v1"
"""The base of a target whose address names none."""

_ROUTES: tuple[tuple[str, str, str], ...] = (
    ("POST", "/projects", "create_project"),
    ("GET", "/projects", "list_projects"),
    ("GET", "/projects/{}", "show_project"),
    ("PUT", "/projects/{}", "update_project"),
    ("DELETE", "/projects/{}", "delete_project"),
    ("POST", "/projects/{}/uploads", "create_upload"),
    ("GET", "/projects/{}/uploads", "list_uploads"),
    ("GET", "/projects/{}/files", "list_project_files"),
    ("GET", "/projects/{}/children", "list_project_children"),
    ("GET", "/projects/{}/permissions", "list_permissions"),
    ("GET", "/projects/{}/permissions/{}", "show_permission"),
    ("PUT", "/projects/{}/permissions/{}", "grant_permission"),
    ("DELETE", "/projects/{}/permissions/{}", "withdraw_permission"),
    ("GET", "/uploads/{}", "show_upload"),
    ("PUT", "/uploads/{}/chunks", "create_chunk"),
    ("PUT", "/uploads/{}/complete", "complete_upload"),
    ("PUT", "/uploads/{}/hashes", "report_hash"),
    ("POST", "/files", "create_file"),
    ("GET", "/files/{}", "show_file"),
    ("PUT", "/files/{}", "update_file"),
    ("DELETE", "/files/{}", "delete_file"),
    ("GET", "/files/{}/url", "file_url"),
    ("GET", "/files/{}/versions", "list_versions"),
    ("PUT", "/files/{}/move", "move_file"),
    ("PUT", "/files/{}/rename", "rename_file"),
    ("GET", "/file_versions/{}", "show_version"),
    ("PUT", "/file_versions/{}", "update_version"),
    ("DELETE", "/file_versions/{}", "delete_version"),
    ("GET", "/file_versions/{}/url", "version_url"),
    ("POST", "/file_versions/{}/current", "promote_version"),
    ("POST", "/folders", "create_folder"),
    ("GET", "/folders/{}", "show_folder"),
    ("DELETE", "/folders/{}", "delete_folder"),
    ("GET", "/folders/{}/children", "list_folder_children"),
    ("PUT", "/folders/{}/move", "move_folder"),
    ("PUT", "/folders/{}/rename", "rename_folder"),
    ("POST", "/software_agents/api_token", "create_token"),
    ("GET", "/current_user", "current_user"),
    ("GET", "/users", "list_users"),
    ("GET", "/auth_roles", "list_auth_roles"),
    ("GET", "/storage_providers", "list_storage_providers"),
    ("GET", "/storage_providers/{}", "show_storage_provider"),
    ("GET", "/app/status", "app_status"),
)

URL_CALLS = frozenset({"file_url", "version_url"})
EXTENDED_CALLS = URL_CALLS | {"create_upload"}
TOLERATED_NC_CALLS = frozenset({"create_chunk", "list_project_files"})
READ_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

UNROUTED = "unrouted"
STORAGE_GET = "storage_get"
STORAGE_PUT = "storage_put"

NEEDED_CALLS = frozenset(
    {
        "create_project", "list_projects", "show_project", "update_project", "delete_project",
        "create_upload", "list_uploads", "show_upload", "create_chunk", "complete_upload",
        "create_file", "show_file", "update_file", "delete_file", "file_url", "list_versions",
        "show_version", "version_url",
    }
)  # fmt: skip
"""The calls needed of any target (docs/api.md); the others a target may lack."""

TOKENLESS_CALLS = frozenset({"app_status", "create_token", UNROUTED})
"""Calls that ask for no API token."""

_SEGMENT = re.compile(r"/+")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_LEGAL = "!#$%&'()*+,/:;=?@[]~-._\\^`{|}\""
_TABLE: dict[tuple[str, ...], tuple[str, int]] = {}
for _method, _pattern, _name in _ROUTES:
    _parts = tuple(_pattern.strip("/").split("/"))
    _TABLE[(_method, *_parts)] = (_name, _parts.index("{}") if "{}" in _parts else -1)
LENGTHS = {name: len(pattern.replace("{}", "")) for _, pattern, name in _ROUTES}
"""How long the path of each call is below the base, without its id, when it is written plainly."""


@dataclass(frozen=True, slots=True)
class Call:
    """An operation of the API by name, and the first id in its path (empty where it has none)."""

    name: str
    id: str = ""


@lru_cache(maxsize=4096)
def legal_target(text: str) -> str:
    """Percent-encode what HTTP forbids in a request target (spaces, controls, what is not ASCII), and nothing else."""
    return quote(text.encode("utf-8", "surrogatepass"), safe=_LEGAL)


def base_of(url: str) -> str:
    """Return the path of a target's base URL as it stands on the wire, without a slash at its end."""
    return legal_target(urlsplit(url).path.rstrip("/"))


def below(path: str, base: str) -> str | None:
    """Return what follows `base` in `path`, without the query; None where the path does not lie below it."""
    bare = path.partition("?")[0]
    if not bare.startswith(base):
        return None
    rest = bare[len(base) :]
    return rest if not rest or rest.startswith("/") else None


def likely_base(asked: Iterable[tuple[str, str]]) -> str:
    """Return the base below which most of the requests, by method and path, are calls; of equal ones the longest.

    `BASE` where no request is a call under any base.
    """
    fits: Counter[str] = Counter()
    for (method, path), count in Counter(asked).items():
        bare = path.partition("?")[0]
        place = len(bare)
        for _ in range(4):
            place = bare.rfind("/", 0, place)
            if place < 0:
                break
            if call_below(method, bare[place:]).name != UNROUTED:
                fits[bare[:place]] += count
    return max(fits, key=lambda base: (fits[base], len(base)), default=BASE)


@lru_cache(maxsize=65536)
def call_of(method: str, path: str, base: str = BASE) -> Call:
    """Name the API operation that `method` and `path` (query allowed) reach below `base`; `UNROUTED` when none."""
    rest = below(path, base)
    return Call(UNROUTED) if rest is None else call_below(method, rest)


def call_below(method: str, rest: str) -> Call:
    """Name the API operation by what follows the base; `UNROUTED` when there is none."""
    parts = [part for part in _SEGMENT.split(rest.partition("?")[0]) if part]
    if not parts or len(parts) > 4:
        return Call(UNROUTED)
    found = _TABLE.get((method, *parts))
    if found:
        return Call(found[0])
    if len(parts) < 2:
        return Call(UNROUTED)
    found = _TABLE.get((method, parts[0], "{}", *parts[2:3], *("{}" for _ in parts[3:])))
    return Call(found[0], spelled(unquote(parts[1]) if "%" in parts[1] else parts[1])) if found else Call(UNROUTED)


def is_uuid(name: str) -> bool:
    """Whether an id has the form that every target's ids have."""
    return _UUID.fullmatch(name) is not None


def spelled(name: str) -> str:
    """Return an id in its one spelling: the case of a UUID's letters means nothing."""
    return name if name.islower() or not is_uuid(name) else name.lower()
