"""What is known of one answer before any rule looks at it: whose it is, of what kind, and how far the duties reach.

The scope is drawn here, once: what a proxy, a gateway or an HTTP layer says is not the API's answer (contract,
section 2, the row of error payloads, and section 4).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from urllib.parse import unquote_to_bytes

from conformance.api.answers import (
    INTEGRITY_REASONS,
    INTEGRITY_SUGGESTION,
    NOT_CONSISTENT,
    UNROUTED,
    URL_CALLS,
    Call,
    is_plain,
)
from conformance.model import Exchange, Json

FIELDS = ("error", "code", "reason", "suggestion")
"""The fields of the standard error."""

PROXY_STATUSES = frozenset({408, 413, 414, 421, 425, 429, 431, 502, 503, 504})
"""What proxies and HTTP servers answer by themselves: the API's only where the four fields are there."""

FRAMEWORK_STATUSES = frozenset({405, 406, 411, 415, 417, 426, 505})
"""What a framework or an HTTP layer answers before any code that knows of the API."""

NEEDED_CALLS = frozenset(
    {
        "create_project", "list_projects", "show_project", "update_project", "delete_project",
        "create_upload", "list_uploads", "show_upload", "create_chunk", "complete_upload",
        "create_file", "show_file", "update_file", "delete_file", "file_url", "list_versions",
        "show_version", "version_url",
    }
)  # fmt: skip
"""The calls needed of any target (API facts); the others a target may lack."""

TOKENLESS_CALLS = frozenset({"app_status", "create_token", UNROUTED})
"""Calls that ask for no API token."""

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_PLAIN = re.compile(r"(?:/[A-Za-z0-9_-]+)+")
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Kind(Enum):
    """The kind of an answer, as the payload rules tell them apart."""

    SUCCESS = auto()
    NOT_CONSISTENT = auto()
    INTEGRITY = auto()
    ERROR = auto()
    FOREIGN = auto()
    """An error that is not the API's own: no information."""
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class Facts:
    """One answer of the API with all that the rules ask about it.

    `valid` is False when the sender knows the request to be invalid; `avowed` is True when it vouches that it is valid.
    `throttled` tells that the answer asks to come again later (503 with Retry-After).
    `invented` tells that the id in the path was never given out; `routed`, that the call is documented and the error,
    if it is one, arose behind the router.
    """

    call: Call
    status: int
    body: Json
    media: str
    user: str | None
    valid: bool
    avowed: bool
    invented: bool
    routed: bool
    kind: Kind
    throttled: bool
    shown: str

    @property
    def needed(self) -> bool:
        """Whether the call is one that every target has."""
        return self.call.name in NEEDED_CALLS

    @property
    def succeeded(self) -> bool:
        """Whether the status says success."""
        return 200 <= self.status < 300


def four_fields(body: Json) -> bool:
    """Whether a body has all the fields of the standard error, whatever is in them."""
    return isinstance(body, dict) and all(name in body for name in FIELDS)


def is_json(media: str) -> bool:
    """Whether a Content-Type names JSON, parameters and structured suffixes allowed."""
    kind = media.partition(";")[0].strip().lower()
    return kind in ("application/json", "text/json") or kind.endswith("+json")


def is_malformed(path: str) -> bool:
    """Whether a path with its query is what an HTTP layer may refuse before routing (readings: malformed-http)."""
    if "%" in path and _BROKEN_ESCAPE.search(path):
        return True
    try:
        text = unquote_to_bytes(path).decode("utf-8")
    except UnicodeDecodeError:
        return True
    inside = path.partition("?")[0].removeprefix("/").removesuffix("/").split("/")
    odd = any(segment in ("", ".", "..") or "%2f" in segment.lower() or "%5c" in segment.lower() for segment in inside)
    return odd or _CONTROL.search(text) is not None


def is_routed(call: Call, path: str, status: int, body: Json) -> bool:
    """Whether an error at this path arises behind the router of any target that has the call.

    Where the path alone leaves that open, the four fields tell: no framework puts them there by itself.
    """
    if call.name == UNROUTED or status in FRAMEWORK_STATUSES:
        return False
    if four_fields(body):
        return True
    bare = path.partition("?")[0]
    plain = _PLAIN.fullmatch(bare) is not None and "?" not in path
    if not plain and is_malformed(path):
        return False
    return status != 404 or (call.name in NEEDED_CALLS and not bare.endswith("/"))


def is_uuid(name: str) -> bool:
    """Whether an id has the form that every target's ids have."""
    return _UUID.fullmatch(name) is not None


def kind_of(exchange: Exchange, call: Call, *, valid: bool) -> Kind:
    """Tell the kind of an answer; `valid` is whether the request may be taken for one that the creator can make."""
    status, body = exchange.status or 0, exchange.response
    if isinstance(body, dict) and body.get("code") == NOT_CONSISTENT:
        return Kind.NOT_CONSISTENT
    if status < 400:
        return Kind.SUCCESS if 200 <= status < 300 else Kind.OTHER
    if _is_integrity(exchange, call, valid=valid):
        return Kind.INTEGRITY
    return Kind.FOREIGN if status in PROXY_STATUSES and not four_fields(body) else Kind.ERROR


def _is_integrity(exchange: Exchange, call: Call, *, valid: bool) -> bool:
    body = exchange.response if isinstance(exchange.response, dict) else {}
    at_url = call.name in URL_CALLS
    named = names_mismatch(body)
    if exchange.status != 400:
        return named and at_url and exchange.status not in PROXY_STATUSES
    if named or body.get("suggestion") == INTEGRITY_SUGGESTION:
        return True
    return at_url and valid and exchange.user == "owner" and is_uuid(call.id) and is_plain(exchange)


def names_mismatch(body: Json) -> bool:
    """Whether an error's reason is one of the sentences that tell a mismatch of what was stored."""
    reason = body.get("reason") if isinstance(body, dict) else None
    return isinstance(reason, str) and reason in INTEGRITY_REASONS
