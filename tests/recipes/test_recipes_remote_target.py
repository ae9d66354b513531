"""The shipped CI recipes gate a target that is not on this machine, and never judge another one by accident.

The steps are the recipes' own, run as a runner does. The target has a name and an address that is not loopback; both
lead to a test server in the resolver of the processes started here, not in the machine's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from recipe_steps import CI, NAME, RECIPES, Recipe, github_steps, jenkins_steps, job, perform, stub

from conformance.reference.launch import RunningServer, launch

every_recipe = pytest.mark.parametrize("recipe", RECIPES, ids=[recipe.name for recipe in RECIPES])
pytestmark = pytest.mark.xdist_group("recipes")


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    """Start one server for all recipes."""
    with launch(lag="0.1-0.2") as running:
        yield running


@every_recipe
def test_a_named_remote_target_is_judged_and_left_clean(recipe: Recipe, server: RunningServer, tmp_path: Path) -> None:
    """With consent, by a scenario that is soon over; the report names the target, not the embedded server."""
    target = f"http://{NAME}:{server.base_url.rsplit(':', 1)[1].partition('/')[0]}/api/v1"
    tokens = {"DDS_API_TOKEN": server.token, "DDS_OTHER_API_TOKEN": server.other_token}
    page = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(tmp_path / "page")} if recipe.name == "github" else {}
    code, said = perform(recipe, tmp_path, DDS_TARGET=target, DDS_CONFORMANCE_SCENARIO="new-versions", **tokens, **page)
    assert code == 0, said
    document = json.loads((tmp_path / "dds-report" / "report.json").read_text(encoding="utf-8"))
    assert document["target"]["base_url"] == target
    assert (document["target"]["embedded"], document["outcome"]) == (False, "conformant")
    assert document["leftovers"] == []
    if page:
        assert "DDS conformance: conformant" in (tmp_path / "page").read_text(encoding="utf-8")


@every_recipe
@pytest.mark.parametrize("variable", ["", "DDS_TARGET", "DDS_TRAGET"])
def test_an_empty_or_misspelt_target_fails_the_job(recipe: Recipe, variable: str, tmp_path: Path) -> None:
    """Nothing is judged, and the log says which variable is missing."""
    given = {variable: f"http://{NAME}/api/v1" if variable == "DDS_TRAGET" else ""} if variable else {}
    code, said = perform(recipe, tmp_path, **given, DDS_API_TOKEN="tok-0001")
    assert code == 2
    assert "DDS_TARGET is empty" in said
    assert not (tmp_path / "dds-report").exists()


@every_recipe
def test_a_missing_secret_fails_the_job(recipe: Recipe, tmp_path: Path) -> None:
    """With the code of trouble, never with a verdict's."""
    code, said = perform(recipe, tmp_path, DDS_TARGET=f"http://{NAME}:1/api/v1")
    assert code == 2, said
    assert "DDS_API_TOKEN" in said


def test_a_dead_target_fails_the_job(tmp_path: Path) -> None:
    """It is not taken for the embedded server."""
    target = {"DDS_TARGET": f"http://{NAME}:1/api/v1", "DDS_API_TOKEN": "tok-0001"}
    code, said = perform(RECIPES[0], tmp_path, **target)
    assert code == 3, said
    assert f"{NAME}:1 does not accept connections" in said


@every_recipe
@pytest.mark.parametrize("ends", [0, 1, 4])
def test_what_a_run_ends_with_is_what_the_job_ends_with(recipe: Recipe, ends: int, tmp_path: Path) -> None:
    """Known deviations and the last accepted run are used where they are there; a good comparison hides no bad run."""
    report = Path(__file__).parents[1] / "data" / "documents" / "conformant.json"
    (tmp_path / "dds").mkdir()
    for name in ("expect.toml", "accepted.json"):
        (tmp_path / "dds" / name).write_text("", encoding="utf-8")
    notes = stub(tmp_path, code=ends, report=report)
    page = str(tmp_path / "page")
    code, said = perform(recipe, tmp_path, DDS_TARGET=f"http://{NAME}/", DDS_API_TOKEN="t", GITHUB_STEP_SUMMARY=page)
    asked = notes.read_text(encoding="utf-8").splitlines()
    assert code == ends, said
    assert asked[0] == f"run --target http://{NAME}/ --i-may-write --effort quick --report-dir dds-report --expect dds/expect.toml"  # fmt: skip # noqa: E501
    if ends == 0:
        assert asked[1:] == ["compare dds/accepted.json dds-report/report.json"]


def test_every_recipe_installs_what_is_asked_for_in_the_words_of_pip() -> None:
    """A name from an index, the URL of a wheel or of a repository: ``tests/release`` installs all three."""
    asks = 'pip install "${DDS_SUITE:-dds-conformance}"'
    installs = [
        github_steps("github-actions.yml")["install"]["run"],
        github_steps("github-pages.yml")["install"]["run"],
        job(".gitlab-ci.yml")["before_script"][0],
        job("gitlab-pages.yml")["before_script"][0],
        jenkins_steps()[0],
        (CI / "judge.sh").read_text(encoding="utf-8").replace("--quiet ", ""),
    ]
    assert all(asks in one for one in installs)


def test_no_secret_is_written_on_a_command_line_of_a_recipe() -> None:
    """Tokens travel in the environment alone."""
    workflows = github_steps("github-actions.yml"), github_steps("github-pages.yml")
    scripts = [step["run"] for steps in workflows for step in steps.values()]
    scripts += [*job(".gitlab-ci.yml")["script"], *job("gitlab-pages.yml")["script"], *jenkins_steps()]
    assert not [one for one in scripts if "API_TOKEN" in one or "secrets." in one]


def test_what_the_ci_shows_is_what_is_written() -> None:
    """The paths of the artefacts are those of the report folder."""
    reports: dict[str, Any] = job(".gitlab-ci.yml")["artifacts"]
    assert reports["reports"]["junit"] == "dds-report/junit.xml"
    assert reports["when"] == "always"
    assert "junit testResults: 'dds-report/junit.xml'" in (CI / "Jenkinsfile").read_text(encoding="utf-8")
