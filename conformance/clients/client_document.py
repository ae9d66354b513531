"""From trials to the run document of a client: the same document, and so the same reports and gates, as of a server."""

from __future__ import annotations

import shlex
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

from conformance import history
from conformance.api import catalogue
from conformance.api.classifier import classify_all
from conformance.clients.client_judge import judge_client, missing_core, rows
from conformance.clients.client_rules.sightings import SERVER
from conformance.clients.client_trials import Trial
from conformance.clients.harness.one_trial import ClientUnderTest
from conformance.errors import ExitCode
from conformance.model import Conformance, Json, Run, Target, Verdict
from conformance.outcome.assemble import now, versions
from conformance.outcome.document import document
from conformance.outcome.traffic import traffic
from conformance.outcome.verdicts import Circumstances, conclude, verdicts

EFFORT = "standard"


def assemble_client(  # noqa: PLR0913 - each says another thing of the run
    client: ClientUnderTest,
    trials: Sequence[Trial],
    *,
    begun: str,
    strict: bool,
    partial: bool,
    reports: tuple[str, ...] = (),
) -> dict[str, Json]:
    """Judge trials and draw their run document.

    `partial` says that only some scenarios were chosen; `reports` are those asked for beside the usual ones.
    """
    given = verdicts(catalogue.requirements(catalogue.CLIENT), judge_client(trials), strict=strict)
    circumstances = Circumstances(strict=strict, missing_core=missing_core(trials), trouble=tuple(_trouble(trials)))
    outcome, reasons = conclude(given, circumstances)
    operations = [operation for trial in trials for operation in trial.operations]
    run = Run(
        outcome=outcome,
        target=Target(base_url=shlex.join(client.command), converge_within_s=_limit_s(client, trials)),
        verdicts=given,
        exchanges=len(operations),
        effort=EFFORT,
        seed=client.seed,
        strict=strict,
        partial=partial,
        interrupted=False,
        begun=begun,
        ended=now(),
        run_id=uuid.uuid4().hex[:12],
        versions=versions(),
        reasons=reasons,
        extras={
            "exit_code": int(_exit_code(outcome, circumstances)),
            "recorded": False,
            "missing_core": list(circumstances.missing_core),
            **({"further_reports": list(reports)} if reports else {}),
            "role": catalogue.CLIENT,
            "client": _client(client, trials, given, strict=strict),
        },
    )
    classes = classify_all(operations, SERVER)
    summaries = {"complete": True, "traffic": traffic(operations, classes), "readings": []}
    pairs = zip(operations, classes, strict=True)
    return document(run, {operation.id: (operation, of) for operation, of in pairs}, summaries)


def _trouble(trials: Sequence[Trial]) -> list[str]:
    return [f"{trial.scenario.name}: {trial.trouble}" for trial in trials if trial.trouble]


def _limit_s(client: ClientUnderTest, trials: Sequence[Trial]) -> float:
    return client.time_limit or max((trial.scenario.time_limit for trial in trials), default=60.0)


def _exit_code(outcome: Conformance, circumstances: Circumstances) -> ExitCode:
    if outcome is Conformance.NONCONFORMANT:
        return ExitCode.NONCONFORMANT
    if circumstances.trouble:
        return ExitCode.SUITE_ERROR
    return ExitCode.CONFORMANT if outcome is Conformance.CONFORMANT else ExitCode.INCOMPLETE


def _client(
    client: ClientUnderTest, trials: Sequence[Trial], given: Sequence[Verdict], *, strict: bool
) -> dict[str, Json]:
    return {
        "command": list(client.command),
        "check": list(client.check),
        "again": _again(client, strict=strict),
        "scenarios": rows(trials, given),
    }


def _again(client: ClientUnderTest, *, strict: bool) -> str:
    """Give the command that tries the client again; the scenarios are for a person to choose."""
    words = ["dds-conformance", "client", *(["--strict"] if strict else [])]
    options: Mapping[str, Sequence[object]] = {
        "--setup": client.setup,
        "--env": client.env,
        "--variant": client.variants,
        "--check": [shlex.join(client.check)] if client.check else [],
        "--time-limit": [f"{client.time_limit:g}"] if client.time_limit else [],
        "--seed": [client.seed] if client.seed else [],
    }
    for name, values in options.items():
        words += [word for value in values for word in (name, str(value))]
    return shlex.join([*words, "--", *client.command])


def write_history(client: ClientUnderTest, trials: Sequence[Trial], path: Path, run_id: str) -> None:
    """Write what the servers saw as one history in our format, whose header says that it is a client's."""
    fields = {"run_id": run_id, "begun": now(), "effort": EFFORT, "seed": client.seed, "role": catalogue.CLIENT}
    operations = [operation for trial in trials for operation in trial.operations]
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(history.encode_header(SERVER, fields))
        file.writelines(map(history.encode, operations))
        file.write(history.encode_end(len(operations), interrupted=False, ended=now()))
