"""What fuzzing came to is written down by each process and added up without losing or doubling anything."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.api.answers import Classified
from conformance.api.classifier import Classifier
from conformance.fuzz.exemptions import Failing, reason
from conformance.fuzz.fuzz_log import Notebook, gather
from conformance.fuzz.fuzz_requests import Question
from conformance.judge.exchange import Violation
from conformance.model import Exchange, Failure, Operation, Target

BASE = "http://t/api/v1"
NC = {"error": 404, "code": "resource_not_consistent", "reason": "r", "suggestion": "s"}
PLAIN = {"error": 404, "code": "not_provided", "reason": "r", "suggestion": "s"}
of = Classifier(Target(BASE))
IE = {"error": 400, "code": "not_provided", "reason": "r", "suggestion": "You must begin a new upload process"}


def operation(path: str = "/api/v1/files/x/url", status: int | None = 404, body: Any = None, **about: Any) -> Operation:
    """Give an operation."""
    return Operation("1", "s", 0, 1, Exchange(about.pop("method", "GET"), path, status=status, response=body, **about))


def shown(one: Operation) -> tuple[Operation, Classified]:
    """Give an operation with what it is."""
    return one, of(one)


def test_answers_are_counted_by_call_state_and_kind() -> None:
    """The new messages apart from other answers of the same status, and attempts without an answer."""
    notes = Notebook("w", BASE)
    for body in (NC, PLAIN, PLAIN):
        notes.answered(*shown(operation(body=body)), "pending", "fuzzing positive")
    notes.answered(*shown(operation(status=400, body=IE)), "failed", "hostile")
    notes.answered(*shown(operation(status=None, failure=Failure.RESET)), "", "hostile")
    assert notes.to_json()["answers"] == {
        "file_url": {
            "-": {"reset": 1},
            "failed": {"400 integrity": 1},
            "pending": {"404": 2, "404 not consistent": 1},
        }
    }
    assert notes.to_json()["cases"] == {"fuzzing positive": 3, "hostile": 2}


def test_one_crime_is_one_row_with_its_smallest_request() -> None:
    """However often it was seen."""
    notes = Notebook("w", BASE)
    for path in ("/api/v1/projects?page=12345", "/api/v1/projects", "/api/v1/projects?page=1"):
        notes.violated(
            "error-payload", Violation("error-payload", "x", "y", "`code` is missing"), *shown(operation(path))
        )
    (row,) = notes.to_json()["crimes"]
    assert row["count"] == 3
    assert row["curl"].endswith("http://t/api/v1/projects")


def test_the_notes_of_all_processes_are_added_up(tmp_path: Path) -> None:
    """Counts added, flaws merged, lists united; written twice is not counted twice."""
    for worker, path in (("gw0", "/api/v1/projects?page=1"), ("gw1", "/api/v1/projects")):
        notes = Notebook(worker, BASE)
        notes.answered(*shown(operation(path)), "-", "hostile")
        notes.noted("schemathesis ServerError", "Server error", *shown(operation(path)))
        notes.filtered["why"] += 2
        notes.missing.add("file failed")
        notes.write(tmp_path)
        notes.write(tmp_path)
    total = gather(tmp_path)
    assert (total["requests"], total["filtered"], total["missing"]) == (2, {"why": 4}, ["file failed"])
    assert [(flaw["count"], flaw["curl"][-8:]) for flaw in total["crimes"]] == [(2, "projects")]
    assert total["answers"]["list_projects"] == {"-": {"404": 2}}


def test_nothing_fuzzed_is_nothing_gathered(tmp_path: Path) -> None:
    """Not a row of zeros."""
    assert gather(tmp_path) == {}


def failing(name: str, exchange: Exchange, **question: Any) -> Failing:
    """Give a failure of one of schemathesis' checks."""
    return Failing(
        name, "", Question(exchange.method, "/x", **question), exchange, of(Operation("1", "s", 0, 1, exchange))
    )


def exchange(
    status: int, body: Any = None, path: str = "/api/v1/files/x/url", method: str = "GET", **about: Any
) -> Exchange:
    """Give an answer."""
    return Exchange(method, path, status=status, response=body, **about)


@pytest.mark.parametrize(
    ("case", "words"),
    [
        (failing("RejectedPositiveData", exchange(404, NC)), "not consistent yet"),
        (failing("EnsureResourceAvailability", exchange(404, NC)), "not consistent yet"),
        (failing("RejectedPositiveData", exchange(400, IE)), "resource's state"),
        (failing("AcceptedNegativeData", exchange(200)), "may be accepted"),
        (failing("MissingHeaderNotRejected", exchange(400, PLAIN), user=None), "comes first"),
        (failing("UseAfterFree", exchange(200, path="/api/v1/projects/x")), "later"),
        (failing("JsonSchemaError", exchange(502, None)), "proxy"),
        (failing("UndefinedContentType", exchange(503, {"message": "busy"})), "proxy"),
        (failing("ServerError", exchange(503, PLAIN, headers={"retry-after": "1"})), "throttled"),
        (failing("JsonSchemaError", exchange(404, NC, "/api/v1/uploads/x/chunks", "PUT")), "nc-tolerated"),
        (failing("AllowHeaderMismatch", exchange(405, PLAIN)), "more methods"),
        (failing("UnsupportedMethodResponse", exchange(400, PLAIN)), "more methods"),
    ],
)
def test_a_legal_case_is_dropped_with_its_reason(case: Failing, words: str) -> None:
    """Each for one reason only."""
    assert words in reason(case)


@pytest.mark.parametrize(
    "case",
    [
        failing("EnsureResourceAvailability", exchange(404, PLAIN)),
        failing("JsonSchemaError", exchange(404, NC)),
        failing("JsonSchemaError", exchange(503, PLAIN)),
        failing("ServerError", exchange(500)),
        failing("RejectedPositiveData", exchange(401, PLAIN)),
        failing("RejectedPositiveData", exchange(500)),
        failing("AcceptedNegativeData", exchange(200), user=None),
        failing("MissingHeaderNotRejected", exchange(200), user=None),
        failing("UseAfterFree", exchange(200, method="PUT", path="/api/v1/projects/x")),
        failing("UndefinedStatusCode", exchange(302)),
        failing("MissingContentType", exchange(400, PLAIN)),
        failing("UnsupportedMethodResponse", replace(exchange(200), method="PATCH")),
        failing("SomethingNew", exchange(404, NC)),
    ],
)
def test_what_no_reason_covers_stays_a_crime(case: Failing) -> None:
    """A lost resource, a crash, a wrong schema, service without a token: and whatever a later version looks for."""
    assert reason(case) == ""
