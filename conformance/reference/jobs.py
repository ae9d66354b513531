"""Background work, durable: a job is a row, written in the transaction of the request that caused it.

A job prepares as soon as it can; what it prepared shows at the due instant in the resource's own row. Work
interrupted by kill -9 is found in the table at the next start. A failed job is tried again after 5, 25, 125 s ...
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from conformance.reference.upload_state import judge

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from conformance.reference.platform import Platform
    from conformance.reference.store.objects import Part
    from conformance.reference.upload_state import Verdict

    Found = Callable[[sqlite3.Row, list[sqlite3.Row], list[Part], Verdict], Verdict]

__all__ = ["Worker"]

_LOG = logging.getLogger(__name__)
_IDLE = 0.5  # seconds between looks at the table when nobody rings


class Worker:
    """Runs jobs one after the other on the event loop.

    `found` has the last word on what a comparison of reported and stored bytes found.
    """

    def __init__(self, world: Platform, found: Found) -> None:
        self._world = world
        self._found = found
        self._bell = asyncio.Event()

    def add(self, kind: str, subject: str, due: float) -> None:
        """Queue a job; call inside the transaction of the change that needs it, then `ring`."""
        self._world.database.insert("jobs", kind=kind, subject=subject, due=due)

    def ring(self) -> None:
        """Wake the worker."""
        self._bell.set()

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            self.work()
            try:
                await asyncio.wait_for(self._bell.wait(), _IDLE)
            except TimeoutError:
                continue
            self._bell.clear()

    def work(self) -> None:
        """Do every job that is due."""
        now = self._world.clock.now()
        for job in self._world.database.all("SELECT * FROM jobs WHERE due <= ? ORDER BY id", now):
            self._attempt(job)

    def _attempt(self, job: sqlite3.Row) -> None:
        database = self._world.database
        try:
            with database.transaction():
                {"prepare_project": self._prepare_project, "verify_upload": self._verify}[job["kind"]](job["subject"])
                database.run("DELETE FROM jobs WHERE id = ?", job["id"])
        except OSError:
            _LOG.exception("job %s failed", job["id"])
            later = self._world.clock.now() + 5.0 ** min(job["attempts"] + 1, 4)
            database.run("UPDATE jobs SET attempts = attempts + 1, due = ? WHERE id = ?", later, job["id"])

    def _prepare_project(self, project_id: str) -> None:
        self._world.objects.create_container(project_id)
        self._world.database.run("UPDATE projects SET prepared = 1 WHERE id = ?", project_id)

    def _verify(self, upload_id: str) -> None:
        world = self._world
        upload = world.database.one("SELECT * FROM uploads WHERE id = ?", upload_id)
        if upload is None or upload["completed"] is None:
            return
        chunks = world.database.all("SELECT * FROM chunks WHERE upload_id = ? ORDER BY number", upload_id)
        world.objects.assemble(upload_id, world.clock.now())
        parts = world.objects.parts(upload_id)
        verdict = self._found(upload, chunks, parts, judge(upload, chunks, parts))
        world.database.run(
            "UPDATE uploads SET verdict = ?, error_message = ? WHERE id = ?",
            verdict.state.value,
            verdict.error,
            upload_id,
        )
