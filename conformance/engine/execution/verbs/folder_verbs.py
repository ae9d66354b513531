"""The verbs of places and names: folders, and what is moved, renamed and relabelled."""

from __future__ import annotations

from collections.abc import Generator
from functools import partial

from conformance.api.answers import Answer
from conformance.engine.execution.attempts import insist
from conformance.engine.execution.bindings import File, Folder, Project, Resource
from conformance.engine.execution.context import Sent, Turn
from conformance.engine.execution.scheduler import Signal, Task
from conformance.engine.execution.verbs.offered_calls import Offering, lacks, learn, offered
from conformance.engine.execution.writes import place, remove
from conformance.model import Json

Naming = Generator[float | Signal, None, tuple[Sent | None, str]]


def create_folder(turn: Turn) -> Task:
    """Make a folder at the top of a project or in another folder, under a name of its own or an earlier one's."""
    inside, like = turn.folder(), turn.folder("like")
    project = inside.project if inside else turn.project()
    kind = str(turn.option("name_class"))
    named = turn.world.like(like.name, kind) if like else turn.world.name("folder", kind)
    last, name = yield from _ask_folder(turn, project, inside, named)
    if kind and last and last.answer is Answer.REFUSED:
        last, name = yield from _ask_folder(turn, project, inside, turn.world.name("folder"))
    if last and last.made:
        turn.bind(Folder(last.made, project, inside, name))


def _ask_folder(turn: Turn, project: Project, inside: Folder | None, name: str) -> Naming:
    body: Json = {"parent": place(inside or project), "name": name}
    intent = "unsure" if turn.option("name_class") else "valid"  # a server may have its rules for names
    ask = partial(turn.client.send, "POST", "/folders", json=body, intent=intent)
    return (yield from offered(turn, "create_folder", lambda _: ask())), name


def move_file(turn: Turn) -> Task:
    """Move a file into a folder, or to the top of its project."""
    file, folder = turn.file(), turn.folder()
    body: Json = {"parent": place(folder or file.project)}
    path = f"/files/{file.id}/move"
    last = yield from _change(turn, "move_file", path, body, live=not file.gone)
    if _done(last):
        file.folder = folder


def rename_file(turn: Turn) -> Task:
    """Give a file another name: a new one, or that of another file, which a target may refuse."""
    file, like = turn.file(), turn.named("like")
    path = f"/files/{file.id}/rename"
    if isinstance(like, File):
        if not lacks(turn, "rename_file"):
            taken: Json = {"name": like.versions[0].upload.name}
            yield from insist(turn, lambda _: turn.client.send("PUT", path, json=taken, intent="unsure"))
        return
    body: Json = {"name": turn.world.name("renamed")}
    yield from _change(turn, "rename_file", path, body, live=not file.gone)


def relabel(turn: Turn) -> Task:
    """Give a file's current version a label, and nothing else."""
    body: Json = {"label": turn.world.name("label")}
    yield from insist(turn, lambda _: turn.client.send("PUT", f"/files/{turn.file().id}", json=body))


def move_folder(turn: Turn) -> Task:
    """Move a folder into another one, or to the top of its project."""
    folder, into = _named(turn), turn.folder("into")
    body: Json = {"parent": place(into or folder.project)}
    last = yield from _change(turn, "move_folder", f"/folders/{folder.id}/move", body, live=not folder.gone)
    if _done(last):
        folder.parent = into


def rename_folder(turn: Turn) -> Task:
    """Give a folder another name."""
    folder = _named(turn)
    body: Json = {"name": turn.world.name("renamed")}
    yield from _change(turn, "rename_folder", f"/folders/{folder.id}/rename", body, live=not folder.gone)


def delete_folder(turn: Turn) -> Task:
    """Delete a folder with whatever stands in it."""
    folder = _named(turn)
    if lacks(turn, "delete_folder"):
        return
    live = not folder.gone
    last = yield from remove(turn, folder, folder.project, f"/folders/{folder.id}")
    if live and last.operation.exchange.status == 405:
        learn(turn, "delete_folder", last)
        folder.deleted = False


def read_folder(turn: Turn) -> Task:
    """Read what a folder says of itself."""
    turn.client.send("GET", f"/folders/{_named(turn).id}")
    yield from ()


def update_project(turn: Turn) -> Task:
    """Give a project another name and description; both bear the run's mark."""
    project = turn.project()
    body: Json = {"name": turn.world.name("renamed"), "description": f"changed by {turn.world.name('description')}"}
    last = yield from insist(turn, lambda _: turn.client.send("PUT", f"/projects/{project.id}", json=body))
    project.changed = last.at


def _change(turn: Turn, call: str, path: str, body: Json, *, live: bool) -> Offering:
    """Send a change that a target may lack; only one of something live tells whether it does."""
    if not live:
        return (yield from insist(turn, lambda _: turn.client.send("PUT", path, json=body)))
    return (yield from offered(turn, call, lambda _: turn.client.send("PUT", path, json=body)))


def _named(turn: Turn) -> Folder:
    found: Resource | None = turn.folder()
    assert isinstance(found, Folder)
    return found


def _done(last: Sent | None) -> bool:
    return last is not None and last.answer is Answer.DONE
