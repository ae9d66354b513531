"""What the symbols of one executed plan came to mean: the resources that the server named, and what is known."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from conformance.api.answers import Answer
from conformance.engine.content import Piece
from conformance.engine.execution.scheduler import Signal
from conformance.engine.plan import Plan, Step
from conformance.engine.plan_model import Truth
from conformance.engine.values.name_classes import dressed
from conformance.model import Json
from conformance.settings.naming import Naming


@dataclass(slots=True)
class Project:
    """A project by its id, the end of its 202 (monotonic seconds), and whether this plan deleted it.

    `by` is the user who made it, and who therefore looks at what stands in it; `name` what it was called then, and
    `slug` the one that it was told to have. Each change of it (`changed`) may begin the wait for it anew.
    """

    id: str
    accepted: float
    changed: float = 0.0
    ready: float | None = None
    deleted: bool = False
    name: str = ""
    by: str = "owner"
    slug: str = ""


@dataclass(slots=True)
class Folder:
    """A folder below `project`, at its top or in another one (`parent`)."""

    id: str
    project: Project
    parent: Folder | None = None
    name: str = ""
    deleted: bool = False

    @property
    def gone(self) -> bool:
        """Whether it, or something that it stands in, was deleted."""
        return self.deleted or self.project.deleted or (self.parent is not None and self.parent.gone)


@dataclass(slots=True)
class Membership:
    """Rights in a project that the second user (`user_id`) was given at an instant (seconds), until withdrawn."""

    project: Project
    user_id: str
    given: float = 0.0
    withdrawn: bool = False


@dataclass(slots=True)
class Upload:
    """An upload: what was declared, which pieces are surely stored, and five instants (monotonic seconds).

    They are its creation, the first answered completion, the first acknowledged one, the last not-consistent and the
    first truth. `kept` are the signed URLs of its parts, each with the operation that gave it, and `kept_late` those
    given when a chunk was reported once more. `signed_by` is the operation whose answer gave the signed URL of a
    single part, `content` the class of its bytes, `symbol` what its plan calls it, `stride` how far the numbers of
    its parts are apart, `name` what it was called when it was created. `most` is the largest part in bytes that the
    target says it takes, `store` the id of the storage provider that it told.
    """

    id: str
    project: Project
    parts: tuple[int, ...]
    chunked: bool
    truth: Truth
    signed: Json = None
    signed_by: str = ""
    name: str = ""
    most: float = math.inf
    store: str = ""
    content: str = ""
    symbol: str = ""
    stride: int = 1
    stored: dict[int, Piece] = field(default_factory=dict)
    retained: dict[int, tuple[Json, str]] = field(default_factory=dict)
    retained_late: dict[int, tuple[Json, str]] = field(default_factory=dict)
    created: float = 0.0
    tried: float | None = None
    completed: float | None = None
    pending: float | None = None
    settled: float | None = None

    @property
    def whole(self) -> bool:
        """Whether every part is surely stored: a server may have refused one."""
        return len(self.stored) == len(self.parts)

    def pieces(self) -> list[Piece]:
        """Return what is surely stored, in number order."""
        return [self.stored[number] for number in sorted(self.stored)]


@dataclass(slots=True)
class Version:
    """A file version and the upload it points to for ever; `attached` is when that was acknowledged (seconds)."""

    id: str
    upload: Upload
    attached: float = 0.0
    deleted: bool = False


@dataclass(slots=True, eq=False)
class Switching:
    """A switch of a file to another upload that is under way, and whether it is the only one."""

    alone: bool = True


@dataclass(slots=True)
class File:
    """A file; `current` is None while more than one upload may be current.

    `switched` is when the current upload was acknowledged to be the file's, by its creation or by a switch (seconds).
    `folder` is where it stands, if not at the top of its project.
    """

    id: str
    project: Project
    current: Upload | None
    versions: list[Version] = field(default_factory=list)
    deleted: bool = False
    switched: float | None = None
    folder: Folder | None = None
    under_way: list[Switching] = field(default_factory=list)

    def begin_switch(self) -> Switching:
        """Note that a switch is under way; of several at a time nobody knows which comes last."""
        mine = Switching()
        self.under_way.append(mine)
        if len(self.under_way) > 1:
            for one in tuple(self.under_way):
                one.alone = False
        return mine

    def end_switch(self, mine: Switching) -> bool:
        """Note that it is over; say whether it was the only one all the time."""
        self.under_way.remove(mine)
        return mine.alone

    @property
    def gone(self) -> bool:
        """Whether it, or something that it stands in, was deleted."""
        return self.deleted or self.project.deleted or (self.folder is not None and self.folder.gone)


Resource = Project | Upload | File | Version | Folder | Membership


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A step that was not taken: whose (`actor`), the how manyth of its program, why, and when (monotonic ns).

    A whole plan that was left out has no actor, and the number -1.
    """

    actor: str
    number: int
    verb: str
    why: str
    at_ns: int


@dataclass(slots=True)
class Slot:
    """A symbol: the signal that it has a meaning now or never will, and the meaning."""

    signal: Signal = field(default_factory=Signal)
    value: Resource | None = None


class World:
    """One execution of a plan. `token` is unique to it: names and bytes derive from it.

    `ended` is when its last look was over (monotonic seconds), `rank` its number in the campaign, from 1.
    """

    def __init__(
        self,
        plan: Plan,
        token: str,
        truths: dict[str, Truth],
        common: Project | None,
        naming: Naming | None = None,
    ) -> None:
        self.plan = plan
        self.token = token
        self.truths = truths
        self.common = common
        self.naming = naming or Naming()
        self.left_out: list[LeftOut] = []
        self.meetings: dict[str, tuple[Signal, list[str]]] = {}
        self.ended: float | None = None
        self.rank = 0
        self._slots: dict[str, Slot] = {}
        self._lock = threading.Lock()
        self._dereferenced: set[str] = set()
        self._answered: dict[str, tuple[Answer | None, float]] = {}
        self._names = 0
        self._plain: dict[str, str] = {}
        self._outwaiting: Step | None = None

    def outwaits(self, step: Step) -> bool:
        """Whether a step that is told nothing goes on until the bound is over: the first that asks, and no other."""
        with self._lock:
            self._outwaiting = self._outwaiting or step
            return self._outwaiting is step

    def slot(self, symbol: str) -> Slot:
        """Return the slot of `symbol`, made at first mention."""
        with self._lock:
            return self._slots.setdefault(symbol, Slot())

    @property
    def skipped(self) -> list[str]:
        """What was left out, in words."""
        return [f"{one.actor}: {one.verb}" if one.actor else f"{one.verb}: {one.why}" for one in self.left_out]

    def leave_out(self, actor: str, verb: str, number: int, why: str) -> None:
        """Note a step that is not taken, and why."""
        self.left_out.append(LeftOut(actor, number, verb, why, time.monotonic_ns()))

    def name(self, what: str, kind: str = "") -> str:
        """Return a name that nothing else in the world has, dressed as one of the class `kind` if there is one."""
        with self._lock:
            self._names += 1
            plain = self.naming.in_plan(self.token, what, self._names)
            made = dressed(kind, plain)
            self._plain[made] = plain
            return made

    def like(self, name: str, kind: str) -> str:
        """Return a name that this plan gave, dressed otherwise where a class is named: as one of the class `kind`."""
        return dressed(kind, self._plain.get(name, name)) if kind else name

    def first_time(self, key: str) -> bool:
        """Whether `key` is asked about for the first time."""
        with self._lock:
            before = len(self._dereferenced)
            self._dereferenced.add(key)
            return len(self._dereferenced) > before

    def answered(self, path: str, answer: Answer | None, at: float) -> None:
        """Note what a url endpoint answered last (None: a success without a url), and the monotonic instant."""
        self._answered[path] = answer, at

    def last_answer(self, path: str, since: float) -> Answer | None:
        """Return what a url endpoint answered last, if it was asked after the instant `since`."""
        answer, at = self._answered.get(path, (None, 0.0))
        return answer if at > since else None

    def meet(self, at: str, who: str) -> tuple[Signal, int]:
        """Arrive at a meeting; return its signal and how many have arrived."""
        with self._lock:
            signal, arrived = self.meetings.setdefault(at, (Signal(), []))
            arrived.append(who)
            return signal, len(arrived)

    def files(self) -> Iterator[File]:
        """Yield every file the plan made."""
        return (slot.value for slot in list(self._slots.values()) if isinstance(slot.value, File))

    def uploads(self) -> Iterator[Upload]:
        """Yield every upload the plan made."""
        return (slot.value for slot in list(self._slots.values()) if isinstance(slot.value, Upload))

    def projects(self) -> Iterator[Project]:
        """Yield every project of the plan's own."""
        return (slot.value for slot in list(self._slots.values()) if isinstance(slot.value, Project))

    def folders(self) -> Iterator[Folder]:
        """Yield every folder the plan made."""
        return (slot.value for slot in list(self._slots.values()) if isinstance(slot.value, Folder))

    def memberships(self) -> Iterator[Membership]:
        """Yield the rights that the plan gave."""
        return (slot.value for slot in list(self._slots.values()) if isinstance(slot.value, Membership))
