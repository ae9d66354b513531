"""The recipes of ``docs/ci``, read as their CI reads them, and run as its runner does."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

CI = Path(__file__).parents[2] / "docs" / "ci"
NAME, ADDRESS = "dds.example.org", "203.0.113.7"
PATIENCE_S = 300
BASH = ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c")
RESOLVER = f"""
import socket

_look_up, _connect = socket.getaddrinfo, socket.create_connection


def getaddrinfo(host, *rest, **more):
    return _look_up({ADDRESS!r} if host == {NAME!r} else host, *rest, **more)


def create_connection(address, *rest, **more):
    host, port = address
    return _connect(("127.0.0.1" if host in ({NAME!r}, {ADDRESS!r}) else host, port), *rest, **more)


socket.getaddrinfo, socket.create_connection = getaddrinfo, create_connection
"""
"""Loaded by every Python that a step starts, before anything else: a resolver that knows one more name."""


def job(name: str) -> dict[str, Any]:
    """Read the one job of a workflow of GitHub or of a pipeline of GitLab."""
    read = yaml.safe_load((CI / name).read_text(encoding="utf-8"))
    (only,) = read.get("jobs", read).values()
    return dict(only)


def github_steps(name: str) -> dict[str, dict[str, Any]]:
    """Give the shell steps of a workflow by their id."""
    return {step["id"]: step for step in job(name)["steps"] if "run" in step}


def _github(folder: Path) -> Iterable[str]:
    """Give the steps after the installation whose conditions hold: they ask for files alone."""
    for name, step in github_steps("github-actions.yml").items():
        asked = re.findall(r"hashFiles\('([^']+)'\)", str(step.get("if", "")))
        if name != "install" and all((folder / one).exists() for one in asked):
            yield step["run"]


def _gitlab(_: Path) -> Iterable[str]:
    yield "\n".join(job(".gitlab-ci.yml")["script"])


def jenkins_steps() -> list[str]:
    """Give the shell steps of the Jenkinsfile, in order."""
    text = (CI / "Jenkinsfile").read_text(encoding="utf-8")
    return [textwrap.dedent(step) for step in re.findall(r"sh '''\n(.*?)'''", text, re.DOTALL)]


def _jenkins(folder: Path) -> Iterable[str]:
    _, judge, compare = jenkins_steps()
    yield judge
    if (folder / "dds" / "accepted.json").exists():
        yield compare


def _plain(_: Path) -> Iterable[str]:
    yield f"sh {CI / 'judge.sh'}"


@dataclass(frozen=True, slots=True)
class Recipe:
    """A recipe: its steps after the installation, and the words by which its runner starts a shell."""

    name: str
    steps: Callable[[Path], Iterable[str]]
    shell: tuple[str, ...]


RECIPES = (
    Recipe("github", _github, BASH),
    Recipe("gitlab", _gitlab, BASH),
    Recipe("jenkins", _jenkins, ("sh", "-xec")),
    Recipe("plain", _plain, ("sh", "-ec")),
)


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Give the environment of a fresh shell: nothing of this session, our commands on the path, one name more known."""
    hook = folder / "resolver"
    hook.mkdir(exist_ok=True)
    (hook / "sitecustomize.py").write_text(RESOLVER, encoding="utf-8")
    unwanted = ("PYTEST_", "DDS_", "COV", "GITHUB_", "CI_")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
    path = os.pathsep.join([str(folder / "bin"), str(Path(sys.executable).parent), clean.get("PATH", "")])
    quick = {"DDS_EFFORT": "quick", "DDS_CONFORMANCE_MAX_RPS": "2000", "DDS_CONFORMANCE_STORAGE_HOSTS": "127.0.0.1"}
    return {**clean, "PATH": path, "PYTHONPATH": str(hook), **quick, **more}


def run(shell: tuple[str, ...], script: str, folder: Path, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run one script in a folder."""
    return subprocess.run(
        [*shell, script], cwd=folder, env=dict(env), capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )


def perform(recipe: Recipe, folder: Path, **more: str) -> tuple[int, str]:
    """Run the steps one after the other, to the first that fails; give its exit code and everything that was said."""
    env, said, code = environment(folder, **more), "", 0
    for script in recipe.steps(folder):
        done = run(recipe.shell, script, folder, env)
        said, code = said + done.stdout + done.stderr, code or done.returncode
        if code and recipe.name != "github":  # its later steps run all the same, and say what they need for that
            break
    return code, said


def stub(folder: Path, *, code: int = 0, report: Path | None = None) -> Path:
    """Put a command of our name on the path that notes what it is asked, and ends a run with `code`."""
    notes = folder / "asked"
    binary = folder / "bin" / "dds-conformance"
    binary.parent.mkdir(exist_ok=True)
    real = f"exec {sys.executable} -m conformance"
    copied = f"cp {report} dds-report/report.json; echo page > dds-report/report.html" if report else ":"
    binary.write_text(
        f'#!/bin/sh\necho "$*" >> {notes}\n'
        f'case "$1" in\n'
        f"  run) mkdir -p dds-report; {copied}; exit {code};;\n"
        f'  trend) {real} "$@";;\n'
        "esac\n",
        encoding="utf-8",
    )
    binary.chmod(0o755)
    return notes
