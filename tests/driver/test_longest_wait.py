"""Nobody sleeps longer than --longest-wait for a target that asks for patience, the clean-up included."""

from __future__ import annotations

import dataclasses
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wire_stubs import driving, json_reply, raw, reply, settings_for

from conformance.doctor import Mark, examine
from conformance.driver.safety.cleaning import clean, farewell, tidy
from conformance.driver.safety.lost_access import what_ended
from conformance.driver.safety.pace import NS_PER_S, BudgetError, Pace
from conformance.run.progress import Progress
from conformance.settings.run_settings import Budgets

DAY = "86400"


class Clock:
    """A clock that moves only when somebody sleeps; nanoseconds."""

    def __init__(self) -> None:
        self.now = 10 * NS_PER_S
        self.slept: list[float] = []

    def read(self) -> int:
        """Give the present."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.slept.append(seconds)
        self.now += round(seconds * NS_PER_S)


@pytest.fixture
def clock() -> Clock:
    """A clock of its own for each test."""
    return Clock()


@pytest.fixture
def pace(tmp_path: Path, clock: Clock) -> Iterator[Pace]:
    """A pace that lives by that clock and waits a minute at most."""
    made = Pace(tmp_path, rate=None, in_flight=1, budgets=Budgets(), sleep=clock.sleep, clock=clock.read)
    yield made
    made.close()


@pytest.mark.parametrize("status", [429, 503])
def test_the_cleaning_waits_once_for_the_longest_wait_then_asks_then_gives_up(
    status: int, pace: Pace, clock: Clock
) -> None:
    """A day is not slept; a target that insists is believed."""
    pace.heard(status, {"retry-after": DAY})
    with pytest.raises(BudgetError, match="asks to wait 86400 s; the run waits 60 s at most"), pace.turn():
        pass
    with pace.turn(exempt=True):
        pace.heard(status, {"retry-after": DAY})
    assert clock.slept == [60.0]
    with pytest.raises(BudgetError, match="60 s were waited already") as stated, pace.turn(exempt=True):
        pass
    assert stated.value.exit_code == 4
    assert "--longest-wait" in stated.value.remedy
    assert clock.slept == [60.0]


def test_after_one_more_look_that_is_answered_the_cleaning_goes_on(pace: Pace, clock: Clock) -> None:
    """One 429 in a run is no reason to leave everything behind."""
    pace.heard(429, {"retry-after": DAY})
    for _ in range(50):
        with pace.turn(exempt=True):
            pace.heard(200, {})
    assert clock.slept == [60.0]


def test_a_date_an_hour_ahead_is_a_long_wait_too(pace: Pace, clock: Clock) -> None:
    """By the server's own clock."""
    now = datetime(2026, 3, 4, tzinfo=UTC)
    headers = {"date": format_datetime(now, usegmt=True)}
    headers["retry-after"] = format_datetime(now + timedelta(hours=1), usegmt=True)
    assert pace.heard(503, headers) == 3600.0
    with pytest.raises(BudgetError, match="3600 s"), pace.turn():
        pass
    with pace.turn(exempt=True):
        pass
    assert sum(clock.slept) == 60.0


@given(waits=st.lists(st.floats(0, 1e6), max_size=30), longest=st.floats(0.01, 500))
def test_no_sequence_of_wishes_holds_the_cleaning_longer_than_that(
    tmp_path_factory: pytest.TempPathFactory, waits: list[float], longest: float
) -> None:
    """Whatever a target asks for, and however often."""
    clock = Clock()
    budgets = Budgets(longest_wait_s=longest)
    made = Pace(
        tmp_path_factory.mktemp("p"), rate=None, in_flight=1, budgets=budgets, sleep=clock.sleep, clock=clock.read
    )
    try:
        for wait in waits:
            made.heard(429, {"retry-after": str(int(wait))})
            with made.turn(exempt=True):
                pass
    except BudgetError:
        pass
    finally:
        made.close()
    assert sum(clock.slept) <= longest + 0.001


def test_a_pause_is_said_before_it_is_slept(pace: Pace, clock: Clock) -> None:
    """With its length, and never a longer one than said."""
    said: list[str] = []
    pace.say = said.append
    pace.heard(429, {"retry-after": "30"})
    with pace.turn():
        pass
    assert said == ["waiting 30 s, as the target asks (Retry-After)"]
    assert clock.slept == [30.0]


def test_a_silent_target_does_not_hold_the_cleaning(pace: Pace, clock: Clock) -> None:
    """Three requests and a minute without an answer are enough when nothing but cleaning is left."""
    for _ in range(3):
        with pace.turn(exempt=True):
            pace.heard(None, {})
    clock.now += 61 * NS_PER_S
    with pytest.raises(BudgetError, match="answered nothing"), pace.turn(exempt=True):
        pass


def busy_after(requests: int, retry_after: str) -> object:
    """A DDS that makes projects, then asks everybody for patience, for good."""
    count = [0]

    def answer(connection: socket.socket, request: bytes) -> None:
        count[0] += 1
        if count[0] > requests:
            connection.sendall(reply(429, b"<html>slow down</html>", "Content-Type: text/html", retry_after))
        elif request.startswith(b"POST"):
            connection.sendall(json_reply({"kind": "dds-project", "id": f"id-{count[0]}", "name": "n"}, 202))
        else:
            connection.sendall(json_reply({"results": []}))

    return answer


def test_the_end_of_a_run_names_what_it_leaves_and_how_to_remove_it(tmp_path: Path) -> None:
    """The wait is the longest one, here a tenth of a second; nothing is removed, everything is named."""
    with raw(busy_after(3, "Retry-After: 86400")) as server:  # type: ignore[arg-type] # an answer
        settings = settings_for(server.url, tmp_path, budgets=Budgets(longest_wait_s=0.1))
        with driving(settings) as driver:
            client = driver.client("maker")
            for _ in range(3):
                client.create_project(driver.name(), "d")
            assert client.list_projects().exchange.status == 429
            ended = what_ended(settings)
        report = tidy(settings)
        stated = farewell(report.leftovers, settings.ledger_path, settings)
        assert len(server.requests) == 5  # one look after the wait
    assert "asks to wait 86400 s" in str(ended)
    assert [left.id for left in report.leftovers] == ["id-1", "id-2", "id-3"]
    assert "3 projects (id-1, id-2, id-3)" in stated[0]
    assert f"dds-conformance clean {settings.ledger_path} --target {settings.target.base_url}" in stated[0]


def test_the_clean_command_waits_no_longer_either(tmp_path: Path) -> None:
    """It says what it waits for, and reports everything as left."""
    with raw(busy_after(2, "Retry-After: 60")) as server:  # type: ignore[arg-type] # an answer
        settings = settings_for(server.url, tmp_path, budgets=Budgets(longest_wait_s=1.2))
        with driving(settings) as driver:
            driver.client("maker").create_project(driver.name(), "d")
        said: list[str] = []
        report = clean(settings.ledger_path, settings, said.append)
    assert [left.id for left in report.leftovers] == ["id-1"]
    assert said == ["waiting 1 s, as the target asks (Retry-After)"]


def test_the_doctor_ends_at_a_target_that_asks_for_a_day(tmp_path: Path) -> None:
    """With a line that says so."""
    with raw(busy_after(4, "Retry-After: 86400")) as server:  # type: ignore[arg-type] # an answer
        settings = settings_for(server.url, tmp_path, budgets=Budgets(longest_wait_s=0.1))
        lines = list(examine(dataclasses.replace(settings, i_may_write=True)))
    assert (lines[-1].question, lines[-1].mark) == ("patience", Mark.BAD)
    assert "86400 s" in lines[-1].sentence


def test_the_screen_says_what_a_run_pauses_for() -> None:
    """As long as it does."""
    progress = Progress()
    line = {"method": "GET", "path": "/api/v1/projects", "status": 429, "a_ns": 0, "headers": {"retry-after": "30"}}
    progress.add(line)
    assert "asks for a pause of 30 s" in progress.sentence(29 * NS_PER_S)
    assert "pause" not in progress.sentence(31 * NS_PER_S)
