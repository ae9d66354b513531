"""Count again what a client was told that revalidates: only 304s, of what it held long before."""

from __future__ import annotations

from conformance.judge.rechecks import Proof, Shown, answers, completes

_TIMES = 3


def revalidated_again(proof: Proof) -> bool:
    """Whether the client of the last operation had nothing but 304s since it was answered in full.

    The first operation of the finding is that answer, the second what made it stale, longer than the bound before.
    """
    held, due, last = proof.cited[0], proof.cited[-2], proof.cited[-1]
    if not _is_full(held) or not (answers(due, "2xx") or completes(due)):
        return False
    since = [
        one
        for one in proof.history.operations
        if (one.session, one.exchange.method, one.exchange.path) == (last.session, "GET", last.exchange.path)
        and (held.b_ns or 0) < one.a_ns <= last.a_ns
        and one.exchange.status is not None
    ]
    late = [one for one in since if due.b_ns is not None and one.a_ns > due.b_ns + proof.bound]
    same = (held.session, held.exchange.path) == (last.session, last.exchange.path)
    return same and len(late) >= _TIMES and all(one.exchange.status == 304 for one in since)


def _is_full(one: Shown) -> bool:
    return answers(one, "nc", "2xx", "integrity") and any(
        name in one.exchange.headers for name in ("etag", "last-modified")
    )
