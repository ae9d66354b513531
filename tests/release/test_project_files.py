"""The files that other tools read: they parse, and what they name exists."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
YAML = sorted(path for path in (ROOT / ".github").rglob("*.yml"))


def project() -> dict[str, Any]:
    """Read the project's metadata."""
    return dict(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"])


@pytest.mark.parametrize("path", YAML, ids=lambda path: path.name)
def test_workflows_and_templates_are_yaml_with_a_name(path: Path) -> None:
    """A template without a name is not offered."""
    assert yaml.safe_load(path.read_text(encoding="utf-8"))["name"]


def test_ci_runs_on_every_version_that_is_supported() -> None:
    """The versions are those between the bounds of the metadata."""
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))
    low, high = project()["requires-python"].removeprefix(">=").split(",<")
    minors = range(int(low.split(".")[1]), int(high.split(".")[1]))
    assert workflow["jobs"]["test"]["strategy"]["matrix"]["python"] == [f"3.{minor}" for minor in minors]
    assert any(".ci/run" in step.get("run", "") for step in workflow["jobs"]["test"]["steps"])


def test_the_citation_names_the_version_and_the_licence() -> None:
    """Both are read by people who cite."""
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == project()["version"]
    assert citation["license"] == project()["license"] == "Apache-2.0"
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").lstrip().startswith("Apache License")


def test_the_hooks_before_a_commit_call_what_make_installs() -> None:
    """One version of each tool: that of the checkout."""
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"][0]["hooks"]
    assert [hook["id"] for hook in hooks] == ["ruff", "ruff-format", "mypy", "floors"]
    assert all(hook["entry"].startswith(".venv/bin/") for hook in hooks)


@pytest.mark.parametrize("name", ["CODE_OF_CONDUCT.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_a_newcomer_finds_the_usual_pages(name: str) -> None:
    """Where everybody looks for them."""
    assert len((ROOT / name).read_text(encoding="utf-8")) > 500


def test_a_disagreement_with_a_reading_has_a_form_of_its_own() -> None:
    """It asks for the reading's id, the specification's words and a proposal; the questions page leads there."""
    form = yaml.safe_load((ROOT / ".github" / "ISSUE_TEMPLATE" / "reading.yml").read_text(encoding="utf-8"))
    assert form["name"] == "I disagree with a reading"
    assert all(field["validations"]["required"] for field in form["body"])
    assert form["name"] in (ROOT / "docs" / "faq.md").read_text(encoding="utf-8")


def test_a_release_is_built_checked_tried_and_attested() -> None:
    """Wheel and sdist; the wheel is installed into an empty environment and run from an empty folder."""
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text(encoding="utf-8"))
    steps = workflow["jobs"]["build"]["steps"]
    said = "\n".join(str(step.get("run", step.get("uses", ""))) for step in steps)
    places = [said.index(one) for one in ("-m build", "twine check --strict", "mktemp -d", "attest-build-provenance")]
    assert places == sorted(places)
    assert workflow["jobs"]["build"]["permissions"]["attestations"] == "write"
