"""The core holds a good upload of each kind, or the outcome says first which is missing, and why."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.api.classifier import classify_all
from conformance.model import Conformance, Exchange, Level, Operation, Requirement, Tally, Target
from conformance.outcome.core_kinds import hindrances, missing_kinds
from conformance.outcome.coverage import missing_core
from conformance.outcome.verdicts import Circumstances, conclude, verdict

TARGET = Target("http://dds.test/api/v1")
REACHED = dict.fromkeys(
    ("good-file_url", "good-version_url", "good-bytes", "bad-refused", "error-400", "error-401", "error-404"), 1
)
ERROR = {"error": 400, "code": "not_provided", "reason": "no", "suggestion": "no"}


def asked(method: str, path: str, status: int, request: Any = None, response: Any = None) -> Operation:
    """Give one answer."""
    body = response if response is not None else ERROR if status >= 400 else {"id": "x"}
    exchange = Exchange(method, f"/api/v1{path}", request=request, status=status, response=body)
    return Operation(f"{method} {path} {status}", "s", 0, 1, exchange)


def why(*operations: Operation) -> dict[str, str]:
    """Say what stood in the way."""
    return hindrances(operations, classify_all(operations, TARGET))


CHUNKED = asked("POST", "/projects/p/uploads", 201, {"chunked": True})
SINGLE = asked("POST", "/projects/p/uploads", 201, {"chunked": False})


@pytest.mark.parametrize(
    ("operations", "reason"),
    [
        ([CHUNKED, *[asked("PUT", "/uploads/u/chunks", 400)] * 3], "every chunk was refused: 400 (3 times)"),
        ([asked("POST", "/projects/p/uploads", 422, {"size": 5})], "none could be created: 422 (1 times)"),
        ([CHUNKED, asked("GET", "/storage_providers", 200, None, {"results": [{"chunk_hash_algorithm": "sha9"}]})],
         "the storage provider hashes chunks with sha9"),
        ([SINGLE], "none was tried"),
        ([CHUNKED, asked("PUT", "/uploads/u/chunks", 400), asked("PUT", "/uploads/u/chunks", 200)], ""),
    ],
)  # fmt: skip
def test_why_there_is_no_good_chunked_upload(operations: list[Operation], reason: str) -> None:
    """As far as the owner was told."""
    assert why(*operations)["chunked"] == reason


def test_a_kind_that_is_missing_is_said_in_the_first_line_with_its_reason() -> None:
    """The run is incomplete, and nothing stands before it."""
    reasons = why(CHUNKED, asked("PUT", "/uploads/u/chunks", 400), SINGLE)
    both = {name: Tally(name, 1) for name in ("project-create-202", "complete-202")}
    gaps = missing_core(both, {**REACHED, "good-single-part": 1}, reasons)
    assert gaps == ("a good chunked upload (every chunk was refused: 400 (1 times))",)
    passed = verdict(Requirement("x", Level.MUST, "Background", "t", "a", "s"), Tally("x", 3))
    outcome, said = conclude([passed], Circumstances(missing_core=gaps))
    assert outcome is Conformance.INCOMPLETE
    assert said[0].startswith("of the core, not exercised: a good chunked upload (every chunk was refused")


def test_both_kinds_make_the_core_and_neither_is_said_by_what_it_lacks() -> None:
    """Where no good upload was seen at all, that alone is said."""
    assert missing_kinds({"good-bytes": 2, "good-chunked": 1, "good-single-part": 1}, {}) == []
    assert missing_kinds({}, {}) == []
    assert missing_kinds({"good-bytes": 1, "good-chunked": 1}, {}) == ["a good single-part upload"]
