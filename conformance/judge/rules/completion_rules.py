"""The rules about ``PUT /uploads/{id}/complete``: a mismatch never surfaces there, and repeating it does no harm."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from conformance.api.answers import Effect
from conformance.judge.findings import Book, short
from conformance.judge.state.expected import Defect, Known, Setting, Truth, attempts, known
from conformance.judge.state.interval import SECOND, Interval, first
from conformance.judge.state.resources import NOT_FOUND, Upload

_MD5 = re.compile(r"[0-9a-f]{32}")
SEVERAL = 3
"""Bad uploads that must meet the error, and good ones that must not, before the mismatch is its cause."""


def refused(upload: Upload, setting: Setting, gone_from: int, book: Book) -> None:
    """Convict a server that refuses the first completion of a bad upload, although the request itself was right.

    An attempt that overlaps it may have been first, and from `gone_from` (ns) on its project may be deleted.
    """
    refusal = upload.refusal
    if refusal is None or refusal.status == NOT_FOUND:
        return
    others = (one.interval for one in upload.completes.values() if one.interval != refusal.interval)
    if (
        any(interval.begun_ns <= refusal.interval.ended_ns for interval in others)
        or refusal.interval.ended_ns >= gone_from
    ):
        return
    would_be = known(upload, setting, refusal)
    value, algorithm = refusal.hash
    right = would_be.sizes_add_up and algorithm == "md5" and _MD5.fullmatch(value)
    if would_be.truth is not Truth.BAD or not right:
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


def acknowledged(upload: Upload) -> Interval | None:
    """Give the completion that ended first of those that were answered by its success."""
    done: Interval | None = None
    for one in upload.completes.values():
        if one.effect is Effect.DONE:
            done = first(done, one.interval)
    return done


def repeated(upload: Upload, book: Book) -> None:
    """Convict a server that answers 5xx to completing an upload again after completion was acknowledged."""
    done = acknowledged(upload)
    if done is None:
        return
    for interval, status in sorted((one.interval, one.status) for one in upload.completes.values()):
        if interval.begun_ns <= done.ended_ns or status is None:
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

    A server may trip over one kind of mismatch alone, so each is weighed by itself.
    """

    symptom: Symptom
    bad_failed: dict[Defect, list[tuple[Interval, str]]] = field(default_factory=dict)
    bad_accepted: Counter[Defect] = field(default_factory=Counter)
    good_accepted: int = 0
    good_failed: int = 0

    def take(self, upload: Upload, known: Known) -> None:
        """Count one upload of which is known what it is or, had it not been refused, would have been."""
        if known.truth is Truth.UNKNOWN or not upload.completes:
            return
        accepted = any(one.effect is Effect.DONE for one in upload.completes.values())
        attempt = min(upload.completes.values(), key=lambda one: one.interval)
        failed_first = attempt.status == self.symptom.status
        if known.truth is Truth.GOOD:
            self.good_accepted += accepted
            self.good_failed += failed_first
        elif failed_first:
            self.bad_failed.setdefault(known.defect, []).append((attempt.interval, upload.id))
        else:
            self.bad_accepted[known.defect] += accepted

    def convicts(self, defect: Defect) -> bool:
        """Whether the pattern shows that a mismatch of this kind is the cause."""
        failed = len(self.bad_failed.get(defect, ()))
        several = failed >= SEVERAL and self.good_accepted >= SEVERAL
        return several and not self.good_failed and failed > self.bad_accepted[defect]

    def conclude(self, book: Book) -> None:
        """Convict a server that gives the symptom whenever what was stored does not match."""
        if self.symptom is SERVER_ERROR:
            failed = sum(len(found) for found in self.bad_failed.values())
            book.expose(self.symptom.requirement, self.bad_accepted.total() + failed)
        for defect in filter(self.convicts, sorted(self.bad_failed)):
            self._tell(defect, book)

    def _tell(self, defect: Defect, book: Book) -> None:
        requirement, status = self.symptom.requirement, self.symptom.status
        marks = sorted(self.bad_failed[defect])
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


def had_it_been_found(upload: Upload, found: Known, setting: Setting, gone_from: int) -> Known:
    """Give what is known of an upload whose completion may have been answered 404; nothing where deletion explains it.

    `gone_from` is when (ns) the upload's project may first have been deleted.
    """
    refusal = upload.refusal
    if refusal is None or refusal.status != NOT_FOUND:
        return found
    live = (
        upload.created is not None
        and upload.created.ended_ns < refusal.interval.begun_ns
        and refusal.interval.ended_ns < gone_from
    )
    return known(upload, setting, refusal) if live else Known(Truth.UNKNOWN, "its project may have been deleted")


def lost(upload: Upload, gone_from: int, book: Book, bound: int) -> None:
    """Convict a server that acknowledged an upload and does not know it when it is completed, long afterwards.

    Within `bound` (ns) an acknowledged write may not be visible yet; from `gone_from` (ns) on its project may be
    deleted; and once an attempt may have completed it, a 404 may be how a second one is refused.
    """
    created, missing = upload.created, upload.missing
    if created is None or missing is None or upload.meddled or attempts(upload):
        return
    if missing.begun_ns <= created.ended_ns + bound or missing.ended_ns >= gone_from:
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


def accepted(upload: Upload, found: Known, book: Book) -> None:
    """Count a bad upload whose completion was accepted: the occasion at which a mismatch could have surfaced."""
    if found.truth is Truth.BAD and any(one.effect is Effect.DONE for one in upload.completes.values()):
        book.expose("complete-no-integrity")
