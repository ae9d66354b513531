"""The efforts: each tries every scenario, and each larger one tries more."""

from __future__ import annotations

import ast
from pathlib import Path

import conformance.scenarios
import pytest

import conformance.engine
from conformance.engine.efforts import EFFORTS, QUICK, STANDARD, THOROUGH
from conformance.engine.invalid_changes import CHANGES
from conformance.engine.invalid_requests import ABOUT_NOTHING, ASKED_BADLY
from conformance.engine.scenario_list import scenarios
from conformance.settings.run_settings import EFFORTS as NAMES

LEFT_OUT = {
    "quick": {
        "large-uploads", "several-files", "made-again", "listings", "foreign-uploads", "late-bytes", "wrong-changes",
        "bursts", "bursts-apart", "floods", "long-polls", "borrowed-hashes", "pending-calls",
        "seldom-calls",
    },
    "standard": {"floods"},
    "thorough": set(),
}  # fmt: skip
"""What takes more requests, or more bytes, than a smaller effort has."""
ENGINE = Path(conformance.engine.__file__).parent
PLANS = Path(conformance.scenarios.__file__).parent / "plans"


def test_every_effort_of_the_command_line_is_described() -> None:
    """The words of the option are the keys of the table."""
    assert tuple(EFFORTS) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_effort_tries_every_scenario(name: str) -> None:
    """Only what takes too much is left out of the quick one, and what is very large of the standard one."""
    left_out = {scenario.name for scenario in scenarios() if not scenario.share.at(name)}
    assert left_out == LEFT_OUT[name]


def test_a_larger_effort_tries_more_of_everything() -> None:
    """From a pull request over a release to a certificate."""
    for less, more in (("quick", "standard"), ("standard", "thorough")):
        assert all(one.share.at(less) <= one.share.at(more) for one in scenarios())
        assert sum(one.share.at(less) for one in scenarios()) < sum(one.share.at(more) for one in scenarios())
    assert QUICK.dense_reads < STANDARD.dense_reads < THOROUGH.dense_reads


def test_requests_that_are_wrong_on_purpose_can_be_filled_in() -> None:
    """No placeholder is left in any path or body."""
    words = {"id": "ID", "name": "NAME", "project": "PROJECT", "file": "FILE", "upload": "UPLOAD"}
    for request in (*ABOUT_NOTHING.values(), *ASKED_BADLY.values(), *CHANGES.values()):
        _, path, body = request.filled(**words)
        assert "{" not in path
        assert "{id}" not in str(body)
        assert "{project}" not in str(body)


DRAWING = ("lot", "plan", "plan_verbs", "plan_model", "plan_text", "invalid_requests", "invalid_changes", "scenario",
           "search.fleets", "search.covering", "search.fixed_constants", "values.content_classes",
           "values.false_hashes", "values.manners", "values.name_classes")  # fmt: skip
"""The modules of the engine that draw."""
DRAWN_BY = [ENGINE.joinpath(*name.split(".")).with_suffix(".py") for name in DRAWING] + sorted(PLANS.rglob("*.py"))


@pytest.mark.parametrize("path", DRAWN_BY, ids=lambda path: path.stem)
def test_what_draws_plans_can_neither_send_nor_wait(path: Path) -> None:
    """No answer can steer a draw: neither half of what draws imports anything that sends, times or runs."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    named = {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and not node.level}
    named |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    # Putting an interrupt off neither sends nor steers: it keeps Hypothesis from making another error of it.
    free = {"conformance.errors", "conformance.interrupts", "conformance.model"}
    retained = {*free, *(f"conformance.engine.{name}" for name in DRAWING)}
    drawing = {name for name in named if name.startswith("conformance.scenarios.plans")}  # looked at here as well
    assert {name for name in named - drawing if name.startswith("conformance")} <= {*retained, "conformance.engine"}
    assert not named & {"time", "httpx", "threading", "random"}
