"""The exit codes, each earned by the command itself."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import jsonschema
import pytest
from closed_ports import nobody_listens
from commanding import Run, command, environment

from conformance.reference.launch import RunningServer, launch

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas/run.schema.json").read_text(encoding="utf-8"))
RECORDED = Path(__file__).parents[1] / "data/recorded/deployed-history.jsonl"


def document(folder: Path) -> dict[str, object]:
    """Read a run document and hold it against its schema."""
    read = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    jsonschema.validate(read, SCHEMA)
    return dict(read)


def test_the_embedded_server_is_conformant_and_answers_0(dds: Run, tmp_path: Path) -> None:
    """The first thing a newcomer sees."""
    done = dds("run", "--effort", "quick", "--report-dir", "out")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "conformant: no requirement is broken" in " ".join(done.stdout.split())
    assert document(tmp_path / "out")["outcome"] == "conformant"
    assert {path.name for path in (tmp_path / "out").iterdir()} >= {"history.jsonl", "junit.xml", "report.html"}


def test_a_broken_target_is_nonconformant_and_answers_1(dds: Run, tmp_path: Path) -> None:
    """A 200 where 202 is due."""
    with launch(lag="0.1", faults=["complete-200"]) as broken:
        env = {"DDS_API_TOKEN": broken.token, "DDS_OTHER_API_TOKEN": broken.other_token}
        words = ("--effort", "quick", "--scenario", "uploads", "--target", broken.base_url, "--report-dir", "out")
        done = dds("run", *words, env=env)
    assert done.returncode == 1, done.stdout + done.stderr
    drawn = document(tmp_path / "out")
    assert drawn["outcome"] == "nonconformant"
    assert "complete-202" in done.stdout


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["run", "--targe", "x"], "--target"),
        (["run", "--only", "nc-paylod"], "nc-payload"),
        (["run", "--target", "ftp://x"], "address"),
        (["run", "--effort", "lots"], "quick"),
        (["judge", "nowhere.jsonl"], "nowhere.jsonl"),
        (["serve", "--fault", "no-such-fault"], "no-such-fault"),
        (["frobnicate"], "frobnicate"),
    ],
)
def test_a_wrong_option_answers_2_and_names_what_is_wrong(dds: Run, words: list[str], says: str) -> None:
    """Usage errors are one sentence, never a traceback."""
    done = dds(*words)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_credentials_are_needed_for_a_named_target(dds: Run) -> None:
    """A target without credentials is a wrong configuration."""
    done = dds("run", "--target", "http://127.0.0.1:9")
    assert done.returncode == 2
    assert "DDS_API_TOKEN" in done.stderr


def test_a_credentials_file_that_others_can_read_is_refused(dds: Run, tmp_path: Path) -> None:
    """Secrets in the open are an error, with the remedy."""
    file = tmp_path / "credentials.toml"
    file.write_text('dds_api_token = "secret"\n', encoding="utf-8")
    file.chmod(0o644)
    done = dds("run", "--target", "http://127.0.0.1:9", "--credentials", file)
    assert done.returncode == 2
    assert "chmod 600" in done.stderr


def test_a_target_that_is_down_answers_3_with_one_sentence(dds: Run) -> None:
    """Nothing listens there."""
    with nobody_listens() as url:
        done = dds("run", "--target", url.removesuffix("/api/v1"), env={"DDS_API_TOKEN": "x" * 20})
    assert done.returncode == 3
    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1
    assert "does not accept connections" in errors[0]


def test_a_wrong_token_answers_3(dds: Run, server: RunningServer) -> None:
    """The target refuses the credentials."""
    done = dds("run", "--target", server.base_url, env={"DDS_API_TOKEN": "x" * 20})
    assert done.returncode == 3
    assert "401" in done.stderr


def test_an_interrupt_answers_130_and_the_report_is_still_written(tmp_path: Path) -> None:
    """Ctrl-C in the middle: what was kept is judged, and marked incomplete."""
    out = tmp_path / "out"
    words = command("run", "--effort", "thorough", "--report-dir", out)
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment()) as child:
        until = time.monotonic() + 60
        while time.monotonic() < until and not _operations(out / "history.jsonl"):
            time.sleep(0.05)
        child.send_signal(signal.SIGINT)
        child.communicate(timeout=120)
    assert child.returncode == 130
    drawn = document(out)
    assert (drawn["outcome"], drawn["interrupted"]) == ("incomplete", True)


def _operations(history: Path) -> int:
    return history.read_bytes().count(b'"b_ns"') if history.exists() else 0


def test_a_selection_speaks_of_the_selected_duties_and_is_marked_partial(
    dds: Run, tmp_path: Path, server: RunningServer, credentials: Mapping[str, str]
) -> None:
    """``--only`` with a glob."""
    words = ("run", "--effort", "quick", "--scenario", "uploads", "--only", "complete-*", "--report-dir", "out")
    done = dds(*words, "--target", server.base_url, env=credentials)
    assert done.returncode == 0, done.stdout + done.stderr
    drawn = document(tmp_path / "out")
    assert drawn["partial"] is True
    rows = drawn["requirements"]
    assert isinstance(rows, list)
    assert {row["id"].split("-")[0] for row in rows} == {"complete"}


def test_a_recording_of_the_deployed_service_breaks_nothing(dds: Run, tmp_path: Path) -> None:
    """Exit 0, three known warnings, and what it did not exercise is said."""
    done = dds("judge", RECORDED, "--report-dir", "out")
    assert done.returncode == 0, done.stdout + done.stderr
    rows = document(tmp_path / "out")["requirements"]
    assert isinstance(rows, list)
    assert {row["id"] for row in rows if row["outcome"] == "fail"} == set()
    warned = {row["id"] for row in rows if row["outcome"] == "warn"}
    assert warned == {"error-number", "spec-wording", "nc-tolerated-endpoints"}
    assert "not observed" in done.stdout


@pytest.mark.parametrize(
    ("content", "says"),
    [("", "empty"), ("not json\n", "line 1"), ('{"format": "har"}\n', "foreign")],
)
def test_a_file_that_is_no_history_answers_2(dds: Run, tmp_path: Path, content: str, says: str) -> None:
    """Never a traceback, never a silent pass."""
    file = tmp_path / "history.jsonl"
    file.write_text(content, encoding="utf-8")
    done = dds("judge", file)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_history_cut_short_by_a_killed_run_is_incomplete(dds: Run, tmp_path: Path) -> None:
    """The rest is judged, and the outcome is 4."""
    cut = tmp_path / "cut.jsonl"
    cut.write_bytes(RECORDED.read_bytes()[:-40])
    done = dds("judge", cut)
    assert done.returncode == 4, done.stdout + done.stderr


def test_requirements_lists_every_id_with_level_and_section(dds: Run) -> None:
    """The catalogue, for people and as JSON."""
    stated, read = dds("requirements"), json.loads(dds("requirements", "--json").stdout)
    assert len(read) >= 40
    assert all(row["id"] in stated.stdout and row["section"] and row["level"] for row in read)


def test_a_full_disk_ends_the_run_at_once_and_the_ledger_cleans_up(
    tmp_path: Path, server: RunningServer, credentials: Mapping[str, str], dds: Run
) -> None:
    """What cannot be recorded is not sent; a limit on the size of files stands in for the disk."""
    out = tmp_path / "out"
    words = command("run", "--quiet", "--effort", "quick", "--target", server.base_url, "--report-dir", out)
    full = ["sh", "-c", 'ulimit -f 1600; exec "$@"', "sh", *words]
    done = subprocess.run(full, env=environment(credentials), capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout.strip()) == (5, "incomplete"), done.stdout + done.stderr
    drawn = document(out)
    assert any("cannot be written: File too large" in reason for reason in drawn["reasons"])
    assert drawn["leftovers"]
    said = dds("clean", out / "ledger.jsonl", env=credentials).stdout
    found = re.search(r"removed (\d+) projects of run \w+; (\d+) were gone", said)
    named = sum(1 for left in drawn["leftovers"] if left["id"])
    assert found is not None
    # One whose answer could not be recorded has no id, and is found by its name if it was made at all; one whose
    # deletion could not be recorded is gone.
    assert named <= int(found[1]) + int(found[2])
    assert 0 < int(found[1]) <= len(drawn["leftovers"])
