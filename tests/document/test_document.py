"""The run document and what it is made of: evidence, curl lines, traffic, core coverage, progress."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import jsonschema
import pytest

from conformance.api.answers import Classified
from conformance.api.classifier import classify_all
from conformance.api.curl import curl
from conformance.errors import UsageError
from conformance.model import (
    Conformance,
    Exchange,
    Failure,
    Finding,
    Level,
    Octets,
    Operation,
    Requirement,
    Role,
    Run,
    Tally,
    Target,
)
from conformance.outcome.coverage import Steps, marked, missing_core
from conformance.outcome.document import EVIDENCE_TEXT, document, evidence, write
from conformance.outcome.sums import sums_of
from conformance.outcome.traffic import traffic
from conformance.outcome.verdicts import verdicts
from conformance.run.progress import NS_PER_S, Progress, Tail
from conformance.run.report_writers import draw, formats

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas/run.schema.json").read_text(encoding="utf-8"))
BASE = "https://dds.example.org/api/v1"
MUST = Requirement("bad-never-200", Level.MUST, "Logical View", "title", "asks", "always")


def operation(name: str, method: str, path: str, status: int | None, **more: object) -> Operation:
    """Make an operation on the API; `more` are fields of its exchange."""
    exchange = Exchange(method, f"/api/v1{path}", host="dds.example.org", status=status, **more)  # type: ignore[arg-type]
    return Operation(name, "actor", 1_000, 2_000 if status else None, exchange, plan="p1")


def run_of(*findings: Finding) -> Run:
    """Make a run whose one requirement has the findings."""
    given = verdicts([MUST], {MUST.id: Tally(MUST.id, 3, findings)})
    return Run(
        Conformance.NONCONFORMANT, Target(BASE), given, 2, "quick", 0,
        strict=False, partial=False, interrupted=False, begun="2026-11-23T20:00:00+00:00",
        ended="2026-11-23T20:00:09+00:00", run_id="r1",
        versions={"suite": "1", "catalogue": "1", "spec": "DDS-872", "python": "3.11"},
    )  # fmt: skip


def classed(*operations: Operation) -> dict[str, tuple[Operation, Classified]]:
    """Give operations by id, each with what it is."""
    pairs = zip(operations, classify_all(operations, Target(BASE)), strict=True)
    return {one.id: (one, of) for one, of in pairs}


def test_a_document_fits_its_schema_and_ends_with_its_end() -> None:
    """The document is the interface of every report."""
    found = Finding(MUST.id, "early", "upload u", ("a", "gone"), "a sentence")
    drawn = document(run_of(found), classed(operation("a", "GET", "/files/f/url", 200)), {"fuzz": {}})
    jsonschema.validate(drawn, SCHEMA)
    assert list(drawn)[-1] == "end"
    assert drawn["duration_s"] == 9.0
    (finding,) = drawn["findings"]
    assert [one["id"] for one in finding["evidence"]] == ["a"]
    assert finding["plan"] == "p1"
    assert drawn["requirements"][0]["findings"] == [0]


def test_a_document_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    """What was there before stays until the new one is complete."""
    path = tmp_path / "report.json"
    write({"a": 1}, path)
    with pytest.raises(ValueError, match="not JSON compliant"):
        write({"a": float("nan")}, path)
    assert json.loads(path.read_text(encoding="utf-8")) == {"a": 1}


def test_evidence_cuts_a_body_that_would_drown_it() -> None:
    """A report stays small whatever a target answers."""
    shown = evidence(*classed(operation("a", "GET", "/projects", 200, response={"x": "y" * 10_000}))["a"])
    assert len(shown["response"]["cut"]) == EVIDENCE_TEXT
    assert shown["response"]["characters"] > 10_000


@pytest.mark.parametrize("user", ["owner", "other", "invalid", None])
def test_a_curl_line_names_the_variable_and_never_the_token(user: str | None) -> None:
    """A line can be pasted into an issue."""
    line = curl(operation("a", "PUT", "/files/f", 200, user=user, request={"label": "it's"}).exchange, BASE)
    words = shlex.split(line)
    assert words[-1] == f"{BASE}/files/f"
    assert json.loads(words[words.index("-d") + 1]) == {"label": "it's"}
    assert ("Authorization: $DDS_API_TOKEN" in words) is (user == "owner")
    assert any(word.startswith("Authorization") for word in words) is (user is not None)


def test_a_curl_line_to_the_storage_carries_no_token() -> None:
    """The storage provider never sees it."""
    to_storage = Exchange("PUT", "/bucket/x?sig=[redacted]", "s3.example.org", Role.STORAGE, request=Octets(3, "m"))
    line = curl(to_storage, BASE)
    assert "Authorization" not in line
    assert "https://s3.example.org/bucket/x" in line


def test_traffic_counts_calls_answers_failures_and_bytes() -> None:
    """A summary of what went over the wire."""
    history = [
        operation("a", "POST", "/projects", 202),
        operation("b", "POST", "/projects", None, failure=Failure.RESET, request=Octets(10, "m")),
    ]
    summary = traffic(history, classify_all(history, Target(BASE)))
    assert summary["operations"] == 2
    assert summary["by_call"] == [{"call": "create_project", "count": 2, "by_answer": {"done": 1, "unknown": 1}}]
    assert (summary["failures"], summary["bytes_sent"], summary["by_status"]) == ({"reset": 1}, 10, {"202": 1})


def test_what_lies_behind_a_step_that_never_succeeded_is_blocked() -> None:
    """A project that cannot be used blocks everything about uploads, and says after how many attempts."""
    history = [operation("a", "POST", "/projects", 202), operation("b", "POST", "/projects/p/uploads", 500)]
    steps = sums_of(history, classify_all(history, Target(BASE))).steps
    assert steps.obstacle()[0] == "create_upload"
    found = marked({"complete-202": Tally("complete-202"), "nc-payload": Tally("nc-payload")}, steps)
    assert "in 1 attempts (the last answer: 500)" in found["complete-202"].blocked
    assert not found["nc-payload"].blocked
    assert "converges-project" not in found


def test_what_was_exposed_all_the_same_is_not_blocked() -> None:
    """Evidence outweighs a missing step."""
    assert not marked({"complete-202": Tally("complete-202", 1)}, Steps())["complete-202"].blocked


def test_the_core_names_what_it_lacks() -> None:
    """Nothing at all lacks everything; a refusal of a known bad upload stands for both url endpoints."""
    everything = missing_core({}, {})
    assert len(everything) == 10
    reached = dict.fromkeys(
        ("good-file_url", "good-version_url", "good-bytes", "good-chunked", "good-single-part", "bad-refused",
         "error-400", "error-401", "error-404"), 1
    )  # fmt: skip
    both = {name: Tally(name, 1) for name in ("project-create-202", "complete-202")}
    assert missing_core(both, reached) == ()


def test_progress_awaits_what_is_still_asked_for() -> None:
    """A path is awaited from its first not-consistent answer until another one, or until nobody asks any more."""
    progress = Progress()
    waiting = {"method": "GET", "path": "/api/v1/files/f/url", "status": 404, "a_ns": 5,
               "response": {"code": "resource_not_consistent"}}  # fmt: skip
    progress.add(waiting)
    progress.add({**waiting, "a_ns": 7})
    assert progress.awaited_at(8) == {"/api/v1/files/f/url": 5}
    assert progress.awaited_at(8 + 10 * NS_PER_S) == {}
    progress.add({**waiting, "status": 200, "response": {}})
    assert progress.awaited_at(8) == {}


def test_a_tail_reads_lines_as_they_come_and_survives_half_a_line(tmp_path: Path) -> None:
    """The history is read while other processes append to it."""
    path = tmp_path / "history.jsonl"
    tail = Tail(path)
    tail.read()
    line = json.dumps({"method": "POST", "path": "/api/v1/projects", "status": 202, "a_ns": 1, "response": {}}).encode()
    for piece in (line[:20], line[20:] + b"\nnot json\n", line + b"\n"):
        with path.open("ab") as file:
            file.write(piece)
        tail.read()
    assert (tail.progress.operations, tail.progress.projects) == (2, 2)


def test_reports_are_found_by_entry_point_and_a_wrong_name_is_an_error(tmp_path: Path) -> None:
    """Nobody imports a report."""
    assert {"html", "junit", "md"} <= set(formats())
    with pytest.raises(UsageError, match="pdf"):
        draw({}, tmp_path, ["pdf"])
