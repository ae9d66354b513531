"""Findings as the page shows them: the telling ones in full, the rest of the same kind as lines, then as a count."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from conformance.outcome.display_text import seconds
from conformance.release.next_step import replay_finding

from .charts.timeline import timeline
from .scripts import script_names
from .words import LEVELS, answer_class, answer_text, body, docs_page

Document = Mapping[str, Any]
FULL_PER_RULE = 3
LINES_PER_RULE = 12
MOST_IN_FULL = 90


def finding_views(document: Document, rows: Mapping[str, Document]) -> list[dict[str, Any]]:
    """Give the findings in the order to read them, grouped by duty: failures first, then by level.

    Each group holds its duty, the findings in full, the lines of more, and the number that only report.json holds.
    """
    groups: dict[str, list[Document]] = {}
    for finding in document["findings"]:
        groups.setdefault(finding["requirement"], []).append(finding)
    plans = {plan["id"]: plan for plan in document.get("plans") or []}
    left = MOST_IN_FULL
    views = []
    place = {ident: number for number, ident in enumerate(rows)}
    for requirement in sorted(groups, key=lambda ident: (*_rank(rows.get(ident)), place.get(ident, 0))):
        full, more = _choose(groups[requirement], left)
        left -= len(full)
        views.append(
            {
                "row": rows.get(requirement),
                "requirement": requirement,
                "total": len(groups[requirement]),
                "full": [_view(document, finding, plans, rows.get(requirement)) for finding in full],
                "lines": more[:LINES_PER_RULE],
                "hidden": max(0, len(more) - LINES_PER_RULE),
            }
        )
    return views


def _rank(row: Document | None) -> tuple[int, int]:
    if row is None:
        return (9, 9)
    return (0 if row["outcome"] == "fail" else 1, list(LEVELS).index(row["level"]))


def _choose(findings: Sequence[Document], left: int) -> tuple[list[Document], list[Document]]:
    seen: Counter[str] = Counter()
    full: list[Document] = []
    more: list[Document] = []
    for finding in findings:
        seen[finding["rule"]] += 1
        room = seen[finding["rule"]] <= FULL_PER_RULE and len(full) < left
        (full if room else more).append(finding)
    return full, more


def _view(document: Document, finding: Document, plans: Mapping[str, Document], row: Document | None) -> dict[str, Any]:
    plan = plans.get(str(finding.get("plan") or ""), {})
    return {
        **finding,
        "svg": timeline(finding, document["target"]["base_url"]),
        "numbers": dict(_numbers(finding)),
        "plan_text": plan.get("text") or "",
        "links": list(_links(finding, row)),
        "scripts": script_names(finding),
        "plan_json": json.dumps(plan["document"]) if plan.get("document") else "",
        "replay": replay_finding(document, finding["index"]) if plan.get("document") else "",
        "exchanges": list(_exchanges(finding)),
    }


def _links(finding: Document, row: Document | None) -> Iterable[tuple[str, str, str]]:
    """Give what a finding rests on: its rule, the reading, the scenario, and the page about its duty."""
    name = finding["requirement"]
    if row and finding["rule"] in (row.get("checks") or ()):
        yield "Rule", finding["rule"], f"#rule-{name}-{finding['rule']}"
    if row and row.get("reading"):
        yield "Reading", name, f"#reading-{name}"
    scenario = next((one["scenario"] for one in finding["evidence"] if one.get("scenario")), "")
    if row and scenario in (row.get("scenarios") or ()):
        yield "Scenario", scenario, f"#scenario-{scenario}"
    yield "Documentation", name, docs_page(name)


def _numbers(finding: Document) -> Iterable[tuple[str, Any]]:
    """Give the numbers with instants told from the begin of the first exchange: the run's clock means nothing here."""
    begun = min((one["a_ns"] for one in finding["evidence"]), default=None)
    for name, value in finding["numbers"].items():
        instant = begun is not None and name.endswith("_ns") and isinstance(value, int) and value >= begun > 0
        yield name, f"at {seconds((value - begun) / 1e9)}" if instant else value


def _exchanges(finding: Document) -> Iterable[dict[str, Any]]:
    for number, one in enumerate(finding["evidence"], start=1):
        yield {
            **one,
            "number": number,
            "kind": answer_class(one),
            "answer": answer_text(one),
            "request_text": "" if one.get("request") is None else body(one["request"]),
            "response_text": "" if one.get("response") is None else body(one["response"]),
        }
