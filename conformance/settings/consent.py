"""What a run will do to a target, in one sentence, and whether its operator has agreed to it."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from conformance.errors import UsageError
from conformance.model import Json
from conformance.settings.durations import expected_s, stated
from conformance.settings.effort_cost import EffortCost
from conformance.settings.run_settings import MIB, Settings, is_loopback

__all__ = ["EffortCost", "plan", "plan_document", "require"]


def plan(settings: Settings, costs: Mapping[str, EffortCost]) -> str:
    """Say what a run with these settings will create and send, and how fast: all of ``--dry-run``."""
    cost = costs[settings.effort]
    budget = settings.budgets
    requests = min(cost.requests, budget.requests or cost.requests)
    octets = min(cost.bytes, budget.bytes or cost.bytes)
    where = "the embedded server" if settings.target.embedded else urlsplit(settings.target.base_url).netloc
    pace = f"at most {settings.rate:g} a second" if settings.rate else "unpaced"
    after = "leaves them (--keep)" if settings.keep else "removes them afterwards"
    others = (
        " It gives the second user rights in projects of its own for a while." if settings.target.second_user else ""
    )
    return (
        f"Effort {settings.effort} creates about {cost.projects} projects and {cost.uploads} uploads at "
        f"{where}, sends about {requests} requests ({pace}, "
        f"{settings.max_in_flight} in flight) and {octets / MIB:.0f} MiB, takes about "
        f"{stated(expected_s(settings, costs))}, and {after}.{others}"
    )


def plan_document(settings: Settings, costs: Mapping[str, EffortCost]) -> dict[str, Json]:
    """Return what a run with these settings will create and send, as JSON; None is without bound."""
    cost, budget = costs[settings.effort], settings.budgets
    return {
        "target": settings.target.base_url or None,
        "embedded": settings.target.embedded,
        "effort": settings.effort,
        "seed": settings.seed,
        "projects": cost.projects,
        "uploads": cost.uploads,
        "requests": min(cost.requests, budget.requests or cost.requests),
        "bytes": min(cost.bytes, budget.bytes or cost.bytes),
        "seconds": round(expected_s(settings, costs)),
        "requests_per_second": settings.rate,
        "in_flight": settings.max_in_flight,
        "kept": settings.keep,
        "consent_given": settings.i_may_write or settings.target.embedded or is_loopback(settings.target.base_url),
    }


def require(settings: Settings, costs: Mapping[str, EffortCost]) -> None:
    """Raise UsageError unless the target is on this machine or its operator has agreed to be written to."""
    if settings.i_may_write or settings.target.embedded or is_loopback(settings.target.base_url):
        return
    raise UsageError(
        f"The target is not on this machine. {plan(settings, costs)}",
        remedy="If you may write there, say --i-may-write; --dry-run only shows this plan.",
    )
