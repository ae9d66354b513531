"""What a run will do to a target, in one sentence, and whether its operator has agreed to it."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from conformance.errors import UsageError
from conformance.settings.durations import expected_s, told
from conformance.settings.effort_cost import EffortCost
from conformance.settings.run_settings import MIB, Settings, is_loopback

__all__ = ["EffortCost", "plan", "require"]


def plan(settings: Settings, costs: Mapping[str, EffortCost]) -> str:
    """Say what a run with these settings will create and send, and how fast: all of ``--dry-run``."""
    cost = costs[settings.effort]
    budget = settings.budgets
    requests = min(cost.requests, budget.requests or cost.requests)
    octets = min(cost.bytes, budget.bytes or cost.bytes)
    where = "the embedded server" if settings.target.embedded else urlsplit(settings.target.base_url).netloc
    pace = f"at most {settings.rate:g} a second" if settings.rate else "unpaced"
    after = "leaves them (--keep)" if settings.keep else "removes them afterwards"
    return (
        f"Effort {settings.effort} creates about {cost.projects} projects and {cost.uploads} uploads at "
        f"{where}, sends about {requests} requests ({pace}, "
        f"{settings.max_in_flight} in flight) and {octets / MIB:.0f} MiB, takes about "
        f"{told(expected_s(settings, costs))}, and {after}."
    )


def require(settings: Settings, costs: Mapping[str, EffortCost]) -> None:
    """Raise UsageError unless the target is on this machine or its operator has agreed to be written to."""
    if settings.i_may_write or settings.target.embedded or is_loopback(settings.target.base_url):
        return
    raise UsageError(
        f"The target is not on this machine. {plan(settings, costs)}",
        remedy="If you may write there, say --i-may-write; --dry-run only shows this plan.",
    )
