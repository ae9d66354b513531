"""Secrets that passing requests carry, learnt before anything about them is written."""

from __future__ import annotations

import base64
import binascii
import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote

from conformance.api.bodies import asked, within
from conformance.driver.recorder import Recorder
from conformance.driver.wire.request import SHORTEST_SIGNATURE
from conformance.history.redact import Redactor, is_secret
from conformance.model import Json, Octets

REMEMBERED = 64
"""Secrets of clients that are looked for in every line; those not met for longest are left to the structural net."""
_CARRIERS = frozenset(
    {"authorization", "proxy-authorization", "x-auth-token", "x-api-key", "x-amz-security-token", "x-storage-token"}
)
_KEYS = ("agent_key", "user_key", "api_token", "password", "client_secret")
_SHORTEST_COOKIE = 8
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class LearntSecrets:
    """What must be hidden in every line from now on. `given` is what the operator's own settings hide."""

    def __init__(self, given: Redactor) -> None:
        self._given = given
        self._met: OrderedDict[str, None] = OrderedDict()
        self.redact = given

    def learn(self, secrets: Iterable[str]) -> None:
        """Hide these too."""
        fresh = False
        for secret in secrets:
            fresh |= secret not in self._met
            self._met[secret] = None
            self._met.move_to_end(secret)
        if fresh:
            while len(self._met) > REMEMBERED:
                self._met.popitem(last=False)
            self.redact = self._given.with_secrets(*self._met)


class HidingRecorder(Recorder):
    """A recorder that hides what was learnt as well as what its own driver knows."""

    def __init__(self, path: Path, learnt: LearntSecrets) -> None:
        super().__init__(path)
        self._learnt = learnt

    def _write(self, line: bytes, redact: Redactor | None = None) -> None:
        hidden = self._learnt.redact.line(line.decode().removesuffix("\n"))
        super()._write(hidden.encode() + b"\n", redact)


def in_headers(headers: Mapping[str, str]) -> Iterator[str]:
    """Give the secrets that a request's headers (names in lower case) carry."""
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
    told = asked(body)
    for name in _KEYS:
        value = within(told, name)
        if isinstance(value, str) and value:
            yield value


def in_target(target: str) -> Iterator[str]:
    """Give the values of a query that stand where secrets stand; short ones would be found in every text."""
    for pair in target.partition("?")[2].split("&"):
        name, _, value = pair.partition("=")
        if len(value) >= SHORTEST_SIGNATURE and is_secret(name):
            yield value
            yield unquote(value)
