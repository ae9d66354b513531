"""The rules about a project and its storage provider: the chain with one boundary."""

from __future__ import annotations

from conformance.judge.findings import Book, short, speaker
from conformance.judge.rules.deletion_rules import after_deletion
from conformance.judge.rules.upload_rules import Context, fails_for_good
from conformance.judge.state.interval import NEVER, SECOND, Mark
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
    if reads.ok and reads.latest > reads.ok[1]:
        book.expose("realtime-monotonic")
    for session, (told, nc) in sorted(reads.sessions.items()):
        if not told or not nc or nc[0] <= told[1] or _between(project, told, nc):
            continue
        sentence = (
            f"session {speaker(session)} had an upload created in project {short(project.id)} "
            f"({book.when(told)}) and was told "
            f"resource_not_consistent ({book.when(nc)})"
        )
        book.find(
            "session-monotonic", "relapse", project.id, (told, nc), sentence, expected="201",
            observed="resource_not_consistent", detail=provider, truth_b_ns=told[1], nc_a_ns=nc[0],
        )  # fmt: skip
    if not reads.ok or not reads.nc or reads.nc[0] <= reads.ok[1]:
        return
    staleness = (reads.nc[0] - reads.ok[1]) / SECOND
    book.stale("realtime-monotonic", staleness)
    sentence = (
        f"project {short(project.id)} had let {book.when(reads.ok)} create an upload; {staleness:.3f} s later a "
        f"request "
        f"began that was answered resource_not_consistent ({book.when(reads.nc)})"
    )
    book.find(
        "realtime-monotonic", "stale-read", project.id, (reads.ok, reads.nc), sentence, expected="201",
        observed="resource_not_consistent", detail=provider, truth_b_ns=reads.ok[1], nc_a_ns=reads.nc[0],
        staleness_s=staleness,
    )  # fmt: skip


def _between(project: Project, told: Mark, again: Mark) -> bool:
    return any(a <= again[1] and b >= told[0] for a, b in project.writes)


def _told_as_nc(project: Project, provider: str, reads: Reads, created: Mark, book: Book) -> None:
    book.look("nc-until-consistent", reads.racing)
    known_provider = not provider or reads.ok is not None or reads.nc is not None
    wrong = reads.gone if reads.gone and reads.gone[0] > created[1] and known_provider else None
    odd = _odd(project, provider, reads, created)
    if reads.nc or wrong or odd:
        book.expose("nc-until-consistent")
    for kept, what, rule in ((wrong, "a 404 with another code", "plain-404"), (odd, "another answer", "odd-answer")):
        if kept is None:
            continue
        sentence = (
            f"creating an upload in project {short(project.id)} answered {what} to {book.when(kept)}, although "
            f"the project "
            f"had been acknowledged to {book.when(created)} and nobody had deleted it"
        )
        book.find(
            "nc-until-consistent", rule, project.id, (created, kept), sentence, expected="201 or "
            "resource_not_consistent",
            observed=what, detail=provider, linked_b_ns=created[1], wrong_a_ns=kept[0],
        )  # fmt: skip


def _odd(project: Project, provider: str, reads: Reads, created: Mark) -> Mark | None:
    """Give a refusal that only the project's state explains: a ready one may have a quota, or refuse a kind of upload.

    It was not ready if not-consistent was told afterwards, or if the same was refused twice, one after the other, and
    accepted later, when nothing had been accepted before.
    """
    for shape, marks in sorted(project.odd.items()):
        early = [one for one in marks if created[1] < one[0] and not (reads.ok and reads.ok[1] < one[0])]
        if shape[0] != provider or not early:
            continue
        ended, accepted = min(early, key=lambda one: one[1]), project.accepted.get(shape)
        again = any(one[0] > ended[1] for one in early)
        if (reads.nc and reads.nc[0] >= ended[1]) or (again and accepted and accepted[0] > ended[1]):
            return ended
    return None


def _converges(project: Project, provider: str, reads: Reads, created: Mark, book: Book, context: Context) -> None:  # noqa: PLR0913, PLR0917 - the parts of one decision, each named
    deadline = created[1] + context.bound
    late = reads.nc if reads.nc and reads.nc[0] > deadline else None
    if late and any(a <= late[1] and b + context.bound >= late[0] for a, b in project.writes):
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
    others, count, slowest = context.converged.others("project", project.id)
    sentence = (
        f"project {short(project.id)} had not converged within {context.bound / SECOND:g} s{others}: a request "
        f"that began "
        f"{(last[0] - created[1]) / SECOND:.3f} s after its 202 was answered {what} ({book.when(last)})"
    )
    book.find(
        "converges-project", "not-converged" if late else "errors-for-good", project.id, evidence, sentence,
        expected="201",
        observed=what, detail=provider, bound_s=context.bound / SECOND, deadline_ns=deadline, nc_a_ns=last[0],
        others=count, slowest_s=slowest,
    )  # fmt: skip


def _lag(project: Project, reads: Reads, created: Mark) -> list[LagInterval]:
    if reads.ok is None and reads.nc is None:
        return []
    most = max(0, reads.ok[1] - created[0]) / SECOND if reads.ok else None
    least = max(0, reads.nc[0] - min(created[1], NEVER)) / SECOND if reads.nc else 0.0
    least = least if most is None else min(least, most)
    return [LagInterval("project", project.id, "create_upload", least, most, created[0])]
