"""The rules about one upload: its verdict, its order of states, and that it reaches its truth in time.

Each rule says which server it convicts. The levels follow contract section 1: a verdict before completion breaks a
MUST, every other ``L1 > U1`` is measured; a relapse is the SHOULD of one session and measured across clients.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from conformance.api.answers import Effect
from conformance.judge.findings import Book, short, speaker
from conformance.judge.lateness import Converged, overdue
from conformance.judge.state.expected import Known, Truth, attempts
from conformance.judge.state.interval import NEVER, SECOND, Mark, first, last
from conformance.judge.state.observed import Endpoint, Sight
from conformance.judge.state.resources import FOR_GOOD, Upload
from conformance.model import LagInterval


@dataclass(frozen=True, slots=True)
class Context:
    """What a rule needs beside the upload: the bound (ns), who else was answered, and whether the history is whole.

    `converged` are the resources that did converge within the bound.
    `answered_last` is the latest beginning (ns) of a truth told about any *other* resource. `begun` says that every
    mutation of the run is known, so that a completion that was not seen did not happen.
    """

    bound: int
    answered_last: int = -1
    begun: bool = True
    converged: Converged = field(default_factory=Converged)


@dataclass(frozen=True, slots=True)
class Case:
    """One upload with all that is known of it."""

    upload: Upload
    sight: Sight
    known: Known

    @property
    def name(self) -> str:
        """The upload's id."""
        return self.upload.id


def done_first(upload: Upload) -> Mark | None:
    """Give the answer that ended first of those that say that the upload is completed, by whomever."""
    found: Mark | None = None
    for one in upload.completes.values():
        if one.effect in (Effect.DONE, Effect.SOMEBODY):
            found = first(found, one.mark)
    return found


def attempt_first(upload: Upload) -> Mark | None:
    """Give the attempt to complete that began first, of those that may have taken effect."""
    return min(attempts(upload), default=None)


def one_verdict(case: Case, book: Book) -> None:
    """Convict a server that told 200 and the integrity exception of one upload, at any endpoint, in any order."""
    sight = case.sight
    told = [e.reads for e in sight.endpoints if e.reads.ok or e.reads.bad]
    if len(told) > 1 or any(
        reads.latest > (truth[1] if (truth := first(reads.ok, reads.bad)) else 0) for reads in told
    ):
        book.expose("one-verdict")
    if sight.ok is None or sight.bad is None:
        return
    ok, bad, links = sight.ok, sight.bad, sight.link(sight.ok, sight.bad)
    for reads in told:
        if reads.ok and reads.bad:
            ok, bad, links = reads.ok, reads.bad, ()
            break
    sentence = (
        f"upload {short(case.name)} answered 200 to {book.when(ok)} and integrity to {book.when(bad)}: no moment of "
        "convergence explains both"
    )
    book.find(
        "one-verdict", "verdict-flip", case.name, (*links, ok, bad), sentence, expected="one verdict for ever",
        observed="200 and the integrity exception", upload=case.name, ok_b_ns=ok[1], integrity_b_ns=bad[1],
    )  # fmt: skip


def repeats_change_nothing(case: Case, book: Book) -> None:
    """Convict a server whose verdict differs on the two sides of a repeated completion."""
    sight, completes = case.sight, case.upload.completes
    if len(completes) < 2:
        return
    opening = attempt_first(case.upload)
    for attempt in completes.values():
        kept = attempt.mark
        if kept is opening or attempt.effect is Effect.NONE:
            continue
        before = first(*(one if one and one[1] < kept[0] else None for one in (sight.ok, sight.bad)))
        if before is None:
            continue
        if sight.latest > kept[1]:
            book.expose("complete-repeat-same-outcome")
        after = sight.bad_last if before is sight.ok else sight.ok_last
        if after is not None and after[0] > (kept[0] if kept[1] >= NEVER else kept[1]):
            sentence = (
                f"upload {short(case.name)} had answered {'200' if before is sight.ok else 'integrity'} to "
                f"{book.when(before)}; after completing it again ({book.when(kept)}) it answered the opposite to "
                f"{book.when(after)}"
            )
            book.find(
                "complete-repeat-same-outcome", "outcome-changed", case.name,
                (*sight.link(before), before, kept, after), sentence,
                expected="the same verdict", observed="the opposite", upload=case.name,
            )  # fmt: skip
            return


def not_early(case: Case, book: Book, context: Context) -> None:
    """Convict a server that told a verdict, the answer ending before the first attempt to complete began."""
    upload, truth = case.upload, case.sight.truth()
    begun = attempt_first(upload)
    ours = any(one.effect in (Effect.DONE, Effect.INDETERMINATE) for one in upload.completes.values())
    if upload.created is None or not (ours or (begun is None and context.begun)):
        return
    limit = begun[0] if begun else NEVER
    early = [e.reads.nc_first for e in case.sight.endpoints if e.reads.nc_first and e.reads.nc_first[1] < limit]
    book.look("no-early-answer", len(early))
    if truth is None:
        return
    book.expose("no-early-answer")
    if truth[1] >= limit:
        return
    what = "200" if truth is case.sight.ok else "integrity"
    tail = f"before completing began ({book.when(begun)})" if begun else "and nobody had tried to complete it"
    sentence = f"upload {short(case.name)} answered {what} to {book.when(truth)}, {tail}"
    evidence = (upload.created, *((begun,) if begun else ()), *case.sight.link(truth), truth)
    book.find(
        "no-early-answer", "verdict-before-completion", case.name, evidence, sentence,
        expected="not consistent, or nothing to read", observed=what, upload=case.name,
        truth_b_ns=truth[1], complete_a_ns=limit if begun else None,
    )  # fmt: skip


def state_order(case: Case, book: Book) -> None:
    """Measure signs that an upload was open after it had been completed (a stale replica may still show it so)."""
    upload = case.upload
    lower = last(upload.open, attempt_first(upload))
    by = [one.mark for one in upload.completes.values() if one.effect in (Effect.DONE, Effect.SOMEBODY)]
    upper = first(upload.closed, case.sight.truth())
    for kept in by:
        upper = first(upper, kept)
    if lower is None or upper is None:
        return
    if upload.open or upload.closed:
        book.expose("state-order")
    truth = case.sight.truth()
    early = truth is not None and upper is truth and lower is attempt_first(upload)
    if lower[0] <= upper[1] or early:
        return
    staleness = (lower[0] - upper[1]) / SECOND
    book.stale("state-order", staleness)
    sentence = (
        f"upload {short(case.name)} was past completion by the answer to {book.when(upper)}, yet the one to "
        f"{book.when(lower)} shows it before: stale by at least {staleness:.3f} s"
    )
    book.find(
        "state-order", "open-after-completion", case.name, (*case.sight.link(upper), upper, lower), sentence,
        expected="states in order", observed="an earlier state later", upload=case.name,
        upper_b_ns=upper[1], lower_a_ns=lower[0], staleness_s=staleness,
    )  # fmt: skip


def relapses(case: Case, book: Book) -> None:
    """Convict (one session) or measure (all clients) nc that began after a verdict had been told."""
    sight, truth, nc = case.sight, case.sight.truth(), case.sight.nc
    if truth is not None and sight.latest > truth[1]:
        book.expose("realtime-monotonic")
    writes = _writes(case.upload)
    for session, (told, again) in sorted(sight.sessions.items()):
        if told is None or again is None or again[0] <= told[1] or _written_between(writes, told, again):
            continue
        link = sight.links.get(again[3])
        if link is not None and link[1] > told[0]:
            continue  # a file or version made in between is a resource of its own
        sentence = (
            f"session {speaker(session)} was told {'200' if _is_ok(sight, told) else 'the verdict'} of upload "
            f"{short(case.name)} "
            f"({book.when(told)}) and resource_not_consistent ({book.when(again)}), "
            f"{(again[0] - told[1]) / SECOND:.3f} s later"
        )
        book.find(
            "session-monotonic", "relapse", case.name, (*sight.link(told, again), told, again), sentence,
            expected="the same verdict again", observed="resource_not_consistent", upload=case.name,
            truth_b_ns=told[1], nc_a_ns=again[0],
        )  # fmt: skip
    book.expose("session-monotonic", sum(1 for e in sight.endpoints if e.reads.again))
    if truth is None or nc is None or nc[0] <= truth[1]:
        return
    staleness = (nc[0] - truth[1]) / SECOND
    book.stale("realtime-monotonic", staleness)
    sentence = (
        f"upload {short(case.name)} told its verdict to {book.when(truth)}; {staleness:.3f} s later a read began that "
        f"answered resource_not_consistent ({book.when(nc)}): stale by at least that much"
    )
    book.find(
        "realtime-monotonic", "stale-read", case.name, (*sight.link(truth, nc), truth, nc), sentence,
        expected="the verdict", observed="resource_not_consistent", upload=case.name,
        truth_b_ns=truth[1], nc_a_ns=nc[0], staleness_s=staleness,
    )  # fmt: skip


def _is_ok(sight: Sight, told: Mark) -> bool:
    return any(e.reads.ok is told or e.reads.ok_last is told for e in sight.endpoints)


def _writes(upload: Upload) -> list[tuple[int, int]]:
    opening = attempt_first(upload)
    return [
        (one.mark[0], NEVER if one.effect is Effect.INDETERMINATE else one.mark[1])
        for one in upload.completes.values()
        if one.mark is not opening and one.effect in (Effect.DONE, Effect.INDETERMINATE)
    ]


def _written_between(writes: list[tuple[int, int]], told: Mark, again: Mark) -> bool:
    return any(a <= again[1] and b >= told[0] for a, b in writes)


def verdict_true(case: Case, book: Book) -> None:
    """Convict a server that serves a BAD upload, or that refuses a GOOD one."""
    sight, known = case.sight, case.known
    ok, bad = sight.ok, sight.bad
    if ok is None and bad is None:
        return
    if known.truth is Truth.BAD:
        book.expose("bad-never-200")
        if ok is not None:
            sentence = f"upload {short(case.name)} is bad ({known.why}), yet it answered 200 to {book.when(ok)}"
            _verdict(case, book, "bad-never-200", "bad-answered-200", ok, sentence, "integrity", "200")
    elif known.truth is Truth.GOOD:
        book.expose("good-never-integrity")
        if bad is not None:
            sentence = f"upload {short(case.name)} is good ({known.why}), yet it answered integrity to {book.when(bad)}"
            _verdict(case, book, "good-never-integrity", "good-refused", bad, sentence, "200", "integrity")
    elif known.misreported and known.accepted:
        book.expose("wrong-chunk-size-integrity")
        if ok is not None:
            sentence = f"upload {short(case.name)} has a misreported chunk size, yet it answered 200 to {book.when(ok)}"
            rule = "misreported-size-served"
            _verdict(case, book, "wrong-chunk-size-integrity", rule, ok, sentence, "integrity", "200")


def _verdict(  # noqa: PLR0913, PLR0917 - the parts of one decision, each named
    case: Case, book: Book, requirement: str, rule: str, told: Mark, sentence: str, expected: str, observed: str
) -> None:
    upload, links = case.upload, case.sight.link(told)
    proof = case.known.proof or tuple(kept for kept in (upload.created,) if kept)
    spare = 4 - len(links) - 1 - len(proof)
    completion = done_first(upload) or attempt_first(upload)
    extra = (upload.created, completion) if case.known.stored != upload.size else (completion, upload.created)
    context = tuple(kept for kept in extra if kept and kept not in proof)[: max(0, spare)]
    book.find(
        requirement, rule, case.name, (*context, *proof, *links, told)[-4:], sentence, expected=expected,
        observed=observed, upload=case.name, truth=case.known.truth.value, why=case.known.why, size=upload.size,
        stored=case.known.stored, told_b_ns=told[1],
    )  # fmt: skip


def converges(case: Case, book: Book, context: Context) -> None:
    """Convict a server that had not told the truth to a read that began later than the bound after completion."""
    done = done_first(case.upload)
    for endpoint in case.sight.endpoints:
        reads = endpoint.reads
        if done is None or endpoint.linked is None:
            continue
        deadline = max(done[1], endpoint.linked[1]) + context.bound
        late = reads.nc if reads.nc and reads.nc[0] > deadline else None
        if late and any(a <= late[1] and b + context.bound >= late[0] for a, b in _writes(case.upload)):
            late = None  # completing it again may have begun the wait anew
        if late:
            book.expose("converges-upload")
            _late(case, book, context, endpoint, done, late, deadline)
        elif fails_for_good(reads.failing, reads.latest, deadline, context.answered_last):
            book.expose("converges-upload")
            _failing(case, book, endpoint, done, deadline)
        elif reads.ok or reads.bad:
            book.expose("converges-upload")


def fails_for_good(failing: tuple[Mark, ...], latest: int, deadline: int, others: int) -> bool:
    """Whether the last three errors (`failing`) began after `deadline`, and nothing else was told since, but others."""
    return len(failing) == FOR_GOOD and failing[0][0] > deadline and latest < failing[0][0] < others


def _late(case: Case, book: Book, context: Context, endpoint: Endpoint, done: Mark, late: Mark, deadline: int) -> None:  # noqa: PLR0913, PLR0917 - the parts of one decision, each named
    if endpoint.superseded is not None and endpoint.reads.ok is not None and endpoint.reads.ok[1] < late[0]:
        return
    bound = context.bound / SECOND
    others, count, slowest = context.converged.others("upload", case.name)
    since = max(done[1], endpoint.linked[1] if endpoint.linked else 0)
    sentence = overdue(case.name, endpoint.reads, late, since, bound, others, book)
    links = (endpoint.linked,) if endpoint.linked else ()
    book.find(
        "converges-upload", "not-converged", case.name, (done, *links, late), sentence, expected="200 or integrity",
        observed="resource_not_consistent", detail=endpoint.reads.kind, upload=case.name, bound_s=bound,
        deadline_ns=deadline, nc_a_ns=late[0], others=count, slowest_s=slowest,
    )  # fmt: skip


def _failing(case: Case, book: Book, endpoint: Endpoint, done: Mark, deadline: int) -> None:
    marks = endpoint.reads.failing
    sentence = (
        f"upload {short(case.name)} was still answered by errors later than the bound, last to "
        f"{book.when(marks[-1])}, while other resources were answered"
    )
    links = (endpoint.linked,) if endpoint.linked else ()
    book.find(
        "converges-upload", "errors-for-good", case.name, (done, *links, *marks[1:]), sentence,
        expected="200 or integrity", observed="errors", detail=endpoint.reads.kind, upload=case.name,
        deadline_ns=deadline,
    )  # fmt: skip


def told_as_nc(case: Case, book: Book, *, ended: bool) -> None:
    """Convict a server that told a live, acknowledged resource by a 404 with another code, or by another answer.

    An older version that is good is `register.old_version`'s; until the history has `ended` one may yet prove to be.
    One that failed may be cleared away once it has told its verdict: nobody promised to keep it.
    """
    for endpoint in case.sight.endpoints:
        reads, linked = endpoint.reads, endpoint.acknowledged
        book.look("nc-until-consistent", reads.racing)
        wrong = reads.gone if reads.gone and linked and reads.gone[0] > linked[1] else None
        odd = reads.odd if reads.odd and linked and reads.odd[0] > linked[1] else None
        truth = case.sight.truth()
        if odd and truth and truth[1] < odd[0]:
            odd = None  # the duty is about what is not consistent yet
        older = endpoint.superseded is not None and wrong is not None and wrong[0] > endpoint.superseded[1]
        told = reads.ok is not None or (reads.bad and wrong and reads.bad[1] < wrong[0])
        elsewhere = older and (not ended or case.known.truth is Truth.GOOD or told)
        if reads.nc or ((wrong or odd) and (not endpoint.superseded or (older and not elsewhere))):
            book.expose("nc-until-consistent")
        if elsewhere:
            continue
        for kept, what, rule in (
            (wrong, "a 404 with another code", "plain-404"),
            (odd, "another answer", "odd-answer"),
        ):
            if kept is None or linked is None:
                continue
            sentence = (
                f"{reads.kind} of {short(reads.id)} answered {what} to {book.when(kept)}, although its creation "
                f"had been "
                f"acknowledged to {book.when(linked)} and nobody had deleted it"
            )
            book.find(
                "nc-until-consistent", rule, reads.id, (linked, kept), sentence, expected="resource_not_consistent",
                observed=what, upload=case.name, linked_b_ns=linked[1], wrong_a_ns=kept[0],
            )  # fmt: skip


def lags(case: Case) -> list[LagInterval]:
    """Bound the upload's convergence lag at each endpoint that was read."""
    done, begun = done_first(case.upload), attempt_first(case.upload)
    if begun is None:
        return []
    found = []
    for endpoint in case.sight.endpoints:
        reads = endpoint.reads
        truth = first(reads.ok, reads.bad)
        if truth is None and reads.nc is None:
            continue
        upper = done[1] if done else NEVER
        lower = max(0, reads.nc[0] - upper) if reads.nc else 0
        most = None if truth is None else max(0, truth[1] - begun[0]) / SECOND
        least = lower / SECOND if most is None else min(lower / SECOND, most)
        found.append(LagInterval(f"{case.known.truth} upload", case.name, reads.kind, least, most, begun[0]))
    return found
