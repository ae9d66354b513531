"""The verbs that ask otherwise: by HEAD beside GET, and again by what the last answer gave to compare with."""

from __future__ import annotations

import time
from collections.abc import Mapping

from conformance.engine.execution.context import Sent, Turn, sent
from conformance.engine.execution.reads import TRUTHS, fetch
from conformance.engine.execution.scheduler import Task
from conformance.model import Operation

_VALIDATORS = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}
"""What an answer may give to compare with, and by which header a client asks whether it still holds."""


def read_head(turn: Turn) -> Task:
    """Ask by HEAD for a file's and its version's url, for what they say of themselves, and for the upload."""
    file = turn.file()
    version = file.versions[0]
    paths = (f"/files/{file.id}/url", f"/file_versions/{version.id}/url", f"/files/{file.id}")
    for path in (*paths, f"/file_versions/{version.id}", f"/uploads/{version.upload.id}"):
        turn.client.send("HEAD", path)
        yield time.monotonic()


def revalidate(turn: Turn) -> Task:
    """Read a file's or its version's url by what the last answer gave to compare with, until its truth or the bound.

    A server that gives nothing to compare with is asked whether anything changed since its answer was sent.
    """
    file = turn.file()
    version = file.versions[0]
    path = f"/file_versions/{version.id}/url" if turn.option("of_version") else f"/files/{file.id}/url"
    since, timing = version.upload.completed or time.monotonic(), turn.stage.timing
    last = sent(turn.client, turn.client.send("GET", path))
    while last.answer not in TRUTHS and time.monotonic() < timing.deadline(since):
        yield min(timing.next_look(since), timing.deadline(since))
        last = _asked_again(turn, path, last)
    if last.operation.exchange.status == 200:
        fetch(turn.client, last)
        _asked_again(turn, path, last)


def _asked_again(turn: Turn, path: str, last: Sent) -> Sent:
    """Ask by the last answer's validators; one that says that nothing changed gives none, and keeps those before."""
    given = validators(last.operation)
    noted = {"conditional": True, "headers": dict(given)}
    now = sent(turn.client, turn.client.send("GET", path, headers=given, notes=noted))
    return now if now.operation.exchange.status != _UNCHANGED else Sent(last.operation, now.answer, now.at)


_UNCHANGED = 304


def validators(operation: Operation) -> Mapping[str, str]:
    """Return the headers that ask whether an answer still holds; by its date if it gives nothing else."""
    answered = {name.lower(): value for name, value in operation.exchange.headers.items()}
    found = {header: answered[name] for name, header in _VALIDATORS.items() if answered.get(name)}
    date = answered.get("date", "")
    return found or ({"If-Modified-Since": date} if date else {})
