"""The rules that single answers break, as rows of the table: the checks stand in `exchange/`, which adds them up."""

from __future__ import annotations

from conformance.judge.exchange import RULES as SERVED
from conformance.judge.exchange.answer_tallies import Payloads
from conformance.judge.findings import Book
from conformance.judge.rechecks import by_itself
from conformance.judge.rule import Context, Excuse, Need, Rule
from conformance.judge.rules.excuses import (
    ANOTHER_RULES,
    ASKED_TO_WAIT,
    DIGITS,
    FIREWALLS_PAGE,
    GATEWAYS_OWN,
    NOT_THE_APIS_ROUTE,
    OPERATORS_GATEWAY,
    ORDINARY_VALIDATION,
    OTHER_METHOD,
    REFUSED_FIRST,
    SEEN_ONCE,
)

_LASTING = frozenset(
    {
        "project-create-202", "project-create-body", "complete-202", "complete-body", "integrity-payload",
        "error-payload", "nc-payload", "nc-only-extended", "nc-unknown-id", "integrity-only-url",
    }
)  # fmt: skip
"""Requirements that one answer breaks for good; other answers are read anew when more is known."""
_OCCASIONS = {
    "no-5xx-legal": "legal requests answered",
    "invalid-no-5xx": "invalid requests answered",
    "complete-no-integrity": "completions of bad uploads",
}
_EXCUSES: dict[str, tuple[Excuse, ...]] = {
    "error-payload": (NOT_THE_APIS_ROUTE, DIGITS),
    "no-5xx-legal": (SEEN_ONCE, ANOTHER_RULES, ASKED_TO_WAIT),
    "invalid-no-5xx": (ASKED_TO_WAIT,),
    "nc-only-extended": (OTHER_METHOD,),
    "integrity-only-url": (ORDINARY_VALIDATION, OTHER_METHOD),
    "no-token-401": (REFUSED_FIRST,),
}


def single_answers(payloads: Payloads, context: Context, book: Book) -> None:
    """Add up what single answers show."""
    payloads.conclude(book, context.answered_elsewhere)


RULES = tuple(
    Rule(
        rule,
        requirement,
        Need.ANSWERS,
        single_answers,
        by_itself,
        occasions=_OCCASIONS.get(requirement, "answers"),
        excuses=(*_EXCUSES.get(requirement, ()), GATEWAYS_OWN, OPERATORS_GATEWAY, FIREWALLS_PAGE),
        lasting=requirement in _LASTING,
    )
    for rule, requirements in SERVED.items()
    for requirement in requirements
)
