"""Who is let in, and who is met with a crash."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.api.answers import Kind
from conformance.api.routes import TOKENLESS_CALLS, UNROUTED
from conformance.api.statuses import BEFORE_TOKEN_STATUSES
from conformance.judge.exchange.facts import Facts
from conformance.judge.exchange.observation import Seen, Violation


def token(facts: Facts) -> Iterator[Seen]:
    """Without a token, or with a bad one, the answer is 401 (a warning: the specification gives no precedence)."""
    spoken_for = facts.user in ("owner", "other", "somebody")
    if spoken_for or facts.call.name in TOKENLESS_CALLS or not tells_of_access(facts):
        return
    right = facts.status == 401
    yield "no-token-401", None if right else Violation("answer-without-token", "401", facts.shown, facts.call.name)


def tells_of_access(facts: Facts) -> bool:
    """Whether an answer shows what the server made of the token: others may come before it is looked at."""
    if facts.status == 401 or facts.succeeded or facts.kind is Kind.NOT_CONSISTENT:
        return True
    if facts.status in BEFORE_TOKEN_STATUSES:
        return facts.avowed and not facts.invented and facts.needed
    return facts.status == 403


def server_error(facts: Facts) -> Iterator[Seen]:
    """No 5xx on a legal request (counts when repeated), none on an invalid one (counts always)."""
    if facts.kind in (Kind.FOREIGN, Kind.NOT_CONSISTENT) or facts.throttled or facts.call.name == "app_status":
        return
    legal = facts.valid and facts.call.name != UNROUTED
    if facts.status in (501, 505) and (facts.call.name == UNROUTED or not facts.needed):
        return
    requirement, rule = ("no-5xx-legal", "server-error") if legal else ("invalid-no-5xx", "server-error-on-invalid")
    expected = "an answer below 500" if legal else "success or a 4xx error payload"
    wrong = Violation(rule, expected, facts.shown, facts.call.name)
    yield requirement, wrong if facts.status >= 500 else None
