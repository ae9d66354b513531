"""Evidence kept small: a mark is one operation's interval, session and id, and nothing of its body.

Watermarks are marks that win by one number: the latest beginning or the earliest end. All times are nanoseconds of the
history's clock; `NEVER` stands for an end that was never seen.
"""

from __future__ import annotations

from conformance.model import Operation

SECOND = 1_000_000_000
"""Nanoseconds."""
NEVER = 1 << 62
"""Later than any time of a history, and small enough for a 64-bit column."""

Mark = tuple[int, int, str, str]
"""``(a_ns, b_ns, session, operation id)``."""


def mark(operation: Operation) -> Mark:
    """Keep of an operation what a certificate needs."""
    b = operation.b_ns
    return (operation.a_ns, NEVER if b is None else b, operation.session, operation.id)


def first(one: Mark | None, other: Mark | None) -> Mark | None:
    """Give the mark that ends first (the same one whatever the order they came in)."""
    if one is None or other is None:
        return one or other
    return min(one, other, key=_by_end)


def last(one: Mark | None, other: Mark | None) -> Mark | None:
    """Give the mark that begins last (the same one whatever the order they came in)."""
    if one is None or other is None:
        return one or other
    return max(one, other, key=_by_beginning)


def earliest(one: Mark | None, other: Mark | None) -> Mark | None:
    """Give the mark that begins first."""
    if one is None or other is None:
        return one or other
    return min(one, other)


def _by_end(kept: Mark) -> tuple[int, int, str]:
    return (kept[1], kept[0], kept[3])


def _by_beginning(kept: Mark) -> tuple[int, int, str]:
    return (kept[0], kept[1], kept[3])
