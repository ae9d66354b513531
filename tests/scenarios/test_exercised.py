"""A scenario exercises what it says: in a standard run each of its requirements has an occasion of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import defaultdict

import pytest

from conformance import history as histories
from conformance.api import catalogue
from conformance.engine.scenario import PlanScenario
from conformance.engine.scenario_list import scenarios
from conformance.judge import judge_history
from conformance.model import History, Operation
from conformance.reference.launch import launch

LAG = "5"
"""Seconds: where every core is taken, sixteen clients attach what they completed a second before, and look then."""
EVERY = {scenario.name: scenario for scenario in scenarios()}
NEVER_HERE = {"conditional-same-state"}
"""The embedded server gives no validators: a client that would revalidate has nothing to do it by."""
TRIED = [name for name, scenario in EVERY.items() if scenario.share.standard]
"""Those of a standard run: what is very large is left to a thorough one."""
pytestmark = pytest.mark.xdist_group("exercised")  # one worker, so that the standard run happens once


def exposures(operations: list[Operation], history: History) -> dict[str, int]:
    """Count the occasions of each requirement in some operations."""
    retained = tuple(sorted(operations, key=lambda operation: operation.a_ns))
    return {name: tally.exposures for name, tally in judge_history(History(retained, history.target)).tallies.items()}


@pytest.fixture(scope="module")
def occasions(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, int]]:
    """Give for each scenario its occasions in a standard run, counted over what no scenario of its own provoked."""
    folder = tmp_path_factory.mktemp("standard")
    command = [sys.executable, "-m", "conformance", "run", "--quiet", "--report-dir", str(folder)]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("DDS_")}
    with launch(lag=LAG) as server:
        secrets = {"DDS_API_TOKEN": server.token, "DDS_OTHER_API_TOKEN": server.other_token}
        command += ["--target", server.base_url]
        done = subprocess.run(command, env=clean | secrets, cwd=folder, check=False, timeout=500, capture_output=True)
    assert done.returncode == 0, done.stdout
    history = histories.read(folder / "history.jsonl")
    by_scenario: dict[str, list[Operation]] = defaultdict(list)
    for operation in history.operations:
        by_scenario[operation.scenario if operation.scenario in EVERY else ""].append(operation)
    shared = exposures(by_scenario[""], history)  # the project that all plans share, what is aimed at by fuzzing
    counted = {name: exposures([*by_scenario[""], *by_scenario[name]], history) for name in EVERY}
    return {name: {one: count - shared.get(one, 0) for one, count in of.items()} for name, of in counted.items()}


@pytest.mark.parametrize("name", TRIED)
def test_a_scenario_exercises_every_requirement_that_it_names(occasions: dict[str, dict[str, int]], name: str) -> None:
    """What the catalogue promises to a reader is so."""
    wanted = [one for one in EVERY[name].requirements if one not in NEVER_HERE]
    assert [one for one in wanted if occasions[name].get(one, 0) <= 0] == []


def test_every_requirement_is_named_by_a_scenario_of_plans_that_exercises_it() -> None:
    """But for the target's own description, which no request reaches."""
    named = {one for scenario in EVERY.values() if isinstance(scenario, PlanScenario) for one in scenario.requirements}
    assert set(catalogue.by_id()) - named == {"api-description"}


def test_every_scenario_says_what_it_tries_and_names_requirements_once() -> None:
    """A title, and ids that the catalogue has."""
    for scenario in EVERY.values():
        assert len(scenario.title) > 20
        assert len(scenario.requirements) == len(set(scenario.requirements)) > 0
        assert set(scenario.requirements) <= set(catalogue.by_id())
