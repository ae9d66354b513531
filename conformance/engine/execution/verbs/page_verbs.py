"""The verbs that list: what stands in a folder, and anything page by page."""

from __future__ import annotations

import time

from conformance.api.answers import Answer
from conformance.engine.execution.bindings import Folder
from conformance.engine.execution.context import Speaker, Turn, sent
from conformance.engine.execution.reads import ALL
from conformance.engine.execution.scheduler import Task
from conformance.engine.plan_verbs import option

MOST_PAGES = 12
"""Pages read of one listing: a target may have years of projects."""


def list_folder(turn: Turn) -> Task:
    """List what stands directly in a folder."""
    folder = turn.folder()
    assert isinstance(folder, Folder)
    turn.client.send("GET", f"/folders/{folder.id}/children", query=ALL)
    yield from ()


def list_pages(turn: Turn) -> Task:
    """List the uploads, children or files of a project, a folder's children or a file's versions, page by page."""
    yield from read_pages(turn.client, _listed(turn), int(option(turn.step, "per_page")))


def read_pages(client: Speaker, path: str, size: int = 0) -> Task:
    """List something page by page, `size` a page, or as many as the target gives by itself; the last may be empty."""
    for page in range(1, MOST_PAGES + 1):
        query = {"page": str(page), **({"per_page": str(size)} if size else {})}
        last = sent(client, client.send("GET", path, query=query))
        shown = last.body.get("results")
        stated = last.operation.exchange.headers.get("x-total-pages", "")
        over = stated.isdigit() and page >= int(stated)
        if last.answer is not Answer.DONE or not isinstance(shown, list) or len(shown) < max(1, size) or over:
            return
        yield time.monotonic()


def _listed(turn: Turn) -> str:
    if "file" in turn.step.args:
        return f"/files/{turn.file().id}/versions"
    if folder := turn.folder():
        return f"/folders/{folder.id}/children"
    return f"/projects/{turn.project().id}/{option(turn.step, 'what')}"
