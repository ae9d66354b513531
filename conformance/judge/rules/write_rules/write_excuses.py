"""Reasons for which a legal server may seem to have lost a write, or to have done one that it refused."""

from __future__ import annotations

from conformance.api.answers import Effect
from conformance.api.error_bodies import says_so_already
from conformance.judge.rule import Excuse
from conformance.judge.state.expected import Truth

MAY_BE_ATTACHED = Excuse(
    "may-be-attached",
    "An upload that an earlier attempt may have attached may be refused for that: a second file of one upload need not "
    "be. So may one be that is not known to be good.",
    lambda upload, unread, refused: min(upload.attached_from, unread) <= refused.ended_ns,
)
OF_ANOTHER_PROJECT = Excuse(
    "of-another-project",
    "An upload need not become a file of another project than its own, nor of one that nobody can tell.",
    lambda home, place: place != home,
)
NEVER_SHOWN = Excuse(
    "never-shown",
    "A target whose records show no upload's completion need not show this one's.",
    lambda shown: shown is None,
    "stale-status-record",
)
MAY_BE_DONE = Excuse(
    "may-be-done",
    "Another attempt at the same, of whomever, that was not refused may have done it, or a request that nobody can "
    "read.",
    lambda *, attempted: attempted,
)
SO_ALREADY = Excuse(
    "so-already",
    "What is refused because it is so already, or because the name is taken, may be this very request, delivered "
    "twice.",
    says_so_already,
)
PARTLY_KNOWN = Excuse(
    "partly-known",
    "Where not every write is known, an unknown one may have done what this one was refused.",
    lambda begun: not begun,
)
ASKED_ALIKE = Excuse(
    "asked-alike",
    "Two requests that ask for the very same, or for a project, folder or file of the same name in one place (names "
    "that are trimmed or normalised are the same), may be answered as one.",
    lambda one, other: one == other,
)
STILL_OPEN = Excuse(
    "still-open",
    "Two equal requests for an upload may be answered as one as long as it can be filled: it counts only where it was "
    "completed between the two, each step acknowledged before the next began, and so is of no use to who asks again.",
    lambda effect, earlier, used, later: (
        not (effect is Effect.DONE and earlier.ended_ns < used.begun_ns and used.ended_ns < later.begun_ns)
    ),
)
INVALID_INTENT = Excuse(
    "invalid-intent",
    "What an invalid request of ours is answered with may show what that request put there.",
    lambda operation: operation.notes.get("intent") == "invalid",
)
DELIVERED_TWICE = Excuse(
    "delivered-twice",
    "A completed upload that is not known to be bad, is refused when a file is made of it, with no word of what is "
    "wrong with it, and is found in a file all the same, may have been attached by this request, delivered twice.",
    lambda case, refused: bool(
        case and case.known.truth is not Truth.BAD and case.chain.done and case.chain.done.ended_ns <= refused.ended_ns
    ),
)
