"""The shape of an answer: what of it must come again for a finding to be seen again, as one line (pure).

A script that reproduces a finding holds the source of `shape` itself, so it uses nothing but the standard library.
"""

from __future__ import annotations

import json
from typing import Any


def shape(status: int | None, media: str, body: Any, names: dict[str, str]) -> str:
    """Say what an answer looks like; `names` gives ids and names that the client knows already a word."""

    def stated(value: Any) -> str:
        kinds = {str: "text", bool: "flag", dict: "object", list: "list", type(None): "null"}
        return ("empty text" if value == "" else kinds.get(type(value), "number")) if value != [] else "empty list"

    def field(key: str) -> str:
        if key not in body:
            return f"{key} missing"
        value = body[key]
        if key in ("error", "code", "kind") and value not in ("", None) and isinstance(value, (str, int)):
            return f"{key} {json.dumps(value, ensure_ascii=False)[:60]}"
        known = key in ("reason", "suggestion") and isinstance(value, str) and 0 < len(value) < 200
        return f"{key} {json.dumps(value, ensure_ascii=False)}" if known and spoken else f"{key} {stated(value)}"

    if status is None:
        return "no whole answer"
    if not isinstance(body, dict):
        return f"{status} {media or 'no media type'}, {'nothing' if body in (None, '') else stated(body)}"
    spoken = body.get("code") == "resource_not_consistent" or (status == 400 and "errors" not in body)
    keys = ("error", "code", "reason", "suggestion") if status >= 400 or "code" in body else ()
    said = [field(key) for key in keys]
    said += [field(key) for key in ("kind", "url", "host", "results") if key in body]
    if "id" in body:
        said.append(f"id {names.get(str(body['id']), 'new' if isinstance(body['id'], str) else stated(body['id']))}")
    if body.get("is_deleted") is True:
        said.append("is_deleted true")
    record = body.get("status")
    if isinstance(record, dict):
        consistent = record.get("is_consistent", "missing")
        said.append(f"is_consistent {json.dumps(consistent)}")
        said += [f"{key} {stated(record[key])}" for key in ("completed_on", "error_on") if key in record]
    text = json.dumps(body, ensure_ascii=False)
    about = sorted({word for known, word in names.items() if known in text and "url" not in body})
    return ", ".join(
        [f"{status} {media or 'no media type'}", *said, *([f"tells of {' '.join(about)}"] if about else [])]
    )
