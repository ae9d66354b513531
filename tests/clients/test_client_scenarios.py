"""The scenarios of a client are values that hold together: with the catalogue, the server's script, and each other."""

from __future__ import annotations

import pytest

from conformance.api import catalogue
from conformance.api.routes import LENGTHS
from conformance.clients.client_judge import CORE, LAST, RULES
from conformance.clients.client_scenarios import Ends, choose, scenarios
from conformance.errors import UsageError
from conformance.model import Level
from conformance.reference.hooks.script_actions import ACTIONS
from conformance.reference.hooks.script_rules import ScriptRule
from conformance.reference.variants import VARIANTS

CLIENT = catalogue.by_id(catalogue.CLIENT)


def test_there_are_at_least_twenty_four_scenarios_of_different_names() -> None:
    """As the issue asks."""
    names = [scenario.name for scenario in scenarios()]
    assert len(names) >= 24
    assert len(set(names)) == len(names)


def test_every_scenario_makes_trouble_that_the_server_can_make() -> None:
    """Calls, actions and variants exist; what cannot end is not expected to end well."""
    calls = {*LENGTHS, "storage_put", "storage_get"}
    for scenario in scenarios():
        assert set(scenario.variants) <= set(VARIANTS), scenario.name
        for rule in scenario.rules:
            assert set(rule.call) <= calls, scenario.name
            assert rule.do in ACTIONS, scenario.name
            assert ScriptRule.read(rule.row()).do == rule.do
            assert not rule.endless or scenario.ends is Ends.FAILURE, scenario.name


def test_the_catalogue_and_the_scenarios_name_each_other() -> None:
    """The column `scenarios` of a client's requirement is what the scenarios say themselves."""
    for requirement in CLIENT.values():
        shown = {scenario.name for scenario in scenarios() if requirement.id in scenario.shows}
        assert set(requirement.scenarios) == shown, requirement.id
        assert shown, requirement.id
    assert {name for scenario in scenarios() for name in scenario.shows} == set(CLIENT)


def test_every_kind_of_trouble_that_the_issue_names_has_a_scenario() -> None:
    """Not consistent, integrity, refusals, busy, lost answers, storage: none may be forgotten."""
    done = {rule.do for scenario in scenarios() for rule in scenario.rules}
    assert done >= {
        "nc", "integrity", "corrupt", "400", "404", "401", "429", "500", "503", "reset-before", "reset-after", "cut",
        "stall", "expired", "403", "redirect",
    }  # fmt: skip


def test_every_requirement_of_a_client_is_decided_by_a_rule_or_measured() -> None:
    """And a server's run knows nothing of them."""
    decided = {rule.requirement for rule in (*RULES, LAST)}
    assert {name for name, one in CLIENT.items() if one.level is not Level.MEASURED} == decided
    assert len([one for one in CLIENT.values() if one.core]) == len(CORE)
    assert not set(CLIENT) & {requirement.id for requirement in catalogue.requirements()}
    assert {requirement.role for requirement in catalogue.requirements()} == {"server"}
    assert {requirement.role for requirement in catalogue.every()} == {"server", "client"}


def test_scenarios_are_chosen_by_globs_and_a_typo_is_refused() -> None:
    """An empty choice would be a run of nothing."""
    assert [scenario.name for scenario in choose(["calm", "found-*"])] == ["calm", "found-bad", "found-bad-late"]
    assert choose([]) == scenarios()
    with pytest.raises(UsageError, match="clam"):
        choose(["calm", "clam"])
