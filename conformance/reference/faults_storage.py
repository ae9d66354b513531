"""Faults of verification and of stored bytes: mismatches swallowed, good uploads condemned, other bytes served."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.reference.behaviour import Layer
from conformance.reference.bends import Fault, draw
from conformance.reference.errors import INTEGRITY_REASON, unknown
from conformance.reference.state import Verdict, offences

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from conformance.reference.bends import LayerFactory
    from conformance.reference.calls import Call
    from conformance.reference.objects import Part, Piece
    from conformance.reference.world import World

    Bytes = Callable[[World, str, list[Piece]], list[Piece]]

__all__ = ["FAMILY"]

_BAD_200 = ("bad-never-200", "converges-upload", "status-record", "wrong-chunk-size-integrity", "bytes-exact")
_GOOD_IE = (
    "good-never-integrity",
    "status-record",
    "converges-upload",
    "old-version-downloadable",
    "new-version-served",
)
_BYTES = ("bytes-exact", "bytes-at-once", "converges-upload", "old-version-downloadable", "new-version-served")


def _swallow(*kinds: str) -> LayerFactory:
    """Overlook these offences; others still condemn an upload."""

    class Swallow(Layer):
        def verdict(
            self, upload: sqlite3.Row, chunks: list[sqlite3.Row], parts: list[Part], verdict: Verdict
        ) -> Verdict:
            return verdict if offences(upload, chunks, parts) - set(kinds) else Verdict()

    return Swallow


def _condemn(who: Callable[[World, sqlite3.Row, list[Part]], bool]) -> LayerFactory:
    """Find good uploads bad."""

    class Condemn(Layer):
        def verdict(
            self,
            upload: sqlite3.Row,
            chunks: list[sqlite3.Row],  # noqa: ARG002
            parts: list[Part],
            verdict: Verdict,
        ) -> Verdict:
            return Verdict(INTEGRITY_REASON) if who(self.world, upload, parts) else verdict

    return Condemn


class _NeighbourSwallows(Layer):
    """Finds an upload good when another one completed within 100 ms of it."""

    def verdict(
        self,
        upload: sqlite3.Row,
        chunks: list[sqlite3.Row],  # noqa: ARG002
        parts: list[Part],  # noqa: ARG002
        verdict: Verdict,
    ) -> Verdict:
        """Look for another complete close by."""
        sql = "SELECT 1 FROM uploads WHERE id <> ? AND abs(completed - ?) < 0.1"
        near = self.world.database.one(sql, upload["id"], upload["completed"])
        return verdict if near is None else Verdict()


def _bytes(bend: Bytes) -> LayerFactory:
    """Serve other bytes."""

    class Other(Layer):
        def pieces(self, name: str, pieces: list[Piece]) -> list[Piece]:
            return bend(self.world, name, pieces)

    return Other


def _ordered(key: Callable[[Piece], float | str]) -> LayerFactory:
    return _bytes(lambda _, __, pieces: sorted(pieces, key=key))


def _shortened(_: World, __: str, pieces: list[Piece]) -> list[Piece]:
    """Lose the last byte, if there is one."""
    if not pieces or pieces[-1].length == 0:
        return pieces
    return [*pieces[:-1], replace(pieces[-1], length=pieces[-1].length - 1)]


def _swapped(world: World, name: str, pieces: list[Piece]) -> list[Piece]:
    other = world.objects.neighbour(name, 1.0)
    return pieces if other is None else world.objects.pieces(other)


class _StorageLags(Layer):
    """Serves an object only some time after its upload's url became 200, or never."""

    def __init__(self, world: World, seconds: float, share: float) -> None:
        super().__init__(world)
        self._seconds, self._share = seconds, share

    def served(self, name: str, *, served: bool) -> bool:
        """Compare with the due instant."""
        row = self.world.database.one("SELECT due FROM uploads WHERE id = ?", name)
        if row is None or row["due"] is None or draw(self.world, "storage", name) >= self._share:
            return served
        return served and self.world.clock.now() >= row["due"] + self._seconds


class _OldBytesLost(Layer):
    """Loses the bytes of a version as soon as a newer one exists."""

    def served(self, name: str, *, served: bool) -> bool:
        """Look for a newer version of the file."""
        sql = """SELECT 1 FROM versions old JOIN versions new ON new.file_id = old.file_id AND new.number > old.number
            WHERE old.upload_id = ? AND new.upload_id <> old.upload_id"""
        return served and self.world.database.one(sql, name) is None


class _OldVersionLost(Layer):
    """Answers 404 for a version as soon as a newer one exists."""

    def url_version(self, call: Call, via: str, versions: list[sqlite3.Row], chosen: sqlite3.Row) -> sqlite3.Row:
        """Refuse what is not the newest."""
        if via == "version" and chosen["id"] != versions[-1]["id"]:
            raise self.world.behaviour.missing(call, chosen, unknown("FileVersion"))
        return chosen


def _serves(via_only: str, index: int) -> LayerFactory:
    """Serve the first (0) or newest (-1) version whatever is asked."""

    class Serves(Layer):
        def url_version(
            self,
            call: Call,  # noqa: ARG002
            via: str,
            versions: list[sqlite3.Row],
            chosen: sqlite3.Row,
        ) -> sqlite3.Row:
            return versions[index] if via == via_only else chosen

    return Serves


class _UnreadyBytesLost(Layer):
    """Accepts uploads on an unready project, and finds them bad."""

    def project_ready(self, call: Call, project: sqlite3.Row, *, ready: bool) -> bool:  # noqa: ARG002
        """Say yes to everybody."""
        return True

    def verdict(
        self,
        upload: sqlite3.Row,
        chunks: list[sqlite3.Row],  # noqa: ARG002
        parts: list[Part],  # noqa: ARG002
        verdict: Verdict,
    ) -> Verdict:
        """Condemn what came too early."""
        project = self.world.database.one("SELECT due FROM projects WHERE id = ?", upload["project_id"])
        early = project is not None and upload["created"] < project["due"]
        return Verdict(INTEGRITY_REASON) if early else verdict


_SWALLOWED: dict[Fault, LayerFactory] = {
    Fault(f"swallow-{name}", _BAD_200, f"{text} does not make an upload bad"): _swallow(*kinds)
    for name, text, kinds in (
        ("first-chunk", "a wrong hash of the first chunk", ("first-hash",)),
        ("later-chunk", "a wrong hash of a later chunk", ("later-hash",)),
        ("chunk-hash", "a wrong chunk hash", ("first-hash", "later-hash")),
        ("total-size", "a wrong total size", ("total-size",)),
        ("missing-part", "a part never sent", ("missing", "nothing", "single-missing")),
        ("single-part", "a wrong hash of a single part", ("single-hash",)),
        (
            "everything",
            "no mismatch at all",
            (
                "first-hash",
                "later-hash",
                "total-size",
                "missing",
                "nothing",
                "single-missing",
                "single-hash",
                "chunk-size",
            ),
        ),
    )
} | {
    Fault("swallow-chunk-size", ("wrong-chunk-size-integrity",), "a wrong chunk size is overlooked"): _swallow(
        "chunk-size"
    ),
    Fault(
        "concurrent-complete-swallows", _BAD_200, "a bad upload completed beside another one is good"
    ): _NeighbourSwallows,
}

_CONDEMNED: dict[Fault, LayerFactory] = {
    Fault("good-integrity-1-in-4", _GOOD_IE, "one good upload in four is bad"): _condemn(
        lambda world, upload, _: draw(world, "condemn", upload["id"]) < 1 / 4
    ),
    Fault("good-integrity-empty", _GOOD_IE, "empty uploads are bad"): _condemn(
        lambda _, upload, __: upload["size"] == 0
    ),
    Fault("good-integrity-many-parts", _GOOD_IE, "uploads of several parts are bad"): _condemn(
        lambda _, __, parts: len(parts) > 1
    ),
    Fault("good-integrity-single-part", _GOOD_IE, "single-part uploads are bad"): _condemn(
        lambda _, upload, __: not upload["chunked"]
    ),
    Fault("unready-upload-bytes-lost", _GOOD_IE, "uploads accepted on an unready project are lost"): _UnreadyBytesLost,
}

_CONTENT: dict[Fault, LayerFactory] = {
    Fault("bytes-truncated", _BYTES, "the last byte is missing"): _bytes(_shortened),
    Fault("bytes-first-chunk-only", _BYTES, "only the first chunk is served"): _bytes(lambda _, __, pieces: pieces[:1]),
    Fault("bytes-empty", _BYTES, "downloads are empty"): _bytes(lambda _, __, ___: []),
    Fault("bytes-reversed-chunks", _BYTES, "chunks are served last to first"): _ordered(lambda piece: -piece.number),
    Fault("bytes-arrival-order", _BYTES, "chunks are served in the order of their arrival"): _ordered(
        lambda piece: piece.stored
    ),
    Fault("bytes-text-order", _BYTES, "chunk 10 is served before chunk 2"): _ordered(lambda piece: str(piece.number)),
    Fault("bytes-swapped", _BYTES, "uploads completed within a second of each other swap contents"): _bytes(_swapped),
    Fault("storage-late", ("bytes-at-once",), "storage serves an object 300 ms after the url"): (
        lambda world: _StorageLags(world, 0.3, 1.0)
    ),
    Fault("storage-never", _BYTES, "storage never serves one object in two"): (
        lambda world: _StorageLags(world, float("inf"), 1 / 2)
    ),
}

_VERSIONS: dict[Fault, LayerFactory] = {
    Fault(
        "stale-after-new-version",
        (
            "new-version-served",
            "bytes-exact",
            "converges-upload",
            "bad-never-200",
            "nc-until-consistent",
            "one-verdict",
        ),
        "/files/{id}/url serves the first version for ever",
    ): _serves("file", 0),
    Fault(
        "old-version-lost",
        ("old-version-downloadable", "converges-upload", "nc-until-consistent"),
        "an older version is a plain 404",
    ): _OldVersionLost,
    Fault(
        "old-version-bytes-lost",
        ("old-version-downloadable", "bytes-exact", "bytes-at-once"),
        "storage loses an older version",
    ): _OldBytesLost,
    Fault(
        "old-version-serves-new",
        (
            "old-version-downloadable",
            *("bytes-exact", "bytes-at-once", "one-verdict", "bad-never-200", "good-never-integrity"),
            *("session-monotonic", "realtime-monotonic", "converges-upload", "status-record", "no-early-answer"),
        ),
        "/file_versions/{older}/url serves the newest version",
    ): _serves("version", -1),
}

FAMILY: dict[Fault, LayerFactory] = _SWALLOWED | _CONDEMNED | _CONTENT | _VERSIONS
