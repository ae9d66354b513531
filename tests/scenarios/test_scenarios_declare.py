"""Scenario files declare: polling, timing, HTTP and sleeping live in the engine."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "scenarios"
FILES = sorted(FOLDER.glob("*.py"))
ENGINE_ONLY = {"httpx", "time", "threading", "socket", "asyncio", "random"}
LONGEST = 80


def test_there_are_scenarios_to_look_at() -> None:
    """The glob finds the files that pytest collects."""
    assert {"test_plans.py", "test_fuzz.py"} <= {path.name for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_scenario_file_is_short_and_holds_no_loop_no_wait_and_no_http(path: Path) -> None:
    """What provokes the target is declared; how it is done is the engine's."""
    text = path.read_text(encoding="utf-8")
    nodes = list(ast.walk(ast.parse(text)))
    imported = {alias.name.split(".")[0] for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module).split(".")[0] for node in nodes if isinstance(node, ast.ImportFrom)}
    assert not imported & ENGINE_ONLY
    assert not [node for node in nodes if isinstance(node, ast.For | ast.While | ast.AsyncFor)]
    assert text.count("\n") <= LONGEST
