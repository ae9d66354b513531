"""What a scenario is: a name for something that is tried, the requirements that it exercises, and how much of it.

The values stand in ``scenarios/``, or in a package of somebody else's; the engine and the fuzzer are given them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from hypothesis import strategies as st

from conformance.engine.plan import Plan
from conformance.engine.search.covering import Space


@dataclass(frozen=True, slots=True)
class Share:
    """How much of a scenario each effort tries: plans, or requests, or walks, whatever the scenario counts in."""

    quick: int
    standard: int
    thorough: int

    def at(self, effort: str) -> int:
        """Return the share of the effort of that name."""
        return {"quick": self.quick, "standard": self.standard, "thorough": self.thorough}[effort]


@dataclass(frozen=True, slots=True)
class Scenario:
    """Something to try. `requirements` are ids of the catalogue that it exercises, each with one occasion at least.

    `name` is unique, in lower case with hyphens; it selects the scenario and labels its operations in a history.
    """

    name: str
    title: str
    requirements: tuple[str, ...]
    share: Share


Strategy = Callable[[], st.SearchStrategy[Plan]]
Table = Callable[[str, int, int], Sequence[Plan]]
"""Gives the plans of one wave of a run by construction: of its effort, its seed and the number of the wave, from 0."""


@dataclass(frozen=True, slots=True)
class PlanScenario(Scenario):
    """A scenario of plans: `strategy` draws one, and the plans of all such scenarios run side by side.

    Those `in_series` run one after the other instead, while time lasts. The plans drawn carry the scenario's name as
    their theme. Where there is a `table`, a run takes its plans, as many as its share, and draws none: what every run
    must hold is not left to the draw. A table that crosses factors says which (`space`); its plans carry their rows.
    Where there are `turns`, each draws in its turn, and the draw does not decide how often.
    """

    strategy: Strategy
    in_series: bool = False
    table: Table | None = None
    space: Space | None = field(default=None, compare=False)
    turns: tuple[Strategy, ...] = ()


def tabled(  # noqa: PLR0913, PLR0917 - a scenario with its table, spelled out
    name: str, title: str, requirements: tuple[str, ...], share: Share, table: Table, space: Space | None = None
) -> PlanScenario:
    """Return a scenario whose plans stand in a table; its strategy draws any of them, of any seed."""
    efforts = [effort for effort in ("quick", "standard", "thorough") if share.at(effort)]

    def any_of_it() -> st.SearchStrategy[Plan]:
        seeds, ranks = st.integers(0, 1 << 16), st.integers(0, 1 << 16)
        return st.builds(_one_of, st.just(table), st.sampled_from(efforts), seeds, ranks)

    return PlanScenario(name, title, requirements, share, any_of_it, table=table, space=space)


def in_turns(name: str, title: str, requirements: tuple[str, ...], share: Share, *turns: Strategy) -> PlanScenario:
    """Return a scenario whose plans are drawn by each of `turns` in its turn; its strategy draws by any of them."""

    def any_of_them() -> st.SearchStrategy[Plan]:
        return st.one_of(*(turn() for turn in turns))

    return PlanScenario(name, title, requirements, share, any_of_them, turns=turns)


def of_both_truths(
    name: str, title: str, requirements: tuple[str, ...], share: Share, strategy: Callable[..., st.SearchStrategy[Plan]]
) -> PlanScenario:
    """Return a scenario whose plans take turns: one of a good upload (`bad=False`), one of a bad one."""
    return in_turns(name, title, requirements, share, partial(strategy, bad=False), partial(strategy, bad=True))


def _one_of(table: Table, effort: str, seed: int, rank: int) -> Plan:
    plans = table(effort, seed, 0)
    return plans[rank % len(plans)]


def share(count: int, shard: int, shards: int) -> int:
    """Return how many of `count` things fall to one shard of several."""
    return count // shards + (shard < count % shards)
