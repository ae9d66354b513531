"""The bytes of a plan's uploads: unique to one execution, and made again whenever they are needed."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from conformance.engine.values.content_classes import CONTENT_CLASSES

BLOCK = 1 << 20
"""Bytes made at a time: a large part is never whole in memory. A multiple of four, or the seed gave other bytes."""

SMALL = 1 << 18
"""Bytes of a piece that is worth remembering: it is hashed, sent and often hashed again soon after."""


@lru_cache(maxsize=64)
def _small(seed: str, size: int) -> bytes:
    return random.Random(seed).randbytes(size)  # noqa: S311 - unique bytes, not secret ones


@lru_cache(maxsize=64)
def _formed(kind: str, seed: str, size: int) -> bytes:
    made = CONTENT_CLASSES[kind].of
    assert made is not None, "only what is formed is made by its class"
    return made(seed, size)


@dataclass(frozen=True, slots=True)
class Piece:
    """One part as sent: whose it is (`seed`), its size in bytes, its MD5 in hexadecimal, and its class (`kind`)."""

    seed: str
    size: int
    md5: str
    kind: str = ""

    def __iter__(self) -> Iterator[bytes]:
        """Make the bytes again, a block at a time; those of a class all at once."""
        if self.kind and CONTENT_CLASSES[self.kind].of is not None:
            yield _formed(self.kind, self.seed, self.size)
            return
        if self.size <= SMALL:
            yield from (_small(self.seed, self.size),) if self.size else ()
            return
        dice = random.Random(self.seed)  # noqa: S311 - unique bytes, not secret ones
        for begin in range(0, self.size, BLOCK):
            yield dice.randbytes(min(BLOCK, self.size - begin))

    def data(self) -> bytes:
        """Make the bytes again, all at once."""
        return b"".join(self)

    def digest(self, algorithm: str) -> str:
        """Return the bytes' hash by the name of its algorithm, in hexadecimal."""
        return self.md5 if algorithm == "md5" else digest_of([self], algorithm)


def digest_of(pieces: Iterable[Piece], algorithm: str = "md5") -> str:
    """Return the hash of the pieces one after the other, in hexadecimal."""
    # A digest of this protocol's own choosing: it names the content, and guards nothing.
    made = hashlib.new(algorithm, usedforsecurity=False)
    for one in pieces:
        for block in one:
            made.update(block)
    return made.hexdigest()


def piece(seed: str, size: int, kind: str = "") -> Piece:
    """Make the piece that `seed` stands for, of a class of contents if one is named."""
    return Piece(seed, size, digest_of([Piece(seed, size, "", kind)]), kind)


def whole(pieces: Iterable[Piece]) -> tuple[int, str]:
    """Return the length in bytes and the MD5 of the pieces one after the other."""
    given = list(pieces)
    size = sum(one.size for one in given)
    return size, given[0].md5 if len(given) == 1 else digest_of(given)
