"""What the judge remembers of each resource: watermarks and a few flags, constant however long a run lasts.

Two things grow beyond that, by necessity and slowly: the parts of an upload, and the single reads of a file that was
switched to another upload or of a resource that is being deleted, because which state they saw is only known later.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from conformance.api.answers import Answer, Effect
from conformance.judge.state.interval import NEVER, Interval, first, last
from conformance.judge.state.parts import Part, Write
from conformance.judge.state.stays import Stay
from conformance.model import Octets

Late = tuple["Reads", Interval, Answer]
"""A read of something whose deletion had begun: what it tells is settled once that attempt's outcome is known."""


@dataclass(frozen=True, slots=True)
class Download:
    """Bytes fetched with a signed URL: the answer that gave it, the fetch, and what came.

    Where nothing came, `octets` is None and `refused` the storage provider's status; None if there was no URL at all.
    `failed` says how it failed where one failure tells nothing, such as ``reset`` or ``503``, and `wait_s` how long (s)
    the answer asked to stay away.
    """

    given: Interval
    fetched: Interval
    octets: Octets | None
    refused: int | None = None
    failed: str = ""
    wait_s: float = 0.0


class Reads:
    """The answers that one endpoint gave about one resource, folded into watermarks.

    `ok` is the 200 (or 201) that ended first and `ok_last` the one that began last; `bad` and `bad_last` the same for
    the integrity exception; `nc` the not-consistent answer that began last, `nc_first` the one that ended first; `gone`
    the plain 404 and `odd` the first other answer that has no place there. `failing` holds the three errors that tell
    nothing and began last, `failing_from` is the one that began first; `failing_member` and `latest_member` are the
    same errors and the latest beginning (ns) of an answer, of the second user as a member alone. `sessions` maps a
    session to its first truth and its last nc. `downloads` are the fetches that tell something by themselves, `failed`
    the others that brought no bytes.
    """

    __slots__ = (
        "again", "bad", "bad_last", "downloads", "failed", "failing", "failing_from", "failing_member", "gone", "id",
        "kind", "latest", "latest_member", "nc", "nc_first", "odd", "ok", "ok_last", "racing", "sessions",
    )  # fmt: skip

    def __init__(self, kind: str, name: str) -> None:
        self.kind = kind
        self.id = name
        self.ok: Interval | None = None
        self.ok_last: Interval | None = None
        self.bad: Interval | None = None
        self.bad_last: Interval | None = None
        self.nc: Interval | None = None
        self.nc_first: Interval | None = None
        self.gone: Interval | None = None
        self.odd: Interval | None = None
        self.latest = -1
        self.racing = 0
        self.again = 0
        self.failing: tuple[Interval, ...] = ()
        self.failing_from: Interval | None = None
        self.failing_member: tuple[Interval, ...] = ()
        self.latest_member = -1
        self.downloads: list[Download] = []
        self.failed: tuple[Download, ...] = ()
        self.sessions: dict[str, list[Interval | None]] = {}

    def truth(self, interval: Interval, *, good: bool) -> None:
        """Take a 200 or 201 (`good`) or an integrity exception."""
        begun, ended, speaker, _ = interval
        if begun > self.latest:  # noqa: PLR1730 - a call for each read is slower
            self.latest = begun
        held, late = (self.ok, self.ok_last) if good else (self.bad, self.bad_last)
        if held is None or late is None:
            self.racing += 1
            held = late = interval
        else:
            if ended < held.ended_ns or (ended == held.ended_ns and first(held, interval) is interval):
                held = interval
            if begun > late.begun_ns or (begun == late.begun_ns and last(late, interval) is interval):
                late = interval
        if good:
            self.ok, self.ok_last = held, late
        else:
            self.bad, self.bad_last = held, late
        session = self.sessions.get(speaker)
        if session is None:
            self.sessions[speaker] = [interval, None]
        elif session[0] is None or (ended, begun) < (session[0].ended_ns, session[0].begun_ns):
            session[0] = interval
        elif begun > session[0].ended_ns:
            self.again += 1

    def not_consistent(self, interval: Interval) -> None:
        """Take an nc."""
        begun, ended, speaker, _ = interval
        if begun > self.latest:  # noqa: PLR1730 - a call for each read is slower
            self.latest = begun
        if self.ok is None and self.bad is None:
            self.racing += 1
        held, head = self.nc, self.nc_first
        if held is None or begun > held.begun_ns or (begun == held.begun_ns and last(held, interval) is interval):
            self.nc = interval
        if head is None or ended < head.ended_ns or (ended == head.ended_ns and first(head, interval) is interval):
            self.nc_first = interval
        session = self.sessions.get(speaker)
        if session is None:
            self.sessions[speaker] = [None, interval]
        elif session[1] is None or (begun, ended) > (session[1].begun_ns, session[1].ended_ns):
            session[1] = interval

    def plain_404(self, interval: Interval) -> None:
        """Take a 404 with another code."""
        if self.gone is None or (interval.begun_ns, interval.ended_ns) > (self.gone.begun_ns, self.gone.ended_ns):
            self.gone = interval

    def other_answer(self, interval: Interval) -> None:
        """Take an answer that no state of the resource explains."""
        if self.odd is None or interval < self.odd:
            self.odd = interval

    def error(self, interval: Interval, *, to_member: bool = False) -> None:
        """Take an API's own 5xx, or a refusal that is no truth."""
        self.failing = tuple(sorted({*self.failing, interval})[-3:])
        self.failing_from = min(self.failing_from or interval, interval)
        if to_member:
            self.failing_member = tuple(sorted({*self.failing_member, interval})[-3:])

    def take(self, interval: Interval, answered: Answer) -> None:
        """Take one read by the class of its answer."""
        if answered is Answer.NC:
            self.not_consistent(interval)
        elif answered is Answer.DONE or answered is Answer.INTEGRITY:
            self.truth(interval, good=answered is Answer.DONE)
        elif answered is Answer.REFUSED:
            self.plain_404(interval)


Shape = tuple[str, bool, bool]
"""What an upload was asked to be: its storage provider, whether chunked, whether empty."""


Wanted = tuple[str, bool, str]
"""What an upload that holds something was asked to be: its storage provider, whether chunked, its content type."""
_DENIALS_RETAINED = 16


class Taken(NamedTuple):
    """The upload of those asked for alike that was taken last, and the largest (bytes) that was."""

    last: Interval
    largest: int


class Denied(NamedTuple):
    """The first refusals of uploads asked for alike in a project, and the last, in order; the largest in bytes."""

    refusals: tuple[Interval, ...] = ()
    largest: int = 0

    def again(self, interval: Interval, size: int) -> Denied:
        """Return the same with one more refusal."""
        held = sorted({*self.refusals, interval})
        return Denied((*held[: _DENIALS_RETAINED - 1], *held[_DENIALS_RETAINED - 1 :][-1:]), max(self.largest, size))


@dataclass(slots=True)
class Project:
    """A project this run asked for; `reads` are the answers of ``POST uploads`` by storage provider asked for.

    `waited` are the not-consistent ones among them that were the last when the project was changed. `names` are those
    under which its creation was accepted, which must be one. `odd` are the first refusals that have no place there,
    `accepted` the success that began last, by what was asked. `sizes` are the largest (bytes) that were not refused,
    `too_large` those of the refusals that name the size. `denied` are the owner's refusals that nothing in what was
    asked explains, by what that was, and `taken` the like of them that were not refused.
    """

    id: str
    created: Interval | None = None
    deletes: dict[str, tuple[Interval, Effect]] = field(default_factory=dict)
    doomed: int = NEVER
    writes: list[tuple[int, int]] = field(default_factory=list)
    reads: dict[str, Reads] = field(default_factory=dict)
    waited: dict[str, set[Interval]] = field(default_factory=dict)
    late: list[Late] = field(default_factory=list)
    shared: bool = False
    shows: Interval | None = None
    names: dict[str, Interval] = field(default_factory=dict)
    odd: dict[Shape, tuple[Interval, ...]] = field(default_factory=dict)
    accepted: dict[Shape, Interval] = field(default_factory=dict)
    sizes: dict[Shape, int] = field(default_factory=dict)
    too_large: dict[Interval, int] = field(default_factory=dict)
    denied: dict[Wanted, Denied] = field(default_factory=dict)
    taken: dict[Wanted, Taken] = field(default_factory=dict)


@dataclass(slots=True)
class Switch:
    """An attachment of an upload to a file: its creation, a new version or a promotion, from `a` to `b` (ns)."""

    upload: str
    a: int
    b: int
    effect: Effect
    interval: Interval
    first: bool = False


@dataclass(slots=True)
class File:
    """A file: the register of the uploads it pointed to, where it lay, and the answers of its url endpoint."""

    id: str
    reads: Reads
    project: str = ""
    in_folder: bool = False
    moved: bool = False
    created: Interval | None = None
    stays: dict[str, Stay] = field(default_factory=dict)
    switches: dict[str, Switch] = field(default_factory=dict)
    deletes: dict[str, tuple[Interval, Effect]] = field(default_factory=dict)
    doomed: int = NEVER
    murky: int = NEVER
    writes: list[tuple[int, int]] = field(default_factory=list)
    single: list[tuple[Interval, Answer]] = field(default_factory=list)
    denied: list[Interval] = field(default_factory=list)
    evaded: set[Interval] = field(default_factory=set)
    odd: list[Interval] = field(default_factory=list)
    late: list[Late] = field(default_factory=list)
    switched: int = NEVER
    versions: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Version:
    """A file version: one upload for ever.

    `named` are the uploads that answers which acknowledge the version say it is of, themselves, and which must be one.
    """

    id: str
    reads: Reads
    upload: str = ""
    file: str = ""
    conflicting: bool = False
    named: dict[str, Interval] = field(default_factory=dict)
    linked: Interval | None = None
    acknowledged: Interval | None = None
    deletes: dict[str, tuple[Interval, Effect]] = field(default_factory=dict)
    doomed: int = NEVER
    late: list[Late] = field(default_factory=list)


FOR_GOOD = 3
"""Errors in a row, with nothing else told after the first, that are taken for lasting."""
NOT_FOUND = 404
"""The refusal that says nothing of an upload's content: only a pattern shows that a mismatch is its cause."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An attempt to complete an upload that was refused in words of its own, with the hash it reported."""

    interval: Interval
    status: int
    hash: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt to complete an upload, and the hash that it reported.

    `status` is None when there was none, or one that is a gateway's own or asks to come back later.
    """

    interval: Interval
    effect: Effect
    status: int | None = None
    hash: tuple[str, str] | None = None


@dataclass(slots=True)
class Status:
    """What ``GET /uploads/{id}`` said: each field's first value, and the watermarks of `is_consistent`."""

    fields: dict[str, tuple[str, Interval]] = field(default_factory=dict)
    changed: dict[str, tuple[str, Interval, str, Interval]] = field(default_factory=dict)
    good: Interval | None = None
    bad: Interval | None = None
    early_error: Interval | None = None
    reported: int = 0
    sessions: dict[str, list[Interval | None]] = field(default_factory=dict)


class TurnedAway(NamedTuple):
    """An attempt to make a file of an upload that was refused for the upload's sake: whether that was definite.

    `stay` is where the file was to lie; `file` is the id of one that was to get it as a new version, else empty.
    """

    definite: bool
    stay: Stay
    file: str

    @property
    def interval(self) -> Interval:
        """When it was attempted."""
        return self.stay.interval


@dataclass(slots=True)
class Upload:
    """An upload: what was reported and stored, the attempts to complete it, and the signs of its state.

    `completes` holds every attempt by its operation id; `closed` is the sign of completion
    in the upload's own record that ended first, `open` the sign that it was open which began last. `refusal` is the
    earliest attempt that was refused, `missing` the one answered 404 that began last; `refused_files` the last refusal
    to attach it to a file. `turned_away` are the creator's attempts to attach it that were refused for its own sake;
    `attached_from` is from when (ns) it may have been attached. `digests` are those of
    the content that its sender noted, by algorithm; `hashes` are the further hashes reported of it; `afterwards` the
    writes of parts that began after an attempt to complete it had ended. `meddled` says that something undocumented was
    asked of it, which may have removed it.
    """

    id: str
    project: str = ""
    provider: str = ""
    size: int | None = None
    chunked: bool = True
    created: Interval | None = None
    completes: dict[str, Attempt] = field(default_factory=dict)
    content: Octets | None = None
    content_clash: bool = False
    digests: dict[str, str] = field(default_factory=dict)
    hashes: list[Write] = field(default_factory=list)
    afterwards: list[Write] = field(default_factory=list)
    open: Interval | None = None
    closed: Interval | None = None
    parts: dict[int, Part] = field(default_factory=dict)
    versions: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    status: Status = field(default_factory=Status)
    refused_files: Interval | None = None
    turned_away: list[TurnedAway] = field(default_factory=list)
    attached_from: int = NEVER
    refusal: Refusal | None = None
    missing: Interval | None = None
    meddled: bool = False
