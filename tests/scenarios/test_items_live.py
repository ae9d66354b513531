"""``pytest scenarios`` as a QA person uses it: what is listed, what is selected, what fails."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from plain_proxy import plain

from conformance.engine.scenario import PlanScenario
from conformance.engine.scenario_list import scenarios
from conformance.reference.launch import RunningServer, launch
from conformance.run.item_names import owner_of

ROOT = Path(__file__).parents[2]
NAMES = [scenario.name for scenario in scenarios() if scenario.share.standard]
QUICK = [scenario.name for scenario in scenarios() if scenario.share.quick]
Done = subprocess.CompletedProcess[str]


def pytest_scenarios(*words: object, server: RunningServer | None = None) -> Done:
    """Run ``pytest scenarios`` at the top of the checkout."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("DDS_", "PYTEST"))}
    secrets = {"DDS_API_TOKEN": server.token, "DDS_OTHER_API_TOKEN": server.other_token} if server else {}
    command = [sys.executable, "-m", "pytest", "scenarios", *map(str, words)]
    return subprocess.run(
        command, cwd=ROOT, env=clean | secrets, capture_output=True, text=True, check=False, timeout=240
    )


def listed(*words: object) -> list[str]:
    """Give the names in brackets of the items that would run."""
    done = pytest_scenarios("--collect-only", "-q", *words)
    assert done.returncode == 0, done.stdout
    return [line.partition("[")[2].rstrip("]") for line in done.stdout.splitlines() if "::" in line]


def test_every_scenario_is_listed_once() -> None:
    """A QA person sees what is tried."""
    assert sorted(listed()) == sorted(NAMES)
    assert sorted(listed("--effort", "quick")) == sorted(QUICK)


def test_shards_of_a_scenario_are_listed_where_workers_share_it_out() -> None:
    """As many as have plans of it; fuzzing is not shared out by plans."""
    named = listed("-n", "2")
    assert {"uploads-shard-1-of-2", "uploads-shard-2-of-2", "small-parts-probe-shard-1-of-2", "link-walks"} <= set(
        named
    )
    assert "small-parts-probe-shard-2-of-2" not in named
    plans = {
        scenario.name for scenario in scenarios() if isinstance(scenario, PlanScenario) and scenario.share.standard
    }
    owners = [owner_of(f"[{name}]") for name in named]
    assert {owner.scenario for owner in owners if owner and owner.shard is not None} == plans


def test_items_are_selected_by_name() -> None:
    """By pytest's own -k, and by the option that `run` has too."""
    assert set(listed("-k", "tracers or link")) == {"bad-tracers", "good-tracers", "link-walks"}
    assert set(listed("--scenario", "*-tracers", "--scenario", "link-*")) == {
        "bad-tracers",
        "good-tracers",
        "link-walks",
    }


def test_a_name_that_no_scenario_has_is_refused_with_the_nearest_one() -> None:
    """Nothing is sent, and nothing is green."""
    done = pytest_scenarios("--scenario", "uplods")
    assert done.returncode == 2
    assert "Did you mean 'uploads'?" in done.stdout + done.stderr


@pytest.fixture
def sound() -> Iterator[RunningServer]:
    """Give a correct server."""
    with launch(lag="0.1") as server:
        yield server


def judged(folder: Path, done: Done) -> tuple[dict[str, Any], dict[str, str], int]:
    """Give the run document, the failing items of pytest's own JUnit file with their texts, and how many it holds."""
    document = json.loads((folder / "report" / "report.json").read_text(encoding="utf-8"))
    assert done.returncode == document["exit_code"], done.stdout
    cases = list(ET.parse(folder / "own.xml").iter("testcase"))
    failed = {str(c.get("name")): str(c.find("failure").text) for c in cases if c.find("failure") is not None}  # type: ignore[union-attr]
    return document, failed, len(cases)


def test_a_405_without_allow_fails_no_item(tmp_path: Path, sound: RunningServer) -> None:
    """No requirement asks for that header: schemathesis alone misses it, which is noted."""
    with plain(sound.base_url) as url:
        selected = ("--scenario", "hostile-methods", "--scenario", "fuzz-*-projects", "--effort", "thorough")
        words = ("--target", url, *selected, "--report-dir", tmp_path / "report", f"--junitxml={tmp_path / 'own.xml'}")
        document, failed, cases = judged(tmp_path, pytest_scenarios(*words, server=sound))
    answers = document["fuzz"]["answers"].values()
    assert any(kinds.get("405") for states in answers for kinds in states.values())
    assert any("Allow" in row["what"] for row in document["fuzz"]["crimes"])
    assert (document["exit_code"], failed, cases) == (0, {}, 2)
    assert (document["partial"], document["scenarios"]) == (True, ["fuzz-list-projects", "hostile-methods"])
    assert not any(row["outcome"] == "fail" for row in document["requirements"])


@pytest.mark.parametrize("workers", [0, 2])
def test_the_item_that_provoked_the_finding_fails_and_no_other(tmp_path: Path, workers: int) -> None:
    """In one process and in several; the plans of all selected scenarios run side by side."""
    with launch(lag="0.1", faults=["code-missing-unknown-id"]) as server:
        selected = ("-k", "wrong-requests or third-versions or parallel-parts", "--effort", "quick", "-n", workers)
        words = ("--target", server.base_url, "--converge-within", "2", *selected, "--report-dir", tmp_path / "report")
        done = pytest_scenarios(*words, f"--junitxml={tmp_path / 'own.xml'}", server=server)
    document, failed, cases = judged(tmp_path, done)
    assert document["exit_code"] == 1
    assert document["partial"]
    assert cases == 3
    (name,) = failed
    assert "[wrong-requests" in name
    assert "error-payload: " in failed[name]
