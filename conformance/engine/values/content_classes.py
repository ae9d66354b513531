"""Classes of contents: bytes that careless code takes for something else than bytes, or for bytes that it has already.

Nothing here looks like an attack, which a firewall might turn away.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

SHORTEST = 64
"""Bytes of the shortest part in which every class is what it says."""
LONGEST = 1 << 18
"""Bytes of the longest part of a class: it is made all at once."""
_TRIED = 3
"""Bytes that are varied until a hash is as wanted: one in 256 is."""
BLOCK = 4096
"""Bytes of what is kept as a hole where it is all zeros."""
OWN, OF_UPLOAD, OF_PLAN = "part", "upload", "plan"
"""What has the bytes to itself: each part, all parts of an upload together, or all uploads of a plan of that class."""


@dataclass(frozen=True, slots=True)
class ContentClass:
    """How contents of a class look (`says`), and how so many bytes are made of a seed (`of`); random ones without.

    `media` is the content type that they are declared by, and `whose` tells who shares the seed. Sizes are multiples of
    `block` bytes where the class is of something that is kept in blocks.
    """

    says: str
    of: Callable[[str, int], bytes] | None = None
    media: str = "application/octet-stream"
    whose: str = OWN
    block: int = 1

    def fitting(self, size: int) -> int:
        """Return the size in bytes of contents of this class that is next to `size`."""
        return max(1, round(size / self.block)) * self.block


def _drawn(seed: str, size: int) -> bytes:
    """Return bytes that only this seed gives."""
    return hashlib.shake_256(seed.encode("utf-8")).digest(size)


def _words(seed: str) -> str:
    return _drawn(seed, 12).hex()


def _filled(begin: bytes, more: bytes, end: bytes = b"") -> Callable[[str, int], bytes]:
    """Return a maker: the beginning, something unique, what comes again and again, and the end."""

    def made(seed: str, size: int) -> bytes:
        head = begin + _words(seed).encode()
        return (head + more * (size // len(more) + 1))[: max(0, size - len(end))] + end[:size]

    return made


def _packed(seed: str, size: int) -> bytes:
    """Return a gzip stream of `size` bytes, whose contents are stored as they are."""
    around = len(gzip.compress(b"", compresslevel=0, mtime=0))
    return gzip.compress(_drawn(seed, max(0, size - around)), compresslevel=0, mtime=0)[:size]


def _hashed_low(seed: str, size: int) -> bytes:
    """Return bytes whose MD5 begins with two zeros, where there is room to look for them."""
    if size < SHORTEST:
        return _drawn(seed, size)
    begin = _drawn(seed, size - _TRIED)
    head = hashlib.md5(begin, usedforsecurity=False)
    ends = (number.to_bytes(_TRIED) for number in range(1 << 8 * _TRIED))
    return begin + next(end for end in ends if not _continued(head, end)[0])


def _continued(head: hashlib._Hash, end: bytes) -> bytes:
    made = head.copy()
    made.update(end)
    return made.digest()


def _in_16_bits(seed: str, size: int) -> bytes:
    text = f"{_words(seed)} " + "a\u00e9\u20ac\r\n" * (size // 10 + 1)
    return text.encode("utf-16")[:size]


CONTENT_CLASSES: Mapping[str, ContentClass] = {
    "zeros": ContentClass("zeros but for their beginning", _filled(b"", b"\x00"), block=BLOCK),
    "lines": ContentClass("lines of text", _filled(b"", b" of text\n", b"\n"), "text/plain; charset=utf-8"),
    "long-lines": ContentClass(
        "lines with two characters at their ends", _filled(b"", b" of\r\n", b"\r\n"), "text/plain"
    ),
    "blanks-at-ends": ContentClass("text with blanks at both ends", _filled(b" \n\t", b"x", b" \t\n\n"), "text/plain"),
    "byte-order-mark": ContentClass(
        "text with a byte order mark", _filled(b"\xef\xbb\xbf", b" text\n"), 'text/csv; header="present"'
    ),
    "latin": ContentClass("text that is not UTF-8", _filled(b"", b" caf\xe9 \x85\n"), "Text/Plain;charset=ISO-8859-1"),
    "sixteen-bits": ContentClass("text in UTF-16", _in_16_bits, "text/plain"),
    "percent": ContentClass("text with what looks like encoding", _filled(b"", b"%2F+%00&amp;\\n=3D\n"), "text/plain"),
    "json": ContentClass("JSON", _filled(b'{"url": "', b" ", b'", "code": null}'), "application/json"),
    "form": ContentClass("a form", _filled(b"size=0&name=", b"&x=%20+"), "application/x-www-form-urlencoded"),
    "markup": ContentClass("markup", _filled(b"<?xml version='1.0'?><p>", b" &amp;", b"</p>\n"), "text/xml"),
    "low-hash": ContentClass("with a hash that begins with zeros", _hashed_low),
    "packed": ContentClass("a gzip stream", _packed, "application/gzip"),
    "ends": ContentClass("full of what ends things elsewhere", _filled(b"", b"\x00\x04\x1a\r\n.\r\n0\r\n\r\n--\r\n")),
    "alike": ContentClass("the same in every part of one size", whose=OF_UPLOAD),
    "shared": ContentClass("those of other uploads of the plan", whose=OF_PLAN),
}
"""What a step's `content` may be."""
FORMED = tuple(name for name, one in CONTENT_CLASSES.items() if one.of is not None)
"""The classes that tell how bytes look."""
