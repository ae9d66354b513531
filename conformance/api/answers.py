"""What a request asked for and what kind of answer came back: the words every judge, poller and report share.

A *call* is an operation of the API with the ids in its path. An *answer* is the class of a response that the contract
reasons about (contract, section 1).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from conformance.model import Exchange, Failure, Json, Octets, Operation, Role

NOT_CONSISTENT = "resource_not_consistent"
NOT_PROVIDED = "not_provided"

INTEGRITY_SUGGESTION = "You must begin a new upload process"
INTEGRITY_REASONS = frozenset(
    {
        "reported chunk hash/size does not match that computed by StorageProvider",
        "reported chunk hash does not match that computed by StorageProvider",
        "reported size does not match size computed by StorageProvider",
        "reported hash value does not match size computed by StorageProvider",
        "NonChunkedUpload not found in object store",
    }
)
"""The specification's sentence and those the deployed service is known to use (API facts)."""

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

DOCUMENTED_SUCCESS: dict[str, int] = {
    "create_project": 202,
    "complete_upload": 202,
    "create_upload": 201,
    "create_file": 201,
    "create_folder": 201,
    "create_token": 201,
    "promote_version": 200,
    "delete_project": 204,
    "delete_file": 204,
    "delete_version": 204,
    "delete_folder": 204,
}
"""The documented success status of each call; 200 where a call is not listed."""


_ALSO_SUCCESS = {"promote_version": 201}
"""A second status that means success: promotion makes a version, and the API's facts name no status for it."""


@dataclass(frozen=True, slots=True)
class Call:
    """An operation of the API by name, and the id in its path (empty where it has none)."""

    name: str
    id: str = ""


class Answer(StrEnum):
    """The class of a response (contract, section 1)."""

    DONE = "done"
    NC = "not-consistent"
    INTEGRITY = "integrity"
    REFUSED = "refused"
    """A definite no with no effect: validation, 401, 403, plain 404, 405."""
    UNSENT = "unsent"
    """The request never left: the connection was refused, or the driver withheld it. No effect, and no information."""
    ALREADY = "already"
    """Refused because it is so already: somebody did it."""
    UNKNOWN = "unknown"
    """No information for a read, an indeterminate effect for a mutation."""


class Effect(StrEnum):
    """What became of a mutation (contract, section 1, the table)."""

    DONE = "done"
    """It took effect inside its interval."""
    NONE = "none"
    """It left nothing behind."""
    SOMEBODY = "somebody"
    """Somebody, perhaps this client's own lost attempt, had done it by the end of the interval."""
    INDETERMINATE = "indeterminate"
    """At any time from its beginning on, or never."""


_SEGMENT = re.compile(r"/+")
_TABLE: dict[tuple[str, ...], tuple[str, int]] = {}
for _method, _pattern, _name in _ROUTES:
    _parts = tuple(_pattern.strip("/").split("/"))
    _TABLE[(_method, *_parts)] = (_name, _parts.index("{}") if "{}" in _parts else -1)
_BASE = "/api/v1"
LENGTHS = {name: len(_BASE) + len(pattern.replace("{}", "")) for _, pattern, name in _ROUTES}
"""How long the path of each call is without its id, when it is written plainly: no query, no extra slash."""


@lru_cache(maxsize=65536)
def call_of(method: str, path: str) -> Call:
    """Name the API operation that `method` and `path` (query allowed) reach; `UNROUTED` when none."""
    bare = path.partition("?")[0]
    start = bare.find(_BASE)
    parts = [part for part in _SEGMENT.split(bare[start + len(_BASE) :] if start >= 0 else bare) if part]
    if start < 0 or not parts or len(parts) > 3:
        return Call(UNROUTED)
    found = _TABLE.get((method, *parts))
    if found:
        return Call(found[0])
    if len(parts) < 2:
        return Call(UNROUTED)
    found = _TABLE.get((method, parts[0], "{}", *parts[2:]))
    return Call(found[0], parts[1]) if found else Call(UNROUTED)


def call(exchange: Exchange) -> Call:
    """Name what an exchange asked for; at the storage provider only reading and writing are told apart."""
    if exchange.role is Role.STORAGE:
        return Call(STORAGE_PUT if exchange.method in ("PUT", "POST") else STORAGE_GET)
    return call_of(exchange.method, exchange.path)


def code_of(exchange: Exchange) -> str | None:
    """Return the `code` of a JSON object body, None when there is none or it is not a string."""
    body = exchange.response
    code = body.get("code") if isinstance(body, dict) else None
    return code if isinstance(code, str) else None


def is_not_consistent(exchange: Exchange) -> bool:
    """Whether this is an `nc`: any API response whose body carries the code, whatever its status."""
    return exchange.status is not None and exchange.role is Role.API and code_of(exchange) == NOT_CONSISTENT


def has_integrity_wording(body: Json) -> bool:
    """Whether an error body uses the specification's (or the deployed service's) words for the integrity exception."""
    if not isinstance(body, dict):
        return False
    return body.get("suggestion") == INTEGRITY_SUGGESTION or body.get("reason") in INTEGRITY_REASONS


def is_integrity(exchange: Exchange, called: Call | None = None) -> bool:
    """Whether this is an `IE`: a 400 that, away from the url endpoints, must use the exception's own words.

    At a url endpoint every 400 to the creator counts, provided the request itself was valid (contract, opening).
    """
    if exchange.status != 400 or exchange.role is not Role.API or code_of(exchange) == NOT_CONSISTENT:
        return False
    if has_integrity_wording(exchange.response):
        return True
    called = called or call(exchange)
    return called.name in URL_CALLS and exchange.user == "owner" and is_plain(exchange)


def is_plain(exchange: Exchange) -> bool:
    """Whether nothing about a request's path or body is a reason to refuse it: no query, no slash too many, no body."""
    path = exchange.path
    return "?" not in path and "//" not in path and not path.endswith("/") and exchange.request is None


def named_fields(exchange: Exchange) -> frozenset[str]:
    """Return the fields that a validation error names, in a list of them or by themselves."""
    body = exchange.response
    errors = body.get("errors") if isinstance(body, dict) else None
    if isinstance(errors, dict):
        return frozenset(map(str, errors))
    if not isinstance(errors, list):
        return frozenset()
    return frozenset(str(e["field"]) for e in errors if isinstance(e, dict) and "field" in e)


_TAKEN = re.compile(r"already|in use|taken|exists|unique|duplicate", re.IGNORECASE)


def told_taken(exchange: Exchange) -> bool:
    """Whether a refusal says that there is one already: perhaps of this very request, delivered twice."""
    return exchange.status in (400, 409, 422) and any(map(_TAKEN.search, texts(exchange.response)))


def promoted(body: Json | Octets | None) -> Json:
    """Give the version in the answer to a promotion: the answer itself, or the current version of the file it shows.

    The API's facts do not say which of the two is answered.
    """
    if not isinstance(body, dict):
        return None
    if "current_version" in body or body.get("kind") == "dds-file":
        return body.get("current_version")
    return body


def is_mutation(exchange: Exchange) -> bool:
    """Whether the request, if it took effect, changes something."""
    return exchange.method not in READ_METHODS


def fits_gateway(pattern: str, exchange: Exchange) -> bool:
    """Whether the answer matches the operator's `gateway` pattern (a regular expression over the body)."""
    if not pattern or exchange.status is None or exchange.role is Role.STORAGE:
        return False
    body = exchange.response
    if exchange.status < 400 and isinstance(body, dict | list):
        return False
    return any(re.search(pattern, text) for text in texts(body))


def texts(body: Json | Octets | None) -> tuple[str, ...]:
    """Give a body as it may have stood on the wire: JSON with and without spaces, nothing as the empty text."""
    if isinstance(body, Octets):
        return (body.text,)
    if body is None:
        return ("",)
    try:
        return (json.dumps(body, ensure_ascii=False), json.dumps(body, ensure_ascii=False, separators=(",", ":")))
    except RecursionError:
        return ("a body nested too deeply to show",)


GATEWAY_STATUSES = frozenset({408, 413, 414, 421, 425, 429, 431, 502, 503, 504})
"""Statuses that something in front of the API gives on its own, unless the body carries the API's four fields."""


def is_gateways(exchange: Exchange) -> bool:
    """Whether a status that a gateway gives on its own comes without the four fields of the API's errors."""
    if exchange.status not in GATEWAY_STATUSES:
        return False
    body = exchange.response
    return not (isinstance(body, dict) and all(name in body for name in ("error", "code", "reason", "suggestion")))


def is_busy(exchange: Exchange) -> bool:
    """Whether the answer asks to come back later in HTTP's own way (RFC 9110, section 15.6.4): no failure."""
    return exchange.status == 503 and "retry-after" in exchange.headers


def answer(exchange: Exchange, called: Call | None = None) -> Answer:
    """Classify a response by what it tells about the state (contract, section 1, the table of effects).

    `called` spares naming the call again where the caller has done so.
    """
    status = exchange.status
    if exchange.failure is not None or status is None:
        return Answer.UNSENT if exchange.failure is Failure.REFUSED else Answer.UNKNOWN
    if exchange.role is Role.STORAGE:
        return Answer.DONE if 200 <= status < 300 else Answer.UNKNOWN
    body = exchange.response
    if type(body) is dict and body.get("code") == NOT_CONSISTENT:
        return Answer.NC
    if 200 <= status < 300:
        return Answer.DONE
    if status >= 500 or status < 400:
        return Answer.UNKNOWN
    called = called or call(exchange)
    if status == 400 and is_integrity(exchange, called):
        return Answer.INTEGRITY
    return _refusal(exchange, called.name, status)


def answer_to(operation: Operation, called: Call | None = None) -> Answer:
    """Classify the answer to an operation, with what its sender knows of it: an odd request may have earned its 400."""
    exchange = operation.exchange
    found = answer(exchange, called)
    if found is Answer.INTEGRITY and is_doubtful(operation) and not has_integrity_wording(exchange.response):
        return Answer.REFUSED
    return found


def is_doubtful(operation: Operation) -> bool:
    """Whether the sender itself does not vouch for its request; one who says nothing does."""
    return bool(operation.notes.get("intent", "valid") != "valid")


_REFUSING_READS = frozenset({400, 403, 404, 405, 422})
_REFUSING_WRITES = frozenset({400, 401, 403, 404, 405, 422})
_SWITCHES = frozenset({"update_file", "promote_version"})


def _refusal(exchange: Exchange, name: str, status: int) -> Answer:
    if exchange.method in READ_METHODS:
        return Answer.REFUSED if status in _REFUSING_READS else Answer.UNKNOWN
    if status in {400, 409, 422} and name == "complete_upload" and _says_completed(exchange):
        return Answer.ALREADY
    if status == 404 and exchange.method == "DELETE":
        return Answer.ALREADY
    if status == 400 and name in _SWITCHES and any(_SWITCHED.match(field) for field in named_fields(exchange)):
        return Answer.ALREADY
    return Answer.REFUSED if status in _REFUSING_WRITES else Answer.UNKNOWN


_SWITCHED = re.compile(r"upload\b|upload_id\b|current_version")
_COMPLETED = re.compile(r"\bcompleted_(?:at|on)\b|\balready (?:been )?completed?\b", re.IGNORECASE)


def _says_completed(exchange: Exchange) -> bool:
    """Whether a refusal of completion says that it was completed before, in a field's name or in its reason."""
    body = exchange.response
    reason = body.get("reason") if isinstance(body, dict) else None
    return any(_COMPLETED.search(text) for text in (*named_fields(exchange), str(reason or "")))


_EFFECTS = {
    Answer.DONE: Effect.DONE,
    Answer.NC: Effect.NONE,
    Answer.REFUSED: Effect.NONE,
    Answer.UNSENT: Effect.NONE,
    Answer.ALREADY: Effect.SOMEBODY,
    Answer.INTEGRITY: Effect.INDETERMINATE,
    Answer.UNKNOWN: Effect.INDETERMINATE,
}


def effect(exchange: Exchange, called: Call | None = None, answered: Answer | None = None) -> Effect:
    """Say what a mutation's response tells about its effect (contract, section 1, the table).

    Only the documented success with a body that could be read is definite; another 2xx may mean anything.
    """
    called = called or call(exchange)
    answered = answered or answer(exchange, called)
    if answered is not Answer.DONE or exchange.role is Role.STORAGE:
        return _EFFECTS[answered]
    documented = exchange.status in (DOCUMENTED_SUCCESS.get(called.name, 200), _ALSO_SUCCESS.get(called.name))
    readable = exchange.status == 204 or isinstance(exchange.response, dict)
    return Effect.DONE if documented and readable else Effect.INDETERMINATE
