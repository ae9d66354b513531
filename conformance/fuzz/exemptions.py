"""Legal cases that schemathesis' own checks cannot know of, each with its reason (pure).

Its checks stay on. What is dropped here is dropped by a reason that names the rule of the contract, and counted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from conformance.api.answers import Answer, Classified, Kind
from conformance.api.error_bodies import has_four_fields
from conformance.api.gateways import is_busy
from conformance.api.routes import TOLERATED_NC_CALLS, UNROUTED
from conformance.fuzz.fuzz_requests import Question
from conformance.model import Exchange


@dataclass(frozen=True, slots=True)
class Failing:
    """One failure of one of schemathesis' checks: its type by name, what was asked, and what was answered."""

    name: str
    message: str
    question: Question
    exchange: Exchange
    of: Classified


def _in(failing: Failing, *names: str) -> bool:
    return failing.name in names


def _proxy(failing: Failing) -> bool:
    return failing.of.kind is Kind.FOREIGN


def _throttled(failing: Failing) -> bool:
    return is_busy(failing.exchange) and has_four_fields(failing.exchange.response)


def _tolerated(failing: Failing) -> bool:
    nc = failing.of.answer is Answer.NC and failing.of.call.name in TOLERATED_NC_CALLS
    return _in(failing, "JsonSchemaError") and nc


def _echoed(failing: Failing) -> bool:
    provoked = failing.question.intent != "valid" and failing.of.kind is Kind.SUCCESS
    return _in(failing, "JsonSchemaError") and provoked


def _refused_by_state(failing: Failing) -> bool:
    return _in(failing, "RejectedPositiveData") and failing.exchange.status in (400, 404, 409, 422)


def _not_consistent(failing: Failing) -> bool:
    return _in(failing, "RejectedPositiveData", "EnsureResourceAvailability") and failing.of.answer is Answer.NC


def _lenient(failing: Failing) -> bool:
    return _in(failing, "AcceptedNegativeData", "MissingHeaderNotRejected") and failing.question.user is not None


def _order_of_refusals(failing: Failing) -> bool:
    statuses = (400, 403, 404, 422)
    return _in(failing, "MissingHeaderNotRejected") and failing.exchange.status in statuses


def _eventual_delete(failing: Failing) -> bool:
    return _in(failing, "UseAfterFree") and failing.of.call.name in (
        "show_project",
        "show_file",
        "show_upload",
        "list_uploads",
        "list_versions",
        "show_version",
        "file_url",
        "version_url",
    )


def _more_than_documented(failing: Failing) -> bool:
    known = failing.of.call.name != UNROUTED
    return _in(failing, "AllowHeaderMismatch") or (_in(failing, "UnsupportedMethodResponse") and known)


_REASONS: tuple[tuple[str, Callable[[Failing], bool]], ...] = (
    ("a proxy's, firewall's or HTTP server's own answer is not the API's", _proxy),
    ("throttled: the answer asks to come again later", _throttled),
    ("not consistent where the deployed service is, too: warned of by nc-tolerated-endpoints", _tolerated),
    ("what an invalid request of ours asked for may be shown as it came", _echoed),
    ("not consistent yet: a 404 that is temporary, not a lost resource", _not_consistent),
    ("a valid request may be refused by its resource's state: completed, broken, deleted", _refused_by_state),
    ("invalid data may be accepted: unknown fields and parameters ignored, limits of the document exceeded", _lenient),
    ("which refusal comes first is not stated: bad parameters may be told before a missing token", _order_of_refusals),
    ("the document holds what a target needs: it may allow more methods", _more_than_documented),
    ("a deletion may take effect later: reads of what was deleted may stay 200 for a while", _eventual_delete),
)  # fmt: skip


def reason(failing: Failing) -> str:
    """Give the reason why a failure is legal; empty when it is one."""
    return next((text for text, fits in _REASONS if fits(failing)), "")
