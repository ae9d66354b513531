"""Parameter validation as data: each call declares its fields, one function judges a body by them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from conformance.reference.refusals import invalid

__all__ = ["Field", "check_fields", "page_of"]

MAX_TEXT = 10_000  # characters: far above any name a client sends
MAX_PER_PAGE = 1000
MAX_PAGE = 1 << 31
_TRUTH = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter: its name, kind (text, integer, boolean, object), and bounds."""

    name: str
    kind: str = "text"
    required: bool = True
    low: int = 0
    high: int | None = None
    choices: tuple[str, ...] = ()
    inner: tuple[Field, ...] = ()


def check_fields(body: dict[str, Any], fields: tuple[Field, ...], *, form: bool) -> dict[str, Any]:
    """Return the declared fields of a body; raise one validation error that names every offence."""
    errors: list[tuple[str, str]] = []
    values = _check(body, fields, "", errors, form=form)
    if errors:
        raise invalid(*errors)
    return values


def _check(
    body: dict[str, Any], fields: tuple[Field, ...], prefix: str, errors: list[tuple[str, str]], *, form: bool
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for field in fields:
        name = f"{prefix}[{field.name}]" if prefix else field.name
        given = body.get(field.name)
        if given is None:
            if field.required:
                errors.append((name, "is missing"))
        elif field.kind == "object":
            if isinstance(given, dict):
                values[field.name] = _check(given, field.inner, name, errors, form=form)
            else:
                errors.append((name, "is invalid"))
        else:
            values[field.name], message = _scalar(field, given, form=form)
            if message:
                errors.append((name, message))
    return values


def _scalar(field: Field, given: Any, *, form: bool) -> tuple[Any, str]:
    if field.kind == "integer":
        return _integer(field, given, form=form)
    if field.kind == "boolean":
        value = _TRUTH.get(given.lower()) if form and isinstance(given, str) else given
        return value, "" if isinstance(value, bool) else "is invalid"
    return given, _text_message(field, given)


def _integer(field: Field, given: Any, *, form: bool) -> tuple[Any, str]:
    if form and isinstance(given, str) and given.isascii() and given.isdigit() and len(given) < 20:
        given = int(given)
    if isinstance(given, bool) or not isinstance(given, int):
        return given, "is invalid"
    if given < field.low:
        return given, f"must be greater than or equal to {field.low}"
    if field.high is not None and given > field.high:
        return given, f"must be less than or equal to {field.high}"
    return given, ""


def _text_message(field: Field, given: Any) -> str:
    if not isinstance(given, str) or len(given) > MAX_TEXT or "\x00" in given:
        return "is invalid"
    if field.required and not given.strip():
        return "can't be blank"
    if field.choices and given not in field.choices:
        return "must be one of " + ", ".join(field.choices)
    return ""


def page_of(query: dict[str, str]) -> tuple[int, int]:
    """Return (page, per_page) of a collection's query; raise a validation error for anything but sane numbers."""
    fields = (
        Field("page", "integer", required=False, low=1, high=MAX_PAGE),
        Field("per_page", "integer", required=False, low=1, high=MAX_PER_PAGE),
    )
    values = check_fields(dict(query), fields, form=True)
    return values.get("page", 1), values.get("per_page", 100)
