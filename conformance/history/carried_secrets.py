"""Secrets that requests and answers carry, in traffic of which the suite knows none beforehand."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from urllib.parse import unquote

from conformance.api.bodies import asked, within
from conformance.history.redact import is_secret
from conformance.model import Json, Octets

SHORTEST_SIGNATURE = 16
"""A shorter value in a query would be found in every text, in hashes and in the names of fields."""
_CARRIERS = frozenset(
    {"authorization", "proxy-authorization", "x-auth-token", "x-api-key", "x-amz-security-token", "x-storage-token"}
)
_KEYS = ("agent_key", "user_key", "api_token", "password", "client_secret")
_SHORTEST_COOKIE = 8
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def in_headers(headers: Mapping[str, str]) -> Iterator[str]:
    """Give the secrets that headers (names in lower case) carry."""
    for name in _CARRIERS & headers.keys():
        value = headers[name].strip()
        scheme, _, rest = value.partition(" ")
        yield value
        if rest:
            yield rest.strip()
        if scheme.lower() == "basic":
            yield from _basic(rest.strip())
    for cookie in headers.get("cookie", "").split(";"):
        value = cookie.partition("=")[2].strip().strip('"')
        if len(value) >= _SHORTEST_COOKIE and not _UUID.fullmatch(value):  # such a one may be a resource's id
            yield value


def _basic(coded: str) -> Iterator[str]:
    try:
        user, _, password = base64.b64decode(coded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return
    yield password or user


def in_body(body: Json | Octets | None) -> Iterator[str]:
    """Give the keys and tokens that a body of the API holds."""
    stated = asked(body)
    for name in _KEYS:
        value = within(stated, name)
        if isinstance(value, str) and value:
            yield value


def in_target(target: str) -> Iterator[str]:
    """Give the values of a query that stand where secrets stand."""
    for pair in target.partition("?")[2].split("&"):
        name, _, value = pair.partition("=")
        if len(value) >= SHORTEST_SIGNATURE and is_secret(name):
            yield value
            yield unquote(value)
