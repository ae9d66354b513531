"""What keeps a signed URL from being of use: how a fetch at the storage provider failed, and whose doing that was.

A failure that the suite made itself (an address it will not speak to, a certificate it does not trust, its own patience
or limit of bytes) says nothing of the target.
"""

from __future__ import annotations

import re

from conformance.api.statuses import STORAGE_REFUSALS
from conformance.model import Failure, Operation

MOST_HOPS = 5
"""Redirects of one download that a client follows."""
_OURS = frozenset({Failure.TIMEOUT, Failure.TOO_LARGE, Failure.KILLED})
_OUR_TROUBLE = re.compile(
    r"forbidden|certificate|time-?out|timed out|deadline|proxy|unsupported ?protocol|localprotocol|too many open files"
    r"|cannot assign requested address|network is unreachable|no route to host|network is down|cut as planned",
    re.IGNORECASE,
)
"""Words of this machine's own reasons, as the driver notes them."""


def is_own_doing(operation: Operation) -> bool:
    """Whether an attempt failed by what the suite, or the machine that it runs on, did or would not do."""
    notes, failure = operation.notes, operation.exchange.failure
    if "withheld" in notes or "forbidden" in notes or failure in _OURS:
        return True
    unreadable = str(notes.get("body", "")).startswith("unknown content encoding")
    return failure is not None and (unreadable or _OUR_TROUBLE.search(str(notes.get("trouble", ""))) is not None)


def useless(operation: Operation) -> str:
    """Say how a fetch failed in a way that a single one of tells nothing; empty for bytes and for what others judge.

    A redirect is no failure by itself: where it leads on is an attempt of its own.
    """
    exchange = operation.exchange
    status, failure = exchange.status, exchange.failure
    if is_own_doing(operation):
        return ""
    if failure is not None:
        return str(failure)
    if status is None or status == 200 or status in STORAGE_REFUSALS:
        return ""
    endless = operation.notes.get("hop") == MOST_HOPS
    if 300 <= status < 400 and "location" in exchange.headers and not endless:
        return ""
    return str(status)


def asked_to_wait_s(operation: Operation) -> float:
    """Return how long (s) an answer asks to stay away; 0 where it does not, infinite where it names no seconds."""
    asked = operation.exchange.headers.get("retry-after", "").strip()
    if not asked:
        return 0.0
    return float(asked) if asked.isascii() and asked.isdigit() and len(asked) < 12 else float("inf")
