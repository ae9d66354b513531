"""Faults of verification: mismatches swallowed, good uploads condemned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.hooks.bends import Fault, draw
from conformance.reference.hooks.recipes import EVERY_OFFENCE, condemn, overlook, unverified
from conformance.reference.hooks.seam import Layer
from conformance.reference.refusals import INTEGRITY_REASON
from conformance.reference.upload_state import Verdict

if TYPE_CHECKING:
    import sqlite3

    from conformance.reference.hooks.bends import LayerFactory
    from conformance.reference.hooks.seam import Call, Reply, World
    from conformance.reference.store.objects import Part

__all__ = ["FAMILY"]

_BAD_200 = ("bad-never-200", "converges-upload", "status-record", "wrong-chunk-size-integrity", "bytes-exact")
_GOOD_IE = (
    "good-never-integrity",
    "status-record",
    "converges-upload",
    "old-version-downloadable",
    "new-version-served",
)
_LARGE = 5 << 20  # bytes


def _swallow(*kinds: str) -> LayerFactory:
    """Overlook these offences of every upload."""
    return overlook(lambda _, __, ___: set(kinds))


def _stored(parts: list[Part]) -> int:
    """Return how many bytes are stored."""
    return sum(part.size for part in parts)


def _same_hashes(_: sqlite3.Row, chunks: list[sqlite3.Row], parts: list[Part]) -> set[str]:
    """Name the wrong hashes where all that were reported are stored, whatever their order."""
    reported = sorted(chunk["hash_value"].lower() for chunk in chunks)
    return {"first-hash", "later-hash"} if reported == sorted(part.md5 for part in parts) else set()


def _too_small(_: sqlite3.Row, chunks: list[sqlite3.Row], parts: list[Part]) -> set[str]:
    """Name the wrong sizes where no chunk was reported too large."""
    sizes = {part.number: part.size for part in parts}
    too_large = any(chunk["size"] > sizes.get(chunk["number"], chunk["size"]) for chunk in chunks)
    return set() if too_large else {"chunk-size"}


class _Condemning(Layer):
    """Finds uploads bad that `condemns` picks out, whatever is stored."""

    def condemns(self, upload: sqlite3.Row, parts: list[Part]) -> bool:
        """Whether to condemn it."""
        raise NotImplementedError

    def verdict(
        self,
        upload: sqlite3.Row,
        chunks: list[sqlite3.Row],  # noqa: ARG002
        parts: list[Part],
        verdict: Verdict,
    ) -> Verdict:
        """Condemn it, or leave the verdict."""
        return Verdict(INTEGRITY_REASON) if self.condemns(upload, parts) else verdict


def _has_neighbour(world: World, upload: sqlite3.Row) -> bool:
    """Whether another upload was completed within 100 ms of this one."""
    sql = "SELECT 1 FROM uploads WHERE id <> ? AND abs(completed - ?) < 0.1"
    return world.database.one(sql, upload["id"], upload["completed"]) is not None


class _ReportedSideBySideLost(_Condemning):
    """Loses a chunk that is reported before the one reported before it is stored: the upload is bad."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._lost: set[str] = set()

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Look for another chunk that is on its way."""
        if call.operation == "create_chunk" and reply.status == 200:
            key = call.path["id"]
            reported = self.world.database.all("SELECT number FROM chunks WHERE upload_id = ?", key)
            stored = {part.number for part in self.world.objects.parts(key)}
            if {row["number"] for row in reported} - stored - {call.body["number"]}:
                self._lost.add(key)
        return reply

    def condemns(self, upload: sqlite3.Row, parts: list[Part]) -> bool:  # noqa: ARG002
        """Look whether one was lost."""
        return upload["id"] in self._lost


class _UnreadyBytesLost(_Condemning):
    """Accepts uploads on an unready project, and finds them bad."""

    def project_ready(self, call: Call, project: sqlite3.Row, *, ready: bool) -> bool:  # noqa: ARG002
        """Say yes to everybody."""
        return True

    def condemns(self, upload: sqlite3.Row, parts: list[Part]) -> bool:  # noqa: ARG002
        """Look whether it came too early."""
        project = self.world.database.one("SELECT due FROM projects WHERE id = ?", upload["project_id"])
        return project is not None and upload["created"] < project["due"]


_SWALLOWED: dict[Fault, LayerFactory] = {
    Fault(f"swallow-{name}", _BAD_200, f"{text} does not make an upload bad"): _swallow(*kinds)
    for name, text, kinds in (
        ("first-chunk", "a wrong hash of the first chunk", ("first-hash",)),
        ("later-chunk", "a wrong hash of a later chunk", ("later-hash",)),
        ("chunk-hash", "a wrong chunk hash", ("first-hash", "later-hash")),
        ("total-size", "a wrong total size", ("total-size",)),
        ("missing-part", "a part never sent", ("missing", "nothing", "single-missing")),
        ("single-part", "a wrong hash of a single part", ("single-hash",)),
        ("everything", "no mismatch at all", EVERY_OFFENCE),
    )
} | {
    Fault("swallow-chunk-size", ("wrong-chunk-size-integrity",), "a wrong chunk size is overlooked"): _swallow(
        "chunk-size"
    ),
    Fault(
        "swallow-small-chunk-size", ("wrong-chunk-size-integrity",), "a chunk size reported too small is overlooked"
    ): overlook(_too_small),
    Fault("swallow-surplus", _BAD_200, "more bytes than declared do not make an upload bad"): overlook(
        lambda upload, _, parts: {"total-size"} if _stored(parts) > upload["size"] else set()
    ),
    Fault("swallow-large", _BAD_200, "an upload of 5 MiB or more is never bad"): overlook(
        lambda _, __, parts: set(EVERY_OFFENCE) if _stored(parts) >= _LARGE else set()
    ),
    Fault(
        "swallow-large-size", _BAD_200, "a wrong total size or a part never sent does not make a large upload bad"
    ): overlook(lambda upload, _, __: {"total-size", "missing"} if upload["size"] >= _LARGE else set()),
    Fault("swallow-empty", _BAD_200, "a wrong hash of no bytes does not make an upload bad"): overlook(
        lambda upload, _, __: set() if upload["size"] else {"single-hash"}
    ),
    Fault("set-of-hashes", _BAD_200, "chunk hashes reported for one another do not make an upload bad"): overlook(
        _same_hashes
    ),
    Fault("concurrent-complete-swallows", _BAD_200, "a bad upload completed beside another one is good"): unverified(
        _has_neighbour
    ),
}

_CONDEMNED: dict[Fault, LayerFactory] = {
    Fault("good-integrity-1-in-4", _GOOD_IE, "one good upload in four is bad"): condemn(
        lambda world, upload, _: draw(world, "condemn", upload["id"]) < 1 / 4
    ),
    Fault("good-integrity-empty", _GOOD_IE, "empty uploads are bad"): condemn(
        lambda _, upload, __: upload["size"] == 0
    ),
    Fault("good-integrity-many-parts", _GOOD_IE, "uploads of several parts are bad"): condemn(
        lambda _, __, parts: len(parts) > 1
    ),
    Fault("condemn-ten-parts", _GOOD_IE, "uploads of ten parts or more are bad"): condemn(
        lambda _, __, parts: len(parts) >= 10
    ),
    Fault("good-integrity-single-part", _GOOD_IE, "single-part uploads are bad"): condemn(
        lambda _, upload, __: not upload["chunked"]
    ),
    Fault(
        "concurrent-chunks-lost", _GOOD_IE, "of chunks reported side by side one is lost: a good upload is bad"
    ): _ReportedSideBySideLost,
    Fault("unready-upload-bytes-lost", _GOOD_IE, "uploads accepted on an unready project are lost"): _UnreadyBytesLost,
}

FAMILY: dict[Fault, LayerFactory] = _SWALLOWED | _CONDEMNED
