"""Each payload schema has values that it accepts and values that it refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.api import payload_schemas
from conformance.api.payload_schemas import Problem, contract
from conformance.errors import UsageError

RECORDED = Path(__file__).parents[1] / "data" / "recorded"
MISSING = object()

ERROR_REFUSED: list[dict[str, Any]] = [
    {"code": MISSING}, {"error": MISSING}, {"reason": MISSING}, {"suggestion": MISSING}, {"code": ""}, {"code": None},
    {"error": "Not Found"}, {"error": 200}, {"error": "4044"}, {"error": None}, {"reason": 1}, {"suggestion": []},
    {"code": "resource_not_consistent"},
]  # fmt: skip
ID_REFUSED: list[dict[str, Any]] = [{"id": MISSING}, {"id": ""}, {"id": 7}, {"id": None}]

REFUSED: dict[str, list[dict[str, Any]]] = {
    "not-consistent": [
        {"code": MISSING}, {"code": "not_provided"}, {"error": 400}, {"error": "400"}, {"error": MISSING},
        {"error": None}, {"reason": MISSING}, {"reason": ""}, {"reason": " "}, {"reason": 1}, {"suggestion": MISSING},
        {"suggestion": ""}, {"suggestion": None},
    ],
    "integrity": [
        {"code": MISSING}, {"code": "resource_not_consistent"}, {"error": 404}, {"error": MISSING}, {"reason": MISSING},
        {"reason": ""}, {"reason": None}, {"suggestion": MISSING}, {"suggestion": ""}, {"suggestion": {}},
    ],
    "error": ERROR_REFUSED,
    "validation-error": [
        *ERROR_REFUSED, {"errors": MISSING}, {"errors": []}, {"errors": ["name"]}, {"errors": [{"field": "name"}]},
    ],
    "project": [*ID_REFUSED, {"name": MISSING}, {"name": 7}, {"kind": "dds-file"}, {"is_deleted": "no"}],
    "upload": [
        *ID_REFUSED, {"name": MISSING}, {"size": MISSING}, {"size": "11"}, {"status": MISSING}, {"status": "done"},
        {"status": {"is_consistent": "yes"}}, {"chunks": [{"number": 1}]},
    ],
    "signed-url": [
        {"http_verb": MISSING}, {"http_verb": "DELETE"}, {"host": MISSING}, {"host": ""}, {"url": MISSING}, {"url": ""},
        {"http_headers": "none"},
    ],
    "file": [*ID_REFUSED, {"current_version": MISSING}, {"current_version": {"id": "x"}}, {"kind": "dds-folder"}],
    "file-version": [*ID_REFUSED, {"upload": MISSING}, {"upload": {}}, {"kind": "dds-file"}, {"version": "1"}],
    "history-line": [
        {"a_ns": MISSING}, {"a_ns": 1.5}, {"b_ns": MISSING}, {"b_ns": "1"}, {"status": MISSING}, {"status": 99},
        {"session": MISSING}, {"method": ""}, {"path": MISSING}, {"user": "root"}, {"role": "proxy"},
        {"failure": "tired"}, {"phase": "late"}, {"headers": {"x": 1}}, {"begin": True},
    ],
    "history-header": [{"format": "x"}, {"version": 2}, {"target": MISSING}, {"target": {}}, {"seed": "x"}],
    "history-end": [{"end": False}, {"operations": MISSING}, {"operations": -1}],
}  # fmt: skip

ACCEPTED: dict[str, list[dict[str, Any]]] = {
    "not-consistent": [{"error": "404"}, {"request_id": "x"}, {"reason": "wait", "suggestion": "retry"}],
    "integrity": [{"error": "400"}, {"errors": []}],
    "error": [{"error": "404"}, {"code": "rate_limited"}, {"suggestion": ""}, {"errors": [], "trace": None}],
    "validation-error": [{"error": "422"}],
    "project": [{"kind": MISSING, "audit": MISSING, "slug": None}, {"owner": "me"}],
    "upload": [{"chunks": MISSING, "signed_url": {"url": "/x"}}, {"status": {}}, {"hashes": None}],
    "signed-url": [{"http_headers": MISSING}, {"host": "storage.example", "http_headers": [{"x-a": "b"}]}],
    "file": [{"parent": MISSING, "ancestors": None}],
    "file-version": [{"label": "final", "file": MISSING}],
    "history-line": [{"b_ns": None, "status": None, "failure": "reset"}, {"id": MISSING, "user": MISSING}],
    "history-header": [{"hostname": "x"}],
    "history-end": [{"interrupted": True}],
}


def changed(name: str, change: dict[str, Any]) -> dict[str, Any]:
    """Give the schema's own example with a change."""
    body = {**contract(name).schema["examples"][0], **change}
    return {field: value for field, value in body.items() if value is not MISSING}


def cases(table: dict[str, list[dict[str, Any]]]) -> list[Any]:
    """Give every row of a table with a readable id."""
    return [
        pytest.param(name, change, id=f"{name}-{'+'.join(change)}-{number}")
        for name, changes in table.items()
        for number, change in enumerate(changes)
    ]


def test_every_schema_but_the_run_document_is_tried_both_ways() -> None:
    """The run document has tests of its own."""
    assert set(payload_schemas.names()) - {"run"} == REFUSED.keys() == ACCEPTED.keys()


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_schema_accepts_its_own_examples(name: str) -> None:
    """And has some."""
    examples = contract(name).schema["examples"]
    assert examples
    assert all(contract(name).accepts(example) for example in examples)


@pytest.mark.parametrize(("name", "change"), cases(ACCEPTED))
def test_a_schema_accepts_what_legal_servers_vary(name: str, change: dict[str, Any]) -> None:
    """Extra fields, digits in a string, missing niceties."""
    assert contract(name).problems(changed(name, change)) == ()


@pytest.mark.parametrize(("name", "change"), cases(REFUSED))
def test_a_schema_refuses_what_breaks_the_duty(name: str, change: dict[str, Any]) -> None:
    """With at least one problem that says what."""
    value = changed(name, change)
    assert not contract(name).accepts(value)
    assert all(str(problem) for problem in contract(name).problems(value))
    assert contract(name).problems(value)


@pytest.mark.parametrize("name", payload_schemas.names())
def test_both_validators_agree(name: str) -> None:
    """The fast one decides, the slow one words it: over every value of these tests and of the recordings."""
    judge = contract(name)
    for value in values():
        assert judge.accepts(value) == judge._slow.is_valid(value), value  # the seam is what is tested


def values() -> Iterator[dict[str, Any]]:
    """Give every JSON object at hand."""
    for table in (REFUSED, ACCEPTED):
        for name, changes in table.items():
            yield from (changed(name, change) for change in changes)
    for line in (RECORDED / "deployed-history.jsonl").read_text(encoding="utf-8").splitlines()[::7]:
        row = json.loads(line)
        yield row
        if isinstance(row["response"], dict):
            yield row["response"]
    yield {"error": 404.0, "code": "x", "reason": "\u2028", "suggestion": "\x00"}
    yield {"id": 10**30, "size": 10**30, "name": "n", "status": {}}


@pytest.mark.parametrize("value", [None, [], "text", 7, True, [{}]])
def test_what_is_no_object_is_refused_by_every_schema(value: Any) -> None:
    """Every payload is a JSON object."""
    for name in payload_schemas.names():
        assert not contract(name).accepts(value)
        assert contract(name).problems(value) == (Problem("", "the body is not a JSON object"),)


def test_the_recorded_history_is_in_the_format_of_the_schema() -> None:
    """Its fields are a subset of ours."""
    lines = (RECORDED / "deployed-history.jsonl").read_text(encoding="utf-8").splitlines()
    assert [contract("history-line").problems(json.loads(line)) for line in lines] == [()] * len(lines)


@pytest.mark.parametrize(
    ("stem", "name"),
    [
        ("01a", "project"), ("02b", "upload"), ("04_", "upload"), ("03b", "signed-url"), ("05_", "file"),
        ("06c", "signed-url"), ("06g", "file-version"), ("02a", "not-consistent"),
        ("07_wrong_upload_size_3", "integrity"),
        ("09_unknown_file", "error"), ("09_valid_blank_name", "validation-error"), ("07_wrong_chunk_hash_1", "upload"),
    ],
)  # fmt: skip
def test_the_deployed_service_own_resources_are_accepted(stem: str, name: str) -> None:
    """The schemas describe what exists."""
    rows = (RECORDED / "deployed-exchanges.jsonl").read_text(encoding="utf-8").splitlines()
    row = next(row for row in map(json.loads, rows) if row["name"].startswith(stem))
    assert contract(name).problems(json.loads(row["body"])) == ()


def test_a_schema_that_is_not_there_is_named() -> None:
    """With those that are."""
    with pytest.raises(UsageError, match="not-consistent"):
        contract("inconsistent")
