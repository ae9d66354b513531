"""Reasons for which what tells nothing, however often, still tells nothing."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.api.failed_fetches import is_own_doing
from conformance.judge.rule import Excuse
from conformance.judge.state.interval import SECOND, Interval

TRIES = 5
"""Attempts at one resource, spread over the bound, that must all tell nothing before that tells something."""
LIKE_IT = 3
"""Others of a kind that must have been served before a failure is about the one that was not."""
AGAIN = 2
"""Answers of one resource that are no accident any more."""
ACCIDENT = 1e-6
"""What is less likely is no accident."""
OF_A_CLASS = 3
"""Resources of a class that must all be left without an answer."""
ANSWERED = 10
"""Answers that the like of them must have been given meanwhile."""


def _a_while(tries: Sequence[Interval], bound: int) -> bool:
    return len(tries) < TRIES or tries[-1].begun_ns <= tries[0].ended_ns + bound


def obeys(earlier: Interval | None, wait_s: float, later: Interval) -> bool:
    """Whether an attempt came no sooner than the answer to the one before it (ns) had asked to wait (s)."""
    return earlier is None or later.begun_ns >= earlier.ended_ns + wait_s * SECOND


FAILED_A_WHILE = Excuse(
    "failed-a-while",
    "A download that breaks off, or that the storage provider fails, tells nothing by itself: only five fresh urls in "
    "a row, each used once and at once, over more than the bound, and every wish to be left alone obeyed.",
    _a_while,
    "eventually",
)
OWN_DOING = Excuse(
    "own-doing",
    "What the suite would not or could not do itself (an address it does not speak to, a certificate it does not "
    "trust, its own time limit or byte limit) is no evidence.",
    is_own_doing,
)
OTHERS_FAIL_TOO = Excuse(
    "others-fail-too",
    "The storage provider may be out of this client's reach, unless meanwhile this upload was served through another "
    "url, or three others of its kind were.",
    lambda *, reached: not reached,
)
BY_CHANCE = Excuse(
    "by-chance",
    "Where downloads break off now and then, some in a row are an accident, unless so many would be less likely than "
    "one in a million at the share that breaks off where bytes came at other times.",
    lambda tries, share: share**tries > ACCIDENT,
)
UNOBEYED = Excuse(
    "unobeyed",
    "An attempt that comes sooner than the one before it was asked to wait tells nothing.",
    lambda earlier, wait_s, later: not obeys(earlier, wait_s, later),
)
NO_PATTERN = Excuse(
    "no-pattern",
    "Only a pattern shows that a class of requests is never answered: at least three resources of it, each tried five "
    "times over more than the bound, none answered, while ten of the like were.",
    lambda silent, answered: silent < OF_A_CLASS or answered < ANSWERED,
    "eventually",
)
SELDOM = Excuse(
    "seldom",
    "One such answer may be an accident of the machine.",
    lambda found: len(found) < AGAIN,
)
SOMETIMES_READABLE = Excuse(
    "sometimes-readable",
    "An answer that breaks off is an accident of the network, unless a call is never told readably to wait: three "
    "resources, fifteen answers, each with its head, and each resource readable once it is consistent.",
    lambda resources, times, *, readable: readable or resources < OF_A_CLASS or times < OF_A_CLASS * TRIES,
)
RIGHTS_CHANGED = Excuse(
    "rights-changed",
    "Where rights in a project may have been changed, its creator may have been without them for a while.",
    lambda project, changed: project in changed,
    "precedence",
)
