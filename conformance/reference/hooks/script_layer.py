"""What a script bends inside the server: the lags, the verdict of an upload, and a snapshot of the world at the end."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from conformance.reference.hooks.seam import Layer
from conformance.reference.refusals import INTEGRITY_REASON
from conformance.reference.upload_state import Verdict

if TYPE_CHECKING:
    import sqlite3

    from conformance.reference.hooks.bends import LayerFactory
    from conformance.reference.hooks.script_rules import Script
    from conformance.reference.hooks.seam import World
    from conformance.reference.store.objects import Part

__all__ = ["scripted_layer", "snapshot"]

NS_PER_S = 1_000_000_000


def scripted_layer(script: Script) -> LayerFactory:
    """Make the layer of a script."""

    class Scripting(Layer):
        def lag(self, kind: str, subject: str, seconds: float) -> float:  # noqa: ARG002
            return float(script.lags.get(kind, seconds))

        def verdict(
            self,
            upload: sqlite3.Row,
            chunks: list[sqlite3.Row],  # noqa: ARG002
            parts: list[Part],  # noqa: ARG002
            verdict: Verdict,
        ) -> Verdict:
            return Verdict(INTEGRITY_REASON) if upload["id"] in script.condemned else verdict

        def closing(self) -> None:
            script.world.write_text(json.dumps(snapshot(self.world)), encoding="utf-8")

    return Scripting


def snapshot(world: World) -> dict[str, Any]:
    """Return what there is: projects, folders, files and uploads, with the instants at which truths came to show.

    Instants are nanoseconds of the monotonic clock; `verdict` is ok, err or null.
    """
    rows = world.database.all
    return {
        "projects": [_named(row) for row in rows("SELECT * FROM projects ORDER BY created")],
        "folders": [
            {**_named(row), "parent": row["parent_id"] or row["project_id"]}
            for row in rows("SELECT * FROM folders ORDER BY created")
        ],
        "files": [_file(world, row) for row in rows("SELECT * FROM files ORDER BY created")],
        "uploads": [_upload(world, row) for row in rows("SELECT * FROM uploads ORDER BY created")],
    }


def _named(row: sqlite3.Row) -> dict[str, Any]:
    return {"id": row["id"], "name": row["name"], "deleted": row["deleted"] is not None}


def _file(world: World, row: sqlite3.Row) -> dict[str, Any]:
    versions = world.database.all("SELECT * FROM versions WHERE file_id = ? ORDER BY number", row["id"])
    parent = row["folder_id"] or row["project_id"]
    uploads = [version["upload_id"] for version in versions if version["deleted"] is None]
    ids = [version["id"] for version in versions]
    return {**_named(row), "parent": parent, "project": row["project_id"], "uploads": uploads, "versions": ids}


def _upload(world: World, row: sqlite3.Row) -> dict[str, Any]:
    digest = hashlib.md5(usedforsecurity=False)
    for data in world.objects.read(world.objects.pieces(row["id"])):
        digest.update(data)
    completed = row["completed"] is not None
    return {
        "id": row["id"],
        "project": row["project_id"],
        "completed": completed,
        "due_ns": int(world.clock.monotonic(row["due"]) * NS_PER_S) if completed else None,
        "verdict": row["verdict"],
        "md5": digest.hexdigest(),
    }
