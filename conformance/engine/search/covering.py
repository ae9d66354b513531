"""Covering arrays: so few rows of factors that every combination of a few of their levels stands in one of them.

The usual libraries take no seed, and where combinations are impossible they may leave out possible ones without a word.
Here the seed of the run decides, and whatever no row can hold is listed, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, product

from conformance.engine.lot import Lot

PAIRS, TRIPLES = 2, 3
TABLES = 16
"""Tables of pairs of which the shortest is taken: a request saved for each row."""
Row = Mapping[str, str]
Pairs = frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Rule:
    """Why a combination is impossible: `excludes` looks at the levels of `factors`, in their order."""

    factors: tuple[str, ...]
    reason: str
    excludes: Callable[..., bool]

    def holds(self, row: Row) -> bool:
        """Whether a row, or part of one, is excluded."""
        return all(name in row for name in self.factors) and self.excludes(*(row[name] for name in self.factors))


@dataclass(frozen=True, slots=True)
class Space:
    """Factors with their levels, and what is impossible among them."""

    factors: Mapping[str, Sequence[str]]
    rules: Sequence[Rule] = ()

    def why_not(self, row: Row) -> str:
        """Return why a row, or part of one, is impossible by itself; empty where it is not."""
        return next((rule.reason for rule in self.rules if rule.holds(row)), "")

    def combinations(self, strength: int) -> Iterator[dict[str, str]]:
        """Yield every combination of the levels of so many factors, impossible ones too."""
        for names in combinations(self.factors, strength):
            for levels in product(*(self.factors[name] for name in names)):
                yield dict(zip(names, levels, strict=True))

    def impossible(self, strength: int) -> list[tuple[dict[str, str], str]]:
        """Return the combinations that no row can hold, each with the reason."""
        found = ((one, self.why_not(one) or self._why_never(one)) for one in self.combinations(strength))
        return [(one, why) for one, why in found if why]

    def _why_never(self, part: Row) -> str:
        if completed(self, part, lambda _, levels: levels) is not None:
            return ""
        return "whatever the others are, one of the other reasons holds"


@dataclass(slots=True)
class _Open:
    """The combinations that no row holds yet, each as part of a row: a set has no order that every process shares."""

    strength: int
    left: dict[Pairs, Row] = field(default_factory=dict)

    def gain(self, row: Row, name: str, level: str) -> int:
        """Return how many of them a row gains by one level more."""
        here = (name, level)
        others = combinations(row.items(), self.strength - 1)
        return sum(frozenset((here, *some)) in self.left for some in others)

    def strike(self, row: Row) -> None:
        """Strike out what a row holds."""
        for some in combinations(row.items(), self.strength):
            self.left.pop(frozenset(some), None)


def completed(
    space: Space, part: Row, ranked: Callable[[Row, list[tuple[str, str]]], Iterable[tuple[str, str]]]
) -> dict[str, str] | None:
    """Complete a row, factor by factor, by the levels that `ranked` puts first; None where it cannot be completed."""
    missing = next((name for name in space.factors if name not in part), None)
    if missing is None:
        return dict(part)
    for name, level in ranked(part, [(missing, level) for level in space.factors[missing]]):
        longer = {**part, name: level}
        if not space.why_not(longer) and (whole := completed(space, longer, ranked)) is not None:
            return whole
    return None


def strength_at(effort: str) -> int:
    """Return how many factors an effort crosses: pairs, or triples where there is time."""
    return TRIPLES if effort == "thorough" else PAIRS


def covering(space: Space, strength: int, lot: Lot) -> list[Row]:
    """Return rows that hold every possible combination of `strength` levels at least once; the lot decides which."""
    names = lot.order("factors", tuple(space.factors))
    mixed = Space({name: lot.order(name, tuple(space.factors[name])) for name in names}, space.rules)
    possible = (one for one in mixed.combinations(strength) if not mixed.why_not(one))
    open_ = _Open(strength, {frozenset(one.items()): one for one in possible})
    rows: list[Row] = []

    def ranked(row: Row, levels: list[tuple[str, str]]) -> list[tuple[str, str]]:
        return sorted(levels, key=lambda pair: -open_.gain(row, *pair))

    while open_.left:
        part = next(iter(open_.left.values()))
        row = completed(mixed, part, ranked)
        if row is None:
            open_.left.pop(frozenset(part.items()))
        else:
            rows.append({name: row[name] for name in space.factors})
            open_.strike(row)
    return rows


def shortest(space: Space, strength: int, lot: Lot) -> list[Row]:
    """Return the shortest of several tables: of pairs, which are quickly made; of more factors the first is taken."""
    tables = (covering(space, strength, lot.under(f"table {n}")) for n in range(TABLES if strength == PAIRS else 1))
    return min(tables, key=len)


def further(space: Space, count: int, lot: Lot) -> Iterator[Row]:
    """Yield possible rows at random, to fill a table up."""
    for n in range(count):
        mine = lot.under(str(n))
        mixed = Space({name: mine.order(name, tuple(levels)) for name, levels in space.factors.items()}, space.rules)
        row = completed(mixed, {}, lambda _, levels: levels)
        assert row is not None, "a space holds a row"
        yield {name: row[name] for name in space.factors}


def held(rows: Iterable[Row], strength: int) -> set[Pairs]:
    """Return the combinations that rows hold."""
    return {frozenset(some) for row in rows for some in combinations(row.items(), strength)}
