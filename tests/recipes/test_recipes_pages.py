"""The recipes that publish all runs over time: their own steps, with a repository and a command made for the test."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from recipe_steps import BASH, NAME, environment, github_steps, job, run, stub

SAMPLE = Path(__file__).parents[1] / "data" / "documents" / "conformant.json"


def git(folder: Path, *words: str) -> str:
    """Run git as somebody, and give what it says."""
    named = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main")
    done = subprocess.run(["git", *named, *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Make a repository with an origin, as a runner checks it out."""
    git(tmp_path, "init", "--quiet", "--bare", "origin.git")
    git(tmp_path, "init", "--quiet", "work")
    work = tmp_path / "work"
    (work / "README").write_text("a vendor's repository\n", encoding="utf-8")
    git(work, "add", "README")
    git(work, "commit", "--quiet", "-m", "Begin")
    git(work, "remote", "add", "origin", str(tmp_path / "origin.git"))
    return work


def night(work: Path, seed: int) -> str:
    """Do what the workflow does in one night; give what was said."""
    sample = json.loads(SAMPLE.read_text(encoding="utf-8"))
    sample.update(run_id=f"run-{seed}", begun=f"2026-11-{seed:02}T02:41:00.000+00:00")
    report = work.parent / f"report-{seed}.json"
    report.write_text(json.dumps(sample), encoding="utf-8")
    date = stub(work, code=1, report=report).with_name("bin") / "date"
    date.write_text(f"#!/bin/sh\necho 2026-11-{seed:02}T024100Z\n", encoding="utf-8")
    date.chmod(0o755)
    env = environment(work, DDS_TARGET=f"http://{NAME}/", GIT_CONFIG_GLOBAL="/dev/null")
    said = ""
    for name in ("past", "judge", "draw", "keep"):
        done = run(BASH, github_steps("github-pages.yml")[name]["run"], work, env)
        said += done.stdout + done.stderr
        assert done.returncode == (1 if name == "judge" else 0), said
    return said


def test_the_page_of_github_grows_by_a_run_a_night(checkout: Path) -> None:
    """A run that found something is kept like any other, and the next night finds it on the branch."""
    night(checkout, 1)
    shutil.rmtree(checkout / "public")
    git(checkout, "worktree", "prune")
    assert "runs/2026-11-01" in git(checkout.parent / "origin.git", "ls-tree", "-r", "--name-only", "dds-runs")
    night(checkout, 2)
    retained = git(checkout, "ls-tree", "-r", "--name-only", "origin/dds-runs").splitlines()
    assert len([name for name in retained if name.endswith("report.json")]) == 2
    page = (checkout / "public" / "index.html").read_text(encoding="utf-8")
    assert page.count("report.html") >= 2
    assert "README" not in retained


def test_the_page_of_gitlab_holds_the_past_runs_and_this_one(tmp_path: Path) -> None:
    """The script alone: what fetches the last page speaks to GitLab."""
    stub(tmp_path, code=1, report=SAMPLE)
    old = tmp_path / "public" / "runs" / "2026-01-01T024100Z"
    old.mkdir(parents=True)
    shutil.copy(SAMPLE, old / "report.json")
    (old / "report.html").write_text("page", encoding="utf-8")
    done = run(
        BASH, "\n".join(job("gitlab-pages.yml")["script"]), tmp_path, environment(tmp_path, DDS_TARGET="http://x")
    )
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "public" / "runs").iterdir())) == 2
    assert (tmp_path / "public" / "index.html").read_text(encoding="utf-8").count("report.html") >= 2


@pytest.mark.parametrize("recipe", ["github", "gitlab"])
def test_an_empty_target_publishes_nothing(recipe: str, tmp_path: Path) -> None:
    """As for the gate."""
    script = (
        github_steps("github-pages.yml")["judge"]["run"]
        if recipe == "github"
        else "\n".join(job("gitlab-pages.yml")["script"])
    )
    done = run(BASH, script, tmp_path, environment(tmp_path))
    assert done.returncode == 2
    assert "DDS_TARGET is empty" in done.stdout + done.stderr
    assert not (tmp_path / "public").exists()
