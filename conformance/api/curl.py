"""An exchange as a `curl` line that a person can paste: the same request, the secret taken from the environment."""

from __future__ import annotations

import json
import shlex
from urllib.parse import urlsplit

from conformance.model import Exchange, Octets, Role

_TOKENS = {"owner": "$DDS_API_TOKEN", "other": "$DDS_OTHER_API_TOKEN", "invalid": "not-a-token"}


def curl(exchange: Exchange, base_url: str) -> str:
    """Write the request of `exchange` as one shell line; `base_url` gives the scheme and host of the API."""
    words = ["curl", "-sS", "-i", "-X", exchange.method]
    if exchange.role is Role.API and exchange.user in _TOKENS:
        words += ["-H", f'"Authorization: {_TOKENS[exchange.user]}"']
    quoted = [word if word.startswith('"') else shlex.quote(word) for word in [*words, *_body(exchange)]]
    return " ".join([*quoted, shlex.quote(_url(exchange, base_url))])


def _body(exchange: Exchange) -> list[str]:
    if exchange.request is None:
        return []
    if isinstance(exchange.request, Octets):
        kind = exchange.request_type or "application/octet-stream"
        given = exchange.request.text or f"@body-of-{exchange.request.bytes}-bytes"
        return ["-H", f"Content-Type: {kind}", "--data-binary", given]
    return ["-H", "Content-Type: application/json", "-d", json.dumps(exchange.request, ensure_ascii=False)]


def _url(exchange: Exchange, base_url: str) -> str:
    base = urlsplit(base_url)
    return f"{base.scheme or 'http'}://{exchange.host or base.netloc}{exchange.path}"
