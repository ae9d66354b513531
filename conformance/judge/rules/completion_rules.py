"""The rules about ``PUT /uploads/{id}/complete``: a mismatch never surfaces there, and repeating it does no harm."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from conformance.api.answers import Effect
from conformance.judge.findings import Book, short
from conformance.judge.mismatches import counted_again
from conformance.judge.rechecks import answers, before, completes
from conformance.judge.rule import Case, Context, Need, Rule
from conformance.judge.rules.excuses import (
    INVALID_REQUEST,
    MAY_BE_DELETED,
    MEDDLED,
    SMALL_PARTS,
    TRUTH_UNKNOWN,
    WITHIN_THE_BOUND,
)
from conformance.judge.rules.write_rules.completion_excuses import (
    ACCIDENT,
    COMPLETED_AT_ONCE,
    COMPLETED_BEFORE,
    GOOD_ALIKE,
    TOO_FRESH,
    Shares,
)
from conformance.judge.state.chain import crossing
from conformance.judge.state.expected import Defect, Known, Truth, known
from conformance.judge.state.interval import NEVER, SECOND, Interval, first
from conformance.judge.state.observed import doomed_from
from conformance.judge.state.resources import NOT_FOUND, Upload


def _gone_from(upload: Upload, context: Context) -> int:
    """Return from when (ns) on the upload's project, and so the upload, may be gone."""
    home = context.world.projects.get(upload.project)
    return doomed_from(home.deletes)[0] if home else NEVER


def refused(case: Case, context: Context, book: Book) -> None:
    """Convict a server that refuses the first completion of a bad upload, although the request itself was right."""
    upload, refusal = case.upload, case.upload.refusal
    if refusal is None or refusal.status == NOT_FOUND:
        return
    others = [one.interval for one in upload.completes.values() if one.interval != refusal.interval]
    gone = MAY_BE_DELETED.holds(refusal.interval, _gone_from(upload, context))
    if gone or COMPLETED_AT_ONCE.holds(others, refusal.interval):
        return
    would_be = known(upload, context.setting, refusal)
    if would_be.truth is not Truth.BAD or INVALID_REQUEST.holds(would_be, refusal, upload.parts.values()):
        return
    if SMALL_PARTS.holds(would_be) or GOOD_ALIKE.holds(_first_attempts(context, refusal.status)):
        return
    book.expose("complete-no-integrity")
    sentence = (
        f"completing the bad upload {short(upload.id)} ({would_be.why}) was refused with {refusal.status} to "
        f"{book.when(refusal.interval)}: a mismatch must be told at the url endpoints only"
    )
    created = (upload.created,) if upload.created else ()
    book.find(
        "complete-no-integrity", "mismatch-refused", upload.id, (*created, *would_be.proof, refusal.interval), sentence,
        expected="202", observed=str(refusal.status), upload=upload.id, status=refusal.status, why=would_be.why,
        size=upload.size, stored=would_be.stored,
    )  # fmt: skip


def _first_attempts(context: Context, status: int) -> dict[Truth, Shares]:
    """Count, by what uploads are, their first completions that were refused by `status`, and all that were sent."""
    found = {Truth.GOOD: Shares(0, 0), Truth.BAD: Shares(0, 0), Truth.UNKNOWN: Shares(0, 0)}
    for case in context.cases.values():
        upload, refusal, truth = case.upload, case.upload.refusal, case.known.truth
        met = refusal is not None and refusal.status == status
        if met and refusal is not None:
            others = [one.interval for one in upload.completes.values() if one.interval != refusal.interval]
            met = not COMPLETED_AT_ONCE.holds(others, refusal.interval)
            truth = known(upload, context.setting, refusal).truth
        if upload.completes:
            found[truth] = Shares(found[truth].refused + met, found[truth].sent + 1)
    return found


def acknowledged(upload: Upload) -> Interval | None:
    """Give the completion that ended first of those that were answered by its success."""
    done: Interval | None = None
    for one in upload.completes.values():
        if one.effect is Effect.DONE:
            done = first(done, one.interval)
    return done


def repeated(case: Case, _context: Context, book: Book) -> None:
    """Convict a server that answers 5xx to completing an upload again after completion was acknowledged."""
    upload, done = case.upload, acknowledged(case.upload)
    if done is None:
        return
    for interval, status in sorted((one.interval, one.status) for one in upload.completes.values()):
        if status is None or crossing(interval, done) is None:
            continue
        book.expose("complete-repeat-no-5xx")
        if status >= 500:
            sentence = (
                f"completing upload {short(upload.id)} again answered {status} to {book.when(interval)}, after "
                f"{book.when(done)} had been told that it was completed"
            )
            book.find(
                "complete-repeat-no-5xx", "repeat-fails", upload.id, (done, interval), sentence,
                expected="a 2xx or 4xx", observed=str(status), upload=upload.id, status=status,
            )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Symptom:
    """An answer to completion that tells a mismatch only by whom it meets, and what it breaks."""

    status: int
    requirement: str
    rule: str


SERVER_ERROR = Symptom(500, "complete-no-500", "mismatch-fails")
MISSING = Symptom(NOT_FOUND, "complete-no-integrity", "mismatch-missing")


@dataclass(slots=True)
class Failing:
    """Whether a symptom at completion goes with a stored mismatch of one kind, added up over a run.

    A server may trip over one kind of mismatch alone, so each is weighed by itself. `good_delays` say how soon (ns)
    after their creation good uploads were completed and accepted at once, `delays` the same of the bad that failed.
    """

    symptom: Symptom
    bad_failed: dict[Defect, list[tuple[Interval, str]]] = field(default_factory=dict)
    bad_accepted: Counter[Defect] = field(default_factory=Counter)
    good_accepted: int = 0
    good_failed: int = 0
    good_delays: list[int] = field(default_factory=list)
    delays: dict[str, int] = field(default_factory=dict)

    def take(self, upload: Upload, known: Known) -> None:
        """Count one upload of which is known what it is or, had it not been refused, would have been."""
        if TRUTH_UNKNOWN.holds(known) or not upload.completes:
            return
        accepted = any(one.effect is Effect.DONE for one in upload.completes.values())
        attempt = min(upload.completes.values(), key=lambda one: one.interval)
        failed_first = attempt.status == self.symptom.status
        if known.truth is Truth.GOOD:
            self.good_accepted += accepted
            self.good_failed += failed_first
            if attempt.effect is Effect.DONE:
                self.good_delays.append(_delay(upload, attempt.interval))
        elif failed_first:
            failed = self.bad_failed.setdefault(known.defect, [])
            failed.append((attempt.interval, upload.id))
            self.delays[upload.id] = _delay(upload, attempt.interval)
        else:
            self.bad_accepted[known.defect] += accepted

    def convicts(self, defect: Defect) -> bool:
        """Whether the pattern shows that a mismatch of this kind is the cause."""
        failed = len(self._failed(defect))
        return not ACCIDENT.holds(failed, self.bad_accepted[defect], self.good_failed, self.good_accepted)

    def _failed(self, defect: Defect) -> list[tuple[Interval, str]]:
        """Return the attempts that count: a 404 may be about what was just made."""
        failed = sorted(self.bad_failed.get(defect, ()))
        if self.symptom is SERVER_ERROR:
            return failed
        return [one for one in failed if not TOO_FRESH.holds(self.delays[one[1]], self.good_delays)]

    def conclude(self, book: Book) -> None:
        """Convict a server that gives the symptom whenever what was stored does not match."""
        if self.symptom is SERVER_ERROR:
            failed = sum(len(found) for found in self.bad_failed.values())
            book.expose(self.symptom.requirement, self.bad_accepted.total() + failed)
        for defect in filter(self.convicts, sorted(self.bad_failed)):
            self._tell(defect, book)

    def _tell(self, defect: Defect, book: Book) -> None:
        requirement, status = self.symptom.requirement, self.symptom.status
        marks = self._failed(defect)
        sentence = (
            f"completing answered {status} for {len(marks)} bad uploads with {defect} (first {short(marks[0][1])}, to "
            f"{book.when(marks[0][0])}), while {self.good_accepted} good ones were accepted"
        )
        book.find(
            requirement, self.symptom.rule, "complete_upload", (interval for interval, _ in marks), sentence,
            expected="202", observed=str(status), detail=str(defect), bad_failed=len(marks),
            bad_accepted=self.bad_accepted[defect], good_accepted=self.good_accepted,
            uploads=[name for _, name in marks[:4]],
        )  # fmt: skip


def _delay(upload: Upload, attempt: Interval) -> int:
    return attempt.begun_ns - upload.created.ended_ns if upload.created else NEVER


class Completions:
    """The completions of all uploads, counted by what the uploads are.

    `good` and `bad` (by defect) are what was accepted elsewhere.
    """

    def __init__(self, context: Context, good: int = 0, bad: Mapping[Defect, int] | None = None) -> None:
        self._cases = context.cases
        self.failing, self.missing = (
            Failing(symptom, good_accepted=good, bad_accepted=Counter(bad or {})) for symptom in (SERVER_ERROR, MISSING)
        )
        for case in context.cases.values():
            self.failing.take(case.upload, case.known)
            self.missing.take(case.upload, _had_it_been_found(case, context))

    def answered_elsewhere(self, failed: Iterable[tuple[str, str]]) -> frozenset[str]:
        """Return which of the `failed` attempts (upload and operation) another rule speaks of.

        A repeated one has its own, and so has one that goes with a mismatch.
        """
        return frozenset(operation for name, operation in failed if self._speaks(self._cases.get(name), operation))

    def _speaks(self, case: Case | None, operation: str) -> bool:
        attempt = case.upload.completes.get(operation) if case else None
        if case is None or attempt is None:
            return False
        repeat = crossing(attempt.interval, acknowledged(case.upload)) is not None
        return repeat or (case.known.truth is Truth.BAD and self.failing.convicts(case.known.defect))


def mismatch_fails(completions: Completions, _context: Context, book: Book) -> None:
    """Convict a server whose completions answer 500 where what was stored does not match."""
    completions.failing.conclude(book)


def mismatch_missing(completions: Completions, _context: Context, book: Book) -> None:
    """Convict a server whose completions answer 404 where what was stored does not match."""
    completions.missing.conclude(book)


def _had_it_been_found(case: Case, context: Context) -> Known:
    """Return what is known of an upload whose completion may have been answered 404; nothing if it may be deleted."""
    upload, refusal = case.upload, case.upload.refusal
    if refusal is None or refusal.status != NOT_FOUND:
        return case.known
    made = upload.created is not None and crossing(refusal.interval, upload.created)
    if not made or MAY_BE_DELETED.holds(refusal.interval, _gone_from(upload, context)):
        return Known(Truth.UNKNOWN, "its project may have been deleted")
    return known(upload, context.setting, refusal)


def lost(case: Case, context: Context, book: Book) -> None:
    """Convict a server that acknowledged an upload and does not know it when it is completed, long afterwards."""
    upload, bound = case.upload, context.bound
    created, missing = upload.created, upload.missing
    if created is None or missing is None or MEDDLED.holds(upload) or COMPLETED_BEFORE.holds(case.chain):
        return
    gone = MAY_BE_DELETED.holds(missing, _gone_from(upload, context))
    if gone or WITHIN_THE_BOUND.holds(missing, created, bound):
        return
    book.expose("complete-202")
    began = (missing.begun_ns - created.ended_ns) / SECOND
    sentence = (
        f"completing upload {short(upload.id)} answered 404 to {book.when(missing)}, {began:.3f} s after its creation "
        f"had been acknowledged to {book.when(created)}, and nobody had deleted it"
    )
    book.find(
        "complete-202", "upload-lost", upload.id, (created, missing), sentence, expected="202", observed="404",
        upload=upload.id, bound_s=bound / SECOND, created_b_ns=created.ended_ns, missing_a_ns=missing.begun_ns,
    )  # fmt: skip


def accepted(case: Case, _context: Context, book: Book) -> None:
    """Count a bad upload whose completion was accepted: the occasion at which a mismatch could have surfaced."""
    done = any(one.effect is Effect.DONE for one in case.upload.completes.values())
    if case.known.truth is Truth.BAD and done:
        book.expose("complete-no-integrity")


def mismatch(case: Case, context: Context, book: Book) -> None:
    """Judge how the completion of a bad upload was answered."""
    accepted(case, context, book)
    refused(case, context, book)


_BAD = "completions of bad uploads"

RULES = (
    Rule(
        "mismatch-refused", "complete-no-integrity", Need.UPLOAD, mismatch,
        lambda p: completes(p.cited[-1]) and "completed_at" not in str(p.cited[-1].exchange.response)
        and answers(p.cited[-1], "400", "406", "409", "410", "412", "416", "417", "422", "424"),
        occasions=_BAD,
        excuses=(COMPLETED_AT_ONCE, INVALID_REQUEST, SMALL_PARTS, GOOD_ALIKE, TRUTH_UNKNOWN, MAY_BE_DELETED),
    ),
    Rule(
        "mismatch-missing", "complete-no-integrity", Need.COMPLETIONS, mismatch_missing,
        lambda p: counted_again(p, MISSING.status),
        occasions=_BAD, excuses=(ACCIDENT, TOO_FRESH, TRUTH_UNKNOWN, MAY_BE_DELETED), pattern=True,
    ),
    Rule(
        "mismatch-fails", "complete-no-500", Need.COMPLETIONS, mismatch_fails,
        lambda p: counted_again(p, SERVER_ERROR.status),
        occasions="bad uploads completed", excuses=(ACCIDENT, TRUTH_UNKNOWN), pattern=True,
    ),
    Rule(
        "repeat-fails", "complete-repeat-no-5xx", Need.UPLOAD, repeated,
        lambda p: answers(p.cited[0], "2xx") and before(p.cited[0], p.cited[1]) and completes(p.cited[1])
        and (p.cited[1].exchange.status or 0) >= 500,
        occasions="repeated completions", lasting=True,
    ),
    Rule(
        "upload-lost", "complete-202", Need.UPLOAD, lost,
        lambda p: answers(p.cited[0], "2xx") and completes(p.cited[1]) and answers(p.cited[1], "404")
        and before(p.cited[0], p.cited[1], p.bound),
        excuses=(WITHIN_THE_BOUND, COMPLETED_BEFORE, MEDDLED, MAY_BE_DELETED),
    ),
)  # fmt: skip
