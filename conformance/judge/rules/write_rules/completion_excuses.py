"""Reasons for which the completion of a bad upload may be refused, or fail, and not for its mismatch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from conformance.judge.rule import Excuse
from conformance.judge.state.expected import Truth

SEVERAL = 3
"""Bad uploads that must meet an error, and good ones that must not, before the mismatch is its cause."""
_MORE = 3
"""So many times as large a share of the bad as of the good is no coincidence."""


class Shares(NamedTuple):
    """How many first completions were refused, of how many that were sent."""

    refused: int
    sent: int


def _accident(failed: int, accepted: int, good_failed: int, good_accepted: int) -> bool:
    return failed < SEVERAL or good_accepted < SEVERAL or good_failed > 0 or failed <= accepted


def _alike(shares: Mapping[Truth, Shares]) -> bool:
    good, bad = shares[Truth.GOOD], shares[Truth.BAD]
    often = bad.refused >= SEVERAL and bad.refused * good.sent > _MORE * good.refused * bad.sent
    return good.refused > 0 and not often


COMPLETED_AT_ONCE = Excuse(
    "completed-at-once",
    "An attempt that overlaps it may have been first, and this one refused because it is so already.",
    lambda others, refused: any(one.begun_ns <= refused.ended_ns for one in others),
)
ACCIDENT = Excuse(
    "accident",
    "Only a pattern shows that a mismatch is the cause: several bad uploads of one kind fail, more than are accepted, "
    "while several good ones are accepted and none fails.",
    _accident,
)
COMPLETED_BEFORE = Excuse(
    "completed-before",
    "Once an attempt may have completed it, a 404 may be how a second one is refused.",
    lambda chain: chain.started is not None,
)
GOOD_ALIKE = Excuse(
    "good-alike",
    "Where the first completions of good uploads are refused by the same status, and those of bad ones not much more "
    "often, the mismatch is not the reason.",
    _alike,
)
TOO_FRESH = Excuse(
    "too-fresh",
    "What was just made may not be visible everywhere: a 404 tells of a mismatch only where several good uploads were "
    "completed about as soon after their creation, and accepted.",
    lambda delay, good: sum(1 for one in good if one <= 2 * delay) < SEVERAL,
    "eventually",
)
