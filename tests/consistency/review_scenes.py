"""What the histories written by hand begin with."""

from __future__ import annotations

from dataclasses import replace

from judge_timeline import TARGET, TICK, Scribe, md5, prepared, uid
from judged import crimes, judged

from conformance.model import Octets

PATIENT = replace(TARGET, converge_within_s=150.0)
"""A bound that is not over yet at time zero for what `prepared` made."""

HTML = Octets(20, "0" * 32, "<html>no backend</html>")
"""The page of a gateway."""

URL = f"/files/{uid('eeee', 1)}/url"
HASH = {"hash": {"value": md5(1), "algorithm": "md5"}}


def scene(kind: str = "good", numbers: tuple[int, ...] = (1,), *, done: bool = True) -> Scribe:
    """Give uploads that were stored, and completed one after another if `done`."""
    scribe = prepared(kind, numbers)
    for place, n in enumerate(numbers if done else ()):
        scribe.complete("actor", 3 * place * TICK, (3 * place + 2) * TICK, n=n)
    return scribe


def at(*ticks: int) -> tuple[int, ...]:
    """Give times in nanoseconds."""
    return tuple(tick * TICK for tick in ticks)


def as_form(text: str) -> Octets:
    """Give a form as it is recorded."""
    return Octets(len(text), "0" * 32, text)


def wrongs(scribe: Scribe) -> set[str]:
    """Judge and give the requirements broken."""
    return crimes(judged(scribe.history()))
