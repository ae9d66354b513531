"""Tallies to verdicts, verdicts to the outcome of a run (pure; theory: outcomes).

A requirement starts as not observed and must be earned. A run is conformant only if nothing that gates was broken,
nothing stopped it, and the core was really exercised.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from conformance.model import Conformance, Level, Outcome, Requirement, Tally, Verdict

RULE_OF_THREE = 3.0
"""None in n observations bounds a rate by 3/n with 95 % confidence (theory: outcomes)."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What decides, beside the verdicts, what a run may claim.

    `partial` is a run of selected requirements or scenarios, `recorded` a foreign recording: both speak only of what
    they exercise. `exercises` are the requirements of the selected scenarios, None where none were selected.
    `missing_core` names the parts of the core that were not exercised; `trouble` the suite's own errors.
    """

    strict: bool = False
    partial: bool = False
    exercises: frozenset[str] | None = None
    recorded: bool = False
    interrupted: bool = False
    complete: bool = True
    missing_core: tuple[str, ...] = ()
    trouble: tuple[str, ...] = ()


def verdict(requirement: Requirement, tally: Tally | None, *, strict: bool = False) -> Verdict:
    """Say what one requirement came to. No tally means that nothing looked, which is never a pass."""
    tally = tally or Tally(requirement.id)
    outcome = _outcome(requirement.level, tally, strict=strict)
    bound = min(1.0, RULE_OF_THREE / tally.exposures) if outcome is Outcome.PASS and tally.exposures else None
    return Verdict(requirement, outcome, tally, note=_note(outcome, tally), bound_95=bound)


def _outcome(level: Level, tally: Tally, *, strict: bool) -> Outcome:
    if tally.findings:
        fails = level.gates or (strict and level is Level.SHOULD)
        return Outcome.FAIL if fails else Outcome.WARN
    if tally.error:
        return Outcome.ERROR
    if tally.inapplicable:
        return Outcome.NOT_APPLICABLE
    if tally.exposures:
        return Outcome.PASS
    return Outcome.BLOCKED if tally.blocked else Outcome.NOT_OBSERVED


def _note(outcome: Outcome, tally: Tally) -> str:
    if outcome is Outcome.NOT_OBSERVED and tally.looked:
        bound = min(1.0, RULE_OF_THREE / tally.looked)
        return f"never seen in {tally.looked} racing reads (95 % upper bound on its rate: {bound:.2g})"
    return tally.error or tally.inapplicable or tally.blocked


def verdicts(
    requirements: Iterable[Requirement], tallies: Mapping[str, Tally], *, strict: bool = False
) -> tuple[Verdict, ...]:
    """Give the verdict of each requirement, in the catalogue's order."""
    return tuple(verdict(requirement, tallies.get(requirement.id), strict=strict) for requirement in requirements)


def conclude(given: Sequence[Verdict], circumstances: Circumstances) -> tuple[Conformance, tuple[str, ...]]:
    """Add verdicts up into the outcome of a run and the sentences that say why."""
    broken = [v.requirement.id for v in given if v.outcome is Outcome.FAIL]
    if broken:
        return Conformance.NONCONFORMANT, (f"broken: {', '.join(broken)}", *circumstances.trouble)
    gaps = tuple(_gaps(given, circumstances))
    return (Conformance.INCOMPLETE, gaps) if gaps else (Conformance.CONFORMANT, _claims(given, circumstances))


def _gaps(given: Sequence[Verdict], circumstances: Circumstances) -> Iterable[str]:
    yield from circumstances.trouble
    if circumstances.interrupted:
        yield "the run was interrupted before its end"
    elif not circumstances.complete:
        yield "the history has no end: the run that wrote it was cut short"
    errors = [v.requirement.id for v in given if v.outcome is Outcome.ERROR]
    if errors:
        yield f"the suite itself failed at: {', '.join(errors)}"
    if not any(v.outcome in (Outcome.PASS, Outcome.WARN) for v in given):
        yield "nothing was exercised"
    elif not circumstances.recorded:
        yield from _unexercised(given, circumstances)


def _unexercised(given: Sequence[Verdict], circumstances: Circumstances) -> Iterable[str]:
    due = [v for v in given if circumstances.exercises is None or v.requirement.id in circumstances.exercises]
    if not circumstances.partial and circumstances.missing_core:
        yield f"of the core, not exercised: {', '.join(circumstances.missing_core)}"
    blocked = [v.requirement.id for v in due if v.outcome is Outcome.BLOCKED and v.requirement.level.gates]
    if blocked and (circumstances.partial or any(v.requirement.core for v in given if v.requirement.id in blocked)):
        yield f"blocked: {', '.join(blocked)}"


def _claims(given: Sequence[Verdict], circumstances: Circumstances) -> tuple[str, ...]:
    unseen = [v.requirement.id for v in given if v.outcome in (Outcome.NOT_OBSERVED, Outcome.BLOCKED)]
    scope = (
        "none of the requirements that the recording exercises is broken"
        if circumstances.recorded
        else "none of the requirements that the selected scenarios exercise is broken"
        if circumstances.exercises is not None
        else "none of the selected requirements is broken"
        if circumstances.partial
        else "no requirement is broken, and the core was exercised"
    )
    return (scope, *((f"not observed: {', '.join(unseen)}",) if unseen else ()))
