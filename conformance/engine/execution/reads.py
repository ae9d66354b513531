"""The verbs that look: url endpoints, whose every first 200 is dereferenced at once, statuses, and listings."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import replace

from conformance.api.answers import Answer
from conformance.engine.execution.bindings import Project, Upload, World
from conformance.engine.execution.context import Sent, Speaker, Stage, Turn, sent
from conformance.engine.execution.scheduler import Task
from conformance.engine.invalid_requests import ABOUT_NOTHING, ASKED_BADLY, ODD_IDS
from conformance.engine.plan_model import Truth
from conformance.model import NOTHING, Json, Operation

ALL = {"page": "1", "per_page": "1000"}
"""A page large enough to hold whatever one run makes in one project."""
TRUTHS = frozenset({Answer.DONE, Answer.INTEGRITY})


def truth_of(upload: Upload) -> frozenset[Answer]:
    """Return the answers that an upload's url endpoints may give in the end."""
    if upload.truth is Truth.BAD:
        return frozenset({Answer.INTEGRITY})
    return frozenset({Answer.DONE}) if upload.truth is Truth.GOOD and upload.whole else TRUTHS


def ask_url(
    client: Speaker, world: World, path: str, notes: Mapping[str, Json] = NOTHING, *, fetching: bool = True
) -> Sent:
    """Read a url endpoint once, and fetch the bytes if this is its first 200 in the plan, unless told not to."""
    last = sent(client, client.send("GET", path, notes=notes))
    with_url = last.answer is not Answer.DONE or last.operation.exchange.status == 200
    world.answered(path, last.answer if with_url else None, last.at)
    if fetching and last.answer is Answer.DONE and world.first_time(path):
        return replace(last, download=fetch(client, last))
    return last


def fetch(client: Speaker, last: Sent, part: str = "") -> Operation:
    """Fetch the bytes that a url endpoint's answer leads to, or a `part` of them, noting which answer it was."""
    noted = {"url_of": last.operation.id, **({"range": part} if part else {})}
    return client.get_signed(last.operation.exchange.response, notes=noted, part=part)


def follow(client: Speaker, path: str, part: str = "") -> Operation | None:
    """Ask for a new url and fetch what it leads to, whoever did before; give None where there was none to follow.

    A `part` is the range of bytes (RFC 9110, section 14.2) that is asked for alone.
    """
    last = sent(client, client.send("GET", path))
    has_url = last.answer is Answer.DONE and last.operation.exchange.status == 200
    return fetch(client, last, part) if has_url else None


def note_lag(stage: Stage, upload: Upload | None, last: Sent) -> None:
    """Take the first truth seen of an upload as a bound on its lag, if somebody had looked shortly before."""
    if upload is None or upload.settled is not None or upload.completed is None:
        return
    if last.answer is Answer.NC:
        upload.pending = last.at
    elif last.answer in truth_of(upload):
        upload.settled = last.at
        stage.small_parts |= upload.truth is Truth.GOOD_IF_ACCEPTED and last.answer is Answer.DONE
        if upload.pending is not None:
            stage.timing.bounded(last.at - upload.completed, last.at - upload.pending)


def read_url(turn: Turn) -> Task:
    """Read a file's url a few times."""
    file = turn.file()
    yield from _repeat(turn, f"/files/{file.id}/url", file.current)


def read_version_url(turn: Turn) -> Task:
    """Read a version's url a few times."""
    version = turn.version()
    yield from _repeat(turn, f"/file_versions/{version.id}/url", version.upload)


def _repeat(turn: Turn, path: str, upload: Upload | None) -> Task:
    for n in range(int(turn.option("times"))):
        if n:
            yield time.monotonic() + float(turn.option("every_s"))
        last = ask_url(turn.client, turn.world, path)
        if upload is not None and turn.owns(upload.project):
            note_lag(turn.stage, upload, last)


def read_upload(turn: Turn) -> Task:
    """Read an upload's status a few times."""
    upload = turn.upload()
    for n in range(int(turn.option("times"))):
        if n:
            yield time.monotonic() + float(turn.option("every_s"))
        turn.client.send("GET", f"/uploads/{upload.id}")


def read_file(turn: Turn) -> Task:
    """Read what a file says of itself."""
    yield from _once(turn, f"/files/{turn.file().id}")


def read_version(turn: Turn) -> Task:
    """Read what a version says of itself."""
    yield from _once(turn, f"/file_versions/{turn.version().id}")


def read_versions(turn: Turn) -> Task:
    """List a file's versions."""
    yield from _once(turn, f"/files/{turn.file().id}/versions")


def read_project(turn: Turn) -> Task:
    """Read a project."""
    yield from _once(turn, f"/projects/{turn.project().id}")


def _once(turn: Turn, path: str) -> Task:
    turn.client.send("GET", path)
    yield from ()


def list_uploads(turn: Turn) -> Task:
    """List a project's uploads."""
    yield from _list(turn, f"/projects/{turn.project().id}/uploads")


def list_children(turn: Turn) -> Task:
    """List what stands at the top of a project."""
    yield from _list(turn, f"/projects/{turn.project().id}/children")


def list_files(turn: Turn) -> Task:
    """List a project's files with their signed urls."""
    yield from _list(turn, f"/projects/{turn.project().id}/files")


def list_projects(turn: Turn) -> Task:
    """List all projects."""
    yield from _list(turn, "/projects")


def _list(turn: Turn, path: str) -> Task:
    turn.client.send("GET", path, query=ALL)
    yield from ()


def use_unknown(turn: Turn) -> Task:
    """Ask about an id that never existed, or that is none."""
    how = str(turn.option("id"))
    made = str(uuid.uuid4())
    words = {"id": ODD_IDS.get(how, made), "name": turn.world.name("unknown"), "project": _project_id(turn)}
    method, path, body = ABOUT_NOTHING[str(turn.option("call"))].filled(**words)
    notes = {"invented": [words["id"]]}
    turn.client.send(method, path, json=body, notes=notes, intent="valid" if how == "unknown" else "invalid")
    yield from ()


def ask_badly(turn: Turn) -> Task:
    """Send a request that is wrong in itself."""
    made = str(uuid.uuid4())
    words = {"id": made, "name": turn.world.name("invalid"), "project": _project_id(turn)}
    request = ASKED_BADLY[str(turn.option("request"))]
    method, path, body = request.filled(**words)
    notes = {"invented": [made]}
    if request.raw:
        raw, media = request.raw.encode(), request.media
        turn.client.send(method, path, content=raw, content_type=media, notes=notes, intent="invalid")
    else:
        turn.client.send(method, path, json=body, notes=notes, intent="invalid")
    yield from ()


def _project_id(turn: Turn) -> str:
    project: Project | None = turn.world.common
    return project.id if project else str(uuid.uuid4())
