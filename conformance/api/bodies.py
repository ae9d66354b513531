"""Reading JSON that somebody else wrote: whatever is not of the expected shape is simply not there."""

from __future__ import annotations

import json
import unicodedata
from functools import lru_cache
from urllib.parse import parse_qsl

from conformance.api.routes import spelled
from conformance.model import Json, Octets


def asked(body: Json | Octets | None) -> Json:
    """Give the body of a request as nested JSON, also where it was kept as text: a form, or JSON.

    None where the text was not kept whole, names a field twice or is neither.
    """
    if not isinstance(body, Octets):
        return body
    return _read(body.text) if body.text and len(body.text.encode()) == body.bytes else None


@lru_cache(maxsize=1024)
def _read(text: str) -> Json:
    try:
        return json.loads(text) if text.lstrip().startswith("{") else _form(text)
    except (ValueError, RecursionError):
        return None


def _form(text: str) -> Json:
    fields: dict[str, Json] = {}
    for key, value in parse_qsl(text, keep_blank_values=True, strict_parsing=True):
        outer, opened, inner = key.partition("[")
        place = fields.setdefault(outer, {}) if opened else fields
        name = inner.removesuffix("]") if opened else key
        if not isinstance(place, dict) or name in place:
            return None
        place[name] = value
    return fields


def identity(value: Json) -> str:
    """Give the `id` of a JSON object, empty when there is none."""
    found = value.get("id") if isinstance(value, dict) else None
    return spelled(found) if isinstance(found, str) else ""


def promoted(body: Json | Octets | None) -> Json:
    """Return the version in the answer to a promotion: the answer itself, or the current version of the file it shows.

    The API's facts do not say which of the two is answered.
    """
    if not isinstance(body, dict):
        return None
    if "current_version" in body or body.get("kind") == "dds-file":
        return body.get("current_version")
    return body


def folded(name: str) -> str:
    """Return a name as a server may have it that trims names or normalises them, in whatever legal way."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split()).strip(" .")


def within(value: Json, *names: str) -> Json:
    """Follow `names` into nested JSON objects; None where one is missing."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def whole(value: Json) -> int | None:
    """Read an integer, also from the digits of a form field."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20 else None


def reported_hash(body: Json) -> tuple[str, str] | None:
    """Give value and algorithm of a reported hash, nested or as form fields; None when it is not there."""
    value, algorithm = within(body, "hash", "value"), within(body, "hash", "algorithm")
    if value is None and isinstance(body, dict):
        value, algorithm = body.get("hash[value]"), body.get("hash[algorithm]")
    return (value, algorithm) if isinstance(value, str) and isinstance(algorithm, str) else None
