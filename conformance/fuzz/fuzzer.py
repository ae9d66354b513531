"""One process's share of the fuzzing: questions asked through the driver, answers looked at twice and written down."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from schemathesis.core.failures import FailureGroup

from conformance.api.answers import Classified
from conformance.api.classifier import Classifier
from conformance.driver import BudgetError, Driver
from conformance.fuzz import hostile, openapi_document
from conformance.fuzz.cases import Case, draw
from conformance.fuzz.exemptions import Failing, reason
from conformance.fuzz.fuzz_efforts import EFFORTS
from conformance.fuzz.fuzz_log import Notebook
from conformance.fuzz.fuzz_requests import Question, heard, question
from conformance.fuzz.fuzz_scenario import FuzzScenario, Kind
from conformance.fuzz.links import walk
from conformance.fuzz.seeds import KINDS, STATES, Aim, SeedRoom
from conformance.interrupts import heed
from conformance.judge.exchange import Examiner
from conformance.model import Json, Operation

_BODY_STATES = ("good", "pending", "failed", "open", "unknown")
_LIVES = 40
"""Requests to a deleting call after which there is something to delete again."""
_WITH_PROVIDER = 6
"""One in so many uploads names a storage provider, which the target will not know."""
_BY_ITSELF = ("ignored_auth",)
"""Checks of schemathesis that send requests of their own, past the driver; `no-token-401` stands in for them."""


@dataclass(slots=True)
class Campaign:
    """What one worker process fuzzes with; shared by its tests."""

    driver: Driver
    notebook: Notebook = field(init=False)
    _examiner: Examiner = field(init=False)
    _classify: Classifier = field(init=False)
    _rooms: dict[str, SeedRoom] = field(default_factory=dict)
    _filling: dict[str, Future[None]] = field(default_factory=dict)
    _scenario: str = ""

    def __post_init__(self) -> None:
        settings = self.driver.settings
        self.notebook = Notebook(self.driver.worker, settings.target.base_url)
        self._examiner = Examiner()
        self._classify = Classifier(settings.target, cautious=True)

    def provoke(self, scenario: FuzzScenario) -> None:
        """Try one scenario; what it came to is in the history, and in the notes of this process."""
        self._scenario = scenario.name
        begun, share = time.monotonic(), scenario.share.at(self.driver.settings.effort)
        try:
            {Kind.CALL: self._call, Kind.HOSTILE: self._hostile, Kind.LINKS: self._walks}[scenario.kind](
                scenario, share
            )
        except BudgetError:
            self.notebook.cut.add(f"{_session(scenario)}: the run's budget was spent")
        finally:
            self.notebook.seconds += time.monotonic() - begun
            self._write()
            self._scenario = ""

    def _call(self, scenario: FuzzScenario, count: int) -> None:
        settings, name = self.driver.settings, scenario.subject
        drawn = draw(settings.target.base_url, name, count, settings.seed)
        self._asking(_session(scenario), self._aimed(name, drawn.plain, drawn.others, count))

    def _hostile(self, scenario: FuzzScenario, count: int) -> None:
        asked = hostile.questions(scenario.subject, self.room("hostile"), count, self.driver.settings.seed)
        self._asking(_session(scenario), ((question, None) for question in asked))

    def _walks(self, scenario: FuzzScenario, count: int) -> None:
        settings, effort = self.driver.settings, EFFORTS[self.driver.settings.effort]
        begun, session = time.monotonic(), _session(scenario)

        def ask(asked: Question, case: Case, recorder: Any) -> Operation | None:
            if time.monotonic() > begun + effort.seconds:
                self.notebook.cut.add(f"{session}: {effort.seconds:g} s were over")
                return None
            return self.ask(asked, case, session, recorder)

        walk(
            settings.target.base_url,
            settings.seed,
            walks=count,
            steps=effort.steps,
            aim=self._aim,
            ask=ask,
            name=self.driver.name,
        )

    def seed(self) -> None:
        """Begin to fill every room, side by side and beside whatever else goes on: none is used before it is full."""
        deleting = (name for name in openapi_document.calls() if openapi_document.form(name)[0] == "DELETE")
        names = ("reads", "writes", "hostile", *deleting)
        pool = ThreadPoolExecutor(len(names), "seeds")
        for name in names:
            self._filling[name] = pool.submit(self._seed_room(name).fill)
        pool.shutdown(wait=False)

    def room(self, name: str) -> SeedRoom:
        """Give the seeds of a room, full if it was seeded.

        Raises:
            BudgetError: the run's budget was spent over the filling.
        """
        if name in self._filling:
            self._filling.pop(name).result()
        return self._seed_room(name)

    def _seed_room(self, name: str) -> SeedRoom:
        return self._rooms.setdefault(name, SeedRoom(self.driver, name))

    def close(self) -> None:
        """End the filling that nobody waits for any more, and write the notes down."""
        for room in self._rooms.values():
            room.over.set()
        wait(self._filling.values())
        self._write()

    def _write(self) -> None:
        for room in self._rooms.values():
            self.notebook.missing |= room.missing
        self.notebook.write(self.driver.settings.report_dir)

    def ask(self, asked: Question, case: Case | None, session: str, recorder: Any = None) -> Operation:
        """Send one question, look at its answer, and write both down."""
        operation = self._send(asked, session)
        how = f"{case.meta.phase.name.value} {case.meta.generation.mode.value}" if case is not None else "hostile"
        of = self._classify(operation)
        self.notebook.answered(operation, of, asked.state, how)
        for requirement, violation in self._examiner.examine(operation, of):
            if violation:
                self.notebook.violated(requirement, violation, operation, of)
        if case is not None:
            self._validate(asked, case, operation, of, recorder)
        return operation

    # ---- below

    def _asking(self, name: str, plan: Iterator[tuple[Question, Case | None]]) -> None:
        begun, seconds = time.monotonic(), EFFORTS[self.driver.settings.effort].seconds
        for asked, case in plan:
            self.ask(asked, case, name)
            if time.monotonic() > begun + seconds:
                self.notebook.cut.add(f"{name}: {seconds:g} s were over")
                break

    def _aimed(self, name: str, plain: Case, others: tuple[Case, ...], count: int) -> Iterator[tuple[Question, Case]]:
        states = STATES[_kind(name)] if _kind(name) else _BODY_STATES if name == "create_file" else ("",)
        cases = [*([plain] * len(states)), *others][: max(count, len(states) + 1)]
        for number, case in enumerate(cases):
            aim, ids = self._aim(name, number)
            yield question(name, case, aim, ids, self.driver.name()), case

    def _aim(self, name: str, number: int) -> tuple[Aim | None, Json]:
        """Give what request `number` of a call is aimed at, one state after the other: a path's id, a body's ids."""
        method, kind = openapi_document.form(name)[0], _kind(name)
        if not kind:
            return self._body(name, number)
        if method != "DELETE":
            room = self.room("reads" if method == "GET" else "writes")
            return room.aim(kind, STATES[kind][number % len(STATES[kind])]), self._body(name, number)[1]
        room = self.room(name)
        if number % _LIVES == _LIVES - 1:
            room.forget()
        # Forbidden and unknown ones first: afterwards everything is deleted.
        return room.aim(kind, STATES[kind][::-1][number % len(STATES[kind])]), {}

    def _body(self, name: str, number: int) -> tuple[Aim | None, Json]:
        """Give the ids that a documented body needs to mean something, in every state; None leaves a field out."""
        if name == "create_upload":
            return None, {} if number % _WITH_PROVIDER == 0 and number else {"storage_provider": None}
        if name not in ("create_file", "update_file"):
            return None, {}
        room = self.room("writes")
        upload = room.aim("upload", _BODY_STATES[number % len(_BODY_STATES)])
        named: dict[str, Any] = {"upload": {"id": upload.id}}
        if name == "update_file":
            return upload, named
        return upload, {**named, "parent": {"kind": "dds-project", "id": room.aim("project", "ready").id}}

    def _send(self, asked: Question, session: str) -> Operation:
        heed()
        client = self.driver.client(
            session.partition(" ")[0], user=asked.user, scenario=self._scenario or "fuzz", plan=session
        )
        try:
            return client.send(
                asked.method,
                asked.path,
                query=asked.query,
                content=asked.content,
                content_type=asked.content_type,
                headers=asked.headers,
                intent=asked.intent,
                notes={"invented": list(asked.invented)} if asked.invented else {},
            )
        finally:
            client.close()

    def _validate(self, asked: Question, case: Case, operation: Operation, of: Classified, recorder: Any) -> None:
        response = heard(operation, self.driver.settings.target.base_url)
        if response is None:
            return
        if recorder is not None:
            recorder.record_response(case_id=case.id, response=response)
        excluded = schemathesis.checks.CHECKS.get_by_names(list(_BY_ITSELF))
        try:
            case.validate_response(response, excluded_checks=excluded, recorder=recorder)
        except FailureGroup as group:
            for failure in group.exceptions:
                self._failed(asked, failure, operation, of)

    def _failed(self, asked: Question, failure: Any, operation: Operation, of: Classified) -> None:
        name = type(failure).__name__
        message = " ".join(str(failure.title or name).split())
        legal = reason(Failing(name, str(failure), asked, operation.exchange, of))
        if legal:
            self.notebook.filtered[f"{name}: {legal}"] += 1
        else:
            what = f"{message}: {str(failure.message or '').splitlines()[0] if failure.message else ''}"[:200]
            self.notebook.noted(f"schemathesis {name}", what, operation, of)


def _session(scenario: FuzzScenario) -> str:
    """Name the session of a scenario's requests: the call, the group, or the links."""
    names = {Kind.CALL: scenario.subject, Kind.HOSTILE: f"hostile {scenario.subject}", Kind.LINKS: "links"}
    return names[scenario.kind]


def _kind(name: str) -> str:
    template = openapi_document.form(name)[1]
    return KINDS[template.split("/")[1]] if "{id}" in template else ""
