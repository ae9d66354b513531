"""How long a run takes about: what was measured on the embedded server, at the pace, latency and lag of a target."""

from __future__ import annotations

from collections.abc import Mapping

from conformance.settings.effort_cost import EffortCost
from conformance.settings.run_settings import Settings

ABREAST = 6
"""Requests that are under way at once, about, while a run does not wait."""
MEASURED_LAG_S = 0.3
"""The lag at which the costs were measured."""
MEASURED_LATENCY_S = 0.03
"""What a request takes at most where the costs were measured: they hold it already."""


def expected_s(
    settings: Settings,
    costs: Mapping[str, EffortCost],
    *,
    effort: str = "",
    latency_s: float = 0.0,
    lag_s: float = MEASURED_LAG_S,
) -> float:
    """Return about how many seconds a run lasts: as long as its pace needs, or its waits, whichever is longer.

    A lag is waited for several times one after the other; `latency_s` is what a request takes.
    """
    cost = costs[effort or settings.effort]
    budget = settings.budgets
    requests = min(cost.requests, budget.requests or cost.requests)
    paced = requests / settings.rate if settings.rate else 0.0
    waits = cost.lags * max(0.0, min(lag_s, settings.target.converge_within_s) - MEASURED_LAG_S)
    free = cost.seconds + waits + requests * latency_s / min(ABREAST, settings.max_in_flight)
    return min(max(paced, free), budget.seconds or float("inf"))


def stated(value_s: float) -> str:
    """Say a duration as roughly as it is known."""
    if value_s < 90:
        return f"{max(5, 5 * round(value_s / 5))} seconds"
    if value_s < 5400:
        return f"{max(2, round(value_s / 60))} minutes"
    return f"{value_s / 3600:.1f} hours"
