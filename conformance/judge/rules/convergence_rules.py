"""The rules about an upload on its way to its verdict: in order, in time, and told by not-consistent until then.

A relapse is the SHOULD of one session and measured across clients; any other crossing at the first instant is measured,
because a stale replica may still show an upload as open.
"""

from __future__ import annotations

from dataclasses import replace

from conformance.judge.findings import Book, short, speaker
from conformance.judge.lateness import overdue
from conformance.judge.rechecks import answers, before, completes, record, same_session, tells_truth
from conformance.judge.rule import Case, Context, Need, Rule
from conformance.judge.rules.excuses import (
    ALREADY_CONSISTENT,
    ASKED_TO_WAIT,
    CLEARED_AWAY,
    FIREWALLS_PAGE,
    GATEWAYS_OWN,
    MADE_BETWEEN,
    MAY_BE_DELETED,
    NOT_FOR_GOOD,
    OLDER_VERSION,
    OPERATORS_GATEWAY,
    WAIT_BEGUN_ANEW,
    WRITTEN_BETWEEN,
)
from conformance.judge.state.chain import Crossing, crossing
from conformance.judge.state.expected import Truth
from conformance.judge.state.interval import SECOND, Interval
from conformance.judge.state.observed import Endpoint, Sight
from conformance.model import LagInterval

NO_ANSWERS = (GATEWAYS_OWN, OPERATORS_GATEWAY, FIREWALLS_PAGE, ASKED_TO_WAIT)
"""Answers that tell nothing of a resource."""


def state_order(case: Case, _context: Context, book: Book) -> None:
    """Measure signs that an upload was open after it had been completed (a stale replica may still show it so)."""
    upload, chain = case.upload, case.chain
    if chain.unfinished is None or chain.past is None:
        return
    if upload.open or upload.closed:
        book.expose("state-order")
    found = chain.disorder()
    if found is None or (found.earlier is chain.verdict and found.later is chain.started):
        return  # a verdict before completion has a rule of its own
    book.stale("state-order", found.staleness_s)
    sentence = (
        f"upload {short(case.name)} was past completion by the answer to {book.when(found.earlier)}, yet the one to "
        f"{book.when(found.later)} shows it before: stale by at least {found.staleness_s:.3f} s"
    )
    book.find(
        "state-order", "open-after-completion", case.name, (*case.sight.link(found.earlier), *found), sentence,
        expected="states in order", observed="an earlier state later", upload=case.name,
        upper_b_ns=found.earlier.ended_ns, lower_a_ns=found.later.begun_ns, staleness_s=found.staleness_s,
    )  # fmt: skip


def relapses(case: Case, _context: Context, book: Book) -> None:
    """Convict (one session) or measure (all clients) not-consistent that began after a verdict had been answered."""
    sight, verdict = case.sight, case.chain.verdict
    if verdict is not None and sight.latest > verdict.ended_ns:
        book.expose("realtime-monotonic")
    book.expose("session-monotonic", sum(1 for e in sight.endpoints if e.reads.again))
    writes = case.rewrites
    for session, (stated, again) in sorted(sight.sessions.items()):
        found = crossing(again, stated)
        if found is None or WRITTEN_BETWEEN.holds(writes, found):
            continue
        if not MADE_BETWEEN.holds(sight.links.get(found.later.operation), found):
            _relapse(case, session, found, book)
    if stale := case.chain.relapse():
        _stale(case, stale, book)


def _relapse(case: Case, session: str, found: Crossing, book: Book) -> None:
    stated, again = found
    sentence = (
        f"session {speaker(session)} was told {'200' if _is_ok(case.sight, stated) else 'the verdict'} of upload "
        f"{short(case.name)} ({book.when(stated)}) and resource_not_consistent ({book.when(again)}), "
        f"{found.staleness_s:.3f} s later"
    )
    book.find(
        "session-monotonic", "relapse", case.name, (*case.sight.link(stated, again), stated, again), sentence,
        expected="the same verdict again", observed="resource_not_consistent", upload=case.name,
        truth_b_ns=stated.ended_ns, nc_a_ns=again.begun_ns,
    )  # fmt: skip


def _stale(case: Case, found: Crossing, book: Book) -> None:
    stated, again = found
    book.stale("realtime-monotonic", found.staleness_s)
    sentence = (
        f"upload {short(case.name)} told its verdict to {book.when(stated)}; {found.staleness_s:.3f} s later a read "
        f"began that answered resource_not_consistent ({book.when(again)}): stale by at least that much"
    )
    book.find(
        "realtime-monotonic", "stale-read", case.name, (*case.sight.link(stated, again), stated, again), sentence,
        expected="the verdict", observed="resource_not_consistent", upload=case.name,
        truth_b_ns=stated.ended_ns, nc_a_ns=again.begun_ns, staleness_s=found.staleness_s,
    )  # fmt: skip


def _is_ok(sight: Sight, stated: Interval) -> bool:
    return any(e.reads.ok is stated or e.reads.ok_last is stated for e in sight.endpoints)


def converges(case: Case, context: Context, book: Book) -> None:
    """Convict a server that had not told the truth to a read that began later than the bound after completion."""
    for endpoint in case.sight.endpoints:
        reads, chain = endpoint.reads, case.at(endpoint)
        deadline = chain.deadline(context.bound, endpoint.linked)
        if deadline is None:
            continue
        late = chain.overdue(context.bound, endpoint.linked)
        if late and WAIT_BEGUN_ANEW.holds(case.rewrites, late, context.bound):
            late = None
        others = context.answered_last
        for_good = not NOT_FOR_GOOD.holds(
            reads.failing, reads.latest, deadline, others, context.bound, reads.failing_from
        )
        member = not NOT_FOR_GOOD.holds(reads.failing_member, reads.latest_member, deadline, others, context.bound)
        if late or for_good or member or reads.ok or reads.bad:
            book.expose("converges-upload")
        if late and not OLDER_VERSION.holds(endpoint, late):
            _late(case, book, context, endpoint, late)
        elif (for_good or member) and not late:
            _failing(case, book, endpoint, deadline, to_member=not for_good)


def _late(case: Case, book: Book, context: Context, endpoint: Endpoint, late: Interval) -> None:
    deadline = case.chain.deadline(context.bound, endpoint.linked) or 0
    bound = context.bound / SECOND
    others, count, slowest = context.converged.others("upload", case.name)
    sentence = overdue(case.name, endpoint.reads, late, deadline - context.bound, bound, others, book)
    evidence = (one for one in (case.chain.done, endpoint.linked, late) if one)
    book.find(
        "converges-upload", "not-converged", case.name, evidence, sentence, expected="200 or integrity",
        observed="resource_not_consistent", detail=endpoint.reads.kind, upload=case.name, bound_s=bound,
        deadline_ns=deadline, nc_a_ns=late.begun_ns, others=count, slowest_s=slowest,
    )  # fmt: skip


def _failing(case: Case, book: Book, endpoint: Endpoint, deadline: int, *, to_member: bool) -> None:
    failing = endpoint.reads.failing_member if to_member else endpoint.reads.failing
    who = " to a member of its project" if to_member else ""
    sentence = (
        f"upload {short(case.name)} was still answered by errors{who} later than the bound, last to "
        f"{book.when(failing[-1])}, while other resources were answered"
    )
    evidence = (one for one in (case.chain.done, endpoint.linked, *failing[1:]) if one)
    book.find(
        "converges-upload", "errors-to-member" if to_member else "errors-for-good", case.name, evidence, sentence,
        expected="200 or integrity", observed="errors", detail=endpoint.reads.kind, upload=case.name,
        deadline_ns=deadline,
    )  # fmt: skip


def stated_as_nc(case: Case, context: Context, book: Book) -> None:
    """Convict a server that told a live, acknowledged resource by a 404 with another code, or by another answer.

    An older version that is good is `version_rules.old_version`'s; until the history has ended one may yet prove to be.
    """
    for endpoint in case.sight.endpoints:
        reads, linked, superseded = endpoint.reads, endpoint.acknowledged, endpoint.superseded
        book.look("nc-until-consistent", reads.racing)
        wrong = reads.gone if linked and crossing(reads.gone, linked) else None
        odd = reads.odd if linked and crossing(reads.odd, linked) else None
        if odd and ALREADY_CONSISTENT.holds(case.chain.verdict, odd):
            odd = None
        older = superseded is not None and crossing(wrong, superseded) is not None
        stated = reads.ok is not None or CLEARED_AWAY.holds(reads, wrong)
        elsewhere = older and (not context.ended or case.known.truth is Truth.GOOD or stated)
        if reads.nc or ((wrong or odd) and (not superseded or (older and not elsewhere))):
            book.expose("nc-until-consistent")
        if not elsewhere and linked:
            _answered(case, book, reads.kind, reads.id, linked, (wrong, odd))


def _answered(  # noqa: PLR0913, PLR0917 - the parts of one decision, each named
    case: Case, book: Book, kind: str, name: str, linked: Interval, wrong: tuple[Interval | None, Interval | None]
) -> None:
    whats = (("a 404 with another code", "plain-404"), ("another answer", "odd-answer"))
    for interval, (what, rule) in zip(wrong, whats, strict=True):
        if interval is None:
            continue
        sentence = (
            f"{kind} of {short(name)} answered {what} to {book.when(interval)}, although its creation had been "
            f"acknowledged to {book.when(linked)} and nobody had deleted it"
        )
        book.find(
            "nc-until-consistent", rule, name, (linked, interval), sentence, expected="resource_not_consistent",
            observed=what, upload=case.name, linked_b_ns=linked.ended_ns, wrong_a_ns=interval.begun_ns,
        )  # fmt: skip


def lags(case: Case) -> list[LagInterval]:
    """Bound the upload's convergence lag at each endpoint that was read."""
    begun = case.chain.started
    if begun is None:
        return []
    found = []
    for endpoint in case.sight.endpoints:
        chain = case.at(endpoint)
        if chain.verdict is not None or chain.waiting is not None:
            least, most = chain.lag()
            kind = f"{case.known.truth} upload"
            found.append(LagInterval(kind, case.name, endpoint.reads.kind, least, most, begun.begun_ns))
    return found


OPEN_AFTER_COMPLETION = Rule(
    "open-after-completion", "state-order", Need.UPLOAD, state_order,
    lambda p: before(p.cited[-2], p.cited[-1])
    and (completes(p.cited[-1]) or record(p.cited[-1], "completed_on") is None),
    occasions="uploads whose own record was read around completion",
)  # fmt: skip
RELAPSE = Rule(
    "relapse", "session-monotonic", Need.VERDICTS, relapses,
    lambda p: tells_truth(p.cited[-2]) and answers(p.cited[-1], "nc") and before(p.cited[-2], p.cited[-1])
    and same_session(p.cited[-2], p.cited[-1]),
    occasions="pairs of session and resource read again after the truth",
    excuses=(WRITTEN_BETWEEN, MADE_BETWEEN, MAY_BE_DELETED),
)  # fmt: skip
STALE_READ = Rule(
    "stale-read", "realtime-monotonic", Need.VERDICTS, relapses,
    lambda p: tells_truth(p.cited[-2]) and answers(p.cited[-1], "nc") and before(p.cited[-2], p.cited[-1]),
    occasions="resources read again after anybody had been told the truth", excuses=(MAY_BE_DELETED,),
)  # fmt: skip
NOT_CONVERGED = Rule(
    "not-converged", "converges-upload", Need.UPLOAD, converges,
    lambda p: (answers(p.cited[0], "2xx") or completes(p.cited[0])) and answers(p.cited[-1], "nc")
    and all(before(one, p.cited[-1], p.bound) for one in p.cited[:-1]),
    occasions="uploads that told their truth at an endpoint, or had the whole bound to do so",
    excuses=(WAIT_BEGUN_ANEW, OLDER_VERSION, MAY_BE_DELETED), lasting=True,
)  # fmt: skip
ERRORS_FOR_GOOD = Rule(
    "errors-for-good", "converges-upload", Need.UPLOAD, converges,
    lambda p: (answers(p.cited[0], "2xx") or completes(p.cited[0])) and (p.cited[-1].exchange.status or 0) >= 400
    and not answers(p.cited[-1], "nc", "integrity") and before(p.cited[0], p.cited[-1], p.bound),
    occasions="uploads that told their truth at an endpoint, or had the whole bound to do so",
    excuses=(NOT_FOR_GOOD, MAY_BE_DELETED, *NO_ANSWERS),
)  # fmt: skip
ERRORS_TO_MEMBER = replace(ERRORS_FOR_GOOD, id="errors-to-member", since=2)
PLAIN_404 = Rule(
    "plain-404", "nc-until-consistent", Need.UPLOAD, stated_as_nc,
    lambda p: answers(p.cited[0], "2xx") and answers(p.cited[1], "404") and before(p.cited[0], p.cited[1]),
    occasions="resources seen while they were not consistent", excuses=(CLEARED_AWAY, MAY_BE_DELETED),
    lasting=True,
)  # fmt: skip
ODD_ANSWER = Rule(
    "odd-answer", "nc-until-consistent", Need.UPLOAD, stated_as_nc,
    lambda p: answers(p.cited[0], "2xx") and before(p.cited[0], p.cited[1]) and p.cited[1].exchange.status != 200
    and not answers(p.cited[1], "nc", "integrity", "404", "401", "403", "429", "500"),
    occasions="resources seen while they were not consistent",
    excuses=(ALREADY_CONSISTENT, MAY_BE_DELETED, *NO_ANSWERS), lasting=True,
)  # fmt: skip
RULES = (
    OPEN_AFTER_COMPLETION, RELAPSE, STALE_READ, NOT_CONVERGED, ERRORS_FOR_GOOD, ERRORS_TO_MEMBER, PLAIN_404, ODD_ANSWER,
)  # fmt: skip
