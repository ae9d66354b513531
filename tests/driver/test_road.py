"""The one road of a request: recorded before it is judged, timed around the wire, honest about how it ended."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest
from wire_stubs import TOKEN, driving, json_reply, raw, says, settings_for

from conformance import history as histories
from conformance.driver import Driver
from conformance.driver.recorder import Recorder, RecordError
from conformance.model import Failure, Octets, Operation
from conformance.settings.credentials import Credentials
from conformance.settings.run_settings import Bounds


def test_an_operation_spans_the_wire(tmp_path: Path) -> None:
    """It begins before the server sees a byte and ends after the server sent the last."""
    seen: list[int] = []

    def answer(connection: socket.socket, _: bytes) -> None:
        import time  # noqa: PLC0415 - the clock of this very moment

        seen.append(time.monotonic_ns())
        connection.sendall(json_reply({}))

    with raw(answer) as server, driving(settings_for(server.url, tmp_path)) as driver:
        operation = driver.client("reader").list_projects()
    assert operation.b_ns is not None
    assert operation.a_ns < seen[0] < operation.b_ns


def test_a_mutation_is_on_disk_before_it_is_sent(tmp_path: Path) -> None:
    """What the server sees, the history and the ledger already hold; a listener hears it in between."""
    found: list[tuple[str, str]] = []
    heard: list[str] = []
    settings = settings_for("http://127.0.0.1:1/api/v1", tmp_path)

    def answer(connection: socket.socket, _: bytes) -> None:
        found.append((settings.history_path.read_text(), settings.ledger_path.read_text()))
        assert heard == ["begin"]
        connection.sendall(json_reply({"id": "p1"}, 202))

    with raw(answer) as server:
        settings = settings_for(server.url, tmp_path)
        with driving(settings) as driver:
            driver.listen(lambda moment, _: heard.append(moment))
            operation = driver.client("writer").create_project(driver.name("x"), "d")
    history, ledger = found[0]
    assert f'"begin":true,"id":"{operation.id}"' in history
    assert f'"create": "project", "key": "{operation.id}"' in ledger
    assert heard == ["begin", "end"]
    assert '"made"' in settings.ledger_path.read_text()


def test_a_failed_connection_is_refused(tmp_path: Path) -> None:
    """Where no byte was sent, nothing can have happened."""
    with driving(settings_for("http://127.0.0.1:1/api/v1", tmp_path)) as driver:
        operation = driver.client("writer").send("PUT", "/uploads/0123456789abcdef/complete", json={})
    assert operation.exchange.failure is Failure.REFUSED
    assert operation.b_ns is not None


def test_a_planned_cut_leaves_the_effect_open(tmp_path: Path) -> None:
    """The request arrives, the answer is not waited for, and the operation has no end."""
    arrived, free = threading.Event(), threading.Event()

    def answer(connection: socket.socket, _: bytes) -> None:
        arrived.set()
        free.wait(5)
        connection.sendall(json_reply({}))

    with raw(answer) as server, driving(settings_for(server.url, tmp_path)) as driver:
        operation = driver.client("writer").send("PUT", "/uploads/0123456789abcdef/complete", json={}, cut_after_s=0.05)
        assert arrived.wait(5)
        free.set()
    assert (operation.exchange.failure, operation.b_ns) == (Failure.RESET, None)
    assert operation.notes["cut_after_s"] == 0.05
    retained = histories.read(driver.settings.history_path).operations[0]
    assert (retained.exchange.failure, retained.b_ns) == (Failure.RESET, None)


def test_an_answer_in_time_is_not_cut(tmp_path: Path) -> None:
    """A planned cut gives way to an answer that comes first."""
    with raw(says(json_reply({"fine": 1}))) as server, driving(settings_for(server.url, tmp_path)) as driver:
        operation = driver.client("reader").send("GET", "/projects/x", cut_after_s=5.0)
    assert operation.exchange.response == {"fine": 1}


def test_nothing_is_retried(tmp_path: Path) -> None:
    """One request, one attempt, whatever the answer."""
    with raw(says(json_reply({}, 503, "Retry-After: 0"))) as server:
        with driving(settings_for(server.url, tmp_path)) as driver:
            operation = driver.client("reader").list_projects()
        assert operation.exchange.status == 503
        assert len(server.requests) == 1


def test_sessions_speak_under_names_of_their_own(tmp_path: Path) -> None:
    """Two clients of one name are two sessions; their operations never share an id."""
    with raw(says(json_reply({}))) as server, driving(settings_for(server.url, tmp_path)) as driver:
        operations = [driver.client("reader").list_projects() for _ in range(3)]
    assert [op.session for op in operations] == ["main/reader", "main/reader#2", "main/reader#3"]
    assert len({op.id for op in operations}) == 3


def test_many_threads_write_one_whole_history(tmp_path: Path) -> None:
    """Lines are never mixed, and every attempt is there."""
    with raw(says(json_reply({"results": []}))) as server, driving(settings_for(server.url, tmp_path)) as driver:

        def speak(number: int) -> None:
            client = driver.client(f"reader-{number}")
            for _ in range(20):
                client.list_projects()

        threads = [threading.Thread(target=speak, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(histories.read(driver.settings.history_path).operations) == 120


def test_bodies_that_are_not_json_are_kept_as_octets(tmp_path: Path) -> None:
    """A form is sent as it is and kept with its text; JSON octets are kept as JSON where that loses nothing."""
    with raw(says(json_reply({}))) as server, driving(settings_for(server.url, tmp_path)) as driver:
        client = driver.client("writer")
        path = "/uploads/0123456789abcdef/complete"
        form = client.send("PUT", path, content=b"hash[value]=a", content_type="application/x-www-form-urlencoded")
        plain = client.send("PUT", path, content=b'{"a":1}', content_type="application/json")
        doubled = client.send("PUT", path, content=b'{"a":1,"a":2}', content_type="application/json")
        broken = client.send("PUT", path, content=b'{"a":', content_type="application/json")
    assert isinstance(form.exchange.request, Octets)
    assert (form.exchange.request.bytes, form.exchange.request.text) == (13, "hash[value]=a")
    assert plain.exchange.request == {"a": 1}
    assert isinstance(doubled.exchange.request, Octets)
    assert isinstance(broken.exchange.request, Octets)
    assert server.requests[0].endswith(b"hash[value]=a")


def test_users_speak_with_their_own_tokens(tmp_path: Path) -> None:
    """The owner, the other, an invalid one, and nobody."""
    given = Credentials.of({"api_token": TOKEN, "other_api_token": "tok-other-77"})
    with raw(says(json_reply({}, 401))) as server:
        with driving(settings_for(server.url, tmp_path, credentials=given)) as driver:
            for user in ("owner", "other", "invalid", None):
                assert driver.client("c", user=user).list_projects().exchange.user == user
            assert driver.client("c").current_user(user=None).exchange.user is None
        heads = [request.split(b"\r\n\r\n")[0] for request in server.requests]
    assert f"Authorization: {TOKEN}".encode() in heads[0]
    assert b"Authorization: tok-other-77" in heads[1]
    assert f"Authorization: invalid-{driver.settings.run_id}".encode() in heads[2]
    assert not any(b"Authorization" in head for head in heads[3:])


class TokenShop:
    """Hands out tokens for keys, and lets each of them expire after some uses."""

    def __init__(self, uses: int, *, gives: bool = True) -> None:
        self.uses, self.gives, self.left, self.made = uses, gives, 0, 0

    def answer(self, connection: socket.socket, request: bytes) -> None:
        """Answer one request."""
        if request.startswith(b"POST /api/v1/software_agents/api_token"):
            self.made += 1
            self.left = self.uses
            made = {"api_token": f"tok-made-{self.made:04}"} if self.gives else {"error": 404}
            connection.sendall(json_reply(made, 201 if self.gives else 404))
        elif f"Authorization: tok-made-{self.made:04}".encode() in request and self.left > 0:
            self.left -= 1
            connection.sendall(json_reply({"results": []}))
        else:
            connection.sendall(json_reply({"error": 401, "code": "not_provided"}, 401))


KEYS = Credentials.of({"agent_key": "agent-key-0001", "user_key": "user-key-0001"})


def test_a_token_that_expires_in_the_middle_is_renewed(tmp_path: Path) -> None:
    """The refused attempt and the second one are operations of their own; no secret of the exchange is kept."""
    shop = TokenShop(uses=2)
    with raw(shop.answer) as server, driving(settings_for(server.url, tmp_path, credentials=KEYS)) as driver:
        client = driver.client("reader")
        statuses = [client.list_projects().exchange.status for _ in range(5)]
    assert statuses == [200] * 5
    retained = histories.read(driver.settings.history_path).operations
    assert [op.exchange.status for op in retained] == [201, 200, 200, 401, 201, 200, 200, 401, 201, 200]
    text = driver.settings.history_path.read_text()
    for secret in ("agent-key-0001", "user-key-0001", "tok-made"):
        assert secret not in text


def test_a_target_that_gives_no_token_leaves_the_401(tmp_path: Path) -> None:
    """Renewal is tried once, not for ever."""
    shop = TokenShop(uses=0, gives=False)
    with raw(shop.answer) as server, driving(settings_for(server.url, tmp_path, credentials=KEYS)) as driver:
        assert driver.client("reader").list_projects().exchange.status == 401
    assert len(histories.read(driver.settings.history_path).operations) <= 3


def test_a_full_disk_stops_the_sending(tmp_path: Path) -> None:
    """What cannot be recorded is not sent, now or later."""
    with raw(says(json_reply({}))) as server:
        settings = settings_for(server.url, tmp_path)
        driver = Driver(settings, Recorder(Path("/dev/full")))
        client = driver.client("writer")
        for _ in range(2):
            with pytest.raises(RecordError, match="Nothing more is sent"):
                client.create_project("x", "d")
        driver.close()
        assert server.requests == []


def test_a_slow_target_cannot_hold_a_sender(tmp_path: Path) -> None:
    """A server that reads nothing lets a large body run into the deadline."""
    release = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))
    held: list[socket.socket] = []
    threading.Thread(target=lambda: (held.append(listener.accept()[0]), release.wait(9)), daemon=True).start()
    bounds = Bounds(silence_s=0.2, deadline_s=0.4)
    port = listener.getsockname()[1]
    with driving(settings_for(f"http://127.0.0.1:{port}/api/v1", tmp_path, bounds=bounds)) as driver:
        where = {"host": f"127.0.0.1:{port}", "url": "/x", "http_verb": "PUT", "http_headers": []}
        operation: Operation = driver.client("writer").put_signed(where, bytes(64 << 20))
    release.set()
    listener.close()
    for connection in held:
        connection.close()
    assert operation.exchange.failure is Failure.TIMEOUT
    assert operation.b_ns is None
