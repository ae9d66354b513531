"""The rules about a project and its storage provider: the chain with one boundary."""

from __future__ import annotations

from conformance.judge.findings import Book, short, speaker
from conformance.judge.rules.deletion_rules import after_deletion
from conformance.judge.rules.upload_rules import Context, fails_for_good
from conformance.judge.state.interval import NEVER, SECOND, Interval
from conformance.judge.state.observed import doomed_from, settle
from conformance.judge.state.resources import Project, Reads
from conformance.model import LagInterval


def lags(project: Project) -> list[LagInterval]:
    """Bound the project's lag for each storage provider that was asked for."""
    doomed, found = doomed_from(project.deletes)[0], []
    for answers in project.reads.values():
        reads, _ = settle(answers, [one for one in project.late if one[0] is answers], doomed)
        if project.created is not None:
            found += _lag(project, reads, project.created)
    return found


def judged(project: Project, book: Book, context: Context) -> None:
    """Judge every answer of ``POST /projects/{id}/uploads`` about `project`."""
    doomed, deleted = doomed_from(project.deletes)
    _made_twice(project, book)
    for provider, answers in sorted(project.reads.items()):
        late = [one for one in project.late if one[0] is answers]
        reads, after = settle(answers, late, doomed)
        _relapses(project, provider, reads, book)
        after_deletion("create_upload", project.id, deleted, after, book, context.bound)
        if project.created is not None:
            _told_as_nc(project, provider, reads, project.created, book)
            _converges(project, provider, reads, project.created, book, context)


def _made_twice(project: Project, book: Book) -> None:
    if len(project.names) < 2:
        return
    one, other = sorted(project.names.values())[:2]
    sentence = (
        f"project {short(project.id)} was the answer to {book.when(one)} and to {book.when(other)}, which asked for "
        "projects of different names"
    )
    book.expose("project-create-body")
    book.find(
        "project-create-body", "project-twice", project.id, (one, other), sentence, expected="a project of its own",
        observed="the same project twice",
    )  # fmt: skip


def _relapses(project: Project, provider: str, reads: Reads, book: Book) -> None:
    book.expose("session-monotonic", 1 if reads.again else 0)
    if reads.ok and reads.latest > reads.ok.ended_ns:
        book.expose("realtime-monotonic")
    for session, (told, nc) in sorted(reads.sessions.items()):
        if not told or not nc or nc.begun_ns <= told.ended_ns or _between(project, told, nc):
            continue
        sentence = (
            f"session {speaker(session)} had an upload created in project {short(project.id)} "
            f"({book.when(told)}) and was told "
            f"resource_not_consistent ({book.when(nc)})"
        )
        book.find(
            "session-monotonic", "relapse", project.id, (told, nc), sentence, expected="201",
            observed="resource_not_consistent", detail=provider, truth_b_ns=told.ended_ns, nc_a_ns=nc.begun_ns,
        )  # fmt: skip
    if not reads.ok or not reads.nc or reads.nc.begun_ns <= reads.ok.ended_ns:
        return
    staleness = (reads.nc.begun_ns - reads.ok.ended_ns) / SECOND
    book.stale("realtime-monotonic", staleness)
    sentence = (
        f"project {short(project.id)} had let {book.when(reads.ok)} create an upload; {staleness:.3f} s later a "
        f"request "
        f"began that was answered resource_not_consistent ({book.when(reads.nc)})"
    )
    book.find(
        "realtime-monotonic", "stale-read", project.id, (reads.ok, reads.nc), sentence, expected="201",
        observed="resource_not_consistent", detail=provider, truth_b_ns=reads.ok.ended_ns, nc_a_ns=reads.nc.begun_ns,
        staleness_s=staleness,
    )  # fmt: skip


def _between(project: Project, told: Interval, again: Interval) -> bool:
    return any(a <= again.ended_ns and b >= told.begun_ns for a, b in project.writes)


def _told_as_nc(project: Project, provider: str, reads: Reads, created: Interval, book: Book) -> None:
    book.look("nc-until-consistent", reads.racing)
    known_provider = not provider or reads.ok is not None or reads.nc is not None
    wrong = reads.gone if reads.gone and reads.gone.begun_ns > created.ended_ns and known_provider else None
    odd = _odd(project, provider, reads, created)
    if reads.nc or wrong or odd:
        book.expose("nc-until-consistent")
    for interval, what, rule in (
        (wrong, "a 404 with another code", "plain-404"),
        (odd, "another answer", "odd-answer"),
    ):
        if interval is None:
            continue
        sentence = (
            f"creating an upload in project {short(project.id)} answered {what} to {book.when(interval)}, although "
            f"the project "
            f"had been acknowledged to {book.when(created)} and nobody had deleted it"
        )
        book.find(
            "nc-until-consistent", rule, project.id, (created, interval), sentence, expected="201 or "
            "resource_not_consistent",
            observed=what, detail=provider, linked_b_ns=created.ended_ns, wrong_a_ns=interval.begun_ns,
        )  # fmt: skip


def _odd(project: Project, provider: str, reads: Reads, created: Interval) -> Interval | None:
    """Give a refusal that only the project's state explains: a ready one may have a quota, or refuse a kind of upload.

    It was not ready if not-consistent was told afterwards, or if the same was refused twice, one after the other, and
    accepted later, when nothing had been accepted before.
    """
    for shape, marks in sorted(project.odd.items()):
        early = [
            one
            for one in marks
            if created.ended_ns < one.begun_ns and not (reads.ok and reads.ok.ended_ns < one.begun_ns)
        ]
        if shape[0] != provider or not early:
            continue
        ended, accepted = min(early, key=lambda one: one.ended_ns), project.accepted.get(shape)
        again = any(one.begun_ns > ended.ended_ns for one in early)
        if (reads.nc and reads.nc.begun_ns >= ended.ended_ns) or (
            again and accepted and accepted.begun_ns > ended.ended_ns
        ):
            return ended
    return None


def _converges(project: Project, provider: str, reads: Reads, created: Interval, book: Book, context: Context) -> None:  # noqa: PLR0913, PLR0917 - the parts of one decision, each named
    deadline = created.ended_ns + context.bound
    late = reads.nc if reads.nc and reads.nc.begun_ns > deadline else None
    if late and any(a <= late.ended_ns and b + context.bound >= late.begun_ns for a, b in project.writes):
        late = None  # changing the project may have begun the wait anew
    failing = reads.failing
    for_good = fails_for_good(failing, reads.latest, deadline, context.answered_last)
    if late or for_good or reads.ok:
        book.expose("converges-project")
    if late is None and not for_good:
        return
    evidence = (created, late) if late else (created, *failing)
    last = late or failing[-1]
    what = "resource_not_consistent" if late else "server errors"
    others, count, slowest = context.others("project")
    sentence = (
        f"project {short(project.id)} had not converged within {context.bound / SECOND:g} s{others}: a request "
        f"that began "
        f"{(last.begun_ns - created.ended_ns) / SECOND:.3f} s after its 202 was answered {what} ({book.when(last)})"
    )
    book.find(
        "converges-project", "not-converged" if late else "errors-for-good", project.id, evidence, sentence,
        expected="201",
        observed=what, detail=provider, bound_s=context.bound / SECOND, deadline_ns=deadline, nc_a_ns=last.begun_ns,
        others=count, slowest_s=slowest,
    )  # fmt: skip


def _lag(project: Project, reads: Reads, created: Interval) -> list[LagInterval]:
    if reads.ok is None and reads.nc is None:
        return []
    most = max(0, reads.ok.ended_ns - created.begun_ns) / SECOND if reads.ok else None
    least = max(0, reads.nc.begun_ns - min(created.ended_ns, NEVER)) / SECOND if reads.nc else 0.0
    least = least if most is None else min(least, most)
    return [LagInterval("project", project.id, "create_upload", least, most, created.begun_ns)]
