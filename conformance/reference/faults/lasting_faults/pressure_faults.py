"""Faults of load: bounded queues, pages of a sweep, bursts, long polling, counters that wrap."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from conformance.reference.faults.broken import BAD_200, BYTES, GOOD_IE, LAPSE, LOST_WAIT, NEVER, PROJECT, SILENT_URL
from conformance.reference.hooks.bends import URLS, Fault
from conformance.reference.hooks.recipes import BOTH, condemn, never, other_bytes, unverified
from conformance.reference.hooks.seam import Layer
from conformance.reference.refusals import ApiError, unknown
from conformance.reference.upload_state import State

if TYPE_CHECKING:
    import sqlite3

    from conformance.reference.hooks.bends import LayerFactory
    from conformance.reference.hooks.seam import Call, World
    from conformance.reference.store.objects import Piece

__all__ = ["FAMILY"]


def _before(world: World, upload: sqlite3.Row, where: str, *values: object) -> int:
    """Count the uploads completed earlier for which a condition holds."""
    sql = f"SELECT count(*) AS count FROM uploads WHERE completed < ? AND {where}"  # noqa: S608 (ours)
    row = world.database.one(sql, upload["completed"] or 0.0, *values)
    return 0 if row is None else int(row["count"])


def _pending(world: World, upload: sqlite3.Row) -> int:
    """Count the uploads of the project that were pending when this one was completed."""
    return _before(world, upload, "project_id = ? AND due > ?", upload["project_id"], upload["completed"] or 0.0)


def _pending_everywhere(world: World, upload: sqlite3.Row) -> int:
    return _before(world, upload, "due > ?", upload["completed"] or 0.0)


def _place(world: World, upload: sqlite3.Row) -> int:
    """Count the uploads that were created in the project before this one."""
    sql = """SELECT count(*) AS count FROM uploads WHERE project_id = ?
        AND rowid < (SELECT rowid FROM uploads WHERE id = ?)"""
    row = world.database.one(sql, upload["project_id"], upload["id"])
    return 0 if row is None else int(row["count"])


def _newer_open(world: World, upload: sqlite3.Row) -> int:
    """Count the uploads of the project that were newer than this one, and open, when it was completed."""
    sql = """SELECT count(*) AS count FROM uploads WHERE project_id = ? AND created < ?
        AND (completed IS NULL OR completed > ?) AND rowid > (SELECT rowid FROM uploads WHERE id = ?)"""
    instant = upload["completed"] or 0.0
    row = world.database.one(sql, upload["project_id"], instant, instant, upload["id"])
    return 0 if row is None else int(row["count"])


def _burst(world: World, upload: sqlite3.Row) -> int:
    """Count the uploads completed within 40 ms of this one."""
    sql = "SELECT count(*) AS count FROM uploads WHERE id <> ? AND abs(completed - ?) < 0.04"
    row = world.database.one(sql, upload["id"], upload["completed"])
    return 0 if row is None else int(row["count"])


def _behind_a_bad_one(call: Call, upload: sqlite3.Row, _: str, __: State) -> bool:
    """Whether a bad upload of the project is pending when this one is completed: its job blocks the queue."""
    where = "project_id = ? AND due > ? AND verdict = 'err'"
    return _before(call.world, upload, where, upload["project_id"], upload["completed"] or 0.0) > 0


class _Polled(Layer):
    """Counts the reads of each pending upload."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._reads: Counter[str] = Counter()

    def upload_state(self, call: Call, upload: sqlite3.Row, via: str, state: State) -> State:  # noqa: ARG002
        """Bend the state by the count."""
        if via not in BOTH:
            return state
        self._reads[upload["id"]] += state is State.PENDING
        return self.bent(self._reads[upload["id"]], state)

    def bent(self, count: int, state: State) -> State:  # noqa: ARG002
        """Return the state that is shown after so many reads while pending."""
        return state


class _PolledGivesUp(_Polled):
    """Gives up an upload that was asked for twelve times before it was consistent."""

    def bent(self, count: int, state: State) -> State:
        """Keep it pending."""
        return State.PENDING if count >= 12 else state


class _PolledLimited(_Polled):
    """Tells a plain 404 to who asks for the 14th time."""

    def bent(self, count: int, state: State) -> State:
        """Refuse it."""
        if state is State.PENDING and count >= 14:
            raise unknown("DataFile")
        return state


class _PolledEnds(_Polled):
    """Ends a long poll with success: the 16th question is answered 200."""

    def bent(self, count: int, state: State) -> State:
        """Show it as good."""
        return State.OK if state is State.PENDING and count >= 16 else state


class _ReadsSpent(Layer):
    """Fails for good at a url endpoint that was read 120 times."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._reads: Counter[str] = Counter()

    def upload_state(self, call: Call, upload: sqlite3.Row, via: str, state: State) -> State:  # noqa: ARG002
        """Count them."""
        if call.operation in URLS and via in BOTH:
            self._reads[call.path["id"]] += 1
            if self._reads[call.path["id"]] > 120:
                raise ApiError(500, "internal", "too many open cursors", "report this")
        return state


class _ProjectsAtOnce(Layer):
    """Prepares one of two projects that are created within 20 ms."""

    def project_ready(self, call: Call, project: sqlite3.Row, *, ready: bool) -> bool:  # noqa: ARG002
        """Look for an earlier one."""
        sql = "SELECT 1 FROM projects WHERE id <> ? AND created <= ? AND created > ?"
        created = project["created"]
        beside = self.world.database.one(sql, project["id"], created, created - 0.02)
        return ready and beside is None


def _crossed(world: World, name: str, pieces: list[Piece]) -> list[Piece]:
    """Serve the bytes of the upload completed just before, in a burst of five."""
    upload = world.database.one("SELECT * FROM uploads WHERE id = ?", name)
    if upload is None or _burst(world, upload) < 4:
        return pieces
    other = world.objects.neighbour(name, 0.05)
    return pieces if other is None else world.objects.pieces(other)


FAMILY: dict[Fault, LayerFactory] = {
    Fault("load-queue-of-eight", NEVER, "the ninth upload that is pending in a project is dropped"): never(
        lambda call, upload, _, __: _pending(call.world, upload) >= 8
    ),
    Fault("load-queue-of-twelve", NEVER, "the thirteenth upload that is pending anywhere is dropped"): never(
        lambda call, upload, _, __: _pending_everywhere(call.world, upload) >= 12
    ),
    Fault("load-busy-unverified", BAD_200, "with four uploads waiting in a project the next are not verified"): (
        unverified(lambda world, upload: _pending(world, upload) >= 4)
    ),
    Fault("load-burst-bad", GOOD_IE, "of five uploads completed at once some are bad"): condemn(
        lambda world, upload, _: _burst(world, upload) >= 4 and _pending_everywhere(world, upload) % 3 == 2
    ),
    Fault("load-burst-crossed", BYTES, "five uploads completed at once are served for one another"): other_bytes(
        _crossed
    ),
    Fault("load-page-never", NEVER, "the sweep of a project sees its first hundred uploads"): never(
        lambda call, upload, _, __: _place(call.world, upload) >= 100
    ),
    Fault("load-page-unverified", BAD_200, "from the fiftieth upload of a project on nothing is verified"): unverified(
        lambda world, upload: _place(world, upload) >= 50
    ),
    Fault("load-counter-wraps", NEVER, "every 64th upload that is completed is lost by a counter"): never(
        lambda call, upload, _, __: _before(call.world, upload, "1 = 1") % 64 == 63
    ),
    Fault("load-open-evicted", NEVER, "an upload is forgotten when 24 newer ones of its project are open"): never(
        lambda call, upload, _, __: _newer_open(call.world, upload) >= 24
    ),
    Fault("load-open-unverified", BAD_200, "an upload is not verified when 20 newer ones of its project are open"): (
        unverified(lambda world, upload: _newer_open(world, upload) >= 20)
    ),
    Fault("load-blocked-by-bad", NEVER, "a bad upload blocks the queue of its project"): never(_behind_a_bad_one),
    Fault("load-polled-gives-up", NEVER, "an upload that is asked for twelve times is given up"): _PolledGivesUp,
    Fault("load-polled-404", LOST_WAIT, "the 14th question for a pending upload is a plain 404"): _PolledLimited,
    Fault(
        "load-polled-200",
        ("bad-never-200", *LAPSE, "one-verdict", "bytes-at-once", "no-early-answer"),
        "the 16th question for a pending upload is answered 200",
    ): _PolledEnds,
    Fault(
        "load-reads-spent", ("no-5xx-legal", *SILENT_URL), "a url that was read 120 times is a server error"
    ): _ReadsSpent,
    Fault("load-projects-at-once", PROJECT, "of two projects created at once one never becomes ready"): _ProjectsAtOnce,
}
