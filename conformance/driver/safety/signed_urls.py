"""Where a signed URL may send the client: not to this machine, its network or its cloud's metadata."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cached_property
from urllib.parse import urljoin, urlsplit, urlunsplit

from conformance.api.routes import legal_target
from conformance.model import Exchange, Json

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
METADATA = frozenset(
    ipaddress.ip_address(text) for text in ("169.254.169.254", "fd00:ec2::254", "100.100.100.200", "192.0.0.192")
)
"""Addresses at which clouds answer their own machines with credentials."""
_NOT_OURS_TO_SET = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "proxy-authorization"}
)
MOST_HOPS = 5
"""Redirects of one download that are followed."""
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class ForbiddenError(ValueError):
    """A signed URL that is not followed; the message says why."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed URL as it is sent: `target` is path and query, byte for byte as given where that is legal HTTP."""

    method: str
    scheme: str
    host: str
    port: int | None
    target: str
    headers: tuple[tuple[str, str], ...]

    @property
    def authority(self) -> str:
        """Host and port, as the Host header says them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port is None else f"{host}:{self.port}"


class Places:
    """Judges addresses by what the target itself is. `allowed` are host patterns that the operator vouches for."""

    def __init__(self, base_url: str, allowed: tuple[str, ...] = ()) -> None:
        self._base = urlsplit(base_url)
        self._allowed = allowed

    @cached_property
    def _target(self) -> tuple[Address, ...]:
        return resolve(self._base.hostname or "")

    def guard(self, host: str) -> Callable[[str], str | None] | None:
        """Give the guard of addresses for a storage host; None when the operator vouches for it."""
        return None if any(fnmatch(host.lower(), pattern.lower()) for pattern in self._allowed) else self.reason

    def reason(self, address: str) -> str | None:
        """Say why an IP address is forbidden; None when it is not."""
        place = plain(address)
        near = bool(self._target) and all(known.is_loopback for known in self._target)
        if place in METADATA or place.is_link_local:
            return f"{place} is a link-local or metadata address"
        if place.is_multicast or place.is_unspecified:
            return f"{place} is no address of a single host"
        if place.is_loopback:
            return None if near else f"{place} is this machine, and the target is not on it"
        if place.is_private and not near and not any(known.is_private for known in self._target):
            return f"{place} is in a private network, and the target is not"
        return f"{place} is a reserved address" if place.is_reserved else None

    def foresee(self, host: str) -> None:
        """Raise ForbiddenError if `host` has a forbidden address: for when a proxy will do the dialling."""
        guard = self.guard(host)
        for address in resolve(host) if guard else ():
            if guard and (reason := guard(str(address))):
                raise ForbiddenError(reason)

    def signed(self, body: Json) -> Signed:
        """Read a signed URL (docs/api.md); raise ForbiddenError for what cannot or must not be sent."""
        if not isinstance(body, dict) or not all(isinstance(body.get(key), str) for key in ("host", "url")):
            raise ForbiddenError("the answer holds no signed URL")
        given = body["host"] if "//" in body["host"] else f"{self._base.scheme}://{body['host']}"
        try:
            parts = urlsplit(given)
            host, port = parts.hostname, parts.port
        except ValueError as trouble:
            raise ForbiddenError(f"the host is malformed: {trouble}") from trouble
        if parts.scheme not in ("http", "https"):
            raise ForbiddenError(f"the scheme {parts.scheme[:20]!r} is not http or https")
        if not host or parts.username is not None or parts.path.strip("/") or parts.query or parts.fragment:
            raise ForbiddenError("the host is not a scheme and an authority")
        if not all(char.isalnum() or char in ".-_:%" for char in host) or not host.isascii():
            raise ForbiddenError("the host has characters that no host name has")
        url = body["url"] if body["url"].startswith("/") else f"/{body['url']}"
        verb = body.get("http_verb")
        return Signed(
            method=verb.upper() if isinstance(verb, str) and verb.isalpha() else "GET",
            scheme=parts.scheme,
            host=host,
            port=port,
            target=legal_target(url),
            headers=_headers(body.get("http_headers")),
        )


def redirected(exchange: Exchange, *, secure: bool) -> dict[str, str] | None:
    """Give where a storage provider's answer to a GET leads on to, as a signed URL without headers; None if nowhere.

    `secure` says that the request went by https, which a Location without a scheme goes on with.
    """
    location = exchange.headers.get("location", "")
    if exchange.method != "GET" or exchange.status not in _REDIRECTS or exchange.failure is not None or not location:
        return None
    try:
        parts = urlsplit(urljoin(f"{'https' if secure else 'http'}://{exchange.host}{exchange.path}", location))
    except ValueError:
        parts = urlsplit(location.partition(":")[0])  # malformed: what it names is forbidden, and is said to be so
    target = urlunsplit(("", "", parts.path or "/", parts.query, ""))
    return {"host": f"{parts.scheme}://{parts.netloc}", "url": target, "http_verb": "GET"}


def resolve(host: str) -> tuple[Address, ...]:
    """Give every address of a host; none when it has no name."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    return tuple({plain(str(entry[4][0])) for entry in found})


def plain(address: str) -> Address:
    """Read an IP address; one of IPv4 in the clothes of IPv6 is what it is underneath."""
    parsed = ipaddress.ip_address(address.split("%", maxsplit=1)[0])
    return getattr(parsed, "ipv4_mapped", None) or parsed


def _headers(given: Json) -> tuple[tuple[str, str], ...]:
    """Read `http_headers`: a list of single-entry objects; framing and routing headers are ours alone."""
    entries = given if isinstance(given, list) else [given]
    pairs = [pair for entry in entries if isinstance(entry, dict) for pair in entry.items()]
    return tuple((name, str(value)) for name, value in pairs[:32] if name.lower() not in _NOT_OURS_TO_SET)
