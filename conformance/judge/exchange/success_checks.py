"""The two successes that became 202, and the resource in their bodies (spec, Implementation View)."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.api.payload_schemas import Problem, contract
from conformance.api.routes import Call
from conformance.judge.exchange.facts import Facts, is_json
from conformance.judge.exchange.observation import Seen, Violation
from conformance.model import Json

_ACCEPTED = {
    "create_project": ("project-create-202", "create-project-status", "project-create-body", "create-project-body"),
    "complete_upload": ("complete-202", "complete-status", "complete-body", "complete-body"),
}
SCHEMA = {"create_project": "project", "complete_upload": "upload"}
"""The schema of the resource that each of these calls accepts."""

_BINDING = {"project": frozenset({"id", "kind"}), "upload": frozenset({"id", "kind", "status"})}
"""What a client goes on with: it must be right whatever was asked for. The other fields are habits of a service."""


def accepted(facts: Facts) -> Iterator[Seen]:
    """A success of these calls is a 202 that carries the resource."""
    if not facts.succeeded or facts.call.name not in _ACCEPTED:
        return
    status, status_rule, body, body_rule = _ACCEPTED[facts.call.name]
    right = facts.status == 202
    yield status, None if right else Violation(status_rule, "202", facts.shown, str(facts.status))
    wrong = body_problems(facts)
    expected = f"the {SCHEMA[facts.call.name]} as JSON"
    yield body, Violation(body_rule, expected, f"{facts.shown}: {wrong}", wrong) if wrong else None


def carries(call: Call, body: Json) -> bool:
    """Whether a body is the resource that the call accepts: by schema, and by the upload's id."""
    schema = SCHEMA[call.name]
    return contract(schema).accepts(body) and (schema != "upload" or _is_named(body, call))


def _is_named(body: Json, call: Call) -> bool:
    return str(body["id"]).lower() == call.id.lower()


def _binds(problem: Problem, facts: Facts, schema: str) -> bool:
    """Whether a problem counts: a field that no client needs may show what an invalid request of ours put there.

    An upload shows what its creation asked for, and the request to complete it cannot tell whether that was valid.
    """
    if not problem.field or problem.field in _BINDING[schema]:
        return True
    if not facts.unquestioned:
        return False
    given = facts.body.get(problem.field, facts)
    shown = given is not facts
    return not shown or (schema == "project" and given != facts.echoed.get(problem.field, facts))


def body_problems(facts: Facts) -> str:
    """Say what keeps the body from being the resource; empty when it is."""
    schema = SCHEMA[facts.call.name]
    wrong = [str(problem) for problem in contract(schema).problems(facts.body) if _binds(problem, facts, schema)]
    if not is_json(facts.media):
        wrong.append("the media type is not JSON")
    if schema == "upload" and not wrong and not _is_named(facts.body, facts.call):
        wrong.append("`id` is another upload's")
    return "; ".join(sorted(wrong))
