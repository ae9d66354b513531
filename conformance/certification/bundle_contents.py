"""What a bundle says, read once for all checks: the statement, the report, the history, the plans and the ledger."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from conformance import history as histories
from conformance.api.answers import Answer
from conformance.api.classifier import Classifier
from conformance.api.routes import Call
from conformance.certification.members import HISTORY, LEDGER, REPORT, plans
from conformance.certification.statement import Claims
from conformance.certification.unpacking import Bundle
from conformance.driver.safety import ledger as ledgers
from conformance.driver.safety.ledger import Account
from conformance.engine.plan import Plan, plan_from_json
from conformance.engine.plan_model import check
from conformance.errors import SuiteError
from conformance.model import History, Json, Operation, Role
from conformance.outcome.load import load
from conformance.settings.naming import Naming

WHOLE_PLAN = -1
"""The number of the step under which a whole plan is noted as left out."""


class ContentsError(Exception):
    """A member cannot be read; the message says which, and which line of it."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A step that a plan's own record says was not taken: why, and when (monotonic nanoseconds)."""

    verb: str
    why: str
    at_ns: int


@dataclass(frozen=True, slots=True)
class Executed:
    """One executed plan as its run wrote it down; `gaps` are the steps not taken, by actor and number."""

    id: str
    plan: Plan
    gaps: Mapping[tuple[str, int], Gap] = field(default_factory=dict)

    @property
    def left_out(self) -> bool:
        """Whether the whole plan was left out."""
        return ("", WHOLE_PLAN) in self.gaps


class Transcript:
    """The operations of a history, found by id, by plan, by step of a plan, and by what gave a signed URL."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations = operations
        self.by_id = {operation.id: operation for operation in operations}
        self.of_plan: dict[str, list[Operation]] = defaultdict(list)
        self.fetched: dict[str, list[Operation]] = defaultdict(list)
        self._steps: dict[tuple[str, str, str], list[Operation]] = defaultdict(list)
        for operation in sorted(operations, key=lambda operation: operation.a_ns):
            self.of_plan[operation.plan].append(operation)
            if operation.exchange.role is Role.STORAGE:
                self.fetched[str(operation.notes.get("url_of", ""))].append(operation)
            if step := operation.notes.get("step"):
                self._steps[operation.plan, speaker(operation), str(step)].append(operation)

    def step(self, plan: str, actor: str, number: int) -> Sequence[Operation]:
        """Return the operations of one step, in the order in which they began."""
        return self._steps.get((plan, actor, str(number)), ())


def speaker(operation: Operation) -> str:
    """Return the actor whose session an operation belongs to."""
    return operation.session.rpartition("/")[2].partition("#")[0]


@dataclass(frozen=True)
class Contents:
    """A bundle with its statement, and what its other members say."""

    bundle: Bundle
    statement: Mapping[str, Any]
    claims: Claims
    report: Mapping[str, Any]
    history: History
    account: Account
    executed: tuple[Executed, ...]
    plan_documents: Sequence[Json]

    @cached_property
    def transcript(self) -> Transcript:
        """The history's operations, arranged."""
        return Transcript(self.history.operations)

    @cached_property
    def classify(self) -> Classifier:
        """What says which call an operation was, and what its answer means: as the run itself had it."""
        return Classifier(self.history.target)

    def asked(self, operation: Operation) -> Call:
        """Return what an operation asked for."""
        return self.classify.call(operation.exchange)

    def stated(self, operation: Operation) -> Answer:
        """Return the class of an operation's answer."""
        return self.classify(operation).answer

    @cached_property
    def naming(self) -> Naming:
        """What draws the names and contents of the run, from the nonce in the history's header."""
        return Naming(str(self.history.header.get("nonce", "")))

    @property
    def ended(self) -> bool:
        """Whether the run came to its end: only then can its plans be there in full."""
        report = self.report
        return not (report["interrupted"] or report.get("shortage") or report.get("trouble") or not report["complete"])


def read(bundle: Bundle, statement: Mapping[str, Any], claims: Claims) -> Contents:
    """Read the members of a bundle.

    Raises:
        ContentsError: one of them cannot be read.
    """
    report = _member(REPORT, lambda: load(bundle.path(REPORT)))
    history = _member(HISTORY, lambda: histories.read(bundle.path(HISTORY)))
    account = _member(LEDGER, lambda: ledgers.read(bundle.path(LEDGER)))
    documents = [one for name in sorted(bundle.digests) if plans(name) for one in _plans_of(bundle, name)]
    executed = tuple(_member("plans", lambda one=one: _executed(one)) for one in documents)
    return Contents(bundle, statement, claims, report, history, account, executed, documents)


def _member(name: str, reading: Any) -> Any:
    try:
        return reading()
    except SuiteError as trouble:
        raise ContentsError(f"{name}: {trouble}") from trouble
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as trouble:
        raise ContentsError(f"{name} is not what a run writes: {type(trouble).__name__}: {trouble}") from trouble


def _plans_of(bundle: Bundle, name: str) -> Sequence[Json]:
    found: Sequence[Json] = _member(name, lambda: json.loads(bundle.read(name))["plans"])
    return found


def _executed(document: Json) -> Executed:
    plan = plan_from_json(document["document"])
    check(plan)
    gaps = {
        (str(one["actor"]), int(one["number"])): Gap(str(one["verb"]), str(one["why"]), int(one["at_ns"]))
        for one in document["unsent"]
    }
    return Executed(str(document["id"]), plan, gaps)
