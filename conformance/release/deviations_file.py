"""The file of known deviations: TOML, every field asked for, every mistake named with its line's number."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from conformance.errors import UsageError, did_you_mean
from conformance.history.input_files import read_text
from conformance.release.deviations import Deviation, Seen

OPTIONAL = ("rules", "seen")
FIELDS = ("id", "reason", "owner", "expires", "link")
REMEDY = (
    "Each [[deviation]] has id, reason, owner, expires (a date) and link, and may have rules (a list)"
    ' and seen ("always" or "sometimes").'
)


def read(path: Path, known: Collection[str]) -> tuple[Deviation, ...]:
    """Read the known deviations of a target; `known` are the ids of the catalogue.

    Raises `UsageError` when the file cannot be read, a field is missing, unknown or of the wrong kind, or an id is not
    in the catalogue: a typo must not silently excuse nothing.
    """
    try:
        content = tomllib.loads(read_text(path, what="a TOML file", remedy=REMEDY))
    except tomllib.TOMLDecodeError as trouble:
        raise UsageError(f"{path} is not TOML: {trouble}.", remedy=REMEDY) from trouble
    lines = content.pop("deviation", [])
    if content or not isinstance(lines, list):
        raise UsageError(f"{path} holds other things than [[deviation]]: {', '.join(content)}.", remedy=REMEDY)
    return tuple(_deviation(path, number, line, known) for number, line in enumerate(lines, start=1))


def _deviation(path: Path, number: int, line: Any, known: Collection[str]) -> Deviation:
    where = f"{path}, deviation {number}"
    if not isinstance(line, Mapping):
        raise UsageError(f"{where}: not a table.", remedy=REMEDY)
    missing = [name for name in FIELDS if not line.get(name)]
    unknown = [name for name in line if name not in {*FIELDS, *OPTIONAL}]
    if missing or unknown:
        trouble = f"lacks {', '.join(missing)}" if missing else f"has unknown fields: {', '.join(unknown)}"
        raise UsageError(f"{where} {trouble}.", remedy=_meant(unknown))
    if line["id"] not in known:
        remedy = did_you_mean(str(line["id"]), known, "See `dds-conformance requirements`.")
        raise UsageError(f"{where}: no duty is called {line['id']!r}.", remedy=remedy)
    return Deviation(
        id=str(line["id"]),
        reason=str(line["reason"]),
        owner=str(line["owner"]),
        expires=_date(where, line["expires"]),
        link=str(line["link"]),
        rules=_rules(where, line.get("rules", [])),
        seen=_seen(where, line.get("seen", "always")),
    )


def _meant(unknown: Sequence[str]) -> str:
    return did_you_mean(unknown[0], (*FIELDS, *OPTIONAL), REMEDY) if unknown else REMEDY


def _date(where: str, value: Any) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError) as trouble:
        raise UsageError(f"{where}: expires is no date: {value!r}.", remedy="Write it as 2027-03-31.") from trouble


def _seen(where: str, value: Any) -> Seen:
    seen: dict[Any, Seen] = {"always": "always", "sometimes": "sometimes"}
    if isinstance(value, str) and value in seen:
        return seen[value]
    raise UsageError(f'{where}: seen is neither "always" nor "sometimes": {value!r}.', remedy=REMEDY)


def _rules(where: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(rule, str) and rule for rule in value):
        raise UsageError(f"{where}: rules is not a list of names.", remedy=REMEDY)
    return tuple(value)
