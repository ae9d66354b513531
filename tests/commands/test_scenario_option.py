"""``run --scenario`` and the listing of scenarios, as a user types them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from commanding import Run

from conformance.engine.scenario_list import scenarios
from conformance.reference.launch import RunningServer


def test_a_run_of_selected_scenarios_is_partial_and_says_which(
    dds: Run, server: RunningServer, credentials: Mapping[str, str], tmp_path: Path
) -> None:
    """Repeatable globs, in the document and in the history's header; nothing else is provoked."""
    words = ("--effort", "quick", "--scenario", "good-*", "--scenario", "hostile-routes", "--json")
    done = dds("run", "--target", server.base_url, *words, env=credentials)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["partial"]
    assert document["scenarios"] == ["good-tracers", "hostile-routes"]
    assert "the selected scenarios exercise" in document["reasons"][0]
    lines = (tmp_path / "dds-report" / "history.jsonl").read_text(encoding="utf-8").splitlines()
    header, *rows = map(json.loads, lines)
    assert header["scenario"] == ["good-*", "hostile-routes"]
    provoking = {row.get("scenario") for row in rows} & {scenario.name for scenario in scenarios()}
    assert provoking == {"good-tracers", "hostile-routes"}


def test_a_scenario_that_does_not_exist_ends_with_2_and_the_nearest_name(
    dds: Run, server: RunningServer, credentials: Mapping[str, str], tmp_path: Path
) -> None:
    """A typo must not select an empty run."""
    done = dds("run", "--target", server.base_url, "--scenario", "delations", env=credentials)
    assert done.returncode == 2
    assert "deletions" in done.stderr
    assert not (tmp_path / "dds-report" / "history.jsonl").exists()  # nothing was sent; the report says why


def test_the_requirements_name_scenarios_that_can_be_selected(dds: Run) -> None:
    """Every requirement but the one about the target's own description has some."""
    rows = json.loads(dds("requirements", "--json", "--role", "server").stdout)
    names = {scenario.name for scenario in scenarios()}
    assert {row["id"] for row in rows if not row["scenarios"]} == {"api-description"}
    assert {name for row in rows for name in row["scenarios"]} <= names
