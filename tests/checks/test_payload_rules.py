"""The payload rules: each fault of a payload is found, each legal variation is not."""

from __future__ import annotations

from typing import Any

import pytest
from exchanges import IE, JSON, NC, PROJECT, UPLOAD, broken, error, retained

from conformance.model import Octets

URLS = ("GET /files/{}/url", "GET /file_versions/{}/url")
EXTENDED = (*URLS, "POST /projects/{}/uploads")


@pytest.mark.parametrize("call", EXTENDED)
def test_the_specification_own_not_consistent_is_kept_everywhere(call: str) -> None:
    """The example, its comma restored, breaks nothing at any extended endpoint."""
    assert broken(call, 404, NC) == set()
    assert {"nc-payload", "spec-wording", "error-number"} <= retained(call, 404, NC)


@pytest.mark.parametrize("call", URLS)
def test_the_specification_own_integrity_exception_is_kept_at_the_url_endpoints(call: str) -> None:
    """The example breaks nothing."""
    assert broken(call, 400, IE) == set()
    assert {"integrity-payload", "spec-wording", "error-number"} <= retained(call, 400, IE)


@pytest.mark.parametrize(
    ("status", "change", "media"),
    [
        (200, {}, JSON),
        (400, {"error": 400}, JSON),
        (503, {"error": 503}, JSON),
        (404, {"error": 400}, JSON),
        (404, {"error": None}, JSON),
        (404, {"error": "not found"}, JSON),
        (404, {"error": True}, JSON),
        (404, {"reason": ""}, JSON),
        (404, {"reason": "  "}, JSON),
        (404, {"reason": None}, JSON),
        (404, {"suggestion": ["retry"]}, JSON),
        (404, {}, "text/html"),
        (404, {}, None),
    ],
)
def test_a_faulty_not_consistent_payload_is_found(status: int, change: dict[str, Any], media: str | None) -> None:
    """Status, `error`, words and media type, each by itself."""
    assert broken(EXTENDED[0], status, {**NC, **change}, media=media) == {"nc-payload"}


@pytest.mark.parametrize("missing", ["error", "reason", "suggestion"])
def test_a_not_consistent_payload_without_a_field_is_found(missing: str) -> None:
    """The code alone makes the answer what it is."""
    body = {name: value for name, value in NC.items() if name != missing}
    assert broken(EXTENDED[0], 404, body) == {"nc-payload"}


@pytest.mark.parametrize(
    ("status", "change", "media"),
    [
        (400, {"error": 404}, JSON),
        (400, {"code": "integrity_exception"}, JSON),
        (400, {"code": None}, JSON),
        (400, {"reason": ""}, JSON),
        (400, {"suggestion": None}, JSON),
        (409, {"error": 409}, JSON),
        (500, {"error": 500}, JSON),
        (400, {}, "text/plain"),
    ],
)
def test_a_faulty_integrity_payload_is_found(status: int, change: dict[str, Any], media: str) -> None:
    """Status, `error`, code, words and media type, each by itself."""
    assert "integrity-payload" in broken(URLS[0], status, {**IE, **change}, media=media)


def test_other_words_of_the_integrity_exception_are_a_matter_of_wording_only() -> None:
    """A storage provider's own sentence at a url endpoint is still the exception."""
    body = {**IE, "reason": "the parts do not fit", "suggestion": "start again"}
    assert broken(URLS[0], 400, body) == {"spec-wording"}


@pytest.mark.parametrize("extra", [{"request_id": "x"}, {"errors": []}, {"error": "404"}])
def test_more_fields_and_digits_in_a_string_are_accepted(extra: dict[str, Any]) -> None:
    """Extra fields are silent; digits in a string are warned of."""
    assert broken(EXTENDED[0], 404, {**NC, **extra}) <= {"error-number"}


@pytest.mark.parametrize(
    "call",
    ["POST /projects", "GET /projects?page=x", "PUT /uploads/{}/complete", "GET /files/not-a-uuid", "DELETE /files/{}"],
)
@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 500])
def test_an_error_of_a_documented_call_needs_its_four_fields(call: str, status: int) -> None:
    """Invalid parameters and bodies included."""
    assert "error-payload" in broken(call, status, {"error": "name is missing"})
    assert "error-payload" in broken(call, status, Octets(3, "x", "<p>"), media="text/html")
    assert "error-payload" in broken(call, status, None, media=None)
    assert "error-payload" in retained(call, status, error(status))


@pytest.mark.parametrize(
    "change",
    [
        {"code": ""}, {"code": 7}, {"code": None}, {"reason": None}, {"reason": 3}, {"suggestion": None},
        {"error": 500}, {"error": "500"}, {"error": "Not Found"}, {"error": None}, {"error": [404]},
    ],
)  # fmt: skip
def test_each_faulty_field_of_a_standard_error_is_found(change: dict[str, Any]) -> None:
    """One field at a time."""
    assert "error-payload" in broken("GET /projects/{}", 404, error(404, **change))


def test_empty_words_are_allowed_in_other_errors() -> None:
    """The deployed service sends an empty suggestion; only the two new messages need words."""
    assert broken("PUT /uploads/{}/chunks", 400, error(400, suggestion="", reason="")) == set()


@pytest.mark.parametrize(
    ("call", "status"),
    [
        ("GET /nope", 404),
        ("GET /", 404),
        ("PATCH /projects/{}", 405),
        ("POST /projects", 415),
        ("GET /projects", 406),
        ("GET /folders/{}", 404),
        ("GET /projects/{}/", 404),
        ("GET /projects/%00", 400),
        ("GET /projects/%ff", 400),
        ("GET /projects/a%2Fb", 404),
        ("GET /projects/..", 404),
        ("GET /projects?page=%zz", 400),
        ("FOO /projects", 400),
    ],
)
def test_errors_before_any_code_of_the_api_warn_only(call: str, status: int) -> None:
    """Unknown routes (also calls a target need not have), 405, 415 and malformed HTTP."""
    found = broken(call, status, Octets(9, "x", "Not Found"), media="text/plain")
    assert found == {"error-payload-unrouted"}


@pytest.mark.parametrize("call", ["GET /folders/{}", "GET /projects/{}/", "GET /projects/%00"])
def test_the_four_fields_show_that_the_api_itself_refused(call: str) -> None:
    """No framework puts them there, so they must then be right; an unknown route stays a matter of the framework."""
    assert broken(call, 404, error(404, code="")) == {"error-payload"}
    assert broken("GET /nope", 404, error(404, code="")) == {"error-payload-unrouted"}


def test_a_call_that_a_target_need_not_have_is_documented_once_it_answers() -> None:
    """Its 404 may be an unknown route, its 400 may not."""
    assert broken("POST /folders", 400, {"error": "no"}) == {"error-payload"}


@pytest.mark.parametrize("status", [408, 413, 414, 421, 425, 429, 431, 502, 503, 504])
def test_what_a_proxy_answers_by_itself_is_no_information(status: int) -> None:
    """Without the four fields nothing is judged; with them everything is."""
    html = Octets(60, "x", "<html><h1>Bad Gateway</h1></html>")
    assert broken("GET /projects", status, html, media="text/html") == set()
    assert broken("GET /projects", status, {"message": "slow down"}) == set()
    assert "error-payload" in broken("GET /projects", status, error(500))
    assert "error-payload" in retained("GET /projects", status, error(status))


def test_a_crash_page_with_500_is_not_a_proxy_answer() -> None:
    """500 is the API's own."""
    html = Octets(60, "x", "<html>Internal Server Error</html>")
    assert {"error-payload", "no-5xx-legal"} <= broken("GET /projects", 500, html, media="text/html")


def test_a_code_of_the_server_own_is_a_warning() -> None:
    """The specification foresees more codes."""
    assert broken("GET /projects/{}", 404, error(404, code="project_not_found")) == {"code-not-provided"}


@pytest.mark.parametrize("media", ["application/json", "Application/JSON;charset=UTF-8", "application/problem+json"])
def test_json_media_types_are_accepted_with_parameters_and_suffixes(media: str) -> None:
    """Only what is not JSON is found."""
    assert broken("GET /projects/{}", 404, error(404), media=media) == set()


@pytest.mark.parametrize(
    ("call", "status", "body", "requirement"),
    [
        ("POST /projects", 201, PROJECT, "project-create-202"),
        ("POST /projects", 200, PROJECT, "project-create-202"),
        ("POST /projects", 202, None, "project-create-body"),
        ("POST /projects", 202, {"id": "x"}, "project-create-body"),
        ("POST /projects", 202, {**PROJECT, "kind": "dds-file"}, "project-create-body"),
        ("PUT /uploads/{}/complete", 200, UPLOAD, "complete-202"),
        ("PUT /uploads/{}/complete", 202, None, "complete-body"),
        ("PUT /uploads/{}/complete", 202, {**UPLOAD, "id": "another"}, "complete-body"),
    ],
)
def test_a_success_that_is_not_the_202_with_its_resource_is_found(
    call: str, status: int, body: Any, requirement: str
) -> None:
    """Status and body, each by itself."""
    assert broken(call, status, body) == {requirement}


def test_the_two_202s_are_kept() -> None:
    """With fields missing that clients do not need."""
    assert retained("POST /projects", 202, PROJECT) >= {"project-create-202", "project-create-body"}
    assert retained("PUT /uploads/{}/complete", 202, {**UPLOAD, "id": UPLOAD["id"].upper()}) >= {
        "complete-202",
        "complete-body",
    }
