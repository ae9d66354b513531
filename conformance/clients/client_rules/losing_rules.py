"""What a client does about answers that were lost, failures that pass, and rights that end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from conformance.clients.client_rules.sightings import (
    ATTACHING,
    CREATING,
    ClientRule,
    Shown,
    asked_pause,
    askings,
    bought_before,
    call_name,
    done,
    end_ns,
    found,
    is_lost,
    is_trouble,
    later,
    says_completed,
    succeeded,
)
from conformance.clients.client_trials import Thing, Trial
from conformance.model import Operation

_IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE"})


def makes_no_duplicates(trial: Trial) -> Iterator[Shown]:
    """A create whose answer was lost leaves one thing, not two."""
    for lost in trial.operations:
        made = lost.notes.get("made", {})
        if call_name(lost) not in CREATING or not is_lost(lost) or not 200 <= made.get("status", 0) < 300:
            continue
        twins = _twins(trial, str(made.get("id")))
        if len(twins) > 1:
            kind = call_name(lost).removeprefix("create_")
            again = [o for o in later(trial, lost) if call_name(o) == call_name(lost) and succeeded(o)]
            sentence = f"the lost answer of {call_name(lost)} made {len(twins)} of one {kind}: {twins[0].name!r}"
            yield found("duplicate", "client-no-duplicates", trial, [lost, *again], sentence, made=len(twins))
        else:
            yield Shown()


def _twins(trial: Trial, name: str) -> list[Thing]:
    """Give the live things of one kind, name and place that the named one belongs to."""
    for kind in (trial.world.projects, trial.world.folders, trial.world.files):
        own = next((thing for thing in kind if thing.id == name), None)
        if own is not None:
            return [
                thing for thing in kind if (thing.name, thing.parent) == (own.name, own.parent) and not thing.deleted
            ]
    return []


def recognises_completed(trial: Trial) -> Iterator[Shown]:
    """A completion that is refused because the upload is completed was done by an attempt whose answer was lost."""
    for refused in trial.operations:
        if call_name(refused) != "complete_upload" or not says_completed(refused):
            continue
        run = trial.run_of(refused)
        went_on = any(call_name(o) in ATTACHING for o in later(trial, refused))
        if run.ended and not run.succeeded and not went_on:
            sentence = "it failed at a 400 that names completed_at, though its own attempt had completed the upload"
            yield found("completed-taken-for-failure", "client-recognises-completed", trial, [refused], sentence)
        elif run.ended or went_on:
            yield Shown()


def retries_idempotent(trial: Trial) -> Iterator[Shown]:
    """A read or a PUT that failed (5xx) or whose answer was lost is sent again."""
    for asking in askings(trial):
        troubled = [o for o in asking.operations if is_trouble(o) and asked_pause(o) is None]
        if not troubled or troubled[0].exchange.method not in _IDEMPOTENT:
            continue
        first, run = troubled[0], trial.run_of(troubled[0])
        if any(o.a_ns >= end_ns(first) for o in asking.operations):
            yield Shown()
        elif run.ended and not run.succeeded:
            had = "a lost answer" if is_lost(first) else f"a {first.exchange.status}"
            sentence = f"it gave up at {had} to {asking.call}, which may be sent again"
            yield found("gave-up-at-trouble", "client-retries-idempotent", trial, [first], sentence)


def renews_signed_urls(trial: Trial) -> Iterator[Shown]:
    """A signed URL that has expired is asked for anew."""
    for expired in trial.operations:
        if done(expired) != "expired":
            continue
        renewed = [o for o in later(trial, expired) if _is_another_url(o, expired)]
        if renewed:
            yield Shown()
        elif trial.run_of(expired).ended:
            sentence = f"it did not ask for a new signed url when that for {call_name(expired)} had expired"
            yield found("url-not-renewed", "client-renews-signed-url", trial, [expired], sentence)


def _is_another_url(operation: Operation, expired: Operation) -> bool:
    if call_name(operation) == call_name(expired):
        return operation.exchange.path != expired.exchange.path or succeeded(operation)
    return False


def renews_tokens(trial: Trial) -> Iterator[Shown]:
    """A client that bought its token with keys buys another when it is refused as expired."""
    for run in trial.runs:
        refused = [o for o in trial.operations if done(o) == "401" and trial.command_of(o) == run.name]
        could = bought_before(trial, refused[0]) if refused else ()
        if not could:
            continue
        again = [o for o in later(trial, refused[0]) if call_name(o) == "create_token"]
        if again:
            yield Shown()
        elif run.ended or len(refused) > 1:
            sentence = f"it did not renew its token when {call_name(refused[0])} was refused with 401"
            yield found("token-not-renewed", "client-renews-token", trial, [could[-1], refused[0]], sentence)


def unmet(trial: Trial) -> tuple[str, ...]:
    """Say which rules of the script never met what they wait for: what rests on them was not observed."""
    acted = Counter(o.notes["rule"] for o in trial.operations if "rule" in o.notes)
    return tuple(
        f"{' or '.join(rule.call)} was never asked (request {rule.nth})"
        for index, rule in enumerate(trial.scenario.rules)
        if not acted[index]
    )


RULES = (
    ClientRule("duplicate", "client-no-duplicates", "creates whose answer was lost", makes_no_duplicates),
    ClientRule(
        "completed-taken-for-failure", "client-recognises-completed", "refusals that name completed_at",
        recognises_completed,
    ),
    ClientRule("gave-up-at-trouble", "client-retries-idempotent", "failed or lost reads and PUTs", retries_idempotent),
    ClientRule("url-not-renewed", "client-renews-signed-url", "signed urls that had expired", renews_signed_urls),
    ClientRule("token-not-renewed", "client-renews-token", "commands whose token expired", renews_tokens),
)  # fmt: skip
