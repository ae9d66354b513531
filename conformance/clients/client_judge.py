"""The judge of a client: trials in, a tally per requirement out. Pure, and it reads nothing but the trials."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from statistics import median

from conformance.clients.client_rules import final_rules, losing_rules, trust_rules, waiting_rules
from conformance.clients.client_rules.losing_rules import unmet
from conformance.clients.client_rules.sightings import (
    ClientRule,
    Shown,
    askings,
    gap_s,
    is_extended_nc,
    is_integrity,
    is_plain_404,
    is_temporary,
    pairs,
)
from conformance.clients.client_rules.success_rules import SUCCEEDS, comes_to_the_end, measured
from conformance.clients.client_trials import Trial
from conformance.model import Finding, Json, Outcome, Tally, Verdict

LAST = ClientRule("did-not-succeed", SUCCEEDS, "scenarios whose trouble was met", comes_to_the_end)
RULES: tuple[ClientRule, ...] = (
    *waiting_rules.RULES, *final_rules.RULES, *trust_rules.RULES, *losing_rules.RULES,
)  # fmt: skip

CORE = {
    "a not-consistent answer at an extended endpoint": is_extended_nc,
    "an integrity exception": is_integrity,
    "a plain 404": is_plain_404,
}


def client_rules_of(requirement: str) -> tuple[str, ...]:
    """Return the ids of the rules that a requirement of a client is judged by; none for what is only measured."""
    return tuple(dict.fromkeys(rule.id for rule in (*RULES, LAST) if rule.requirement == requirement))


def judge_client(trials: Sequence[Trial]) -> dict[str, Tally]:
    """Judge trials by every rule; not succeeding is judged where no rule says why."""
    shown: defaultdict[str, list[Shown]] = defaultdict(list)
    for trial in (trial for trial in trials if not trial.trouble):
        found = dict(_apply(trial))
        if not any(one.finding for each in found.values() for one in each):
            found[SUCCEEDS] = list(comes_to_the_end(trial))
        for requirement, each in found.items():
            shown[requirement] += each
    occasions = {rule.requirement: rule.occasions for rule in (*RULES, LAST)}
    tallies = {name: _tally(name, shown[name], about) for name, about in occasions.items()}
    return tallies | measured([trial for trial in trials if not trial.trouble])


def _apply(trial: Trial) -> Iterator[tuple[str, list[Shown]]]:
    for rule in RULES:
        yield rule.requirement, list(rule.check(trial))


def _tally(requirement: str, shown: Iterable[Shown], occasions: str) -> Tally:
    listed = list(shown)
    findings = tuple(one.finding for one in listed if one.finding)
    return Tally(requirement, len(listed), findings, occasions)


def missing_core(trials: Sequence[Trial]) -> tuple[str, ...]:
    """Name what a client must have met before anything can be said of it."""
    operations = [operation for trial in trials for operation in trial.operations]
    return tuple(what for what, met in CORE.items() if not any(map(met, operations)))


def rows(trials: Sequence[Trial], verdicts: Sequence[Verdict]) -> list[dict[str, Json]]:
    """Give the scenarios as the run document has them, each with its outcome and the sentences of its findings."""
    failing = {verdict.requirement.id for verdict in verdicts if verdict.outcome is Outcome.FAIL}
    findings: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in (finding for verdict in verdicts for finding in verdict.tally.findings):
        findings[finding.subject].append(finding)
    return [_row(trial, findings[trial.scenario.name], failing) for trial in trials]


def _retried(trial: Trial) -> list[dict[str, Json]]:
    """Say what was tried again after trouble, how often, and after which pause (the median, in seconds)."""
    listed = [(one, [gap_s(a, b) for a, b in pairs(one.operations) if is_temporary(a)]) for one in askings(trial)]
    return [
        {"call": one.call, "command": one.command, "tries": len(gaps) + 1, "median_gap_s": round(median(gaps), 3)}
        for one, gaps in listed
        if gaps
    ]


def _row(trial: Trial, findings: Sequence[Finding], failing: set[str]) -> dict[str, Json]:
    never = unmet(trial)
    if trial.trouble:
        outcome = Outcome.ERROR
    elif findings:
        outcome = Outcome.FAIL if failing & {f.requirement for f in findings} else Outcome.WARN
    else:
        outcome = Outcome.NOT_OBSERVED if never else Outcome.PASS
    said = {"outcome": str(outcome), "trouble": trial.trouble, "never_met": list(never), "retried": _retried(trial)}
    return {**trial.row(), **said, "findings": [finding.sentence for finding in findings]}
