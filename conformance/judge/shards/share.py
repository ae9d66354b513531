"""What judging some projects by themselves contributes to the judgement of the whole: it adds up, in any order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from conformance.judge.exchange.answer_tallies import Sort
from conformance.judge.judged_elsewhere import Elsewhere
from conformance.judge.state.expected import Defect
from conformance.judge.state.interval import NEVER, Interval
from conformance.model import Json, Judgement, LagInterval, Level, Tally

ADDED = {"name-kept": ("kept", "changed")}
"""The figures of requirements without findings that add up; all others come with a finding, and so from one place."""


@dataclass(slots=True)
class Share:
    """The contribution of projects in which nothing was found.

    `exposed` and `looked` count by requirement, `figures` are those that add up; `sorts` are what single answers show,
    by what they show; `homes` gives for operations that show something wrong their project. `converged`, `good`, `bad`,
    `answered`, `origin` and `served` are as in `Elsewhere`; `given` are names that things were given there.
    `refused` are the projects and names of uploads that were refused there, and `strangers` the projects whose second
    user was turned away: both are so only if nothing elsewhere speaks of them.
    """

    operations: int = 0
    exposed: Counter[str] = field(default_factory=Counter)
    looked: Counter[str] = field(default_factory=Counter)
    figures: Counter[tuple[str, str]] = field(default_factory=Counter)
    counters: Counter[str] = field(default_factory=Counter)
    lags: list[LagInterval] = field(default_factory=list)
    sorts: dict[str, Sort] = field(default_factory=dict)
    homes: dict[str, str] = field(default_factory=dict)
    converged: dict[str, tuple[int, float]] = field(default_factory=dict)
    good: int = 0
    bad: Counter[Defect] = field(default_factory=Counter)
    answered: int = -1
    origin: int = NEVER
    served: bool = False
    given: set[str] = field(default_factory=set)
    refused: set[tuple[str, str]] = field(default_factory=set)
    strangers: set[str] = field(default_factory=set)

    def add(self, other: Share) -> None:
        """Fold another share in."""
        self.operations += other.operations
        for mine, theirs in (
            (self.exposed, other.exposed), (self.looked, other.looked), (self.counters, other.counters),
        ):  # fmt: skip
            mine.update(theirs)
        self.figures.update(other.figures)
        self.bad.update(other.bad)
        self.lags += other.lags
        for key, sort in other.sorts.items():
            self.take_sort(key, sort)
        self.homes |= other.homes
        for kind, (count, slowest) in other.converged.items():
            held = self.converged.get(kind, (0, 0.0))
            self.converged[kind] = held[0] + count, max(held[1], slowest)
        self.good += other.good
        self.answered, self.origin = max(self.answered, other.answered), min(self.origin, other.origin)
        self.served |= other.served
        self.given |= other.given
        self.refused |= other.refused
        self.strangers |= other.strangers

    def take_sort(self, key: str, sort: Sort) -> None:
        """Fold what answers of one kind show in, with the two that began first."""
        held = self.sorts.get(key)
        if held is None:
            self.sorts[key] = replace(sort)
            return
        held.count += sort.count
        pair = sorted({one for one in (held.first, held.second, sort.first, sort.second) if one is not None})
        held.first, held.second = _two(pair)

    @property
    def elsewhere(self) -> Elsewhere:
        """What the judge of the rest needs to know."""
        return Elsewhere(
            origin=self.origin, answered=self.answered, converged=dict(self.converged), good_accepted=self.good,
            bad_accepted=dict(self.bad),
        )  # fmt: skip


def _two(pair: list[Interval]) -> tuple[Interval | None, Interval | None]:
    return (pair[0] if pair else None, pair[1] if len(pair) > 1 else None)


def key_of(sort: Sort) -> str:
    """Return what answers of a sort show, as a text that is the same in every process."""
    return repr([
        (name, None if wrong is None else (
            wrong.rule, wrong.expected, wrong.observed, wrong.kind, sorted(wrong.numbers.items(), key=str), wrong.hint,
        ))
        for name, wrong in sort.seen
    ])  # fmt: skip


def joined(judged: Judgement, share: Share, levels: Mapping[str, Level], occasions: Mapping[str, str]) -> Judgement:
    """Return the judgement of what was judged in one place with what was judged elsewhere.

    `levels` are those of the requirements, and `occasions` what an exposure of each is.
    """
    names = sorted({*judged.tallies, *share.exposed, *share.looked, *(name for name, _ in share.figures)})
    tallies = {
        name: _with(judged.tallies.get(name, Tally(name, occasions=occasions.get(name, "answers"))), share, levels)
        for name in names
    }
    lags = sorted([*judged.lags, *share.lags], key=lambda lag: (lag.begun_ns, lag.endpoint, lag.subject))
    counters = Counter(judged.counters)
    counters.update({name: count for name, count in share.counters.items() if name != "complete"})
    return Judgement(tallies, tuple(lags), judged.operations + share.operations, dict(counters))


def _with(tally: Tally, share: Share, levels: Mapping[str, Level]) -> Tally:
    name = tally.requirement
    exposures = tally.exposures + share.exposed[name]
    measured: dict[str, Json] = dict(tally.measured)
    for figure in ADDED.get(name, ()):
        if (name, figure) in share.figures or figure in measured:
            measured[figure] = measured.get(figure, 0) + share.figures[name, figure]
    if levels.get(name) is Level.MEASURED and not tally.findings:
        measured["state"] = "provided" if exposures else "not exercised"
    return replace(tally, exposures=exposures, looked=tally.looked + share.looked[name], measured=measured)


def total(shares: Iterable[Share]) -> Share:
    """Return the sum of shares."""
    found = Share()
    for one in shares:
        found.add(one)
    return found
