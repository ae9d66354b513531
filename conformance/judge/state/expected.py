"""What the client itself knows of an upload's stored bytes: GOOD, BAD or UNKNOWN (theory: the stored bytes).

A definite answer needs every relevant write to have been acknowledged before the upload was completed, and never sent
again with other content. Whatever falls short of that is UNKNOWN, and no rule then speaks of the verdict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from enum import StrEnum

from conformance.api.answers import Effect
from conformance.judge.state.chain import attempt_first, done_first
from conformance.judge.state.interval import NEVER, Interval
from conformance.judge.state.parts import Part
from conformance.judge.state.resources import Refusal, Upload

SMALLEST_PART = 5 * 1024 * 1024
"""Bytes of any part but the last that every storage provider accepts; S3 refuses smaller ones."""
_MOST_PARTS = 10_000
"""The number of parts that S3 allows."""


class Defect(StrEnum):
    """What makes an upload BAD."""

    NONE = ""
    MISSING = "something that was never sent"
    HASH = "another hash than reported"
    SIZE = "another size than reported"


class Truth(StrEnum):
    """What an upload must turn out to be."""

    GOOD = "good"
    BAD = "bad"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Known:
    """The truth about an upload, why, and what may be said of its bytes.

    `definite` says that the stored bytes are known exactly, whatever was reported of them; `sizes_add_up` that the
    reported sizes do; `misreported` that only a chunk's reported size is wrong. `smallest` is the size in bytes of the
    smallest part before the last (None with fewer than two parts). `proof` are the operations that show a BAD one, and
    `defect` is what is wrong with it. `parts` are those that the verdict is about, where others came afterwards; from
    `until` (ns) on, other bytes may have come to lie in the store, after the verdict, and nothing is known any more.
    """

    truth: Truth
    why: str
    definite: bool = False
    sizes_add_up: bool = False
    misreported: bool = False
    smallest: int | None = None
    proof: tuple[Interval, ...] = ()
    stored: int = 0
    accepted: bool = True
    defect: Defect = Defect.NONE
    parts: Mapping[int, Part] = field(default_factory=dict)
    until: int = NEVER

    def at(self, interval: Interval) -> Truth:
        """Return the truth as far as it was known in `interval`."""
        return self.truth if interval.ended_ns < self.until else Truth.UNKNOWN


def _unknown(why: str) -> Known:
    return Known(Truth.UNKNOWN, why)


def _hashes(upload: Upload, frozen: int) -> set[tuple[str, str]]:
    """Give the hashes that attempts reported of which each may be the one that took effect.

    One that began after another was acknowledged counts if it was acknowledged too, before the verdict (`frozen`, ns).
    """
    done = min((one.interval.ended_ns for one in upload.completes.values() if one.effect is Effect.DONE), default=NEVER)
    return {
        one.hash or ("", "")
        for one in upload.completes.values()
        if one.effect is not Effect.NONE
        and (
            one.interval.begun_ns <= done
            or (one.effect is Effect.DONE and done < NEVER > frozen >= one.interval.begun_ns)
        )
    }


@dataclass(frozen=True, slots=True)
class Setting:
    """What the truth about an upload depends on beside the upload.

    `algorithms` names the hash algorithm of each storage provider that told one (else MD5); `accepted_from` is the
    smallest part before the last, in bytes, that a provider is known to accept; `stray_from` the latest beginning (ns)
    of a write at the storage provider that could be tied to no part, -1 when there is none.
    """

    algorithms: Mapping[str, str] = field(default_factory=dict)
    accepted_from: Mapping[str, int] = field(default_factory=dict)
    stray_from: int = -1


def known(upload: Upload, setting: Setting, refusal: Refusal | None = None, verdict: Interval | None = None) -> Known:
    """Say what `upload` must turn out to be.

    With `refusal`, say what it would have turned out to be, had that attempt to complete it not been refused. What was
    written after the first `verdict` is no part of it.
    """
    frozen = _frozen(upload, verdict)
    parts = _parts(upload, frozen)
    found = _known(upload, parts, setting, refusal, frozen)
    if not upload.afterwards:
        return found
    return replace(found, parts=parts, until=_until(upload, parts, frozen))


def _frozen(upload: Upload, verdict: Interval | None) -> int:
    """Return when (ns) an upload had both an acknowledged completion and its verdict."""
    done = done_first(upload)
    return max(done.ended_ns, verdict.ended_ns) if done and verdict else NEVER


def _parts(upload: Upload, frozen: int) -> Mapping[int, Part]:
    """Return the parts with what was written after an attempt to complete the upload, but not after its verdict."""
    late = [write for write in upload.afterwards if write.interval.begun_ns <= frozen]
    if not late:
        return upload.parts
    parts = {number: copy(part) for number, part in upload.parts.items()}
    for write in late:
        parts.setdefault(write.number, Part()).take(write)
    return parts


def _until(upload: Upload, parts: Mapping[int, Part], frozen: int) -> int:
    """Return when (ns) other bytes may first have come to lie in the store, after the verdict."""
    nothing = Part()
    return min(
        (
            write.interval.begun_ns
            for write in upload.afterwards
            if write.call == "storage_put" and write.interval.begun_ns > frozen
            and (write.stored is None or write.stored != parts.get(write.number, nothing).stored)
        ),
        default=NEVER,
    )  # fmt: skip


def _known(upload: Upload, parts: Mapping[int, Part], setting: Setting, refusal: Refusal | None, frozen: int) -> Known:
    if upload.created is None or upload.size is None or upload.size < 0:
        return _unknown("its creation was not seen")
    started = attempt_first(upload)
    if refusal is None and started is None:
        return _unknown("nobody completed it")
    if any(write.interval.begun_ns <= frozen for write in upload.hashes):
        return _unknown("another hash was reported of it")
    begun = refusal.interval.begun_ns if refusal else started.begun_ns if started else NEVER
    hashes = {refusal.hash} if refusal else _hashes(upload, frozen)
    for part in parts.values():
        doubt = _doubt(part, begun, chunked=upload.chunked)
        if doubt:
            return _unknown(doubt)
    stored = all(part.stored is not None for part in parts.values()) and parts
    if not stored and upload.created.begun_ns <= setting.stray_from:
        return _unknown("something was stored that could not be tied to a part")
    algorithm = setting.algorithms.get(upload.provider, "md5")
    if any(part.stored is not None and not part.digest(algorithm) for part in parts.values()):
        return _unknown(f"its storage provider hashes with {algorithm}, and nobody said what that gives")
    if not upload.chunked:
        return _single(parts, upload.size, hashes, algorithm)
    accepted_from = setting.accepted_from.get(upload.provider, SMALLEST_PART)
    return _chunked(upload, parts, hashes, accepted_from, algorithm)


def _doubt(part: Part, begun: int, *, chunked: bool) -> str:
    if part.mixed:
        return "a part was sent again with other content"
    if part.latest >= begun:
        return "a part was sent after completing had begun"
    if chunked and (part.declared is None or part.confirmed >= begun):
        return "a part was never acknowledged"
    if part.stored is not None and part.sure >= begun:
        return "storing a part was never acknowledged"
    return ""


def _intervals(*marks: Interval | None) -> tuple[Interval, ...]:
    return tuple(interval for interval in marks if interval is not None)


def _hash_differs(reported: str, stored: str) -> bool | None:
    """Compare hashes; None where they differ in case alone, which a server may take either way."""
    if reported == stored:
        return False
    return None if reported.lower() == stored.lower() else True


def _differing(parts: Sequence[tuple[int, Part]], algorithm: str) -> tuple[int, Part] | None:
    """Return the first part that was stored with surely another hash than reported."""
    return next(
        (
            (n, part)
            for n, part in parts
            if part.stored and part.declared and _hash_differs(part.declared[1], part.digest(algorithm))
        ),
        None,
    )


def _doubtful_hashes(
    upload: Upload, parts: Sequence[tuple[int, Part]], hashes: set[tuple[str, str]], algorithm: str
) -> str:
    """Return why hashes that are not surely wrong leave the verdict open, although the bytes are known."""
    if any(part.declared and part.stored and part.declared[1] != part.digest(algorithm) for _, part in parts):
        return "a hash differs in case alone"
    if len(hashes) > 1:
        return "it was completed with several hashes"
    return "the hash reported of the whole is another" if _whole_differs(upload, parts, hashes) else ""


def _whole_differs(upload: Upload, parts: Sequence[tuple[int, Part]], hashes: set[tuple[str, str]]) -> bool:
    """Whether a hash reported of the whole is not that of the bytes, which says nothing of a chunked upload.

    The MD5 of several parts, and any other digest, is known only from the sender's own note of the content.
    """
    only = parts[0][1] if len(parts) == 1 else None
    digests = dict(upload.digests)
    if only is not None and only.stored is not None:
        digests |= {"md5": only.stored.md5, **dict([only.noted] if only.noted else [])}
    return any(algorithm.lower() in digests and digests[algorithm.lower()] != value for value, algorithm in hashes)


def _chunked(
    upload: Upload, by_number: Mapping[int, Part], hashes: set[tuple[str, str]], accepted_from: int, algorithm: str
) -> Known:
    """Judge parts; a server may want them numbered from one without gaps, but the bytes are those of all in order."""
    found = _in_order(upload, by_number, hashes, accepted_from, algorithm)
    if sorted(by_number) == list(range(1, len(by_number) + 1)):
        return found
    left_open = _unknown("its parts are not numbered from one without gaps")
    return replace(left_open, definite=True, stored=found.stored) if found.truth is Truth.GOOD else left_open


def _in_order(  # noqa: C901, PLR0911 - one loop or list of cases
    upload: Upload, by_number: Mapping[int, Part], hashes: set[tuple[str, str]], accepted_from: int, algorithm: str
) -> Known:
    size, parts = upload.size or 0, sorted(by_number.items())
    reported = sum(part.declared[0] for _, part in parts if part.declared)
    adds_up = reported == size
    if not parts:
        if size == 0:
            return _unknown("nothing was to be stored")
        return Known(Truth.BAD, "no part was ever sent", defect=Defect.MISSING)
    declared = min((part.declared[0] for _, part in parts[:-1] if part.declared), default=None)
    taken = declared is None or declared >= accepted_from
    if len(parts) > _MOST_PARTS:
        return _unknown(f"it has more than {_MOST_PARTS} parts")
    for _, part in parts:
        if part.declared and part.declared[2].lower() != algorithm:
            return _unknown(f"a part was reported with another algorithm than {algorithm}")
    for number, part in parts:
        if part.stored is None:
            return Known(
                Truth.BAD, f"part {number} was never sent", sizes_add_up=adds_up, proof=_intervals(part.declaring),
                accepted=taken, defect=Defect.MISSING,
            )  # fmt: skip
    if differing := _differing(parts, algorithm):
        number, part = differing
        why = f"part {number} was stored with another hash than reported"
        proof = _intervals(part.declaring, part.storing)
        return Known(Truth.BAD, why, sizes_add_up=adds_up, proof=proof, accepted=taken, defect=Defect.HASH)
    stored = [part.stored.bytes for _, part in parts if part.stored]
    smallest = min(stored[:-1], default=None)
    misreported = any(part.declared and part.stored and part.declared[0] != part.stored.bytes for _, part in parts)
    if sum(stored) != size:
        why = f"{sum(stored)} bytes were stored and {size} reported"
        proof = _intervals(parts[-1][1].storing)
        return Known(
            Truth.BAD, why, definite=True, sizes_add_up=adds_up, proof=proof, stored=sum(stored), accepted=taken,
            defect=Defect.SIZE,
        )  # fmt: skip
    if doubt := _doubtful_hashes(upload, parts, hashes, algorithm):
        return replace(_unknown(doubt), definite=True, stored=size)
    accepted = smallest is None or smallest >= accepted_from
    proof = _intervals(parts[-1][1].declaring, parts[-1][1].storing)
    if misreported:
        why = "a part's reported size is wrong, all else is right"
        return Known(
            Truth.UNKNOWN, why, definite=True, misreported=True, smallest=smallest, proof=proof, stored=size,
            accepted=accepted,
        )  # fmt: skip
    if not accepted:
        why = "it has parts that a storage provider may refuse as too small"
        return Known(Truth.UNKNOWN, why, definite=True, smallest=smallest, proof=proof, stored=size, accepted=False)
    why = "every part was stored as reported"
    return Known(Truth.GOOD, why, definite=True, sizes_add_up=True, smallest=smallest, proof=proof, stored=size)


def _single(parts: Mapping[int, Part], size: int, hashes: set[tuple[str, str]], wanted: str) -> Known:  # noqa: PLR0911 - a classifier reads best as a list of cases
    part = parts.get(0)
    if len(parts) > (part is not None):
        return _unknown("a single-part upload was given chunks")
    if part is None or part.stored is None:
        if size == 0:
            return _unknown("nothing was to be stored")
        return Known(Truth.BAD, "its bytes were never sent", sizes_add_up=True, defect=Defect.MISSING)
    if len(hashes) != 1:
        return _unknown("it was completed with several hashes")
    ((value, algorithm),) = hashes
    if algorithm.lower() != wanted:
        return _unknown(f"its hash was reported with another algorithm than {wanted}")
    differs = _hash_differs(value, part.digest(wanted))
    if differs is None:
        return _unknown("a hash differs in case alone")
    proof = _intervals(part.storing)
    if differs:
        why, stored = "it was stored with another hash than reported", part.stored.bytes
        return Known(Truth.BAD, why, definite=True, sizes_add_up=True, proof=proof, stored=stored, defect=Defect.HASH)
    if part.stored.bytes != size:
        why, stored = f"{part.stored.bytes} bytes were stored and {size} reported", part.stored.bytes
        return Known(Truth.BAD, why, definite=True, sizes_add_up=True, proof=proof, stored=stored, defect=Defect.SIZE)
    return Known(Truth.GOOD, "it was stored as reported", definite=True, sizes_add_up=True, proof=proof, stored=size)


def expected_bytes(upload: Upload, found: Known) -> tuple[int, str] | None:
    """Give length and MD5 of what the upload must serve, None when the client does not know it.

    The MD5 of several parts is known only from the sender's own note of the content in part order; its length must
    agree with what was stored.
    """
    if not found.definite or found.truth is Truth.BAD:
        return None
    parts = found.parts or upload.parts
    only = next(iter(parts.values())) if len(parts) == 1 else None
    if only is not None and only.stored is not None:
        return only.stored.bytes, only.stored.md5
    content = upload.content
    if content is None or upload.content_clash or content.bytes != found.stored:
        return None
    return content.bytes, content.md5
