"""Run one saved plan again, alone, as it was drawn."""

from __future__ import annotations

from conformance.engine.efforts import STANDARD
from conformance.engine.execution.campaign import Campaign
from conformance.engine.execution.context import Speakers
from conformance.engine.plan import Plan, PlanError, plan_from_json
from conformance.engine.search.worker import stage_for
from conformance.model import Json
from conformance.settings.run_settings import Settings


def read_plan(document: Json) -> Plan:
    """Find the plan in a document: a plan, or a report's entry that holds one under ``document``."""
    if isinstance(document, dict) and "document" in document:
        return plan_from_json(document["document"])
    if isinstance(document, dict) and isinstance(document.get("plans"), list):
        raise PlanError("this file holds several plans", remedy="Copy the one under 'document' into a file of its own.")
    return plan_from_json(document)


def run_plan(document: Json, driver: Speakers, settings: Settings, *, times: int = 1) -> list[str]:
    """Run a plan `times` side by side against the target of `settings`; return the executions' ids in the history.

    Raises:
        PlanError: the document is no plan, or one that cannot come to its end.
    """
    plan = read_plan(document)
    campaign = Campaign(stage_for(driver, settings, STANDARD))
    worlds = campaign.prepare([plan] * times)
    campaign.run()
    return [world.token for world in worlds]
