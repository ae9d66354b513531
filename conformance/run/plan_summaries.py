"""What the plans of all workers came to in sum: how long things rested in the end, and which calls are lacking."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import median
from typing import Any

from conformance.model import Json


def rested(parts: Iterable[Mapping[str, Any]], bound_s: float) -> dict[str, Json]:
    """Add up what each worker process wrote of its closing round; times are seconds, None where there was no round."""
    rests = [float(rest) for part in parts for rest in part.get("rests_s", ())]
    beyond = sum(rest >= bound_s for rest in rests)
    figures = {"least_s": min(rests), "median_s": round(median(rests), 3), "most_s": max(rests)} if rests else {}
    return {
        "plans": len(rests),
        "bound_s": bound_s,
        "beyond_bound": beyond,
        **{name: figures.get(name) for name in ("least_s", "median_s", "most_s")},
        "sentence": _sentence(rests, bound_s, beyond),
    }


def lacking(parts: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Say which calls the target turned out not to have, so that whatever rests on them was not tried."""
    calls = sorted({str(call) for part in parts for call in part.get("lacks", ())})
    told = "not tried further, because the target answered their first use by 404 or 405: "
    return (f"{told}{', '.join(calls)}",) if calls else ()


def _sentence(rests: list[float], bound_s: float, beyond: int) -> str:
    if not rests:
        return "nothing was read again after a rest"
    return (
        f"what {len(rests)} plans had made was read, downloaded and used again after {min(rests):.1f} to "
        f"{max(rests):.1f} s of rest; the bound is {bound_s:g} s, and {beyond} of them had rested longer"
    )
