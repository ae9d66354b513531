"""A history to its run document: judge it, add up, summarise. What `run` and `judge` have in common."""

from __future__ import annotations

import platform
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib import metadata

from conformance.api import catalogue
from conformance.api.answers import Classified
from conformance.api.classifier import classify_all
from conformance.errors import ExitCode
from conformance.judge import judge_history
from conformance.judge.evidence import Verified, verified
from conformance.judge.lag import summary as lag_summary
from conformance.judge.rules_table import by_version
from conformance.judge.sensitivity import sensitivity_of
from conformance.judge.wall_clock import ON_ORDER_ALONE
from conformance.model import Conformance, Finding, History, Json, Judgement, Operation, Run, Tally
from conformance.outcome import foreign
from conformance.outcome.coverage import marked, missing_core
from conformance.outcome.document import document
from conformance.outcome.reproduction import programs
from conformance.outcome.sums import Sums, sums_of
from conformance.outcome.verdicts import Circumstances, conclude, verdicts

Classes = Sequence[Classified]
"""What each operation of a history was classified as, in their order."""


@dataclass(frozen=True, slots=True)
class Framing:
    """What a run document says beside its judgement.

    `recorded` is a history judged afterwards, which speaks only of what it exercises; `only` are the ids or globs
    that were selected (none means all); `catalogue` is the version that judges, the present one where it is empty;
    `scenarios` are the names of those that were tried, and `exercises` the requirements that these exercise, None
    unless others were left out; `tallies` come from judges that read something other than the history, such as the
    target's own description; `second_opinion` are the findings of another judge of the same history, which must be
    the same; `summaries` are finished sections of the document. `trouble` are the suite's own errors, `shortage` says
    what kept the run from trying everything, such as a spent budget, and `never_worked` that the target never
    accepted the run; `remarks` are told as they are. `reports` are those asked for beside the usual ones, and
    `options` what the user said, so that it can be said again.
    """

    effort: str = "recorded"
    recorded: bool = False
    seed: int = 0
    strict: bool = False
    only: tuple[str, ...] = ()
    catalogue: str = ""
    scenarios: tuple[str, ...] = ()
    exercises: frozenset[str] | None = None
    interrupted: bool = False
    trouble: tuple[str, ...] = ()
    shortage: tuple[str, ...] = ()
    never_worked: bool = False
    remarks: tuple[str, ...] = ()
    run_id: str = ""
    begun: str = ""
    reports: tuple[str, ...] = ()
    tallies: Mapping[str, Tally] = field(default_factory=dict)
    second_opinion: tuple[Finding, ...] | None = None
    summaries: Mapping[str, Json] = field(default_factory=dict)
    options: Mapping[str, Json] = field(default_factory=dict)


def now() -> str:
    """Give the present as ISO 8601 in UTC, for a person to read; never for a verdict."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@dataclass(frozen=True, slots=True)
class Gist:
    """What a run document is drawn from.

    `judged` is the judgement, `checked` the same without what did not convict again; `sums` is what was added up of
    the whole history. `history` holds at least the operations that findings name, and those that led to them, with
    their `classes`; `complete` and `exchanges` are those of the whole history.
    """

    history: History
    classes: Classes
    judged: Judgement
    checked: Verified
    sums: Sums
    complete: bool
    exchanges: int


def gist(history: History) -> Gist:
    """Judge a whole history, and keep the findings that convict again."""
    classes = classify_all(history.operations, history.target)
    judged = judge_history(history, classes)
    checked = verified(judged, history, classes)
    sums = sums_of(history.operations, classes)
    return Gist(history, classes, judged, checked, sums, history.complete, len(history.operations))


def assemble(history: History, framing: Framing) -> dict[str, Json]:
    """Judge `history`, keep the findings that convict again, and draw its run document."""
    return drawn(gist(history), framing)


def drawn(of: Gist, framing: Framing) -> dict[str, Json]:
    """Draw the run document of a history that was judged."""
    history, classes, judged, checked, sums = of.history, of.classes, of.judged, of.checked, of.sums
    chosen = catalogue.requirements(by=framing.catalogue)
    chosen = catalogue.select(framing.only, chosen) if framing.only else chosen
    judgement, names = checked.judgement, {requirement.id for requirement in chosen}
    dropped = [finding for finding in checked.dropped if finding.requirement in names]
    stated = (*_dropped(dropped), *_disagreement(judged, framing.second_opinion))
    framing = replace(framing, trouble=(*framing.trouble, *stated))
    version = catalogue.number(framing.catalogue)
    tallies = {name: by_version(tally, version) for name, tally in {**judgement.tallies, **framing.tallies}.items()}
    tallies = marked(tallies, sums.steps)
    given = verdicts(chosen, tallies, strict=framing.strict)
    dead = sums.steps.storage_trouble()
    whole = not framing.only and not framing.recorded
    circumstances = Circumstances(
        strict=framing.strict,
        partial=bool(framing.only) or framing.exercises is not None,
        exercises=framing.exercises,
        recorded=framing.recorded,
        interrupted=framing.interrupted,
        complete=of.complete,
        missing_core=missing_core(tallies, judgement.counters, sums.hindrances.why()),
        trouble=(*framing.trouble, *(dead if whole else ()), *framing.shortage, *sums.ending.gone()),
    )
    outcome, reasons = conclude(given, circumstances)
    ended, found = now(), sums.foreign.summary()
    run = Run(
        outcome=outcome,
        target=history.target,
        verdicts=given,
        exchanges=of.exchanges,
        effort=framing.effort,
        seed=framing.seed,
        strict=framing.strict,
        partial=circumstances.partial,
        interrupted=framing.interrupted,
        begun=framing.begun or ended,
        ended=ended,
        run_id=framing.run_id or uuid.uuid4().hex[:12],
        versions={**versions(), "catalogue": str(version)},
        reasons=tuple(
            dict.fromkeys(
                (
                    *reasons,
                    *stated,
                    *(() if whole else dead),
                    *framing.remarks,
                    *foreign.sentences(found),
                    *sums.unsent.sentences(),
                    *sums.ending.remarks(),
                    *_on_order_alone(judgement),
                )
            )
        ),
        extras={
            "exit_code": int(exit_code(outcome, framing)),
            "recorded": framing.recorded,
            "options": dict(framing.options),
            "scenarios": list(framing.scenarios),
            "missing_core": list(circumstances.missing_core),
            "dropped": [_as_json(finding) for finding in dropped],
            "trouble": list(framing.trouble),
            "shortage": list(framing.shortage),
            **({"further_reports": list(framing.reports)} if framing.reports else {}),
        },
    )
    summaries = {**_summaries(of), "not_the_api": found, **framing.summaries}
    shown = programs(history, classes, [verdict.tally for verdict in given])
    return document(run, _evidence(history, classes, judgement), summaries, shown)


def exit_code(outcome: Conformance, framing: Framing) -> ExitCode:
    """Say what the process answers with: the user's interrupt, then the suite's own trouble, then the outcome."""
    if framing.interrupted:
        return ExitCode.INTERRUPTED
    if framing.never_worked:
        return ExitCode.UNREACHABLE
    if outcome is Conformance.NONCONFORMANT:
        return ExitCode.NONCONFORMANT
    if framing.trouble:
        return ExitCode.SUITE_ERROR
    return ExitCode.CONFORMANT if outcome is Conformance.CONFORMANT else ExitCode.INCOMPLETE


def versions() -> dict[str, str]:
    """Name the versions that a verdict depends on."""
    return {
        "suite": metadata.version("dds-conformance"),
        "catalogue": catalogue.version(),
        "spec": catalogue.spec(),
        "python": platform.python_version(),
        **{name: metadata.version(name) for name in ("hypothesis", "schemathesis", "httpx", "pytest")},
    }


def _evidence(history: History, classes: Classes, judgement: Judgement) -> dict[str, tuple[Operation, Classified]]:
    named = {name for tally in judgement.tallies.values() for f in tally.findings for name in f.operations}
    pairs = zip(history.operations, classes, strict=True)
    return {operation.id: (operation, of) for operation, of in pairs if operation.id in named} if named else {}


def _dropped(dropped: Iterable[Finding]) -> Iterable[str]:
    """Say which rules found what the operations do not show: the suite's own error, never the target's."""
    for (requirement, rule), count in Counter((one.requirement, one.rule) for one in dropped).items():
        times = f"{count} findings" if count > 1 else "a finding"
        yield (
            f"the suite's own error: {times} of the rule {rule} against {requirement} did not convict again from the "
            f"operations named, and {'were' if count > 1 else 'was'} dropped"
        )


def _disagreement(judged: Judgement, other: tuple[Finding, ...] | None) -> Iterable[str]:
    """Say what one of two judges of the history found and the other did not: one of them is wrong."""
    if other is None:
        return
    mine = {(one.requirement, one.rule, one.subject) for tally in judged.tallies.values() for one in tally.findings}
    for requirement, rule, subject in sorted(mine ^ {(one.requirement, one.rule, one.subject) for one in other}):
        yield f"the suite's own error: the judges disagree about {rule} against {requirement}, of {subject}"


def _as_json(finding: Finding) -> dict[str, Json]:
    fields = ("requirement", "rule", "subject", "sentence", "expected", "observed")
    numbers: Json = dict(finding.numbers)
    return {
        **{name: getattr(finding, name) for name in fields},
        "operations": list(finding.operations),
        "numbers": numbers,
    }


def _on_order_alone(judgement: Judgement) -> Iterable[str]:
    """Say what was measured and not judged, because the history's clock may have been set meanwhile."""
    figures = {name: tally.measured.get(ON_ORDER_ALONE, 0) for name, tally in judgement.tallies.items()}
    if any(figures.values()):
        stated = ", ".join(f"{name} ({count})" for name, count in figures.items() if count)
        yield f"signs that rest on the order of a wall clock alone were measured, not judged: {stated}"


def _summaries(of: Gist) -> dict[str, Json]:
    readings: Sequence[catalogue.Reading] = catalogue.readings()
    return {
        "complete": of.complete,
        "lag": lag_summary(of.checked.judgement.lags),
        "traffic": of.sums.traffic.summary(),
        "sensitivity": sensitivity_of(of.sums.watches.found()),
        "readings": [{"id": r.id, "about": r.about, "text": r.text} for r in readings],
    }
