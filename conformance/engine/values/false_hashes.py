"""Hashes that are reported although the bytes have another one: from plainly wrong to nearly right."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

_EMPTY = {
    "md5": "d41d8cd98f00b204e9800998ecf8427e",
    "sha1": "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
}
"""The hashes of no bytes at all, by algorithm."""


@dataclass(frozen=True, slots=True)
class FalseHash:
    """How a hash is falsified: `of` makes it from the right one and that of another object of the run.

    A `plain` one has the form of a hash, so that only the bytes can show that it is wrong; one that is not may be
    refused as malformed. `definite` says that it makes an upload BAD whatever the server does.
    """

    says: str
    of: Callable[[str, str], str]
    plain: bool = True
    definite: bool = True


def _digit(right: str, place: int) -> str:
    here = place % len(right)
    return f"{right[:here]}{(int(right[here], 16) + 1) % 16:x}{right[here + 1 :]}"


def _flipped(right: str) -> str:
    return "".join(f"{15 - int(digit, 16):x}" for digit in right)


def _of_nothing(right: str) -> str:
    return next(value for value in _EMPTY.values() if len(value) == len(right))


FALSE_HASHES: Mapping[str, FalseHash] = {
    "hash": FalseHash("a wrong hash", lambda right, _: _flipped(right)),
    "first-digit": FalseHash("a hash whose first digit is off by one", lambda right, _: _digit(right, 0)),
    "eighth-digit": FalseHash("a hash whose eighth digit is off by one", lambda right, _: _digit(right, 7)),
    "ninth-digit": FalseHash("a hash whose ninth digit is off by one", lambda right, _: _digit(right, 8)),
    "middle-digit": FalseHash(
        "a hash whose middle digit is off by one", lambda right, _: _digit(right, len(right) // 2)
    ),
    "last-digit": FalseHash("a hash whose last digit is off by one", lambda right, _: _digit(right, -1)),
    "swapped-ends": FalseHash("a hash whose halves are swapped", lambda right, _: _halves(right)),
    "empty": FalseHash("the hash of no bytes at all", lambda right, _: _of_nothing(right)),
    "zeros": FalseHash("a hash of zeros", lambda right, _: "0" * len(right)),
    "other": FalseHash("the hash of another object of this run", lambda right, other: other or _flipped(right)),
    "truncated": FalseHash("the first half of its hash", lambda right, _: right[: len(right) // 2], plain=False),
    "one-short": FalseHash("its hash without the last digit", lambda right, _: right[:-1], plain=False),
    "one-long": FalseHash("its hash with a digit more", lambda right, _: f"{right}0", plain=False),
    "upper": FalseHash("its hash in capitals", lambda right, _: right.upper(), definite=False),
}
"""What a step's `lie` may be."""


def _halves(right: str) -> str:
    middle = len(right) // 2
    swapped = right[middle:] + right[:middle]
    return swapped if swapped != right else _flipped(right)


def falsified(kind: str, right: str, other: str = "") -> str:
    """Return the hash to report in place of the `right` one; the right one itself without a `kind`."""
    return FALSE_HASHES[kind].of(right, other) if kind else right


def is_plain(kind: str) -> bool:
    """Whether a server has no reason to refuse the hash before it knows the bytes."""
    return not kind or FALSE_HASHES[kind].plain
