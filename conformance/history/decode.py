"""One line of a history: strictly what it should be, or a reason why it is not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from sys import intern
from typing import Any, NoReturn

from conformance.api.routes import BASE, below
from conformance.errors import HistoryError
from conformance.history.entries import FORMAT, TARGET_FIELDS, VERSION, Begun, End, Entry, Header
from conformance.history.usual_lines import UsualLines, restored
from conformance.model import NOTHING, Exchange, Failure, Json, Operation, Phase, Role, Target

_PHASES = {phase.value: phase for phase in Phase}
_FAILURES = {failure.value: failure for failure in Failure}
_ROLES = {role.value: role for role in Role}
_USERS = ("owner", "other", "somebody", "invalid", None)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_decode = json.JSONDecoder(parse_constant=_refuse_constant).decode


class Problem(Exception):  # noqa: N818 - never leaves this package; HistoryError does
    """What is wrong with one line."""


def _object(text: str) -> dict[str, Any]:
    try:
        value = _decode(text)
    except RecursionError as trouble:
        raise Problem("nested too deeply") from trouble
    except json.JSONDecodeError as trouble:
        raise Problem(f"not JSON: {trouble.msg} at column {trouble.colno}") from trouble
    except ValueError as trouble:
        raise Problem(f"not JSON: {trouble}") from trouble
    if not isinstance(value, dict):
        raise Problem("not a JSON object")
    return value


def _wants(fields: Mapping[str, Any], name: str, kind: type, meaning: str) -> Any:
    value = fields.get(name)
    if type(value) is not kind:
        raise Problem(f"`{name}` must be {meaning}" if name in fields else f"`{name}` is missing")
    return value


def _choice(fields: Mapping[str, Any], name: str, choices: Mapping[str, Any], default: Any) -> Any:
    value = fields.get(name)
    if value is None:
        return default
    if not isinstance(value, str) or value not in choices:
        raise Problem(f"`{name}` is not one of {', '.join(choices)}")
    return choices[value]


def _mapping(fields: Mapping[str, Any], name: str) -> Mapping[str, Json]:
    value = fields.get(name)
    if value is None:
        return NOTHING
    if type(value) is not dict:
        raise Problem(f"`{name}` must be an object")
    return value or NOTHING


def _text(fields: Mapping[str, Any], name: str) -> str | None:
    value = fields.get(name)
    if value is not None and type(value) is not str:
        raise Problem(f"`{name}` must be a string or null")
    return value


def _notes(fields: Mapping[str, Any]) -> Mapping[str, Json]:
    notes = _mapping(fields, "notes")
    for name, kind in (("invented", list), ("intent", str), ("content", dict), ("url_of", str)):
        if notes.get(name) is not None and type(notes[name]) is not kind:
            raise Problem(f"`{name}` in `notes` must be {_KINDS[kind]}")
    return notes


_KINDS = {list: "a list", str: "a string", dict: "an object"}


def _user(fields: Mapping[str, Any]) -> str | None:
    if "user" not in fields:
        return "owner" if fields.get("authorized", True) else None
    user = fields["user"]
    if user not in _USERS:
        raise Problem("`user` is not one of owner, other, somebody, invalid, null")
    return user if user is None else str(user)


def _status(fields: Mapping[str, Any]) -> int | None:
    status = fields.get("status")
    if status is None:
        return None
    if type(status) is not int or not 100 <= status <= 999:
        raise Problem("`status` must be an HTTP status or null")
    return status


def _operation(fields: Mapping[str, Any], line: int, base: str, *, begun: bool) -> Operation:
    a_ns = _wants(fields, "a_ns", int, "an integer of nanoseconds")
    b_ns = None if begun or fields.get("b_ns") is None else _wants(fields, "b_ns", int, "an integer or null")
    if b_ns is not None and b_ns < a_ns:
        raise Problem(f"the clock runs backwards: the operation ends at {b_ns} ns and began at {a_ns} ns")
    path = _wants(fields, "path", str, "a string")
    status = _status(fields)
    failure = Failure.KILLED if begun else _choice(fields, "failure", _FAILURES, None)
    headers = _mapping(fields, "headers")
    if not all(isinstance(value, str) for value in headers.values()):
        raise Problem("`headers` must map names to strings")
    if failure is None and (b_ns is None or status is None):
        failure = Failure.RESET
    role = Role.STORAGE if below(path, base) is None else Role.API
    exchange = Exchange(
        method=_wants(fields, "method", str, "a string"),
        path=path,
        host=_text(fields, "host") or "",
        role=_choice(fields, "role", _ROLES, role),
        user=_user(fields),
        request=restored(fields.get("request")),
        request_type=_text(fields, "request_type"),
        status=status,
        headers=headers,
        response=restored(fields.get("response")),
        failure=failure,
    )
    name = fields.get("id")
    if name is not None and (type(name) is not str or not name):
        raise Problem("`id` must be a string that is not empty")
    return Operation(
        id=name or f"L{line}",
        session=intern(_wants(fields, "session", str, "a string")),
        a_ns=a_ns,
        b_ns=b_ns,
        exchange=exchange,
        phase=_choice(fields, "phase", _PHASES, Phase.TROUBLE),
        scenario=_text(fields, "scenario") or "",
        plan=_text(fields, "plan") or "",
        notes=_notes(fields),
    )


def _header(fields: dict[str, Any]) -> Header:
    if fields["format"] != FORMAT:
        raise Problem(f"a foreign format: {fields['format']!r}")
    if fields.get("version") != VERSION:
        raise Problem(f"version {fields.get('version')!r} of the format; this suite reads version {VERSION}")
    about = fields.get("target")
    if not isinstance(about, dict) or not isinstance(about.get("base_url"), str):
        raise Problem("the header names no target")
    for name, kinds in TARGET_FIELDS.items():
        if name in about and (
            not isinstance(about[name], kinds) or (isinstance(about[name], bool) != (kinds == (bool,)))
        ):
            raise Problem(f"the header's target has a wrong `{name}`")
    return Header(fields, Target(**{name: about[name] for name in TARGET_FIELDS if name in about}))


def parse(text: str, line: int, base: str = BASE) -> Entry:
    """Give the entry that a line holds; raise `Problem` if it is none.

    `line` names operations without an id; what lies below `base` is the API's where the line does not say whose it is.
    """
    fields = _object(text)
    if "a_ns" in fields:
        operation = _operation(fields, line, base, begun=fields.get("begin") is True)
        return Begun(operation) if fields.get("begin") is True else operation
    if "format" in fields:
        return _header(fields)
    if fields.get("end") is True:
        interrupted = fields.get("interrupted") is True
        return End(_wants(fields, "operations", int, "an integer"), interrupted)
    raise Problem("neither an operation nor a header nor an end: `a_ns` is missing")


class Decoder:
    """Decodes the lines of one history: usual ones fast (`usual_lines`), all others, and what is wrong, by `parse`.

    What lines have in common is kept once, so a decoder lives as long as its file is read. `base` is the path below
    which a line that does not say whose it is speaks to the API; set it when the header is known.
    """

    def __init__(self, base: str = BASE) -> None:
        self.base = base
        self.usual = UsualLines().read

    def __call__(self, raw: bytes, number: int) -> Entry:
        """Return the entry of line `number`, given with or without its end.

        Raises:
            Problem: it is none.
            UnicodeDecodeError: it is not UTF-8.
        """
        return self.usual(raw, number, self.base) or self.otherwise(raw, number)

    def otherwise(self, raw: bytes, number: int) -> Entry:
        """Return the entry of a line of which `usual` gave None, or say what is wrong with it, as a call does."""
        return parse(raw.strip().decode("utf-8"), number, self.base)


_decoder = Decoder()


def decode(line: bytes) -> Operation:
    """Read back the line of one operation that `encode` wrote.

    Raises:
        HistoryError: it is not one.
    """
    try:
        entry = _decoder(line, 1)
    except (Problem, UnicodeDecodeError) as problem:
        raise HistoryError(f"{problem}.", line=1) from problem
    if not isinstance(entry, Operation):
        raise HistoryError("not an operation.", line=1)
    return entry


def is_whole(raw: bytes) -> bool:
    """Whether a line is JSON from its first byte to its last, whatever it says."""
    try:
        _decode(raw.decode("utf-8"))
    except (ValueError, RecursionError):
        return False
    return True
