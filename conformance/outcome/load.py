"""A run document from its file: whole, or refused with what can be said all the same.

A document that lost its end says nothing that may be trusted as an outcome: the duty that failed may be in the part
that is missing. It is refused, and the refusal tells what the part that is left does hold.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from conformance.api.payload_schemas import contract
from conformance.errors import ExitCode, SuiteError, UsageError
from conformance.history.input_files import PackingError, other_kind, read_bytes

FORMAT = "dds-conformance-report"
VERSION = 1
_REMEDY = "Name the report.json of a run."
Document = Mapping[str, Any]
_DECODER = json.JSONDecoder()
_KEY = re.compile(r'\s*,?\s*("(?:[^"\\]|\\.)*")\s*:\s*')
_COMMA = re.compile(r"[\s,]*")


class IncompleteDocumentError(SuiteError):
    """A run document without its end. `account` holds the sentences that can be said all the same."""

    exit_code = ExitCode.INCOMPLETE

    def __init__(self, path: Path, account: Sequence[str]) -> None:
        said = " ".join(f"{sentence}." for sentence in account)
        super().__init__(
            f"{path} is incomplete: its end is missing, so no report is drawn from it. {said}",
            remedy="Judge the history of that run again (`dds-conformance judge HISTORY`) to get a whole document.",
        )
        self.account = tuple(account)


def load(path: Path) -> Document:
    """Read a whole run document.

    Raises `IncompleteDocumentError` when its end is missing and `UsageError` when it is no run document of ours.
    """
    text = _text(path)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = salvage(text)
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        kind = other_kind(text.encode("utf-8", "replace"))
        what = f"{kind}, not a run document" if kind else "not a run document"
        raise UsageError(f"{path} is {what}.", remedy=_REMEDY)
    if document.get("version") != VERSION:
        remedy = f"This suite reads version {VERSION}; draw the report with the suite that wrote it."
        raise UsageError(f"{path} has version {document.get('version')!r}.", remedy=remedy)
    if document.get("end") is not True:
        raise IncompleteDocumentError(path, account(document))
    return document


def load_valid(path: Path) -> Document:
    """Read a whole run document that keeps its schema: one from a user's hands may be anything.

    Raises what `load` does, and `UsageError` when a field is missing or of the wrong kind.
    """
    document = load(path)
    if problems := contract("run").problems(document):
        raise UsageError(f"{path} is a damaged run document: {problems[0]}.", remedy=_REMEDY)
    return document


def _text(path: Path) -> str:
    try:
        return read_bytes(path).decode("utf-8", errors="replace")
    except (OSError, PackingError) as trouble:
        said = f"cannot be read: {trouble.strerror}" if isinstance(trouble, OSError) else f"is {trouble}"
        raise UsageError(f"{path} {said}.", remedy=_REMEDY) from trouble


def salvage(text: str) -> dict[str, Any]:
    """Read what is whole of a cut JSON object: its members, and the whole elements of an array that was cut."""
    start = text.find("{")
    position, members = start + 1, {}
    while start >= 0 and (key := _KEY.match(text, position)):
        try:
            value, position = _DECODER.raw_decode(text, key.end())
        except (ValueError, RecursionError):
            if text[key.end() : key.end() + 1] == "[":
                members[json.loads(key[1])] = _elements(text, key.end() + 1)
            break
        members[json.loads(key[1])] = value
    members.pop("end", None)
    return members


def _elements(text: str, position: int) -> list[Any]:
    elements: list[Any] = []
    try:
        while True:
            gap = _COMMA.match(text, position)
            element, position = _DECODER.raw_decode(text, gap.end() if gap else position)
            elements.append(element)
    except (ValueError, RecursionError):
        return elements


def account(document: Document) -> tuple[str, ...]:
    """Say what a document without its end holds all the same."""
    target = document.get("target") or {}
    rows = document.get("requirements") or []
    findings = document.get("findings") or []
    said = [
        f"It tells of run {document.get('run_id', '(unnamed)')} against {target.get('base_url', 'an unnamed target')}"
    ]
    if document.get("begun"):
        said.append(f"The run began at {document['begun']}")
    if rows:
        counts = Counter(str(row.get("outcome")) for row in rows)
        tally = ", ".join(f"{count} {outcome}" for outcome, count in counts.most_common())
        said.append(f"{len(rows)} duties can be read: {tally}; more may be missing")
    broken = [str(row.get("id")) for row in rows if row.get("outcome") == "fail"]
    if broken:
        said.append(f"Broken already: {', '.join(broken)}")
    said += [f"Found: {finding['sentence']}" for finding in findings[:3] if finding.get("sentence")]
    return tuple(said)
