"""Histories written: an operation, what announces it, and the first and last line, as bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping

import msgspec

from conformance.history.entries import FORMAT, TARGET_FIELDS, VERSION
from conformance.model import Json, Octets, Operation, Target

_text = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode

_usual = msgspec.json.Encoder().encode
_UNUSUAL = (msgspec.EncodeError, UnicodeError, OverflowError, TypeError, ValueError, RecursionError)


def _payload(value: Json | Octets | None) -> Json:
    if not isinstance(value, Octets):
        return value
    retained: dict[str, Json] = {"bytes": value.bytes, "md5": value.md5}
    return {**retained, "text": value.text} if value.text else retained


def _line(fields: Mapping[str, Json]) -> bytes:
    try:
        return _usual(fields) + b"\n"
    except _UNUSUAL:  # a lone surrogate, a number beyond 64 bits
        pass
    return (_text(fields) + "\n").encode("utf-8", "backslashreplace")


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
    about = {name: getattr(target, name) for name in TARGET_FIELDS}
    return _line({"format": FORMAT, "version": VERSION, "clock": "monotonic", **fields, "target": about})


def encode_end(operations: int, *, interrupted: bool, ended: str) -> bytes:
    """Give the last line; `operations` counts the ended operations, `ended` is ISO 8601."""
    return _line({"end": True, "operations": operations, "interrupted": interrupted, "ended": ended})
