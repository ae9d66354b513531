"""``docs/clients.md`` says all that there is: every option, placeholder, requirement, and no scenario that is not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conformance.api import catalogue
from conformance.cli.client_command import client
from conformance.clients.client_scenarios import scenarios
from conformance.clients.harness.placeholders import NAMES
from conformance.reference.hooks.script_actions import ACTIONS

PAGE = (Path(__file__).parents[2] / "docs" / "clients.md").read_text(encoding="utf-8")
OPTIONS = [word for option in client.params for word in option.opts if word.startswith("--")]


@pytest.mark.parametrize("option", OPTIONS)
def test_every_option_is_on_the_page(option: str) -> None:
    """In a table a user can find."""
    assert f"`{option}" in PAGE


def test_every_placeholder_and_action_is_on_the_page() -> None:
    """What a command and a rule may say."""
    assert [name for name in NAMES if f"`{{{name}}}`" not in PAGE] == []
    assert [do for do in ACTIONS if f"`{do}`" not in PAGE] == []


def test_every_requirement_is_on_the_page_with_its_level() -> None:
    """As the catalogue has it."""
    for requirement in catalogue.requirements(catalogue.CLIENT):
        assert f"| `{requirement.id}` | {requirement.level} |" in PAGE


def test_every_scenario_on_the_page_exists() -> None:
    """The table about the official client names them."""
    table = PAGE.partition("## The official Python client")[2].partition("## The command")[0]
    named = {
        name
        for line in table.splitlines()
        if line.startswith("| `")
        for name in re.findall(r"`([a-z0-9-]+)`", line.split("|")[1])
    }
    assert named
    assert named <= {scenario.name for scenario in scenarios()}
