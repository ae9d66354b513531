"""How a client waits: it asks again, with pauses that spare the server, and not for ever."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

from conformance.clients.client_rules.sightings import (
    TRUTH_CALLS,
    Asking,
    ClientRule,
    Shown,
    asked_pause,
    askings,
    call_name,
    end_ns,
    found,
    gap_s,
    is_extended_nc,
    is_temporary,
    later,
    pairs,
)
from conformance.clients.client_trials import Trial
from conformance.model import Operation

SHORT_S = 0.95
"""A pause shorter than a second, give or take what a timer does."""
HAMMER_S = 0.1
FEW, MANY = 3, 5
"""So many pauses show hammering; so many show whether short ones grow, chance and jitter aside."""
GROWTH = 1.5
EARLY_S = 0.1
LATE_S = 10.0
"""How much later than asked a client may come back and still be said to obey."""
NEVER_ENDING = frozenset({"nc", "429", "500", "503", "reset-before", "reset-after", "stall", "cut"})
_AGAIN = {"file_url": TRUTH_CALLS, "version_url": TRUTH_CALLS}


def asks_again(trial: Trial) -> Iterator[Shown]:
    """A client that meets not-consistent at an extended endpoint asks again, there or wherever the truth shows."""
    for asking in askings(trial):
        first = next(filter(is_extended_nc, asking.operations), None)
        if first is None:
            continue
        others = _AGAIN.get(asking.call, frozenset())
        again = [o for o in later(trial, first) if o in asking.operations or call_name(o) in others]
        if not again and trial.run_of(first).ended:
            sentence = f"it gave up at the first not-consistent answer to {asking.call}"
            yield found("gave-up-at-nc", "client-retries-nc", trial, [first], sentence)
        elif again:
            yield Shown()


def spares_the_server(trial: Trial) -> Iterator[Shown]:
    """Pauses between tries are at least a second, or grow."""
    for asking in askings(trial):
        gaps = pauses(asking)
        if len(gaps) < FEW or asking.parallel:
            continue
        short = [gap for gap in gaps if gap < SHORT_S]
        if not grows(gaps) and (max(gaps) < HAMMER_S or (short and len(gaps) >= MANY)):
            sentence = (
                f"it asked {asking.call} {len(asking.operations)} times with {median(gaps):.3f} s between tries "
                "(the median), and its pauses do not grow"
            )
            yield found("hammers", "client-waits", trial, asking.operations[:4], sentence,
                        tries=len(asking.operations), median_gap_s=round(median(gaps), 3))  # fmt: skip
        elif not short or len(gaps) >= MANY:
            yield Shown()


def pauses(asking: Asking) -> list[float]:
    """Give the seconds between tries, but for those for which the server named a pause of its own."""
    return [gap_s(a, b) for a, b in pairs(asking.operations) if is_temporary(a) and asked_pause(a) is None]


def grows(gaps: Sequence[float]) -> bool:
    """Whether the later half of the pauses is clearly longer than the earlier one."""
    half = len(gaps) // 2
    return sum(gaps[-half:]) >= GROWTH * sum(gaps[:half])


def ends(trial: Trial) -> Iterator[Shown]:
    """A client stops trying some time, in number or in time, where the trouble never ends."""
    endless = {i for i, rule in enumerate(trial.scenario.rules) if rule.endless and rule.do in NEVER_ENDING}
    met = [o for o in trial.operations if o.notes.get("rule") in endless]
    runs = {run.name: run for run in map(trial.run_of, met)}
    if any(run.ended for run in runs.values()):
        yield Shown()  # one command had its end; another may have had less time than it needs
        return
    for run in runs.values():
        seconds = (run.ended_ns - run.begun_ns) / 1e9
        gaps = [gap_s(a, b) for a, b in pairs(met)]
        every = f", every {median(gaps):.1f} s" if gaps else ""
        tries = f"{len(met)} tries of {call_name(met[0])}{every}"
        sentence = f"it had no end: {tries}, when the time limit came at {seconds:.0f} s"
        yield found("unbounded", "client-bounded", trial, [*met[:2], *met[2:][-2:]], sentence,
                    tries=len(met), median_gap_s=round(median(gaps), 3) if gaps else None)  # fmt: skip


def comes_back_when_asked(trial: Trial) -> Iterator[Shown]:
    """A client comes back when Retry-After says: not before, not long after, and not never."""
    for asking in askings(trial):
        for operation in asking.operations:
            wanted = asked_pause(operation)
            if wanted is not None:
                yield from _came_back(trial, asking, operation, wanted)


def _came_back(trial: Trial, asking: Asking, operation: Operation, wanted: float) -> Iterator[Shown]:
    said = f"{operation.exchange.status} with Retry-After: {wanted:.0f} at {asking.call}"
    rule = ("client-retry-after", trial)
    again = [o for o in asking.operations if o.a_ns >= end_ns(operation)]
    run = trial.run_of(operation)
    if not again:
        waited = (run.ended_ns - end_ns(operation)) / 1e9
        if run.ended and run.succeeded:
            return
        if run.ended:
            yield found("retry-after-gave-up", *rule, [operation], f"{said}: it gave up at once")
        elif waited > wanted + LATE_S:
            sentence = f"{said}: it had not come back after {waited:.0f} s, when the time limit came"
            yield found("retry-after-late", *rule, [operation], sentence, waited_s=round(waited, 1), asked_s=wanted)
        return
    waited = gap_s(operation, again[0])
    if waited < wanted - EARLY_S:
        sentence = f"{said}: it came back after {waited:.2f} s already"
        yield found(
            "retry-after-early", *rule, [operation, again[0]], sentence, waited_s=round(waited, 3), asked_s=wanted
        )
    elif waited > wanted + LATE_S:
        sentence = f"{said}: it came back after {waited:.0f} s only"
        yield found(
            "retry-after-late", *rule, [operation, again[0]], sentence, waited_s=round(waited, 1), asked_s=wanted
        )
    else:
        yield Shown()


RULES = (
    ClientRule(
        "gave-up-at-nc", "client-retries-nc", "not-consistent answers at extended endpoints, by request", asks_again
    ),
    ClientRule("hammers", "client-waits", "requests that were tried several times", spares_the_server),
    ClientRule("unbounded", "client-bounded", "commands that met trouble without end", ends),
    ClientRule("retry-after", "client-retry-after", "answers with Retry-After", comes_back_when_asked),
)
