"""What a right harness says of the official Python client (DukeDSClient 4.0.0), tried by hand and reproduced here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

TEMPLATE = Path(__file__).parents[2] / "examples" / "ddsclient.yaml.j2"
TRIED = (
    "calm", "nc-on-create-upload", "nc-on-file-url", "nc-on-version-url", "nc-for-ever-*", "bytes-differ", "found-bad*",
    "project-gone", "too-many-requests", "error-on-complete", "complete-broken-off",
    "create-project-answer-lost", "complete-answer-lost",
)  # fmt: skip
"""What is asked about below, and the core; `client` tries everything.

`unavailable` is left to it: a minute's wait, which the client spends at full speed on a core and a half.
"""
NOWHERE = "http://127.0.0.1:9"
"""The client asks the package index for newer versions of itself; a test speaks to this machine only."""
pytestmark = pytest.mark.xdist_group("official-client")
Document = dict[str, Any]


@pytest.fixture(scope="module")
def document(ddsclient: Path, tmp_path_factory: pytest.TempPathFactory) -> Document:
    """Try the client in the scenarios that are asked about, and give the run document."""
    folder = tmp_path_factory.mktemp("table")
    aside = (
        "DDSCLIENT_CONF={setup}",
        f"HTTP_PROXY={NOWHERE}",
        f"HTTPS_PROXY={NOWHERE}",
        "NO_PROXY=127.0.0.1,localhost",
    )
    words = [sys.executable, "-m", "conformance", "client", "--jobs", "4", "--report-dir", str(folder), "--quiet"]
    words += ["--setup", str(TEMPLATE), *(word for line in aside for word in ("--env", line))]
    words += [word for glob in TRIED for word in ("--scenario", glob)]
    words += ["--", str(ddsclient), "upload", "-p", "{project}", "{folder}"]
    retained = {name: value for name, value in os.environ.items() if not name.startswith("DDS_")}
    done = subprocess.run(words, cwd=folder, env=retained, capture_output=True, text=True, check=False, timeout=480)
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(json.loads((folder / "report.json").read_text(encoding="utf-8")))


def outcomes(document: Document) -> dict[str, str]:
    """Give the outcome of each requirement."""
    return {row["id"]: row["outcome"] for row in document["requirements"]}


def rules(document: Document, scenario: str) -> set[str]:
    """Give the rules that a scenario convicts by."""
    return {finding["rule"] for finding in document["findings"] if finding["subject"] == scenario}


def row(document: Document, scenario: str) -> Document:
    """Give a scenario's row."""
    return next(dict(one) for one in document["client"]["scenarios"] if one["name"] == scenario)


def pause(document: Document, scenario: str, call: str) -> float:
    """Give the seconds, rounded, after which a call was tried again in a scenario."""
    return next(round(one["median_gap_s"]) for one in row(document, scenario)["retried"] if one["call"] == call)


def test_no_must_is_broken_and_the_core_is_met(document: Document) -> None:
    """Integrity ends with exit code 1 and no retry; not_provided is not retried; the token stays at home."""
    assert (document["outcome"], document["exit_code"], document["missing_core"]) == ("conformant", 0, [])
    must = {row["id"]: row["outcome"] for row in document["requirements"] if row["level"] == "MUST"}
    assert set(must.values()) == {"pass"}, must
    for scenario in ("bytes-differ", "found-bad", "found-bad-late"):
        assert row(document, scenario)["commands"][0]["exit_code"] == 1, scenario
    assert rules(document, "project-gone") == set()


def test_not_consistent_is_retried_every_two_or_five_seconds_for_ever(document: Document) -> None:
    """Unbounded: a SHOULD."""
    assert pause(document, "nc-for-ever-on-create-upload", "create_upload") == 2
    assert pause(document, "nc-for-ever-on-urls", "list_project_files") == 5
    assert rules(document, "nc-for-ever-on-create-upload") == {"unbounded"}
    assert rules(document, "nc-for-ever-on-urls") == {"unbounded"}
    assert outcomes(document)["client-bounded"] == "warn"
    assert outcomes(document)["client-waits"] == "pass"


def test_busy_and_failing_answers_are_met_as_the_table_says(document: Document) -> None:
    """429 and one 500 on complete give up at once."""
    assert rules(document, "too-many-requests") == {"retry-after-gave-up"}
    assert rules(document, "error-on-complete") == {"gave-up-at-trouble"}


def test_lost_answers_are_met_as_the_table_says(document: Document) -> None:
    """A reset before the work is retried after a second; one after it makes two projects, or a failure that is none."""
    assert pause(document, "complete-broken-off", "complete_upload") == 1
    assert rules(document, "complete-broken-off") == set()
    assert rules(document, "create-project-answer-lost") == {"duplicate"}
    assert rules(document, "complete-answer-lost") == {"completed-taken-for-failure"}


def test_endpoints_that_it_never_uses_are_not_observed_and_block_nothing(document: Document) -> None:
    """It reads the listing instead of the url endpoints."""
    for scenario in ("nc-on-file-url", "nc-on-version-url"):
        assert row(document, scenario)["outcome"] == "not-observed"
        assert row(document, scenario)["never_met"]
