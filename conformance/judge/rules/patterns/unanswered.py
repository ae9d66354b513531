"""Attempts that told nothing, and what else is known of the resources that they were about: subjects of a pattern."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from conformance.api.answers import Classified
from conformance.api.bodies import asked, identity, whole, within
from conformance.api.failed_fetches import asked_to_wait_s
from conformance.api.request_facts import is_doubtful
from conformance.judge.rules.patterns.pattern_excuses import FAILED_A_WHILE, UNOBEYED
from conformance.judge.state.interval import Interval, interval_of
from conformance.model import Exchange, Failure, Operation

CALLS = frozenset({"complete_upload", "create_file", "create_upload", "file_url", "version_url"})
"""Calls of which a class may be left without an answer."""
_SILENT = frozenset({Failure.TIMEOUT, Failure.RESET, Failure.CUT})
_NO_INFORMATION = frozenset({401, 408, 425, 429})
_BY_PLAN = re.compile(r"cut as planned|CutHere")
Key = tuple[str, str, str]
"""A call, the resource that it was about, and what was asked for."""


@dataclass(frozen=True, slots=True)
class Try:
    """An attempt that told nothing: when, what came of it, and how long (s) its answer asked to stay away."""

    interval: Interval
    what: str
    wait_s: float


@dataclass(frozen=True, slots=True)
class Subject:
    """A resource at a call: what it is like, the attempts that told nothing, in order, and the answers.

    `about` is the upload or project behind it: a file and its version are two endpoints of one upload.
    """

    call: str
    name: str
    about: str
    traits: Mapping[str, str]
    tries: Sequence[Try] = ()
    answered: Sequence[Interval] = ()

    def is_silent(self, bound: int) -> bool:
        """Whether it was tried often enough over the bound (ns), and told nothing."""
        return not self.answered and not FAILED_A_WHILE.holds([one.interval for one in self.tries], bound)


@dataclass(slots=True)
class Unanswered:
    """The attempts of a run that told nothing, by what they were about."""

    tries: dict[Key, list[Try]] = field(default_factory=dict)

    def silent(self, operation: Operation, of: Classified) -> None:
        """Take an attempt of the owner that told nothing, if it is one that should have been answered."""
        if of.call.name not in CALLS or of.foreign or is_doubtful(operation) or "withheld" in operation.notes:
            return
        what = _silence(operation)
        if not what or operation.exchange.user != "owner":
            return
        given_up = operation.notes.get("gave_up_ns")
        begun, ended, session, name = interval_of(operation)
        over = given_up if isinstance(given_up, int) else begun
        interval = Interval(begun, ended if operation.b_ns is not None else over, session, name)
        key = key_of(operation.exchange, of)
        self.tries.setdefault(key, []).append(Try(interval, what, asked_to_wait_s(operation)))


def key_of(exchange: Exchange, of: Classified) -> Key:
    """Return what an attempt was about."""
    body = asked(exchange.request)
    if of.call.name == "create_file":
        root = within(body, "parent", "kind") != "dds-folder"
        return of.call.name, identity(within(body, "upload")), "root" if root else "folder"
    if of.call.name == "create_upload":
        kind = "single" if within(body, "chunked") in (False, "false") else "chunked"
        empty = "empty" if whole(within(body, "size")) == 0 else "not empty"
        return of.call.name, of.call.id, f"{kind}, {empty}"
    return of.call.name, of.call.id, ""


def is_by_plan(operation: Operation) -> bool:
    """Whether the suite itself cut an attempt off, as its plan says."""
    return _BY_PLAN.search(str(operation.notes.get("trouble", ""))) is not None


def _silence(operation: Operation) -> str:
    exchange = operation.exchange
    if exchange.failure is not None:
        return str(exchange.failure) if exchange.failure in _SILENT and not is_by_plan(operation) else ""
    status = exchange.status or 0
    return str(status) if status >= 500 or status in _NO_INFORMATION else ""


def obedient(tries: Iterable[Try], since: int) -> list[Try]:
    """Return the attempts that began after `since` (ns), each no sooner than the one before it had asked for."""
    found: list[Try] = []
    before: Try | None = None
    for one in sorted(tries, key=lambda one: one.interval):
        if one.interval.begun_ns <= since:
            continue
        earlier, wait_s = (before.interval, before.wait_s) if before else (None, 0.0)
        if not UNOBEYED.holds(earlier, wait_s, one.interval):
            found.append(one)
        before = one
    return found
