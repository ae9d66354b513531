"""A history to its run document: judge it, add up, summarise. What `run` and `judge` have in common."""

from __future__ import annotations

import platform
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata

from conformance.api import catalogue
from conformance.api.answers import fits_gateway, is_gateways
from conformance.errors import ExitCode
from conformance.judge import judge_history
from conformance.judge.lag import summary as lag_summary
from conformance.judge.sensitivity import sensitivity
from conformance.model import Conformance, Exchange, History, Json, Judgement, Operation, Role, Run, Tally
from conformance.outcome.coverage import blocked, missing_core
from conformance.outcome.document import document
from conformance.outcome.traffic import traffic
from conformance.outcome.verdicts import Circumstances, conclude, verdicts


@dataclass(frozen=True, slots=True)
class Framing:
    """What a run document says beside its judgement.

    `recorded` is a history judged afterwards, which speaks only of what it exercises; `only` are the ids or globs that
    were selected (none means all); `tallies` come from judges that read something other than the history, such as the
    target's own description; `summaries` are finished sections of the document. `trouble` are the suite's own errors,
    `shortage` says what kept the run from trying everything, such as a spent budget; `remarks` are told as they are.
    """

    effort: str = "recorded"
    recorded: bool = False
    seed: int = 0
    strict: bool = False
    only: tuple[str, ...] = ()
    interrupted: bool = False
    trouble: tuple[str, ...] = ()
    shortage: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    run_id: str = ""
    begun: str = ""
    tallies: Mapping[str, Tally] = field(default_factory=dict)
    summaries: Mapping[str, Json] = field(default_factory=dict)


def now() -> str:
    """Give the present as ISO 8601 in UTC, for a person to read; never for a verdict."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def assemble(history: History, framing: Framing) -> dict[str, Json]:
    """Judge `history` and draw its run document."""
    judgement = judge_history(history)
    tallies = blocked({**judgement.tallies, **framing.tallies}, history.operations)
    chosen = catalogue.select(framing.only) if framing.only else catalogue.requirements()
    given = verdicts(chosen, tallies, strict=framing.strict)
    circumstances = Circumstances(
        strict=framing.strict,
        partial=bool(framing.only),
        recorded=framing.recorded,
        interrupted=framing.interrupted,
        complete=history.complete,
        missing_core=missing_core(tallies, judgement.counters),
        trouble=(*framing.trouble, *framing.shortage, *_gone(history)),
    )
    outcome, reasons = conclude(given, circumstances)
    ended = now()
    run = Run(
        outcome=outcome,
        target=history.target,
        verdicts=given,
        exchanges=len(history.operations),
        effort=framing.effort,
        seed=framing.seed,
        strict=framing.strict,
        partial=circumstances.partial,
        interrupted=framing.interrupted,
        begun=framing.begun or ended,
        ended=ended,
        run_id=framing.run_id or uuid.uuid4().hex[:12],
        versions=versions(),
        reasons=(*reasons, *framing.remarks, *_unsent(history)),
        extras={
            "exit_code": int(exit_code(outcome, framing)),
            "recorded": framing.recorded,
            "missing_core": list(circumstances.missing_core),
            "trouble": list(framing.trouble),
            "shortage": list(framing.shortage),
        },
    )
    return document(run, _evidence(history, judgement), _summaries(history, judgement, framing))


LEAST_UNANSWERED = 10
"""So many requests without any answer at the very end, and the target had gone away before the run was over."""


def exit_code(outcome: Conformance, framing: Framing) -> ExitCode:
    """Say what the process answers with: the user's interrupt, then the suite's own trouble, then the outcome."""
    if framing.interrupted:
        return ExitCode.INTERRUPTED
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


def _evidence(history: History, judgement: Judgement) -> dict[str, Operation]:
    named = {name for tally in judgement.tallies.values() for f in tally.findings for name in f.operations}
    return {operation.id: operation for operation in history.operations if operation.id in named}


def _gone(history: History) -> Iterable[str]:
    """Say that the target did not come back: nothing that its API was asked last was answered."""
    sent = (one.exchange for one in history.operations if not {"withheld", "forbidden"} & one.notes.keys())
    told = [_answered(exchange, history.target.gateway) for exchange in sent if exchange.role is Role.API]
    unanswered = told[::-1].index(True) if True in told else len(told)
    if unanswered >= LEAST_UNANSWERED:
        yield f"the last {unanswered} requests had no answer of the API: the target, or the token, went away"


def _answered(exchange: Exchange, gateway: str) -> bool:
    if exchange.status is None or exchange.failure is not None or (exchange.status == 401 and exchange.user == "owner"):
        return False
    return not (is_gateways(exchange) or fits_gateway(gateway, exchange))


def _unsent(history: History) -> Iterable[str]:
    """Say what the driver would not send, and why: it is no finding, but it may be why something was not observed."""
    notes = [operation.notes for operation in history.operations]
    forbidden = Counter(str(note["forbidden"]) for note in notes if "forbidden" in note)
    for reason, count in forbidden.most_common():
        yield f"signed URLs not followed, {count} times: {reason}"
    withheld = sum("withheld" in note for note in notes)
    if withheld:
        yield f"{withheld} requests were not sent: they could have changed what this run did not make"


def _summaries(history: History, judgement: Judgement, framing: Framing) -> dict[str, Json]:
    readings: Sequence[catalogue.Reading] = catalogue.readings()
    return {
        "complete": history.complete,
        "lag": lag_summary(judgement.lags),
        "traffic": traffic(history.operations),
        "sensitivity": sensitivity(history.operations),
        "readings": [{"id": r.id, "about": r.about, "text": r.text} for r in readings],
        **framing.summaries,
    }
