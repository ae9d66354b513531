"""One run in the controlling process: a target, a history that everybody appends to, then the judgement of it."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from conformance import history
from conformance.driver import check_target, fetch_text
from conformance.driver.recorder import ROOM, RecordError
from conformance.driver.report_folder import dispose, older_ledgers
from conformance.driver.safety.cleaning import Leftover, farewell, left_open, rescue, tidy
from conformance.driver.safety.lost_access import what_ended
from conformance.driver.wire.handshake import shake_hands
from conformance.engine.scenario import Scenario
from conformance.errors import ExitCode
from conformance.model import History, Json, Operation, Tally
from conformance.outcome import target_description
from conformance.outcome.assemble import Framing, Gist, drawn, gist, now, versions
from conformance.outcome.document import write
from conformance.reference.launch import launch
from conformance.run import phases
from conformance.run.plan_summaries import covered, lacking, rested, skipped
from conformance.run.report_writers import draw
from conformance.run.stopping import clean_command
from conformance.run.unstarted import REPORT, reporting
from conformance.settings import consent
from conformance.settings.costs import COSTS
from conformance.settings.credentials import Credentials
from conformance.settings.run_settings import Settings

__all__ = ["CHALLENGE", "DESCRIPTION", "REPORT", "Running", "recover"]

DESCRIPTION = "target-description.txt"
CHALLENGE = "challenge.json"


def description_of(settings: Settings) -> str | None:
    """Return the text of the target's own API description; None where none was named.

    Raises:
        UsageError: the description cannot be had.
    """
    source = settings.target_openapi
    if not source:
        return None
    return fetch_text(source, settings) if "://" in source else target_description.read(Path(source))


def tls_peer(settings: Settings) -> str:
    """Return the certificate (DER, in base64) that the target shows over TLS; empty where none can be seen."""
    shaken = settings.target.base_url.startswith("https:") and settings.network.proxy is None
    return base64.b64encode(shake_hands(settings).certificate).decode() if shaken else ""


def recover(settings: Settings, *, interrupted: bool, trouble: str, clean: bool = True) -> None:
    """End a run whose process went away before it could: clean up, and report on the history as far as that goes.

    Without `clean`, what is there is left and only named: its operator pressed twice.
    """
    if not settings.history_path.exists():
        settings.report_dir.mkdir(parents=True, exist_ok=True)
        settings.history_path.write_bytes(history.encode_header(settings.target, {"run_id": settings.run_id}))
    run = Running(settings, leftovers=rescue(settings).leftovers if clean else left_open(settings))
    run.remark(*farewell(run.leftovers, settings.ledger_path, settings))
    dispose(settings)
    run.report(interrupted=interrupted, trouble=(trouble,) if trouble else ())


def _unreported(full: OSError, trouble: Iterable[str], remarks: Iterable[str]) -> RecordError:
    """Return what is said on the screen where no report can say it; one reason for both is said once."""
    why, before = full.strerror or str(full), "; ".join(trouble)
    said = (before,) if why in before else (before, f"no report could be written: {why}.")
    remedy = (*(() if ROOM in before else (ROOM,)), *remarks)
    return RecordError("; ".join(filter(None, said)), remedy=" ".join(remedy))


@dataclasses.dataclass(frozen=True, slots=True)
class Tried:
    """The scenarios that a run tried. It is `partial` if it left others of its effort out."""

    scenarios: tuple[Scenario, ...] = ()
    partial: bool = False

    @property
    def exercises(self) -> frozenset[str] | None:
        """The requirements that a partial run speaks of; None for all."""
        return frozenset(name for one in self.scenarios for name in one.requirements) if self.partial else None


class Running:
    """A run from its first to its last step, in a report folder that was made ready.

    `start` may be called by several hooks; it acts once.

    `recorded` makes its outcome speak only of what was exercised, as for the replay of a single plan; `inputs` are
    files in the folder that are not this run's; `leftovers` are known beforehand only where there is nothing left to
    run.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        recorded: bool = False,
        inputs: tuple[Path, ...] = (),
        leftovers: tuple[Leftover, ...] = (),
    ) -> None:
        self.settings = settings
        self._recorded = recorded
        self._inputs = inputs
        self.begun = now()
        self.started = False
        self._closed = False
        self._open = contextlib.ExitStack()
        self._remarks: tuple[str, ...] = ()
        self._never_worked = False
        self._described: dict[str, Tally] = {}
        self.leftovers = leftovers
        self._tried = Tried()

    def start(self) -> Settings:
        """Bring the target up if it is ours, look whether it answers, and open the history.

        A run that cannot begin says so in its report folder, in place of what an older run had left there.

        Raises:
            UsageError: the target is not on this machine, and nobody consented to writing there.
            TargetUnreachableError: nothing answers there.
            CredentialsRefusedError: the target refuses the credentials.
        """
        if not self.started:
            with reporting(self.settings.report_dir, self.settings.target, framing=self._framing()):
                self._begin()
            self.started = True
        return self.settings

    def _begin(self) -> None:
        if not self.settings.target.base_url:
            self.settings = self._embedded()
        consent.require(self.settings, COSTS)
        check_target(self.settings)
        description = description_of(self.settings)
        self._described = target_description.judged(description, source=self.settings.target_openapi)
        self._open_history()
        self._keep_beside(description)

    def remark(self, *sentences: str) -> None:
        """Have the outcome's reasons end with these sentences."""
        self._remarks += sentences

    def abandon(self) -> None:
        """Stop what was started for a run that could not begin."""
        self._open.close()

    def _embedded(self) -> Settings:
        server = self._open.enter_context(launch(seed=self.settings.seed))
        target = dataclasses.replace(self.settings.target, base_url=server.base_url, embedded=True, second_user=True)
        given = Credentials.of({"api_token": server.token, "other_api_token": server.other_token})
        return dataclasses.replace(self.settings, target=target, credentials=given)

    def _open_history(self) -> None:
        settings = self.settings
        self._remarks = tuple(
            f"an older run in this folder may have left things behind; to look again: {clean_command(older)}"
            for older in older_ledgers(settings.report_dir)
        )
        fields = {
            "run_id": settings.run_id,
            "begun": self.begun,
            "effort": settings.effort,
            "seed": settings.seed,
            "only": list(settings.only),
            "scenario": list(settings.scenario),
            "suite": versions()["suite"],
            "workers": settings.workers,
            "nonce": settings.nonce,
            "challenge": hashlib.sha256(settings.challenge.encode()).hexdigest() if settings.challenge else "",
            "tls_peer": tls_peer(settings),
        }
        settings.history_path.write_bytes(history.encode_header(settings.target, fields))

    def _keep_beside(self, description: str | None) -> None:
        """Keep what judging again needs beside the history: the target's description, and the challenge."""
        for name, text in ((DESCRIPTION, description), (CHALLENGE, self.settings.challenge)):
            path = self.settings.report_dir / name
            path.unlink(missing_ok=True)
            if text:
                path.write_text(text, encoding="utf-8", newline="")

    def finish(
        self,
        *,
        interrupted: bool,
        trouble: tuple[str, ...] = (),
        shortage: tuple[str, ...] = (),
        tried: Tried = Tried(),
        clean: bool = True,
    ) -> dict[str, Json]:
        """Close the history, judge it, write the document and draw the reports from it.

        `trouble` are the suite's own errors; `shortage` says what kept the run from trying everything it was asked to.
        Without `clean`, what is at the target is left there and only named.
        """
        self._tried = tried
        if ended := what_ended(self.settings):
            shortage = tuple(dict.fromkeys((str(ended), *shortage)))
            self._never_worked = ended.exit_code is ExitCode.UNREACHABLE
        try:
            phases.enter(self.settings, "cleaning")
            self.leftovers = tidy(self.settings).leftovers if clean else left_open(self.settings)
            self.remark(*farewell(self.leftovers, self.settings.ledger_path, self.settings))
            self._close_history(interrupted=interrupted)
            phases.enter(self.settings, "judging")
            return self.report(interrupted=interrupted, trouble=trouble, shortage=shortage)
        finally:
            dispose(self.settings)
            self._open.close()

    def report(
        self, *, interrupted: bool, trouble: tuple[str, ...] = (), shortage: tuple[str, ...] = ()
    ) -> dict[str, Json]:
        """Judge the history as it is on disk, write the document and draw the reports from it.

        Raises:
            RecordError: they cannot be written; says what went wrong before, and what is left at the target.
        """
        document = self._document(interrupted=interrupted, trouble=trouble, shortage=shortage)
        try:
            write(document, self.settings.report_dir / REPORT)
            phases.enter(self.settings, "drawing the reports")
            draw(document, self.settings.report_dir)
        except OSError as full:
            (self.settings.report_dir / REPORT).unlink(missing_ok=True)  # no verdict without all that shows it
            raise _unreported(full, trouble, self._remarks) from full
        return document

    def _close_history(self, *, interrupted: bool) -> None:
        if self._closed:
            return
        self._closed = True
        if not self.settings.history_path.read_bytes().endswith(b"\n"):
            return  # a line cut by a full disk or a killed worker: the history has no end, and its judgement says so
        with self.settings.history_path.open("ab") as file:
            ended = sum(1 for entry in self._entries() if isinstance(entry, Operation))
            file.write(history.encode_end(ended, interrupted=interrupted, ended=now()))

    def _entries(self) -> Any:
        return history.lines(self.settings.history_path)

    def _document(self, *, interrupted: bool, trouble: tuple[str, ...], shortage: tuple[str, ...]) -> dict[str, Json]:
        parts = list(self._parts())
        framing = dataclasses.replace(
            self._framing(),
            scenarios=tuple(scenario.name for scenario in self._tried.scenarios),
            exercises=self._tried.exercises,
            interrupted=interrupted,
            trouble=trouble,
            tallies=self._described,
            remarks=(*self._remarks, *lacking(parts), *skipped(parts)),
            shortage=shortage,
            never_worked=self._never_worked,
            summaries=self._summaries(parts),
        )
        return drawn(self._judged(), framing)

    def _judged(self) -> Gist:
        """Read, classify and judge the history as it is on disk."""
        return gist(self.recorded())

    def recorded(self) -> History:
        """Read the history as it is on disk."""
        return history.read(self.settings.history_path)

    def _framing(self) -> Framing:
        settings = self.settings
        return Framing(
            effort=settings.effort,
            recorded=self._recorded,
            seed=settings.seed,
            strict=settings.strict,
            only=settings.only,
            reports=settings.report,
            catalogue=settings.catalogue,
            run_id=settings.run_id,
            begun=self.begun,
            options=settings.options,
        )

    def _summaries(self, parts: Sequence[Mapping[str, Json]]) -> dict[str, Json]:
        from conformance.fuzz.fuzz_log import gather  # noqa: PLC0415 - schemathesis takes half a second to import

        digest = hashlib.sha256(self.settings.history_path.read_bytes()).hexdigest()
        crossed = covered(parts, self._tried.scenarios, self.settings.effort)
        return {
            "history": {"path": self.settings.history_path.name, "sha256": digest},
            "leftovers": [dataclasses.asdict(leftover) for leftover in self.leftovers],
            "fuzz": gather(self.settings.report_dir),
            "plans": [plan for part in parts for plan in part["plans"]],
            "closing": rested(parts, self.settings.target.converge_within_s),
            **({"combinations": crossed} if crossed else {}),
        }

    def _parts(self) -> Iterator[dict[str, Json]]:
        """Read what each worker process wrote of its plans."""
        others = {os.path.realpath(path) for path in self._inputs}
        for path in sorted(self.settings.report_dir.glob("plans-*.json")):
            if os.path.realpath(path) not in others:
                yield json.loads(path.read_text(encoding="utf-8"))
