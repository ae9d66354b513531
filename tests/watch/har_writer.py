"""Histories written as HAR 1.2, the way that a browser or a proxy would have: wall clock, bodies, no sessions."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from conformance.model import Exchange, Octets, Operation, Role

TOKENS: Mapping[str | None, str] = {"owner": "token-of-the-owner", "other": "token-of-another"}
EPOCH = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
DIGITS = (0, 1, 2, 3, 6)
"""Digits of a second that exporters print."""


def har_of(operations: Iterable[Operation], dice: random.Random | None = None, digits: int = 3) -> dict[str, Any]:
    """Write operations (nanoseconds from `EPOCH`) down; with `dice` in any order, and unended in several ways."""
    retained = list(operations)
    contents = _contents(retained)
    entries = [_entry(one, contents, dice, digits) for one in retained]
    if dice is not None:
        dice.shuffle(entries)
    return {"log": {"version": "1.2", "creator": {"name": "a test", "version": "1"}, "entries": entries}}


def _contents(operations: Iterable[Operation]) -> dict[tuple[int, str], bytes]:
    """Make bytes for every body of which only length and hash are told."""
    made: dict[tuple[int, str], bytes] = {}
    for one in operations:
        for body in (one.exchange.request, one.exchange.response):
            if isinstance(body, Octets) and not body.text:
                made[(body.bytes, body.md5)] = ((body.md5 or "-") * (body.bytes // 32 + 1)).encode()[: body.bytes]
    return made


def _stated(value: Any, contents: Mapping[tuple[int, str], bytes]) -> Any:
    """Give a JSON body with each hash that was reported replaced by the one of the bytes made for it."""
    hashes = {stated: hashlib.md5(data).hexdigest() for (_, stated), data in contents.items() if stated}
    text = json.dumps(value)
    for stated, made in hashes.items():
        text = text.replace(f'"{stated}"', f'"{made}"')
    return text.encode()


def _bytes(body: Any, contents: Mapping[tuple[int, str], bytes]) -> bytes:
    if isinstance(body, Octets):
        return body.text.encode() if body.text else contents[(body.bytes, body.md5)]
    return b"" if body is None else _stated(body, contents)


def _instant(ns: int, digits: int) -> str:
    moment = EPOCH + timedelta(microseconds=ns // 1000)
    fraction = f"{moment.microsecond:06d}"[:digits]
    return f"{moment:%Y-%m-%dT%H:%M:%S}{'.' if digits else ''}{fraction}Z"


def _headers(pairs: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs.items()]


def _entry(
    one: Operation, contents: Mapping[tuple[int, str], bytes], dice: random.Random | None, digits: int
) -> dict[str, Any]:
    exchange = one.exchange
    entry: dict[str, Any] = {
        "startedDateTime": _instant(one.a_ns, digits),
        "time": None if one.b_ns is None else (one.b_ns - one.a_ns) / 1e6,
        "request": _request(exchange, contents),
        "response": _response(exchange, contents),
        "cache": {},
        "timings": {"send": 0, "wait": 0, "receive": 0},
    }
    if one.b_ns is None:
        entry["time"] = dice.choice((-1, None)) if dice else -1
        if dice is None or dice.random() < 0.5:
            entry["response"] = {"status": 0, "headers": [], "content": {"size": 0}}
    return entry


def _request(exchange: Exchange, contents: Mapping[tuple[int, str], bytes]) -> dict[str, Any]:
    host = "storage.test" if exchange.role is Role.STORAGE else exchange.host
    data = _bytes(exchange.request, contents)
    headers = {"Accept": "application/json"}
    if exchange.role is Role.API and exchange.user in TOKENS:
        headers["Authorization"] = TOKENS[exchange.user]
    written: dict[str, Any] = {"method": exchange.method, "url": f"http://{host}{exchange.path}", "bodySize": len(data)}
    if data or exchange.method in ("PUT", "POST"):
        headers["Content-Length"] = str(len(data))
    if data:
        media = exchange.request_type or "application/octet-stream"
        headers["Content-Type"] = media
        written["postData"] = {"mimeType": media, "text": data.decode()}
    return {**written, "headers": _headers(headers)}


def _response(exchange: Exchange, contents: Mapping[tuple[int, str], bytes]) -> dict[str, Any]:
    if exchange.status is None:
        return {"status": 0, "headers": [], "content": {"size": 0}}
    data = _bytes(exchange.response, contents)
    headers = {**exchange.headers, "Content-Length": str(len(data))}
    return {
        "status": exchange.status,
        "headers": _headers(headers),
        "content": {"size": len(data), "mimeType": headers.get("content-type", ""), "text": data.decode()},
    }
