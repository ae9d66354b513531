"""Which combinations a run reached stands in its document: what was left out counts as not reached."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.engine.scenario import PlanScenario
from conformance.engine.scenario_list import scenarios, select
from conformance.engine.search.portion import Portion
from conformance.run.plan_summaries import covered

(CROSSED,) = (one for one in select(["combinations"]) if isinstance(one, PlanScenario))


def written(effort: str = "standard", *, without: str = "") -> list[dict[str, Any]]:
    """Return what two workers wrote of their plans; steps of rows that hold the level `without` were left out."""
    return [
        {
            "plans": [
                {
                    "theme": plan.theme,
                    "document": plan.to_json(),
                    "unsent": [{}] if without in plan.row.values() else [],
                }
                for plan in Portion(effort, 4, 0, shard, 2).plans(CROSSED)
            ]
        }
        for shard in (0, 1)
    ]


def test_a_standard_run_reaches_every_possible_pair_and_says_what_is_impossible_and_why() -> None:
    """All workers together."""
    found = covered(written(), scenarios(), "standard")
    assert found["strength"] == 2
    assert found["reached"] == found["possible"]
    assert found["not_reached"] == []
    assert found["rows"] == CROSSED.share.standard
    assert all(one["reason"] for one in found["impossible"])  # type: ignore[index, union-attr] # read here
    assert "pairs" in str(found["sentence"])


@pytest.mark.parametrize("level", ["member", "nested", "promoted"])
def test_what_was_left_out_is_not_reached(level: str) -> None:
    """Where there is no second user, no pair with a member was tried."""
    found = covered(written(without=level), scenarios(), "standard")
    assert found["rows_left_out"]
    missed = found["not_reached"]
    assert isinstance(missed, list)
    assert any(level in dict(one).values() for one in missed)  # type: ignore[call-overload] # objects of texts
    assert found["reached"] < found["possible"]  # type: ignore[operator] # numbers


def test_a_run_without_the_scenario_says_nothing() -> None:
    """It was deselected."""
    assert covered(written(), [one for one in scenarios() if one is not CROSSED], "standard") == {}
