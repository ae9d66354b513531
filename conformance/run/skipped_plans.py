"""What a run drew and did not try for want of time, in sentences: no reader should have to look for it (pure)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from conformance.engine.plan import NO_TIME
from conformance.model import Json


def skipped(parts: Iterable[Mapping[str, Json]]) -> Iterable[str]:
    """Say of each scenario how many of its plans were left out; `parts` is what each process wrote of its plans."""
    drawn: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    for plan in (plan for part in parts for plan in part["plans"]):
        drawn[plan["theme"]] += 1
        whole = [one for one in plan.get("unsent") or () if one["number"] < 0 and one["why"] == NO_TIME]
        left_out[plan["theme"]] += bool(whole)
    told = [f"{count} of {drawn[theme]} {theme}" for theme, count in sorted(left_out.items()) if count]
    if told:
        yield f"no time was left for some plans, which were skipped: {', '.join(told)}"
