"""The rule about conditional requests: a client that revalidates is told of a change of state like any other.

A 304 tells again what the client holds. Where that was not-consistent, or the verdict of an upload that the file does
not show any more, and the truth is due, a client that is told nothing else would wait, or read the old, for ever.
"""

from __future__ import annotations

from conformance.api.answers import Answer, Effect
from conformance.judge.findings import Book, short, speaker
from conformance.judge.recounts.revalidated_again import revalidated_again
from conformance.judge.rule import Context, Need, Rule
from conformance.judge.rules.excuses import MAY_BE_DELETED, ONLY_A_WHILE, WAIT_BEGUN_ANEW
from conformance.judge.rules.version_rules.candidates import candidates
from conformance.judge.state.interval import Interval
from conformance.judge.state.observed import scope_of_version, unclear_from
from conformance.judge.state.resources import File
from conformance.judge.state.revalidations import Held, Key

_REQUIREMENT = "conditional-same-state"


def revalidated(stated: tuple[Key, Held], context: Context, book: Book) -> None:
    """Convict a server that tells a client again and again, by 304 alone, what was true once."""
    (session, call, name), held = stated
    book.expose(_REQUIREMENT)
    unchanged = sorted(held.unchanged)
    due = _due(call, name, held, unchanged[-1], context)
    if due is None or MAY_BE_DELETED.holds(unchanged[-1], _doomed(call, name, context)):
        return
    late = [one for one in unchanged if one.begun_ns > due.ended_ns + context.bound]
    if ONLY_A_WHILE.holds(late):
        return
    what = "resource_not_consistent" if held.answer is Answer.NC else "what it answered before the switch"
    sentence = (
        f"{call} of {short(name)} told {speaker(session)}, who revalidates, {what} ({book.when(held.interval)}) and "
        f"then only that nothing had changed, {len(late)} times later than the bound, last to {book.when(late[-1])}, "
        f"although that was over since {book.when(due)}"
    )
    book.find(
        _REQUIREMENT, "stale-validation", name, dict.fromkeys((held.interval, due, late[-1])), sentence,
        expected="the present state", observed="304 only", detail=f"{call} {session}", call=call, times=len(late),
        due_b_ns=due.ended_ns, last_a_ns=late[-1].begun_ns,
    )  # fmt: skip


def _doomed(call: str, name: str, context: Context) -> int:
    world = context.world
    if call == "version_url":
        return scope_of_version(world, world.version(name))[0]
    file = world.file(name)
    return unclear_from(world, file)


def _due(call: str, name: str, held: Held, latest: Interval, context: Context) -> Interval | None:
    """Return what made the held answer stale, later than it was given; None where nothing surely did."""
    world = context.world
    if call == "version_url":
        version = world.version(name)
        return _completed(version.upload, latest, context) if held.answer is Answer.NC else None
    file = world.file(name)
    now = candidates(file, latest.begun_ns, latest.ended_ns).current
    if not now or any(one.effect is not Effect.DONE for one in now):
        return None
    then = candidates(file, held.interval.begun_ns, held.interval.ended_ns)
    if held.answer is not Answer.NC:
        replaced = _replaced(file, held, latest)
        if replaced is None or {one.upload for one in now} & {one.upload for one in (*then.current, *then.replaced)}:
            return None
    due: Interval | None = None
    for one in now:
        completed = _completed(one.upload, latest, context)
        if completed is None:
            return None
        due = _later(_later(due, completed), one.interval)
    return due


def _replaced(file: File, held: Held, latest: Interval) -> Interval | None:
    later = [s.interval for s in file.switches.values() if s.a > held.interval.ended_ns and s.b < latest.begun_ns]
    return min(later, default=None)


def _completed(upload: str, latest: Interval, context: Context) -> Interval | None:
    """Return the acknowledged completion that an upload's truth is due by; what is begun anew is not due."""
    case = context.cases.get(upload)
    done = case.chain.done if case else None
    if case is None or done is None or WAIT_BEGUN_ANEW.holds(case.rewrites, latest, context.bound):
        return None
    return done


def _later(one: Interval | None, other: Interval | None) -> Interval | None:
    if one is None or other is None:
        return one or other
    return one if one.ended_ns >= other.ended_ns else other


RULES = (
    Rule(
        "stale-validation", _REQUIREMENT, Need.REVALIDATIONS, revalidated, revalidated_again,
        occasions="answers that clients held and were told again by 304", pattern=True,
        excuses=(MAY_BE_DELETED, WAIT_BEGUN_ANEW, ONLY_A_WHILE), since=2,
    ),
)  # fmt: skip
