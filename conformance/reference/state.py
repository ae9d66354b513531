"""The hidden automaton: an upload's state at an instant, and the verdict that decides OK or ERR.

Lag is precise and durable: the due instant is fixed in the row when `complete` is accepted, the verification job
(queued in the same transaction) writes the verdict as soon as it runs, and a read at or after the due instant shows it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from conformance.reference.errors import INTEGRITY_REASON
from conformance.reference.objects import SINGLE

if TYPE_CHECKING:
    import sqlite3

    from conformance.reference.objects import Part

__all__ = ["State", "Verdict", "judge", "upload_state"]


class State(Enum):
    """Where an upload is. OK and ERR are final."""

    OPEN = "open"
    PENDING = "pending"
    OK = "ok"
    ERR = "err"

    @property
    def final(self) -> bool:
        """Whether the upload is consistent."""
        return self in {State.OK, State.ERR}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of the verification: a message for a failed upload, None for a good one."""

    error: str | None = None

    @property
    def state(self) -> State:
        """The final state that the verdict leads to."""
        return State.OK if self.error is None else State.ERR


def upload_state(upload: sqlite3.Row, instant: float) -> State:
    """Return the state that a read of `instant` shows."""
    if upload["completed"] is None or upload["completed"] > instant:
        return State.OPEN
    if upload["verdict"] is None or upload["due"] > instant:
        return State.PENDING
    return State(upload["verdict"])


def judge(upload: sqlite3.Row, chunks: list[sqlite3.Row], parts: list[Part]) -> Verdict:
    """Compare what was reported with what the provider computed."""
    stored = {part.number: part for part in parts}
    if not upload["chunked"]:
        return _judge_single(upload, stored.get(SINGLE))
    sound = bool(chunks) and all(_chunk_matches(chunk, stored.get(chunk["number"])) for chunk in chunks)
    total = sum(part.size for part in parts)
    return Verdict() if sound and total == upload["size"] else Verdict(INTEGRITY_REASON)


def _judge_single(upload: sqlite3.Row, part: Part | None) -> Verdict:
    if part is None or part.size != upload["size"]:
        return Verdict(INTEGRITY_REASON)
    computed = part.digest(upload["hash_algorithm"])
    return Verdict() if computed == upload["hash_value"].lower() else Verdict(INTEGRITY_REASON)


def _chunk_matches(chunk: sqlite3.Row, part: Part | None) -> bool:
    return part is not None and part.size == chunk["size"] and part.md5 == chunk["hash_value"].lower()
