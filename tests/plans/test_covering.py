"""Covering arrays: no possible combination is left out, and the impossible ones have their reasons."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from conformance.scenarios.plans.tables.combination_plans import rows_of
from conformance.scenarios.plans.tables.combinations import NAME_GROUPS, SPACE
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.engine.lot import Lot
from conformance.engine.plan_model import Truth, truths
from conformance.engine.scenario import PlanScenario
from conformance.engine.scenario_list import select
from conformance.engine.search.covering import Rule, Space, covering, held
from conformance.engine.values.name_classes import NAME_CLASSES

(COMBINATIONS,) = (one for one in select(["combinations"]) if isinstance(one, PlanScenario))


def possible(space: Space, strength: int) -> set[frozenset[tuple[str, str]]]:
    """Return every combination that some row can hold."""
    never = {frozenset(one.items()) for one, _ in space.impossible(strength)}
    return {frozenset(one.items()) for one in space.combinations(strength)} - never


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 4), min_size=3, max_size=5), st.integers(0, 99), st.sampled_from((2, 3)))
def test_rows_hold_every_possible_combination_and_no_impossible_one(sizes: list[int], seed: int, strength: int) -> None:
    """Of any factors, where one combination is excluded."""
    factors = {f"f{n}": tuple(map(str, range(size))) for n, size in enumerate(sizes)}
    space = Space(factors, (Rule(("f0", "f1"), "not so", lambda a, b: a == "0" and b != "0"),))
    rows = covering(space, strength, Lot(str(seed)))
    assert held(rows, strength) == possible(space, strength)
    assert not any(space.why_not(row) for row in rows)


def test_what_follows_from_two_rules_together_is_impossible_as_well() -> None:
    """No single rule excludes it, and no row can hold it all the same."""
    rules = (
        Rule(("a", "b"), "a needs b", lambda a, b: a == "1" and b == "0"),
        Rule(("b", "c"), "b excludes c", lambda b, c: b == "1" and c == "1"),
    )
    space = Space({"a": ("0", "1"), "b": ("0", "1"), "c": ("0", "1")}, rules)
    assert {"a": "1", "c": "1"} in [one for one, _ in space.impossible(2)]
    assert all(why for _, why in space.impossible(2))
    assert held(covering(space, 2, Lot("s")), 2) == possible(space, 2)


def test_twenty_seeds_each_hold_every_possible_pair_at_standard() -> None:
    """By construction: however few rows the share of the effort has, they hold all of them."""
    wanted = possible(SPACE, 2)
    for seed in range(20):
        rows = rows_of("standard", seed)
        assert len(rows) == COMBINATIONS.share.standard
        assert held(rows, 2) >= wanted


def test_the_waves_of_a_thorough_run_hold_every_possible_triple() -> None:
    """The rows are shared out over its waves."""
    rows = rows_of("thorough", 5)
    assert len(rows) == 4 * COMBINATIONS.share.thorough
    assert held(rows, 3) >= possible(SPACE, 3)


def test_every_impossible_combination_has_a_reason_that_the_report_can_show() -> None:
    """They are few: what a server may refuse, or what no upload can be."""
    never = SPACE.impossible(2)
    assert 0 < len(never) < 20
    assert all(len(why) > 20 for _, why in never)


def test_the_groups_of_names_are_of_classes_that_there_are() -> None:
    """Each level of the factor stands for some of them."""
    assert {kind for group in NAME_GROUPS.values() for kind in group} - {""} <= set(NAME_CLASSES)


@pytest.mark.parametrize("seed", range(4))
def test_a_row_is_what_its_plan_makes(seed: int) -> None:
    """Its upload is good or bad as the row says, and it is the member's where the row says so."""
    assert COMBINATIONS.table is not None
    for plan in COMBINATIONS.table("standard", seed, 0):
        truth = truths(plan)["u1"]
        assert (truth is Truth.BAD) is (plan.row["truth"] != "good")
        verbs = {step.verb for _, step in plan.steps()}
        assert ("promote" in verbs) is (plan.row["role"] == "promoted")
        assert ("grant" in verbs) is (plan.row["actor"] == "member")


def test_every_process_makes_the_same_rows() -> None:
    """Whatever order it gives to the members of a set: a run is drawn again by another process."""
    code = "from conformance.scenarios.plans.tables.combination_plans import rows_of; print(rows_of('standard', 3))"
    made = [
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    ]
    assert made[0] == made[1] != b""
