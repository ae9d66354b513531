"""What a step of a GitHub workflow says to its runner: few lines, escaped, and a summary that is not refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.run import github_actions
from conformance.run.github_actions import MOST_LINES, SUMMARY_BYTES, annotation_lines, announce, disarmed, fitted

Document = dict[str, Any]
Sample = Callable[[str], Document]
HISTORY = Path(__file__).parents[1] / "data" / "recorded" / "deployed-history.jsonl"


def kinds(commands: list[str]) -> list[str]:
    """Give what kind of command each line is."""
    return [command.split("::")[1].split(" ")[0] for command in commands]


def test_broken_requirements_are_errors_and_warnings_are_warnings(sample: Sample) -> None:
    """The gravest first, each with its requirement and its sentence."""
    commands = annotation_lines(sample("nonconformant"))
    assert kinds(commands) == ["error", "error", "error", "warning"]
    assert "::error title=one-verdict (IMPLIED)::read op-7 began 40 ms after" in "\n".join(commands)


def test_many_findings_are_nine_lines_and_the_number_of_the_others(sample: Sample) -> None:
    """One finding of each requirement comes before a second one of any."""
    document = sample("nonconformant")
    next(row for row in document["requirements"] if row["id"] == "bad-never-200")["findings"] *= 40
    commands = annotation_lines(document)
    assert [kind for kind in kinds(commands) if kind in ("error", "warning")] == kinds(commands)[:MOST_LINES]
    assert len(commands) == MOST_LINES + 1
    assert "34 more" in commands[-1]
    assert all(any(name in one for one in commands[:4]) for name in ("one-verdict", "bad-never-200", "error-number"))


def test_a_run_without_a_flaw_says_nothing_and_an_incomplete_one_is_an_error(sample: Sample) -> None:
    """Silence is for what is conformant alone."""
    assert annotation_lines(sample("conformant")) == []
    assert kinds(annotation_lines(sample("interrupted")))[0] == "error"


def test_a_deviation_that_is_foreseen_is_a_warning_and_one_that_is_not_is_an_error(sample: Sample) -> None:
    """With --expect the gate decides, and the colours follow it."""
    document = sample("nonconformant")
    lines = [{"id": "one-verdict", "state": "met", "sentence": "as foreseen"},
             {"id": "bad-never-200", "state": "unexpected failure", "sentence": "nobody foresaw it"}]  # fmt: skip
    document["expected"] = {"passed": False, "lines": lines}
    said = annotation_lines(document)
    assert any(line.startswith("::warning title=one-verdict") for line in said)
    assert any(
        line.startswith("::error title=known deviations%3A unexpected failure::nobody foresaw it") for line in said
    )
    assert any(line.startswith("::error title=bad-never-200") for line in said)


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_text_leaves_its_line_or_its_place(title: str, message: str) -> None:
    """Percent signs, line ends, colons and commas are escaped as the runner wants them."""
    command = github_actions.Note("error", title, message).command()
    assert len(command.splitlines()) == 1
    head, _, said = command.removeprefix("::error title=").partition("::")
    assert not {":", ","} & set(head)
    assert all(part[:2] in ("25", "0D", "0A") for part in said.split("%")[1:])


@pytest.mark.parametrize("text", ["::error::x", "a\n  ::add-mask::secret", "x ##[command]rm", "::set-output name=a::b"])
def test_a_command_in_the_words_of_a_target_is_disarmed(text: str) -> None:
    """Before it is printed; an address with two colons stays as it is."""
    assert "::" not in disarmed(text) or "##[" not in disarmed(text)
    assert disarmed(text) != text
    assert disarmed("http://[::1]:80/x fe80::1") == "http://[::1]:80/x fe80::1"


def test_the_summary_is_appended_and_the_page_stays_below_what_is_refused(sample: Sample, tmp_path: Path) -> None:
    """After what stands there already, cut between two blocks."""
    page = tmp_path / "page"
    page.write_text("before", encoding="utf-8")
    document = sample("nonconformant")
    for row in document["requirements"]:
        row["asks"] = "é" * 40_000
        row.update(outcome="warn", findings=[0])
    announce(document, {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(page)}, lambda _: None)
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n\n# ✕ DDS conformance: nonconformant")
    assert 100_000 < page.stat().st_size <= SUMMARY_BYTES
    assert text.count("<details>") == text.count("</details>")
    assert "cut here" in text


@given(st.lists(st.text(max_size=30), max_size=12), st.integers(-5, 400))
def test_what_is_cut_fits_its_room(blocks: list[str], room: int) -> None:
    """Whatever the room, down to none."""
    shown = fitted("\n\n".join(blocks), room)
    assert not shown or len(shown.encode()) <= room


def test_nothing_is_said_outside_of_a_workflow_and_a_page_that_cannot_be_written_harms_nothing(
    sample: Sample, tmp_path: Path
) -> None:
    """The page is a courtesy, never a reason to fail."""
    said: list[str] = []
    announce(sample("nonconformant"), {"GITHUB_STEP_SUMMARY": str(tmp_path / "page")}, said.append)
    assert said == []
    assert list(tmp_path.iterdir()) == []
    announce(sample("conformant"), {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(tmp_path)}, said.append)
    assert kinds(said) == ["notice"]


def command(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command as a step of a workflow."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("DDS_", "GITHUB_"))}
    step = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(folder / "page")}
    return subprocess.run(
        [sys.executable, "-m", "conformance", *words], cwd=folder, env={**clean, **step}, capture_output=True,
        text=True, check=False, timeout=60,
    )  # fmt: skip


def test_a_command_that_judges_announces_itself_and_leaves_json_pure(tmp_path: Path) -> None:
    """The recording of the deployed service: warned of."""
    done = command(tmp_path, "judge", str(HISTORY), "--json")
    outcome = json.loads(done.stdout)["outcome"]
    lines = [line for line in done.stderr.splitlines() if line.startswith(("::error", "::warning"))]
    assert 1 <= len(lines) <= MOST_LINES
    assert f"DDS conformance: {outcome}" in (tmp_path / "page").read_text(encoding="utf-8").splitlines()[0]


def test_a_command_that_cannot_begin_is_an_error_on_the_page(tmp_path: Path) -> None:
    """A target that is empty: nothing is judged, and the page says why."""
    done = command(tmp_path, "run", "--target", "")
    assert done.returncode == 2
    assert "::error title=dds-conformance::" in done.stderr
    assert "ended without a verdict" in (tmp_path / "page").read_text(encoding="utf-8")
