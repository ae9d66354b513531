"""The closing round: a sample of what a run made is read, downloaded by new urls and used again, after a rest.

A server may take its word back long after it gave it: sweepers, expiring caches and retention jobs come later than any
plan looks. Other plans fill the time; the round itself waits only where the effort has it rest for the whole bound.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from conformance.engine.execution.bindings import File, Project, Upload, World
from conformance.engine.execution.context import Sent, Speaker, Stage, sent
from conformance.engine.execution.polling import MARGIN
from conformance.engine.execution.reads import follow
from conformance.engine.execution.scheduler import Signal, Task
from conformance.engine.execution.settle import Voices
from conformance.engine.execution.writes import place
from conformance.engine.plan import Plan
from conformance.engine.plan_model import Truth
from conformance.model import Json, Phase

BYSTANDERS = ("nobody", "other")
"""Who asks right after the owner for what was just answered: whatever remembers answers must know whose they are."""
MOST_ASIDE = 5
"""Files that others ask for so."""
MOST_FILES, MOST_VERSIONS = 3, 2
"""Files looked at in each plan, and versions of each."""
MAKING = frozenset({"create_upload", "put_part", "put_whole", "complete", "report_hash"})
VARIED = frozenset({
    "lie", "content", "content_type", "name_class", "algorithm", "hash_of", "size_off", "misstate", "fresh", "form",
    "as_of", "named_store", "store", "further",
})  # fmt: skip
"""The steps that make an upload, and their arguments that make one unusual."""
CLOSER = "closing"
"""The actor whose sessions are those of the closing round."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A plan that is visited, and the files of it that are looked at."""

    world: World
    files: tuple[File, ...]


def sample(worlds: Iterable[World], most: int) -> list[Chosen]:
    """Choose plans that ended, and files of theirs, so that together they hold each kind of thing that any holds.

    The next plan is always the one that adds most kinds; of those that add as many, it is the one that rested longest.
    """
    ended = sorted((one for one in worlds if one.ended is not None), key=lambda one: one.ended or 0.0)
    left = {one.token: _Held(one) for one in ended}
    chosen: list[Chosen] = []
    seen: set[str] = set()
    while left and len(chosen) < most:
        best = max(left.values(), key=lambda one: len(one.added(seen)))
        del left[best.world.token]
        chosen.append(Chosen(best.world, best.telling(seen)))
        seen |= best.added(seen)
    return chosen


class _Held:
    """What kinds of things a plan made."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._itself = frozenset(_kinds(world))
        self._files = [(file, frozenset(_kinds_of(world.plan, file))) for file in _in_order(world)]

    def telling(self, seen: AbstractSet[str]) -> tuple[File, ...]:
        """Return the files, at most `MOST_FILES`, that add most kinds to those seen; the first ones of those alike."""
        return tuple(file for file, _ in self._best(seen))

    def added(self, seen: AbstractSet[str]) -> set[str]:
        """Return the kinds that looking at the plan and at those files adds."""
        return set(self._itself.union(*(kinds for _, kinds in self._best(seen)))) - seen

    def _best(self, seen: AbstractSet[str]) -> list[tuple[File, frozenset[str]]]:
        met, left = set(seen), list(self._files)
        best: list[tuple[File, frozenset[str]]] = []
        while left and len(best) < MOST_FILES:
            best.append(max(left, key=lambda one: len(one[1] - met)))
            left.remove(best[-1])
            met |= best[-1][1]
        return best


def _kinds(world: World) -> Iterator[str]:
    """Yield what kinds of things a plan made beside its files: what a server may later forget."""
    yield f"of {world.plan.theme}"
    yield from ("with rights" for _ in world.memberships())
    yield from ("a deleted project" for one in world.projects() if one.deleted)


def _kinds_of(plan: Plan, file: File) -> Iterator[str]:
    """Yield what kinds of things a file is: what a server may treat in a way of its own, and later forget."""
    yield "a deleted file" if file.deleted else "a file of something deleted" if file.gone else "a file"
    if len(file.versions) > 1:
        yield "an older version"
    for version in file.versions:
        upload = version.upload
        parts = "single" if not upload.chunked else "one part" if len(upload.parts) == 1 else "many parts"
        yield "a deleted version" if version.deleted else f"{upload.truth.value}, {parts}"
        yield f"{sum(upload.parts).bit_length()} bits of bytes"
        yield from (f"{parts}, {one}" for one in _making(plan, upload.symbol))
    yield "in a folder" if file.folder else "at the top"


def _making(plan: Plan, symbol: str) -> Iterator[str]:
    """Yield what was unusual in how an upload was made."""
    for _, step in plan.steps():
        if symbol and step.verb in MAKING and symbol in (step.binds, step.args.get("upload")):
            odd = ((name, value) for name, value in step.args.items() if name in VARIED and value)
            yield from (f"{step.verb}: {name} {value if isinstance(value, str) else ''}" for name, value in odd)


def _in_order(world: World) -> list[File]:
    """Return the files of a plan: those that were deleted, or have most versions, tell most."""
    return sorted(world.files(), key=lambda one: (not one.gone, -len(one.versions)))


@dataclass(slots=True)
class ClosingRound:
    """One closing round over the plans of a process; `rests` says how long each plan's things had rested, in seconds.

    With `whole` each is left alone until the bound on convergence has passed since its last look.
    """

    stage: Stage
    whole: bool = False
    rests: list[float] = field(default_factory=list)

    def run(self, chosen: Sequence[Chosen]) -> None:
        """Look at everything and use it again; return when all is done or the scheduler was stopped."""
        asked = Signal(an_end=True)
        self.stage.scheduler.spawn(self._ask_aside([one.world for one in chosen], asked))
        for one in chosen:
            self.stage.scheduler.spawn(self._close(one.world, one.files, asked))
        self.stage.scheduler.run()

    def _ask_aside(self, worlds: Sequence[World], asked: Signal) -> Task:
        """Let others ask for some files at once when their owner was answered, while nothing is changed meanwhile.

        They do so over the owner's connection: whose request it is, each request says itself.
        """
        for world, file in itertools.islice(_owners_alone(worlds), MOST_ASIDE):
            voices = Voices(self.stage, world, CLOSER, Phase.FINAL)
            for path in (f"/files/{file.id}/url", f"/file_versions/{file.versions[0].id}/url"):
                for user in BYSTANDERS:
                    if user == "nobody" or self.stage.second_user:
                        voices.of(user).speak_over(voices.of(file.project.by))
                        voices.of(file.project.by).send("GET", path)
                        voices.of(user).send("GET", path)
                yield time.monotonic()
            voices.close()
        self.stage.scheduler.fire(asked)

    def _close(self, world: World, files: Sequence[File], asked: Signal) -> Task:
        if not asked.fired:
            yield asked
        ended = world.ended or time.monotonic()
        if self.whole:
            yield ended + self.stage.timing.bound_s * MARGIN
        self.rests.append(time.monotonic() - ended)
        voices = Voices(self.stage, world, CLOSER, Phase.FINAL)
        for project in world.projects():
            yield from self._visit(voices.of(project.by), world, project)
        for file in files:
            yield from _look(voices.of(file.project.by), file)
        for upload in itertools.islice(_usable(world), 1):
            yield from _use(voices.of(upload.project.by), upload)
        for membership in world.memberships():
            yield from _without_rights(voices.of("other"), world, membership.project)
        voices.close()

    def _visit(self, client: Speaker, world: World, project: Project) -> Task:
        """Read a project, and make an upload in it if it lives."""
        client.send("GET", f"/projects/{project.id}")
        yield time.monotonic()
        if not project.deleted and project.ready is not None:
            body = {"name": world.name("closing"), "content_type": "text/plain", "size": 1}
            named = {"storage_provider": {"id": self.stage.provider}} if self.stage.provider else {}
            client.send("POST", f"/projects/{project.id}/uploads", json={**body, **named})
            yield time.monotonic()


def _owners_alone(worlds: Iterable[World]) -> Iterator[tuple[World, File]]:
    """Yield of each plan a file that still stands, and that nobody but its owner has a right to."""
    for world in worlds:
        shared = {membership.project.id for membership in world.memberships()}
        live = (one for one in world.files() if not one.gone and one.project.by == "owner")
        yield from ((world, one) for one in itertools.islice((f for f in live if f.project.id not in shared), 1))


def _look(client: Speaker, file: File) -> Task:
    """Read a file, its versions and its upload, and fetch what a new url of each leads to."""
    client.send("GET", f"/files/{file.id}")
    yield time.monotonic()
    paths = [f"/files/{file.id}/url", *(f"/file_versions/{one.id}/url" for one in file.versions[:MOST_VERSIONS])]
    for path in paths:
        follow(client, path)
        yield time.monotonic()
    for version in file.versions[:1]:
        client.send("GET", f"/uploads/{version.upload.id}")
        yield time.monotonic()


def _without_rights(client: Speaker, world: World, project: Project) -> Task:
    """Let the second user look where it had rights: what was withdrawn stays so."""
    for file in itertools.islice((one for one in world.files() if one.project is project), 1):
        follow(client, f"/files/{file.id}/url")
        yield time.monotonic()


def _usable(world: World) -> Iterator[Upload]:
    """Yield what must be good for a further file."""
    for upload in world.uploads():
        if upload.truth is Truth.GOOD and upload.whole and upload.settled is not None and not upload.project.deleted:
            yield upload


def _use(client: Speaker, upload: Upload) -> Task:
    """Make a further file of an upload, and fetch what its url leads to; a server may refuse a second file."""
    body: Json = {"parent": place(upload.project), "upload": {"id": upload.id}}
    last: Sent = sent(client, client.send("POST", "/files", json=body))
    yield time.monotonic()
    if last.made:
        follow(client, f"/files/{last.made}/url")
