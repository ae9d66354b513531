"""From bytes to a dictionary: JSON read strictly, forms with `hash[value]=...` nesting."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from conformance.reference.refusals import ApiError, malformed

if TYPE_CHECKING:
    from starlette.requests import Request

__all__ = ["MAX_BODY", "is_form", "parse_form", "parse_json", "parse_query", "read_body"]

MAX_BODY = 1 << 20  # bytes: no documented API body comes near it
FORM = "application/x-www-form-urlencoded"


def is_form(request: Request) -> bool:
    """Whether a request's body is a form."""
    return request.headers.get("content-type", "").lower().startswith(FORM)


async def read_body(request: Request) -> dict[str, Any]:
    """Read a request's body as a dictionary; raise ApiError 400, 413 or 415."""
    raw = await _read_bounded(request)
    if not raw.strip():
        return {}
    media = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if media == FORM:
        return parse_form(raw)
    if media in {"", "application/json"} or media.endswith("+json"):
        return parse_json(raw)
    raise ApiError(415, "media_type", f"content type {media[:80]!r} is not supported", "send application/json")


async def _read_bounded(request: Request) -> bytes:
    raw = bytearray()
    async for piece in request.stream():
        raw += piece
        if len(raw) > MAX_BODY:
            raise ApiError(413, "too_large", "the request body is too large", "send file contents to the signed URL")
    return bytes(raw)


def parse_json(raw: bytes) -> dict[str, Any]:
    """Parse a JSON object; NaN, repeated keys, lone surrogates and anything but an object are refused."""
    try:
        value = json.loads(raw.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse_constant)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except RecursionError:
        raise malformed("the JSON body is nested too deeply") from None
    except (ValueError, OverflowError):
        raise malformed("the body is not a well-formed JSON object") from None
    if not isinstance(value, dict):
        raise malformed("the JSON body must be an object")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key is repeated")
    return result


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def parse_form(raw: bytes) -> dict[str, Any]:
    """Parse a form; `a[b]=c` gives `{"a": {"b": "c"}}`."""
    result: dict[str, Any] = {}
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=1000)
    except ValueError:
        raise malformed("the body is not a well-formed form") from None
    for key, value in pairs:
        _place(result, key, value)
    return result


def _place(result: dict[str, Any], key: str, value: str) -> None:
    outer, bracket, inner = key.partition("[")
    if not bracket:
        result[key] = value
        return
    nested = result.setdefault(outer, {})
    if not isinstance(nested, dict) or not inner.endswith("]"):
        raise malformed("the form mixes plain and nested fields of one name")
    nested[inner[:-1]] = value


def parse_query(raw: bytes) -> dict[str, str]:
    """Parse a query string; of a repeated parameter the last counts, and odd ones are carried along unread."""
    if not raw:
        return {}
    try:
        return dict(parse_qsl(raw.decode("latin-1"), keep_blank_values=True, errors="strict", max_num_fields=1000))
    except ValueError:
        raise malformed("the query string is not well-formed", "percent-encode UTF-8") from None
