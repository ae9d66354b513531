"""What can be said of a request by itself, before anybody reads its answer."""

from __future__ import annotations

import re
from urllib.parse import unquote, unquote_to_bytes

from conformance.api.routes import READ_METHODS, Call, spelled
from conformance.model import Exchange, Operation

OVER_LONG = 2048
"""A request line or a header of so many bytes may be refused by the HTTP layer before any code of the API."""
HEADER_BYTES = "header_bytes"
"""The note that gives the bytes of a request's longest header, where it is over-long: headers are not recorded."""

_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_PLAIN = re.compile(r"(?:/[A-Za-z0-9_-]+)+")


def is_mutation(exchange: Exchange) -> bool:
    """Whether the request, if it took effect, changes something."""
    return exchange.method not in READ_METHODS


def is_plain(exchange: Exchange) -> bool:
    """Whether nothing about a request's path or body is a reason to refuse it: no query, no slash too many, no body."""
    path = exchange.path
    return "?" not in path and "//" not in path and not path.endswith("/") and exchange.request is None


def is_doubtful(operation: Operation) -> bool:
    """Whether the sender itself does not vouch for its request; one who says nothing does."""
    return bool(operation.notes.get("intent", "valid") != "valid")


def is_invented(operation: Operation, called: Call) -> bool:
    """Whether the sender made up the id in the path: no server ever gave it out."""
    names = operation.notes.get("invented", ())
    return bool(names) and called.id in {spelled(unquote(str(name))) for name in names}


def is_over_long(operation: Operation) -> bool:
    """Whether the request line or a header of the request is longer than an HTTP layer need take."""
    exchange = operation.exchange
    line = len(exchange.method) + len(exchange.path) + len("  HTTP/1.1")
    noted = operation.notes.get(HEADER_BYTES)
    return line >= OVER_LONG or (isinstance(noted, int) and noted >= OVER_LONG)


def is_plainly_written(path: str) -> bool:
    """Whether a path below the base has nothing but words, without a query."""
    return _PLAIN.fullmatch(path) is not None


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
