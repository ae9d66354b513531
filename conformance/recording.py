"""The history on disk: JSON lines, written while a run goes on, read strictly afterwards.

A history of ours opens with a header and closes with an end; a mutation is announced before it is sent, so that one
whose end is missing is known to be indeterminate. A foreign recording (the deployed service's) is operations alone.
Times are nanoseconds of one monotonic clock.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from sys import intern
from typing import Any, BinaryIO, NoReturn

from conformance.errors import HistoryError
from conformance.model import NOTHING, Exchange, Failure, History, Json, Octets, Operation, Phase, Role, Target

FORMAT = "dds-conformance-history"
VERSION = 1
_API = "/api/v1"
_PHASES = {phase.value: phase for phase in Phase}
_FAILURES = {failure.value: failure for failure in Failure}
_ROLES = {role.value: role for role in Role}
_USERS = ("owner", "other", "invalid", None)


@dataclass(frozen=True, slots=True)
class Header:
    """The first line of a history of ours: what ran, against which target."""

    fields: Mapping[str, Json]
    target: Target


@dataclass(frozen=True, slots=True)
class Begun:
    """A mutation that is about to be sent; its end may never come."""

    operation: Operation


@dataclass(frozen=True, slots=True)
class End:
    """The last line of a history of ours: how many operations it holds, and whether the user interrupted it."""

    operations: int
    interrupted: bool = False


Entry = Header | Begun | Operation | End


# ---- writing


def _payload(value: Json | Octets | None) -> Json:
    if not isinstance(value, Octets):
        return value
    kept: dict[str, Json] = {"bytes": value.bytes, "md5": value.md5}
    return {**kept, "text": value.text} if value.text else kept


def _line(fields: Mapping[str, Json]) -> bytes:
    return (
        json.dumps(fields, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode(
            "utf-8", "backslashreplace"
        )
        + b"\n"
    )


def _asked(operation: Operation) -> dict[str, Json]:
    exchange = operation.exchange
    fields: dict[str, Json] = {
        "id": operation.id,
        "session": operation.session,
        "a_ns": operation.a_ns,
        "method": exchange.method,
        "host": exchange.host,
        "path": exchange.path,
        "role": exchange.role.value,
        "user": exchange.user,
        "authorized": exchange.user is not None,
        "request": _payload(exchange.request),
        "request_type": exchange.request_type,
        "phase": operation.phase.value,
        "scenario": operation.scenario,
        "plan": operation.plan,
    }
    if operation.notes:
        fields["notes"] = dict(operation.notes)
    return fields


def encode(operation: Operation) -> bytes:
    """Give the line of an operation that ended (or whose end was seen to be missing), newline included."""
    exchange = operation.exchange
    return _line(
        {
            **_asked(operation),
            "b_ns": operation.b_ns,
            "status": exchange.status,
            "headers": dict(exchange.headers),
            "response": _payload(exchange.response),
            "failure": exchange.failure.value if exchange.failure else None,
        }
    )


def encode_begin(operation: Operation) -> bytes:
    """Give the line that announces a mutation before it is sent: the operation without its answer."""
    return _line({"begin": True, **_asked(operation)})


def encode_header(target: Target, fields: Mapping[str, Json]) -> bytes:
    """Give the first line. `fields` are run_id, begun (ISO 8601), effort, seed, suite and whatever else is known."""
    about = {name: getattr(target, name) for name in _TARGET_FIELDS}
    return _line({"format": FORMAT, "version": VERSION, "clock": "monotonic", **fields, "target": about})


def encode_end(operations: int, *, interrupted: bool, ended: str) -> bytes:
    """Give the last line; `operations` counts the ended operations, `ended` is ISO 8601."""
    return _line({"end": True, "operations": operations, "interrupted": interrupted, "ended": ended})


# ---- reading


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_decode = json.JSONDecoder(parse_constant=_refuse_constant).decode
_TARGET_FIELDS: Mapping[str, tuple[type, ...]] = {
    "base_url": (str,),
    "embedded": (bool,),
    "second_user": (bool,),
    "version": (str,),
    "gateway": (str,),
    "converge_within_s": (int, float),
}
_FORMAT_REMEDY = "Give a history of this suite, or one in the deployed service's recorded form."


class _Problem(Exception):  # noqa: N818 - never leaves this module; HistoryError does
    """What is wrong with one line."""


def _object(text: str) -> dict[str, Any]:
    try:
        value = _decode(text)
    except RecursionError as trouble:
        raise _Problem("nested too deeply") from trouble
    except ValueError as trouble:
        raise _Problem(f"not JSON: {trouble}") from trouble
    if not isinstance(value, dict):
        raise _Problem("not a JSON object")
    return value


def _wants(fields: Mapping[str, Any], name: str, kind: type, meaning: str) -> Any:
    value = fields.get(name)
    if type(value) is not kind:
        raise _Problem(f"`{name}` must be {meaning}" if name in fields else f"`{name}` is missing")
    return value


def _choice(fields: Mapping[str, Any], name: str, choices: Mapping[str, Any], default: Any) -> Any:
    value = fields.get(name)
    if value is None:
        return default
    if not isinstance(value, str) or value not in choices:
        raise _Problem(f"`{name}` is not one of {', '.join(choices)}")
    return choices[value]


def _restore(value: Json) -> Json | Octets:
    if type(value) is dict and "md5" in value and "bytes" in value and value.keys() <= {"bytes", "md5", "text"}:
        length, md5, text = value["bytes"], value["md5"], value.get("text", "")
        if type(length) is int and length >= 0 and isinstance(md5, str) and isinstance(text, str):
            return Octets(length, md5, text)
    return value


def _mapping(fields: Mapping[str, Any], name: str) -> Mapping[str, Json]:
    value = fields.get(name)
    if value is None:
        return NOTHING
    if type(value) is not dict:
        raise _Problem(f"`{name}` must be an object")
    return value or NOTHING


def _text(fields: Mapping[str, Any], name: str) -> str | None:
    value = fields.get(name)
    if value is not None and type(value) is not str:
        raise _Problem(f"`{name}` must be a string or null")
    return value


def _notes(fields: Mapping[str, Any]) -> Mapping[str, Json]:
    notes = _mapping(fields, "notes")
    for name, kind in (("invented", list), ("intent", str), ("content", dict), ("url_of", str)):
        if notes.get(name) is not None and type(notes[name]) is not kind:
            raise _Problem(f"`{name}` in `notes` must be {_KINDS[kind]}")
    return notes


_KINDS = {list: "a list", str: "a string", dict: "an object"}


def _user(fields: Mapping[str, Any]) -> str | None:
    if "user" not in fields:
        return "owner" if fields.get("authorized", True) else None
    user = fields["user"]
    if user not in _USERS:
        raise _Problem("`user` is not one of owner, other, invalid, null")
    return user if user is None else str(user)


def _status(fields: Mapping[str, Any]) -> int | None:
    status = fields.get("status")
    if status is None:
        return None
    if type(status) is not int or not 100 <= status <= 999:
        raise _Problem("`status` must be an HTTP status or null")
    return status


def _operation(fields: Mapping[str, Any], line: int, *, begun: bool) -> Operation:
    a_ns = _wants(fields, "a_ns", int, "an integer of nanoseconds")
    b_ns = None if begun or fields.get("b_ns") is None else _wants(fields, "b_ns", int, "an integer or null")
    if b_ns is not None and b_ns < a_ns:
        raise _Problem(f"the clock runs backwards: the operation ends at {b_ns} ns and began at {a_ns} ns")
    path = _wants(fields, "path", str, "a string")
    status = _status(fields)
    failure = Failure.KILLED if begun else _choice(fields, "failure", _FAILURES, None)
    headers = _mapping(fields, "headers")
    if not all(isinstance(value, str) for value in headers.values()):
        raise _Problem("`headers` must map names to strings")
    if failure is None and (b_ns is None or status is None):
        failure = Failure.RESET
    role = Role.API if path.startswith(_API) else Role.STORAGE
    exchange = Exchange(
        method=_wants(fields, "method", str, "a string"),
        path=path,
        host=_text(fields, "host") or "",
        role=_choice(fields, "role", _ROLES, role),
        user=_user(fields),
        request=_restore(fields.get("request")),
        request_type=_text(fields, "request_type"),
        status=status,
        headers=headers,
        response=_restore(fields.get("response")),
        failure=failure,
    )
    name = fields.get("id")
    if name is not None and (type(name) is not str or not name):
        raise _Problem("`id` must be a string that is not empty")
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
        raise _Problem(f"a foreign format: {fields['format']!r}")
    if fields.get("version") != VERSION:
        raise _Problem(f"version {fields.get('version')!r} of the format; this suite reads version {VERSION}")
    about = fields.get("target")
    if not isinstance(about, dict) or not isinstance(about.get("base_url"), str):
        raise _Problem("the header names no target")
    for name, kinds in _TARGET_FIELDS.items():
        if name in about and (
            not isinstance(about[name], kinds) or (isinstance(about[name], bool) != (kinds == (bool,)))
        ):
            raise _Problem(f"the header's target has a wrong `{name}`")
    return Header(fields, Target(**{name: about[name] for name in _TARGET_FIELDS if name in about}))


def _entry(text: str, line: int) -> Entry:
    fields = _object(text)
    if "a_ns" in fields:
        operation = _operation(fields, line, begun=fields.get("begin") is True)
        return Begun(operation) if fields.get("begin") is True else operation
    if "format" in fields:
        return _header(fields)
    if fields.get("end") is True:
        interrupted = fields.get("interrupted") is True
        return End(_wants(fields, "operations", int, "an integer"), interrupted)
    raise _Problem("neither an operation nor a header nor an end: `a_ns` is missing")


def decode(line: bytes) -> Operation:
    """Read back the line of one operation that `encode` wrote.

    Raises:
        HistoryError: it is not one.
    """
    try:
        entry = _entry(line.decode("utf-8"), 1)
    except (_Problem, UnicodeDecodeError) as problem:
        raise HistoryError(f"{problem}.", line=1) from problem
    if not isinstance(entry, Operation):
        raise HistoryError("not an operation.", line=1)
    return entry


class _Watch:
    """What must hold between lines: ids are unique, a session speaks in sequence, the header first, the end last.

    Numbered ids (``worker-12``) cost one bit each, so that ten million operations stay small.
    """

    __slots__ = ("_bits", "_ended", "_last", "_others")

    def __init__(self) -> None:
        self._bits: dict[str, bytearray] = {}
        self._others: set[str] = set()
        self._last: dict[str, tuple[int, int, str]] = {}
        self._ended = False

    def entry(self, entry: Entry, line: int) -> None:
        """Raise `_Problem` if `entry` cannot stand where it stands."""
        if self._ended:
            raise _Problem("something follows the end")
        if isinstance(entry, Operation):
            self._unique(entry.id)
            self._sequential(entry)
        elif isinstance(entry, End):
            self._ended = True
        elif isinstance(entry, Header) and line != 1:
            raise _Problem("a second header")

    def _unique(self, name: str) -> None:
        stem = name.rstrip("0123456789")
        digits = name[len(stem) :]
        if not digits or len(digits) > 8 or digits[0] == "0":
            if name in self._others:
                raise _Problem(f"the id {name!r} occurs twice")
            self._others.add(name)
            return
        byte, bit = divmod(int(digits), 8)
        bits = self._bits.setdefault(stem, bytearray())
        if byte >= len(bits):
            bits.extend(bytes(byte + 1 - len(bits) + len(bits) // 2))
        if bits[byte] >> bit & 1:
            raise _Problem(f"the id {name!r} occurs twice")
        bits[byte] |= 1 << bit

    def _sequential(self, operation: Operation) -> None:
        a, b = operation.a_ns, operation.b_ns
        if b is None:
            return
        last = self._last.get(operation.session)
        if last and a < last[1] and b > last[0]:
            raise _Problem(
                f"two ended operations of session {operation.session!r} overlap: this one began at {a} ns, "
                f"before {last[2]} ended at {last[1]} ns"
            )
        if last is None or b >= last[1]:
            self._last[operation.session] = (a, b, operation.id)


def lines(path: Path | str, on_cut: Callable[[], None] | None = None) -> Iterator[Entry]:
    """Stream the entries of a history. A last line that a killed run cut short ends it, after calling `on_cut`.

    Raises:
        HistoryError: a line is not what it should be; names the line and the reason.
    """
    watch = _Watch()
    with _opened(path) as handle:
        for number, raw in enumerate(handle, 1):
            try:
                entry = _entry(raw.decode("utf-8"), number)
                watch.entry(entry, number)
            except (_Problem, UnicodeDecodeError) as problem:
                if not raw.endswith(b"\n") and number > 1 and not _is_whole(raw):
                    if on_cut:
                        on_cut()
                    return
                reason = str(problem) if isinstance(problem, _Problem) else "not UTF-8"
                raise HistoryError(f"{reason}.", line=number, remedy=_FORMAT_REMEDY if number == 1 else "") from problem
            yield entry


def _opened(path: Path | str) -> BinaryIO:
    try:
        return Path(path).open("rb")
    except OSError as trouble:
        raise HistoryError(f"{path}: {trouble.strerror}.") from trouble


def _is_whole(raw: bytes) -> bool:
    try:
        _decode(raw.decode("utf-8"))
    except (ValueError, RecursionError):
        return False
    return True


def read(path: Path | str) -> History:
    """Read a whole history; an operation without its end is kept as killed, hence indeterminate.

    Raises:
        HistoryError: a line is not what it should be; names the line and the reason.
    """
    kept: dict[str, Operation] = {}
    header: Header | None = None
    end: End | None = None
    cut: list[bool] = []
    for entry in lines(path, on_cut=lambda: cut.append(True)):
        if isinstance(entry, Operation):
            kept[entry.id] = entry
        elif isinstance(entry, Begun):
            kept.setdefault(entry.operation.id, entry.operation)
        elif isinstance(entry, Header):
            header = entry
        else:
            end = entry
    operations = tuple(kept.values())
    if not operations and header is None:
        raise HistoryError("the history is empty.", remedy=_FORMAT_REMEDY)
    if header is None:
        return History(operations, _guess_target(operations), complete=not cut, recorded=True)
    ended = sum(1 for operation in operations if operation.exchange.failure is not Failure.KILLED)
    whole = end is not None and not end.interrupted and not cut and ended >= end.operations
    return History(operations, header.target, complete=whole, header=header.fields)


def _guess_target(operations: tuple[Operation, ...]) -> Target:
    spoken = (operation.exchange for operation in operations if operation.exchange.role is Role.API)
    host = next((exchange.host for exchange in spoken if exchange.host), "unknown")
    return Target(base_url=f"http://{host}{_API}")


def unfinished(operation: Operation) -> Operation:
    """Give `operation` as one whose end never came."""
    return replace(operation, b_ns=None, exchange=replace(operation.exchange, failure=Failure.KILLED))
