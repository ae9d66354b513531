"""HAR 1.2, as browsers, proxies and API tools export it."""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

from conformance.errors import HistoryError
from conformance.history.har.har_entries import NS_PER_MS, HarEntry, instant, octets_of_text, retained_whole

_BODILESS = frozenset({204, 205, 304})


def is_har(document: Any) -> bool:
    """Whether a JSON value is a HAR file."""
    log = document.get("log") if isinstance(document, dict) else None
    return isinstance(log, dict) and isinstance(log.get("entries"), list)


def har_entries(document: Any) -> list[HarEntry]:
    """Read every entry, in the file's order.

    Raises:
        HistoryError: it is no HAR, or an entry lacks what every entry has; names the entry.
    """
    if not is_har(document):
        raise HistoryError("this is no HAR file: it has no `log` with `entries`.", remedy="Export it as HAR 1.2.")
    return [_entry(entry, number) for number, entry in enumerate(document["log"]["entries"], 1)]


def parsed(text: str) -> Any:
    """Parse the JSON of a HAR file; raise HistoryError with the reason when it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as trouble:
        raise HistoryError(f"this is no HAR file: {trouble}.", remedy="Export it as HAR 1.2.") from trouble


def _entry(entry: Any, number: int) -> HarEntry:
    given = entry if isinstance(entry, dict) else {}
    request, answered = (_mapping(given.get(name)) for name in ("request", "response"))
    method, url = request.get("method"), request.get("url")
    if not isinstance(method, str) or not isinstance(url, str):
        raise HistoryError(f"entry {number} has no request with a method and a url.")
    begun_ns, resolution_ns = instant(entry.get("startedDateTime"), number)
    status = answered.get("status")
    asked_headers, stated_headers = _headers(request.get("headers")), _headers(answered.get("headers"))
    return HarEntry(
        number=number,
        begun_ns=begun_ns,
        resolution_ns=resolution_ns,
        took_ns=_took(entry.get("time")),
        method=method.upper(),
        url=url,
        request_headers=asked_headers,
        request=_request_body(request, asked_headers),
        status=status if type(status) is int and 100 <= status <= 999 else 0,
        response_headers=stated_headers,
        response=_response_body(answered, stated_headers, bodiless=method.upper() == "HEAD" or status in _BODILESS),
    )


def _mapping(given: Any) -> Mapping[str, Any]:
    return given if isinstance(given, dict) else {}


def _took(given: Any) -> int | None:
    """Give the duration in nanoseconds, rounded up; None where it is not told."""
    if isinstance(given, bool) or not isinstance(given, int | float) or not math.isfinite(given) or given < 0:
        return None
    return math.ceil(given * NS_PER_MS)


def _headers(given: Any) -> dict[str, str]:
    retained: dict[str, str] = {}
    pairs: Iterable[tuple[Any, Any]] = ()
    if isinstance(given, list):
        pairs = ((one.get("name"), one.get("value")) for one in given if isinstance(one, dict))
    elif isinstance(given, Mapping):
        pairs = given.items()
    for name, value in pairs:
        if isinstance(name, str) and isinstance(value, str) and not name.startswith(":"):
            lower = name.lower()
            retained[lower] = f"{retained[lower]}, {value}" if lower in retained else value
    return retained


def _request_body(request: Mapping[str, Any], headers: Mapping[str, str]) -> bytes | None:
    posted = request.get("postData")
    if not isinstance(posted, dict):
        said = headers.get("content-length", "0" if request.get("bodySize") in (None, 0, -1) else "")
        return b"" if said == "0" and "transfer-encoding" not in headers else None
    data = _text(posted)
    size = request.get("bodySize")
    if "content-length" not in headers and type(size) is int and size >= 0:
        headers = {**headers, "content-length": str(size)}
    return retained_whole(data, headers)


def _response_body(response: Mapping[str, Any], headers: Mapping[str, str], *, bodiless: bool) -> bytes | None:
    content = response.get("content")
    data = _text(content) if isinstance(content, dict) else None
    if data is None and headers.get("content-length") == "0":
        data = b""
    return retained_whole(data, headers, empty=bodiless)


def _text(holder: Mapping[str, Any]) -> bytes | None:
    text = holder.get("text")
    if not isinstance(text, str):
        return None
    if holder.get("encoding") == "base64":
        try:
            return base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            return None
    return octets_of_text(text)
