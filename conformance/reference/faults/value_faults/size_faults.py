"""Faults of sizes: buffers at powers of two, thresholds between two ways of storing, sums not taken."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.reference.faults.broken import BAD_200, BYTES, GOOD_IE, NEVER
from conformance.reference.hooks.bends import Fault
from conformance.reference.hooks.recipes import condemn, never, other_bytes, overlook, unverified

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from conformance.reference.hooks.bends import LayerFactory
    from conformance.reference.store.objects import Part, Piece

__all__ = ["FAMILY"]

_BUFFER = 512  # bytes: the smallest buffer that is looked at
_MIB = 1 << 20


def _power_of_two(size: int) -> bool:
    return size >= _BUFFER and size & (size - 1) == 0


def _without_last(pieces: list[Piece]) -> list[Piece]:
    return [*pieces[:-1], replace(pieces[-1], length=pieces[-1].length - 1)]


def _if_total(when: Callable[[int], bool], bend: Callable[[list[Piece]], list[Piece]]) -> LayerFactory:
    """Serve other bytes of objects of some sizes."""
    return other_bytes(lambda _, __, pieces: bend(pieces) if when(sum(one.length for one in pieces)) else pieces)


def _first_mebibyte(pieces: list[Piece]) -> list[Piece]:
    shown, left = [], _MIB
    for piece in pieces:
        shown.append(replace(piece, length=min(left, piece.length)))
        left -= shown[-1].length
    return shown


def _first_again(pieces: list[Piece]) -> list[Piece]:
    """Read every part from the place of the first."""
    return [replace(pieces[0], length=min(pieces[0].length, piece.length)) for piece in pieces]


def _sums(alike: Callable[[int, int], bool]) -> LayerFactory:
    """Overlook a wrong total size where the declared and the stored one are alike."""

    def overlooked(upload: sqlite3.Row, _: list[sqlite3.Row], parts: list[Part]) -> set[str]:
        return {"total-size"} if alike(upload["size"], sum(part.size for part in parts)) else set()

    return overlook(overlooked)


FAMILY: dict[Fault, LayerFactory] = {
    Fault("size-power-of-two-short", BYTES, "an object that fills a buffer to the last byte loses that byte"): (
        _if_total(_power_of_two, _without_last)
    ),
    Fault("size-buffer-spilled", BYTES, "the one byte that begins a new buffer is not flushed"): _if_total(
        lambda total: _power_of_two(total - 1), _without_last
    ),
    Fault("size-one-bad", GOOD_IE, "a file of one byte is taken for an empty one, and is bad"): condemn(
        lambda _, upload, __: upload["size"] == 1
    ),
    Fault("size-mebibyte-unverified", BAD_200, "a single part above a mebibyte is not verified"): unverified(
        lambda _, upload: not upload["chunked"] and upload["size"] > _MIB
    ),
    Fault("size-mebibyte-cut", BYTES, "a download ends after a mebibyte, its length too"): _if_total(
        lambda total: total > _MIB, _first_mebibyte
    ),
    Fault("size-offset-lost", BYTES, "above eight mebibytes every part is read from the place of the first"): _if_total(
        lambda total: total > 8 * _MIB, _first_again
    ),
    Fault("size-middle-never", NEVER, "uploads of 32 KiB to a mebibyte fall between two queues"): never(
        lambda _, upload, __, ___: 1 << 15 <= upload["size"] < _MIB
    ),
    Fault("size-32-bits-never", NEVER, "an upload that is declared larger than 31 bits hold never converges"): never(
        lambda _, upload, __, ___: upload["size"] >= 1 << 31
    ),
    Fault("size-off-by-one", BAD_200, "a total size that is off by one is overlooked"): _sums(
        lambda declared, stored: abs(declared - stored) == 1
    ),
    Fault("size-short-swallowed", BAD_200, "fewer bytes than declared do not make an upload bad"): _sums(
        lambda declared, stored: stored < declared
    ),
    Fault("size-digits-only", BAD_200, "sizes of as many digits are taken for equal"): _sums(
        lambda declared, stored: len(str(declared)) == len(str(stored))
    ),
}
