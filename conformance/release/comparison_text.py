"""A comparison in Markdown, for a pull request or a job's summary page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from conformance.outcome.display_text import code, escaped, judged, seconds
from conformance.release.compare import Change, Comparison
from conformance.release.lag_shift import LagShift

VERDICTS = {
    0: "No regression, and nothing that was exercised before is missing.",
    1: "Regression: the second run breaks what the first did not.",
    4: "Not comparable to the end: evidence that the first run had is missing in the second.",
}
SECTIONS = (
    ("regressions", "Regressions"),
    ("warnings", "New warnings"),
    ("fixes", "Fixes"),
    ("unexercised", "No longer executed"),
    ("unseen", "Newly not observed"),
    ("gained", "Newly exercised"),
)


def markdown(comparison: Comparison, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Write the comparison of two runs as Markdown."""
    blocks = [
        "# Comparison of two runs",
        f"**{VERDICTS[comparison.exit_code]}**",
        f"- before: {_run(before)}\n- after: {_run(after)}",
    ]
    if comparison.conditions:
        blocks.append(
            "The runs were not alike:\n\n" + "\n".join(f"- {escaped(said)}" for said in comparison.conditions)
        )
    for name, title in SECTIONS:
        blocks += _section(title, getattr(comparison, name))
    blocks += _lag(comparison.lag)
    return "\n\n".join(blocks) + "\n"


def _run(document: Mapping[str, Any]) -> str:
    target = document["target"]
    version = f" version {escaped(target['version'])}" if target.get("version") else ""
    return (
        f"{escaped(document['outcome'])}, judged: {escaped(judged(document))}, {code(target['base_url'])}{version}, "
        f"effort {escaped(document['effort'])}, run {code(document['run_id'])}, begun {escaped(document['begun'])}"
    )


def _section(title: str, changes: Sequence[Change]) -> Iterable[str]:
    if not changes:
        return
    rows = [
        f"| {code(c.id)} | {c.level} | {c.before or 'unknown'} | {c.after or 'gone'} | {escaped(c.detail)} |"
        for c in changes
    ]
    yield f"## {title} ({len(changes)})"
    yield "\n".join(["| duty | level | before | after | |", "|---|---|---|---|---|", *rows])


def _lag(shifts: Sequence[LagShift]) -> Iterable[str]:
    if not shifts:
        return
    rows = [
        f"| {code(s.endpoint)} | {escaped(s.kind)} | p{s.p * 100:g} | {seconds(s.before_s)} | {seconds(s.after_s)} "
        f"| {seconds(s.low_s)} to {seconds(s.high_s)} | {_meaning(s)} | {s.n_before}, {s.n_after} |"
        for s in shifts
    ]
    head = "| endpoint | kind | quantile | before | after | shift lies within | | n |"
    yield "## Convergence lag"
    yield "\n".join([head, "|---|---|---|---|---|---|---|---|", *rows])
    yield "A shift is called one only when the bounds of both estimates rule zero out."


def _meaning(shift: LagShift) -> str:
    return "**slower**" if shift.slower else "**faster**" if shift.faster else "no shift shown"
