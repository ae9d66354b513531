"""Draws without a library: what a seed and a key decide, the same in every version of Python and of Hypothesis.

What must be in every run is laid out by construction; a lot only decides the details. No call depends on another one,
so that leaving a row out changes no other row.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")
_DIGEST_BYTES = 8


@dataclass(frozen=True, slots=True)
class Lot:
    """Decides by `seed`, a text; each method takes the key under which it decides."""

    seed: str

    def under(self, key: str) -> Lot:
        """Return a lot of its own for everything under `key`."""
        return Lot(f"{self.seed}/{key}")

    def number(self, key: str, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`, both included."""
        digest = hashlib.sha256(f"{self.seed}:{key}".encode()).digest()[:_DIGEST_BYTES]
        return low + int.from_bytes(digest) % (high - low + 1)

    def chance(self, key: str, one_in: int = 2) -> bool:
        """Return whether a chance of one in `one_in` comes true."""
        return self.number(key, 1, one_in) == 1

    def pick(self, key: str, options: Sequence[T]) -> T:
        """Return one of `options`."""
        return options[self.number(key, 0, len(options) - 1)]

    def order(self, key: str, options: Sequence[T]) -> list[T]:
        """Return `options` in an order of the lot's own."""
        ranked = sorted(range(len(options)), key=lambda n: (self.number(f"{key}:{n}", 0, 1 << 60), n))
        return [options[n] for n in ranked]
