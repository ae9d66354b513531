"""The hidden automaton: an upload's state at an instant, and the verdict that decides OK or ERR.

Lag is precise and durable: the due instant is fixed in the row when `complete` is accepted, the verification job
(queued in the same transaction) writes the verdict as soon as it runs, and a read at or after the due instant shows it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from conformance.reference.refusals import INTEGRITY_REASON
from conformance.reference.store.objects import SINGLE

if TYPE_CHECKING:
    from conformance.reference.store.objects import Part

__all__ = ["Reported", "State", "Verdict", "judge", "offences", "upload_state"]

Reported = Mapping[str, Any] | sqlite3.Row  # an upload, with what the client reported of it


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


def offences(upload: Reported, chunks: list[sqlite3.Row], parts: list[Part]) -> set[str]:
    """Return every way in which the stored bytes are not what was reported.

    Names: nothing (no chunk reported), missing (a part never sent), first-hash, later-hash, chunk-size, total-size,
    single-missing, single-hash.
    """
    stored = {part.number: part for part in parts}
    if not upload["chunked"]:
        return _single_offences(upload, stored.get(SINGLE))
    found = set() if chunks else {"nothing"}
    for chunk in chunks:
        found |= _chunk_offences(chunk, stored.get(chunk["number"]), first=chunk["number"] == chunks[0]["number"])
    absent = sum(chunk["size"] for chunk in chunks if chunk["number"] not in stored)
    if sum(part.size for part in parts) + absent != upload["size"]:
        found.add("total-size")
    return found


def _single_offences(upload: Reported, part: Part | None) -> set[str]:
    if part is None:
        return {"single-missing"}
    found = set() if part.size == upload["size"] else {"total-size"}
    if part.digest(upload["hash_algorithm"]) != upload["hash_value"].lower():
        found.add("single-hash")
    return found


def _chunk_offences(chunk: sqlite3.Row, part: Part | None, *, first: bool) -> set[str]:
    if part is None:
        return {"missing"}
    found = set() if part.size == chunk["size"] else {"chunk-size"}
    if part.digest(chunk["hash_algorithm"]) != chunk["hash_value"].lower():
        found.add("first-hash" if first else "later-hash")
    return found


def judge(upload: Reported, chunks: list[sqlite3.Row], parts: list[Part]) -> Verdict:
    """Compare what was reported with what the provider computed."""
    return Verdict(INTEGRITY_REASON) if offences(upload, chunks, parts) else Verdict()
