"""``ctrf.json`` against the schema that the format's own reference implementation ships."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner
from conformance.reports.ci import case_rows, ctrf

from conformance.cli.commands import cli
from conformance.driver.report_folder import VIEWS

Document = dict[str, Any]
Sample = Callable[[str], Document]
DATA = Path(__file__).parents[1] / "data"
SCHEMA = json.loads((DATA / "ctrf" / "ctrf-schema-0.0.json").read_text(encoding="utf-8"))


def valid(report: Document) -> Document:
    """Give the report back if it is one by the schema, formats of its texts included."""
    jsonschema.Draft7Validator(SCHEMA, format_checker=jsonschema.Draft7Validator.FORMAT_CHECKER).validate(report)
    return report


@pytest.mark.parametrize("name", ["conformant", "nonconformant", "interrupted"])
def test_each_sample_is_valid_and_its_counts_are_those_of_its_tests(sample: Sample, name: str, tmp_path: Path) -> None:
    """Read back from the file, as a tool would."""
    document = sample(name)
    report = valid(json.loads(ctrf.write(document, tmp_path).read_text(encoding="utf-8")))
    results = report["results"]
    stated = [one["status"] for one in results["tests"]]
    assert results["summary"]["tests"] == len(stated) >= len(document["requirements"])
    assert all(results["summary"][status] == stated.count(status) for status in ("passed", "failed", "skipped"))
    assert len({one["name"] for one in results["tests"]}) == len(stated)


def test_a_failure_a_warning_and_what_was_not_tried_are_told_apart(sample: Sample) -> None:
    """A warning passes and says that it is one; what was not observed never passes."""
    tests = {one["name"]: one for one in ctrf.ctrf(sample("nonconformant"))["results"]["tests"]}
    assert tests["one-verdict"]["status"] == "failed"
    assert "read op-7 began 40 ms after" in tests["one-verdict"]["message"]
    assert "curl -sS -i" in tests["one-verdict"]["trace"]
    assert (tests["error-number"]["status"], tests["error-number"]["rawStatus"]) == ("passed", "warn")
    assert "warning" in tests["error-number"]["tags"]
    assert tests["session-monotonic"]["status"] == "skipped"


def test_an_incomplete_run_fails_a_test_of_its_own(sample: Sample) -> None:
    """No tool that reads the format shows it green."""
    report = valid(ctrf.ctrf(sample("interrupted")))
    assert [one["status"] for one in report["results"]["tests"] if one["name"] == case_rows.RUN] == ["failed"]
    assert report["results"]["environment"]["healthy"] is False


def test_what_a_target_said_stays_within_bounds_and_is_printable(sample: Sample) -> None:
    """A megabyte of control characters and lone surrogates makes no megabyte of report."""
    document = sample("nonconformant")
    document["findings"][0]["sentence"] = "\x1b[31m\ud800" * 100_000
    document["target"]["version"] = "\x00"
    text = json.dumps(valid(ctrf.ctrf(document)))
    assert len(text) < 1_000_000
    assert "\\u001b" not in text


def test_the_option_draws_it_beside_the_usual_reports_and_a_new_run_removes_it(tmp_path: Path) -> None:
    """`--report ctrf` of a command that judges; without the option there is none, and `report` draws it later."""
    history = DATA / "recorded" / "deployed-history.jsonl"
    folder = tmp_path / "dds-report"
    words = ["judge", str(history), "--report-dir", str(folder)]
    CliRunner().invoke(cli, [*words, "--report", "ctrf"])
    assert valid(json.loads((folder / "ctrf.json").read_text(encoding="utf-8")))["results"]["tests"]
    assert {"report.html", "junit.xml", "summary.md", "report.json"} <= {path.name for path in folder.iterdir()}
    CliRunner().invoke(cli, words)
    assert "ctrf.json" in VIEWS
    assert not (folder / "ctrf.json").exists()
    CliRunner().invoke(cli, ["report", str(folder / "report.json"), "--format", "ctrf"])
    assert (folder / "ctrf.json").exists()
