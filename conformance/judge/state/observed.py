"""What all endpoints together told about one upload: the four numbers of docs/theory.md, with their evidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from conformance.api.answers import Answer, Effect
from conformance.judge.state.intake import World
from conformance.judge.state.interval import NEVER, Interval, first, last
from conformance.judge.state.resources import File, Late, Reads, Upload, Version
from conformance.judge.state.stays import Stay


@dataclass(slots=True)
class Endpoint:
    """One url endpoint's answers about an upload.

    `linked` is the operation that tied it to the upload, `acknowledged` the one that acknowledged it.
    """

    reads: Reads
    linked: Interval | None
    acknowledged: Interval | None = None
    settled: bool = False
    superseded: Interval | None = None
    deleted: Interval | None = None
    after: list[tuple[Interval, Answer]] = field(default_factory=list)
    doomed: int = NEVER
    """From when (ns) on a deletion may have taken the object away."""


@dataclass(slots=True)
class Sight:
    """The endpoints of one upload and the watermarks over all of them."""

    endpoints: list[Endpoint]
    ok: Interval | None = None
    ok_last: Interval | None = None
    bad: Interval | None = None
    bad_last: Interval | None = None
    nc: Interval | None = None
    latest: int = -1
    racing: int = 0
    links: dict[str, Interval] = field(default_factory=dict)
    sessions: dict[str, list[Interval | None]] = field(default_factory=dict)

    def truth(self) -> Interval | None:
        """Give the 200 or integrity exception that ended first."""
        return first(self.ok, self.bad)

    def link(self, *marks: Interval | None) -> tuple[Interval, ...]:
        """Give the operations that tie those reads to the upload, each once."""
        found = (self.links.get(retained.operation) for retained in marks if retained is not None)
        return tuple(dict.fromkeys(retained for retained in found if retained is not None))

    def add(self, endpoint: Endpoint) -> None:
        """Fold another endpoint in."""
        reads = endpoint.reads
        self.endpoints.append(endpoint)
        self.ok, self.ok_last = first(self.ok, reads.ok), last(self.ok_last, reads.ok_last)
        self.bad, self.bad_last = first(self.bad, reads.bad), last(self.bad_last, reads.bad_last)
        self.nc = last(self.nc, reads.nc)
        self.latest = max(self.latest, reads.latest)
        self.racing += reads.racing
        if endpoint.linked:
            stated: tuple[Interval | None, ...] = (reads.ok, reads.ok_last, reads.bad, reads.bad_last, reads.nc)
            stated += (reads.nc_first, reads.gone, reads.odd, *reads.failing)
            self.links.update({retained.operation: endpoint.linked for retained in stated if retained})
            for pair in reads.sessions.values():
                self.links.update({retained.operation: endpoint.linked for retained in pair if retained})
        for session, (stated_first, nc) in reads.sessions.items():
            held = self.sessions.setdefault(session, [None, None])
            held[0], held[1] = first(held[0], stated_first), last(held[1], nc)


def doomed_from(deletes: dict[str, tuple[Interval, Effect]]) -> tuple[int, Interval | None]:
    """Give the earliest time (ns) a deletion may have taken effect, and the acknowledged deletion that ended first."""
    begun = min((retained.begun_ns for retained, done in deletes.values() if done is not Effect.NONE), default=NEVER)
    acknowledged: Interval | None = None
    for retained, done in deletes.values():
        if done is Effect.DONE:
            acknowledged = first(acknowledged, retained)
    return begun, acknowledged


def scope_of_file(world: World, file: File) -> tuple[int, Interval | None]:
    """Give from when on a file may be gone, its project's and folders' deletion included, and its own acknowledged one.

    What belongs to a deleted project may stay until that is purged, nobody says when.
    """
    begun, acknowledged = doomed_from(file.deletes)
    return min(begun, home_doomed(world, file)), acknowledged


def unclear_from(world: World, file: File) -> int:
    """Give from when (ns) on a file may be gone, or nobody knows what it points to as a version of it was deleted."""
    return min(scope_of_file(world, file)[0], file.murky)


def home_doomed(world: World, file: File) -> int:
    """Give from when (ns) on what holds a file may be gone: its project, or a folder that it may lie in."""
    begun = _places_doomed(world, file.stays, frozenset())
    project = world.projects.get(file.project)
    if project is not None and not file.moved:
        begun = min(begun, doomed_from(project.deletes)[0])
    return begun


def folder_doomed(world: World, name: str, seen: frozenset[str] = frozenset()) -> int:
    """Give from when (ns) on a folder may be gone, by its own deletion or by that of what holds it."""
    folder = world.folders.get(name)
    if name in seen:
        return NEVER
    if folder is None or folder.created is None:  # nobody saw where it lies
        return world.doomed
    return min(doomed_from(folder.deletes)[0], _places_doomed(world, folder.stays, seen | {name}))


def _places_doomed(world: World, stays: Mapping[str, Stay], seen: frozenset[str]) -> int:
    """Give from when (ns) on a place may be gone in which something may still lie then.

    It may lie there until the end of a later move that was acknowledged.
    """
    moves = [one.interval for one in stays.values() if one.effect is Effect.DONE]
    doomed = NEVER
    for one in stays.values():
        until = min((later.ended_ns for later in moves if later.begun_ns > one.interval.ended_ns), default=NEVER)
        gone = max(place_doomed(world, one, seen), one.interval.begun_ns)
        if gone <= until:
            doomed = min(doomed, gone)
    return doomed


def place_doomed(world: World, stay: Stay, seen: frozenset[str] = frozenset()) -> int:
    """Give from when (ns) on the place may be gone in which something was to lie, or one that holds it."""
    if not stay.parent:
        return world.doomed
    if stay.is_folder:
        return folder_doomed(world, stay.parent, seen)
    project = world.projects.get(stay.parent)
    return doomed_from(project.deletes)[0] if project else NEVER


def scope_of_version(world: World, version: Version) -> tuple[int, Interval | None]:
    """Give the same for a file version."""
    begun, acknowledged = doomed_from(version.deletes)
    file = world.files.get(version.file)
    if file is not None:
        theirs, deleted = scope_of_file(world, file)
        begun, acknowledged = min(begun, theirs), first(acknowledged, deleted)
    return begun, acknowledged


def copied(reads: Reads) -> Reads:
    """Give a copy that may take more reads."""
    other = Reads(reads.kind, reads.id)
    for name in Reads.__slots__:
        setattr(other, name, getattr(reads, name))
    other.sessions = {name: list(pair) for name, pair in reads.sessions.items()}
    return other


def settle(reads: Reads, late: list[Late], doomed: int) -> tuple[Reads, list[tuple[Interval, Answer]]]:
    """Give the reads with those of `late` that count, and the reads that may have seen the deletion.

    A verdict is one whenever it is told; nc and 404 count only where the deletion had surely not taken effect.
    """
    reads = _undoomed(reads, doomed)
    if not late:
        return reads, []
    whole, after = copied(reads), []
    for _, retained, answered in late:
        if retained.ended_ns < doomed or answered in (Answer.DONE, Answer.INTEGRITY):
            whole.take(retained, answered)
        if retained.ended_ns >= doomed:
            after.append((retained, answered))
    return whole, after


def _undoomed(reads: Reads, doomed: int) -> Reads:
    """Leave out what may have seen a deletion that was noted too late to keep it apart: everything but verdicts."""
    stated = (reads.nc, reads.gone, reads.odd, *reads.failing, *reads.failing_member)
    if doomed >= NEVER or all(one is None or one.ended_ns < doomed for one in stated):
        return reads
    retained = copied(reads)
    for name in ("nc", "gone", "odd"):
        held: Interval | None = getattr(retained, name)
        if held is not None and held.ended_ns >= doomed:
            setattr(retained, name, None)
    retained.failing = tuple(one for one in retained.failing if one.ended_ns < doomed)
    retained.failing_member = tuple(one for one in retained.failing_member if one.ended_ns < doomed)
    for pair in retained.sessions.values():
        pair[1] = pair[1] if pair[1] and pair[1].ended_ns < doomed else None
    return retained


def before(reads: Reads, limit: int) -> Reads:
    """Give only the watermarks whose operations ended before `limit` (ns)."""
    if limit >= NEVER:
        return reads
    retained = copied(reads)
    for name in ("ok", "ok_last", "bad", "bad_last", "nc", "nc_first"):
        held: Interval | None = getattr(retained, name)
        if held is not None and held.ended_ns >= limit:
            setattr(retained, name, None)
    retained.failing = tuple(one for one in retained.failing if one.ended_ns < limit)
    retained.failing_member = tuple(one for one in retained.failing_member if one.ended_ns < limit)
    retained.downloads = [download for download in reads.downloads if download.given.ended_ns < limit]
    retained.failed = tuple(download for download in reads.failed if download.given.ended_ns < limit)
    retained.sessions = {
        name: [one if one and one.ended_ns < limit else None for one in pair]
        for name, pair in retained.sessions.items()
    }
    return retained


def first_switch(file: File) -> int:
    """Give when (ns) a file may first have pointed to another upload than the one it was created with."""
    later = (s.a for s in file.switches.values() if not s.first and s.effect is not Effect.NONE)
    return min(later, default=NEVER)


def file_endpoint(world: World, file: File) -> Endpoint:
    """Give a file's endpoint as far as it surely spoke of the upload the file was created with."""
    doomed, deleted = scope_of_file(world, file)
    reads, after = settle(file.reads, file.late, min(doomed, file.murky))
    switch = first_switch(file)
    if file.single:
        reads = copied(reads)
        for retained, answered in file.single:
            if retained.ended_ns < switch:
                reads.take(retained, answered)
    return Endpoint(
        before(reads, min(switch, file.murky)),
        file.created,
        file.created,
        deleted=deleted,
        after=after,
        doomed=min(doomed, file.murky),
    )


def version_endpoint(world: World, version: Version) -> Endpoint:
    """Give a version's endpoint; `superseded` is the acknowledged switch that replaced it."""
    doomed, deleted = scope_of_version(world, version)
    reads, after = settle(version.reads, version.late, doomed)
    endpoint = Endpoint(reads, version.linked, version.acknowledged, doomed=doomed)
    endpoint.deleted, endpoint.after = deleted, after
    file = world.files.get(version.file)
    if file is not None and version.linked is not None:
        later = [s for s in file.switches.values() if s.effect is Effect.DONE and s.a > version.linked.ended_ns]
        for switch in later:
            if switch.upload != version.upload:
                endpoint.superseded = first(endpoint.superseded, switch.interval)
    return endpoint


def endpoints(world: World, upload: Upload) -> Iterator[Endpoint]:
    """Give every endpoint that speaks of `upload`."""
    for name in upload.versions:
        version = world.versions[name]
        if not version.conflicting:
            yield version_endpoint(world, version)
    for name in dict.fromkeys(upload.files):
        file = world.files[name]
        creation = next((s for s in file.switches.values() if s.first), None)
        if creation is not None and creation.upload == upload.id:
            yield file_endpoint(world, file)


def sight(world: World, upload: Upload) -> Sight:
    """Fold all that was told about `upload`."""
    whole = Sight([])
    for endpoint in endpoints(world, upload):
        whole.add(endpoint)
    return whole
