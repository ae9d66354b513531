"""Faults of writes that are acknowledged and lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.faults.broken import COMPLETE, GOOD_IE, LOST_FILE, NEVER
from conformance.reference.hooks.bends import Fault, draw
from conformance.reference.hooks.recipes import is_bad, lose_completes, refuse_attach, undo_complete
from conformance.reference.hooks.seam import Layer
from conformance.reference.refusals import INTEGRITY_REASON, unknown
from conformance.reference.upload_state import State, Verdict

if TYPE_CHECKING:
    import sqlite3

    from conformance.reference.hooks.bends import LayerFactory
    from conformance.reference.hooks.seam import Call, Reply, World
    from conformance.reference.store.objects import Part

__all__ = ["FAMILY"]

_LOST = (*NEVER, *COMPLETE, "complete-repeat-same-outcome", "bad-never-200")
_UNSEEN = ("status-record", "state-order", "read-your-writes", "session-monotonic", "realtime-monotonic")
"""Nobody makes a file of a bad upload later, whether it was lost or not: its own record alone tells."""


class _LastWriteWins(Layer):
    """Keeps one of two completes in a project within 30 ms: the later overwrites the queue."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._last: dict[str, tuple[float, str]] = {}

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Forget the one before."""
        if call.operation == "complete_upload" and reply.status == 202:
            at, before = self._last.get(reply.body["project"]["id"], (0.0, ""))
            if before and call.now - at < 0.03:
                undo_complete(self.world, before)
            self._last[reply.body["project"]["id"]] = (call.now, call.path["id"])
        return reply


class _RefusalRemembered(Layer):
    """Remembers for ever that an upload could not become a file when it was first asked for."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._refused: set[str] = set()

    def objection(self, call: Call, upload: sqlite3.Row, state: State, message: str | None) -> str | None:  # noqa: ARG002
        """Remember it."""
        if state is State.OPEN:
            self._refused.add(upload["id"])
        return "must be completed successfully" if upload["id"] in self._refused else message


class _ReportLost(Layer):
    """Forgets the report of the third part of an upload, and finds bytes that nobody reported."""

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Delete it."""
        if call.operation == "create_chunk" and reply.status == 200 and call.body["number"] == 3:
            self.world.database.run("DELETE FROM chunks WHERE upload_id = ? AND number = 3", call.path["id"])
        return reply

    def verdict(self, upload: sqlite3.Row, chunks: list[sqlite3.Row], parts: list[Part], verdict: Verdict) -> Verdict:
        """Compare the numbers."""
        return Verdict(INTEGRITY_REASON) if upload["chunked"] and len(parts) > len(chunks) else verdict


class _Claimed(Layer):
    """Keeps an upload for the file that it refused to make, of whatever place there is not."""

    def __init__(self, world: World, *statuses: int) -> None:
        super().__init__(world)
        self._statuses = statuses
        self._claimed: set[str] = set()

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Remember what was refused."""
        wanted = call.body.get("upload") if call.operation == "create_file" and reply.status in self._statuses else None
        if isinstance(wanted, dict):
            self._claimed.add(str(wanted.get("id")))
        return reply

    def objection(self, call: Call, upload: sqlite3.Row, state: State, message: str | None) -> str | None:  # noqa: ARG002
        """Turn it away from then on."""
        return "is reserved" if upload["id"] in self._claimed else message


class _FileLost(Layer):
    """Forgets one file in five that was made of a pending upload, when the upload converges."""

    def url_version(self, call: Call, via: str, versions: list[sqlite3.Row], chosen: sqlite3.Row) -> sqlite3.Row:
        """Look for one."""
        sql = "SELECT 1 FROM uploads WHERE id = ? AND due > ? AND due < ?"
        done = self.world.database.one(sql, chosen["upload_id"], versions[0]["created"], call.now)
        if done and draw(self.world, "file lost", chosen["file_id"]) < 1 / 5:
            raise unknown("DataFile" if via == "file" else "FileVersion")
        return chosen


class _LabelWins(Layer):
    """Keeps of a new version with a label only the label."""

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Take the version back."""
        if call.operation == "update_file" and reply.status == 200 and {"label", "upload"} <= set(call.body):
            self.world.database.run("DELETE FROM versions WHERE id = ?", reply.body["current_version"]["id"])
        return reply


class _ProjectLost(Layer):
    """Forgets every fifth project as soon as its answer is written."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._count = 0

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Delete it."""
        if call.operation == "create_project" and reply.status == 202:
            self._count += 1
            if self._count % 5 == 3:
                self.world.database.run("DELETE FROM projects WHERE id = ?", reply.body["id"])
                self.world.database.run("DELETE FROM jobs WHERE subject = ?", reply.body["id"])
        return reply


FAMILY: dict[Fault, LayerFactory] = {
    Fault("complete-lost-one-in-six", _LOST, "one complete in six is acknowledged and lost"): lose_completes(
        lambda call, upload: draw(call.world, "lost", upload["id"]) < 1 / 6
    ),
    Fault("complete-lost-in-burst", _LOST, "of two completes within 30 ms the first is lost"): _LastWriteWins,
    Fault("complete-lost-sha256", _LOST, "a complete by SHA-256 is acknowledged and not recorded"): lose_completes(
        lambda _, upload: upload["hash_algorithm"] == "sha256"
    ),
    Fault("complete-lost-of-bad", _UNSEEN, "the record of a bad upload's complete is rolled back"): lose_completes(
        lambda call, upload: is_bad(call.world, upload)
    ),
    Fault(
        "attach-refusal-remembered",
        ("converges-upload", "new-version-served"),
        "who asks for a file too early never gets it",
    ): (_RefusalRemembered),
    Fault(
        "attach-refused-large",
        ("converges-upload", "new-version-served"),
        "a good upload of 4 KiB or more never becomes a file",
    ): (refuse_attach(lambda _, upload, __: "is not available" if upload["size"] >= 4096 else None)),
    Fault(
        "attach-refused-once-consistent",
        ("converges-upload", "new-version-served"),
        "an upload becomes a file while pending or never",
    ): (refuse_attach(lambda _, __, state: "is archived" if state is State.OK else None)),
    Fault("attach-claims-misplaced", ("converges-upload",), "an upload refused a place gets no other one"): (
        lambda world: _Claimed(world, 404)
    ),
    Fault("attach-claims-forbidden", ("converges-upload",), "a file that is forbidden to others takes its upload"): (
        lambda world: _Claimed(world, 401, 403)
    ),
    Fault("part-report-lost", GOOD_IE, "the report of a third part is acknowledged and lost"): _ReportLost,
    Fault(
        "file-lost-at-convergence",
        (*LOST_FILE, "refused-write-no-effect"),
        "one file in five is gone when its upload converges",
    ): _FileLost,
    Fault(
        "version-lost-to-label", ("new-version-served", *LOST_FILE, "bytes-exact"), "a new version with a label is lost"
    ): (_LabelWins),
    Fault(
        "project-lost",
        ("nc-until-consistent", "converges-project", "project-create-body"),
        "one project in five is acknowledged and lost",
    ): _ProjectLost,
}
