"""The shipped GitHub workflow gates a target that is not on this machine, and never judges another one by accident.

The steps are the workflow's own, run as a runner does. The target has a name and an address that is not loopback; both
lead to a test server in the resolver of the processes started here, not in the machine's.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.reference.launch import launch

WORKFLOW = Path(__file__).parents[2] / "docs" / "github-actions.yml"
NAME, ADDRESS = "dds.example.org", "203.0.113.7"
PATIENCE_S = 300
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


def steps() -> list[dict[str, Any]]:
    """Give the shell steps of the workflow that need no package index, in order."""
    (job,) = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"].values()
    return [step for step in job["steps"] if "run" in step and step["id"] != "install"]


def environment(folder: Path, variables: Mapping[str, str], secrets: Mapping[str, str]) -> dict[str, str]:
    """Fill in the job's own `env` as a runner does: what is not set is the empty text."""
    (job,) = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"].values()
    given = {}
    for name, value in job["env"].items():
        kind, _, key = str(value).removeprefix("${{").removesuffix("}}").strip().partition(".")
        given[name] = (
            {"vars": variables, "secrets": secrets}[kind].get(key, "") if str(value).startswith("${{") else value
        )
    hook = folder / "resolver"
    hook.mkdir(exist_ok=True)
    (hook / "sitecustomize.py").write_text(RESOLVER, encoding="utf-8")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "DDS_", "COV"))}
    path = os.pathsep.join([str(Path(sys.executable).parent), clean.get("PATH", "")])
    quick = {"DDS_EFFORT": "quick", "DDS_CONFORMANCE_MAX_RPS": "2000", "DDS_CONFORMANCE_STORAGE_HOSTS": "127.0.0.1"}
    summary = {"GITHUB_STEP_SUMMARY": str(folder / "summary")}
    return {**clean, "PATH": path, "PYTHONPATH": str(hook), **given, **quick, **summary}


def perform(folder: Path, variables: Mapping[str, str], secrets: Mapping[str, str]) -> tuple[int, str]:
    """Run the steps one after the other, to the first that fails; give its exit code and everything that was said."""
    said = ""
    for step in steps():
        if "dds/accepted.json" in str(step.get("if", "")):
            continue  # its condition: there is no accepted run yet
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=folder, env=environment(folder, variables, secrets), capture_output=True, text=True,
            timeout=PATIENCE_S, check=False,
        )  # fmt: skip
        said += done.stdout + done.stderr
        if done.returncode:
            return done.returncode, said
    return 0, said


def test_a_named_remote_target_is_judged_and_left_clean(tmp_path: Path) -> None:
    """Whole, with consent; the report names the target, not the embedded server."""
    with launch(lag="0.1-0.3") as server:
        port = server.base_url.rsplit(":", 1)[1].partition("/")[0]
        secrets = {"DDS_API_TOKEN": server.token, "DDS_OTHER_API_TOKEN": server.other_token}
        code, said = perform(tmp_path, {"DDS_TARGET": f"http://{NAME}:{port}/api/v1"}, secrets)
    assert code == 0, said
    document = json.loads((tmp_path / "dds-report" / "report.json").read_text(encoding="utf-8"))
    assert document["target"]["base_url"] == f"http://{NAME}:{port}/api/v1"
    assert (document["target"]["embedded"], document["outcome"]) == (False, "conformant")
    assert document["leftovers"] == []
    assert "conformant" in (tmp_path / "summary").read_text(encoding="utf-8")


@pytest.mark.parametrize("variables", [{}, {"DDS_TARGET": ""}, {"DDS_TRAGET": f"http://{NAME}/api/v1"}])
def test_an_empty_or_misspelt_variable_fails_the_job(variables: dict[str, str], tmp_path: Path) -> None:
    """Nothing is judged, and the runner shows why."""
    code, said = perform(tmp_path, variables, {"DDS_API_TOKEN": "tok-0001"})
    assert code == 2
    assert "::error::" in said
    assert "DDS_TARGET" in said
    assert not (tmp_path / "dds-report").exists()


def test_a_missing_secret_and_a_dead_target_fail_the_job(tmp_path: Path) -> None:
    """With the codes of trouble, never with a verdict's."""
    target = {"DDS_TARGET": f"http://{NAME}:1/api/v1"}
    code, said = perform(tmp_path, target, {})
    assert code == 2, said
    assert "DDS_API_TOKEN" in said
    code, said = perform(tmp_path, target, {"DDS_API_TOKEN": "tok-0001"})
    assert code == 3, said
    assert f"{NAME}:1 does not accept connections" in said
