"""What single answers show, added up: the checks decide, this counts, and repeats of one kind are one finding."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from conformance.api.answers import Classified, Kind
from conformance.api.routes import LENGTHS, base_of
from conformance.judge.exchange import Examiner, Seen, Violation
from conformance.judge.findings import Book
from conformance.judge.rules.excuses import ANOTHER_RULES, SEEN_ONCE
from conformance.judge.state.interval import Interval, interval_of
from conformance.model import Exchange, Json, Operation, Role, Target

_REPEATED = "no-5xx-legal"
"""Broken only when seen several times; a completion's 5xx has requirements of its own."""
_SEVERAL = 2
_LOOKED_INTO = frozenset({"create_project", "complete_upload"})
"""The calls whose successes the checks look into."""
_SCALARS = (int, str)
_PLAIN = frozenset({200, 201})
_REMEMBERED = 4096
_ANY_BODY = object()
_BY_BODY = frozenset({Kind.INTEGRITY, Kind.INTEGRITY_MISSTATED, Kind.ERROR})
"""Answers of which nothing shows that is not in their body, headers and class."""


@dataclass(slots=True)
class Sort:
    """Answers of one shape: what they show, how many there were, and the first two."""

    seen: tuple[Seen, ...]
    count: int = 0
    first: Interval | None = None
    second: Interval | None = None
    wrong: bool = False

    def note(self, operation: Operation) -> None:
        """Keep the operation if it is among the two that began first."""
        interval = interval_of(operation)
        if self.first is None or interval < self.first:
            self.first, self.second = interval, self.first
        elif interval != self.first and (self.second is None or interval < self.second):
            self.second = interval


def _shape(exchange: Exchange, of: Classified, lengths: Mapping[str, int]) -> tuple[Hashable, ...] | None:
    """Tell answers apart that may show different things; None where only the checks themselves can.

    A plain success shows nothing of its body, and nc nothing beyond its four fields. `lengths` are those of plain paths
    without their ids.
    """
    called, kind, body = of.call, of.kind, exchange.response
    name = called.name
    if type(body) is not dict or len(exchange.path) != lengths.get(name, 0) + len(called.id):
        return None
    if kind is Kind.SUCCESS:
        return (
            (name, exchange.status, exchange.user, exchange.headers.get("content-type"))
            if exchange.status in _PLAIN
            else None
        )
    if kind is not Kind.NOT_CONSISTENT or len(body) != 4 or len(called.id) != 36 or called.id.count("-") != 4:
        return None
    error, reason, stated = body.get("error"), body.get("reason"), body.get("suggestion")
    if type(reason) is not str or type(stated) is not str or type(error) not in _SCALARS:
        return None
    return (
        name,
        exchange.status,
        exchange.user,
        exchange.headers.get("content-type"),
        type(error).__name__,
        error,
        reason,
        stated,
    )


class _Like(NamedTuple):
    """An answer with the things that the like of it shares with it, the very same objects, and its sort."""

    of: Classified
    headers: Mapping[str, str]
    body: Json
    user: str | None
    sort: Sort


@cache
def _examiner() -> Examiner:
    # What an answer shows does not depend on the history it stands in, so what was learned is kept.
    return Examiner()


class Payloads:
    """The shapes of answers seen so far, constant for a run whose answers repeat."""

    def __init__(self, target: Target) -> None:
        self._examiner = _examiner()
        base = len(base_of(target.base_url))
        self._lengths = {name: base + length for name, length in LENGTHS.items() if name not in _LOOKED_INTO}
        self._sorts: dict[int, Sort] = {}
        self._completions: list[tuple[str, str, Interval]] = []
        self._known: dict[tuple[Hashable, ...], Sort] = {}
        self._alike: dict[int, _Like] = {}
        self._all: list[Sort] = []

    def take(self, operation: Operation, of: Classified) -> None:
        """Take one exchange with the API."""
        exchange = operation.exchange
        if exchange.role is not Role.API:
            return
        like = self._alike.get(id(of))
        if like is not None and not operation.notes:
            same, headers, body, user, sort = like  # names are slower here, and nearly every operation comes by
            alike = same is of and headers is exchange.headers and user == exchange.user
            if alike and (body is _ANY_BODY or body is exchange.response):
                sort.count += 1
                if sort.wrong:
                    self._wrong(sort, operation, of)
                return
        key = None if operation.notes else _shape(exchange, of, self._lengths)
        known = self._known.get(key) if key else None
        sort = known or self._examined(operation, of)
        if key and not known and len(self._known) < _REMEMBERED:
            self._known[key] = sort
        if known or (of.kind in _BY_BODY and not operation.notes):
            self._liken(exchange, of, sort)
        sort.count += 1
        if sort.wrong:
            self._wrong(sort, operation, of)

    def _examined(self, operation: Operation, of: Classified) -> Sort:
        seen = self._examiner.examine(operation, of)
        found = self._sorts.get(id(seen))
        if found is None or found.seen is not seen:  # the examiner forgets now and then, and ids are used again
            found = self._sorts[id(seen)] = self._new(seen)
        return found

    def _liken(self, exchange: Exchange, of: Classified, sort: Sort) -> None:
        """Remember what the next answer is known by that is classified as the very same; of a success any body is."""
        if len(self._alike) >= _REMEMBERED:
            self._alike.clear()
        body = _ANY_BODY if of.kind is Kind.SUCCESS else exchange.response
        self._alike[id(of)] = _Like(of, exchange.headers, body, exchange.user, sort)

    def _new(self, seen: tuple[Seen, ...]) -> Sort:
        fresh = Sort(seen, wrong=any(violation for _, violation in seen))
        self._all.append(fresh)
        return fresh

    def _wrong(self, sort: Sort, operation: Operation, of: Classified) -> None:
        sort.note(operation)
        failing = any(name == _REPEATED and wrong for name, wrong in sort.seen)
        if failing and of.call.name == "complete_upload":
            self._completions.append((of.call.id, operation.id, interval_of(operation)))

    @property
    def sorts(self) -> list[Sort]:
        """What was seen, with its counts."""
        return self._all

    def replace(self, sorts: list[Sort]) -> None:
        """Take what was counted elsewhere instead; the completions that failed are kept."""
        self._all = sorts

    def conclude(self, book: Book, excused: frozenset[str] = frozenset()) -> None:
        """Write down the exposures and the violations; `excused` are completions whose 5xx another rule speaks of."""
        counted: dict[str, int] = {}
        for sort in self._all:
            for requirement, _ in sort.seen:
                counted[requirement] = counted.get(requirement, 0) + sort.count
        for requirement, count in counted.items():
            book.expose(requirement, count)
        by_kind: dict[tuple[str, str, str], list[tuple[Violation, Sort]]] = {}
        for sort in self._all:
            for requirement, violation in sort.seen:
                completing = violation and requirement == _REPEATED and violation.kind == "complete_upload"
                if violation is not None and not completing:
                    by_kind.setdefault((requirement, violation.rule, violation.kind), []).append((violation, sort))
        for (requirement, rule, kind), sorts in by_kind.items():
            self._one_kind(requirement, rule, kind, sorts, book)
        self._failed_completions(book, excused)

    @staticmethod
    def _one_kind(requirement: str, rule: str, kind: str, sorts: list[tuple[Violation, Sort]], book: Book) -> None:
        count = sum(sort.count for _, sort in sorts)
        marks = sorted(interval for _, sort in sorts for interval in (sort.first, sort.second) if interval)
        violation = min(sorts, key=lambda one: one[1].first or marks[0])[0]
        if requirement == _REPEATED and SEEN_ONCE.holds(count):
            return
        evidence = marks[:_SEVERAL] if requirement == _REPEATED else marks[:1]
        times = f" ({count} times)" if count > 1 else ""
        hint = f"; {violation.hint}" if violation.hint else ""
        sentence = (
            f"{book.when(evidence[0])}: {violation.observed}, where {violation.expected} was expected{times}{hint}"
        )
        book.find(
            requirement, rule, kind or requirement, evidence, sentence, expected=violation.expected,
            observed=violation.observed, detail=kind, **{**violation.numbers, "count": count, "crime": kind},
        )  # fmt: skip

    def _failed_completions(self, book: Book, excused: frozenset[str]) -> None:
        failed = sorted(interval for _, name, interval in self._completions if not ANOTHER_RULES.holds(name, excused))
        if not SEEN_ONCE.holds(len(failed)):
            sentence = (
                f"completing an upload answered a server error {len(failed)} times, first to {book.when(failed[0])}"
            )
            book.find(
                _REPEATED, "server-error", "complete_upload", failed[:_SEVERAL], sentence,
                expected="an answer below 500", observed="5xx", detail="complete_upload", count=len(failed),
                crime="complete_upload",
            )  # fmt: skip

    def failed_completions(self) -> list[tuple[str, str]]:
        """Give upload and operation of every completion that was answered by the API's own 5xx."""
        return [(upload, name) for upload, name, _ in self._completions]
