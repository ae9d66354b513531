"""What a scripted server saw, as lines of the suite's history format: arrival, call, credentials, what was done."""

from __future__ import annotations

import hashlib
import json
import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from conformance.reference.people import User

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.types import Message, Scope

    from conformance.reference.people import People

__all__ = ["Record", "SeenRequest"]

SHOWN = 1 << 14
"""Bytes of a body that are kept as they are; of a longer one, length and MD5."""
_RETAINED_HEADERS = {"content-type", "retry-after", "location", "content-length"}
_HIDDEN = {"agent_key", "user_key", "api_token", "access_token"}


@dataclass(slots=True)
class SeenRequest:
    """One request while it is served. Instants are nanoseconds of the monotonic clock."""

    scope: Scope
    role: str
    call: str
    user: str | None
    leaks: list[str]
    a_ns: int = field(default_factory=time.monotonic_ns)
    b_ns: int | None = None
    asked: bytearray = field(default_factory=bytearray)
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    answered: bytearray = field(default_factory=bytearray)
    failure: str | None = None
    notes: dict[str, Any] = field(default_factory=dict)

    def sent(self, message: Message) -> None:
        """Keep what goes to the client."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            pairs = ((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in message["headers"])
            self.headers = {name: value for name, value in pairs if name in _RETAINED_HEADERS}
        elif message["type"] == "http.response.body":
            self.answered += message.get("body", b"")
            if not message.get("more_body"):
                self.b_ns = time.monotonic_ns()

    def line(self) -> dict[str, Any]:
        """Return the line of the record."""
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in self.scope["headers"]}
        query = self.scope["query_string"].decode("latin-1")
        kind = headers.get("content-type")
        return {
            "session": f"{self.role}-{(self.scope.get('client') or ('', 0))[1]}",
            "a_ns": self.a_ns,
            "b_ns": self.b_ns or time.monotonic_ns(),
            "method": self.scope["method"],
            "host": headers.get("host", ""),
            "path": self.scope["path"] + (f"?{query}" if query else ""),
            "role": self.role,
            "user": self.user,
            "request": _body(bytes(self.asked), kind),
            "request_type": kind,
            "status": self.status,
            "headers": self.headers,
            "response": _body(bytes(self.answered), self.headers.get("content-type")),
            "failure": self.failure,
            "notes": {
                "call": self.call,
                "body_md5": hashlib.md5(self.asked, usedforsecurity=False).hexdigest(),
                **({"leaks": self.leaks} if self.leaks else {}),
                **self.notes,
            },
        }


def _body(raw: bytes, kind: str | None) -> Any:
    if not raw:
        return None
    if len(raw) <= SHOWN and "json" in (kind or ""):
        try:
            return _hidden(json.loads(raw))
        except (ValueError, RecursionError):
            pass
    retained: dict[str, Any] = {"bytes": len(raw), "md5": hashlib.md5(raw, usedforsecurity=False).hexdigest()}
    if (kind or "").startswith(("text/", "application/x-www-form-urlencoded", "application/xml")):
        retained["text"] = raw[:512].decode("utf-8", errors="replace")
    return retained


def _hidden(body: Any) -> Any:
    """Replace secrets at the top of a body."""
    if not isinstance(body, dict):
        return body
    return {name: "(hidden)" if name in _HIDDEN else value for name, value in body.items()}


def credentials(people: People, scope: Scope, now: float, *, bare: bool) -> tuple[str | None, list[str]]:
    """Return who a request says it comes from, and where it carries a secret of ours.

    At the storage provider (`bare`) nothing but the signed URL should speak for it.
    """
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    token = headers.get("authorization")
    places = {f"header {name}": value for name, value in headers.items()}
    places["query"] = unquote(scope["query_string"].decode("latin-1"))
    secrets = people.secrets() if bare else set()
    leaks = [place for place, text in places.items() if any(secret in text for secret in secrets)]
    if token is None:
        return None, leaks
    holder = people.holder(token.removeprefix("Bearer "), now)
    if not isinstance(holder, User):
        return "invalid", leaks
    return ("owner" if holder.username == "alice" else "other"), leaks


class Record:
    """The file of lines: each in one write, so that a reader never sees half of one but the last."""

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._count = 0

    def add(self, seen: SeenRequest) -> None:
        """Write one request."""
        self._count += 1
        line = {"id": f"seen-{self._count}", **seen.line()}
        left = json.dumps(line, separators=(",", ":")).encode() + b"\n"
        while left:
            left = left[os.write(self._fd, left) :]

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)
