"""Faults of hashes: comparisons that take a nearly right hash, algorithms that are forgotten."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from conformance.reference.faults.broken import BAD_200, BYTES, GOOD_IE, NEVER
from conformance.reference.hooks.bends import Fault
from conformance.reference.hooks.recipes import condemn, never, overlook, row_of, unverified
from conformance.reference.hooks.seam import Layer
from conformance.reference.upload_state import Verdict, offences

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator

    from conformance.reference.hooks.bends import LayerFactory
    from conformance.reference.hooks.seam import World
    from conformance.reference.store.objects import Part, Piece

__all__ = ["FAMILY"]

_KINDS = {"first-hash", "later-hash", "single-hash"}
_EMPTY = {hashlib.new(name, usedforsecurity=False).hexdigest() for name in ("md5", "sha1", "sha256")}


def _pairs(upload: sqlite3.Row, chunks: list[sqlite3.Row], parts: list[Part]) -> Iterator[tuple[str, str]]:
    """Yield (reported, computed) for every hash that counts and differs."""
    stored = {part.number: part for part in parts}
    rows = [(one["number"], one) for one in chunks] if upload["chunked"] else [(0, upload)]
    for number, row in rows:
        part, reported = stored.get(number), str(row["hash_value"]).lower()
        if part is not None and part.digest(row["hash_algorithm"]) != reported:
            yield reported, part.digest(row["hash_algorithm"])


def _taken(alike: Callable[[str, str], bool]) -> LayerFactory:
    """Overlook wrong hashes that are all alike enough to the computed ones."""
    return overlook(lambda *of: _KINDS if all(alike(*pair) for pair in _pairs(*of)) else set())


class _AnyStored(Layer):
    """Looks a reported hash up in the table of all that is stored, whatever it belongs to."""

    def verdict(self, upload: sqlite3.Row, chunks: list[sqlite3.Row], parts: list[Part], verdict: Verdict) -> Verdict:
        """Look them up."""
        known = {part.md5 for row in self._uploads() for part in self.world.objects.parts(row["id"])}
        found = all(reported in known for reported, _ in _pairs(upload, chunks, parts))
        return Verdict() if found and not offences(upload, chunks, parts) - _KINDS else verdict

    def _uploads(self) -> list[sqlite3.Row]:
        return self.world.database.all("SELECT id FROM uploads WHERE completed IS NOT NULL")


class _StoredOnce(Layer):
    """Keeps one copy of what bears one hash of the whole, which nobody compared with the chunks."""

    def pieces(self, name: str, pieces: list[Piece]) -> list[Piece]:
        """Serve the bytes of the first one."""
        row = row_of(self.world, name)
        sql = (
            """SELECT id FROM uploads WHERE chunked AND hash_value = ? AND verdict = 'ok' ORDER BY completed LIMIT 1"""
        )
        first = self.world.database.one(sql, row["hash_value"]) if row is not None and row["chunked"] else None
        return self.world.objects.pieces(first["id"]) if first is not None else pieces


def _whole_against_first(_: World, upload: sqlite3.Row, parts: list[Part]) -> bool:
    """Compare the whole file's hash with the first part's."""
    several = len(parts) > 1 and upload["chunked"]
    return bool(several) and parts[0].digest(upload["hash_algorithm"]) != upload["hash_value"].lower()


def _known_whole(world: World, upload: sqlite3.Row) -> bool:
    """Whether a consistent upload has the hash and the size that this one reports of its whole."""
    sql = """SELECT 1 FROM uploads WHERE verdict = 'ok' AND id <> ? AND size = ? AND hash_algorithm = ?
        AND lower(hash_value) = lower(?)"""
    reported = upload["size"], upload["hash_algorithm"], upload["hash_value"]
    return world.database.one(sql, upload["id"], *reported) is not None


def _known_part(world: World, upload: sqlite3.Row) -> bool:
    """Whether a part that this upload reports was found right in another one, by number, size and hash."""
    sql = """SELECT 1 FROM chunks c JOIN chunks o ON o.upload_id <> c.upload_id AND o.number = c.number
        AND o.size = c.size AND o.hash_value = c.hash_value JOIN uploads u ON u.id = o.upload_id
        WHERE c.upload_id = ? AND u.verdict = 'ok'"""
    return world.database.one(sql, upload["id"]) is not None


FAMILY: dict[Fault, LayerFactory] = {
    Fault("hash-head-only", BAD_200, "only the first eight digits of a hash are compared"): _taken(
        lambda reported, computed: reported[:8] == computed[:8]
    ),
    Fault("hash-tail-only", BAD_200, "only the last four digits of a hash are compared"): _taken(
        lambda reported, computed: reported[-4:] == computed[-4:]
    ),
    Fault("hash-slice-short", BAD_200, "the last digit of a hash is not compared"): _taken(
        lambda reported, computed: len(reported) == len(computed) and reported[:-1] == computed[:-1]
    ),
    Fault("hash-truncated-taken", BAD_200, "a hash is right if the computed one begins with it"): _taken(
        lambda reported, computed: computed.startswith(reported)
    ),
    Fault("hash-digits-unordered", BAD_200, "a hash is right if it has the computed one's digits in any order"): _taken(
        lambda reported, computed: sorted(reported) == sorted(computed)
    ),
    Fault("hash-one-digit-forgiven", BAD_200, "one wrong digit is forgiven, at any place"): _taken(
        lambda reported, computed: sum(a != b for a, b in zip(reported, computed, strict=False)) <= 1
    ),
    Fault("hash-of-empty-taken", BAD_200, "the hash of no bytes is taken for none, which is right"): _taken(
        lambda reported, _: reported in _EMPTY
    ),
    Fault("hash-of-another-taken", BAD_200, "a hash is right if anything stored has it"): _AnyStored,
    Fault("hash-known-unverified", BAD_200, "what reports the hash of a consistent upload is not verified"): unverified(
        _known_whole
    ),
    Fault("hash-known-single", BAD_200, "a single part that reports a consistent upload's hash is not verified"): (
        unverified(lambda world, upload: not upload["chunked"] and _known_whole(world, upload))
    ),
    Fault("hash-known-part", BAD_200, "an upload with a part that another reported alike is not verified"): unverified(
        _known_part
    ),
    Fault(
        "hash-whole-stored-once", BYTES, "of chunked uploads that report one hash the first one's bytes are served"
    ): (_StoredOnce),
    Fault("hash-sha256-never", NEVER, "an upload completed by SHA-256 never converges"): never(
        lambda _, upload, __, ___: upload["hash_algorithm"] == "sha256"
    ),
    Fault("hash-whole-against-first", GOOD_IE, "the whole file's hash is compared with the first part's"): condemn(
        _whole_against_first
    ),
}
