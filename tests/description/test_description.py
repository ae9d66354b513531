"""A target's own description, compared: each difference is found, each legal way of saying it is not."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from conformance.errors import UsageError
from conformance.outcome.target_description import compare, load, read, statements

OURS = Path(__file__).parents[2] / "schemas" / "openapi.yaml"
NC = "404 with code resource_not_consistent while changes are processed"

ERROR = {
    "type": "object",
    "properties": {name: {"type": "string"} for name in ("error", "code", "reason", "suggestion")},
}


def swagger() -> dict[str, Any]:
    """Give a Swagger 2.0 description that says everything, as a generator of the time would."""

    def stated(success: str, **errors: str) -> dict[str, Any]:
        responses: dict[str, Any] = {success: {"description": "done"}}
        for status, words in errors.items():
            responses[status.removeprefix("_")] = {"description": words, "schema": {"$ref": "#/definitions/Error"}}
        return {"responses": responses}

    return {
        "swagger": "2.0",
        "basePath": "/api/v1",
        "paths": {
            "/projects": {"post": stated("202", _400="validation failed"), "get": stated("200")},
            "/projects/{id}/uploads": {"post": stated("201", _404="Resource not consistent, or unknown")},
            "/uploads/{id}/complete": {"put": stated("202", _400="validation failed", _404="unknown")},
            "/files/{id}/url": {"get": stated("200", _400="IntegrityException", _404=NC)},
            "/file_versions/{id}/url": {"get": stated("200", _400="IntegrityException", _404=NC)},
        },
        "definitions": {"Error": ERROR},
    }


def differences(description: dict[str, Any]) -> list[tuple[str, str]]:
    """Give what is missing: the call, and what was wanted of it."""
    return [(finding.subject, finding.expected) for finding in compare(description).findings]


def test_our_own_document_keeps_every_statement() -> None:
    """It is the model."""
    tally = compare(load(read(OURS), source="ours"))
    assert tally.findings == ()
    assert tally.exposures >= 9


def test_a_swagger_description_that_says_everything_keeps_every_statement() -> None:
    """Also in the older form, with placeholders of other names and a base path in each path."""
    tally = compare(swagger())
    assert (tally.findings, tally.exposures) == ((), 10)
    prefixed = {**swagger(), "paths": {f"/api/v1{path}/": item for path, item in swagger()["paths"].items()}}
    assert differences(prefixed) == []
    renamed = {path.replace("{id}", "{project_id}"): item for path, item in swagger()["paths"].items()}
    assert differences({**swagger(), "paths": renamed}) == []


@pytest.mark.parametrize("path", ["/projects", "/uploads/{id}/complete"])
@pytest.mark.parametrize("status", ["200", "201", "2XX"])
def test_another_success_status_is_a_difference(path: str, status: str) -> None:
    """The two 202s."""
    said = swagger()
    method = "post" if path == "/projects" else "put"
    responses = said["paths"][path][method]["responses"]
    responses[status] = responses.pop("202")
    assert [wanted for _, wanted in differences(said)] == ["that its success is 202"]


def test_an_old_success_beside_the_new_one_is_a_difference() -> None:
    """The specification changes the response, it does not add one."""
    said = swagger()
    said["paths"]["/projects"]["post"]["responses"]["201"] = {"description": "created"}
    assert len(differences(said)) == 1


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("400", "IntegrityException: reported file size or chunk hashes do not match that computed by StorageProvider"),
        ("400", "reported hash does not match"),
        ("500", "Unexpected StorageProviderException experienced"),
    ],
)
def test_what_was_to_be_removed_from_completion_is_a_difference(status: str, words: str) -> None:
    """The very sentences that the specification names."""
    said = swagger()
    said["paths"]["/uploads/{id}/complete"]["put"]["responses"][status] = {"description": words}
    assert [call for call, _ in differences(said)] == ["PUT /uploads/{}/complete"]


@pytest.mark.parametrize("words", ["invalid; never an integrity exception", "No longer an IntegrityException."])
def test_saying_that_it_was_removed_is_no_difference(words: str) -> None:
    """A denial mentions what it denies."""
    said = swagger()
    said["paths"]["/uploads/{id}/complete"]["put"]["responses"]["400"] = {"description": words}
    assert differences(said) == []


@pytest.mark.parametrize("path", ["/projects/{id}/uploads", "/files/{id}/url", "/file_versions/{id}/url"])
def test_an_extended_endpoint_without_its_404_is_a_difference(path: str) -> None:
    """Missing altogether, or an ordinary one only."""
    for changed in (None, {"description": "unknown"}):
        said = swagger()
        for operation in said["paths"][path].values():
            operation["responses"].pop("404")
            if changed:
                operation["responses"]["404"] = changed
        assert len(differences(said)) == 1


def test_a_url_endpoint_without_its_400_is_a_difference() -> None:
    """The integrity exception is to be documented where it occurs."""
    said = swagger()
    said["paths"]["/files/{id}/url"]["get"]["responses"].pop("400")
    assert differences(said) == [("GET /files/{}/url", "a 400 for the resource integrity exception")]


def test_errors_without_a_code_are_a_difference() -> None:
    """In schemas and in examples."""
    said = swagger()
    said["definitions"]["Error"] = {"properties": {"error": {}, "reason": {}}}
    assert differences(said) == [("any call", "that errors carry the property `code`")]
    said["paths"]["/projects"]["post"]["responses"]["400"]["examples"] = {"application/json": {"code": "not_provided"}}
    assert differences(said) == []


def test_a_call_that_is_not_described_is_told_as_such() -> None:
    """Each statement about it is a difference."""
    said = swagger()
    del said["paths"]["/uploads/{id}/complete"]
    assert {finding.observed for finding in compare(said).findings} == {"it does not describe the call"}


def test_references_that_lead_nowhere_or_in_circles_do_no_harm() -> None:
    """A description is somebody else's file."""
    said = copy.deepcopy(swagger())
    said["definitions"]["Error"] = {"$ref": "#/definitions/Error"}
    said["paths"]["/x"] = {"$ref": "#/nowhere/at/all"}
    said["paths"]["/y"] = {"get": {"responses": {"404": {"$ref": "#/definitions/Loop"}}}, "parameters": [1]}
    said["definitions"]["Loop"] = {"properties": {"loop": {"$ref": "#/definitions/Loop"}}}
    said["paths"]["/z"] = {"get": {"responses": None}, "post": "nonsense"}
    assert list(statements(said))


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "just text", "openapi: 3.1.0", '{"paths": {}}', "paths: {}\nswagger: '1.2'"]
)
def test_what_describes_no_api_is_refused_with_a_remedy(text: str) -> None:
    """Exit code 2, not a verdict."""
    with pytest.raises(UsageError, match=r"Swagger 2\.0"):
        load(text, source="given.yaml")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """With its name."""
    with pytest.raises(UsageError, match=r"nothing\.yaml"):
        read(tmp_path / "nothing.yaml")


def test_a_deeply_nested_file_is_refused_or_read_but_never_a_crash() -> None:
    """Hostile or generated."""
    with pytest.raises(UsageError):
        load('{"a":' * 100_000, source="deep.json")
