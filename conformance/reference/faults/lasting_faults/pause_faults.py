"""Faults that only a slow client meets: between two steps something was swept, expired or forgotten."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from conformance.reference.faults.broken import BYTES, COMPLETE, GOOD_IE, LOST_FILE, NEVER, PROJECT
from conformance.reference.hooks.bends import Fault
from conformance.reference.hooks.recipes import (
    condemn,
    lose_completes,
    lose_objects,
    never,
    other_bytes,
    refuse_attach,
    refuse_urls,
)
from conformance.reference.hooks.seam import Layer
from conformance.reference.refusals import ApiError, unknown
from conformance.reference.upload_state import State

if TYPE_CHECKING:
    import sqlite3

    from conformance.reference.hooks.bends import LayerFactory
    from conformance.reference.hooks.seam import Call, Reply, World
    from conformance.reference.store.objects import Part, Piece

__all__ = ["FAMILY"]

_PAUSE = 0.8  # seconds between two steps that no quick client lets pass


def _stored(world: World, upload: sqlite3.Row) -> list[float]:
    return [piece.stored for piece in world.objects.pieces(upload["id"])]


def _idle(world: World, upload: sqlite3.Row) -> float:
    """Return how long before complete the last part was stored, in seconds."""
    stored = _stored(world, upload)
    return 0.0 if not stored or upload["completed"] is None else float(upload["completed"]) - max(stored)


class _OpenSwept(Layer):
    """Does not know an upload any more that was opened 1.6 s ago and not completed."""

    def before_complete(self, call: Call, upload: sqlite3.Row) -> None:
        """Compare the instants."""
        if call.now > upload["created"] + 2 * _PAUSE:
            raise unknown("Upload")


class _ProjectForgotten(Layer):
    """Does not get a project ready for whom it takes 1.5 s to ask for the first upload."""

    def project_ready(self, call: Call, project: sqlite3.Row, *, ready: bool) -> bool:
        """Look for uploads, and for the time."""
        sql = "SELECT 1 FROM uploads WHERE project_id = ?"
        used = self.world.database.one(sql, project["id"]) is not None
        return ready and (used or call.now < project["due"] + 1.5)


class _AfterIdling(Layer):
    """Loses the job of a complete that follows more than 2.5 s without any, where there was one before."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._last: float | None = None
        self._lost: set[str] = set()

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Compare the instants."""
        if call.operation == "complete_upload" and reply.status == 202:
            if self._last is not None and call.now > self._last + 2.5:
                self._lost.add(call.path["id"])
            self._last = call.now
        return reply

    def upload_state(self, call: Call, upload: sqlite3.Row, via: str, state: State) -> State:  # noqa: ARG002
        """Let it wait."""
        return State.PENDING if state.final and upload["id"] in self._lost else state


def _slow_parts(world: World, upload: sqlite3.Row, _: list[Part]) -> bool:
    """Whether more than 0.8 s passed between two parts: the first upload was aborted."""
    stored = sorted(_stored(world, upload))
    return any(later - earlier > _PAUSE for earlier, later in pairwise(stored))


def _long_open(world: World, upload: sqlite3.Row, _: list[Part]) -> bool:
    return bool(max(_stored(world, upload), default=0.0) > upload["created"] + 3 * _PAUSE)


def _early_parts_gone(_: World, __: str, pieces: list[Piece]) -> list[Piece]:
    """Lose the parts that came a second before the last."""
    last = max((piece.stored for piece in pieces), default=0.0)
    return [piece for piece in pieces if piece.stored > last - 1.0]


def _attached_late(call: Call, upload: sqlite3.Row, _: State) -> str | None:
    late = upload["completed"] is not None and call.now > upload["completed"] + 2 * _PAUSE
    return "has been archived" if late else None


def _first_version(world: World, upload: sqlite3.Row) -> float:
    row = world.database.one("SELECT min(created) AS first FROM versions WHERE upload_id = ?", upload["id"])
    return float(row["first"] or 0.0) if row is not None else 0.0


def _read_late(call: Call, upload: sqlite3.Row, via: str, state: State) -> ApiError | None:
    """Not know a version that was attached long after its upload was consistent."""
    late = state.final and _first_version(call.world, upload) > upload["due"] + _PAUSE
    return unknown("FileVersion") if late and via == "version" else None


FAMILY: dict[Fault, LayerFactory] = {
    Fault("slow-open-swept", COMPLETE, "complete is 404 1.6 s after the upload was opened"): _OpenSwept,
    Fault("slow-complete-lost", (*NEVER, *COMPLETE), "a complete is lost if the last part is old"): lose_completes(
        lambda call, upload: _idle(call.world, upload) > _PAUSE
    ),
    Fault("slow-complete-never", NEVER, "no worker takes an upload whose last part is a second old"): never(
        lambda call, upload, _, __: _idle(call.world, upload) > 1.0
    ),
    Fault("slow-complete-bad", GOOD_IE, "parts that waited eight seconds for complete were swept"): condemn(
        lambda world, upload, _: _idle(world, upload) > 8.0
    ),
    Fault("idle-complete-never", NEVER, "the first complete after 2.5 s without any never converges"): _AfterIdling,
    Fault("slow-parts-bad", GOOD_IE, "a pause between two parts makes an upload bad"): condemn(_slow_parts),
    Fault("slow-parts-lost", BYTES, "parts that came a second before the last are not served"): other_bytes(
        _early_parts_gone
    ),
    Fault("slow-bytes-swept", BYTES, "the bytes of an upload that waited for complete are swept"): lose_objects(
        lambda world, upload: _idle(world, upload) > _PAUSE
    ),
    Fault(
        "slow-attach-refused",
        ("converges-upload", "new-version-served"),
        "an upload may become a file for 1.6 s",
    ): refuse_attach(_attached_late),
    Fault("slow-attach-404", LOST_FILE, "a version that was attached late is a plain 404"): refuse_urls(_read_late),
    Fault("slow-attach-never", NEVER, "a file that is made 1.2 s after complete never converges"): never(
        lambda call, upload, _, __: _first_version(call.world, upload) > (upload["completed"] or 0.0) + 1.2
    ),
    Fault("slow-opening-bad", GOOD_IE, "a part that is stored 2.4 s after the opening makes an upload bad"): condemn(
        _long_open
    ),
    Fault("slow-project-forgotten", PROJECT, "a project nobody used for 1.5 s is never ready"): _ProjectForgotten,
}
