"""Faults of contents: bytes that are taken for something else than bytes, and bytes that are there already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.faults.broken import BAD_200, BYTES, GOOD_IE, NEVER
from conformance.reference.hooks.bends import Fault
from conformance.reference.hooks.recipes import condemn, never, other_bytes, row_of, unverified
from conformance.reference.hooks.seam import Layer
from conformance.reference.store.objects import Piece

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from conformance.reference.hooks.bends import LayerFactory
    from conformance.reference.hooks.seam import Call, Reply, World
    from conformance.reference.store.objects import Part

    Ranges = list[tuple[int, int]]

__all__ = ["FAMILY"]

_PACKED = b"\x1f\x8b"
_STORED_BLOCK, _PACKED_END = 15, 8  # bytes of a gzip header with that of a block stored as it is, and of its end
_BLOCK = 512
_MARK = b"\xef\xbb\xbf"
_LAST_LINE = b"\r\n.\r\n"


def _kept(keep: Callable[[bytes], Ranges], *, media: str = "") -> LayerFactory:
    """Serve what a function keeps of the bytes of each part, as offsets and lengths, of uploads of a kind of media."""

    def bent(world: World, name: str, pieces: list[Piece]) -> list[Piece]:
        upload = row_of(world, name)
        if upload is None or not upload["content_type"].startswith(media):
            return pieces
        return [
            Piece(one.file, offset, length, one.number, one.stored)
            for one in pieces
            for offset, length in keep(b"".join(world.objects.read([one])))
        ]

    return other_bytes(bent)


def _without_returns(content: bytes) -> Ranges:
    """Leave out each carriage return before a line feed."""
    lines = content.split(b"\r\n")
    kept, at = [], 0
    for line in lines[:-1]:
        kept += [(at, len(line)), (at + len(line) + 1, 1)]
        at += len(line) + 2
    return [*kept, (at, len(lines[-1]))]


def _trimmed(characters: bytes) -> Callable[[bytes], Ranges]:
    """Leave out what stands at the end."""
    return lambda content: [(0, len(content.rstrip(characters)))]


def _without_holes(content: bytes) -> Ranges:
    """Leave out the zero blocks at the end of what is whole blocks."""
    blocks = -(-len(content.rstrip(b"\x00")) // _BLOCK)
    return [(0, len(content) if len(content) % _BLOCK else blocks * _BLOCK)]


def _unpacked(content: bytes) -> Ranges:
    """Serve what is in a gzip stream."""
    if not content.startswith(_PACKED):
        return [(0, len(content))]
    return [(_STORED_BLOCK, len(content) - _STORED_BLOCK - _PACKED_END)]


def _without_mark(content: bytes) -> Ranges:
    begin = len(_MARK) if content.startswith(_MARK) else 0
    return [(begin, len(content) - begin)]


def _digests(parts: list[Part]) -> list[str]:
    return [part.md5 for part in parts if part.size]


def _alike_once(world: World, name: str, pieces: list[Piece]) -> list[Piece]:
    """Keep one copy of the parts of an object that have the same bytes."""
    by_digest = {part.md5: part.number for part in world.objects.parts(name)}
    return [piece for piece in pieces if piece.number in by_digest.values()]


def _stored_before(world: World, upload: sqlite3.Row) -> bool:
    """Whether a consistent upload holds the very same bytes."""
    own = _digests(world.objects.parts(upload["id"]))
    sql = "SELECT id FROM uploads WHERE verdict = 'ok' AND id <> ? AND due < ?"
    others = world.database.all(sql, upload["id"], upload["completed"] or 0.0)
    return bool(own) and any(_digests(world.objects.parts(other["id"])) == own for other in others)


class _DeletedByContent(Layer):
    """Removes by their hash the bytes of a file that is deleted, whoever else has them."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._gone: set[str] = set()

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Remember what was deleted."""
        if call.operation == "delete_file" and reply.status < 300:
            sql = "SELECT upload_id FROM versions WHERE file_id = ?"
            for row in self.world.database.all(sql, call.path["id"]):
                self._gone.update(_digests(self.world.objects.parts(row["upload_id"])))
        return reply

    def served(self, name: str, *, served: bool) -> bool:
        """Look whether it is."""
        return served and not self._gone.intersection(_digests(self.world.objects.parts(name)))


FAMILY: dict[Fault, LayerFactory] = {
    Fault("content-zeros-trimmed", BYTES, "zeros at the end of a part are not kept"): _kept(_trimmed(b"\x00")),
    Fault("content-holes-lost", BYTES, "zero blocks at the end of a part of whole blocks are not kept"): _kept(
        _without_holes
    ),
    Fault("content-lines-converted", BYTES, "text is served with other ends of lines"): _kept(
        _without_returns, media="text/"
    ),
    Fault("content-blanks-trimmed", BYTES, "text loses the blanks at its end"): _kept(
        _trimmed(b" \t\r\n"), media="text/"
    ),
    Fault("content-mark-dropped", BYTES, "text is served without its byte order mark"): _kept(_without_mark),
    Fault("content-unpacked", BYTES, "a gzip stream is served unpacked"): _kept(_unpacked),
    Fault("content-ends-early", BYTES, "bytes end at a line that holds a single dot"): _kept(
        lambda content: [(0, len(content.partition(_LAST_LINE)[0]))]
    ),
    Fault("content-alike-once", BYTES, "parts that have the same bytes are kept once"): other_bytes(_alike_once),
    Fault("content-alike-bad", GOOD_IE, "an upload with two equal parts is bad"): condemn(
        lambda _, __, parts: len(set(_digests(parts))) < len(_digests(parts))
    ),
    Fault("content-known-never", NEVER, "an upload whose bytes are there already never converges"): never(
        lambda call, upload, _, __: _stored_before(call.world, upload)
    ),
    Fault("content-known-unverified", BAD_200, "an upload whose bytes are there already is not verified"): unverified(
        _stored_before
    ),
    Fault("content-known-bad", GOOD_IE, "an upload whose bytes are there already is bad"): condemn(
        lambda world, upload, _: _stored_before(world, upload)
    ),
    Fault("content-deleted-for-all", BYTES, "the bytes of a deleted file are lost to all that have the same"): (
        _DeletedByContent
    ),
}
