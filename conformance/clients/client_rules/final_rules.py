"""What a client must take for final: a plain 404, a refusal of its input, the integrity exception."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from conformance.clients.client_rules.sightings import (
    ClientRule,
    Shown,
    askings,
    call_name,
    done,
    found,
    is_integrity,
    is_plain_404,
    later,
    repeated,
    succeeded,
    upload_in,
)
from conformance.clients.client_trials import Trial
from conformance.model import Operation

_STORING = frozenset({"create_chunk", "complete_upload", "storage_put"})


def takes_404_for_final(trial: Trial) -> Iterator[Shown]:
    """A 404 whose code is not_provided is not temporary: the same request is not sent again."""
    yield from _taken_for_final(trial, is_plain_404, "404-retried", "client-404-is-final", "a plain 404 (not_provided)")


def takes_refusals_for_final(trial: Trial) -> Iterator[Shown]:
    """Input that was refused as invalid is not sent again as it was."""

    def refused(operation: Operation) -> bool:
        return done(operation) == "400"

    yield from _taken_for_final(
        trial, refused, "bad-input-retried", "client-bad-input", "a 400 that names invalid input"
    )


def _taken_for_final(
    trial: Trial, final: Callable[[Operation], bool], rule: str, requirement: str, what: str
) -> Iterator[Shown]:
    for asking in askings(trial):
        first = next(filter(final, asking.operations), None)
        if first is None:
            continue
        again = repeated(trial, asking, first)
        if again is None:
            yield Shown()
        else:
            times = len(asking.operations) - asking.operations.index(first) - 1
            sentence = f"it asked {asking.call} again after {what}, {times} times, though nothing had changed"
            yield found(rule, requirement, trial, [first, again], sentence, times=times)


def begins_anew(trial: Trial) -> Iterator[Shown]:
    """After the integrity exception the same upload is neither asked for again nor filled or completed again."""
    for asking in askings(trial):
        first = next(filter(is_integrity, asking.operations), None)
        if first is None:
            continue
        again = repeated(trial, asking, first) or _filled_again(trial, first)
        if again is None:
            yield Shown()
        else:
            sentence = f"it sent {call_name(again)} for the same upload after the integrity exception at {asking.call}"
            yield found("integrity-retried", "client-integrity-not-retried", trial, [first, again], sentence)


def _filled_again(trial: Trial, first: Operation) -> Operation | None:
    stated = upload_in(trial, first)
    bad = {stated} if stated else {u.id for u in trial.world.uploads.values() if u.verdict == "err"}
    after = (o for o in later(trial, first) if call_name(o) in _STORING)
    return next((o for o in after if upload_in(trial, o) in bad), None)


def says_so(trial: Trial) -> Iterator[Shown]:
    """A client that met the integrity exception fails, or begins a new upload; it does not report success."""
    for run in trial.runs:
        met = [o for o in trial.operations if is_integrity(o) and trial.command_of(o) == run.name]
        if not met or not run.ended:
            continue
        anew = any(call_name(o) == "create_upload" and succeeded(o) for o in later(trial, met[0]))
        if trial.claims_success and not anew:
            sentence = f"it met the integrity exception at {call_name(met[0])} and reported success all the same"
            yield found("integrity-swallowed", "client-integrity-reported", trial, met[:1], sentence)
        else:
            yield Shown()


RULES = (
    ClientRule("404-retried", "client-404-is-final", "plain 404 answers, by request", takes_404_for_final),
    ClientRule("bad-input-retried", "client-bad-input", "refused inputs", takes_refusals_for_final),
    ClientRule("integrity-retried", "client-integrity-not-retried", "integrity exceptions, by request", begins_anew),
    ClientRule("integrity-swallowed", "client-integrity-reported", "commands that met one", says_so),
)
