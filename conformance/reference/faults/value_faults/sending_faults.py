"""Faults of how bytes come to the storage provider: without their length, twice at one moment, or as none at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conformance.reference.faults.broken import BAD_200, BYTES, GOOD_IE, NEVER
from conformance.reference.faults.value_faults.part_faults import absent
from conformance.reference.hooks.bends import Fault
from conformance.reference.hooks.recipes import condemn, never, overlook
from conformance.reference.hooks.seam import Layer
from conformance.reference.refusals import INTEGRITY_REASON
from conformance.reference.store.objects import Piece
from conformance.reference.upload_state import State, Verdict

if TYPE_CHECKING:
    import sqlite3

    from starlette.responses import Response

    from conformance.reference.hooks.bends import LayerFactory
    from conformance.reference.hooks.seam import Call, Visit, World
    from conformance.reference.store.objects import Part

__all__ = ["FAMILY", "is_streamed"]

_AT_ONCE_S = 0.05
_PENDING = {State.OK: State.PENDING, State.ERR: State.PENDING}


def is_streamed(visit: Visit) -> bool:
    """Tell whether bytes are sent without their length."""
    return visit.verb == "PUT" and "chunked" in visit.request.headers.get("transfer-encoding", "")


class _Noticed(Layer):
    """Remembers objects whose bytes came in a certain way; `instead` is the state that they are then shown in."""

    instead: ClassVar[dict[State, State]] = {}

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.names: set[str] = set()

    def notices(self, visit: Visit) -> bool:
        """Tell whether bytes that were stored just now came so."""
        return is_streamed(visit)

    async def delivered(self, visit: Visit, response: Response) -> Response:
        """Look for one."""
        if visit.verb == "PUT" and response.status_code == 200 and self.notices(visit):
            self.names.add(visit.name)
        return response

    def upload_state(self, call: Call, upload: sqlite3.Row, via: str, state: State) -> State:  # noqa: ARG002
        """Look whether it is one."""
        return self.instead.get(state, state) if upload["id"] in self.names else state


class _StreamedLost(Layer):
    """Acknowledges bytes that come without their length, and has none of them."""

    async def delivered(self, visit: Visit, response: Response) -> Response:
        """Drop them."""
        if is_streamed(visit) and response.status_code == 200:
            self.world.objects.drop(visit.name, visit.number)
        return response


class _StreamedFramed(_Noticed):
    """Serves what came without its length with something of the framing."""

    def pieces(self, name: str, pieces: list[Piece]) -> list[Piece]:
        """Leave out the first byte of each part."""
        if name not in self.names:
            return pieces
        return [Piece(one.file, one.offset + 1, one.length - 1, one.number, one.stored) for one in pieces if one.length]


class _StreamedNever(_Noticed):
    """Waits for the length of what came without it."""

    instead: ClassVar = _PENDING


class _AtOnce(_Noticed):
    """Remembers objects of which one part was sent twice within a moment."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._last: dict[tuple[str, int], float] = {}

    def notices(self, visit: Visit) -> bool:
        """Compare the instants."""
        place, now = (visit.name, visit.number), self.world.clock.now()
        before, self._last[place] = self._last.get(place, -1.0), now
        return now - before < _AT_ONCE_S


class _AtOnceAppended(_AtOnce):
    """Appends two copies of a part to one another."""

    def verdict(
        self,
        upload: sqlite3.Row,
        chunks: list[sqlite3.Row],  # noqa: ARG002
        parts: list[Part],  # noqa: ARG002
        verdict: Verdict,
    ) -> Verdict:
        """Find it bad."""
        return Verdict(INTEGRITY_REASON) if upload["id"] in self.names else verdict


class _AtOnceNever(_AtOnce):
    """Loses count of the parts of an object."""

    instead: ClassVar = _PENDING


def _absent_and_empty(_: sqlite3.Row, chunks: list[sqlite3.Row], parts: list[Part]) -> set[str]:
    """Overlook parts that were never sent if nothing was to be in them."""
    gone = absent(chunks, parts)
    return {"missing"} if gone and not any(chunks[index]["size"] for index in gone) else set()


FAMILY: dict[Fault, LayerFactory] = {
    Fault("streamed-part-lost", GOOD_IE, "bytes that come without their length are acknowledged and lost"): (
        _StreamedLost
    ),
    Fault("streamed-part-framed", BYTES, "bytes that came without their length are served without their first"): (
        _StreamedFramed
    ),
    Fault("streamed-part-never", NEVER, "an upload whose bytes came without their length never converges"): (
        _StreamedNever
    ),
    Fault("part-at-once-appended", GOOD_IE, "an upload of which a part came twice within a moment is bad"): (
        _AtOnceAppended
    ),
    Fault("part-at-once-never", NEVER, "an upload of which a part came twice within a moment never converges"): (
        _AtOnceNever
    ),
    Fault("part-empty-unsent-swallowed", BAD_200, "a part without bytes that was never sent counts as there"): (
        overlook(_absent_and_empty)
    ),
    Fault("hash-low-bad", GOOD_IE, "a hash that begins with zeros is compared without them"): condemn(
        lambda _, __, parts: any(part.md5.startswith("00") for part in parts)
    ),
    Fault("media-parameter-never", NEVER, "an upload whose content type has a parameter never converges"): never(
        lambda _, upload, __, ___: ";" in upload["content_type"]
    ),
    Fault("media-capitals-bad", GOOD_IE, "an upload whose content type has capitals is bad"): condemn(
        lambda _, upload, __: upload["content_type"] != upload["content_type"].lower()
    ),
}
