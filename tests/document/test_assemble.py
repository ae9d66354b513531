"""A history to its document: what keeps a run from claiming that the target conforms."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.model import Exchange, Failure, History, Octets, Operation, Role, Target
from conformance.outcome.assemble import Framing, assemble
from conformance.outcome.sums import LEAST_UNANSWERED

TARGET = Target("http://127.0.0.1:4567/api/v1")

JSON = {"content-type": "application/json"}
DENIED = {"error": 401, "code": "not_provided", "reason": "token", "suggestion": "renew it"}


def history(*answers: int | None) -> History:
    """Give a history of reads, each answered with a status or, with None, by nobody."""
    operations = []
    for place, status in enumerate(answers):
        failure = None if status else Failure.REFUSED
        exchange = Exchange("GET", "/api/v1/projects", "127.0.0.1:4567", status=status, failure=failure, headers=JSON)
        operations.append(Operation(f"o{place}", "reader", 10 * place, 10 * place + 1, exchange))
    return History(tuple(operations), TARGET)


@pytest.mark.parametrize("silent", [LEAST_UNANSWERED, 3 * LEAST_UNANSWERED])
def test_a_target_that_did_not_come_back_leaves_the_run_incomplete(silent: int) -> None:
    """What it might have answered nobody knows."""
    document = assemble(history(200, 200, *[None] * silent), Framing())
    assert document["outcome"] == "incomplete"
    assert any(f"the last {silent} requests had no answer" in reason for reason in document["reasons"])


def test_a_few_failures_at_the_very_end_are_no_silence() -> None:
    """They may happen on any road."""
    assert not _silence(history(200, *[None] * (LEAST_UNANSWERED - 1)))


def test_a_target_that_came_back_and_requests_that_were_not_sent_are_no_silence() -> None:
    """One answer is enough; what the driver withheld nobody could answer."""
    assert not _silence(history(200, *[None] * 30, 200))
    retained = history(200, *[None] * 30)
    withheld = tuple(replace(one, notes={"withheld": "not ours"}) for one in retained.operations[1:])
    assert not _silence(replace(retained, operations=(retained.operations[0], *withheld)))


def test_a_gateway_that_speaks_for_a_target_that_is_gone_is_no_answer() -> None:
    """Nor is a token that is refused from then on, or bytes from the storage provider."""
    retained = history(200, *[200] * 30)
    for changed in (
        {"status": 502, "response": Octets(4, "0" * 32, "<ht>")},
        {"status": 401, "user": "owner", "response": DENIED},
        {"status": 200, "failure": Failure.CUT},
        {"failure": Failure.REFUSED, "status": None},
    ):
        last = tuple(replace(one, exchange=replace(one.exchange, **changed)) for one in retained.operations[1:])  # type: ignore[arg-type]
        assert _silence(replace(retained, operations=(retained.operations[0], *last)))
        stored = replace(retained.operations[0], exchange=replace(retained.operations[0].exchange, role=Role.STORAGE))
        assert _silence(replace(retained, operations=(retained.operations[0], *last, stored)))
    assert not _silence(retained)


def _silence(retained: History) -> bool:
    return any("had no answer" in reason for reason in assemble(retained, Framing())["reasons"])


def test_a_second_users_token_that_ended_is_said_and_fails_nothing() -> None:
    """Only where it was accepted before: a target that never took it was told so before the run."""

    def stated(*answers: int) -> bool:
        others = [replace(one, exchange=replace(one.exchange, user="other")) for one in history(*answers).operations]
        return any("its token may have ended" in reason for reason in
                   assemble(History(tuple(others), TARGET), Framing())["reasons"])  # fmt: skip

    assert stated(200, *[401] * LEAST_UNANSWERED)
    assert not stated(200, *[401] * (LEAST_UNANSWERED - 1))
    assert not stated(*[401] * 50)
    assert not stated(200, *[401] * 50, 403)
