"""The doctor: every question has its sentence and its remedy, and it leaves nothing behind."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from embedded import listed, settings_for

from conformance.doctor import Line, Mark, diagnosis, examine, next_command
from conformance.driver.first_answer import mismatch
from conformance.driver.preflight import FirstLook
from conformance.driver.safety.signed_urls import ForbiddenError, Places, Signed
from conformance.driver.wire.handshake import Handshake
from conformance.model import Exchange, Failure, Operation, Target
from conformance.reference.launch import RunningServer, launch
from conformance.settings.credentials import Credentials

ALICE = Exchange("GET", "/", status=200, response={"id": "a", "username": "alice"})
BOB = Exchange("GET", "/", status=200, response={"id": "b", "username": "bob"})
LISTING = Exchange("GET", "/", status=200, response={"results": []})
REFUSED = Exchange("GET", "/", status=401)
NOW = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
ALL = [
    "name",
    "TLS",
    "reachability",
    "credentials",
    "second user",
    "clock",
    "latency",
    "readiness",
    "storage",
    "rights",
]


def test_a_good_target_is_good_in_every_line(server: RunningServer, tmp_path: Path) -> None:
    """With keys and a second user everything can be exercised; one project was made, and removed."""
    given = Credentials.of(
        {"agent_key": server.agent_key, "user_key": server.user_key, "other_api_token": server.other_token}
    )
    settings = settings_for(server, tmp_path, credentials=given)
    before = listed(server, tmp_path)
    lines = list(examine(settings))
    assert [line.question for line in lines] == [*ALL, "duties"]
    assert {line.mark for line in lines} == {Mark.GOOD}, lines
    assert "alice" in lines[3].sentence
    assert "bob" in lines[4].sentence
    assert next_command(settings, lines).startswith("dds-conformance run --target ")
    assert listed(server, tmp_path) == before
    assert not settings.report_dir.exists()


def test_without_consent_nothing_is_written(
    server: RunningServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A target that is not on this machine is only read until its operator agrees."""
    monkeypatch.setattr("conformance.doctor.examining.is_loopback", lambda _: False)
    settings = settings_for(server, tmp_path)
    lines = {line.question: line for line in examine(settings)}
    for question in ("rights", "readiness", "storage", "duties"):
        assert lines[question].mark is Mark.UNTRIED
        assert lines[question].remedy
    assert not any(settings.run_id in item["name"] for item in listed(server, tmp_path).values())


@pytest.mark.parametrize(
    ("credentials", "question"),
    [({"api_token": "wrong-token"}, "credentials"), ({"agent_key": "x", "user_key": "y"}, "credentials")],
)
def test_wrong_credentials_end_the_examination(
    credentials: dict[str, str], question: str, server: RunningServer, tmp_path: Path
) -> None:
    """What follows would only repeat it; the remedy says what to set."""
    settings = settings_for(server, tmp_path, credentials=Credentials.of(credentials))
    lines = list(examine(settings))
    assert (lines[-1].question, lines[-1].mark) == (question, Mark.BAD)
    assert lines[-1].remedy
    assert next_command(settings, lines).startswith("dds-conformance doctor")


def test_a_target_that_is_down_ends_the_examination(server: RunningServer, tmp_path: Path) -> None:
    """At the line of reachability."""
    settings = settings_for(server, tmp_path, target=Target(base_url="http://127.0.0.1:1/api/v1"))
    assert [line.question for line in examine(settings)][-1] == "reachability"
    nowhere = settings_for(server, tmp_path, target=Target(base_url="http://dds.invalid/api/v1"))
    assert [line.question for line in examine(nowhere)] == ["name"]


def test_a_storage_in_a_forbidden_place_is_said(
    server: RunningServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And how to allow it."""

    def forbid(_: Places, __: object) -> Signed:
        raise ForbiddenError("169.254.169.254 is a link-local or metadata address")

    monkeypatch.setattr(Places, "signed", forbid)
    lines = {line.question: line for line in examine(settings_for(server, tmp_path))}
    assert (lines["storage"].mark, lines["rights"].mark) == (Mark.BAD, Mark.GOOD)
    assert "storage_hosts" in lines["storage"].remedy
    assert "good and bad uploads" in lines["duties"].sentence


def test_a_project_that_is_never_ready_is_said(tmp_path: Path) -> None:
    """Within the bound, with a remedy; and the project is removed all the same."""
    with launch(lag="30") as slow:
        target = Target(base_url=slow.base_url, converge_within_s=0.1)
        settings = settings_for(slow, tmp_path, target=target)
        lines = {line.question: line for line in examine(settings)}
        assert (lines["readiness"].mark, lines["rights"].mark) == (Mark.BAD, Mark.GOOD)
        assert "background jobs" in lines["readiness"].remedy
        assert "storage" not in lines
        assert not listed(slow, tmp_path)


def read(took_s: float) -> Operation:
    """A read that took so long."""
    return Operation("x", "s", 0, int(took_s * 1e9), ALICE)


def reached(exchange: Exchange) -> Line:
    """The line of reachability after a first answer."""
    first = FirstLook(Operation("x", "s", 0, 1, exchange), mismatch(exchange, "http://192.0.2.1/api/v1"))
    return diagnosis.reachability("http://192.0.2.1/api/v1", first, 1.0)


SENTENCES: list[tuple[Line, Mark, str]] = [
    (diagnosis.name("h", ()), Mark.BAD, "DNS"),
    (diagnosis.name("h", ("192.0.2.1",)), Mark.GOOD, ""),
    (diagnosis.tls("http://192.0.2.1/api/v1", None), Mark.WARN, "https"),
    (diagnosis.tls("http://127.0.0.1/api/v1", None), Mark.GOOD, ""),
    (diagnosis.tls("https://192.0.2.1/api/v1", None), Mark.UNTRIED, ""),
    (diagnosis.tls("https://192.0.2.1/api/v1", Handshake("TLSv1.3", 300)), Mark.GOOD, ""),
    (diagnosis.tls("https://192.0.2.1/api/v1", Handshake("TLSv1.3", 3)), Mark.WARN, "renewed"),
    (diagnosis.tls("https://192.0.2.1/api/v1", Handshake(trouble="not trusted")), Mark.BAD, "ca_bundle"),
    (reached(Exchange("GET", "/", failure=Failure.TIMEOUT)), Mark.BAD, "network"),
    (reached(Exchange("GET", "/", failure=Failure.CUT)), Mark.BAD, "service"),
    (reached(Exchange("GET", "/", status=404)), Mark.BAD, "base path"),
    (reached(Exchange("GET", "/", status=404, response={"code": "x"})), Mark.GOOD, ""),
    (reached(REFUSED), Mark.WARN, "--header"),
    (diagnosis.credentials(None, None), Mark.BAD, "DDS_API_TOKEN"),
    (diagnosis.credentials(REFUSED, None), Mark.BAD, "token"),
    (diagnosis.credentials(LISTING, Exchange("GET", "/", status=404)), Mark.GOOD, ""),
    (diagnosis.credentials(Exchange("GET", "/", status=500, response={"code": "x"}), None), Mark.BAD, "log"),
    (diagnosis.second_user(None, None, ALICE), Mark.WARN, "DDS_OTHER_API_TOKEN"),
    (diagnosis.second_user(REFUSED, None, ALICE), Mark.BAD, "DDS_OTHER_API_TOKEN"),
    (diagnosis.second_user(LISTING, ALICE, ALICE), Mark.BAD, "another"),
    (diagnosis.second_user(LISTING, BOB, ALICE), Mark.GOOD, ""),
    (diagnosis.clock(ALICE, NOW, NOW), Mark.UNTRIED, ""),
    (diagnosis.latency([read(0.01)]), Mark.GOOD, ""),
    (diagnosis.latency([read(5.0)]), Mark.WARN, "converge_within"),
    (diagnosis.latency([]), Mark.BAD, "log"),
]


@pytest.mark.parametrize(("line", "mark", "word"), SENTENCES)
def test_every_sentence_has_its_mark_and_its_remedy(line: Line, mark: Mark, word: str) -> None:
    """What is bad says what to do."""
    assert line.mark is mark
    assert word in line.remedy
    assert line.sentence.endswith(".")
    assert line.remedy or mark in (Mark.GOOD, Mark.UNTRIED)


@pytest.mark.parametrize(
    ("ahead_s", "mark"), [(0, Mark.GOOD), (20, Mark.GOOD), (-20, Mark.GOOD), (90, Mark.WARN), (-400, Mark.WARN)]
)
def test_a_clock_that_is_off_is_measured(ahead_s: int, mark: Mark) -> None:
    """By the target's own Date, in whole seconds."""
    headers = {"date": format_datetime(NOW + timedelta(seconds=ahead_s), usegmt=True)}
    line = diagnosis.clock(Exchange("GET", "/", status=200, headers=headers), NOW, NOW + timedelta(milliseconds=200))
    assert line.mark is mark
    if mark is Mark.WARN:
        assert line.seconds is not None
        assert abs(line.seconds - ahead_s) <= 1.2
        assert ("ahead" in line.sentence) == (ahead_s > 0)
