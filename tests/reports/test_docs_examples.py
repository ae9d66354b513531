"""The examples in ``docs/`` do what they say: the workflow's shell steps and the pytest-only way, run for real."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.reference.launch import launch

ROOT = Path(__file__).parents[2]
WORKFLOW = ROOT / "docs" / "ci" / "github-actions.yml"
PYTEST_ONLY = ROOT / "docs" / "pytest-only"
PATIENCE_S = 300

pytestmark = pytest.mark.xdist_group("docs-examples")  # one worker, so that the shared run happens once


def environment(**more: str) -> dict[str, str]:
    """Give the environment of a fresh shell: nothing of this pytest session, and our commands on the path."""
    retained = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "DDS_", "COV"))}
    path = os.pathsep.join([str(Path(sys.executable).parent), retained.get("PATH", "")])
    return {**retained, "PATH": path, **more}


def steps() -> dict[str, dict[str, Any]]:
    """Give the workflow's shell steps by their id."""
    (job,) = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"].values()
    return {step["id"]: step for step in job["steps"] if "run" in step}


def shell(script: str, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a step as the runner does: bash, stopping at the first failure."""
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=folder,
        env=environment(**more),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Do the workflow's Judge step against a server of our own and give the folder it worked in."""
    folder = tmp_path_factory.mktemp("workflow")
    (folder / "dds").mkdir()
    (folder / "dds" / "expect.toml").write_text("# nothing is known to deviate\n", encoding="utf-8")
    with launch(lag="0.1-0.3") as server:
        page = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(folder / "page")}
        named = {"DDS_TARGET": server.base_url, "DDS_EFFORT": "quick", **page}
        tokens = {"DDS_API_TOKEN": server.token, "DDS_OTHER_API_TOKEN": server.other_token}
        done = shell(steps()["judge"]["run"], folder, **named, **tokens)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_the_judge_step_judges_and_writes_every_report(judged: Path) -> None:
    """The server passes, and the artefacts that the workflow keeps are there."""
    names = {path.name for path in (judged / "dds-report").iterdir()}
    assert {"report.json", "report.html", "junit.xml", "summary.md", "history.jsonl"} <= names
    document = json.loads((judged / "dds-report" / "report.json").read_text(encoding="utf-8"))
    assert document["outcome"] == "conformant"
    assert document["expected"]["passed"] is True


def test_the_jobs_summary_is_filled_by_the_command_itself(judged: Path) -> None:
    """The page of the job begins with the outcome."""
    assert (judged / "page").read_text(encoding="utf-8").startswith("# ✓ DDS conformance: conformant")


@pytest.mark.parametrize(("outcome", "code"), [("pass", 0), ("fail", 1)])
def test_the_compare_step_passes_an_equal_run_and_stops_a_worse_one(
    judged: Path, tmp_path: Path, outcome: str, code: int
) -> None:
    """The exit code is the gate's, and the comparison is shown in both cases."""
    folder = tmp_path / "work"
    shutil.copytree(judged, folder)
    document = json.loads((folder / "dds-report" / "report.json").read_text(encoding="utf-8"))
    (folder / "dds" / "accepted.json").write_text(json.dumps(document), encoding="utf-8")
    document["requirements"][0]["outcome"] = outcome
    (folder / "dds-report" / "report.json").write_text(json.dumps(document), encoding="utf-8")
    page = tmp_path / "summary"
    done = shell(steps()["compare"]["run"], folder, GITHUB_STEP_SUMMARY=str(page))
    assert done.returncode == code, done.stdout + done.stderr
    assert "# Comparison of two runs" in page.read_text(encoding="utf-8")


def test_the_pytest_only_way_is_a_run_as_any(tmp_path: Path) -> None:
    """From an empty directory, without our command, for some of the scenarios: the same reports and exit status."""
    done = shell(f"sh {PYTEST_ONLY / 'run.sh'} --effort quick -k uploads", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    document = json.loads((tmp_path / "dds-report" / "report.json").read_text(encoding="utf-8"))
    assert (document["outcome"], document["effort"]) == ("conformant", "quick")


@pytest.mark.parametrize(("outcome", "code"), [("pass", 0), ("fail", 1)])
def test_the_teams_own_gate_reads_the_run_document(judged: Path, tmp_path: Path, outcome: str, code: int) -> None:
    """The example test passes on a good document and fails, with our sentence, on a broken one."""
    document = json.loads((judged / "dds-report" / "report.json").read_text(encoding="utf-8"))
    row = next(row for row in document["requirements"] if row["level"] == "MUST")
    row.update(outcome=outcome, findings=[0])
    document["findings"] = [{"sentence": "a sentence of the suite"}]
    (tmp_path / "report.json").write_text(json.dumps(document), encoding="utf-8")
    shutil.copy(PYTEST_ONLY / "test_our_gate.py", tmp_path)
    done = shell("python -m pytest -q -p no:cacheprovider test_our_gate.py", tmp_path, DDS_REPORT="report.json")
    assert done.returncode == code, done.stdout
    assert ("a sentence of the suite" in done.stdout) is (code == 1)
