"""One test per trap: a legal server that a careless rule would accuse, or a broken one that it would let go."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from exchanges import (
    ID,
    IE,
    JSON,
    NC,
    OTHER_ID,
    PROJECT,
    UPLOAD,
    URL,
    Looking,
    broken,
    error,
    operation,
    retained,
    seen,
)

from conformance.api.classifier import Classifier
from conformance.errors import UsageError
from conformance.judge.exchange import RULES
from conformance.model import Failure, Octets, Role, Target

HTML = Octets(40, "x", "<html>edge-7 says no</html>")
COMPLETE = "PUT /uploads/{}/complete"


@pytest.mark.parametrize(
    "refusal",
    [
        error(400, errors=[{"field": "completed_at", "message": "cannot change"}]),
        error(400, errors=[{"field": "fingerprints", "message": "algorithm not accepted"}]),
        error(404),
        error(403),
        error(401),
    ],
)
def test_a_refused_completion_is_no_wrong_success(refusal: dict[str, Any]) -> None:
    """Only a success other than 202 breaks the duty; whether a refusal was due is the history's to say."""
    status = refusal["error"]
    assert broken(COMPLETE, status, refusal) == set()
    assert not {"complete-202", "complete-body"} & retained(COMPLETE, status, refusal)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, IE),
        (400, {**IE, "reason": "reported size does not match size computed by StorageProvider", "suggestion": ""}),
        (409, error(409, reason=IE["reason"])),
        (422, error(422, reason="NonChunkedUpload not found in object store")),
    ],
)
def test_the_integrity_exception_at_completion_is_found_in_all_its_words(status: int, body: Any) -> None:
    """The specification's sentence and those of the deployed service, under any 4xx."""
    assert "complete-no-integrity" in broken(COMPLETE, status, body)


def test_the_integrity_exception_at_completion_is_one_crime() -> None:
    """It is not told a second time as a misplaced exception."""
    assert broken(COMPLETE, 400, IE) == {"complete-no-integrity"}


@pytest.mark.parametrize("call", ["GET /uploads/{}", "PUT /uploads/{}/chunks", "POST /files", "GET /files/{}"])
def test_the_integrity_exception_elsewhere_is_found(call: str) -> None:
    """The url endpoints only."""
    assert "integrity-only-url" in broken(call, 400, IE)


@pytest.mark.parametrize("call", ["POST /files", "PUT /files/{}"])
def test_attaching_a_known_broken_upload_may_be_refused_by_validation(call: str) -> None:
    """An ordinary validation error, whatever its suggestion says."""
    body = {**IE, "errors": [{"field": "upload", "message": "cannot have an error"}]}
    assert broken(call, 400, body) == set()


def test_the_listing_that_passes_on_an_exception_warns() -> None:
    """It embeds signed urls in the deployed service."""
    assert broken("GET /projects/{}/files?page=1", 400, IE) == {"integrity-listing"}


@pytest.mark.parametrize(
    "call", ["GET /files/xyz/url", "GET /files/{}/url?expires=x", "GET /file_versions/%22/url", "GET /files/{}x/url"]
)
def test_a_400_for_an_invalid_request_at_a_url_endpoint_is_no_exception(call: str) -> None:
    """A malformed id or parameter is refused by validation: not the integrity payload's business."""
    body = error(400, code="validation_failed")
    assert "integrity-payload" not in {requirement for requirement, _ in seen(call, 400, body)}


@pytest.mark.parametrize(
    "about",
    [
        {"notes": {"intent": "invalid"}},
        {"notes": {"invented": [ID]}},
        {"user": "other"},
        {"user": None},
    ],
)
def test_a_400_to_anybody_but_the_creator_valid_request_is_no_exception(about: dict[str, Any]) -> None:
    """Nor one for an invented id."""
    assert "integrity-payload" not in {r for r, _ in seen("GET /files/{}/url", 400, error(400, code="x"), **about)}


@pytest.mark.parametrize(
    "call",
    ["GET /uploads/{}", COMPLETE, "POST /files", "POST /projects", "GET /projects", "DELETE /files/{}", "GET /nope"],
)
def test_not_consistent_elsewhere_is_found(call: str) -> None:
    """The extended endpoints only."""
    assert broken(call, 404, NC) >= {"nc-only-extended"}


@pytest.mark.parametrize("call", ["PUT /uploads/{}/chunks", "GET /projects/{}/files"])
def test_not_consistent_where_the_deployed_service_uses_it_warns(call: str) -> None:
    """Not in the specification's list, but expected by common clients."""
    assert broken(call, 404, NC) == {"nc-tolerated-endpoints"}
    assert "nc-tolerated-endpoints" in retained(call, 200, {})


@pytest.mark.parametrize("call", ["POST /projects/{}/uploads", "GET /files/{}/url", "GET /file_versions/{}/url"])
def test_not_consistent_for_an_invented_id_is_found(call: str) -> None:
    """By the sender's notes only: nobody else can know that an id never existed."""
    assert broken(call, 404, NC, notes={"invented": [ID]}) == {"nc-unknown-id"}
    assert broken(call, 404, NC, notes={"invented": [OTHER_ID]}) == set()
    assert "nc-unknown-id" in retained(call, 404, error(404), notes={"invented": [ID]})


@pytest.mark.parametrize("body", [None, Octets(0, ""), NC, error(500)])
def test_nothing_is_judged_of_head(body: Any) -> None:
    """It has no body."""
    assert seen("HEAD /projects/{}", 404, body) == ()


def test_nothing_is_judged_of_a_signed_url_request() -> None:
    """The storage provider speaks its own language."""
    xml = Octets(40, "x", "<Error><Code>SignatureDoesNotMatch</Code></Error>")
    assert seen("PUT /whatever", 403, xml, role=Role.STORAGE, media="application/xml") == ()


@pytest.mark.parametrize("status", [400, 404, 500, 503])
def test_nothing_is_judged_of_the_status_page(status: int) -> None:
    """Neither its payload nor its 5xx: it reports the state of the service."""
    assert broken("GET /app/status", status, {"status": "error"}) == set()


@pytest.mark.parametrize("failure", list(Failure))
def test_nothing_is_judged_of_a_response_that_was_not_read_to_its_end(failure: Failure) -> None:
    """A cut body is no body."""
    assert seen("GET /projects", 500, None, failure=failure) == ()


def test_nothing_is_judged_without_a_status() -> None:
    """A reset connection says nothing."""
    assert seen("POST /projects", None) == ()


@pytest.mark.parametrize("body", [HTML, {"message": "edge-7 says no"}, error(500, reason="edge-7 says no")])
def test_what_the_gateway_pattern_matches_is_no_information(body: Any) -> None:
    """In HTML and in JSON, even where the payload looks like the API's."""
    target = Target("http://t/api/v1", gateway=r"edge-\d")
    assert seen("GET /projects", 500, body, target=target, media="text/html") == ()
    assert seen("GET /projects", 500, body, media="text/html")


def test_the_gateway_pattern_reads_the_body_of_errors_not_of_resources() -> None:
    """A project whose name matches is still a project."""
    target = Target("http://t/api/v1", gateway="edge")
    assert broken("POST /projects", 201, {**PROJECT, "name": "edge"}, target=target) == {"project-create-202"}


def test_a_success_page_of_the_gateway_is_no_wrong_success() -> None:
    """A login page with 200 is not a created project."""
    target = Target("http://t/api/v1", gateway="edge-7")
    assert seen("POST /projects", 200, HTML, target=target, media="text/html") == ()


def test_a_gateway_pattern_that_is_no_regular_expression_is_refused() -> None:
    """With exit code 2 in the end."""
    with pytest.raises(UsageError, match="regular expression"):
        Classifier(Target("x", gateway="("))


@pytest.mark.parametrize("user", [None, "invalid"])
def test_an_answer_without_a_token_is_found(user: str | None) -> None:
    """Served, not consistent, or forbidden instead of unauthorized."""
    for status, body in ((200, URL), (404, NC), (403, error(403))):
        assert "no-token-401" in broken("GET /files/{}/url", status, body, user=user)
    assert "no-token-401" in retained("GET /files/{}/url", 401, error(401), user=user)


@pytest.mark.parametrize("status", [400, 404, 422])
def test_bad_parameters_and_unknown_ids_may_be_told_before_a_missing_token(status: int) -> None:
    """Only where the sender vouches for the rest of the request is 401 the only answer."""
    assert broken("POST /projects", status, error(status), user=None) == set()
    assert "no-token-401" in broken("GET /files/{}", status, error(status), user=None, notes={"intent": "valid"})
    notes = {"intent": "valid", "invented": [ID]}
    assert broken("GET /files/{}", status, error(status), user=None, notes=notes) == set()


@pytest.mark.parametrize(
    "call", ["GET /app/status", "POST /software_agents/api_token", "GET /nope", "OPTIONS /projects"]
)
def test_calls_that_ask_for_no_token_are_served_without(call: str) -> None:
    """The status page, the token itself, what is no call at all."""
    assert broken(call, 200, {}, user=None) == set()


def test_a_crash_is_told_apart_by_whether_the_request_was_legal() -> None:
    """Legal ones count when repeated, invalid ones always."""
    assert broken("GET /projects", 500, error(500)) == {"no-5xx-legal"}
    assert broken("POST /projects", 500, error(500), notes={"intent": "invalid"}) == {"invalid-no-5xx"}
    assert broken("GET /nope", 500, error(500)) == {"invalid-no-5xx"}


def test_a_503_that_asks_to_come_again_later_is_throttling_not_a_crash() -> None:
    """Its payload is judged all the same, and without Retry-After it is a crash again."""
    asked, busy = operation("GET /projects", 503, error(503)), operation("GET /projects", 503, error(503, reason=None))
    patient = {**asked.exchange.headers, "retry-after": "1"}
    one = Looking()
    later = replace(asked, exchange=replace(asked.exchange, headers=patient))
    assert {r for r, v in one.examine(asked) if v} == {"no-5xx-legal"}
    assert {r for r, v in one.examine(later) if v} == set()
    assert "error-payload" in {r for r, _ in one.examine(later)}
    assert "error-payload" not in {r for r, _ in one.examine(busy)}


def test_501_is_the_right_answer_to_what_a_server_does_not_know() -> None:
    """Unknown methods, and calls that a target need not have; not to the calls it must have."""
    assert "invalid-no-5xx" not in broken("FOO /projects", 501, error(501))
    assert "no-5xx-legal" not in broken("GET /users", 501, error(501))
    assert "no-5xx-legal" in broken("GET /projects", 501, error(501))


@pytest.mark.parametrize(
    "body",
    [
        {"code": ["resource_not_consistent"], "reason": ["x"], "suggestion": {}, "error": {}},
        {"code": {"a": 1}, "reason": {"b": 2}},
        [], [1], "text", 7, True, 0, 1e308, {"errors": [None], "reason": "validation failed"}, {"": None},
    ],
)  # fmt: skip
@pytest.mark.parametrize("call", ["GET /files/{}/url", "POST /projects", COMPLETE, "GET /nope"])
@pytest.mark.parametrize("status", [200, 202, 302, 400, 404, 500, 999])
def test_no_body_however_strange_stops_the_examiner(call: str, status: int, body: Any) -> None:
    """A target's misdeeds are findings, never exceptions."""
    seen(call, status, body)


def test_redirects_and_options_are_not_judged_as_errors() -> None:
    """They are neither errors nor successes of a call."""
    assert broken("GET /projects/{}/", 301, None, media=None) == set()
    assert broken("OPTIONS /projects", 204, None, media=None) == set()


def test_the_examiner_remembers_by_all_that_the_rules_look_at() -> None:
    """One examiner over answers that differ in one respect each gives what fresh ones give."""
    variations = [
        operation(call, status, body, **about)
        for call in ("GET /files/{}/url", "GET /files/x/url", "GET /files/{}/url?a=1", "GET /files/{}/url/", COMPLETE)
        for status in (200, 202, 400, 404)
        for body in (NC, IE, error(404), error(400), error(404, error="404"), UPLOAD, {**UPLOAD, "id": "x"}, None)
        for about in (
            {}, {"user": None}, {"user": "other"}, {"media": None}, {"media": "text/html"},
            {"notes": {"intent": "invalid"}}, {"notes": {"invented": [ID]}}, {"notes": {"intent": "valid"}},
        )
    ]  # fmt: skip
    one = Looking()
    for op in variations:
        assert one.examine(op) == Looking().examine(op)


def test_every_rule_can_be_broken() -> None:
    """A rule that cannot fail would be no rule."""
    invented = {"invented": [ID]}
    answers: list[tuple[str, int, Any, dict[str, Any]]] = [
        ("POST /projects", 200, {}, {}),
        (COMPLETE, 200, {}, {}),
        (COMPLETE, 400, IE, {}),
        ("GET /files/{}/url", 404, {**NC, "reason": "wait"}, {"notes": invented}),
        ("GET /files/{}/url", 404, {**NC, "error": 0}, {}),
        ("GET /files/{}/url", 400, {**IE, "reason": "bad"}, {}),
        ("GET /files/{}/url", 400, {**IE, "code": "bad"}, {}),
        ("GET /projects", 400, {}, {}),
        ("GET /projects", 400, error(400, code="x", error="400"), {}),
        ("GET /projects", 404, NC, {}),
        ("GET /projects", 400, IE, {}),
        ("GET /projects/{}/files", 400, IE, {}),
        ("GET /projects/{}/files", 404, NC, {}),
        ("GET /projects", 200, {}, {"user": None}),
        ("GET /projects", 500, {}, {}),
        ("GET /projects", 500, {}, {"notes": {"intent": "invalid"}}),
    ]
    found = [pair for call, status, body, about in answers for pair in seen(call, status, body, media=JSON, **about)]
    assert {violation.rule for _, violation in found if violation} == set(RULES)
    assert {(v.rule, r) for r, v in found if v} <= {(rule, r) for rule, served in RULES.items() for r in served}


def test_bodies_at_the_edge_of_json_are_examined() -> None:
    """Lone surrogates and nesting as deep as the parser goes."""
    deep: Any = "x"
    for _ in range(5000):
        deep = [deep]
    assert "error-payload" in broken("GET /projects", 400, {"error": deep})
    assert broken("GET /projects/{}", 404, error(404, reason="\ud800", suggestion="\udfff")) == set()
