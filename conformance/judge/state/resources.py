"""What the judge remembers of each resource: watermarks and a few flags, constant however long a run lasts.

Two things grow beyond that, by necessity and slowly: the parts of an upload, and the single reads of a file that was
switched to another upload or of a resource that is being deleted, because which state they saw is only known later.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from conformance.api.answers import Answer, Effect
from conformance.judge.state.interval import NEVER, Mark
from conformance.model import Octets

Late = tuple["Reads", Mark, Answer]
"""A read of something whose deletion had begun: what it tells is settled once that attempt's outcome is known."""


@dataclass(frozen=True, slots=True)
class Download:
    """Bytes fetched with a signed URL: the answer that gave it, the fetch, and what came.

    Where nothing came, `octets` is None and `refused` the storage provider's status; None if there was no URL at all.
    """

    given: Mark
    fetched: Mark
    octets: Octets | None
    refused: int | None = None


class Reads:
    """The answers that one endpoint gave about one resource, folded into watermarks.

    `ok` is the 200 (or 201) that ended first and `ok_last` the one that began last; `bad` and `bad_last` the same for
    the integrity exception; `nc` the not-consistent answer that began last, `nc_first` the one that ended first; `gone`
    the plain 404 and `odd` the first other answer that has no place there. `failing` holds the three errors that tell
    nothing and began last. `sessions` maps a session to its first truth and its last nc.
    """

    __slots__ = (
        "again", "bad", "bad_last", "downloads", "failing", "gone", "id", "kind", "latest", "nc", "nc_first",
        "odd", "ok", "ok_last", "racing", "sessions",
    )  # fmt: skip

    def __init__(self, kind: str, name: str) -> None:
        self.kind = kind
        self.id = name
        self.ok: Mark | None = None
        self.ok_last: Mark | None = None
        self.bad: Mark | None = None
        self.bad_last: Mark | None = None
        self.nc: Mark | None = None
        self.nc_first: Mark | None = None
        self.gone: Mark | None = None
        self.odd: Mark | None = None
        self.latest = -1
        self.racing = 0
        self.again = 0
        self.failing: tuple[Mark, ...] = ()
        self.downloads: list[Download] = []
        self.sessions: dict[str, list[Mark | None]] = {}

    def truth(self, kept: Mark, *, good: bool) -> None:
        """Take a 200 or 201 (`good`) or an integrity exception."""
        a, b = kept[0], kept[1]
        self.latest = max(self.latest, a)
        held = self.ok if good else self.bad
        late = self.ok_last if good else self.bad_last
        if held is None or late is None:
            self.racing += 1
            held = late = kept
        else:
            if (b, a, kept[3]) < (held[1], held[0], held[3]):
                held = kept
            if (a, b, kept[3]) > (late[0], late[1], late[3]):
                late = kept
        if good:
            self.ok, self.ok_last = held, late
        else:
            self.bad, self.bad_last = held, late
        session = self.sessions.get(kept[2])
        if session is None:
            self.sessions[kept[2]] = [kept, None]
        elif session[0] is None or (b, a) < (session[0][1], session[0][0]):
            session[0] = kept
        elif a > session[0][1]:
            self.again += 1

    def not_consistent(self, kept: Mark) -> None:
        """Take an nc."""
        a, b = kept[0], kept[1]
        self.latest = max(self.latest, a)
        if self.ok is None and self.bad is None:
            self.racing += 1
        held = self.nc
        if held is None or (a, b, kept[3]) > (held[0], held[1], held[3]):
            self.nc = kept
        head = self.nc_first
        if head is None or (b, a, kept[3]) < (head[1], head[0], head[3]):
            self.nc_first = kept
        session = self.sessions.get(kept[2])
        if session is None:
            self.sessions[kept[2]] = [None, kept]
        elif session[1] is None or (a, b) > (session[1][0], session[1][1]):
            session[1] = kept

    def plain_404(self, kept: Mark) -> None:
        """Take a 404 with another code."""
        if self.gone is None or (kept[0], kept[1]) > (self.gone[0], self.gone[1]):
            self.gone = kept

    def other_answer(self, kept: Mark) -> None:
        """Take an answer that no state of the resource explains."""
        if self.odd is None or kept < self.odd:
            self.odd = kept

    def error(self, kept: Mark) -> None:
        """Take an API's own 5xx, or a refusal that is no truth."""
        self.failing = tuple(sorted({*self.failing, kept})[-3:])

    def take(self, kept: Mark, answered: Answer) -> None:
        """Take one read by the class of its answer."""
        if answered is Answer.NC:
            self.not_consistent(kept)
        elif answered is Answer.DONE or answered is Answer.INTEGRITY:
            self.truth(kept, good=answered is Answer.DONE)
        elif answered is Answer.REFUSED:
            self.plain_404(kept)


@dataclass(slots=True)
class Part:
    """One chunk of an upload (or the whole of a single-part one) as far as the client knows it.

    `declared` is (size, hash value, algorithm) as reported; `stored` the bytes sent. `confirmed` and `sure` are the
    earliest ends (ns) of a definite success in declaring and in storing; `latest` the latest beginning of either.
    `mixed` says that it was sent again with other content.
    """

    declared: tuple[int, str, str] | None = None
    confirmed: int = NEVER
    stored: Octets | None = None
    sure: int = NEVER
    latest: int = -1
    mixed: bool = False
    declaring: Mark | None = None
    storing: Mark | None = None


Shape = tuple[str, bool, bool]
"""What an upload was asked to be: its storage provider, whether chunked, whether empty."""


@dataclass(slots=True)
class Project:
    """A project this run asked for; `reads` are the answers of ``POST uploads`` by storage provider asked for.

    `names` are those under which its creation was accepted, which must be one. `odd` are the first refusals that have
    no place there, `accepted` the success that began last, by what was asked.
    """

    id: str
    created: Mark | None = None
    deletes: dict[str, tuple[Mark, Effect]] = field(default_factory=dict)
    doomed: int = NEVER
    writes: list[tuple[int, int]] = field(default_factory=list)
    reads: dict[str, Reads] = field(default_factory=dict)
    late: list[Late] = field(default_factory=list)
    shared: bool = False
    shows: Mark | None = None
    names: dict[str, Mark] = field(default_factory=dict)
    odd: dict[Shape, tuple[Mark, ...]] = field(default_factory=dict)
    accepted: dict[Shape, Mark] = field(default_factory=dict)


@dataclass(slots=True)
class Switch:
    """An attachment of an upload to a file: its creation, a new version or a promotion, from `a` to `b` (ns)."""

    upload: str
    a: int
    b: int
    effect: Effect
    mark: Mark
    first: bool = False


@dataclass(slots=True)
class File:
    """A file: the register of the uploads it pointed to, and the answers of its url endpoint."""

    id: str
    reads: Reads
    project: str = ""
    in_folder: bool = False
    moved: bool = False
    created: Mark | None = None
    switches: dict[str, Switch] = field(default_factory=dict)
    deletes: dict[str, tuple[Mark, Effect]] = field(default_factory=dict)
    doomed: int = NEVER
    murky: int = NEVER
    writes: list[tuple[int, int]] = field(default_factory=list)
    single: list[tuple[Mark, Answer]] = field(default_factory=list)
    denied: list[Mark] = field(default_factory=list)
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
    named: dict[str, Mark] = field(default_factory=dict)
    linked: Mark | None = None
    acknowledged: Mark | None = None
    deletes: dict[str, tuple[Mark, Effect]] = field(default_factory=dict)
    doomed: int = NEVER
    late: list[Late] = field(default_factory=list)


FOR_GOOD = 3
"""Errors in a row, with nothing else told after the first, that are taken for lasting."""
NOT_FOUND = 404
"""The refusal that says nothing of an upload's content: only a pattern shows that a mismatch is its cause."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An attempt to complete an upload that was refused in words of its own, with the hash it reported."""

    mark: Mark
    status: int
    hash: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt to complete an upload, and the hash that it reported.

    `status` is None when there was none, or one that is a gateway's own or asks to come back later.
    """

    mark: Mark
    effect: Effect
    status: int | None = None
    hash: tuple[str, str] | None = None


@dataclass(slots=True)
class Status:
    """What ``GET /uploads/{id}`` said: each field's first value, and the watermarks of `is_consistent`."""

    fields: dict[str, tuple[str, Mark]] = field(default_factory=dict)
    changed: dict[str, tuple[str, Mark, str, Mark]] = field(default_factory=dict)
    good: Mark | None = None
    bad: Mark | None = None
    early_error: Mark | None = None
    reported: int = 0
    sessions: dict[str, list[Mark | None]] = field(default_factory=dict)


@dataclass(slots=True)
class Upload:
    """An upload: what was reported and stored, the attempts to complete it, and the signs of its state.

    `completes` holds every attempt by its operation id; `closed` is the sign of completion
    in the upload's own record that ended first, `open` the sign that it was open which began last. `refusal` is the
    earliest attempt that was refused, `missing` the one answered 404 that began last; `refused_files` the last refusal
    to attach it to a file. `meddled` says that something undocumented was asked of it, which may have removed it.
    """

    id: str
    project: str = ""
    provider: str = ""
    size: int | None = None
    chunked: bool = True
    created: Mark | None = None
    completes: dict[str, Attempt] = field(default_factory=dict)
    content: Octets | None = None
    content_clash: bool = False
    rehashed: bool = False
    open: Mark | None = None
    closed: Mark | None = None
    parts: dict[int, Part] = field(default_factory=dict)
    versions: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    status: Status = field(default_factory=Status)
    refused_files: Mark | None = None
    refusal: Refusal | None = None
    missing: Mark | None = None
    meddled: bool = False
