"""The verbs about other people: rights given and withdrawn, and uploads that somebody else made."""

from __future__ import annotations

import time

from conformance.api.answers import Answer
from conformance.engine.execution.attempts import insist
from conformance.engine.execution.bindings import Membership, Project
from conformance.engine.execution.context import Attempt, Sent, Speaker, Turn, sent
from conformance.engine.execution.reads import ask_url
from conformance.engine.execution.scheduler import Task
from conformance.engine.execution.verbs.offered_calls import Offering, lacks, learn, offered
from conformance.engine.execution.writes import place
from conformance.engine.plan import NO_SECOND_USER, Actor
from conformance.model import Json

GRANTING, EVERY_RIGHT = "grant_permission", "project_admin"
"""The call that gives rights, and the role that has all of them."""
LOOKS = 6
"""How often what an upload of somebody else was attached to is read, until it tells something."""


def grant(turn: Turn) -> Task:
    """Give the second user rights in a project of the plan's own; they are withdrawn when the plan ends."""
    project = turn.project()
    if not turn.stage.second_user:
        turn.leave_out(NO_SECOND_USER)
        return
    if lacks(turn, "current_user"):
        return
    if not turn.stage.second_id:
        yield from _ask_who(turn)
    if not turn.stage.second_id:
        return
    last = yield from _granted(turn, permissions(project, turn.stage.second_id))
    if last and last.answer is Answer.DONE:
        turn.bind(Membership(project, turn.stage.second_id, last.at))


def _granted(turn: Turn, path: str) -> Offering:
    """Ask for the role of the step, and for every right where a target does not know that role."""
    role = str(turn.option("role"))

    def asking(role: str, intent: str) -> Attempt:
        return lambda _: turn.client.send("PUT", path, json={"auth_role": {"id": role}}, intent=intent)

    if role != EVERY_RIGHT and not lacks(turn, GRANTING):
        last = yield from insist(turn, asking(role, "unsure"))
        if last.answer is Answer.DONE:
            learn(turn, GRANTING, last)
            return last
    return (yield from offered(turn, GRANTING, asking(EVERY_RIGHT, "valid")))


def permissions(project: Project, user_id: str) -> str:
    """Return the path of a user's rights in a project."""
    return f"/projects/{project.id}/permissions/{user_id}"


def _ask_who(turn: Turn) -> Task:
    """Ask the target for the second user's id, by that user's own token."""
    client = turn.stage.client(turn.world, Actor(turn.actor.name, (), "other"))
    client.step = turn.client.step
    last = yield from offered(turn, "current_user", lambda _: client.send("GET", "/current_user"))
    client.close()
    stated = last.body.get("id") if last and last.answer is Answer.DONE else None
    if isinstance(stated, str) and stated.isprintable():
        turn.stage.second_id = stated


def withdraw(turn: Turn) -> Task:
    """Take the rights back that were given."""
    membership = turn.membership()
    yield from take_back(turn.client, membership)


def take_back(client: Speaker, membership: Membership) -> Task:
    """Delete the permissions of a membership, once more where it did not tell."""
    for _ in range(3):
        path = permissions(membership.project, membership.user_id)
        last = sent(client, client.send("DELETE", path))
        if last.answer is not Answer.UNKNOWN:
            break
        yield time.monotonic() + 0.2
    membership.withdrawn = True


def until_refused(turn: Turn) -> Task:
    """Read what the second user had rights to until each answer is a refusal, or the bound is over.

    Rights that were withdrawn may show for as long as the bound; only what is told later than that shows anything.
    """
    file, timing, since = turn.file(), turn.stage.timing, time.monotonic()
    version = file.versions[0]
    paths = (f"/files/{file.id}/url", f"/file_versions/{version.id}/url", f"/uploads/{version.upload.id}")
    for path in paths if turn.membership().withdrawn else ():
        last = sent(turn.client, turn.client.send("GET", path))
        while last.answer is not Answer.REFUSED and time.monotonic() < timing.deadline(since):
            yield timing.next_look_in_time(since)
            last = sent(turn.client, turn.client.send("GET", path))


def attach_foreign(turn: Turn) -> Task:
    """Make a file of somebody else's upload in a project of one's own, and see what it serves."""
    body: Json = {"parent": place(turn.project()), "upload": {"id": turn.upload().id}}
    last = yield from insist(turn, lambda _: turn.client.send("POST", "/files", json=body))
    if last.made:
        yield from _look(turn, f"/files/{last.made}")


def version_foreign(turn: Turn) -> Task:
    """Make somebody else's upload a version of a file of one's own, and see what that serves."""
    file, before = turn.file(), turn.file().current
    body: Json = {"upload": {"id": turn.upload().id}}
    file.current = None
    last = yield from insist(turn, lambda _: turn.client.send("PUT", f"/files/{file.id}", json=body))
    if last.answer in (Answer.REFUSED, Answer.UNSENT):
        file.current = before
    yield from _look(turn, f"/files/{file.id}")


def _look(turn: Turn, path: str) -> Task:
    """Read a file and its url until it tells something, and fetch what that leads to."""
    turn.client.send("GET", path)
    since = time.monotonic()
    for _ in range(LOOKS):
        last: Sent = ask_url(turn.client, turn.world, f"{path}/url")
        if last.answer not in (Answer.NC, Answer.UNKNOWN):
            break
        yield max(turn.stage.timing.next_look(since), time.monotonic() + turn.stage.timing.typical_s / LOOKS)
