"""The one change that the proxy makes: the `host` beside a signed `url`, in place, every other byte as it was."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\],]', re.DOTALL)
_VALUE_FOLLOWS = re.compile(rb'\s*:\s*("(?:[^"\\]|\\.)*")?', re.DOTALL)
_SCHEME = re.compile(r"(?:https?:)?//", re.IGNORECASE)


@dataclass(slots=True)
class _Object:
    """What one JSON object holds of a signed url: the span of the host's string, and the values."""

    span: tuple[int, int] | None = None
    host: str = ""
    url: str | None = None
    verb: str = ""


@dataclass(frozen=True, slots=True)
class SignedPlace:
    """A signed url found in a body: where its host stands, and what host, url and verb say."""

    span: tuple[int, int]
    host: str
    url: str
    verb: str = ""


@dataclass(slots=True)
class _Scan:
    found: list[SignedPlace] = field(default_factory=list)
    stack: list[_Object | None] = field(default_factory=list)

    def close(self) -> None:
        """Leave an object or a list."""
        inner = self.stack.pop() if self.stack else None
        if inner is not None and inner.span is not None and inner.url is not None and inner.host:
            self.found.append(SignedPlace(inner.span, inner.host, inner.url, inner.verb))


def signed_places(body: bytes) -> list[SignedPlace]:
    """Find every object that has a text `host` and a text `url`, at any depth, in the order of their hosts."""
    if b'"host"' not in body or b'"url"' not in body:
        return []
    scan, position = _Scan(), 0
    while token := _TOKEN.search(body, position):
        position = token.end()
        kind = token[0][:1]
        if kind in (b"{", b"["):
            scan.stack.append(_Object() if kind == b"{" else None)
        elif kind in (b"}", b"]"):
            scan.close()
        elif kind == b'"':
            position = _member(body, token, scan.stack[-1] if scan.stack else None)
    return sorted(scan.found, key=lambda place: place.span)


def _member(body: bytes, token: re.Match[bytes], inside: _Object | None) -> int:
    """Take a string that may be a member's name; give where to go on."""
    follows = _VALUE_FOLLOWS.match(body, token.end())
    if follows is None:
        return token.end()
    if follows[1] is None:
        return follows.end()
    if inside is not None and token[0] == b'"host"':
        inside.span, inside.host = follows.span(1), _text(follows[1])
    elif inside is not None and token[0] == b'"url"':
        inside.url = _text(follows[1])
    elif inside is not None and token[0] == b'"http_verb"':
        inside.verb = _text(follows[1]).upper()
    return follows.end()


def _text(literal: bytes) -> str:
    try:
        return str(json.loads(literal))
    except ValueError:
        return ""


def rewritten(body: bytes, places: list[SignedPlace], instead: Callable[[str], str | None]) -> bytes:
    """Give `body` with each host replaced by what `instead` says; None leaves it.

    A host keeps its form: with a scheme it stays one, a bare authority stays bare.
    """
    pieces: list[bytes] = []
    position = 0
    for place in places:
        other = instead(place.host)
        if other is None:
            continue
        start, end = place.span
        stated = f"http://{other}" if _SCHEME.match(place.host) else other
        pieces += [body[position:start], json.dumps(stated).encode()]
        position = end
    return b"".join((*pieces, body[position:])) if pieces else body
