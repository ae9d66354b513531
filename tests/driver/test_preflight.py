"""Before a run: a target that is down, that does not speak HTTP, or that refuses, is told in one sentence."""

from __future__ import annotations

import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from wire_stubs import Answer, json_reply, raw, reply, reset, says, settings_for

from conformance.driver import check_target, preflight
from conformance.errors import CredentialsRefusedError, TargetUnreachableError
from conformance.settings.credentials import Credentials
from conformance.settings.run_settings import Settings

FINE = json_reply({"results": []})


def test_a_target_that_answers_is_fine(tmp_path: Path) -> None:
    """One read for each user, and nothing is written anywhere."""
    with raw(says(FINE)) as server:
        given = Credentials.of({"api_token": "tok-0001", "other_api_token": "tok-0002"})
        check_target(settings_for(server.url, tmp_path, credentials=given))
        assert [request.split()[0] for request in server.requests] == [b"GET", b"GET"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("answer", "word"),
    [(reset, "without an answer"), (says(b"SSH-2.0\r\n\r\n", close=True), "does not speak HTTP")],
)
def test_a_target_that_speaks_no_http_is_unreachable(
    answer: Answer, word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 3, with a remedy."""
    monkeypatch.setattr(preflight, "AGAIN_FOR_S", 1.0)
    with raw(answer) as server, pytest.raises(TargetUnreachableError, match=word) as stated:
        check_target(settings_for(server.url, tmp_path))
    assert (stated.value.exit_code, bool(stated.value.remedy)) == (3, True)


def test_a_target_that_is_down_is_unreachable(tmp_path: Path) -> None:
    """By a closed port, and by a name that nobody bears."""
    for url in ("http://127.0.0.1:1/api/v1", "http://dds.invalid/api/v1"):
        with pytest.raises(TargetUnreachableError, match="does not accept connections"):
            check_target(settings_for(url, tmp_path))


def test_a_hiccup_of_the_road_is_overcome(tmp_path: Path) -> None:
    """Two resets and a gateway's 503, then an answer."""
    answers = iter([b"", b"", reply(503, b"", "Retry-After: 0"), FINE])

    def answer(connection: socket.socket, _: bytes) -> None:
        data = next(answers)
        connection.sendall(data) if data else reset(connection)

    with raw(answer) as server:
        check_target(settings_for(server.url, tmp_path))
        assert len(server.requests) == 4


def test_a_target_that_is_just_restarting_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listens at first; it comes back between two tries."""
    with raw(says(FINE)) as server:
        port = urlsplit(server.url).port
        asked: list[int] = []
        connect = socket.create_connection

        def refusing(address: tuple[str, int], *rest: object, **more: object) -> socket.socket:
            asked.append(address[1])
            if len(asked) < 3 and address[1] == port:
                raise ConnectionRefusedError
            return connect(address, *rest, **more)  # type: ignore[arg-type]

        monkeypatch.setattr(socket, "create_connection", refusing)
        monkeypatch.setattr(preflight, "REFUSED_FOR_S", 60.0)
        check_target(settings_for(server.url, tmp_path))
    assert len(asked) == 3


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({}, "no credentials"),
        ({"agent_key": "agent-01"}, "no credentials"),
        ({"api_token": "tok-0001"}, "401"),
        ({"agent_key": "agent-01", "user_key": "user-01"}, "no token"),
    ],
)
def test_refused_credentials_are_told(given: dict[str, str], word: str, tmp_path: Path) -> None:
    """Exit 3, and what to set; a refused token is not tried again."""
    with raw(says(json_reply({"error": 401, "code": "not_provided"}, 401))) as server:
        settings: Settings = settings_for(server.url, tmp_path, credentials=Credentials.of(given))
        with pytest.raises(CredentialsRefusedError, match=word) as stated:
            check_target(settings)
        assert stated.value.exit_code == 3
        assert len(server.requests) <= 3


def test_a_refused_second_user_is_told(tmp_path: Path) -> None:
    """By the name of its variable."""

    def answer(connection: socket.socket, request: bytes) -> None:
        connection.sendall(json_reply({}, 401) if b"tok-0002" in request else FINE)

    with raw(answer) as server:
        given = Credentials.of({"api_token": "tok-0001", "other_api_token": "tok-0002"})
        with pytest.raises(CredentialsRefusedError) as stated:
            check_target(settings_for(server.url, tmp_path, credentials=given))
    assert "DDS_OTHER_API_TOKEN" in stated.value.remedy
