"""The verb that asks for a change which cannot be granted, of something that exists."""

from __future__ import annotations

import uuid

from conformance.engine.execution.bindings import Upload
from conformance.engine.execution.context import Turn
from conformance.engine.execution.scheduler import Task
from conformance.engine.invalid_changes import CHANGES


def change_badly(turn: Turn) -> Task:
    """Ask for a change of a file, or of what belongs to it, that is wrong in itself."""
    file, invented = turn.file(), str(uuid.uuid4())
    upload = turn.resource("upload") if "upload" in turn.step.args else file.current
    words = {
        "id": invented,
        "name": turn.world.name("invalid"),
        "file": file.id,
        "upload": upload.id if isinstance(upload, Upload) else file.versions[0].upload.id,
        "project": file.project.id,
    }
    method, path, body = CHANGES[str(turn.option("request"))].filled(**words)
    turn.client.send(method, path, json=body, notes={"invented": [invented]}, intent="invalid")
    yield from ()
