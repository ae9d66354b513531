"""Run one saved plan again, alone, as it was drawn."""

from __future__ import annotations

import difflib

from conformance.engine.efforts import STANDARD
from conformance.engine.execution.campaign import Campaign
from conformance.engine.execution.context import Speakers
from conformance.engine.plan import Plan, PlanError, plan_from_json
from conformance.engine.search.plan_outcomes import PlanOutcomes
from conformance.engine.search.worker import stage_for
from conformance.model import Json
from conformance.settings.run_settings import Settings

_SAY = "Say --finding N (the findings are numbered from 0 in report.html), or --plan ID"

_WITHOUT_PLANS = "Name the report.json of the run itself; the scripts in `reproduce` beside this one need no plan."


def chosen_plan(document: Json, *, finding: int | None = None, plan: str = "") -> Json:
    """Give the plan's document that is meant in a run document, or in any file that holds plans.

    Raises:
        PlanError: none is chosen among several, or what is chosen is not there.
    """
    entries = _entries(document)
    if entries is None:
        if isinstance(document, dict) and "findings" in document:
            raise PlanError("this report holds no plans: it was judged from a history.", remedy=_WITHOUT_PLANS)
        if finding is not None or plan:
            raise PlanError("this file holds one plan, and nothing to choose from.", remedy="Leave the choice out.")
        return document
    wanted = plan if finding is None else _plan_of(document, finding)
    if not wanted:
        if len(entries) != 1:
            held = f"{len(entries)} of them" if entries else "and holds none"
            raise PlanError(f"this file may hold several plans, {held}.", remedy=f"{_SAY}.")
        return next(iter(entries.values()))
    if wanted not in entries:
        near = difflib.get_close_matches(wanted, entries, 1, 0.3)
        raise PlanError(f"this file has no plan {wanted!r}.", remedy=f"Did you mean {near[0]}?" if near else f"{_SAY}.")
    return entries[wanted]


def _entries(document: Json) -> dict[str, Json] | None:
    """Give the plans of a document by their ids; None where it is no document of several."""
    if not isinstance(document, dict) or not isinstance(document.get("plans"), list):
        return None
    entries = [one for one in document["plans"] if isinstance(one, dict) and "document" in one]
    return {str(one.get("id", number)): one["document"] for number, one in enumerate(entries)}


def _plan_of(document: Json, number: int) -> str:
    """Give the id of the plan that showed a finding."""
    findings = document.get("findings")
    if not isinstance(findings, list) or number >= len(findings):
        held = len(findings) if isinstance(findings, list) else 0
        stated = f"0 to {held - 1}" if held else "none"
        raise PlanError(f"this file has no finding {number}.", remedy=f"Its findings: {stated}.")
    found = findings[number]
    if not isinstance(found, dict) or not found.get("plan"):
        raise PlanError(f"no plan showed finding {number}.", remedy="Say: dds-conformance run --only REQUIREMENT.")
    if found["plan"] not in (_entries(document) or {}):
        only = found.get("requirement", "REQUIREMENT")
        what = f"finding {number} was not shown by a plan that is kept."
        raise PlanError(what, remedy=f"Say: dds-conformance run --only {only}.")
    return str(found["plan"])


def read_plan(document: Json) -> Plan:
    """Find the plan in a document: a plan, a report's entry that holds one under ``document``, or the only one there.

    Raises:
        PlanError: there is none, or more than one.
    """
    document = chosen_plan(document)
    if isinstance(document, dict) and "document" in document:
        return plan_from_json(document["document"])
    return plan_from_json(document)


def run_plan(document: Json, driver: Speakers, settings: Settings, *, times: int = 1) -> list[str]:
    """Run a plan `times` side by side against the target of `settings`; return the executions' ids in the history.

    Raises:
        PlanError: the document is no plan, or one that cannot come to its end.
    """
    plan = read_plan(document)
    campaign = Campaign(stage_for(driver, settings, STANDARD))
    worlds = campaign.prepare([plan] * times)
    outcomes = PlanOutcomes(settings.report_dir, "replay")
    outcomes.add(worlds)
    outcomes.write()
    campaign.run()
    outcomes.write()
    return [world.token for world in worlds]
