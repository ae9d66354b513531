"""What a report says of an upload, of the others and of an echo is so."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.api.answers import Answer
from conformance.api.classifier import classify_all
from conformance.judge import judge_history
from conformance.judge.exchange import examine
from conformance.judge.lateness import Converged
from conformance.model import Exchange, History, LagInterval, Operation, Target
from conformance.outcome.coverage import marked
from conformance.outcome.sums import sums_of

TARGET = Target("http://dds.test/api/v1")
S = 1_000_000_000
NC = {"error": 404, "code": "resource_not_consistent", "reason": "r", "suggestion": "s"}
IE = {"error": 400, "code": "not_provided", "reason": "r", "suggestion": "You must begin a new upload process"}
URL = {"http_verb": "GET", "host": "http://s.test", "url": "/o", "http_headers": []}


def at(  # noqa: PLR0917 - one exchange, spelled out
    second: float, method: str, path: str, status: int, body: Any, request: Any = None
) -> Operation:
    """Give an operation that took a hundredth of a second."""
    exchange = Exchange(method, f"/api/v1{path}", status=status, request=request, response=body,
                        headers={"content-type": "application/json"})  # fmt: skip
    return Operation(f"o{second}{path}", "reader", int(second * S), int((second + 0.01) * S), exchange)


def upload(name: str, begun: float, *answers: tuple[float, int, Any]) -> list[Operation]:
    """Give an upload that is completed and attached at once, with reads of its file's url."""
    made = {"id": f"u{name}", "name": "n", "size": 1, "status": {}}
    file = {"id": f"f{name}", "current_version": {"id": f"v{name}", "upload": {"id": f"u{name}"}}}
    return [
        at(begun, "POST", "/projects/p/uploads", 201, made, {"name": "n", "size": 1}),
        at(begun + 0.1, "PUT", f"/uploads/u{name}/complete", 202, made),
        at(begun + 0.2, "POST", "/files", 201, file, {"upload": {"id": f"u{name}"}}),
        *(at(begun + second, "GET", f"/files/f{name}/url", status, body) for second, status, body in answers),
    ]


def sentence(*operations: Operation) -> str:
    """Give the one sentence about convergence."""
    judgement = judge_history(History(tuple(sorted(operations, key=lambda one: one.a_ns)), TARGET))
    (finding,) = judgement.tallies["converges-upload"].findings
    return finding.sentence


def test_an_upload_that_fell_back_is_said_to_have_fallen_back_when_and_for_how_long() -> None:
    """It had converged, so it is not said that it had not."""
    said = sentence(*upload("1", 1, (1.3, 200, URL), (62.5, 404, NC), (65, 200, URL)))
    assert "had not converged" not in said
    assert "told its verdict (200)" in said
    assert "fell back: 61.190 s after that verdict" in said
    assert "told a verdict again" in said
    assert "2.510 s later" in said


def test_an_upload_that_never_told_is_said_so_beside_the_others() -> None:
    """Others are uploads, counted once each however many endpoints told, and never the one that is accused."""
    late = upload("1", 1, (70, 404, NC))
    others = [one for n in range(2, 5) for one in upload(str(n), n, (2, 200, URL), (3, 200, URL))]
    said = sentence(*late, *others)
    assert "had not converged within 60 s while 3 others needed at most 1.9 s" in said


def test_lags_of_good_and_bad_uploads_are_lags_of_uploads() -> None:
    """A rule asks for the kind, a lag says more."""
    lags = [LagInterval(f"{truth} upload", name, end, 0.0, 1.5, 0)
            for truth, name in (("good", "a"), ("bad", "b")) for end in ("file_url", "version_url")]  # fmt: skip
    found = Converged.of(lags, 60.0, {})
    assert found.others("upload", "a")[1:] == (1, 1.5)
    assert found.others("upload", "x")[0] == " while 2 others needed at most 1.5 s"
    assert found.others("project", "x")[0] == ""


def test_what_was_never_tried_blocks_nothing() -> None:
    """It was not observed; what was tried in vain blocks what rests on it."""
    passive = [at(1, "POST", "/projects", 202, {"id": "p"})]
    assert sums_of(passive, classify_all(passive, TARGET)).steps.obstacle() == ("", "")
    assert marked({}, sums_of(passive, classify_all(passive, TARGET)).steps) == {}
    vain = [*passive, at(2, "POST", "/projects/p/uploads", 500, {})]
    assert sums_of(vain, classify_all(vain, TARGET)).steps.obstacle()[0] == "create_upload"


@pytest.mark.parametrize(
    ("asked", "shown", "wrong"),
    [
        (
            {"name": "n", "description": "d", "slug": [None, None]},
            {"id": "p", "name": "n", "slug": [None, None]},
            False,
        ),
        ({"name": ["n"], "description": "d"}, {"id": "p", "name": ["n"]}, False),
        ({"name": "n", "description": "d"}, {"id": "p", "name": ["n"]}, True),
        ({"name": "n", "description": "d", "id": 7}, {"id": 7, "name": "n"}, True),
        ({"name": ["n"]}, {"name": ["n"]}, True),
    ],
)
def test_an_echo_of_our_own_breaks_nothing_but_what_a_client_needs(asked: Any, shown: Any, wrong: bool) -> None:  # noqa: FBT001 - drawn
    """`id` and `kind` bind; the other fields may show what we asked for."""
    seen = dict(examine(at(1, "POST", "/projects", 202, {"kind": "dds-project", **shown}, asked), TARGET))
    assert (seen["project-create-body"] is not None) is wrong


def test_an_upload_shows_what_its_creation_asked_for() -> None:
    """The request that completes it cannot tell whether that was valid."""
    body = {"id": "u", "name": [None], "size": "x", "status": {}}
    seen = dict(examine(at(1, "PUT", "/uploads/u/complete", 202, body), TARGET))
    assert seen["complete-body"] is None
    assert dict(examine(at(1, "PUT", "/uploads/u/complete", 202, {**body, "status": 1}), TARGET))["complete-body"]


def test_the_colours_of_a_report_are_what_was_decided() -> None:
    """A 400 at a url endpoint to somebody without a token is no integrity exception in any view."""
    one = at(1, "GET", "/files/11111111-2222-4333-8444-555555555555/url", 400, IE)
    assert classify_all([one], TARGET)[0].answer is Answer.INTEGRITY
