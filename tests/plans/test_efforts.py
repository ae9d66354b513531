"""The efforts: each tries every theme, and each larger one tries more."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import conformance.engine
from conformance.engine.efforts import EFFORTS, QUICK, STANDARD, THEMES, THOROUGH
from conformance.engine.invalid_requests import INVALID, UNKNOWN
from conformance.engine.search.sharding import spread
from conformance.settings.run_settings import EFFORTS as NAMES

ENGINE = Path(conformance.engine.__file__).parent


def test_every_effort_of_the_command_line_is_described() -> None:
    """The words of the option are the keys of the table."""
    assert tuple(EFFORTS) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_effort_tries_every_theme(name: str) -> None:
    """Only uploads of several MiB are left out of the quick one."""
    assert set(THEMES) - set(EFFORTS[name].plans) <= ({"large"} if name == "quick" else set())


def test_a_larger_effort_tries_more_of_everything() -> None:
    """From a pull request over a release to a certificate."""
    for less, more in ((QUICK, STANDARD), (STANDARD, THOROUGH)):
        assert all(less.plans[theme] <= more.plans[theme] for theme in less.plans)
        assert less.tracers < more.tracers
        assert less.comb_reads < more.comb_reads
        assert sum(less.plans.values()) < sum(more.plans.values())


def test_requests_that_are_wrong_on_purpose_can_be_filled_in() -> None:
    """No placeholder is left in any path or body."""
    words = {"id": "ID", "name": "NAME", "project": "PROJECT"}
    for request in (*UNKNOWN.values(), *INVALID.values()):
        _, path, body = request.filled(**words)
        assert "{" not in path
        assert "{id}" not in str(body)
        assert "{project}" not in str(body)


DRAWING = ("plan", "plan_verbs", "plan_model", "plan_text", "shapes", "themes", "invalid_requests", "search.fleets")
"""The modules of the engine that draw."""


@pytest.mark.parametrize("name", DRAWING)
def test_what_draws_plans_can_neither_send_nor_wait(name: str) -> None:
    """No answer can steer a draw: the drawing half of the engine imports nothing that sends, times or runs."""
    tree = ast.parse(ENGINE.joinpath(*name.split(".")).with_suffix(".py").read_text(encoding="utf-8"))
    named = {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    named |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    # Putting an interrupt off neither sends nor steers: it keeps Hypothesis from making another error of it.
    free = {"conformance.errors", "conformance.interrupts", "conformance.model"}
    kept = {*free, *(f"conformance.engine.{name}" for name in DRAWING)}
    assert {name for name in named if name.startswith("conformance")} <= {*kept, "conformance.engine"}
    assert not named & {"time", "httpx", "threading", "random"}


@pytest.mark.parametrize("workers", [1, 2, 3, 7])
def test_each_worker_begins_with_a_shard_of_its_own(workers: int) -> None:
    """No item is lost, and no two shards stand in one worker's first batch."""
    heavy = [f"shard-{n}" for n in range(workers)]
    items = [*(f"light-{n}" for n in range(29)), *heavy]
    ordered = spread(items, heavy, workers)
    assert sorted(ordered) == sorted(items)
    batch = max(len(items) // (4 * workers), 2)
    assert ordered[: batch * workers : batch] == heavy
