"""Nothing of an older run passes for this one's, and a run without a verdict is red in every CI."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from forked import Ended, dds, preload

from conformance.driver.report_folder import older_ledgers

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas/run.schema.json").read_text(encoding="utf-8"))
TOKEN = {"DDS_API_TOKEN": "x" * 20}
STALE = (
    "report.json", "junit.xml", "summary.md", "report.html", "certificate.json", "certificate.md", "history.jsonl",
    "pytest.log", "plans-main.json", "fuzz-main.json",
)  # fmt: skip
GREEN = "of an older run, and green"
OPEN = (
    '{"format": "dds-conformance-ledger", "version": 1, "run_id": "0123456789ab", "base_url": "http://h/api/v1"}\n'
    '{"create": "project", "key": "k", "name": "ddsc 0123456789ab x", "user": "owner"}\n'
)
NOWHERE = ("--target", "http://127.0.0.1:9")


@pytest.fixture(autouse=True)
def _loaded() -> None:
    preload()


def stale(folder: Path) -> Path:
    """Fill a folder with what a green run leaves there, and with what is none of ours."""
    folder.mkdir()
    for name in STALE:
        (folder / name).write_text(GREEN, encoding="utf-8")
    (folder / "ledger.jsonl").write_text(OPEN, encoding="utf-8")
    (folder / "certificate.pem").write_text("none of ours", encoding="utf-8")
    return folder


def red(folder: Path, code: int) -> str:
    """Assert that the folder tells of a run that came to nothing; give the reason."""
    document = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    jsonschema.validate(document, SCHEMA)
    assert (document["outcome"], document["exit_code"]) == ("incomplete", code)
    assert ET.parse(folder / "junit.xml").findall(".//error")
    (reason,) = document["reasons"]
    assert "incomplete" in (folder / "summary.md").read_text(encoding="utf-8")
    for name in STALE:
        path = folder / name
        assert not path.exists() or GREEN not in path.read_text(encoding="utf-8"), name
    assert (folder / "certificate.pem").exists()
    return str(reason)


@pytest.mark.parametrize(
    ("words", "env", "code"),
    [
        ((), TOKEN, 2),
        (("--target", "http://192.0.2.1"), TOKEN, 2),
        ((*NOWHERE, "--only", "no-such-duty"), TOKEN, 2),
        (NOWHERE, {}, 2),
        (NOWHERE, TOKEN, 3),
    ],
    ids=["no target", "no consent", "no such requirement", "no credentials", "nobody answers"],
)
def test_a_run_that_cannot_begin_leaves_a_red_report(
    words: tuple[str, ...], env: dict[str, str], code: int, tmp_path: Path
) -> None:
    """Once its folder is known, whatever is wrong next."""
    folder = stale(tmp_path / "out")
    done = dds("run", *words, "--report-dir", "out", cwd=tmp_path, env=env)
    assert done.code == code, done.said
    assert red(folder, code) in " ".join(done.err.split())
    retained = folder / "ledger-0123456789ab.jsonl"
    assert retained.read_text(encoding="utf-8") == OPEN
    assert f"dds-conformance clean out/{retained.name}" in done.err
    assert older_ledgers(folder) == (retained,)


def test_replay_and_judge_leave_no_stale_view_either(tmp_path: Path) -> None:
    """A plan or a history that is none; a judge keeps the records of the run that it may be asked about."""
    (tmp_path / "bad").write_text("{}", encoding="utf-8")
    folder = stale(tmp_path / "out")
    assert dds("replay", "bad", *NOWHERE, "--report-dir", "out", cwd=tmp_path, env=TOKEN).code == 2
    red(folder, 2)
    (folder / "history.jsonl").write_text("no history\n", encoding="utf-8")
    assert dds("judge", "out/history.jsonl", "--report-dir", "out", cwd=tmp_path).code == 2
    assert "line 1" in red(folder, 2)
    assert (folder / "history.jsonl").read_text(encoding="utf-8") == "no history\n"


@pytest.mark.parametrize(
    "words",
    [
        ("run", "--dry-run", *NOWHERE),
        ("run", "--no-such-option", "--report-dir", "out"),
        ("run", *NOWHERE, "--seed", "x", "--report-dir", "out"),
        ("doctor", *NOWHERE, "--report-dir", "out"),
        ("judge", "nowhere.jsonl", "--report-dir", "out"),
    ],
    ids=lambda words: words[0] + words[1],
)
def test_what_is_no_run_removes_nothing(words: tuple[str, ...], tmp_path: Path) -> None:
    """A dry run, the doctor, and options that are wrong before the folder counts."""
    folder = stale(tmp_path / "out")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    dds(*words, cwd=tmp_path, env=TOKEN)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize("name", ["report.json", "summary.md"])
def test_no_command_removes_its_own_input(name: str, tmp_path: Path) -> None:
    """What the run would write over is refused before anything is removed; parts of another run are left alone."""
    folder = stale(tmp_path / "out")
    done = dds("replay", f"out/{name}", *NOWHERE, "--report-dir", "out", cwd=tmp_path, env=TOKEN)
    assert done.code == 2
    assert "--report-dir" in done.err
    assert (folder / name).read_text(encoding="utf-8") == GREEN
    assert (folder / "junit.xml").exists()
    done = dds("replay", "out/plans-main.json", *NOWHERE, "--report-dir", "out", cwd=tmp_path, env=TOKEN)
    assert (folder / "plans-main.json").exists()


def _said(done: Ended) -> str:
    return " ".join(done.said.split())


def test_a_crash_of_the_suite_is_5_in_one_sentence_and_a_traceback_only_on_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one place where everything ends: the fork inherits a broken judge."""

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("inside")

    monkeypatch.setattr("conformance.cli.judge_command.drawn", broken)
    recorded = Path(__file__).parents[1] / "data/recorded/deployed-history.jsonl"
    done = dds("judge", recorded, "--report-dir", "out", cwd=tmp_path)
    assert done.code == 5
    assert "ZeroDivisionError" in done.err
    assert "--debug" in done.err
    assert "Traceback" not in done.said
    assert "ZeroDivisionError" in red_reason(tmp_path / "out")
    assert "Traceback" in dds("judge", recorded, "--debug", cwd=tmp_path).err


def red_reason(folder: Path) -> str:
    """Give the reason that a folder's report has."""
    return str(json.loads((folder / "report.json").read_text(encoding="utf-8"))["reasons"][0])
