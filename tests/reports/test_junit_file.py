"""``junit.xml`` read back by an independent parser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conformance.reports import junit
from junitparser import Error, Failure, JUnitXml, Skipped, TestCase

Document = dict[str, Any]
Sample = Callable[[str], Document]


def read(document: Document, tmp_path: Path) -> tuple[JUnitXml, dict[str, TestCase]]:
    """Write the file and read its duties back."""
    parsed = JUnitXml.fromfile(str(junit.write(document, tmp_path)))
    (duties, *_) = list(parsed)
    return parsed, {case.name: case for case in duties}


def properties(case: Any) -> dict[str, str]:
    """Give the properties of a case or a suite."""
    return {one.name: one.value for one in case.properties()}


def test_there_is_one_case_per_duty_with_its_id_and_level(sample: Sample, tmp_path: Path) -> None:
    """Every duty is there once, classed by its level."""
    document = sample("nonconformant")
    _, cases = read(document, tmp_path)
    assert list(cases) == [row["id"] for row in document["requirements"]]
    for row in document["requirements"]:
        case = cases[row["id"]]
        assert case.classname == f"dds.{row['level']}"
        about = {one.get("name"): one.get("value") for one in case._elem.iter("property")}
        assert (about["id"], about["level"], about["outcome"]) == (row["id"], row["level"], row["outcome"])


@pytest.mark.parametrize(
    ("outcome", "kind", "level", "run"),
    [
        ("fail", Failure, "MUST", "nonconformant"),
        ("error", Error, "SHOULD", "incomplete"),
        ("blocked", Error, "MUST", "incomplete"),
        ("blocked", Skipped, "SHOULD", "incomplete"),
        ("blocked", Skipped, "IMPLIED", "conformant"),
        ("not-observed", Skipped, "MUST", "conformant"),
        ("not-applicable", Skipped, "SHOULD", "conformant"),
        ("pass", None, "MUST", "conformant"),
        ("warn", None, "SHOULD", "conformant"),
    ],
)
def test_each_outcome_has_its_element(
    sample: Sample, tmp_path: Path, *, outcome: str, kind: type | None, level: str, run: str
) -> None:
    """Failure, error, skipped or passed, and what was not tried is never passed."""
    document = sample("conformant")
    document["outcome"] = run
    document["requirements"][0].update(outcome=outcome, level=level)
    _, cases = read(document, tmp_path)
    result = cases["project-create-202"].result
    assert [type(one) for one in result] == ([kind] if kind else [])


def test_a_failure_tells_its_sentences_and_how_to_repeat_them(sample: Sample, tmp_path: Path) -> None:
    """The message is the first sentence; the text has expected, observed and the curl lines."""
    _, cases = read(sample("nonconformant"), tmp_path)
    (failure,) = cases["one-verdict"].result
    assert failure.message.startswith("read op-7 began 40 ms after")
    assert failure.type == "one-verdict-rule"
    assert "expected: the same verdict as before" in failure.text
    assert "curl -sS -i" in failure.text


def test_a_warning_passes_and_is_told(sample: Sample, tmp_path: Path) -> None:
    """A warned-of SHOULD stays green and says why it might not."""
    _, cases = read(sample("nonconformant"), tmp_path)
    case = cases["error-number"]
    assert case.is_passed
    assert "warning" in case.system_out


def test_the_counts_are_those_of_the_cases(sample: Sample, tmp_path: Path) -> None:
    """CI servers that read the attributes alone see the same."""
    _, cases = read(sample("nonconformant"), tmp_path)
    (duties,) = list(JUnitXml.fromfile(str(tmp_path / "junit.xml")))
    assert (duties.tests, duties.failures, duties.errors, duties.skipped) == (len(cases), 3, 0, 3 + 0)


def test_an_incomplete_run_is_never_green(sample: Sample, tmp_path: Path) -> None:
    """A run that was cut short adds one case in error, beside the duties."""
    parsed, cases = read(sample("interrupted"), tmp_path)
    _, run = list(parsed)
    assert not any(case.is_failure or case.is_error for case in cases.values())
    assert run.errors == 1
    (case,) = list(run)
    assert "interrupted" in case.result[0].message


def test_the_suite_says_what_was_judged(sample: Sample, tmp_path: Path) -> None:
    """Target, effort, seed and versions are properties of the suite."""
    read(sample("conformant"), tmp_path)
    (duties,) = list(JUnitXml.fromfile(str(tmp_path / "junit.xml")))
    about = properties(duties)
    assert about["target"] == "http://127.0.0.1:4567/api/v1"
    assert (about["effort"], about["seed"], about["version_suite"]) == ("thorough", "7", "0.1.0")


def test_many_findings_of_a_duty_are_told_in_part_and_counted(sample: Sample, tmp_path: Path) -> None:
    """A thousand findings do not make a thousand paragraphs."""
    document = sample("nonconformant")
    row = next(row for row in document["requirements"] if row["id"] == "one-verdict")
    row["findings"] *= 1000
    _, cases = read(document, tmp_path)
    assert "and 980 more" in cases["one-verdict"].result[0].text


def test_every_case_that_was_tried_took_time_and_all_together_took_the_runs(sample: Sample, tmp_path: Path) -> None:
    """A share of the run by what was looked at; what was never looked at took none."""
    document = sample("nonconformant")
    _, cases = read(document, tmp_path)
    for row in document["requirements"]:
        assert (cases[row["id"]].time > 0) is (row["looked"] > 0 or row["exposures"] > 0), row["id"]
    assert sum(case.time for case in cases.values()) == pytest.approx(document["duration_s"], abs=0.1)


def test_a_warning_is_a_property_too(sample: Sample, tmp_path: Path) -> None:
    """For readers that show no output of what passed."""
    _, cases = read(sample("nonconformant"), tmp_path)
    about = {one.get("name"): one.get("value") for one in cases["error-number"]._elem.iter("property")}
    assert about["warning"] == '`error` is the string "404", not the number'
    assert "warning" not in {one.get("name") for one in cases["nc-payload"]._elem.iter("property")}


def test_names_are_unique_whatever_the_document_holds(sample: Sample, tmp_path: Path) -> None:
    """A reader that goes by names alone loses no case, also where a row is called as a numbered one."""
    document = sample("conformant")
    twin = document["requirements"][0]
    document["requirements"] += [twin, {**twin, "id": f"{twin['id']} (2)"}]
    parsed = JUnitXml.fromfile(str(junit.write(document, tmp_path)))
    names = [case.name for suite in parsed for case in suite]
    assert len(names) == len(set(names)) == len(document["requirements"])


def test_the_file_stays_below_what_gitlab_reads_and_keeps_every_case(sample: Sample, tmp_path: Path) -> None:
    """Findings whose text would make a hundred megabytes: it is cut, the cases stay."""
    document = sample("nonconformant")
    for finding in document["findings"]:
        finding["sentence"], finding["curl"] = "&" * 500_000, ["\x00\U0001f40d" * 100_000] * 4
    for row in document["requirements"]:
        row.update(outcome="fail", findings=[0, 1, 2, 3] * 5)
    document["requirements"] *= 5
    path = junit.write(document, tmp_path)
    assert path.stat().st_size < 30_000_000
    assert len([case for suite in JUnitXml.fromfile(str(path)) for case in suite]) == len(document["requirements"])
