"""Signed URLs: an HMAC over the verb, the path and every query parameter, with an expiry in it."""

from __future__ import annotations

import hmac
from urllib.parse import parse_qsl, quote, urlencode

__all__ = ["LIFETIME", "Signer"]

LIFETIME = 300  # seconds a signed URL stays valid


class Signer:
    """Signs and checks URLs with one secret that outlives restarts."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def sign(self, verb: str, path: str, now: float, **parameters: str | int) -> str:
        """Return path and query of a URL that is good for `LIFETIME` seconds from `now`."""
        query = urlencode({**parameters, "expires": int(now) + LIFETIME})
        return f"{path}?{query}&signature={self._mac(verb, path, query)}"

    def refusal(self, verb: str, path: str, query: str, now: float) -> str | None:
        """Return why a signed request is refused, or None when it is good."""
        signed, _, signature = query.rpartition("&signature=")
        if not hmac.compare_digest(signature.encode(), self._mac(verb, path, signed).encode()):
            return "SignatureDoesNotMatch"
        expires = dict(parse_qsl(signed)).get("expires", "0")
        return None if now < int(expires) else "ExpiredToken"

    def _mac(self, verb: str, path: str, query: str) -> str:
        text = f"{verb}\n{quote(path)}\n{query}".encode()
        return hmac.new(self._secret, text, "sha256").hexdigest()
