"""Which pytest items fail: those whose scenario provoked a finding that makes the run fail, and no others.

An item cannot know while it runs: a finding may rest on what another one did, on the whole history, or on what was
read last. So all reports are held until the run has been judged, and then reported as its document says.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pytest

from conformance.model import Outcome
from conformance.run.item_names import Owner, owner_of

Document = Mapping[str, Any]
RUN = "scenarios::run"
"""The node id under which is reported what no item owns."""


def accusations(document: Document, nodeids: Iterable[str]) -> dict[str, list[str]]:
    """Return for each node id the findings that make it fail, as texts; `RUN` holds those that no item provoked."""
    items = {nodeid: owner for nodeid in nodeids if (owner := owner_of(nodeid))}
    plans = {plan["id"]: plan for plan in document.get("plans", ())}
    accused: dict[str, list[str]] = {}
    for finding in failing(document):
        owners = {_owner(operation, plans) for operation in finding["evidence"]}
        owning = [name for name, item in items.items() if any(owner.covers(item) for owner in owners)]
        for name in owning or [RUN]:
            accused.setdefault(name, []).append(_text(finding, plans))
    return accused


def failing(document: Document) -> list[dict[str, Any]]:
    """Return the findings that make the run fail."""
    indices = [index for row in document["requirements"] if row["outcome"] == Outcome.FAIL for index in row["findings"]]
    return [document["findings"][index] for index in indices]


def _owner(operation: Mapping[str, Any], plans: Mapping[str, Any]) -> Owner:
    return Owner(operation["scenario"], plans.get(operation["plan"], {}).get("shard"))


def _text(finding: Mapping[str, Any], plans: Mapping[str, Any]) -> str:
    plan = plans.get(finding["plan"], {}).get("text", "")
    return f"{finding['requirement']}: {finding['sentence']}" + (f"\n{plan}" if plan else "")


def final(held: Mapping[str, Sequence[pytest.TestReport]], document: Document) -> list[list[pytest.TestReport]]:
    """Return the reports to log, by item, in the order of `held`; what no item owns comes last.

    An item without a report was not reached, or its worker crashed: it is logged only if it owns a finding. A run that
    ends with anything but success has an item that failed, or an error that says why.
    """
    accused = accusations(document, held)
    reported = [
        _item(nodeid, reports, accused.get(nodeid, []))
        for nodeid, reports in held.items()
        if reports or nodeid in accused
    ]
    if RUN in accused:
        reported.append([_report(RUN, "call", "\n\n".join(accused[RUN]))])
    if document["exit_code"] and not any(report.failed for reports in reported for report in reports):
        reported.append([_report(RUN, "setup", "; ".join(document["reasons"]) or document["outcome"])])
    return reported


def _item(nodeid: str, held: Sequence[pytest.TestReport], accused: Sequence[str]) -> list[pytest.TestReport]:
    """Return an item's reports: a failure is a finding, and whatever else went wrong an error."""
    if accused:
        by_phase = {report.when: report for report in held}
        call = by_phase.get("call") or by_phase.get("setup") or _report(nodeid, "call", "")
        failed = _changed(call, "call", "failed", "\n\n".join(accused))
        return [failed, *([by_phase["teardown"]] if "teardown" in by_phase else [])]
    return [_changed(report, "setup", "failed", report.longrepr) if _raised(report) else report for report in held]


def _raised(report: pytest.TestReport) -> bool:
    return report.failed and report.when == "call"


def _changed(report: pytest.TestReport, when: Any, outcome: Any, longrepr: Any) -> pytest.TestReport:
    changed = copy.copy(report)
    changed.when, changed.outcome, changed.longrepr = when, outcome, longrepr
    return changed


def _report(nodeid: str, when: Any, text: str) -> pytest.TestReport:
    path, _, name = nodeid.partition("::")
    return pytest.TestReport(nodeid, (path, None, name), {}, "failed", text, when)
