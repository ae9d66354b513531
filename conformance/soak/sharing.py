"""What each of several machines may spend of what a whole soak may: rate, requests in flight, budgets."""

from __future__ import annotations

from dataclasses import replace

from conformance.settings.run_settings import Settings


def shared_out(settings: Settings, machines: int) -> Settings:
    """Return the settings of one of `machines` that cannot share a file with the others: an even share of each bound.

    Processes of one machine keep one pace together and need no shares.
    """
    budgets = settings.budgets
    return replace(
        settings,
        max_rps=settings.rate / machines if settings.rate else None,
        max_in_flight=max(1, settings.max_in_flight // machines),
        budgets=replace(
            budgets,
            requests=budgets.requests // machines if budgets.requests else None,
            bytes=budgets.bytes // machines if budgets.bytes else None,
        ),
    )
