"""After the trouble: poll gently until everything settled or the bound is over, then read everything once more."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass

from conformance.api.answers import Answer
from conformance.engine.content import whole
from conformance.engine.execution.bindings import File, Project, Upload, World
from conformance.engine.execution.context import Sent, Speaker, Stage, sent
from conformance.engine.execution.reads import ALL, ask_url, fetch, note_lag, truth_of
from conformance.engine.execution.scheduler import Signal, Task
from conformance.engine.execution.verbs.member_verbs import take_back
from conformance.engine.plan import Actor
from conformance.engine.plan_model import Truth
from conformance.model import Json, Octets, Operation, Phase

GONE = frozenset({Answer.REFUSED, Answer.DONE, Answer.INTEGRITY})
"""What a deleted thing may answer in the end: anything but not-consistent (a deleted project's files may stay)."""
FOR_GOOD = 3
"""Reads in the end of what is answered by errors or 304 only: fewer could be an accident, and would prove nothing."""
APART_S = 0.6
"""Seconds between those: a server that starts again answers errors only, for a moment."""
Waiting = Generator[float | Signal, None, Sent]


@dataclass(frozen=True, slots=True)
class Watched:
    """One url endpoint to wait for: what it must answer in the end, since when, and whose bytes it then serves.

    `by` is the user whose project it belongs to.
    """

    path: str
    accepts: frozenset[Answer]
    since: float | None
    upload: Upload | None
    by: str = "owner"

    def itself(self) -> Watched:
        """Return it: what it must answer does not change any more."""
        return self


class Voices:
    """One client for each user who has something to look at in the end, made when it is first needed."""

    def __init__(self, stage: Stage, world: World, actor: str = "settler", phase: Phase = Phase.SETTLE) -> None:
        self._stage, self._world, self._actor = stage, world, actor
        self._phase = phase
        self._clients: dict[str, Speaker] = {}

    def of(self, user: str) -> Speaker:
        """Return the client that speaks for a user."""
        if user not in self._clients:
            self._clients[user] = self._stage.client(self._world, Actor(self._actor, (), user))
            self._clients[user].phase = self._phase
        return self._clients[user]

    def enter(self, phase: Phase) -> None:
        """Let everybody go on to another phase."""
        self._phase = phase
        for client in self._clients.values():
            client.phase = phase

    def close(self) -> None:
        """Close every client."""
        for client in self._clients.values():
            client.close()


def watched(world: World) -> Iterator[Watched]:
    """Yield every url endpoint of the plan: each file's, and each of its versions'."""
    for file in world.files():
        yield from _of_one(file)


def _of_one(file: File) -> Iterator[Watched]:
    yield of_file(file)
    for version in file.versions:
        gone = version.deleted or file.gone
        accepts = GONE if gone else truth_of(version.upload)
        path = f"/file_versions/{version.id}/url"
        since = _since(version.upload, version.attached)
        yield Watched(path, accepts, since, None if gone else version.upload, file.project.by)


def of_file(file: File) -> Watched:
    """Give a file's url endpoint with what it must answer as long as nothing else changes it."""
    upload = None if file.gone else file.current
    accepts = truth_of(upload) if upload else GONE
    since = _since(upload, file.switched)
    return Watched(f"/files/{file.id}/url", accepts, since, upload, file.project.by)


def _since(upload: Upload | None, attached: float | None) -> float | None:
    """Say when the wait for a truth begins: with the later of the completion and the attachment, as for the judge.

    None, and no wait, for an upload whose completion was never acknowledged.
    """
    if upload is None:
        return attached
    return max(upload.completed, attached or 0.0) if upload.completed else None


def until_settled(
    stage: Stage, client: Speaker, world: World, wanted: Callable[[], Watched], *, fetching: bool = True
) -> Waiting:
    """Poll one url endpoint until it answers its truth, or the bound is over; the last read began after it then.

    What is `wanted` is asked anew each time: somebody else may switch a file meanwhile. Bytes are fetched only where
    `fetching` says so.
    """
    one, begun = wanted(), time.monotonic()
    stage.timing.begin_wait()
    last = ask_url(client, world, one.path, fetching=fetching)
    while not _stated(last, one) and time.monotonic() < stage.timing.deadline(one.since or begun) and one.since:
        yield stage.timing.next_look_in_time(one.since)
        last, one = ask_url(client, world, one.path, fetching=fetching), wanted()
    stage.timing.end_wait()
    note_lag(stage, one.upload, last)
    return last


def _stated(last: Sent, one: Watched) -> bool:
    """Whether an endpoint answered by its truth: a success that is no 200 gives no url, and so tells none."""
    return last.answer in one.accepts and (last.answer is not Answer.DONE or last.operation.exchange.status == 200)


def settle(stage: Stage, world: World, settled: Callable[[], None] = lambda: None) -> Task:
    """Wait for everything the plan made, then read it all once more, bytes included, and list its projects.

    `settled` is called between the two.

    Whose project a thing stands in, looks at it. Rights that the plan gave end with it. What settled rests before it
    is read once more: a server may take its word back a while after it gave it, and other plans fill the time.
    """
    voices = Voices(stage, world)
    served = yield from _until_all_settled(stage, world, voices)
    settled()
    if stage.rest_s:
        yield time.monotonic() + stage.rest_s
    voices.enter(Phase.FINAL)
    for one in list(watched(world)):
        yield from _read_once_more(stage, voices.of(one.by), world, one, fetching=one.path not in served)
    for upload in world.uploads():
        voices.of(upload.project.by).send("GET", f"/uploads/{upload.id}")
        yield time.monotonic()
    yield from _by_members(stage, world, voices)
    for project in world.projects():
        yield from last_listing(voices.of(project.by), project.id)
        if project.deleted:
            yield from _gone_for_good(stage, voices.of(project.by), world, project)
    for folder in world.folders():
        voices.of(folder.project.by).send("GET", f"/folders/{folder.id}/children", query=ALL)
        yield time.monotonic()
    for membership in world.memberships():
        if not membership.withdrawn:
            yield from take_back(voices.of(membership.project.by), membership)
    voices.close()
    world.ended = time.monotonic()


def _until_all_settled(stage: Stage, world: World, voices: Voices) -> Generator[float | Signal, None, set[str]]:
    """Wait for what no reader of the plan saw settled; return the paths that served the right bytes just then.

    What several endpoints serve is fetched by one of them now, and by the others when it is read for the last time.
    """
    served: set[str] = set()
    shown: set[str] = set()
    for one in _by_turns(world):
        if _seen_settled(world, one):
            continue
        fetching = one.upload is None or one.upload.id not in shown
        last = yield from until_settled(stage, voices.of(one.by), world, one.itself, fetching=fetching)
        if one.upload is not None and _was_served(last, one.upload):
            served.add(one.path)
            shown.add(one.upload.id)
    return served


def _by_turns(world: World) -> list[Watched]:
    """Give every url endpoint, of every second file those of its versions first."""
    groups = [list(_of_one(file)) for file in world.files()]
    return [one for n, group in enumerate(groups) for one in (reversed(group) if n % 2 else group)]


def _gone_for_good(stage: Stage, client: Speaker, world: World, project: Project) -> Task:
    """Use a deleted project until it is not told to be not consistent any more, or the bound is over."""
    since = time.monotonic()
    body: Json = {"name": world.name("after"), "content_type": "text/plain", "size": 1}
    while True:
        last = sent(client, client.send("POST", f"/projects/{project.id}/uploads", json=body))
        if last.answer is not Answer.NC or time.monotonic() >= stage.timing.deadline(since):
            return
        yield stage.timing.next_look_in_time(since)


def _seen_settled(world: World, one: Watched) -> bool:
    """Whether a reader of the plan saw the truth since it is waited for: the last read of all follows then."""
    if one.upload is None or one.upload.settled is None or one.since is None:
        return False
    return world.last_answer(one.path, one.since) in one.accepts


def _by_members(stage: Stage, world: World, voices: Voices) -> Task:
    """Let the second user look at what stands where it has rights, or had them.

    A member waits for the truth as the owner did, and asks often enough for a refusal to be one for good.
    """
    for membership in list(world.memberships()):
        client = voices.of("member")
        for file in [one for one in world.files() if one.project is membership.project and not one.gone]:
            one = of_file(file)
            last = sent(client, client.send("GET", one.path))
            while not (membership.withdrawn or _stated(last, one)) and time.monotonic() < _deadline(stage, one):
                yield min(stage.timing.next_look(one.since or last.at), _deadline(stage, one))
                last = sent(client, client.send("GET", one.path))
            if not membership.withdrawn:
                last = yield from refused_for_good(client, one, last)
            if last.answer is Answer.DONE and last.operation.exchange.status == 200:
                fetch(client, last)
            yield time.monotonic()


def _deadline(stage: Stage, one: Watched) -> float:
    return stage.timing.deadline(one.since) if one.since else 0.0


def _read_once_more(stage: Stage, client: Speaker, world: World, one: Watched, *, fetching: bool) -> Task:
    """Read a url endpoint for the last time, and fetch the bytes where they were not fetched a moment ago.

    One that takes its truth back is waited for once more: its plan's readers may have been all that saw it.
    """
    last = sent(client, client.send("GET", one.path))
    yield time.monotonic()
    if last.answer is Answer.NC:
        last = yield from until_settled(stage, client, world, one.itself)
    last = yield from refused_for_good(client, one, last)
    if last.answer is not Answer.DONE or last.operation.exchange.status != 200 or not fetching:
        return
    since = last.at
    while not _served(client, last, one.upload) and time.monotonic() < stage.timing.deadline(since):
        yield stage.timing.next_look(since)
        last = sent(client, client.send("GET", one.path))


def refused_for_good(client: Speaker, one: Watched, last: Sent) -> Waiting:
    """Read again what was answered by an error, so often that it could be no accident; return the last answer."""
    for _ in range(FOR_GOOD - 1):
        if _stated(last, one) or last.answer is Answer.NC:
            break
        yield time.monotonic() + APART_S
        last = sent(client, client.send("GET", one.path))
    return last


def _served(client: Speaker, last: Sent, upload: Upload | None) -> bool:
    """Fetch the bytes; False only when they are surely not those that the upload must serve."""
    if last.answer is not Answer.DONE:
        return False
    return _right(fetch(client, last), upload)


def _was_served(last: Sent, upload: Upload | None) -> bool:
    got = last.download
    return got is not None and got.exchange.status == 200 and _right(got, upload)


def _right(got: Operation, upload: Upload | None) -> bool:
    if upload is None or upload.truth not in (Truth.GOOD, Truth.GOOD_IF_ACCEPTED) or not upload.whole:
        return True
    octets = got.exchange.response
    return isinstance(octets, Octets) and (octets.bytes, octets.md5) == whole(upload.pieces())


def last_listing(client: Speaker, project_id: str) -> Task:
    """List a project once more: what was refused must not be in it."""
    client.phase = Phase.FINAL
    for listed in ("uploads", "children", "files"):
        client.send("GET", f"/projects/{project_id}/{listed}", query=ALL)
        yield time.monotonic()
