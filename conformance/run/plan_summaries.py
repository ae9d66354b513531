"""What the plans of all workers came to in sum: rests, calls that are lacking, what was skipped, what was crossed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from statistics import median
from typing import Any

from conformance.engine.plan import NO_TIME
from conformance.engine.scenario import PlanScenario, Scenario
from conformance.engine.search.covering import PAIRS, TRIPLES, Pairs, held, strength_at
from conformance.model import Json

LISTED = 100
"""Combinations named in the document: the others are counted."""


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
    stated = "not tried further, because the target answered their first use by 404 or 405: "
    return (f"{stated}{', '.join(calls)}",) if calls else ()


def skipped(parts: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    """Say of each scenario how many of its plans were left out; `parts` is what each process wrote of its plans."""
    drawn: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    for plan in (plan for part in parts for plan in part["plans"]):
        drawn[plan["theme"]] += 1
        whole = [one for one in plan.get("unsent") or () if one["number"] < 0 and one["why"] == NO_TIME]
        left_out[plan["theme"]] += bool(whole)
    stated = [f"{count} of {drawn[theme]} {theme}" for theme, count in sorted(left_out.items()) if count]
    if stated:
        yield f"no time was left for some plans, which were skipped: {', '.join(stated)}"


def _sentence(rests: list[float], bound_s: float, beyond: int) -> str:
    if not rests:
        return "nothing was read again after a rest"
    return (
        f"what {len(rests)} plans had made was read, downloaded and used again after {min(rests):.1f} to "
        f"{max(rests):.1f} s of rest; the bound is {bound_s:g} s, and {beyond} of them had rested longer"
    )


def covered(parts: Iterable[Mapping[str, Any]], scenarios: Iterable[Scenario], effort: str) -> dict[str, Json]:
    """Add up which combinations the plans of all workers reached; empty where no scenario that crosses any was tried.

    A row counts where each of its steps was taken. `parts` is what each process wrote of its plans.
    """
    crossing = next((one for one in scenarios if isinstance(one, PlanScenario) and one.space is not None), None)
    if crossing is None or crossing.space is None:
        return {}
    strength, space = strength_at(effort), crossing.space
    plans = [plan for part in parts for plan in part["plans"] if plan["theme"] == crossing.name]
    whole = [plan["document"]["row"] for plan in plans if plan["document"].get("row") and not plan.get("unsent")]
    never = space.impossible(strength)
    impossible = {frozenset(one.items()) for one, _ in never}
    possible = [one for one in space.combinations(strength) if frozenset(one.items()) not in impossible]
    reached: set[Pairs] = held(whole, strength)
    missed: list[Json] = [dict(one) for one in possible if frozenset(one.items()) not in reached]
    return {
        "scenario": crossing.name,
        "factors": {name: list(levels) for name, levels in space.factors.items()},
        "strength": strength,
        "rows": len(whole),
        "rows_left_out": len(plans) - len(whole),
        "possible": len(possible),
        "reached": len(possible) - len(missed),
        "not_reached": missed[:LISTED],
        "impossible": [{"levels": dict(one), "reason": why} for one, why in never[:LISTED]],
        "impossible_count": len(never),
        "sentence": _crossed(len(whole), strength, len(possible) - len(missed), len(possible), len(never)),
    }


def _crossed(rows: int, strength: int, reached: int, possible: int, never: int) -> str:
    what = {PAIRS: "pairs", TRIPLES: "triples"}[strength]
    return (
        f"{rows} uploads reached {reached} of {possible} possible {what} of what an upload's life may be; {never} more "
        f"{what} are impossible"
    )
