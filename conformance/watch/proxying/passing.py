"""One passing exchange: what the client asked, as it is sent upstream and as it is written down."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.driver.wire import body as bodies
from conformance.model import Json, Octets, Role
from conformance.watch.proxying.connections import Origin
from conformance.watch.proxying.upstream import Head, Header

TARGET = "watch.target"
"""The scope extension that holds the request target, byte for byte."""
_HOP_BY_HOP = frozenset(
    {b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"te", b"trailer", b"upgrade"}
)
_NOT_SENT_ON = _HOP_BY_HOP | {b"expect", b"host"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A client's request. `headers` have names in lower case, the last of several values; `lines` are all of them."""

    method: str
    target: str
    role: Role
    origin: Origin
    address: str
    reached_by: str
    lines: tuple[Header, ...]
    headers: Mapping[str, str] = field(repr=False)

    @property
    def token(self) -> str | None:
        """The API token, without a scheme before it."""
        given = self.headers.get("authorization", "").strip()
        scheme, _, rest = given.partition(" ")
        return (rest.strip() if scheme.lower() == "bearer" else given) or None

    @property
    def length(self) -> int | None:
        """The length of the body in bytes, None where the client does not say."""
        given = self.headers.get("content-length", "")
        return int(given) if given.isascii() and given.isdigit() else None

    @property
    def has_body(self) -> bool:
        """Whether a body follows."""
        return bool(self.length) or "transfer-encoding" in self.headers


def asked_of(scope: Mapping[str, Any], role: Role, origin: Origin) -> Asked:
    """Read a request out of its ASGI scope."""
    lines = tuple(scope["headers"])
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in lines}
    host = headers.get("host", "")
    client = scope.get("client") or ("unknown", 0)
    return Asked(
        method=scope["method"],
        target=scope["extensions"][TARGET].decode("latin-1"),
        role=role,
        origin=origin,
        address=str(client[0]),
        reached_by=host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host,
        lines=lines,
        headers=headers,
    )


def head_to_send(asked: Asked, *, length: int | None, chunked: bool) -> bytes:
    """Write the request's head as it goes upstream: the client's own header lines, the host of the origin.

    The API is asked for plain bodies, so that a host in them can be rewritten; a storage host is asked as the client
    asks, whose signature may cover any header.
    """
    named = {word.strip().lower() for word in asked.headers.get("connection", "").encode("latin-1").split(b",")}
    dropped = _NOT_SENT_ON | (named - {b"close"})
    out = [f"{asked.method} {asked.target} HTTP/1.1\r\nhost: {asked.origin.authority}\r\n".encode("latin-1")]
    for name, value in asked.lines:
        if name == b"accept-encoding" and asked.role is Role.API:
            continue
        if name not in dropped and (name != b"content-length" or length is not None):
            out.append(b"%s: %s\r\n" % (name, value))
    if asked.role is Role.API:
        out.append(b"accept-encoding: identity\r\n")
    if chunked:
        out.append(b"transfer-encoding: chunked\r\n")
    return b"".join((*out, b"\r\n"))


def headers_to_give(head: Head, length: int | None = None) -> list[Header]:
    """Give the answer's header lines for the client; with `length` the body was changed and is plain."""
    named = {word.strip().lower() for word in head.get(b"connection").split(b",")}
    dropped = _HOP_BY_HOP | (named - {b"close"})
    if length is not None:
        dropped |= {b"content-length", b"content-encoding"}
    retained = [(name, value) for name, value in head.headers if name not in dropped]
    return retained if length is None else [*retained, (b"content-length", str(length).encode())]


class Digest:
    """Counts and hashes a body that passes, and keeps at most the start of it."""

    def __init__(self, keep: int = 0) -> None:
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._keep = keep
        self.size = 0
        self.start = bytearray()

    def add(self, piece: bytes) -> None:
        """Take a piece."""
        self.size += len(piece)
        self._md5.update(piece)
        if len(self.start) < self._keep:
            self.start += piece[: self._keep - len(self.start)]

    def octets(self) -> Octets:
        """Give length and hash of what passed."""
        return Octets(self.size, self._md5.hexdigest())


def payload(data: bytes, media: str | None, redact: Callable[[str], str]) -> Json | Octets | None:
    """Give a request's body as it is recorded: JSON only where that loses nothing."""
    if not data:
        return None
    if media and "json" in media.lower():
        try:
            value, notes = bodies.json_of(data)
        except ValueError:
            pass
        else:
            if value is not None and not notes:
                return value
    return bodies.octets_of(data, bodies.text_of(data, redact))
