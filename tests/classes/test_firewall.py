"""A firewall is known by evidence (contract, section 6), accuses nobody, and is told apart."""

from __future__ import annotations

import pytest

from conformance.api.answers import Source
from conformance.api.classifier import classify_all
from conformance.api.gateways import is_unusual
from conformance.model import Exchange, History, Json, Octets, Operation, Target
from conformance.outcome.assemble import Framing, assemble

TARGET = Target("http://dds.test/api/v1")
HOSTILE = ("/projects/%3Cx%3E", "/projects/a'b", "/projects/%F0%9F%98%80")


def page(number: int = 1) -> Octets:
    """Give a page of one template, with a number of its own."""
    return Octets(40, f"{number:032d}", f"<html><body><h1>403</h1>request {number}</body></html>")


def asked(paths: tuple[str, ...], status: int = 403, body: Json = None, media: str = "text/html") -> list[Operation]:
    """Give requests that met the page, one after the other."""
    made = []
    for number, path in enumerate(paths):
        response = body if body is not None else page(number)
        exchange = Exchange("GET", f"/api/v1{path}", status=status, headers={"content-type": media}, response=response)
        made.append(Operation(f"p{number}-{path}", "s", number * 10, number * 10 + 5, exchange))
    return made


def reached(path: str = "/projects/11111111-2222-4333-8444-555555555555") -> list[Operation]:
    """Give the like request that the API answered."""
    body = {"kind": "dds-project", "id": "x", "name": "n"}
    exchange = Exchange(
        "GET", f"/api/v1{path}", status=200, headers={"content-type": "application/json"}, response=body
    )
    return [Operation("like", "s", 1000, 1005, exchange)]


def sources(operations: list[Operation]) -> list[Source]:
    """Give who answered each."""
    return [of.source for of in classify_all(operations, TARGET)]


def test_pages_that_only_hostile_requests_met_are_a_firewalls() -> None:
    """Three of one shape, and the like request reached the API."""
    whole = asked(HOSTILE) + reached()
    assert sources(whole) == [Source.FIREWALL] * 3 + [Source.API]
    drawn = assemble(History(tuple(whole), TARGET), Framing(recorded=True))
    assert drawn["outcome"] == "conformant"
    assert any(
        reason.startswith("3 requests were answered by something that is not the API") for reason in drawn["reasons"]
    )
    assert any("--gateway" in reason for reason in drawn["reasons"])
    assert drawn["not_the_api"]["firewall"]["count"] == 3


@pytest.mark.parametrize(
    "path", ["/projects/%2e%2e/files", "/projects/%2E./files", "/projects/a%2Fb", "/projects/%61dmin"]
)
def test_a_plain_byte_that_is_encoded_for_no_reason_is_unusual(path: str) -> None:
    """What it stands for may look like an attack to a firewall; a space is encoded by everybody."""
    whole = asked((*HOSTILE, path)) + reached() + reached("/projects/a/files")
    assert sources(whole)[:4] == [Source.FIREWALL] * 4


def test_what_is_encoded_in_the_base_is_no_request_s_own() -> None:
    """Every request has it, the plain ones too."""
    base = "/%7Eduke/api/v1"
    assert not is_unusual(Exchange("GET", f"{base}/projects/a"), base)
    assert is_unusual(Exchange("GET", f"{base}/projects/%61"), base)


@pytest.mark.parametrize(("text", "unusual"), [("--x\r\n\r\n--x--", True), ('{"name": "a b", ', False)])
def test_lines_in_a_body_that_is_no_json_are_unusual(text: str, unusual: bool) -> None:  # noqa: FBT001 - a case
    """A part of some other media type; JSON that was cut off is in plain bytes still."""
    body = Octets(len(text), "0" * 32, text)
    assert is_unusual(Exchange("POST", "/api/v1/files", request=body), "/api/v1") is unusual


@pytest.mark.parametrize(
    "whole",
    [
        asked(HOSTILE[:2]) + reached(),
        asked(HOSTILE),
        asked(HOSTILE, status=400) + reached(),
        asked(HOSTILE, status=422) + reached(),
        asked(HOSTILE, status=500) + reached(),
        asked(HOSTILE, body={"message": "no"}, media="application/json") + reached(),
        asked(("/projects/a", "/projects/b", "/projects/c")) + reached(),
        asked(("/projects/a%20b", "/projects/..", "/projects/a_b.c-d")) + reached(),
        asked(("/projects?per_page=0.5", "/projects?page=-1", "/projects?page=x")) + reached("/projects"),
    ],
    ids=["two", "nothing like it", "400", "422", "500", "JSON", "plain", "plain bytes", "range alone"],
)
def test_anything_less_is_the_targets_own(whole: list[Operation]) -> None:
    """And is judged."""
    assert Source.FIREWALL not in sources(whole)


def test_the_same_page_to_a_plain_request_is_judged_and_names_the_option() -> None:
    """The finding says what an operator can do about it."""
    whole = asked((*HOSTILE, "/projects/22222222-2222-4333-8444-555555555555")) + reached()
    drawn = assemble(History(tuple(whole), TARGET), Framing(recorded=True))
    (finding,) = [one for one in drawn["findings"] if one["requirement"] == "error-payload"]
    assert finding["operations"] == [whole[3].id]
    assert "--gateway" in finding["sentence"]


def test_an_over_long_request_is_the_http_layers() -> None:
    """A bare 400 to three kilobytes breaks the SHOULD only."""
    exchange = Exchange("GET", f"/api/v1/projects/{'x' * 3000}", status=400)
    drawn = assemble(History((Operation("o", "s", 0, 1, exchange),), TARGET), Framing(recorded=True))
    assert {one["requirement"] for one in drawn["findings"]} == {"error-payload-unrouted"}
