"""Consent: a target that is not on this machine is written to only when its operator said so, knowing how much."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from conformance.errors import UsageError
from conformance.model import Target
from conformance.settings.consent import EffortCost, plan, require
from conformance.settings.run_settings import Budgets, Settings

COSTS = {"quick": EffortCost(projects=3, uploads=40, requests=900, bytes=5 << 20)}
FAR = Settings(target=Target(base_url="https://192.0.2.7/api/v1"), run_id="r", effort="quick", report_dir=Path("x"))


def test_a_far_target_is_refused_with_the_plan() -> None:
    """Exit 2, with how many projects, uploads, requests and bytes, and how to agree."""
    with pytest.raises(UsageError) as stated:
        require(FAR, COSTS)
    for part in ("3 projects", "40 uploads", "900 requests", "5 MiB", "192.0.2.7", "10 a second", "removes them"):
        assert part in str(stated.value)
    assert "--i-may-write" in stated.value.remedy


@pytest.mark.parametrize(
    "settings",
    [
        dataclasses.replace(FAR, i_may_write=True),
        dataclasses.replace(FAR, target=Target(base_url="http://127.0.0.1:1/api/v1")),
        dataclasses.replace(FAR, target=Target(base_url="", embedded=True)),
    ],
)
def test_a_near_target_or_an_agreement_is_enough(settings: Settings) -> None:
    """Nothing is asked twice."""
    require(settings, COSTS)


def test_the_plan_knows_the_budgets() -> None:
    """What a run may not spend it does not announce; what it keeps it says."""
    capped = dataclasses.replace(FAR, budgets=Budgets(requests=100, bytes=1 << 20), keep=True, max_rps=2.0)
    said = plan(capped, COSTS)
    for part in ("100 requests", "1 MiB", "2 a second", "leaves them"):
        assert part in said


def test_the_plan_names_the_embedded_server() -> None:
    """It has no address before it runs, and a sentence with a hole in it helps nobody."""
    own = dataclasses.replace(FAR, target=Target(base_url="", embedded=True))
    assert "at the embedded server, sends" in plan(own, COSTS)


def test_the_plan_says_that_the_second_user_is_given_rights() -> None:
    """Where there is one; and only in what the run made."""
    shared = dataclasses.replace(FAR, target=dataclasses.replace(FAR.target, second_user=True))
    assert "gives the second user rights in projects of its own" in plan(shared, COSTS)
    assert "rights" not in plan(FAR, COSTS)
