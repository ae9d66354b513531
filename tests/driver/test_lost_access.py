"""A token that expires, and a gateway with nothing behind it, end a run soon, with the second since when."""

from __future__ import annotations

import itertools
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from wire_stubs import TOKEN, driving, json_reply, raw, settings_for

from conformance.api.classifier import Classifier
from conformance.driver import Driver
from conformance.driver.safety import lost_access
from conformance.driver.safety.lost_access import Access, LostAccessError, what_ended
from conformance.driver.safety.pace import NS_PER_S
from conformance.model import Exchange, Json, Operation, Target
from conformance.settings.credentials import Credentials

PROJECTS = "/api/v1/projects"
PAGE = "<html>bad gateway</html>"


@dataclass(slots=True)
class Hearing:
    """An access that hears answers at moments of the test's own choice."""

    access: Access
    now: int = 100 * NS_PER_S

    def hear(
        self, status: int, path: str = PROJECTS, *, user: str = "owner", body: Json = None, own: bool = True
    ) -> bool:
        """Hear one answer, now."""
        exchange = Exchange("GET", path, user=user, status=status, response=body)
        operation = Operation("x", "s", self.now, self.now, exchange)
        of = Classifier(Target("http://dds.test/api/v1"))(operation)
        return self.access.heard(operation, of, authorized=own)

    def over(self, seconds: float, count: int, *rest: object, **more: object) -> list[bool]:
        """Hear `count` answers alike, spread over so many seconds."""
        said = []
        for number in range(count):
            said.append(self.hear(*rest, **more))  # type: ignore[arg-type]
            self.now += round(seconds * NS_PER_S / max(1, count - 1)) if number < count - 1 else 0
        return said


@pytest.fixture
def hearing(tmp_path: Path) -> Iterator[Hearing]:
    """One process's access."""
    made: list[Hearing] = []
    access = Access(tmp_path, clock=lambda: made[0].now)
    made.append(Hearing(access))
    yield made[0]
    access.close()


def test_five_seconds_and_ten_answers_of_401_are_worth_asking(hearing: Hearing) -> None:
    """Neither alone is."""
    hearing.hear(200)
    assert not any(hearing.over(4.9, 30, 401))
    hearing.now += NS_PER_S
    assert hearing.hear(401)
    hearing.access.check()  # nothing is certain before somebody has asked


def test_few_answers_over_a_long_time_are_not(hearing: Hearing) -> None:
    """Nine in a minute."""
    assert not any(hearing.over(60, 9, 401))
    assert hearing.hear(401)


@pytest.mark.parametrize(
    ("status", "body"), [(200, None), (202, None), (403, None), (404, {"code": "resource_not_consistent"})]
)
def test_an_answer_that_shows_an_accepted_token_starts_it_anew(status: int, body: Json, hearing: Hearing) -> None:
    """Only the owner's own, to a call that looks at the token."""
    assert any(hearing.over(9, 20, 401))
    hearing.hear(status, body=body)
    assert not hearing.hear(401)


@pytest.mark.parametrize(
    ("status", "path", "user", "own"),
    [
        (200, "/api/v1/app/status", "owner", True),
        (201, "/api/v1/software_agents/api_token", "owner", True),
        (200, "/somewhere/else", "owner", True),
        (200, PROJECTS, "other", True),
        (200, PROJECTS, "owner", False),
        (400, PROJECTS, "owner", True),
        (503, PROJECTS, "owner", True),
        (500, PROJECTS, "owner", True),
    ],
)
def test_an_answer_that_shows_nothing_of_the_token_does_not(
    status: int, path: str, user: str, *, own: bool, hearing: Hearing
) -> None:
    """Others are given whatever the token is."""
    hearing.over(9, 20, 401)
    hearing.hear(status, path, user=user, own=own)
    hearing.now += 2 * NS_PER_S
    assert hearing.hear(401)


def test_refusals_of_others_are_no_loss(hearing: Hearing) -> None:
    """A bad token, nobody's, the second user's: 401 is their right answer."""
    for user, own in (("invalid", True), ("other", True), ("owner", False)):
        assert not any(hearing.over(20, 50, 401, user=user, own=own))


def test_the_loss_is_told_to_every_process_with_its_second(hearing: Hearing, tmp_path: Path) -> None:
    """Since the first 401 of the streak, counted from the run's first answer."""
    hearing.hear(200)
    hearing.now += 15 * NS_PER_S
    hearing.over(6, 12, 401)
    hearing.access.lose()
    other = Access(tmp_path)
    with pytest.raises(LostAccessError, match="401 since second 15 of the run") as stated:
        other.check()
    other.close()
    assert stated.value.exit_code == 4
    assert "DDS_USER_KEY" in stated.value.remedy


def test_a_token_that_never_worked_is_another_exit_code(hearing: Hearing) -> None:
    """Three: nothing could be judged at all."""
    hearing.over(6, 12, 401)
    hearing.access.lose()
    with pytest.raises(LostAccessError) as stated:
        hearing.access.check()
    assert stated.value.exit_code == 3


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_minute_of_nothing_but_a_gateway_ends_the_run(status: int, hearing: Hearing) -> None:
    """One answer of the API itself, even an error, and it has not gone."""
    hearing.hear(200)
    hearing.now += 2 * NS_PER_S
    hearing.over(59, 30, status)
    hearing.access.check()
    hearing.hear(500, body={"code": "not_provided"})
    hearing.over(59, 30, status)
    hearing.access.check()
    hearing.now += 2 * NS_PER_S
    hearing.hear(status)
    with pytest.raises(LostAccessError, match=f"{status} since second 61") as stated:
        hearing.access.check()
    assert stated.value.exit_code == 4


def test_the_apis_own_503_is_no_gateways(hearing: Hearing) -> None:
    """It has the four fields of the API's errors."""
    own: Json = {"error": 503, "code": "not_provided", "reason": "r", "suggestion": "s"}
    hearing.over(100, 50, 503, body=own)
    hearing.access.check()


def serving(accepts: Callable[[int, bytes], bool]) -> Callable[[socket.socket, bytes], None]:
    """A DDS that answers 401 unless `accepts` says otherwise of a request and its number."""
    numbers = itertools.count(1)

    def answer(connection: socket.socket, request: bytes) -> None:
        if b"/software_agents/api_token" in request:
            connection.sendall(json_reply({"api_token": f"renewed-{next(numbers)}", "time_to_live": 7200}, 201))
        elif accepts(next(numbers), request):
            connection.sendall(json_reply({"results": []}))
        else:
            connection.sendall(json_reply({"error": 401, "code": "not_provided"}, 401))

    return answer


def read_on(driver: Driver) -> None:
    """Read the same project again and again."""
    client = driver.client("reader")
    for _ in range(100):
        client.show_project("a")


@pytest.fixture
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lost_access, "REFUSED_FOR_S", 0.0)


@pytest.mark.usefixtures("_hasty")
def test_a_run_ends_when_its_token_has_expired(tmp_path: Path) -> None:
    """After ten 401 and one look at the projects; cleaning may still try."""
    with raw(serving(lambda number, _: number <= 5)) as server:
        settings = settings_for(server.url, tmp_path)
        with driving(settings) as driver:
            with pytest.raises(LostAccessError, match=r"401 since second \d+"):
                read_on(driver)
            assert len(server.requests) == 5 + 10 + 1
            assert driver.client("cleaning", exempt=True).list_projects().exchange.status == 401
            ended = what_ended(settings)
    assert ended is not None
    assert ended.exit_code == 4


@pytest.mark.usefixtures("_hasty")
def test_a_call_that_is_wrongly_refused_ends_nothing(tmp_path: Path) -> None:
    """The token is accepted elsewhere: that is the target's breach, and for the judge."""
    reading = serving(lambda _, request: b"/projects?" in request)
    with raw(reading) as server, driving(settings_for(server.url, tmp_path)) as driver:
        client = driver.client("reader")
        assert {client.show_project("a").exchange.status for _ in range(40)} == {401}
        driver.access.check()


@pytest.mark.usefixtures("_hasty")
def test_a_token_that_is_renewed_is_not_lost(tmp_path: Path) -> None:
    """With keys the 401 are followed by a new token; where that is refused as well, the run ends all the same."""
    keys = {"api_token": TOKEN, "agent_key": "agent-0001", "user_key": "user-0001"}
    with raw(serving(lambda _, request: TOKEN.encode() not in request)) as server:
        settings = settings_for(server.url, tmp_path, credentials=Credentials.of(keys))
        with driving(settings) as driver:
            client = driver.client("reader")
            assert {client.list_projects().exchange.status for _ in range(40)} == {200}
    with raw(serving(lambda _n, _r: False)) as server:
        settings = replace(settings_for(server.url, tmp_path / "b"), credentials=Credentials.of(keys))
        with driving(settings) as driver, pytest.raises(LostAccessError):
            read_on(driver)
