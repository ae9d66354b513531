"""The scripts of findings: each shows its violation again at a server that has it, and nothing at one that has not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conformance.reports.scripts import script_names, write_scripts

from conformance.api.catalogue import requirements
from conformance.reference.launch import RunningServer, launch

PROGRAMS = sorted((Path(__file__).parents[1] / "data" / "programs").glob("*.json"))
LEVELS = {one.id: one.level for one in requirements()}
LEAST_FAULTS = 40
LAG = "0.1-0.3"
SLOW_LAG = "0.8-1.0"
"""Of a broken server: a step of a shell script may take as long as the other lag on a busy machine."""
PATIENCE_S = 120
Document = dict[str, Any]


@pytest.fixture(scope="module")
def right() -> Iterator[RunningServer]:
    """Give a server that keeps the contract."""
    with launch(lag=LAG) as server:
        yield server


def ended(script: Path, server: RunningServer | None, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a script in an environment of its own."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("DDS_")}
    if server:
        plain |= {
            "DDS_TARGET": server.base_url,
            "DDS_API_TOKEN": server.token,
            "DDS_OTHER_API_TOKEN": server.other_token,
        }
    words = [sys.executable if script.suffix == ".py" else "sh", str(script)]
    env, folder = {**plain, **more}, script.parent
    return subprocess.run(words, env=env, cwd=folder, capture_output=True, text=True, timeout=PATIENCE_S, check=False)


def written(program: Path, folder: Path) -> list[Path]:
    """Write the scripts of a program that a run against a faulty server left."""
    document = json.loads(program.read_text(encoding="utf-8"))
    return write_scripts(document, folder)


@pytest.mark.parametrize("program", PROGRAMS, ids=[path.stem for path in PROGRAMS])
def test_a_script_shows_its_violation_at_a_fresh_broken_server_and_not_at_a_right_one(
    program: Path, right: RunningServer, tmp_path: Path
) -> None:
    """Forty faults, in one language at the broken server and in the other at the right one, by turns.

    `benchmarks/soak_scripts.py` tries any of them, all findings, in both languages at both.
    """
    scripts = written(program, tmp_path)
    assert [path.suffix for path in scripts] == [".sh", ".py"]
    turn = PROGRAMS.index(program) % 2
    with launch(lag=SLOW_LAG, faults=[program.stem]) as broken:
        shown = ended(scripts[turn], broken)
    assert (shown.returncode, "SHOWN AGAIN" in shown.stdout) == (0, True), shown.stdout + shown.stderr
    spared = ended(scripts[1 - turn], right, TRIES="1")
    assert spared.returncode == 1, spared.stdout + spared.stderr
    assert "then:" in spared.stdout
    assert "0 of 1 tries" in spared.stdout


def test_forty_faults_of_each_grave_kind_have_a_script_here() -> None:
    """The sample holds as many, and findings of each level."""
    documents = [json.loads(path.read_text(encoding="utf-8")) for path in PROGRAMS]
    assert len({document["fault"] for document in documents}) >= LEAST_FAULTS
    assert {LEVELS[finding["requirement"]] for document in documents for finding in document["findings"]} == {
        "MUST", "IMPLIED", "SHOULD",
    }  # fmt: skip


def test_a_script_without_a_token_says_which_variable_it_needs(tmp_path: Path) -> None:
    """And ends as what could not be tried."""
    for script in written(PROGRAMS[0], tmp_path):
        done = ended(script, None, DDS_TARGET="http://127.0.0.1:9/api/v1")
        assert done.returncode == 2
        assert "DDS_API_TOKEN" in done.stderr


def test_a_script_removes_the_projects_that_it_made(right: RunningServer, tmp_path: Path) -> None:
    """Unless it is asked to keep them: then the target holds as many more as it made."""
    import httpx  # noqa: PLC0415 - only this test asks the server itself

    def held() -> int:
        answer = httpx.get(f"{right.base_url}/projects", headers={"Authorization": right.token})
        return len(answer.json()["results"])

    program = next(path for path in PROGRAMS if path.stem == "nc-status-409")
    before = held()
    for script in written(program, tmp_path):
        ended(script, right, TRIES="1")
        assert held() == before
        ended(script, right, TRIES="1", KEEP="1")
        assert held() == before + 1
        before = held()


def test_scripts_of_an_older_report_do_not_stay(tmp_path: Path) -> None:
    """What lies in the folder belongs to the report that links to it."""
    document = json.loads(PROGRAMS[0].read_text(encoding="utf-8"))
    (tmp_path / "reproduce").mkdir()
    (tmp_path / "reproduce" / "finding-99.sh").write_text("old", encoding="utf-8")
    assert {str(path.relative_to(tmp_path)) for path in write_scripts(document, tmp_path)} == set(
        script_names(document["findings"][0])
    )
    assert not (tmp_path / "reproduce" / "finding-99.sh").exists()


def test_what_a_target_said_stays_text_in_a_script(tmp_path: Path) -> None:
    """Neither a sentence nor a body ends its quotes or runs as a command."""
    document = json.loads(PROGRAMS[0].read_text(encoding="utf-8"))
    evil = '\'; touch pwned; """ \' $(touch pwned) `touch pwned` \\\n touch pwned'
    document["findings"][0]["sentence"] = evil
    for step in document["findings"][0]["program"]["steps"]:
        step["then"] = evil
        if "json" in step:
            step["json"] = {"name": evil}
    for script in write_scripts(document, tmp_path):
        words = [sys.executable, "-m", "py_compile"] if script.suffix == ".py" else ["sh", "-n"]
        assert subprocess.run([*words, str(script)], cwd=tmp_path, check=False).returncode == 0
        ended(script, None, DDS_TARGET="http://127.0.0.1:9/api/v1", DDS_API_TOKEN="tok-0001", TRIES="1")
    assert not list(tmp_path.rglob("pwned"))
