"""The bytes of a plan's uploads: unique to one execution, and made again whenever they are needed."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Piece:
    """One part as sent: whose it is (`seed`), its size in bytes, and its MD5 in hexadecimal."""

    seed: str
    size: int
    md5: str

    def data(self) -> bytes:
        """Make the bytes again."""
        return random.Random(self.seed).randbytes(self.size)  # noqa: S311 - unique bytes, not secret ones


def piece(seed: str, size: int) -> Piece:
    """Make the piece that `seed` stands for."""
    # A digest of this protocol's own choosing: MD5 names the content, and guards nothing.
    made = Piece(seed, size, "")
    return Piece(seed, size, hashlib.md5(made.data(), usedforsecurity=False).hexdigest())


def whole(pieces: Iterable[Piece]) -> tuple[int, str]:
    """Return the length in bytes and the MD5 of the pieces one after the other."""
    digest, size = hashlib.md5(usedforsecurity=False), 0
    for one in pieces:
        digest.update(one.data())
        size += one.size
    return size, digest.hexdigest()


def wrong(md5: str) -> str:
    """Return a hash of the same form that is not `md5`."""
    return "".join(f"{15 - int(digit, 16):x}" for digit in md5)
