"""Whether the reason why a step was not sent can be true, by the history itself."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.api.answers import Answer
from conformance.certification.bundle_contents import Contents, Executed, Gap
from conformance.certification.fidelity.calls_lacking import unoffered
from conformance.certification.fidelity.size_reasons import affordable, further_store, too_small
from conformance.engine.plan import (
    COMMON,
    NEVER_MADE,
    NO_FILE,
    NO_FURTHER_STORE,
    NO_SECOND_USER,
    NO_SIGNED_URL,
    NOT_OFFERED,
    NOTHING_RETAINED,
    SECOND_USERS,
    TOO_LARGE,
    TOO_MANY_BYTES,
    WITH_RIGHTS,
    Actor,
    Step,
)
from conformance.engine.plan_model import awaits, bound_by
from conformance.model import Json, Operation

_MAKES = {"create_project": "create_project", "create_upload": "create_upload"} | {
    "attach": "create_file",
    "new_version": "update_file",
    "create_folder": "create_folder",
    "grant": "grant_permission",
}

_UNSEEN = frozenset({(NOTHING_RETAINED, "put_again"), (NO_FILE, "promote")})
"""Reasons that no history contradicts, by the verb that may give them."""


def unbelievable(contents: Contents, executed: Executed, actor: Actor, step: Step, gap: Gap) -> str:  # noqa: PLR0911 - a list of cases
    """Return what contradicts a reason, as a clause; empty when the reason can be true."""
    if gap.why == NO_SECOND_USER:
        needed = actor.user in SECOND_USERS or step.verb == "grant"
        return "" if needed and not contents.history.target.second_user else "there was one"
    if gap.why.startswith(NOT_OFFERED):
        return unoffered(contents, gap)
    if (gap.why, step.verb) in _UNSEEN:
        return ""
    if gap.why == NO_SIGNED_URL and step.verb == "put_whole":
        made = _making(contents, executed, str(step.args.get("upload", "")))
        return "" if made is None or _field(made, "signed_url") is None else f"{made.id} gave one"
    if gap.why == TOO_LARGE and step.verb in ("put_part", "put_whole"):
        return too_small(executed.plan, step, _making(contents, executed, str(step.args.get("upload", ""))))
    if gap.why == TOO_MANY_BYTES and step.verb == "create_upload":
        return affordable(step, contents.report.get("options") or {})
    if gap.why == NO_FURTHER_STORE and step.verb == "create_upload":
        return further_store(step, contents.report.get("options") or {}, _house(contents, executed))
    if not gap.why.startswith(NEVER_MADE):
        return "no run gives that reason"
    symbol = gap.why.removeprefix(NEVER_MADE)
    if symbol not in set(awaits(actor, step)):
        return f"the step does not need {symbol}"
    made = _common(contents, executed) if symbol == COMMON else _making(contents, executed, symbol)
    return f"{made.id} had made it" if made is not None and (made.b_ns or made.a_ns) < gap.at_ns else ""


def _making(contents: Contents, executed: Executed, symbol: str) -> Operation | None:
    """Return the operation that gave a symbol its meaning; None when nothing did."""
    for actor in executed.plan.actors:
        for number, step in enumerate(actor.steps):
            if symbol in bound_by(step):
                operations = contents.transcript.step(executed.id, actor.name, number)
                found = [one for one in operations if contents.asked(one).name == _MAKES.get(step.verb)]
                return found[-1] if found and _binds(contents, step.verb, actor, found[-1]) else None
    return None


def _binds(contents: Contents, verb: str, actor: Actor, operation: Operation) -> bool:
    if contents.stated(operation) is not Answer.DONE:
        return False
    if verb == "grant":
        return True
    if not _is_id(_field(operation, "id")):
        return False
    if verb == "create_upload":
        return actor.user in WITH_RIGHTS
    if verb in ("attach", "new_version"):
        version = _field(operation, "current_version")
        return isinstance(version, dict) and isinstance(version.get("id"), str)
    return True


def _common(contents: Contents, executed: Executed) -> Operation | None:
    """Return the operation after which the common project could be used; None if it never could."""
    for operation in _house(contents, executed):
        if contents.asked(operation).name == "create_upload" and contents.stated(operation) is Answer.DONE:
            return operation
    return None


def _house(contents: Contents, executed: Executed) -> Sequence[Operation]:
    """Return what was done for all plans of the campaign."""
    return contents.transcript.of_plan.get(executed.id.rsplit("-", 2)[0] + "-house", ())


def _is_id(value: Json) -> bool:
    return isinstance(value, str) and bool(value) and value.isprintable()


def _field(operation: Operation, name: str) -> Json:
    body = operation.exchange.response
    return body.get(name) if isinstance(body, dict) else None
