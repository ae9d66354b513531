"""A requirement as a test case, for every format that CI servers read: what it holds, how long it took, what to say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from conformance.outcome.display_text import printable

Document = Mapping[str, Any]
GATING = ("MUST", "IMPLIED")
MOST_STATED = 20
RUN = "the run is complete"
"""Name of the case that an incomplete run adds, so that no CI is green over it."""


def kind(row: Document, outcome: str) -> str:
    """Say what a requirement's case holds: ``failure``, ``error``, ``skipped`` or nothing (it passed)."""
    match row["outcome"]:
        case "fail":
            return "failure"
        case "error":
            return "error"
        case "blocked":
            return "error" if row["level"] in GATING and outcome != "conformant" else "skipped"
        case "not-observed" | "not-applicable":
            return "skipped"
        case _:
            return ""


def took_s(document: Document) -> float:
    """Return how long the run took in seconds; of a recording, how long what it holds took."""
    if document.get("recorded"):
        return float((document.get("traffic") or {}).get("duration_s") or 0.0)
    return float(document.get("duration_s") or (document.get("traffic") or {}).get("duration_s") or 0.0)


def shares_s(document: Document) -> list[float]:
    """Return how long each requirement took, in seconds: its share of the run by the answers looked at for it.

    All requirements are tried at once, so that none has a beginning and an end of its own; the shares add up to the
    run. What was looked at has a share, however small; nothing else has one.
    """
    weights = [_weight(row) for row in document["requirements"]]
    whole = sum(weights)
    return [took_s(document) * weight / whole if whole else 0.0 for weight in weights]


def _weight(row: Document) -> int:
    seen = max(int(row.get("looked") or 0), int(row["exposures"]))
    return max(seen, 1) if row["outcome"] in ("pass", "fail", "warn") else seen


def findings_of(row: Document, document: Document) -> list[Document]:
    """Return the findings against a requirement."""
    return [document["findings"][index] for index in row["findings"]]


def headline(row: Document, findings: Sequence[Document]) -> str:
    """Return the one sentence for a case: its first finding, else its note."""
    return str(findings[0]["sentence"] if findings else row["note"] or row["outcome"])


def stated(row: Document, findings: Sequence[Document], most: int) -> str:
    """Tell what the requirement asks, and what was found: in sentences, with the commands that ask again.

    `most` bounds the characters of the whole, and no finding takes more than a fourth of them.
    """
    quote = f": {row['quote']}" if row.get("quote") else ""
    parts = [f"{row['title']}\n{row['asks']}\nspec, {row['section']}{quote}"]
    for finding in findings[:MOST_STATED]:
        lines = [finding["sentence"][:most]]
        lines += [f"expected: {finding['expected'][:most]}"] if finding.get("expected") else []
        lines += [f"observed: {finding['observed'][:most]}"] if finding.get("observed") else []
        parts.append(cut("\n".join([*lines, *(one[:most] for one in finding["curl"])]), most // 4))
    if len(findings) > MOST_STATED:
        parts.append(f"and {len(findings) - MOST_STATED} more, in report.json")
    return cut("\n\n".join(parts), most)


def cut(text: object, most: int) -> str:
    """Return printable text of at most `most` characters; where something is missing, it says so by an ellipsis."""
    said = str(text)
    return printable(said if len(said) <= most else f"{said[: most - 1]}…")


def unique(names: Sequence[str]) -> list[str]:
    """Return the names, each once: a second one of the same name gets a number, which no other has."""
    taken, result = set(names), []
    seen: set[str] = set()
    for name in names:
        one, number = name, 2
        while one in seen or (one != name and one in taken):
            one, number = f"{name} ({number})", number + 1
        seen.add(one)
        result.append(one)
    return result


def epoch_ms(text: str) -> int:
    """Return an instant of the document in milliseconds since 1970."""
    return round(datetime.fromisoformat(text).timestamp() * 1000)
