"""``summary.md`` and the matrix in Markdown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from conformance.reports import markdown, matrix_page

from conformance.release import Deviation, weigh

Document = dict[str, Any]
Sample = Callable[[str], Document]


def test_the_summary_tells_outcome_reasons_findings_and_gaps(sample: Sample) -> None:
    """A reader of the job's page needs nothing else to know what is wrong."""
    text = markdown.summary(sample("nonconformant"))
    assert text.startswith("# ✕ DDS conformance: nonconformant")
    assert "read op-7 began 40 ms after read op-5 had returned 200" in text
    assert "Clients and Eventual Consistency" in text
    assert "`curl -sS -i -X GET" in text
    assert "## What was not observed" in text
    assert "Never seen in 412 racing reads" in text
    assert "| `GET /files/{id}/url` | good | 118 | 3 | 1 |" in text
    assert "dds-conformance run --effort thorough --seed 7" in text


def test_the_summary_stays_short_where_findings_are_many(sample: Sample) -> None:
    """A summary page has a limit of a megabyte."""
    document = sample("nonconformant")
    row = next(row for row in document["requirements"] if row["id"] == "one-verdict")
    row["findings"] *= 10_000
    text = markdown.summary(document)
    assert len(text.encode()) < 60_000
    assert "more, in report.html and report.json" in text


def test_the_summary_shows_the_gate_beside_the_unaltered_results(sample: Sample) -> None:
    """Known deviations are told as such; the outcome stays nonconformant."""
    document = sample("nonconformant")
    line = Deviation("one-verdict", "known", "storage", date(2030, 1, 1), "https://example.org/1")
    document["expected"] = weigh(document, [line], date(2026, 11, 23)).section()
    text = markdown.summary(document)
    assert "nonconformant" in text.splitlines()[0]
    assert "## Known deviations: the gate fails" in text
    assert "one-verdict deviates as foreseen" in text


def test_the_matrix_in_markdown_has_a_row_per_duty_and_marks_differences(sample: Sample, tmp_path: Path) -> None:
    """Vendors and release managers read the same table in a pull request."""
    _, path = matrix_page.write([sample("conformant"), sample("nonconformant")], tmp_path)
    text = path.read_text(encoding="utf-8")
    assert "| **≠** `one-verdict` | IMPLIED | ✓ passed | ✕ failed |" in text
    assert "| `nc-payload` | MUST | ✓ passed | ✓ passed |" in text
