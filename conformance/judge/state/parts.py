"""The parts of an upload, as far as the client knows them: what was reported of each, and what was stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from conformance.judge.state.interval import NEVER, Interval, first
from conformance.model import Octets


class Write(NamedTuple):
    """One write of what an upload is made of: a part reported or stored, or a hash of the whole reported.

    A tuple, because every part makes two. `declared` is (size, hash value, algorithm); without it `stored` are the
    bytes sent, None where they are not known. `sure` says that it was acknowledged, `given` which answer gave
    the signed url that it used, `noted` (algorithm, value) another digest of the bytes than MD5, as their sender says.
    """

    call: str
    number: int
    interval: Interval
    sure: bool
    declared: tuple[int, str, str] | None = None
    stored: Octets | None = None
    given: Interval | None = None
    noted: tuple[str, str] | None = None


@dataclass(slots=True)
class Part:
    """One chunk of an upload (or the whole of a single-part one) as far as the client knows it.

    `declared` is (size, hash value, algorithm) as reported; `stored` the bytes sent, and `noted` (algorithm, value) a
    further digest of them. `confirmed` and `sure` are the
    earliest ends (ns) of a definite success in declaring and in storing; `latest` the latest beginning of either.
    `mixed` says that it was sent again with other content, `lost` that sending it was not always acknowledged.
    """

    declared: tuple[int, str, str] | None = None
    confirmed: int = NEVER
    stored: Octets | None = None
    sure: int = NEVER
    latest: int = -1
    mixed: bool = False
    lost: bool = False
    declaring: Interval | None = None
    storing: Interval | None = None
    noted: tuple[str, str] | None = None

    def digest(self, algorithm: str) -> str:
        """Return the hash of the stored bytes in hexadecimal; empty where their sender did not say it."""
        if algorithm == "md5":
            return self.stored.md5 if self.stored else ""
        return self.noted[1] if self.noted and self.noted[0] == algorithm else ""

    def take(self, write: Write) -> None:
        """Fold one write of this part in."""
        interval = write.interval
        if write.declared is not None:
            self.mixed |= self.declared not in (None, write.declared)
            self.declared = write.declared
            if write.sure:
                self.confirmed = min(self.confirmed, interval.ended_ns)
                self.declaring = first(self.declaring, interval)
        elif write.stored is None or self.stored not in (None, write.stored):
            self.mixed, self.lost = True, self.lost or not write.sure
            return
        else:
            self.stored = write.stored
            self.noted = write.noted or self.noted
            self.lost |= not write.sure
            if write.sure:
                self.sure = min(self.sure, interval.ended_ns)
                self.storing = first(self.storing, interval)
        self.latest = max(self.latest, interval.begun_ns)
