"""How much each effort tries: plans by theme, tracers, and what may be spent on making a failure small.

The figures beside each effort were counted on the embedded server at a lag of 0.3 s; the README says how.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hypothesis import strategies as st

from conformance.engine import themes
from conformance.engine.plan import Plan


@dataclass(frozen=True, slots=True)
class Effort:
    """What one effort draws and may spend.

    `plans` maps each theme to how many plans of it run side by side; the first ones go first: `haste` must not wait
    behind others, or its projects are ready before it uses them. `tracers` run one after the other while time lasts,
    the first `least` of them in any case; `comb_reads` bounds the dense reads of one tracer. After a failure `shrinks`
    smaller fleets are tried, and the plan found is run `repeats` more times, as long as all of it ends within
    `shrink_s` seconds. `waves` campaigns follow each other.
    """

    plans: Mapping[str, int]
    tracers: int
    least: int
    comb_reads: int
    shrinks: int
    repeats: int
    waves: int = 1
    tracing_s: float = 6.0
    shrink_s: float = 40.0


QUICK = Effort(
    plans={
        "haste": 1,
        "refusals": 1,
        "strangers": 1,
        "probe": 1,
        "uploads": 2,
        "oddities": 1,
        "misreports": 1,
        "forms": 1,
        "crowds": 1,
        "races": 1,
        "parallel": 1,
        "early": 1,
        "versions": 1,
        "promotions": 1,
        "successions": 1,
        "twins": 1,
        "deletions": 1,
        "cuts": 1,
    },
    tracers=3,
    least=1,
    comb_reads=400,
    shrinks=1,
    repeats=1,
    tracing_s=1.5,
    shrink_s=8.0,
)
STANDARD = Effort(
    plans={
        "haste": 5,
        "refusals": 4,
        "strangers": 3,
        "probe": 1,
        "large": 1,
        "uploads": 12,
        "oddities": 5,
        "misreports": 2,
        "forms": 1,
        "crowds": 4,
        "races": 6,
        "parallel": 2,
        "early": 4,
        "versions": 4,
        "promotions": 4,
        "successions": 3,
        "twins": 2,
        "deletions": 10,
        "cuts": 6,
    },
    tracers=12,
    least=2,
    comb_reads=2500,
    shrinks=4,
    repeats=3,
)
THOROUGH = Effort(
    plans={
        "haste": 8,
        "refusals": 6,
        "strangers": 6,
        "probe": 1,
        "large": 2,
        "uploads": 20,
        "oddities": 12,
        "misreports": 3,
        "forms": 1,
        "crowds": 6,
        "races": 10,
        "parallel": 4,
        "early": 8,
        "versions": 6,
        "promotions": 6,
        "successions": 5,
        "twins": 4,
        "deletions": 14,
        "cuts": 10,
    },
    tracers=20,
    least=4,
    comb_reads=6000,
    shrinks=10,
    repeats=5,
    waves=4,
    tracing_s=15.0,
    shrink_s=240.0,
)
EFFORTS: Mapping[str, Effort] = {"quick": QUICK, "standard": STANDARD, "thorough": THOROUGH}

THEMES: Mapping[str, Callable[[], st.SearchStrategy[Plan]]] = {
    "uploads": themes.uploads,
    "oddities": themes.oddities,
    "misreports": themes.misreports,
    "forms": themes.forms,
    "crowds": themes.crowds,
    "races": themes.races,
    "parallel": themes.parallel,
    "haste": themes.haste,
    "early": themes.early,
    "versions": themes.versions,
    "promotions": themes.promotions,
    "successions": themes.successions,
    "twins": themes.twins,
    "deletions": themes.deletions,
    "strangers": themes.strangers,
    "refusals": themes.refusals,
    "cuts": themes.cuts,
    "large": themes.large,
    "probe": themes.probe,
}


def share(count: int, shard: int, shards: int) -> int:
    """Return how many of `count` things fall to one shard of several."""
    return count // shards + (shard < count % shards)
