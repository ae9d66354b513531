"""A project that was accepted and never takes an upload, in other words than not-consistent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from judge_timeline import SIZE, Scribe, uid
from judged import findings, judged
from review_scenes import at, wrongs

VALID = {"intent": "valid"}
OFTEN = (4, 8, 12, 20, 30, 44)
"""The last is later than the bound of 3.5 s."""


def denied(
    answer: str = "403", ticks: Sequence[int] = OFTEN, *, elsewhere: int = 60, early: str = "", size: int = SIZE
) -> Scribe:
    """Give two projects: the first is refused at those times, the second takes an upload then."""
    scribe = Scribe()
    for n in (1, 2):
        scribe.project("actor", *at(n - 1, n), n=n)
    if early:
        scribe.upload("early", *at(3, 4), early, n=90, notes=VALID)
    for n, tick in enumerate(ticks):
        scribe.upload("actor", *at(tick, tick + 1), answer, n=n, size=size, notes=VALID)
    if elsewhere:
        scribe.upload("other", *at(elsewhere, elsewhere + 1), n=91, project=2, notes=VALID)
    return scribe


@pytest.mark.parametrize("answer", ["403", "400", "409", "410", "422", "423"])
@pytest.mark.parametrize("early", ["", "nc"])
def test_a_project_that_refuses_every_upload_beyond_the_bound_never_converged(answer: str, early: str) -> None:
    """Whether it was waited for before or not."""
    found = [one for one in findings(judged(denied(answer, early=early).history())) if one.rule == "refused-for-good"]
    assert [(one.requirement, len(one.operations)) for one in found] == [("converges-project", 3)]


@pytest.mark.parametrize(
    "scribe",
    [
        pytest.param(denied(ticks=OFTEN[:-1]), id="within the bound"),
        pytest.param(denied(ticks=(4, 44)), id="twice only"),
        pytest.param(denied(elsewhere=0), id="nothing is taken elsewhere"),
        pytest.param(denied(elsewhere=40), id="nothing is taken elsewhere afterwards: a quota"),
        pytest.param(denied(size=SIZE + 1), id="larger than what is taken elsewhere"),
        pytest.param(denied(early="201"), id="one was taken before"),
        pytest.param(denied("429"), id="too many requests"),
        pytest.param(denied("401"), id="a token that ran out"),
        pytest.param(denied("503"), id="a gateway"),
    ],
)
def test_a_refusal_that_may_have_reasons_of_its_own_is_no_proof(scribe: Scribe) -> None:
    """Quotas, limits and load are legal."""
    assert "refused-for-good" not in {one.rule for one in findings(judged(scribe.history()))}


def test_a_content_type_that_is_taken_nowhere_or_a_field_that_is_named_is_another_reason() -> None:
    """Whatever is in what was asked may be why."""
    other, named = denied("422"), denied("400")
    for n, one in enumerate(other.operations):
        if one.exchange.status == 422:
            asked = {**one.exchange.request, "content_type": "text/csv"}
            other.operations[n] = replace(one, exchange=replace(one.exchange, request=asked))
    for n, one in enumerate(named.operations):
        if one.exchange.status == 400:
            told = {**one.exchange.response, "errors": [{"field": "content_type", "message": "is not allowed"}]}
            named.operations[n] = replace(one, exchange=replace(one.exchange, response=told))
    for scribe in (other, named):
        assert "refused-for-good" not in {one.rule for one in findings(judged(scribe.history()))}


def test_who_may_have_lost_the_rights_or_deleted_the_project_may_be_refused() -> None:
    """Neither is the project's own state."""
    path = f"/projects/{uid('pppp', 1)}"
    for call in (("DELETE", path, 204), ("DELETE", f"{path}/permissions/{uid('user', 7)}", 204)):
        scribe = denied()
        method, where, status = call
        scribe.wire("admin", *at(1, 2), method, where, status=status)
        assert wrongs(scribe) == set()


def test_a_change_of_the_project_begins_the_bound_anew() -> None:
    """The change may have begun the wait again."""
    scribe = denied()
    scribe.wire("actor", *at(20, 21), "PUT", f"/projects/{uid('pppp', 1)}", status=200, request={"name": "other"})
    assert wrongs(scribe) == set()


def test_a_refusal_of_somebody_else_tells_nothing_of_the_project() -> None:
    """Another user is not its creator."""
    scribe = Scribe()
    for n in (1, 2):
        scribe.project("actor", *at(n - 1, n), n=n)
    for n, tick in enumerate(OFTEN):
        scribe.upload("stranger", *at(tick, tick + 1), "403", n=n, user="other", notes=VALID)
    scribe.upload("other", *at(60, 61), n=91, project=2, notes=VALID)
    assert wrongs(scribe) == set()


@pytest.mark.parametrize(("late", "convicted"), [(44, True), (30, False)])
def test_a_change_of_the_project_does_not_undo_a_wait_that_was_too_long_before_it(
    late: int, *, convicted: bool
) -> None:
    """What was overdue before the change stays so; what was not may wait anew."""
    scribe = Scribe()
    scribe.project("actor", *at(0, 1))
    scribe.upload("actor", *at(late, late + 1), "nc", notes=VALID)
    scribe.wire("actor", *at(50, 51), "PUT", f"/projects/{uid('pppp', 1)}", status=200, request={"name": "other"})
    scribe.upload("actor", *at(60, 61), "nc", n=2, notes=VALID)
    assert wrongs(scribe) == ({"converges-project"} if convicted else set())


def test_what_may_have_been_deleted_need_not_be_ready_though_it_was_changed_afterwards() -> None:
    """The deletion may explain the wait."""
    scribe = Scribe()
    path = f"/projects/{uid('pppp', 1)}"
    scribe.project("actor", *at(0, 1))
    scribe.wire("other", *at(40, 70), "DELETE", path, status=204)
    scribe.upload("actor", *at(44, 45), "nc", notes=VALID)
    scribe.wire("actor", *at(50, 51), "PUT", path, status=200, request={"name": "other"})
    assert wrongs(scribe) == set()
