"""The deployed service's own answers, each with what it shows (its README lists what is broken in them)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from exchanges import Looking

from conformance import history as histories
from conformance.model import Exchange, Octets, Operation, Role, Target

RECORDED = Path(__file__).parents[1] / "data" / "recorded"
TARGET = Target("http://deployed.example/api/v1")

CHUNK_NC = {"nc-tolerated-endpoints": "not-consistent"}
OWN_WORDS = {"spec-wording": "integrity-wording"}
NO_CODE = {"error-payload": "`code` is missing"}
NO_CODE_IN_FRAMEWORK = {"error-payload-unrouted": "`code` is missing"}
NOT_401 = {"no-token-401": "show_project"}

EXPECTED: Mapping[str, Mapping[str, str]] = {
    # PUT chunks answers not-consistent while the multipart upload is being prepared.
    **dict.fromkeys(
        ["03a_create_chunk_not_ready", "11_chunk_after_complete_not_ready", "11_prec_stranger_chunk_not_ready"],
        CHUNK_NC,
    ),
    # The integrity reason is never the specification's sentence.
    **{
        f"{stem}_{read}": OWN_WORDS
        for stem in (
            "07_bytes_never_put",
            "07_no_chunks",
            "07_wrong_chunk_hash",
            "07_wrong_upload_size",
            "08_wrong_hash",
            "08_wrong_size",
        )
        for read in ("3_url_after", "4_version_url_after")
    },
    # Parameter validation and malformed JSON are refused by the framework, without a code.
    **dict.fromkeys(
        [
            "09_auth_no_token_and_missing_params",
            "09_param_empty_body",
            "09_param_hash_not_object",
            "09_param_json_array",
            "09_param_json_scalar",
            "09_param_malformed_json",
            "09_param_missing_all",
            "09_param_missing_name",
            "09_param_missing_nested",
            "09_param_page_wrong_type",
            "09_param_wrong_type",
            "09_param_wrong_type_bool",
            "11_prec_badparam_on_uninitialised_project",
        ],
        NO_CODE,
    ),
    # Wrong method, unsupported media type and unknown route, too.
    **dict.fromkeys(
        [
            "09_param_text_plain",
            "09_route_not_implemented",
            "09_route_unknown",
            "09_route_unknown_outside_api",
            "09_route_unknown_version",
            "09_route_wrong_method",
            "09_route_wrong_method_patch",
            "09_route_wrong_method_post_url",
        ],
        NO_CODE_IN_FRAMEWORK,
    ),
    # A well-signed token of a user that does not exist is a bad token.
    "09_auth_unknown_user": NOT_401,
}

BAD_TOKENS = (
    "09_auth_bearer_prefix",
    "09_auth_empty_header",
    "09_auth_expired",
    "09_auth_garbage_token",
    "09_auth_unknown_user",
    "09_auth_wrong_signature",
)
NUMBER_ANYWAY = {401}
"""The only status under which the deployed service sends `error` as a number."""


def rows() -> list[dict[str, Any]]:
    """Read the recorded exchanges."""
    text = (RECORDED / "deployed-exchanges.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


ROWS = rows()


def operation(row: Mapping[str, Any]) -> Operation:
    """Give a recorded exchange as an operation."""
    name, body = str(row["name"]), row["body"]
    try:
        response = json.loads(body) if body else None
    except ValueError:
        response = Octets(len(body), "", body)
    user = "invalid" if name in BAD_TOKENS else "other" if "forbidden" in name or "stranger" in name else "owner"
    api = row["path"].startswith("/api") or name.startswith("09_route")
    exchange = Exchange(
        method=row["method"],
        path=row["path"],
        role=Role.API if api else Role.STORAGE,
        user=user if row["authorization"] else None,
        status=row["status"],
        headers={key.lower(): value for key, value in row["headers"].items()},
        response=response,
    )
    intent = {"intent": "valid"} if name in BAD_TOKENS else {}
    return Operation(name, "recorded", 0, 1, exchange, notes=intent)


@pytest.mark.parametrize("row", ROWS, ids=[row["name"] for row in ROWS])
def test_each_recorded_exchange_shows_what_is_written_down(row: Mapping[str, Any]) -> None:
    """Nothing more, nothing less; `error` as a string of digits has a test of its own."""
    seen = Looking(TARGET).examine(operation(row))
    found = {requirement: violation for requirement, violation in seen if violation and requirement != "error-number"}
    expected = EXPECTED.get(row["name"], {})
    assert found.keys() == expected.keys()
    for requirement, words in expected.items():
        violation = found[requirement]
        assert words in (violation.kind, violation.rule) or words in violation.expected + violation.kind


def test_every_expected_name_was_recorded() -> None:
    """No row of the table is idle."""
    assert EXPECTED.keys() <= {row["name"] for row in ROWS}


@pytest.mark.parametrize("row", [r for r in ROWS if r["status"] >= 400], ids=lambda row: row["name"])
def test_error_is_a_string_of_digits_except_on_401(row: Mapping[str, Any]) -> None:
    """The warning about `error` is given exactly where the payload is whole and its number is written as a string."""
    found = dict(Looking(TARGET).examine(operation(row)))
    lacking = "`code` is missing" in str(EXPECTED.get(row["name"]))
    if lacking:
        assert "error-number" not in found
    elif row["status"] in NUMBER_ANYWAY:
        assert found["error-number"] is None
    else:
        assert found["error-number"] is not None


def test_the_recorded_history_shows_three_warnings_and_nothing_else() -> None:
    """408 operations of ten clients: `error` as a string, the integrity wording, not-consistent on chunks."""
    examiner = Looking(TARGET)
    history = histories.read(RECORDED / "deployed-history.jsonl")
    found = {
        (requirement, violation.rule)
        for operation in history.operations
        for requirement, violation in examiner.examine(operation)
        if violation
    }
    assert found == {
        ("error-number", "error-as-string"),
        ("spec-wording", "integrity-wording"),
        ("nc-tolerated-endpoints", "nc-tolerated"),
    }


def test_one_crime_of_the_framework_is_one_row() -> None:
    """However many parameters the deployed service complains about, its missing code is a single crime."""
    crimes = {
        violation.kind
        for row in ROWS
        for requirement, violation in Looking(TARGET).examine(operation(row))
        if violation and requirement == "error-payload"
    }
    assert len(crimes) == 1
