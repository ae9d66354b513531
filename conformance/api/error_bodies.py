"""What the body of an error says: its four fields, its code, the words of the two new messages, the fields it names."""

from __future__ import annotations

import json
import re

from conformance.api.statuses import TAKEN_STATUSES
from conformance.model import Exchange, Json, Octets

NOT_CONSISTENT = "resource_not_consistent"
NOT_PROVIDED = "not_provided"
FIELDS = ("error", "code", "reason", "suggestion")
"""The fields of the standard error."""

INTEGRITY_SUGGESTION = "You must begin a new upload process"
INTEGRITY_REASONS = frozenset(
    {
        "reported chunk hash/size does not match that computed by StorageProvider",
        "reported chunk hash does not match that computed by StorageProvider",
        "reported size does not match size computed by StorageProvider",
        "reported hash value does not match size computed by StorageProvider",
        "NonChunkedUpload not found in object store",
    }
)
"""The specification's sentence and those the deployed service is known to use (docs/api.md)."""

_THERE = r"already|in use|taken|(?<!not )(?<!n't )exist|unique|duplicat|collision|same name|\bused\b"
_TAKEN = re.compile(_THERE, re.IGNORECASE)
_MISSED = (
    r"incomplet\w*|(?:n't|\b(?:not|must|should|please|(?:has|have|needs?|ought) to))(?: (?:yet|first|be|been|have))*"
    r" complet\w*"
)
"""A completion that is asked for or missed, and so is no fact."""
_DEMANDED = re.compile(_MISSED, re.IGNORECASE)
_SO_ALREADY = re.compile(
    rf"{_THERE}|complet|current|no longer|deleted|conflict|unchanged|no changes?\b|the same\b|not modified",
    re.IGNORECASE,
)
_UPLOAD = re.compile(r"upload(?:_id)?\b")
_VERSION = re.compile(r"(?:file_?)?version(?:_id)?\b|current")
_IS_CURRENT = re.compile(r"\b(?:already|is)\b.{0,20}\bcurrent\b|\bcurrent\b.{0,20}\balready\b", re.IGNORECASE)
_INVALID = 400
_UNFIT = re.compile(rf"\berrors?\b|integrity|mismatch|consistent|{_MISSED}", re.IGNORECASE)
_COMPLETED = re.compile(r"\bcompleted_(?:at|on)\b|\balready (?:been )?completed?\b", re.IGNORECASE)


def has_four_fields(body: Json | Octets | None) -> bool:
    """Whether a body has all the fields of the standard error, whatever is in them."""
    return isinstance(body, dict) and all(name in body for name in FIELDS)


def code_of(body: Json | Octets | None) -> str | None:
    """Return the `code` of a JSON object, None when there is none or it is not a string."""
    code = body.get("code") if isinstance(body, dict) else None
    return code if isinstance(code, str) else None


def names_mismatch(body: Json | Octets | None) -> bool:
    """Whether an error's reason is one of the sentences that tell a mismatch of what was stored."""
    reason = body.get("reason") if isinstance(body, dict) else None
    return isinstance(reason, str) and reason in INTEGRITY_REASONS


def has_integrity_wording(body: Json | Octets | None) -> bool:
    """Whether an error uses the specification's (or the deployed service's) words for the integrity exception."""
    return names_mismatch(body) or (isinstance(body, dict) and body.get("suggestion") == INTEGRITY_SUGGESTION)


def named_fields(exchange: Exchange) -> frozenset[str]:
    """Return the fields that a validation error names, in a list of them or by themselves."""
    body = exchange.response
    errors = body.get("errors") if isinstance(body, dict) else None
    if isinstance(errors, dict):
        return frozenset(map(str, errors))
    if not isinstance(errors, list):
        return frozenset()
    return frozenset(str(e["field"]) for e in errors if isinstance(e, dict) and "field" in e)


def says_taken(exchange: Exchange) -> bool:
    """Whether a refusal says that there is one already: perhaps of this very request, delivered twice."""
    return exchange.status in TAKEN_STATUSES and any(map(_TAKEN.search, texts(exchange.response)))


def names_upload(exchange: Exchange) -> bool:
    """Whether a refusal is about the upload that a request named: by the fields it names, or else by its reason."""
    fields = named_fields(exchange)
    if fields:
        return all("upload" in field.lower() for field in fields)
    body = exchange.response
    reason = body.get("reason") if isinstance(body, dict) else None
    return isinstance(reason, str) and "upload" in reason.lower()


def says_completed(exchange: Exchange) -> bool:
    """Whether a refusal of completion says that it was completed before, in a field's name or in its reason."""
    body = exchange.response
    reason = body.get("reason") if isinstance(body, dict) else None
    return any(_COMPLETED.search(text) for text in (*named_fields(exchange), str(reason or "")))


def says_so_already(exchange: Exchange) -> bool:
    """Whether a refusal may mean that it is so already, or that a name is taken; no 401 and no 403 does."""
    if exchange.status in (401, 403):
        return False
    return any(_SO_ALREADY.search(_DEMANDED.sub("", text)) for text in texts(exchange.response))


def says_current(exchange: Exchange) -> bool:
    """Whether a refusal of a switch may say that the file shows this upload or version already.

    It does not where it says what is wrong with the upload itself.
    """
    fields = [field.lower() for field in named_fields(exchange)]
    upload = exchange.status == _INVALID and any(map(_UPLOAD.match, fields))
    said = any(map(_VERSION.match, fields)) or any(map(_IS_CURRENT.search, texts(exchange.response)))
    return not says_unfit(exchange) and (upload or said)


def says_unfit(exchange: Exchange) -> bool:
    """Whether a validation error says what is wrong with the upload itself."""
    body = exchange.response
    errors = body.get("errors") if isinstance(body, dict) else None
    return isinstance(errors, list | dict) and _UNFIT.search(json.dumps(errors)) is not None


def texts(body: Json | Octets | None) -> tuple[str, ...]:
    """Return a body as it may have stood on the wire: JSON with and without spaces, nothing as the empty text."""
    if isinstance(body, Octets):
        return (body.text,)
    if body is None:
        return ("",)
    try:
        return (json.dumps(body, ensure_ascii=False), json.dumps(body, ensure_ascii=False, separators=(",", ":")))
    except RecursionError:
        return ("a body nested too deeply to show",)
