"""The payload rules: what an error must carry, and in which words."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.api.answers import Kind
from conformance.api.error_bodies import NOT_PROVIDED
from conformance.api.payload_schemas import contract
from conformance.judge.exchange.facts import Facts, is_json
from conformance.judge.exchange.observation import Seen, Violation
from conformance.model import Json

_NC_WORDS = (
    "resource changes are still being processed by system",
    "this is a temporary state that will eventually be resolved by the system; please retry request",
)
_INTEGRITY_WORDS = (
    "reported chunk hash/size does not match that computed by StorageProvider",
    "You must begin a new upload process",
)
_SPECIAL = {
    Kind.NOT_CONSISTENT: ("nc-payload", "not-consistent", 404),
    Kind.INTEGRITY: ("integrity-payload", "integrity", 400),
    Kind.INTEGRITY_MISSTATED: ("integrity-payload", "integrity", 400),
}
HINT = "if a gateway in front of the API gave this answer, name it by --gateway REGEX"
"""What a vendor may do about a page that is not the API's."""
_EXPECTED = "JSON with the status as `error`, a non-empty `code`, `reason` and `suggestion`"


def special_payload(facts: Facts) -> Iterator[Seen]:
    """The two new messages: their status, their fields, JSON (spec, New Response Messages)."""
    if facts.kind not in _SPECIAL:
        return
    requirement, schema, status = _SPECIAL[facts.kind]
    wrong = [] if facts.status == status else [f"the status is not {status}"]
    wrong += [*_media(facts), *map(str, contract(schema).problems(facts.body))]
    yield requirement, _payload(facts, requirement, f"{status} with the fields of the specification's example", wrong)


def error_payload(facts: Facts) -> Iterator[Seen]:
    """Every other error: the standard fields, `error` equal to the status, JSON (spec, Implementation View)."""
    if facts.kind is Kind.ERROR and facts.call.name != "app_status":
        requirement = "error-payload" if facts.routed else "error-payload-unrouted"
        yield requirement, _payload(facts, "error-payload", _EXPECTED, _media(facts) + _fields(facts))


def _media(facts: Facts) -> list[str]:
    return [] if is_json(facts.media) else [f"the media type is {facts.media.partition(';')[0] or 'missing'}"]


def _fields(facts: Facts) -> list[str]:
    wrong = [str(problem) for problem in contract("error").problems(facts.body) if problem.where != "error"]
    if isinstance(facts.body, dict) and "error" in facts.body and not equals_status(facts.body["error"], facts.status):
        wrong.append("`error` is not the status")
    return wrong


def equals_status(error: Json, status: int) -> bool:
    """Whether `error` is the status as a number or as a string of its digits."""
    if isinstance(error, str):
        return error == str(status)
    return isinstance(error, int | float) and not isinstance(error, bool) and error == status


def _payload(facts: Facts, rule: str, expected: str, wrong: list[str]) -> Violation | None:
    if not wrong:
        return None
    crime = "; ".join(sorted(wrong))
    hint = "" if isinstance(facts.body, dict | list) or rule != "error-payload" else HINT
    return Violation(rule, expected, f"{facts.shown}: {crime}", crime, hint=hint)


def code(facts: Facts) -> Iterator[Seen]:
    """Other errors carry `not_provided`; the specification foresees others, hence a warning."""
    given = facts.body.get("code") if isinstance(facts.body, dict) else None
    if facts.kind is Kind.ERROR and isinstance(given, str) and given:
        yield (
            "code-not-provided",
            _unless(given == NOT_PROVIDED, Violation("other-code", f"code {NOT_PROVIDED}", facts.shown, given)),
        )


def error_number(facts: Facts) -> Iterator[Seen]:
    """`error` as a number; a string of digits is accepted elsewhere and warned of here."""
    if facts.kind not in (Kind.ERROR, *_SPECIAL) or not isinstance(facts.body, dict):
        return
    error = facts.body.get("error")
    if equals_status(error, facts.status):
        wrong = Violation("error-as-string", "`error` as a JSON number", f"{facts.shown}: a string", "string")
        yield "error-number", _unless(not isinstance(error, str), wrong)


def wording(facts: Facts) -> Iterator[Seen]:
    """The two new messages in the specification's own words."""
    if facts.kind not in _SPECIAL or not isinstance(facts.body, dict):
        return
    given = (facts.body.get("reason"), facts.body.get("suggestion"))
    if all(isinstance(words, str) and words.strip() for words in given):
        rule, words = (
            ("nc-wording", _NC_WORDS) if facts.kind is Kind.NOT_CONSISTENT else ("integrity-wording", _INTEGRITY_WORDS)
        )
        said = " / ".join(str(words) for words in given)
        yield "spec-wording", _unless(given == words, Violation(rule, " / ".join(words), said, rule))


def _unless(interval: bool, violation: Violation) -> Violation | None:  # noqa: FBT001 - reads as a sentence
    return None if interval else violation
