"""Faults of parts: a defect in a certain part, parts sent or reported twice, in other orders, many."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from conformance.reference.faults.broken import BAD_200, BYTES, GOOD_IE, NEVER
from conformance.reference.hooks.bends import Fault
from conformance.reference.hooks.recipes import condemn, never, other_bytes, overlook
from conformance.reference.hooks.seam import Layer
from conformance.reference.refusals import INTEGRITY_REASON
from conformance.reference.upload_state import State, Verdict, offences

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from starlette.responses import Response

    from conformance.reference.hooks.bends import LayerFactory
    from conformance.reference.hooks.seam import Call, Reply, Visit, World
    from conformance.reference.store.objects import Part, Piece

__all__ = ["FAMILY", "absent"]

_HASHES = {"first-hash", "later-hash"}


def _wrong(chunks: list[sqlite3.Row], parts: list[Part]) -> list[int]:
    """Return the indexes of the parts whose hash is not the reported one."""
    stored = {part.number: part for part in parts}
    pairs = ((index, chunk, stored.get(chunk["number"])) for index, chunk in enumerate(chunks))
    return [
        index
        for index, chunk, part in pairs
        if part is not None and part.digest(chunk["hash_algorithm"]) != chunk["hash_value"].lower()
    ]


def _overlook_wrong(forgiven: Callable[[list[int], int], bool]) -> LayerFactory:
    """Overlook wrong hashes if a function of their indexes and the number of parts says so."""
    return overlook(lambda _, chunks, parts: _HASHES if forgiven(_wrong(chunks, parts), len(chunks)) else set())


def absent(chunks: list[sqlite3.Row], parts: list[Part]) -> list[int]:
    """Return the indexes of the parts that were never sent."""
    stored = {part.number for part in parts}
    return [index for index, chunk in enumerate(chunks) if chunk["number"] not in stored]


def _overlook_absent(index: int) -> LayerFactory:
    """Overlook one part that was never sent: the first (0) or the last (-1) of several."""

    def overlooked(_: sqlite3.Row, chunks: list[sqlite3.Row], parts: list[Part]) -> set[str]:
        only = len(chunks) > 1 and absent(chunks, parts) == [range(len(chunks))[index]]
        return {"missing", "total-size"} if only else set()

    return overlook(overlooked)


class _Resent(Layer):
    """Counts how often every part was sent and reported."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.sent: Counter[tuple[str, int]] = Counter()
        self.reported: Counter[tuple[str, int]] = Counter()

    async def delivered(self, visit: Visit, response: Response) -> Response:
        """Count what is sent."""
        self.sent[visit.name, visit.number] += visit.verb == "PUT" and response.status_code == 200
        return response

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Count what is reported."""
        if call.operation == "create_chunk" and reply.status == 200:
            self.reported[call.path["id"], call.body["number"]] += 1
        return reply


class _ResentAppended(_Resent):
    """Appends a part that is sent again to what is there."""

    def pieces(self, name: str, pieces: list[Piece]) -> list[Piece]:
        """Serve it as often as it was sent."""
        return [piece for piece in pieces for _ in range(max(1, self.sent[name, piece.number]))]


class _ResentNever(_Resent):
    """Never finishes an upload of which a part was sent again."""

    def upload_state(self, call: Call, upload: sqlite3.Row, via: str, state: State) -> State:  # noqa: ARG002
        """Look for one."""
        again = any(count > 1 and name == upload["id"] for (name, _), count in self.sent.items())
        return State.PENDING if again and state.final else state


class _ReportedTwiceBad(_Resent):
    """Expects a part for every report: one that is reported twice is missing once."""

    def verdict(
        self,
        upload: sqlite3.Row,
        chunks: list[sqlite3.Row],  # noqa: ARG002
        parts: list[Part],  # noqa: ARG002
        verdict: Verdict,
    ) -> Verdict:
        """Look for one."""
        again = any(count > 1 and name == upload["id"] for (name, _), count in self.reported.items())
        return Verdict(INTEGRITY_REASON) if again else verdict


class _ReportedTwiceDropped(_Resent):
    """Begins a part anew when it is reported again: what was sent of it is gone."""

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Look for one."""
        reply = await super().after(call, reply)
        reported = call.operation == "create_chunk" and reply.status == 200
        if reported and self.reported[call.path["id"], call.body["number"]] > 1:
            self.world.objects.drop(call.path["id"], call.body["number"])
        return reply


class _ResentForMissing(_Resent):
    """Counts what was sent: a part that comes twice stands for one that never came."""

    def verdict(self, upload: sqlite3.Row, chunks: list[sqlite3.Row], parts: list[Part], verdict: Verdict) -> Verdict:
        """Compare the numbers."""
        sent = sum(count for (name, _), count in self.sent.items() if name == upload["id"])
        lacking = {"missing", "total-size"}
        return Verdict() if sent >= len(chunks) > 1 and offences(upload, chunks, parts) <= lacking else verdict


def _out_of_order(world: World, upload: sqlite3.Row, _: list[Part]) -> bool:
    arrived = [piece.stored for piece in world.objects.pieces(upload["id"])]
    return arrived != sorted(arrived)


def _side_by_side(_: World, __: str, pieces: list[Piece]) -> list[Piece]:
    """Confuse two parts that arrive within 20 ms of one another, the later first."""
    close = len(pieces) > 1 and abs(pieces[0].stored - pieces[1].stored) < 0.02
    return [pieces[1], pieces[0], *pieces[2:]] if close else pieces


def _until_a_gap(_: World, __: str, pieces: list[Piece]) -> list[Piece]:
    """Serve parts until a number is left out."""
    return [piece for place, piece in enumerate(pieces) if piece.number == pieces[0].number + place]


FAMILY: dict[Fault, LayerFactory] = {
    Fault("part-last-unverified", BAD_200, "of three or more parts the last is not compared"): _overlook_wrong(
        lambda wrong, count: count > 2 and wrong == [count - 1]
    ),
    Fault("part-middle-unverified", BAD_200, "only the first and the last part are compared"): _overlook_wrong(
        lambda wrong, count: bool(wrong) and not {0, count - 1} & set(wrong)
    ),
    Fault("part-two-wrongs-cancel", BAD_200, "two wrong hashes cancel each other out"): _overlook_wrong(
        lambda wrong, _: len(wrong) == 2
    ),
    Fault("part-even-unverified", BAD_200, "the worker that has every second part compares nothing"): _overlook_wrong(
        lambda wrong, _: bool(wrong) and all(index % 2 for index in wrong)
    ),
    Fault("part-eleven-unverified", BAD_200, "the hashes of the first ten parts are compared"): _overlook_wrong(
        lambda wrong, _: bool(wrong) and wrong[0] >= 10
    ),
    Fault("part-page-of-thirty", BAD_200, "the hashes of the first page of thirty parts are compared"): (
        _overlook_wrong(lambda wrong, _: bool(wrong) and wrong[0] >= 30)
    ),
    Fault("part-last-missing-swallowed", BAD_200, "an upload is assembled without its last part"): _overlook_absent(-1),
    Fault("part-first-missing-swallowed", BAD_200, "an upload is assembled without its first part"): (
        _overlook_absent(0)
    ),
    Fault("part-resent-appended", BYTES, "a part that is sent again is appended"): _ResentAppended,
    Fault("part-resent-never", NEVER, "an upload of which a part was sent again never converges"): _ResentNever,
    Fault("part-resent-for-missing", BAD_200, "a part that is sent twice hides one that was never sent"): (
        _ResentForMissing
    ),
    Fault("part-reported-twice-bad", GOOD_IE, "an upload of which a part was reported twice is bad"): _ReportedTwiceBad,
    Fault("part-reported-twice-dropped", GOOD_IE, "a part that is reported again after it was sent is dropped"): (
        _ReportedTwiceDropped
    ),
    Fault("part-order-bad", GOOD_IE, "an upload whose parts came in another order is bad"): condemn(_out_of_order),
    Fault("part-side-by-side-swapped", BYTES, "two parts that arrive at once change places"): other_bytes(
        _side_by_side
    ),
    Fault("part-five-never", NEVER, "an upload of five parts or more never converges"): never(
        lambda call, upload, _, __: len(call.world.objects.parts(upload["id"])) >= 5
    ),
    Fault("part-gap-ends", BYTES, "a download ends where the number of a part is left out"): other_bytes(_until_a_gap),
    Fault("part-page-short", BYTES, "only the first eight parts are listed, and served"): other_bytes(
        lambda _, __, pieces: pieces[:8]
    ),
    Fault("part-tail-lost", BYTES, "a last part of less than 64 bytes is left in a buffer"): other_bytes(
        lambda _, __, pieces: pieces[:-1] if len(pieces) > 1 and pieces[-1].length < 64 else pieces
    ),
}
