"""Faults of stored bytes: other bytes served, or none, at once or once a file has several versions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

from conformance.reference.hooks.bends import Fault, choose_version, draw
from conformance.reference.hooks.recipes import other_bytes
from conformance.reference.hooks.seam import Layer
from conformance.reference.refusals import unknown

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from conformance.reference.hooks.bends import LayerFactory
    from conformance.reference.hooks.seam import Call, Reply, World
    from conformance.reference.store.objects import Piece

__all__ = ["FAMILY"]

_BYTES = ("bytes-exact", "bytes-at-once", "converges-upload", "old-version-downloadable", "new-version-served")


def _ordered(key: Callable[[Piece], float | str]) -> LayerFactory:
    return other_bytes(lambda _, __, pieces: sorted(pieces, key=key))


def _shortened(_: World, __: str, pieces: list[Piece]) -> list[Piece]:
    """Lose the last byte, if there is one."""
    if not pieces or pieces[-1].length == 0:
        return pieces
    return [*pieces[:-1], replace(pieces[-1], length=pieces[-1].length - 1)]


def _swapped(world: World, name: str, pieces: list[Piece]) -> list[Piece]:
    other = world.objects.neighbour(name, 1.0)
    return pieces if other is None else world.objects.pieces(other)


def _of_the_same_name(world: World, name: str, pieces: list[Piece]) -> list[Piece]:
    """Take the bytes of the project's latest completed upload of the same name."""
    sql = """SELECT o.id FROM uploads u JOIN uploads o ON o.project_id = u.project_id AND o.name = u.name
        WHERE u.id = ? AND o.completed IS NOT NULL ORDER BY o.completed DESC LIMIT 1"""
    row = world.database.one(sql, name)
    return pieces if row is None else world.objects.pieces(row["id"])


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


class _SharedBytesPurged(Layer):
    """Loses the bytes of an upload as soon as one of its versions is deleted."""

    def served(self, name: str, *, served: bool) -> bool:
        """Look for a deleted version."""
        sql = "SELECT 1 FROM versions WHERE upload_id = ? AND deleted IS NOT NULL"
        return served and self.world.database.one(sql, name) is None


def _old_version_lost(call: Call, via: str, versions: list[sqlite3.Row], chosen: sqlite3.Row) -> sqlite3.Row:
    """Answer 404 for a version as soon as a newer one exists."""
    if via == "version" and chosen["id"] != versions[-1]["id"]:
        raise call.world.behaviour.missing(call, chosen, unknown("FileVersion"))
    return chosen


def _old_bad_version_lost(call: Call, via: str, versions: list[sqlite3.Row], chosen: sqlite3.Row) -> sqlite3.Row:
    """Collect a version that fails, or will fail, as soon as a newer one exists."""
    upload = call.world.database.one("SELECT verdict FROM uploads WHERE id = ?", chosen["upload_id"])
    bad = upload is not None and upload["verdict"] == "err"
    return _old_version_lost(call, via, versions, chosen) if bad else chosen


def _second_file_takes_all(call: Call, via: str, _: list[sqlite3.Row], chosen: sqlite3.Row) -> sqlite3.Row:
    """Know an upload by the file last made of it: the file before is a plain 404."""
    sql = "SELECT 1 FROM versions WHERE upload_id = ? AND file_id <> ? AND created > ?"
    if call.world.database.one(sql, chosen["upload_id"], chosen["file_id"], chosen["created"]):
        raise unknown("DataFile" if via == "file" else "FileVersion")
    return chosen


def _second_for_ever(_: Call, via: str, versions: list[sqlite3.Row], chosen: sqlite3.Row) -> sqlite3.Row:
    """Serve a file's second version once it has had three different uploads."""
    return versions[1] if via == "file" and len({one["upload_id"] for one in versions}) > 2 else chosen


class _ReplacedInPlace(Layer):
    """Gives a file's current version the new upload, instead of making another version."""

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Take the new version back, and say that the one before it is of its upload."""
        if call.operation == "update_file" and reply.status == 200 and "upload" in call.body:
            new, run = reply.body["current_version"], self.world.database.run
            sql = "SELECT * FROM versions WHERE file_id = ? AND id <> ? ORDER BY number DESC LIMIT 1"
            old = self.world.database.one(sql, call.path["id"], new["id"])
            if old is not None:
                run("DELETE FROM versions WHERE id = ?", new["id"])
                run("UPDATE versions SET upload_id = ? WHERE id = ?", new["upload"]["id"], old["id"])
                new.update(id=old["id"], version=old["number"])
        return reply


def _serves(via_only: str, index: int) -> LayerFactory:
    """Serve the first (0) or newest (-1) version whatever is asked."""
    return choose_version(lambda _, via, versions, chosen: versions[index] if via == via_only else chosen)


def _once_switched(change: Callable[[World, Reply], None]) -> LayerFactory:
    """Spoil the url of a file that has several versions."""

    class OnceSwitched(Layer):
        async def after(self, call: Call, reply: Reply) -> Reply:
            if call.operation == "file_url" and reply.status == 200 and call.facts.get("number", 1) > 1:
                change(self.world, reply)
            return reply

    return OnceSwitched


def _to_no_object(world: World, reply: Reply) -> None:
    nobody = str(UUID(int=0))
    reply.body["url"] = world.signer.sign("GET", f"/{nobody}/{nobody}", world.clock.now())


def _answered(code: int) -> Callable[[World, Reply], None]:
    """Tell of the url elsewhere, or of work that never ends."""

    def change(_: World, reply: Reply) -> None:
        reply.headers = {"location": reply.body["host"] + reply.body["url"]}
        reply.status, reply.body = code, {"status": "processing"}

    return change


_CONTENT: dict[Fault, LayerFactory] = {
    Fault("bytes-truncated", _BYTES, "the last byte is missing"): other_bytes(_shortened),
    Fault("bytes-first-chunk-only", _BYTES, "only the first chunk is served"): other_bytes(
        lambda _, __, pieces: pieces[:1]
    ),
    Fault("bytes-empty", _BYTES, "downloads are empty"): other_bytes(lambda _, __, ___: []),
    Fault("bytes-reversed-chunks", _BYTES, "chunks are served last to first"): _ordered(lambda piece: -piece.number),
    Fault("bytes-arrival-order", _BYTES, "chunks are served in the order of their arrival"): _ordered(
        lambda piece: piece.stored
    ),
    Fault("bytes-text-order", _BYTES, "chunk 10 is served before chunk 2"): _ordered(lambda piece: str(piece.number)),
    Fault("bytes-swapped", _BYTES, "uploads completed within a second of each other swap contents"): other_bytes(
        _swapped
    ),
    Fault(
        "same-name-same-object",
        (*_BYTES, "verdict-final"),
        "a later upload of the same name takes the place of the earlier",
    ): other_bytes(_of_the_same_name),
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
        "third-upload-stale",
        (
            *("new-version-served", "bytes-exact", "converges-upload", "bad-never-200", "nc-until-consistent"),
            *("one-verdict", "good-never-integrity"),
        ),
        "from the third different upload on /files/{id}/url serves the second",
    ): choose_version(_second_for_ever),
    Fault(
        "second-file-takes-upload",
        ("nc-until-consistent", "converges-upload", "old-version-downloadable"),
        "a file is a plain 404 once another one is made of its upload",
    ): choose_version(_second_file_takes_all),
    Fault(
        "old-version-lost",
        ("old-version-downloadable", "converges-upload", "nc-until-consistent"),
        "an older version is a plain 404",
    ): choose_version(_old_version_lost),
    Fault(
        "old-bad-version-lost",
        ("nc-until-consistent", "converges-upload"),
        "an older version that failed is a plain 404",
    ): choose_version(_old_bad_version_lost),
    Fault(
        "version-replaced-in-place",
        (
            *("old-version-downloadable", "new-version-served", "bytes-exact", "one-verdict", "bad-never-200"),
            *("good-never-integrity", "session-monotonic", "realtime-monotonic"),
        ),
        "PUT /files gives the current version another upload",
    ): _ReplacedInPlace,
    Fault(
        "old-version-bytes-lost",
        ("old-version-downloadable", "bytes-exact", "bytes-at-once", "new-version-served"),
        "storage loses an older version",
    ): _OldBytesLost,
    Fault(
        "delete-purges-shared",
        ("bytes-exact", "bytes-at-once", "old-version-downloadable", "new-version-served"),
        "deleting a version loses the bytes of another version of the same upload",
    ): _SharedBytesPurged,
    Fault(
        "old-version-serves-new",
        (
            "old-version-downloadable",
            *("bytes-exact", "bytes-at-once", "one-verdict", "bad-never-200", "good-never-integrity"),
            *("session-monotonic", "realtime-monotonic", "converges-upload", "status-record", "no-early-answer"),
            "verdict-final",
        ),
        "/file_versions/{older}/url serves the newest version",
    ): _serves("version", -1),
}

_SWITCHED: dict[Fault, LayerFactory] = {
    Fault(f"switched-file-{name}", ("bytes-exact", "new-version-served"), f"the url of a file with versions {text}"): (
        _once_switched(change)
    )
    for name, text, change in (
        ("url-dead", "leads to no object", _to_no_object),
        ("url-denied", "is refused by storage", lambda _, reply: reply.body.update(url=reply.body["url"] + "0")),
        ("url-missing", "is not in its 200", lambda _, reply: reply.body.pop("url")),
    )
}

_EVADING: dict[Fault, LayerFactory] = {
    Fault(
        f"switched-file-{code}",
        ("new-version-served", "nc-until-consistent", "converges-upload"),
        f"the url of a file with versions is answered {code} for ever",
    ): _once_switched(_answered(code))
    for code in (202, 302)
}

FAMILY: dict[Fault, LayerFactory] = _CONTENT | _VERSIONS | _SWITCHED | _EVADING
