"""The deployed service's own recording: what the judge makes of real answers."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from judge_timeline import IE, NC
from judged import findings, judged

from conformance import history as histories
from conformance.judge import judge_history
from conformance.judge.lag import summary
from conformance.model import History, Judgement, Operation

RECORDED = Path(__file__).parent.parent / "data" / "recorded" / "deployed-history.jsonl"


@pytest.fixture(scope="module")
def history() -> History:
    """Give the recording."""
    return histories.read(RECORDED)


@pytest.fixture(scope="module")
def judgement(history: History) -> Judgement:
    """Give what the judge makes of it, certificates and stream checked."""
    return judged(history)


def test_nothing_but_the_three_known_warnings_is_found(judgement: Judgement) -> None:
    """`error` as a string, the integrity wording, nc on chunks; nothing about the order of states, resets included."""
    found = {(finding.requirement, finding.rule) for finding in findings(judgement)}
    assert found == {
        ("error-number", "error-as-string"),
        ("spec-wording", "integrity-wording"),
        ("nc-tolerated-endpoints", "nc-tolerated"),
    }


def test_the_truth_about_each_of_the_ten_uploads_is_known(judgement: Judgement) -> None:
    """Six good ones with their bytes compared, four bad ones, through both url endpoints."""
    reached = {name: judgement.counters[name] for name in judgement.counters if name.startswith(("good", "bad"))}
    assert reached == {
        "good-file_url": 6, "good-version_url": 6, "good-bytes": 6, "bad-file_url": 4, "bad-version_url": 4,
        "good-chunked": 5, "good-single-part": 1,
    }  # fmt: skip


def test_each_lag_is_bounded_and_none_is_censored_from_the_right(judgement: Judgement) -> None:
    """Ten projects, six good and four bad uploads at two endpoints; the jobs took 1.5 to 3 s, plus the work itself."""
    groups = {(group["kind"], group["endpoint"]): group for group in summary(judgement.lags)["groups"]}
    assert {name: group["n"] for name, group in groups.items()} == {
        ("project", "create_upload"): 10,
        ("good upload", "file_url"): 6,
        ("good upload", "version_url"): 6,
        ("bad upload", "file_url"): 4,
        ("bad upload", "version_url"): 4,
    }
    assert all(group["right_censored"] == 0 for group in groups.values())
    assert all(1.0 < group["quantiles"][0]["estimate_s"] < 4.2 for group in groups.values())


def test_the_order_of_the_lines_does_not_matter(history: History, judgement: Judgement) -> None:
    """Shuffled, the recording gives the same findings."""
    shuffled = list(history.operations)
    random.Random(1).shuffle(shuffled)
    again = judge_history(replace(history, operations=tuple(shuffled)))
    assert [(f.requirement, f.rule, f.subject) for f in findings(again)] == [
        (f.requirement, f.rule, f.subject) for f in findings(judgement)
    ]


JUNK: tuple[Any, ...] = (
    None, 0, -1, 1.5, True, "", "x", [], {}, [None], {"id": 5}, {"id": "x", "status": []}, {"results": [1, None, {}]},
    {"url": 7}, {"errors": [1, {"field": []}]}, {"code": []}, {"upload": "x"},
    {"current_version": {"id": [], "upload": 4}},
    {"status": {"completed_on": {}, "is_consistent": "yes", "error_on": []}}, NC, IE,
)  # fmt: skip


def test_nothing_that_a_target_may_send_is_a_traceback(history: History) -> None:
    """The recording with junk in place of bodies and statuses, many times over: judged, whatever comes out."""
    dice = random.Random(2)

    def twisted(one: Operation) -> Operation:
        if dice.random() < 0.7:
            return one
        exchange = one.exchange
        response = dice.choice(JUNK)
        request = dice.choice(JUNK) if dice.random() < 0.3 else exchange.request
        status = dice.choice((exchange.status, 100, 200, 204, 301, 400, 404, 500, 999))
        return replace(one, exchange=replace(exchange, response=response, request=request, status=status))

    for _ in range(60):
        judge_history(replace(history, operations=tuple(twisted(one) for one in history.operations)))
