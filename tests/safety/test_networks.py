"""Bad networks: every fault is counted, none of them becomes a finding, and what could be decided is decided."""

from __future__ import annotations

import dataclasses
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from embedded import make_file, settings_for, until
from fault_proxy import FAULTS, FaultProxy, faulty

from conformance import history as histories
from conformance.driver import Client, Driver
from conformance.driver.wire import neat_transport
from conformance.judge import judge_history
from conformance.model import Failure, Finding, History, Phase, Target
from conformance.reference.launch import RunningServer
from conformance.settings.credentials import Credentials
from conformance.settings.run_settings import Bounds, Settings

HASTY = Bounds(silence_s=0.25, deadline_s=2.0)
"""Shorter than a stall: a busy machine may let other requests wait for as long."""
PATIENT = Bounds(silence_s=20.0, deadline_s=40.0)
FAILURES = {
    "reset before": Failure.RESET,
    "reset after": Failure.RESET,
    "cut head": Failure.CUT,
    "cut body": Failure.CUT,
    "stall": Failure.TIMEOUT,
}
STATUSES = {"429": 429, "503": 503, "502 in HTML": 502, "504 in JSON": 504}


def behind(proxy: FaultProxy, server: RunningServer, folder: Path, bounds: Bounds = PATIENT) -> Settings:
    """Settings of a run that reaches the server through the proxy."""
    settings = settings_for(server, folder, bounds=bounds)
    return dataclasses.replace(settings, target=Target(base_url=proxy.url, second_user=True))


def port_of(server: RunningServer) -> int:
    """The API's port."""
    return urlsplit(server.base_url).port or 0


def play(driver: Driver) -> None:
    """A good and a bad file through their whole life, with patience for whatever the road does."""
    for name, lie in (("good", False), ("bad", True)):
        client = driver.client(name, scenario="road")
        _, file = make_file(client, name, name.encode() * 99, lie=lie)
        if not file:
            continue
        client.phase = Phase.SETTLE
        url = until(lambda file=file, client=client: client.file_url(file), 200, 400)  # type: ignore[misc]
        client.phase = Phase.FINAL
        if url.exchange.status == 200:
            until(lambda url=url, client=client: client.get_signed(url.exchange.response), 200)  # type: ignore[misc]
        last_look(client, file)


def last_look(client: Client, file: str) -> None:
    """Read once more through both url endpoints."""
    version = until(lambda: client.show_file(file), 200).exchange.response["current_version"]["id"]
    until(lambda: client.file_url(file), 200, 400)
    until(lambda: client.version_url(version), 200, 400)


def findings(history: History) -> list[Finding]:
    """Every finding of every judge."""
    return [finding for tally in judge_history(history).tallies.values() for finding in tally.findings]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_road_is_no_finding_about_the_target(fault: str, server: RunningServer, tmp_path: Path) -> None:
    """Three in ten requests meet it; the history counts each one, the judges accuse nobody."""
    with faulty(port_of(server), (fault,), 0.3) as proxy:
        driver = Driver(behind(proxy, server, tmp_path, HASTY if fault == "stall" else PATIENT))
        play(driver)
        driver.close()
        met = proxy.met.get(fault, 0)
    history = histories.read(driver.settings.history_path)
    assert met >= 2
    assert findings(history) == []
    api = [op.exchange for op in history.operations if op.exchange.role == "api"]
    told = Counter(exchange.failure for exchange in api)
    if fault == "stall":
        assert told[Failure.TIMEOUT] >= met
    elif fault in FAILURES:
        assert told[FAILURES[fault]] == met
    elif fault != "drip":
        assert sum(exchange.status == STATUSES[fault.removesuffix(" with a time")] for exchange in api) == met


def test_all_faults_together_are_no_finding(server: RunningServer, tmp_path: Path) -> None:
    """The worst road there is."""
    with faulty(port_of(server), FAULTS, 0.35, seed=8) as proxy:
        driver = Driver(behind(proxy, server, tmp_path, HASTY))
        play(driver)
        driver.close()
        assert len(proxy.met) > 5
    assert findings(histories.read(driver.settings.history_path)) == []


def test_a_target_that_goes_away_and_comes_back_is_waited_for(
    server: RunningServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything is lost for a while, and nobody is accused of it."""
    monkeypatch.setattr(neat_transport, "KEEP_ALIVE_S", 60.0)
    with faulty(port_of(server), (), 0.0) as proxy:
        driver = Driver(behind(proxy, server, tmp_path))
        client = driver.client("maker")
        project, _ = make_file(client, "before", b"abc")
        proxy.go_away()
        lost = [client.show_project(project).exchange.failure for _ in range(2)]
        assert lost == [Failure.RESET, Failure.REFUSED]
        proxy.come_back()
        until(lambda: client.show_project(project), 200)
        play(driver)
        driver.close()
        assert proxy.met["away"] >= 1
    history = histories.read(driver.settings.history_path)
    assert findings(history) == []


def test_a_token_that_expires_in_the_middle_is_no_finding(
    server: RunningServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With keys the run goes on under a new token; the refused attempts stay on record."""
    keys = Credentials.of({"agent_key": server.agent_key, "user_key": server.user_key})
    driver = Driver(settings_for(server, tmp_path, credentials=keys))
    tokens, used = driver.tokens, 0
    honest = tokens.of

    def expiring(user: str | None) -> str | None:
        nonlocal used
        used += user == "owner"
        return "expired-token-0001" if user == "owner" and used % 9 == 5 else honest(user)

    monkeypatch.setattr(tokens, "of", expiring)
    monkeypatch.setattr(tokens, "renew", lambda user, token: user == "owner" and token == "expired-token-0001")
    play(driver)
    driver.close()
    history = histories.read(driver.settings.history_path)
    assert sum(op.exchange.status == 401 for op in history.operations) >= 2
    assert findings(history) == []
