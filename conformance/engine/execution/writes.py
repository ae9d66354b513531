"""The verbs that change projects and files: each a short task that makes its attempts and binds what came of them.

Those of uploads stand in `uploading`. Creates take a new name at each attempt, so that whatever one left behind can be
told apart.
"""

from __future__ import annotations

import re
import time

from conformance.api.answers import Answer
from conformance.api.bodies import promoted
from conformance.api.error_bodies import says_taken
from conformance.engine.execution.attempts import Trying, insist
from conformance.engine.execution.bindings import File, Folder, Project, Upload, Version
from conformance.engine.execution.context import Sent, Turn, sent
from conformance.engine.execution.polling import GROWTH
from conformance.engine.execution.scheduler import Task
from conformance.engine.execution.verbs.second_upload import in_its_place, is_used
from conformance.engine.plan import NO_FILE
from conformance.engine.plan_model import Truth, first_version
from conformance.model import Json, Operation

_SLUG = re.compile(r"[^a-z0-9]+")
"""What a slug cannot hold."""
NO_EFFECT = frozenset({Answer.REFUSED, Answer.NC, Answer.UNSENT})
"""The answers to a write after which nothing was done."""


def create_project(turn: Turn) -> Task:
    """Create a project, under a plain name and without a slug where odd ones are refused.

    One that asks for the slug of another project ought to be refused, and is not asked for in another way. A project is
    bound the moment it is accepted.
    """
    kind, own_slug = str(turn.option("name_class")), bool(turn.option("slug"))
    slug = _SLUG.sub("_", turn.world.name("slug")) if own_slug else _slug_of(turn)
    last = yield from insist(turn, lambda _: _ask_project(turn, kind, slug))
    if (kind or own_slug) and last.answer is Answer.REFUSED:
        last = yield from insist(turn, lambda _: _ask_project(turn, "", ""))
    if last.made:
        asked, told = last.operation.exchange.request, last.body.get("slug")
        named = str(asked.get("name", "")) if isinstance(asked, dict) else ""
        shown = told if isinstance(told, str) else ""
        turn.bind(Project(last.made, last.at, name=named, by=turn.actor.user, slug=shown))


def _slug_of(turn: Turn) -> str:
    other = turn.named("slug_of")
    return other.slug if isinstance(other, Project) else ""


def _ask_project(turn: Turn, kind: str, slug: str) -> Operation:
    like = turn.named("like")
    name = like.name if isinstance(like, Project) and like.name else turn.world.name("project", kind)
    body = {
        "name": name,
        "description": "made by dds-conformance and removed again",
        **({"slug": slug} if slug else {}),
    }
    intent = "unsure" if kind or slug else "valid"  # a server may have its rules for names and slugs
    return turn.client.send("POST", "/projects", json=body, intent=intent)


def attach(turn: Turn) -> Task:
    """Make a file of an upload; an eager client asks again at once while the upload is not completed yet.

    A server may take uploads only once it shows their completion, or their consistency: then the client comes back.
    One that makes no second file of an upload gets another upload.
    """
    upload, folder = turn.upload(), turn.folder()
    project = folder.project if folder else turn.project()
    body = {"parent": place(folder or project), "upload": {"id": upload.id}, **_label(turn)}
    last = yield from insist(turn, lambda cut: turn.client.send("POST", "/files", json=body, cut_after_s=cut))
    tries, since = 0, time.monotonic()
    while last.answer is Answer.REFUSED and turn.option("eager") and not _late(turn, upload, since):
        tries += 1
        yield time.monotonic() + min(
            0.0005 * tries**2, turn.stage.timing.floor_s * 2 + GROWTH * (time.monotonic() - since)
        )
        last = sent(turn.client, turn.client.send("POST", "/files", json=body))
    while last.answer is Answer.REFUSED and _may_be_taken_later(turn, upload, project, last):
        yield turn.stage.timing.next_look(upload.completed or since)
        last = sent(turn.client, turn.client.send("POST", "/files", json=body))
    if like := (yield from in_its_place(turn, upload, project, last)):
        upload, body = like, {**body, "upload": {"id": like.id}}
        last = yield from insist(turn, lambda _: turn.client.send("POST", "/files", json=body))
    version = _version(last.body.get("current_version"), upload, last.at)
    if last.made and version:
        turn.bind(version, first_version(turn.step.binds))
        turn.bind(File(last.made, project, upload, [version], switched=last.at, folder=folder))


def _label(turn: Turn) -> dict[str, Json]:
    return {"label": turn.world.name("label")} if turn.option("labelled") else {}


def place(parent: Project | Folder) -> dict[str, Json]:
    """Return how a body names what something stands in."""
    return {"kind": "dds-folder" if isinstance(parent, Folder) else "dds-project", "id": parent.id}


def _late(turn: Turn, upload: Upload, since: float) -> bool:
    """Whether a refusal came although the completion had been answered a while ago, or never will be."""
    now, timing = time.monotonic(), turn.stage.timing
    answered = upload.tried is not None and now > upload.tried + timing.floor_s
    return answered or now > timing.deadline(since) or turn.stage.scheduler.stopped


def _may_be_taken_later(turn: Turn, upload: Upload, project: Project, last: Sent) -> bool:
    """Whether a completed upload that is refused may be accepted yet; a bad one is refused for good once known.

    `project` is that of the file: one of another project than its own is, or may be, refused for good as well.
    """
    over = upload.project.deleted or turn.stage.scheduler.stopped or says_taken(last.operation.exchange)
    foreign = project is not upload.project or not turn.owns(project)
    if upload.completed is None or over or foreign or is_used(turn, upload):
        return False
    timing = turn.stage.timing
    good = upload.truth is Truth.GOOD or (upload.truth is Truth.GOOD_IF_ACCEPTED and turn.stage.small_parts)
    return time.monotonic() < (timing.deadline(upload.completed) if good else upload.completed + 2 * timing.lag_s)


def _version(shown: Json, upload: Upload, attached: float) -> Version | None:
    made = shown.get("id") if isinstance(shown, dict) else None
    return Version(made, upload, attached) if isinstance(made, str) else None


def new_version(turn: Turn) -> Task:
    """Give a file a new version: another upload.

    A server may take uploads only once it shows their completion, or their consistency: then the client comes back.
    One that makes no second version of an upload gets another upload.
    """
    file, upload = turn.file(), turn.upload()
    body, before, switch = {"upload": {"id": upload.id}, **_label(turn)}, file.current, file.begin_switch()
    if turn.owns(file.project):
        file.current = None
    path, since = f"/files/{file.id}", time.monotonic()
    last = yield from insist(turn, lambda cut: turn.client.send("PUT", path, json=body, cut_after_s=cut))
    while last.answer is Answer.REFUSED and _may_be_taken_later(turn, upload, file.project, last):
        yield turn.stage.timing.next_look(upload.completed or since)
        last = sent(turn.client, turn.client.send("PUT", path, json=body))
    if before is not upload and (like := (yield from in_its_place(turn, upload, file.project, last))):
        upload, body = like, {**body, "upload": {"id": like.id}}
        last = yield from insist(turn, lambda _: turn.client.send("PUT", path, json=body))
    version, alone = _version(last.body.get("current_version"), upload, last.at), file.end_switch(switch)
    if last.made and version:
        file.versions.append(version)
        file.current, file.switched = upload if alone else None, last.at
        turn.bind(version)
    elif last.answer in NO_EFFECT and turn.owns(file.project) and alone:
        file.current = before


def promote(turn: Turn) -> Task:
    """Make an older version the current one again: it counts as a new version."""
    version = turn.version()
    file = next((file for file in turn.world.files() if version in file.versions), None)
    if file is None:
        turn.leave_out(NO_FILE)
        return
    before, switch = file.current, file.begin_switch()
    if turn.owns(file.project):
        file.current = None
    path = f"/file_versions/{version.id}/current"
    last = yield from insist(turn, lambda _: turn.client.send("POST", path, json={}))
    alone = file.end_switch(switch)
    if last.answer is Answer.DONE:
        file.current, file.switched = version.upload if alone else None, last.at
        made = _version(promoted(last.body), version.upload, last.at)
        if made and made.id not in {one.id for one in file.versions}:
            file.versions.append(made)
    elif last.answer in (Answer.REFUSED, Answer.UNSENT) and turn.owns(file.project) and alone:
        file.current = before


def delete_file(turn: Turn) -> Task:
    """Delete a file."""
    file = turn.file()
    yield from remove(turn, file, file.project, f"/files/{file.id}")


def delete_version(turn: Turn) -> Task:
    """Delete a file version; which one a file shows after its current one was deleted is not said anywhere."""
    version = turn.version()
    file = next((file for file in turn.world.files() if version in file.versions), None)
    project = file.project if file else version.upload.project
    older = file is not None and file.current is not None and version.upload is not file.current
    if file and turn.owns(project) and not older:
        file.current = None
    yield from remove(turn, version, project, f"/file_versions/{version.id}")
    if file and version.deleted and not older:
        file.current = None


def delete_project(turn: Turn) -> Task:
    """Delete a project of the plan's own."""
    project = turn.project()
    yield from remove(turn, project, project, f"/projects/{project.id}")


def remove(turn: Turn, thing: Project | Folder | File | Version, project: Project, path: str) -> Trying:
    """Delete something of `project`: it counts as gone from the first attempt of somebody who may do so.

    For anybody else it is gone only if the attempt was not refused, and their 404 may mean that it is none of theirs.
    """
    thing.deleted = thing.deleted or turn.owns(project)
    last = yield from insist(turn, lambda _: turn.client.send("DELETE", path))
    thing.deleted = thing.deleted or last.answer not in {*NO_EFFECT, Answer.ALREADY}
    return last
