"""Cassettes: the YAML in which schemathesis keeps what it sent, read as if it were a HAR file."""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Mapping
from typing import Any

import yaml

from conformance import yaml_text
from conformance.errors import HistoryError
from conformance.history.har.har_entries import NS_PER_S, HarEntry, instant, octets_of_text, retained_whole


def is_cassette(text: str) -> bool:
    """Whether a text looks like a cassette, before it is parsed."""
    return any(line.startswith("http_interactions:") for line in text.splitlines()[:50])


def cassette_entries(text: str) -> list[HarEntry]:
    """Read every exchange of a cassette.

    Raises:
        HistoryError: it is none, or an exchange lacks what every one has.
    """
    try:
        document = yaml_text.parsed(text)
    except (yaml.YAMLError, RecursionError) as trouble:
        raise HistoryError(f"this is no cassette: {trouble}.") from trouble
    found = document.get("http_interactions") if isinstance(document, dict) else None
    return [_entry(one, number) for number, one in enumerate(found if isinstance(found, list) else [], 1)]


def _entry(one: Any, number: int) -> HarEntry:
    given: Mapping[str, Any] = one if isinstance(one, dict) else {}
    request, answered = (_mapping(given.get(name)) for name in ("request", "response"))
    method, url = request.get("method"), request.get("uri")
    if not isinstance(method, str) or not isinstance(url, str):
        raise HistoryError(f"exchange {number} has no request with a method and a uri.")
    begun_ns, resolution_ns = instant(str(given.get("recorded_at", "")), number)
    asked_headers, stated_headers = _headers(request.get("headers")), _headers(answered.get("headers"))
    status = _status(answered.get("status"))
    sent = _body(request.get("body"))
    lengths = {"content-length": str(len(sent or b""))}
    return HarEntry(
        number=number,
        begun_ns=begun_ns,
        resolution_ns=resolution_ns,
        took_ns=_took(answered.get("elapsed", given.get("elapsed"))),
        method=method.upper(),
        url=url,
        request_headers=asked_headers,
        request=retained_whole(sent or b"", {**lengths, **asked_headers}),
        status=status,
        response_headers=stated_headers,
        response=retained_whole(
            _body(answered.get("body")), stated_headers, empty=method == "HEAD" or status in (204, 304)
        ),
    )


def _status(given: Any) -> int:
    code = str(given.get("code") if isinstance(given, dict) else "")
    return int(code) if code.isascii() and code.isdigit() and 100 <= int(code) <= 999 else 0


def _mapping(given: Any) -> Mapping[str, Any]:
    return given if isinstance(given, dict) else {}


def _took(given: Any) -> int | None:
    try:
        seconds = float(given)
    except (TypeError, ValueError):
        return None
    return math.ceil(seconds * NS_PER_S) if math.isfinite(seconds) and seconds >= 0 else None


def _headers(given: Any) -> dict[str, str]:
    named = given.items() if isinstance(given, dict) else ()
    return {
        str(name).lower(): ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        for name, value in named
    }


def _body(given: Any) -> bytes | None:
    if not isinstance(given, dict):
        return None
    coded = given.get("base64_string")
    if isinstance(coded, str):
        try:
            return base64.b64decode(coded, validate=True)
        except (binascii.Error, ValueError):
            return None
    text = given.get("string")
    return octets_of_text(text) if isinstance(text, str) else None
