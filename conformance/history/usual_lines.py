"""The usual line of a history, read by a compiled decoder; whatever is unusual is left to `decode`, which judges it.

Every line that is taken here means the same there: the decoder is stricter than the standard library's (it refuses lone
surrogates, constants that are not JSON and numbers beyond a double), and fields that no history of ours has are refused
as well. What is refused is read again by `decode`, so that one place alone says what is wrong with a line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from sys import intern
from typing import Any, Literal

import msgspec

from conformance.api.routes import below
from conformance.history.entries import Begun
from conformance.model import NOTHING, Exchange, Failure, Json, Octets, Operation, Phase, Role

_NEW = object()
_NULL = msgspec.Raw(b"null")
_SHARED_EXCHANGE, _SHARED_BODY, _SHARED_HEADERS = 1024, 512, 128
"""Exchanges, bodies and headers up to so many bytes are made once for all lines that carry the same."""
_REMEMBERED = 16_384
_LONG = 1024
_DEEP = 400
"""Lines longer than `_LONG` bytes with so many brackets are left to `decode`: the two differ in how deep they go."""
_LONG_NUMBER = re.compile(rb"\d{4000}")
"""Python refuses to read integers of more than 4300 digits."""


_Known = tuple[
    str, bytes, str | None, int | None, bytes, str, bytes, str | None, Role, str | None, Failure | None
]  # fmt: skip
"""All that a line says of its exchange, bodies and headers as they are written there: path, response, user, ..."""


class _Line(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """What a line of an operation holds, with the defaults of what it leaves out.

    Numbers allow for floats, which the decoder would else round to integers.
    """

    a_ns: int | float
    method: str
    path: str
    session: str
    id: str | None = None
    host: str | None = None
    role: Role | None = None
    user: Literal["owner", "other", "somebody", "invalid"] | msgspec.UnsetType | None = msgspec.UNSET
    authorized: Any = True
    request: msgspec.Raw = _NULL
    request_type: str | None = None
    phase: Phase | None = None
    scenario: str | None = None
    plan: str | None = None
    notes: msgspec.Raw = _NULL
    b_ns: int | float | None = None
    status: int | float | None = None
    headers: msgspec.Raw = _NULL
    response: msgspec.Raw = _NULL
    failure: Failure | None = None
    begin: Any = False


class _Exchange:
    """An `Exchange` not frozen yet: setting the fields of a frozen one takes five times as long."""

    __slots__ = tuple(Exchange.__slots__)

    def __init__(  # noqa: PLR0913, PLR0917 - one for each field
        self, method: str, path: str, host: str, role: Role, user: str | None, request: Json, request_type: str | None,
        status: int | None, headers: Any, response: Json, failure: Failure | None,
    ) -> None:  # fmt: skip
        self.method = method
        self.path = path
        self.host = host
        self.role = role
        self.user = user
        self.request = request
        self.request_type = request_type
        self.status = status
        self.headers = headers
        self.response = response
        self.failure = failure


class _Operation:
    """An `Operation` not frozen yet."""

    __slots__ = tuple(Operation.__slots__)

    def __init__(  # noqa: PLR0913, PLR0917 - one for each field
        self, name: str, session: str, a_ns: int, b_ns: int | None, exchange: Any, phase: Phase, scenario: str,
        plan: str, notes: Any,
    ) -> None:  # fmt: skip
        self.id = name
        self.session = session
        self.a_ns = a_ns
        self.b_ns = b_ns
        self.exchange = exchange
        self.phase = phase
        self.scenario = scenario
        self.plan = plan
        self.notes = notes


_line = msgspec.json.Decoder(_Line).decode
_json = msgspec.json.Decoder().decode
_texts = msgspec.json.Decoder(dict[str, str] | None).decode
_UNUSUAL = (msgspec.DecodeError, UnicodeError, RecursionError, ValueError)
_object = msgspec.json.Decoder(dict[str, Any]).decode
_NOTED = (("invented", list), ("intent", str), ("content", dict), ("url_of", str))


def restored(value: Json) -> Json | Octets:
    """Return a body as it was recorded: octets where they were kept as their length and hash."""
    if type(value) is dict and "md5" in value and "bytes" in value and value.keys() <= {"bytes", "md5", "text"}:
        length, md5, text = value["bytes"], value["md5"], value.get("text", "")
        if type(length) is int and length >= 0 and isinstance(md5, str) and isinstance(text, str):
            return Octets(length, md5, text)
    return value


class UsualLines:
    """Reads lines of operations; what many of them have in common is kept once."""

    def __init__(self) -> None:
        self._exchanges: dict[_Known, Exchange] = {}
        self._bodies: dict[bytes, Json | Octets] = {b"null": None}
        self._headers: dict[bytes, Mapping[str, str]] = {b"null": NOTHING, b"{}": NOTHING}

    def read(self, raw: bytes, number: int, base: str) -> Begun | Operation | None:
        """Return the entry of a line in UTF-8, as `decode.parse` would; None where only that can tell."""
        if len(raw) > _LONG and _is_extreme(raw):
            return None
        try:
            if not raw.isascii():
                raw.decode("utf-8")  # the decoder does not look at what it passes over
            return self._entry(_line(raw), number, base)
        except _UNUSUAL:
            return None

    def _entry(self, line: _Line, number: int, base: str) -> Begun | Operation | None:
        begun, a_ns, b_ns, status, failure = line.begin is True, line.a_ns, line.b_ns, line.status, line.failure
        if begun:
            b_ns, failure = None, Failure.KILLED
        if type(a_ns) is not int or (status is not None and (type(status) is not int or not 100 <= status <= 999)):
            return None
        if b_ns is not None and (type(b_ns) is not int or b_ns < a_ns):
            return None
        if failure is None and (b_ns is None or status is None):
            failure = Failure.RESET
        name, path, role, user = line.id, line.path, line.role, line.user
        if name is None:
            name = f"L{number}"
        elif not name:
            return None
        if role is None:
            role = Role.STORAGE if below(path, base) is None else Role.API
        if user is msgspec.UNSET:
            user = "owner" if line.authorized else None
        known: _Known = (
            path, bytes(line.response), user, status, bytes(line.request), line.method, bytes(line.headers), line.host,
            role, line.request_type, failure,
        )  # fmt: skip
        exchange = self._exchanges.get(known) or self._exchange(known)
        operation: Any = _Operation(
            name, intern(line.session), a_ns, b_ns, exchange, line.phase or Phase.TROUBLE,
            intern(line.scenario) if line.scenario else "", intern(line.plan) if line.plan else "",
            NOTHING if line.notes is _NULL else _notes(line.notes),
        )  # fmt: skip
        operation.__class__ = Operation
        return Begun(operation) if begun else operation

    def _exchange(self, known: _Known) -> Exchange:
        path, told, user, status, text, method, headers, host, role, kind, failure = known
        asked, body = self._bodies.get(text, _NEW), self._bodies.get(told, _NEW)
        exchange: Any = _Exchange(
            intern(method), intern(path), intern(host or ""), role, user,
            self._body(text) if asked is _NEW else asked,
            kind if kind is None else intern(kind), status, self._headers.get(headers) or self._header(headers),
            self._body(told) if body is _NEW else body, failure,
        )  # fmt: skip
        exchange.__class__ = Exchange
        if len(text) + len(told) + len(headers) <= _SHARED_EXCHANGE:
            if len(self._exchanges) >= _REMEMBERED:
                self._exchanges.clear()
            self._exchanges[known] = exchange
        return exchange  # type: ignore[no-any-return]  # it is one now

    def _body(self, text: bytes) -> Json | Octets:
        body = restored(_json(text))
        if len(text) <= _SHARED_BODY:
            if len(self._bodies) >= _REMEMBERED:
                self._bodies = {b"null": None}
            self._bodies[text] = body
        return body

    def _header(self, text: bytes) -> Mapping[str, str]:
        headers = _texts(text) or NOTHING
        if len(text) <= _SHARED_HEADERS and len(self._headers) < _REMEMBERED:
            self._headers[text] = headers
        return headers


def _notes(raw: msgspec.Raw) -> Mapping[str, Json]:
    if raw == _NULL:
        return NOTHING
    notes = _object(raw)
    for name, kind in _NOTED:
        if notes.get(name) is not None and type(notes[name]) is not kind:
            raise ValueError(name)
    return notes or NOTHING


def _is_extreme(raw: bytes) -> bool:
    """Whether a long line holds what the standard library refuses and the decoder may not: depth, and long numbers."""
    return raw.count(b"[") + raw.count(b"{") > _DEEP or _LONG_NUMBER.search(raw) is not None
