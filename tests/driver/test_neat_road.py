"""The cheap road reads every answer as the general one does, and under load one session after another uses it."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest
from wire_stubs import RawServer, read_request, reply, settings_for

from conformance.driver import Driver
from conformance.driver.wire.neat_transport import NeatTransport
from conformance.driver.wire.transport import Transport
from conformance.model import Failure, Operation

JSON = b'{"id": "1"}'
ANSWERS = {
    "neat": reply(200, JSON),
    "no content": reply(204, b"", length=False),
    "not found": reply(404, b'{"code": "404"}'),
    "empty": reply(200, b""),
    "a header twice": reply(200, JSON, "X-A: 1", "X-A: 2"),
    "an empty header": reply(200, JSON, "X-A:"),
    "blanks around a value": reply(200, JSON, "X-A: \t one two \t"),
    "a folded header": reply(200, JSON, "X-A: one\r\n two"),
    "an ill-formed name": reply(200, JSON, "X A: one"),
    "no colon": reply(200, JSON, "X-A"),
    "a control character": reply(200, JSON, "X-A: o\x01ne"),
    "beyond ASCII": reply(200, JSON, "X-A: \xe9"),
    "two lengths": reply(200, JSON, f"Content-Length: {len(JSON) + 1}"),
    "a length that is no number": reply(200, JSON, "Content-Length: +11", length=False),
    "no length": reply(200, JSON, "Connection: close", length=False),
    "kept alive": reply(200, JSON, "Connection: keep-alive", "Keep-Alive: timeout=60"),
    "chunks": reply(200, b"b\r\n" + JSON + b"\r\n0\r\n\r\n", "Transfer-Encoding: chunked", length=False),
    "chunks and a length": reply(200, b"b\r\n" + JSON + b"\r\n0\r\n\r\n", "Transfer-Encoding: chunked"),
    "cut short": reply(200, JSON, "Content-Length: 99", length=False),
    "too much": reply(200, JSON) + b"and more",
    "no content, a length twice": reply(204, b"", "Content-Length: 0", "Content-Length: 0", length=False),
    "no content, no number": reply(204, b"", "Content-Length: abc", length=False),
    "not modified, two lengths": reply(304, b"", "Content-Length: 5", "Content-Length: 6", length=False),
    "not modified, its length": reply(304, b"", "Content-Length: 5", length=False),
    "an early hint": b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n" + reply(200, JSON),
    "bare line ends": reply(200, JSON).replace(b"\r\n", b"\n"),
    "an older version": reply(200, JSON).replace(b"HTTP/1.1", b"HTTP/1.0"),
    "no HTTP": b"hello\r\n\r\n",
    "a status of four digits": reply(2000, JSON),
    "an unknown status": reply(799, JSON),
    "a head that is too large": reply(200, JSON, f"X-A: {'a' * 200_000}"),
    "packed wrongly": reply(200, JSON, "Content-Encoding: gzip"),
    "nothing": b"",
}


def seen(operation: Operation) -> tuple[object, ...]:
    """Return what a judge reads of an answer."""
    exchange = operation.exchange
    return exchange.status, dict(exchange.headers), exchange.response, exchange.failure, operation.b_ns is None


def asked(folder: Path, answer: bytes) -> list[tuple[object, ...]]:
    """Ask a server that answers with such bytes and hangs up, by three methods; return what was seen."""
    closed = threading.Event()

    def say(connection: socket.socket, _request: bytes) -> None:
        try:
            connection.sendall(answer)
            connection.shutdown(socket.SHUT_RDWR)
        finally:  # a client that has seen enough may have hung up before
            closed.set()

    def after_the_last(operation: Operation) -> tuple[object, ...]:
        assert closed.wait(10), "the server did not hang up"
        closed.clear()
        return seen(operation)

    server = RawServer(say)
    driver = Driver(settings_for(server.url, folder))
    client = driver.client("s")
    try:
        return [
            after_the_last(client.send("GET", "/files/1")),
            after_the_last(client.send("HEAD", "/files/1")),
            after_the_last(client.send("POST", "/projects", json={"name": "a", "description": "b"})),
        ]
    finally:
        driver.close()
        server.close()


@pytest.mark.parametrize("name", ANSWERS)
def test_both_roads_read_an_answer_alike(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Status, headers, body and failure are the same, whatever bytes come."""
    cheap = asked(tmp_path / "cheap", ANSWERS[name])
    monkeypatch.setattr(NeatTransport, "attempted", Transport.attempted)
    assert asked(tmp_path / "general", ANSWERS[name]) == cheap


def test_one_session_after_another_speaks_over_one_connection(tmp_path: Path) -> None:
    """Sessions that overlap have their own; one that begins when another has ended takes over from it."""
    ports: list[int] = []

    def say(connection: socket.socket, _request: bytes) -> None:
        ports.append(connection.getpeername()[1])
        connection.sendall(reply(200, JSON))

    server = RawServer(say)
    driver = Driver(settings_for(server.url, tmp_path))
    driver.idle_roads.lends = True
    first, beside = driver.client("a"), driver.client("b")
    first.send("GET", "/files/1")
    beside.send("GET", "/files/1")
    first.close()
    driver.client("c").send("GET", "/files/1")
    driver.close()
    server.close()
    assert ports[0] != ports[1]
    assert ports[2] == ports[0]


def test_what_a_session_took_is_let_go_of_when_it_ends(tmp_path: Path) -> None:
    """A soak of a night has a million sessions: none that has ended, and no name of a plan that has, is remembered."""
    server = RawServer(lambda connection, _: connection.sendall(reply(200, JSON)))
    driver = Driver(settings_for(server.url, tmp_path))
    driver.idle_roads.lends = True
    before = None
    for number in range(30):
        client = driver.client(f"plan-{number}/reader", plan=f"plan-{number}")
        client.send("GET", "/files/1")
        client.close()
        driver.forget(f"plan-{number}")
        held = [len(value) for value in vars(driver).values() if isinstance(value, list | dict | set)]
        before = before or held
        assert held == before
    again, once_more = (driver.client("plan-99/reader", plan="plan-99") for _ in range(2))
    assert once_more.session == f"{again.session}#2"
    driver.close()
    server.close()


def test_a_session_that_speaks_again_is_closed_with_the_driver(tmp_path: Path) -> None:
    """Whoever closes a client and asks once more has a connection again: it ends with all others."""
    server = RawServer(lambda connection, _: connection.sendall(reply(200, JSON)))
    driver = Driver(settings_for(server.url, tmp_path))
    client = driver.client("s")
    client.send("GET", "/files/1")
    client.close()
    client.send("GET", "/files/1")
    assert client.roads
    driver.close()
    assert not client.roads
    server.close()


def test_both_roads_ask_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bytes on the wire are the same but for the id and the port, and what would be refused is refused."""
    lines = []
    for road in ("cheap", "general"):
        if road == "general":
            monkeypatch.setattr(NeatTransport, "attempted", Transport.attempted)
        server = RawServer(lambda connection, _: connection.sendall(reply(200, JSON)))
        driver = Driver(settings_for(server.url, tmp_path / road))
        client = driver.client("s")
        client.send("GET", "/files/1", query={"a": "\u00e9 b"}, headers={"X-A": "b"})
        client.send("GET", "/files/2", headers={"X-A": " b\x01"})
        client.send("PUT", "/uploads/1/complete", content=b"{", content_type="application/json")
        driver.close()
        server.close()
        lines.append([
            sorted(line for line in request.split(b"\r\n") if not line.startswith((b"X-Request-Id", b"Host", b"User-")))
            for request in server.requests
        ])  # fmt: skip
    assert lines[0] == lines[1]
    assert lines[0]


def test_no_request_is_sent_twice_where_the_road_changes(tmp_path: Path) -> None:
    """A connection of the general road idles when an answer in chunks comes over the cheap one: each asks once."""
    ports: list[int] = []

    def say(connection: socket.socket, request: bytes) -> None:
        ports.append(connection.getpeername()[1])
        if request.startswith(b"POST"):
            connection.sendall(
                reply(201, b"b\r\n" + JSON + b"\r\n0\r\n\r\n", "Transfer-Encoding: chunked", length=False)
            )
        else:
            connection.sendall(reply(200, b"" if request.startswith(b"HEAD") else JSON))

    server = RawServer(say)
    driver = Driver(settings_for(server.url, tmp_path))
    client = driver.client("s")
    asked = [client.send(method, "/projects", json=body).exchange for method, body in (
        ("HEAD", None), ("GET", None), ("POST", {"name": "a"}), ("POST", {"name": "b"}), ("GET", None),
    )]  # fmt: skip
    driver.close()
    server.close()
    assert [one.status for one in asked] == [200, 200, 201, 201, 200]
    assert [request.split(b" ")[0] for request in server.requests] == [b"HEAD", b"GET", b"POST", b"POST", b"GET"]
    assert len(set(ports[1:])) == 1, "all over the connection that was handed over"


@pytest.mark.parametrize("header", [
    ("X-A", "b\r\nX-C: d"), ("X-A", "b\nX-C: d"), ("X-A", "b\r\n\r\nGET / HTTP/1.1"),
    ("X-A: 1\r\nTransfer-Encoding: chunked\r\nX-B", "v"), ("X-A: 1\r\nHost: evil\r\nX-B", "v"), ("X A", "v"),
])  # fmt: skip
def test_a_line_end_in_a_header_sends_nothing(header: tuple[str, str], tmp_path: Path) -> None:
    """A header of a signed url cannot add another one, nor a request."""
    server = RawServer(lambda connection, _: connection.sendall(reply(200, JSON)))
    driver = Driver(settings_for(server.url, tmp_path))
    operation = driver.client("s").send("GET", "/files/1", headers=dict([header]))
    driver.close()
    server.close()
    assert operation.exchange.status is None
    assert not server.requests


def test_a_body_that_is_not_read_to_its_end_is_hung_up_on_at_once(tmp_path: Path) -> None:
    """A target that goes on sending what nobody reads is told so, not only when the session asks again."""
    gone = threading.Event()

    def say(connection: socket.socket, _request: bytes) -> None:
        connection.sendall(reply(200, b"x", f"Content-Length: {1 << 40}", length=False))
        try:
            while True:
                connection.sendall(bytes(1 << 16))
        except OSError:
            gone.set()

    server = RawServer(say)
    driver = Driver(settings_for(server.url, tmp_path))
    operation = driver.client("s").send("GET", "/files/1")
    assert operation.exchange.failure is Failure.TOO_LARGE
    assert gone.wait(10), "the connection stayed open"
    driver.close()
    server.close()


@pytest.mark.parametrize("name", ["neat", "kept alive", "chunks", "not found", "no content"])
def test_a_target_is_dialled_once_however_it_frames_its_answers(name: str, tmp_path: Path) -> None:
    """Eight requests of one session, with bodies and without, come over one connection."""
    ports: list[int] = []

    def say(connection: socket.socket, _request: bytes) -> None:
        ports.append(connection.getpeername()[1])
        connection.sendall(ANSWERS[name])

    server = RawServer(say)
    driver = Driver(settings_for(server.url, tmp_path))
    client = driver.client("s")
    for number in range(4):
        client.send("GET", f"/files/{number}")
        client.send("POST", "/projects", json={"name": "a"})
    driver.close()
    server.close()
    assert len(ports) == 8
    assert len(set(ports)) == 1


def numbered(number: int, *headers: str) -> bytes:
    """Return an answer that says which request it is for."""
    return reply(200, b'{"n": %d}' % number, *headers)


def in_chunks(number: int) -> bytes:
    """Return such an answer in chunks."""
    return reply(200, b"8\r\n" + b'{"n": %d}' % number + b"\r\n0\r\n\r\n", "Transfer-Encoding: chunked", length=False)


HEAD = reply(200, b"")
SURPLUS = {
    "after a hand-over": [
        ("GET", numbered(0)), ("HEAD", HEAD), ("GET", in_chunks(2)), ("GET", numbered(3) + numbered(99)),
    ],
    "a HEAD with a body after a hand-over": [
        ("GET", numbered(0)), ("HEAD", HEAD), ("GET", in_chunks(2)), ("HEAD", numbered(3)),
    ],
    "a HEAD with a body beside": [("HEAD", HEAD), ("GET", numbered(1)), ("HEAD", numbered(2) + numbered(99))],
    "a body after no content": [("GET", numbered(0)), ("HEAD", HEAD), ("GET", reply(204, b"", length=False) + b"{")],
    "more than its length": [("HEAD", HEAD), ("GET", numbered(1) + b"HTTP/1.1 200 OK")],
}  # fmt: skip


@pytest.mark.parametrize("name", SURPLUS)
def test_no_answer_is_taken_for_that_of_another_request(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What follows an answer, over whichever of the two roads, is not read as the next one."""
    script = [*SURPLUS[name], ("HEAD", HEAD), ("GET", numbered(7)), ("GET", numbered(8))]

    def sent(folder: Path) -> list[tuple[object, ...]]:
        answers = iter([answer for _, answer in script])
        server = RawServer(lambda connection, _: connection.sendall(next(answers)))
        driver = Driver(settings_for(server.url, folder))
        client = driver.client("s")
        found = [seen(client.send(method, "/files/1")) for method, _ in script]
        driver.close()
        server.close()
        return found

    cheap = sent(tmp_path / "cheap")
    monkeypatch.setattr(NeatTransport, "attempted", Transport.attempted)
    assert cheap == sent(tmp_path / "general")
    assert [exchange[2] for exchange in cheap[-2:]] == [{"n": 7}, {"n": 8}]


def test_a_session_has_one_connection_at_a_time(tmp_path: Path) -> None:
    """A target that serves no second connection answers a HEAD between two GETs."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        for _ in range(4):
            connection, _ = listener.accept()
            with connection:
                while request := read_request(connection):
                    connection.sendall(HEAD if request.startswith(b"HEAD") else reply(200, JSON))

    threading.Thread(target=serve, daemon=True).start()
    driver = Driver(settings_for(f"http://127.0.0.1:{listener.getsockname()[1]}/api/v1", tmp_path))
    client = driver.client("s")
    asked = [client.send(method, "/files/1").exchange.status for method in ("GET", "HEAD", "GET", "HEAD")]
    driver.close()
    listener.close()
    assert asked == [200] * 4
