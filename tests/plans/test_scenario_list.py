"""Where scenarios come from: the suite's own, and those of whoever names an entry point."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import FrozenInstanceError
from importlib.metadata import EntryPoint
from types import ModuleType

import pytest

from conformance.engine import scenario_list
from conformance.engine.scenario import PlanScenario, Scenario, Share
from conformance.engine.scenario_list import GROUP, OWN, exercising, scenarios, select
from conformance.errors import UsageError
from conformance.fuzz.fuzz_scenario import FuzzScenario
from conformance.model import Target
from conformance.run.item_names import due, plan_items
from conformance.settings.run_settings import EFFORTS, Settings


@pytest.fixture
def theirs(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """Give the module of another package that names scenarios under the entry point."""
    module = ModuleType("their_scenarios")
    points = [EntryPoint("theirs", "their_scenarios:ALL", GROUP)]
    monkeypatch.setitem(sys.modules, "their_scenarios", module)
    monkeypatch.setattr(scenario_list, "entry_points", lambda group: points if group == GROUP else [])
    scenarios.cache_clear()
    yield module
    scenarios.cache_clear()


def a_scenario(name: str = "uploads-of-ours") -> PlanScenario:
    """Give a scenario that draws as one of the suite's does."""
    like = next(one for one in scenarios() if isinstance(one, PlanScenario))
    scenarios.cache_clear()
    return PlanScenario(name, "What our clients do", ("complete-202",), Share(1, 2, 3), like.strategy)


def test_another_package_adds_scenarios_by_an_entry_point(theirs: ModuleType) -> None:
    """They come last, count for what they exercise, and are run like the suite's own."""
    theirs.ALL = []  # type: ignore[attr-defined]
    added = a_scenario()
    theirs.ALL = [added]  # type: ignore[attr-defined]
    assert scenarios()[-1] is added
    assert exercising("complete-202")[-1] == added.name
    settings = Settings(Target("http://127.0.0.1:9/api/v1"), "r", effort="quick", scenario=("*-of-ours",))
    assert due(settings) == (added,)
    assert list(plan_items(settings, 2)) == [(added, 0)]


@pytest.mark.parametrize(
    ("given", "hint"),
    [
        (None, "cannot be loaded"),
        (7, "cannot be loaded"),
        ([7], "no scenario"),
        ("twice", "two scenarios are called 'uploads'"),
    ],
)
def test_what_is_no_list_of_scenarios_is_refused(theirs: ModuleType, given: object, hint: str) -> None:
    """The message names where it came from."""
    if given is not None:
        theirs.ALL = []  # type: ignore[attr-defined]
        theirs.ALL = [a_scenario("uploads")] if given == "twice" else given  # type: ignore[attr-defined]
    with pytest.raises(UsageError, match=hint) as trouble:
        scenarios()
    assert "their_scenarios" in f"{trouble.value} {trouble.value.remedy}"


def test_every_scenario_is_a_frozen_value_of_one_of_the_two_kinds() -> None:
    """Plans and fuzzing; nobody can change one in passing."""
    for scenario in scenarios():
        assert isinstance(scenario, PlanScenario | FuzzScenario)
        with pytest.raises(FrozenInstanceError):
            scenario.name = "x"  # type: ignore[misc]
        assert all(scenario.share.at(effort) >= 0 for effort in EFFORTS)
    assert {point.group for point in OWN} == {GROUP}


def test_globs_select_in_the_order_of_the_run_and_a_typo_names_the_nearest() -> None:
    """Whatever order they were asked in."""
    assert [one.name for one in select(["link-walks", "*-tracers"])] == ["bad-tracers", "good-tracers", "link-walks"]
    assert select(()) == scenarios()
    with pytest.raises(UsageError, match="no scenario is called 'promotion'") as trouble:
        select(["promotion"])
    assert "'promotions'" in str(trouble.value.remedy)
    assert isinstance(scenarios()[0], Scenario)
