"""Which part of a file's traffic is the API's: what lies below the base that is named, or that fits best."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from urllib.parse import urlsplit

from conformance.api.routes import BASE, UNROUTED, call_below
from conformance.history.har.har_entries import HarEntry

_DEEPEST = 3
_PORTS = {"http": 80, "https": 443}


def best_base(entries: Iterable[HarEntry]) -> str:
    """Give the base under which most requests are calls of the API; the usual path wins a tie. Empty without any."""
    fits: Counter[str] = Counter()
    for entry in entries:
        parts = urlsplit(entry.url)
        if parts.scheme in ("http", "https") and parts.netloc:
            fits.update(f"{origin(entry.url)}{prefix}" for prefix in _prefixes(entry.method, parts.path))
    return max(fits, key=lambda base: (fits[base], base.endswith(BASE), -len(base)), default="")


def _prefixes(method: str, path: str) -> set[str]:
    segments = [segment for segment in path.split("/") if segment]
    found = set()
    for length in range(1, min(_DEEPEST, len(segments)) + 1):
        rest = "/".join(segments[-length:])
        if call_below(method, f"/{rest}").name != UNROUTED:
            found.add("".join(f"/{segment}" for segment in segments[:-length]))
    return found


def origin(url: str) -> str:
    """Give scheme and authority of a url in one spelling: lower case, without a port that goes without saying."""
    parts = urlsplit(url)
    host, port = (parts.hostname or "").lower(), parts.port
    named = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{named}" + ("" if port in (None, _PORTS.get(parts.scheme)) else f":{port}")


def below(url: str, base: str) -> str | None:
    """Give the path of an API request, with its query; None for what is not the API's."""
    parts = urlsplit(url)
    based = urlsplit(base)
    path = based.path.rstrip("/")
    inside = parts.path == path or parts.path.startswith(f"{path}/")
    if origin(url) != origin(base) or not inside:
        return None
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
