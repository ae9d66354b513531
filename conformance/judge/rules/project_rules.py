"""The rules about a project and its storage provider: the chain whose first instant is the project's creation."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from conformance.api.answers import Answer
from conformance.api.bodies import folded
from conformance.judge.findings import Book, short, speaker
from conformance.judge.rechecks import same_project
from conformance.judge.rule import Context, Need, Rule
from conformance.judge.rules.convergence_rules import (
    ERRORS_FOR_GOOD,
    NO_ANSWERS,
    NOT_CONVERGED,
    ODD_ANSWER,
    PLAIN_404,
    RELAPSE,
    STALE_READ,
)
from conformance.judge.rules.deletion_rules import NC_PERSISTS, after_deletion
from conformance.judge.rules.excuses import (
    FOREIGN_PROVIDER,
    MAY_BE_DELETED,
    NOT_FOR_GOOD,
    REASONS_OF_ITS_OWN,
    SIZE_LIMIT,
    WAIT_BEGUN_ANEW,
    WRITTEN_BETWEEN,
)
from conformance.judge.rules.write_rules.write_excuses import ASKED_ALIKE
from conformance.judge.state.chain import Chain, Crossing, chain_of_project, crossing
from conformance.judge.state.interval import SECOND, Interval
from conformance.judge.state.observed import doomed_from, settle
from conformance.judge.state.resources import Project, Reads
from conformance.model import LagInterval


@dataclass(frozen=True, slots=True)
class AtProvider:
    """A project with one of the storage providers asked for, what it answered there, and what after its deletion."""

    project: Project
    provider: str
    reads: Reads
    deleted: Interval | None
    after: Sequence[tuple[Interval, Answer]]
    chain: Chain


@dataclass(frozen=True, slots=True)
class ProjectCase:
    """A project with all that is known of it."""

    project: Project
    providers: Sequence[AtProvider]

    @classmethod
    def of(cls, project: Project) -> ProjectCase:
        """Return the case of a project."""
        return cls(project, _at_providers(project))


def _at_providers(project: Project) -> list[AtProvider]:
    """Return the project with each storage provider that was asked for."""
    doomed, deleted = doomed_from(project.deletes)
    found = []
    for provider, answers in project.reads.items():
        reads, after = settle(answers, [late for late in project.late if late[0] is answers], doomed)
        chain = chain_of_project(project.created, reads)
        found.append(AtProvider(project, provider, reads, deleted, after, chain))
    return found


def lags(case: ProjectCase) -> list[LagInterval]:
    """Bound the project's lag for each storage provider that was asked for."""
    project, found = case.project, []
    for one in case.providers:
        if project.created is not None and (one.chain.verdict or one.chain.waiting):
            least, most = one.chain.lag()
            found.append(LagInterval("project", project.id, "create_upload", least, most, project.created.begun_ns))
    return found


def made_twice(case: ProjectCase, _context: Context, book: Book) -> None:
    """Convict a server that answers two creates of different names with one project."""
    project = case.project
    if len(project.names) < 2:
        return
    (one, name), *others = sorted((interval, name) for name, interval in project.names.items())
    apart = [stated for stated, wanted in others if not ASKED_ALIKE.holds(folded(name), folded(wanted))]
    if not apart:
        return
    other = apart[0]
    sentence = (
        f"project {short(project.id)} was the answer to {book.when(one)} and to {book.when(other)}, which asked for "
        "projects of different names"
    )
    book.expose("project-create-body")
    book.find(
        "project-create-body", "project-twice", project.id, (one, other), sentence, expected="a project of its own",
        observed="the same project twice",
    )  # fmt: skip


def relapses(case: ProjectCase, _context: Context, book: Book) -> None:
    """Convict (one session) or measure (all clients) not-consistent that began after an upload had been created."""
    for one in case.providers:
        reads = one.reads
        book.expose("session-monotonic", 1 if reads.again else 0)
        if reads.ok and reads.latest > reads.ok.ended_ns:
            book.expose("realtime-monotonic")
        for session, (stated, again) in sorted(reads.sessions.items()):
            found = crossing(again, stated)
            if found is not None and not WRITTEN_BETWEEN.holds(case.project.writes, found):
                _relapse(one, session, found, book)
        if stale := one.chain.relapse():
            _stale(one, stale, book)


def _relapse(one: AtProvider, session: str, found: Crossing, book: Book) -> None:
    stated, again = found
    sentence = (
        f"session {speaker(session)} had an upload created in project {short(one.project.id)} "
        f"({book.when(stated)}) and was told resource_not_consistent ({book.when(again)})"
    )
    book.find(
        "session-monotonic", "relapse", one.project.id, found, sentence, expected="201",
        observed="resource_not_consistent", detail=one.provider, truth_b_ns=stated.ended_ns, nc_a_ns=again.begun_ns,
    )  # fmt: skip


def _stale(one: AtProvider, found: Crossing, book: Book) -> None:
    stated, again = found
    book.stale("realtime-monotonic", found.staleness_s)
    sentence = (
        f"project {short(one.project.id)} had let {book.when(stated)} create an upload; {found.staleness_s:.3f} s "
        f"later a request began that was answered resource_not_consistent ({book.when(again)})"
    )
    book.find(
        "realtime-monotonic", "stale-read", one.project.id, found, sentence, expected="201",
        observed="resource_not_consistent", detail=one.provider, truth_b_ns=stated.ended_ns, nc_a_ns=again.begun_ns,
        staleness_s=found.staleness_s,
    )  # fmt: skip


def deleted(case: ProjectCase, context: Context, book: Book) -> None:
    """Judge what creating uploads answered after the project was deleted."""
    for one in case.providers:
        after_deletion("create_upload", case.project.id, one.deleted, one.after, book, context.bound)


def stated_as_nc(case: ProjectCase, context: Context, book: Book) -> None:
    """Convict a server that told a live, acknowledged project by a 404 with another code, or by another answer."""
    for one in case.providers:
        if case.project.created is not None:
            _stated_as_nc(one, case.project.created, context.world.providers, book)


def _stated_as_nc(one: AtProvider, created: Interval, known: AbstractSet[str], book: Book) -> None:
    reads = one.reads
    book.look("nc-until-consistent", reads.racing)
    foreign = FOREIGN_PROVIDER.holds(one.provider, reads, known)
    wrong = reads.gone if crossing(reads.gone, created) and not foreign else None
    odd = _odd(one, created)
    if reads.nc or wrong or odd:
        book.expose("nc-until-consistent")
    whats = ((wrong, "a 404 with another code", "plain-404"), (odd, "another answer", "odd-answer"))
    for interval, what, rule in whats:
        if interval is None:
            continue
        sentence = (
            f"creating an upload in project {short(one.project.id)} answered {what} to {book.when(interval)}, although "
            f"the project had been acknowledged to {book.when(created)} and nobody had deleted it"
        )
        book.find(
            "nc-until-consistent", rule, one.project.id, (created, interval), sentence,
            expected="201 or resource_not_consistent", observed=what, detail=one.provider,
            linked_b_ns=created.ended_ns, wrong_a_ns=interval.begun_ns,
        )  # fmt: skip


def _odd(one: AtProvider, created: Interval) -> Interval | None:
    """Return a refusal that only the project's state explains.

    It was not ready if not-consistent was told afterwards, or if the same was refused twice, one after the other, and
    accepted later, when nothing had been accepted before.
    """
    for shape, refusals in sorted(one.project.odd.items()):
        fair = (x for x in refusals if not SIZE_LIMIT.holds(one.project.too_large.get(x), one.project.sizes.get(shape)))
        early = [x for x in fair if crossing(x, created) and not crossing(x, one.reads.ok)]
        if shape[0] != one.provider or not early:
            continue
        ended = min(early, key=lambda refusal: refusal.ended_ns)
        repeated, accepted = any(crossing(x, ended) for x in early), one.project.accepted.get(shape)
        if not REASONS_OF_ITS_OWN.holds(ended, one.reads.nc, repeated=repeated, accepted=accepted):
            return ended
    return None


def converges(case: ProjectCase, context: Context, book: Book) -> None:
    """Convict a server whose project is not ready for a request that began later than the bound after its 202."""
    for one in case.providers:
        deadline = one.chain.deadline(context.bound)
        if deadline is None:
            continue
        late, reads = _overdue(one, deadline, context.bound), one.reads
        for_good = not NOT_FOR_GOOD.holds(
            reads.failing, reads.latest, deadline, context.answered_last, context.bound, reads.failing_from
        )
        if late or for_good or reads.ok:
            book.expose("converges-project")
        if late or for_good:
            _not_converged(one, late, deadline, context, book)


def _overdue(one: AtProvider, deadline: int, bound: int) -> Interval | None:
    """Return the not-consistent answer that began last of those that came too late."""
    project, doomed = one.project, doomed_from(one.project.deletes)[0]
    waited = {one.reads.nc, *project.waited.get(one.provider, ())} - {None}
    late = (
        found
        for found in waited
        if found and found.begun_ns > deadline and not MAY_BE_DELETED.holds(found, doomed)
        and not WAIT_BEGUN_ANEW.holds(project.writes, found, bound)
    )  # fmt: skip
    return max(late, default=None)


def _not_converged(one: AtProvider, late: Interval | None, deadline: int, context: Context, book: Book) -> None:
    last = late or one.reads.failing[-1]
    what = "resource_not_consistent" if late else "server errors"
    others, count, slowest = context.converged.others("project", one.project.id)
    bound = context.bound / SECOND
    sentence = (
        f"project {short(one.project.id)} had not converged within {bound:g} s{others}: a request that began "
        f"{(last.begun_ns - deadline) / SECOND + bound:.3f} s after its 202 was answered {what} ({book.when(last)})"
    )
    evidence = (one.project.created, *((late,) if late else one.reads.failing))
    book.find(
        "converges-project", "not-converged" if late else "errors-for-good", one.project.id,
        (interval for interval in evidence if interval), sentence, expected="201", observed=what, detail=one.provider,
        bound_s=bound, deadline_ns=deadline, nc_a_ns=last.begun_ns, others=count, slowest_s=slowest,
    )  # fmt: skip


_CONVERGES = "projects that told their truth, or had the whole bound to do so"

RULES = (
    Rule(
        "project-twice", "project-create-body", Need.PROJECT, made_twice,
        lambda p: same_project(p.cited[0], p.cited[1]), excuses=(ASKED_ALIKE,), lasting=True,
    ),
    replace(RELAPSE, needs=Need.PROJECT, check=relapses, excuses=(WRITTEN_BETWEEN, MAY_BE_DELETED)),
    replace(STALE_READ, needs=Need.PROJECT, check=relapses),
    replace(NC_PERSISTS, needs=Need.PROJECT, check=deleted),
    replace(PLAIN_404, needs=Need.PROJECT, check=stated_as_nc, excuses=(FOREIGN_PROVIDER, MAY_BE_DELETED)),
    replace(
        ODD_ANSWER, needs=Need.PROJECT, check=stated_as_nc,
        excuses=(REASONS_OF_ITS_OWN, SIZE_LIMIT, MAY_BE_DELETED, *NO_ANSWERS),
    ),
    replace(
        NOT_CONVERGED, requirement="converges-project", needs=Need.PROJECT, check=converges, occasions=_CONVERGES,
        excuses=(WAIT_BEGUN_ANEW, MAY_BE_DELETED),
    ),
    replace(
        ERRORS_FOR_GOOD, requirement="converges-project", needs=Need.PROJECT, check=converges, occasions=_CONVERGES,
        excuses=(NOT_FOR_GOOD, MAY_BE_DELETED, *NO_ANSWERS),
    ),
)  # fmt: skip
