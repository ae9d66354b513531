"""``certificate.html`` and ``badge.svg``: drawn from an attestation's predicate and the run document alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from markupsafe import Markup

from conformance.outcome.display_text import count, rate, seconds

from .charts.svg import tag
from .page import moment
from .render import page
from .words import LEVELS, OUTCOMES

Document = Mapping[str, Any]
OURS = "dds-conformance"
LEFT = "DDS eventual consistency"
HEIGHT = 20
_COLOURS = {"conformant": "#1c6b45", "nonconformant": "#b3261e"}
_OTHERWISE = "#8a5a00"
_FONT = "Verdana, 'DejaVu Sans', sans-serif"
_WIDTH, _PAD = 6.6, 10


def draw(predicate: Document, report: Document) -> dict[str, str]:
    """Draw the certificate and its badge; the same predicate and report always give the same text."""
    ours = predicate[OURS]
    said = ("demonstration", "no certificate") if ours["demo"] else (ours["outcome"], ours["grade"])
    return {
        "certificate.html": page("certificate.html.j2", context(predicate, report), script="", style="certificate.css"),
        "badge.svg": str(badge(f"{ours['product']}, {ours['title']}", *said)),
    }


def context(predicate: Document, report: Document) -> dict[str, Any]:
    """Give everything the template needs."""
    ours, rows = predicate[OURS], [_row(row) for row in report["requirements"]]
    return {
        "ours": ours,
        "report": report,
        "sentence": _sentence(ours, report),
        "facts": list(_facts(ours, report)),
        "prints": list(_prints(predicate)),
        "levels": [(level, text, [row for row in rows if row["level"] == level]) for level, text in LEVELS.items()],
        "warnings": list(_warnings(report)),
    }


def _row(row: Document) -> dict[str, Any]:
    word, sign = OUTCOMES[row["outcome"]]
    return {**row, "word": word, "sign": sign, "bound": rate(row.get("bound_95"))}


def _sentence(ours: Document, report: Document) -> str:
    retained = {"conformant": "kept", "nonconformant": "broke"}.get(ours["outcome"], "was not shown to keep")
    contract = report["versions"].get("spec", "the specification")
    return f"In a {ours['run']['effort']} run it {retained} the eventual-consistency contract {contract}."


def _facts(ours: Document, report: Document) -> Iterable[tuple[str, str]]:
    target, run = ours["target"], ours["run"]
    yield "Target", f"{target['base_url']}{' (embedded)' if target['embedded'] else ''}"
    yield "Its version", target["version"]
    yield "Organisation", ours["organisation"]
    yield "Contact", ours["contact"]
    yield "Begun", moment(run["begun"])
    yield "Ended", moment(run["ended"])
    yield "Effort, seed", f"{run['effort']}, {run['seed']}"
    yield "Eventually means", f"within {seconds(target['converge_within_s'])}"
    yield "Second user", "given" if target["second_user"] else "not given"
    yield "Exchanges", count(run["exchanges"])
    yield "Suite", f"dds-conformance {report['versions']['suite']}"
    yield "A broken SHOULD", "fails" if run["strict"] else "is warned of"


def _prints(predicate: Document) -> Iterable[tuple[str, str]]:
    ours = predicate[OURS]
    yield "Run", ours["run"]["run_id"]
    yield "Signed by the key", ours["signer"]
    yield "Challenged by the key", ours["certifier"]
    yield "TLS key of the target", ours["tlsPeer"]
    yield "Image of the product", ours["digest"]
    yield "History, SHA-256", ours["history"]
    yield "Suite's code, SHA-256", predicate["configuration"][0]["digest"]["sha256"]


def _warnings(report: Document) -> Iterable[tuple[Document, str]]:
    for row in report["requirements"]:
        if row["outcome"] in ("warn", "fail") and row["findings"]:
            yield row, report["findings"][row["findings"][0]]["sentence"]


def badge(subject: str, outcome: str, grade: str) -> Markup:
    """Draw a badge; `subject` is told to who cannot see it, or points at it."""
    right = f"{outcome}, {grade}"
    first, second = _width(LEFT), _width(right)
    label = f"{LEFT}: {right} ({subject})"
    return tag(
        "svg",
        tag("title", label),
        tag("clipPath", tag("rect", width=first + second, height=HEIGHT, rx=4), id="round"),
        tag(
            "g",
            tag("rect", width=first, height=HEIGHT, fill="#2a2e36"),
            tag("rect", x=first, width=second, height=HEIGHT, fill=_COLOURS.get(outcome, _OTHERWISE)),
            clip_path="url(#round)",
        ),
        _text(LEFT, first / 2, first),
        _text(right, first + second / 2, second),
        xmlns="http://www.w3.org/2000/svg",
        width=first + second,
        height=HEIGHT,
        viewBox=f"0 0 {first + second:g} {HEIGHT}",
        role="img",
        aria_label=label,
    )


def _width(text: str) -> float:
    return round(len(text) * _WIDTH) + 2 * _PAD


def _text(text: str, middle: float, width: float) -> Markup:
    """Set text in its field, and stretch it to the field whatever font there is."""
    return tag(
        "text",
        text,
        x=middle,
        y=14,
        fill="#ffffff",
        text_anchor="middle",
        textLength=width - 2 * _PAD,
        lengthAdjust="spacingAndGlyphs",
        font_family=_FONT,
        font_size=11,
    )
