"""Whether a regular expression of a stranger may be matched: one whose repetitions nest can take for ever."""

from __future__ import annotations

import re
from collections.abc import Iterator
from re import _constants, _parser  # the parser has no public name since Python 3.11
from typing import Any

MOST_LENGTH = 500
_REPEATS = (_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT)
MOST_REPEATS = 6
"""Repetitions in a row: each multiplies how long a text that does not match may take."""


def is_harmless(pattern: str) -> bool:
    """Whether a pattern is a regular expression, not long, without repetitions in repetitions or references back."""
    try:
        tree = _parser.parse(pattern)
    except (re.error, RecursionError, OverflowError):
        return False
    deep = list(_depths(tree, 0))
    return len(pattern) <= MOST_LENGTH and max(deep, default=0) <= 1 and len(deep) <= MOST_REPEATS


def _depths(node: Any, depth: int) -> Iterator[int]:
    """Yield how deep each repetition stands in others, itself counted; a reference back counts as too deep."""
    for entry in node:
        if isinstance(entry, tuple) and entry and entry[0] in _REPEATS:
            yield depth + 1
            yield from _depths([entry[1][2]], depth + 1)
        elif isinstance(entry, tuple) and entry and entry[0] is _constants.GROUPREF:
            yield 2
        elif isinstance(entry, tuple | list | _parser.SubPattern):
            yield from _depths(entry, depth)
