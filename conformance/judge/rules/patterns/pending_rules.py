"""The rules about a resource that is told in other words than not-consistent while it waits, and by its truth later.

An odd answer of a switched file counts where no upload that the file may show had told its verdict. A 403 to the
creator counts as a pattern: of several resources, several times each, never not-consistent and later the truth. So does
an error whose body nobody can read, where a call tells nobody anything else of what is not consistent yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from conformance.api.answers import Answer, Classified
from conformance.api.error_bodies import has_four_fields
from conformance.api.request_facts import is_doubtful
from conformance.api.routes import EXTENDED_CALLS, spelled
from conformance.judge.findings import Book, short
from conformance.judge.rechecks import answers, before
from conformance.judge.recounts.forbidden_again import forbidden_again
from conformance.judge.recounts.unreadable_again import unreadable_again
from conformance.judge.rule import Context, Need, Rule
from conformance.judge.rules.excuses import ALREADY_CONSISTENT, ANOTHER_CANDIDATE, ASKED_TO_WAIT, MAY_BE_DELETED
from conformance.judge.rules.patterns.pattern_excuses import (
    OF_A_CLASS,
    RIGHTS_CHANGED,
    SELDOM,
    SOMETIMES_READABLE,
    TRIES,
)
from conformance.judge.rules.patterns.unanswered import is_by_plan
from conformance.judge.rules.version_rules.candidates import candidates
from conformance.judge.state.chain import crossing
from conformance.judge.state.interval import Interval, first, interval_of
from conformance.judge.state.observed import unclear_from
from conformance.judge.state.resources import File, Reads
from conformance.model import Failure, Operation

_FORBIDDEN = 403
Key = tuple[str, str]
"""A call, and the id in its path."""


@dataclass(slots=True)
class Forbidden:
    """What the creator was told by 403 at the extended endpoints, and the projects whose rights may have changed."""

    stated: dict[Key, list[Interval]] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)

    def take(self, operation: Operation, of: Classified) -> None:
        """Take a refusal of the API's own to the owner's valid request."""
        exchange = operation.exchange
        own = exchange.status == _FORBIDDEN and exchange.user == "owner" and has_four_fields(exchange.response)
        own = own and not ASKED_TO_WAIT.holds(exchange)
        if own and of.answer is Answer.REFUSED and of.call.name in EXTENDED_CALLS and not is_doubtful(operation):
            self.stated.setdefault((of.call.name, of.call.id), []).append(interval_of(operation))

    def rights(self, operation: Operation) -> None:
        """Take a write that may have changed the rights in the project that its path names."""
        parts = operation.exchange.path.partition("?")[0].split("/")
        if "permissions" in parts:
            self.changed.update(map(spelled, parts))


@dataclass(slots=True)
class Unreadable:
    """The errors (4xx) that told a creator nothing at the extended endpoints: their bodies could not be read."""

    stated: dict[Key, list[Interval]] = field(default_factory=dict)

    def take(self, operation: Operation, of: Classified) -> None:
        """Take an answer whose head came whole, and whose body did not, or could not be unpacked."""
        exchange = operation.exchange
        headed = exchange.failure is Failure.CUT and 400 <= (exchange.status or 0) < 500
        if not headed or exchange.user != "owner" or of.call.name not in EXTENDED_CALLS or of.foreign:
            return
        if not (is_doubtful(operation) or is_by_plan(operation) or ASKED_TO_WAIT.holds(exchange)):
            self.stated.setdefault((of.call.name, of.call.id), []).append(interval_of(operation))


def odd_while_pending(file: File, context: Context, book: Book) -> None:
    """Convict a server that answers a switched file oddly while no upload that it may show had told a verdict."""
    doomed = unclear_from(context.world, file)
    created = file.created
    if created is None:
        return
    found = [
        one
        for one in sorted(file.odd)
        if crossing(one, created) and not MAY_BE_DELETED.holds(one, doomed) and _is_pending(file, one, context)
    ]
    if SELDOM.holds(found):
        return
    book.expose("nc-until-consistent")
    sentence = (
        f"file_url of {short(file.id)} answered another answer {len(found)} times, first to {book.when(found[0])}, "
        f"although the file had been made to {book.when(created)} and its new version had told no verdict yet"
    )
    book.find(
        "nc-until-consistent", "odd-while-pending", file.id, (created, found[0]), sentence,
        expected="resource_not_consistent", observed="another answer", wrong_a_ns=found[0].begun_ns,
    )  # fmt: skip


def _is_pending(file: File, odd: Interval, context: Context) -> bool:
    current = candidates(file, odd.begun_ns, odd.ended_ns).current
    cases = [context.cases.get(switch.upload) for switch in current]
    stated = (case is None or ALREADY_CONSISTENT.holds(case.chain.verdict, odd) for case in cases)
    return bool(current) and not ANOTHER_CANDIDATE.holds(stated)


def forbidden_while_pending(forbidden: Forbidden, context: Context, book: Book) -> None:
    """Convict a server that tells creators 403 for as long as what they made is not consistent."""
    found = list(_forbidden(forbidden, context))
    if len(found) < OF_A_CLASS:
        return
    book.expose("nc-until-consistent", len(found))
    (call, name), refusals, verdict = found[0]
    sentence = (
        f"{call} of {short(name)} answered 403 to its creator {len(refusals)} times, first to "
        f"{book.when(refusals[0])}, never not-consistent, and its truth to {book.when(verdict)}; so it was with "
        f"{len(found)} resources"
    )
    book.find(
        "nc-until-consistent", "forbidden-while-pending", call, (stated[0] for _, stated, _ in found), sentence,
        expected="resource_not_consistent", observed="403", resources=len(found),
        examples=[name for (_, name), _, _ in found[:4]],
    )  # fmt: skip


def _forbidden(forbidden: Forbidden, context: Context) -> Iterator[tuple[Key, Sequence[Interval], Interval]]:
    for key, early, verdict, project in _never_nc(forbidden.stated, context):
        if not RIGHTS_CHANGED.holds(project, forbidden.changed):
            yield key, early, verdict


def _never_nc(
    stated: Mapping[Key, Sequence[Interval]], context: Context
) -> Iterator[tuple[Key, Sequence[Interval], Interval, str]]:
    """Yield what was told several times of a resource before its truth, where it was never told to be waited for."""
    if not stated:
        return
    for reads, made, project in _subjects(context):
        verdict, key = first(reads.ok, reads.bad), (reads.kind, reads.id)
        if key not in stated or verdict is None or made is None or reads.nc is not None:
            continue
        early = [one for one in sorted(stated[key]) if crossing(one, made) and crossing(verdict, one)]
        if not SELDOM.holds(early):
            yield key, early, verdict, project


def unreadable_while_pending(unreadable: Unreadable, context: Context, book: Book) -> None:
    """Convict a server whose answers about what is not consistent yet cannot be read by anybody."""
    unread = list(_never_nc(unreadable.stated, context))
    readable = {reads.kind for reads, _, _ in _subjects(context) if reads.nc is not None} if unread else ()
    for call in sorted({call for (call, _), _, _, _ in unread}):
        found = [one for one in unread if one[0][0] == call]
        times = sum(len(early) for _, early, _, _ in found)
        if SOMETIMES_READABLE.holds(len(found), times, readable=call in readable):
            continue
        (_, name), early, verdict, _ = found[0]
        sentence = (
            f"{call} answered {times} times about {len(found)} resources that were not consistent yet by an error "
            f"whose body cannot be read, first of {short(name)} to {book.when(early[0])} (its truth came to "
            f"{book.when(verdict)}), and never by resource_not_consistent"
        )
        book.expose("nc-until-consistent", len(found))
        book.find(
            "nc-until-consistent", "unreadable-while-pending", call, (early[0] for _, early, _, _ in found[:TRIES]),
            sentence, expected="resource_not_consistent", observed="an error that cannot be read",
            resources=len(found), times=times, examples=[name for (_, name), _, _, _ in found[:4]],
        )  # fmt: skip


def _subjects(context: Context) -> Iterator[tuple[Reads, Interval | None, str]]:
    for case in context.cases.values():
        for endpoint in case.sight.endpoints:
            yield endpoint.reads, endpoint.acknowledged, case.upload.project
    for project in context.world.projects.values():
        for reads in project.reads.values():
            yield reads, project.created, project.id


RULES = (
    Rule(
        "odd-while-pending", "nc-until-consistent", Need.FILE, odd_while_pending,
        lambda p: answers(p.cited[0], "2xx") and before(p.cited[0], p.cited[1]) and p.cited[1].exchange.status != 200
        and not answers(p.cited[1], "nc", "integrity", "404", "401", "403", "429", "500"),
        occasions="resources seen while they were not consistent", since=2,
        excuses=(ALREADY_CONSISTENT, ANOTHER_CANDIDATE, SELDOM, MAY_BE_DELETED),
    ),
    Rule(
        "forbidden-while-pending", "nc-until-consistent", Need.FORBIDDEN, forbidden_while_pending, forbidden_again,
        occasions="resources seen while they were not consistent", since=2, pattern=True,
        excuses=(SELDOM, RIGHTS_CHANGED, ASKED_TO_WAIT),
    ),
    Rule(
        "unreadable-while-pending", "nc-until-consistent", Need.UNREADABLE, unreadable_while_pending, unreadable_again,
        occasions="resources seen while they were not consistent", since=2, pattern=True,
        excuses=(SELDOM, SOMETIMES_READABLE, ASKED_TO_WAIT),
    ),
)  # fmt: skip
