"""The verbs that ask otherwise: by HEAD beside GET, for a part, and again by what an answer gave to compare with."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from conformance.engine.execution.context import Sent, Turn, sent
from conformance.engine.execution.reads import TRUTHS, fetch, follow
from conformance.engine.execution.scheduler import Task
from conformance.engine.execution.settle import FOR_GOOD
from conformance.model import Operation

_VALIDATORS = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}
"""What an answer may give to compare with, and by which header a client asks whether it still holds."""
_OK, _UNCHANGED = 200, 304
FIRST_BYTES = "bytes=0-9"


def read_head(turn: Turn) -> Task:
    """Ask by HEAD for a file's and its version's url, for what they say of themselves, and for the upload."""
    file = turn.file()
    version = file.versions[0]
    paths = (f"/files/{file.id}/url", f"/file_versions/{version.id}/url", f"/files/{file.id}")
    for path in (*paths, f"/file_versions/{version.id}", f"/uploads/{version.upload.id}"):
        turn.client.send("HEAD", path)
        yield time.monotonic()


def read_part(turn: Turn) -> Task:
    """Fetch the first bytes of what a file's url leads to; a store need not give them alone."""
    follow(turn.client, f"/files/{turn.file().id}/url", FIRST_BYTES)
    yield from ()


def revalidate(turn: Turn) -> Task:
    """Read a file's or its version's url by what the last answer gave to compare with, until its truth or the bound.

    A server that gives nothing to compare with is asked whether anything changed since its answer was sent. An actor
    that revalidates once more goes on from what it holds, and until it is told of a switch since.
    """
    file = turn.file()
    version = file.versions[0]
    path = f"/file_versions/{version.id}/url" if turn.option("of_version") else f"/files/{file.id}/url"
    key = (turn.world.token, turn.actor.name, path)
    before, latest = turn.stage.retained.get(key), file.switched or 0.0
    switched = latest if before and latest > before.at else 0.0
    asked = _again(turn, path, before) if before else _Asked(sent(turn.client, turn.client.send("GET", path)))
    since = max(version.upload.completed or time.monotonic(), switched)
    while _waits(turn, asked, since, switched=bool(switched)):
        yield _next_look(turn, since)
        asked = _again(turn, path, asked.held, asked.late + (time.monotonic() > turn.stage.timing.deadline(since)))
    if asked.held.operation.exchange.status == _OK:
        if not asked.unchanged:
            fetch(turn.client, asked.held)
        asked = _again(turn, path, asked.held)
    turn.stage.retained[key] = asked.held


@dataclass(frozen=True, slots=True)
class _Asked:
    """The last answer in full, whether it was told again by a 304, and how often the client asked after the bound."""

    held: Sent
    unchanged: bool = False
    late: int = 0


def _again(turn: Turn, path: str, held: Sent, late: int = 0) -> _Asked:
    """Ask by the validators of the answer that is held; one that says that nothing changed gives none."""
    given = validators(held.operation)
    noted = {"conditional": True, "headers": dict(given)}
    now = sent(turn.client, turn.client.send("GET", path, headers=given, notes=noted))
    unchanged = now.operation.exchange.status == _UNCHANGED
    return _Asked(held if unchanged else now, unchanged, late)


def _waits(turn: Turn, asked: _Asked, since: float, *, switched: bool) -> bool:
    """Whether the truth is still to come: of a switch a 304 tells nothing, however final what it tells again is."""
    told = asked.held.answer in TRUTHS and not (switched and asked.unchanged)
    early = time.monotonic() < turn.stage.timing.deadline(since)
    return not told and (early or (asked.unchanged and asked.late < FOR_GOOD))


def _next_look(turn: Turn, since: float) -> float:
    timing, now = turn.stage.timing, time.monotonic()
    return timing.next_look_in_time(since) if now < timing.deadline(since) else now + timing.floor_s


def validators(operation: Operation) -> Mapping[str, str]:
    """Return the headers that ask whether an answer still holds; by its date if it gives nothing else."""
    answered = {name.lower(): value for name, value in operation.exchange.headers.items()}
    found = {header: answered[name] for name, header in _VALIDATORS.items() if answered.get(name)}
    date = answered.get("date", "")
    return found or ({"If-Modified-Since": date} if date else {})
