"""Answers that no decent server gives: each has its outcome, in bounded memory and time, and the history survives."""

from __future__ import annotations

import gzip
import socket
import time
import tracemalloc
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from wire_stubs import HASTY, PATIENT, Answer, driving, json_reply, raw, reply, reset, says, settings_for

from conformance import history
from conformance.model import Failure, Octets, Operation
from conformance.settings.run_settings import Bounds

BOMB = 64 << 20
MOST_MEMORY = 24 << 20


def forever(head: bytes, piece: bytes, pause_s: float = 0.0) -> Answer:
    """Send `head`, then `piece` without end."""

    def answer(connection: socket.socket, _: bytes) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(piece)
            if pause_s:
                time.sleep(pause_s)

    return answer


def silent(connection: socket.socket, _: bytes) -> None:
    """Say nothing until the client goes."""
    connection.recv(1)


def nested(levels: int) -> bytes:
    """Write an object so deep."""
    return b'{"a":' * levels + b"1" + b"}" * levels


@dataclass(frozen=True)
class Case:
    """An answer and what it must come to: status, failure, and a look at the operation."""

    name: str
    answer: Answer
    status: int | None = 200
    failure: Failure | None = None
    holds: Callable[[Operation], bool] = lambda _: True
    bounds: Bounds = PATIENT


def octets_noting(word: str) -> Callable[[Operation], bool]:
    """The body was kept as octets, and the notes say why."""
    return lambda op: isinstance(op.exchange.response, Octets) and word in str(op.notes.get("not_json"))


CHUNKED = reply(200, b"", "Transfer-Encoding: chunked", length=False)
BARE = reply(200, b"", length=False)
PACKED = "Content-Encoding: gzip"

CASES = [
    Case("a body beyond the bound", says(reply(200, b'"' + b"x" * (1 << 17) + b'"')), failure=Failure.TOO_LARGE),
    Case(
        "a length beyond all bounds",
        forever(reply(200, b"", "Content-Length: 99999999999", length=False), b"x" * 4096),
        failure=Failure.TOO_LARGE,
    ),
    Case("an endless chunked body", forever(CHUNKED, b"1000\r\n" + b"x" * 4096 + b"\r\n"), failure=Failure.TOO_LARGE),
    Case("an endless body without a length", forever(BARE, b"x" * 4096), failure=Failure.TOO_LARGE),
    Case("endless chunk extensions", forever(CHUNKED + b"1;", b"e" * 4096), failure=Failure.TOO_LARGE),
    Case("a gzip bomb", says(reply(200, gzip.compress(bytes(BOMB), 1), PACKED)), failure=Failure.TOO_LARGE),
    Case(
        "a deflate bomb",
        says(reply(200, zlib.compress(bytes(BOMB), 1), "Content-Encoding: deflate")),
        failure=Failure.TOO_LARGE,
    ),
    Case(
        "an endless gzip of nothing",
        forever(reply(200, gzip.compress(b"1"), PACKED, length=False), bytes(4096)),
        failure=Failure.TOO_LARGE,
    ),
    Case("gzip that is none", says(reply(200, b"not packed at all", PACKED)), failure=Failure.CUT),
    Case(
        "gzip that ends too early", says(reply(200, gzip.compress(b'{"a": 1}' * 99)[:-12], PACKED)), failure=Failure.CUT
    ),
    Case("an unknown packing", says(reply(200, b"??", "Content-Encoding: br")), failure=Failure.CUT),
    Case("two packings", says(reply(200, b"??", "Content-Encoding: gzip, gzip")), failure=Failure.CUT),
    Case(
        "honest gzip",
        says(reply(200, gzip.compress(b'{"a": 1}'), PACKED)),
        holds=lambda op: op.exchange.response == {"a": 1},
    ),
    Case("JSON nested 20,000 deep", says(reply(200, b"[" * 20_000)), holds=octets_noting("nested")),
    Case("JSON nested 900 deep", says(reply(200, nested(900))), holds=octets_noting("nested")),
    Case("JSON nested 65 deep", says(reply(200, nested(65))), holds=octets_noting("nested")),
    Case("JSON nested 64 deep", says(reply(200, nested(64))), holds=lambda op: isinstance(op.exchange.response, dict)),
    Case(
        "a doubled name",
        says(reply(404, b'{"code":"a","code":"resource_not_consistent"}')),
        status=404,
        holds=lambda op: op.notes["duplicate_names"] == ["code"],
    ),
    Case("invalid UTF-8", says(reply(200, b'{"name":"\xff\xfe"}')), holds=octets_noting("UTF-8")),
    Case("UTF-16", says(reply(200, '{"a":1}'.encode("utf-16"))), holds=octets_noting("UTF-8")),
    Case("NaN", says(reply(200, b'{"size": NaN}')), holds=octets_noting("NaN")),
    Case("Infinity", says(reply(200, b"[-Infinity]")), holds=octets_noting("Infinity")),
    Case("a number beyond every bound", says(reply(200, b"[1e999]")), holds=octets_noting("bound")),
    Case("an integer of 9,999 digits", says(reply(200, b"[" + b"9" * 9999 + b"]")), holds=octets_noting("")),
    Case(
        "a lone surrogate",
        says(reply(200, b'{"name":"\\ud800x"}')),
        holds=lambda op: op.exchange.response == {"name": "\ufffdx"},
    ),
    Case(
        "a pair of surrogates",
        says(reply(200, b'{"name":"\\ud83d\\ude00"}')),
        holds=lambda op: op.exchange.response == {"name": "\U0001f600"},
    ),
    Case(
        "JSON with half a megabyte of white space",
        says(reply(200, b" " * (1 << 15) + b"{}")),
        holds=lambda op: op.exchange.response == {},
    ),
    Case("an empty body", says(reply(200)), holds=lambda op: op.exchange.response is None),
    Case(
        "a million headers", forever(b"HTTP/1.1 200 OK\r\n", b"A: b\r\n" * 1000), status=None, failure=Failure.TOO_LARGE
    ),
    Case(
        "one header without end",
        forever(b"HTTP/1.1 200 OK\r\nA: ", b"b" * 4096),
        status=None,
        failure=Failure.TOO_LARGE,
    ),
    Case(
        "informational answers without end",
        forever(b"", b"HTTP/1.1 100 Continue\r\nA: " + b"b" * 9999 + b"\r\n\r\n"),
        status=None,
        failure=Failure.TOO_LARGE,
    ),
    Case(
        "a thousand headers",
        says(reply(200, b"{}", *(f"X-{n}: {n}" for n in range(1000)))),
        holds=lambda op: len(op.exchange.headers) <= 64,
    ),
    Case("another protocol", says(b"SSH-2.0-OpenSSH_9.6\r\n" * 9, close=True), status=None, failure=Failure.CUT),
    Case("a status that is no number", says(b"HTTP/1.1 OK fine\r\n\r\n", close=True), status=None, failure=Failure.CUT),
    Case("a reset instead of an answer", reset, status=None, failure=Failure.RESET),
    Case("an end instead of an answer", says(b"", close=True), status=None, failure=Failure.RESET),
    Case("half a head", says(b"HTTP/1.1 200 OK\r\nContent-Ty", close=True), status=None, failure=Failure.CUT),
    Case("half a body", says(reply(200, b'{"a"', "Content-Length: 99", length=False), close=True), failure=Failure.CUT),
    Case("half a chunk", says(CHUNKED + b"ff\r\nabc", close=True), failure=Failure.CUT),
    Case("a chunk without a size", says(CHUNKED + b"zz\r\n", close=True), failure=Failure.CUT),
    Case(
        "two lengths",
        says(reply(200, b"{}", "Content-Length: 9", "Content-Length: 2", length=False)),
        status=None,
        failure=Failure.CUT,
    ),
    Case(
        "a negative length",
        says(reply(200, b"{}", "Content-Length: -1", length=False)),
        status=None,
        failure=Failure.CUT,
    ),
    Case("silence", silent, status=None, failure=Failure.TIMEOUT, bounds=HASTY),
    Case(
        "a head in drips",
        forever(b"HTTP/1.1 200 OK\r\nA: ", b"b", 0.05),
        status=None,
        failure=Failure.TIMEOUT,
        bounds=HASTY,
    ),
    Case(
        "a body in drips",
        forever(reply(200, b"", "Content-Length: 999", length=False), b" ", 0.05),
        failure=Failure.TIMEOUT,
        bounds=HASTY,
    ),
    Case(
        "a body that stalls",
        says(reply(200, b'{"a"', "Content-Length: 99", length=False)),
        failure=Failure.TIMEOUT,
        bounds=HASTY,
    ),
    Case(
        "a gateway's HTML",
        says(reply(502, b"<html>Bad Gateway</html>", "Content-Type: text/html")),
        status=502,
        holds=lambda op: "Bad Gateway" in op.exchange.response.text,
    ),
    Case(
        "a switch of protocols",
        says(reply(101, b"", "Upgrade: x", "Connection: upgrade", length=False), close=True),
        status=None,
        failure=Failure.CUT,
    ),
    Case(
        "a script in every string",
        says(json_reply({"name": "<script>alert(1)</script>"})),
        holds=lambda op: op.exchange.response == {"name": "<script>alert(1)</script>"},
    ),
    Case(
        "binary rubbish",
        says(reply(200, bytes(range(256)))),
        holds=lambda op: isinstance(op.exchange.response, Octets) and not op.exchange.response.text,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_hostile_answer_has_its_outcome(case: Case, tmp_path: Path) -> None:
    """Whatever comes is an operation with a status or a failure, never an exception; the history can be read."""
    with raw(case.answer) as server, driving(settings_for(server.url, tmp_path, bounds=case.bounds)) as driver:
        operation = driver.client("reader").send("GET", "/projects/x")
    assert (operation.exchange.status, operation.exchange.failure) == (case.status, case.failure)
    assert case.holds(operation), operation
    retained = history.read(driver.settings.history_path).operations
    assert [(op.id, op.exchange.failure) for op in retained] == [(operation.id, case.failure)]


@pytest.mark.parametrize("case", CASES[:8], ids=[case.name for case in CASES[:8]])
def test_a_large_answer_costs_little_memory(case: Case, tmp_path: Path) -> None:
    """A bomb is noticed at the bound, not after it went off."""
    with raw(case.answer) as server, driving(settings_for(server.url, tmp_path)) as driver:
        client = driver.client("reader")
        tracemalloc.start()
        try:
            operation = client.send("GET", "/projects/x")
            assert tracemalloc.get_traced_memory()[1] < MOST_MEMORY
        finally:
            tracemalloc.stop()
    assert operation.exchange.failure is Failure.TOO_LARGE


def test_a_download_is_hashed_without_being_held(tmp_path: Path) -> None:
    """What a signed URL serves costs no memory of its own, and is cut at its bound."""
    big = b"y" * (1 << 20)
    with raw(says(reply(200, big))) as server, driving(settings_for(server.url, tmp_path)) as driver:
        signed = {"http_verb": "GET", "host": f"http://127.0.0.1:{server.port}", "url": "/object", "http_headers": []}
        whole = driver.client("reader").get_signed(signed)
    assert isinstance(whole.exchange.response, Octets)
    assert (whole.exchange.response.bytes, whole.exchange.response.text) == (len(big), "")
    with raw(forever(BARE, b"x" * 4096)) as server, driving(settings_for(server.url, tmp_path)) as driver:
        endless = driver.client("reader").get_signed({**signed, "host": f"127.0.0.1:{server.port}"})
    assert endless.exchange.failure is Failure.TOO_LARGE


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_redirect_is_an_answer_and_nothing_more(status: int, method: str, tmp_path: Path) -> None:
    """The token does not travel to where a target points."""
    with raw(says(json_reply({}))) as elsewhere:
        answer = says(reply(status, b"", f"Location: http://127.0.0.1:{elsewhere.port}/steal"))
        with raw(answer) as server, driving(settings_for(server.url, tmp_path)) as driver:
            operation = driver.client("reader").send(
                method, "/projects", json={"name": "x"} if method == "POST" else None
            )
        assert operation.exchange.status == status
        assert elsewhere.requests == []


def test_a_cookie_is_not_sent_back(tmp_path: Path) -> None:
    """Nothing is remembered between requests."""
    with raw(says(json_reply({}, 200, "Set-Cookie: a=b; Path=/"))) as server:
        with driving(settings_for(server.url, tmp_path)) as driver:
            client = driver.client("reader")
            client.list_projects()
            client.list_projects()
        assert len(server.requests) == 2
        assert not any(b"cookie" in request.lower() for request in server.requests)


def test_a_client_goes_on_after_a_hostile_answer(tmp_path: Path) -> None:
    """A broken connection is not reused, and the next request is a fresh start."""
    answers = iter([b"rubbish\r\n\r\n", json_reply({"fine": True})])
    with (
        raw(lambda connection, _: connection.sendall(next(answers))) as server,
        driving(settings_for(server.url, tmp_path)) as driver,
    ):
        client = driver.client("reader")
        assert client.send("GET", "/projects/x").exchange.failure is Failure.CUT
        assert client.send("GET", "/projects/x").exchange.response == {"fine": True}


TRAILING = {
    "a body after a 204": reply(204, b"", length=False) + reply(200, b'{"smuggled": 1}'),
    "a second answer": json_reply({"fine": 0}) + json_reply({"smuggled": 1}),
    "a second answer after chunks": CHUNKED + b"2\r\n{}\r\n0\r\n\r\n" + json_reply({"smuggled": 1}),
    "an answer after an interim one": b"HTTP/1.1 103 Early\r\n\r\n" + json_reply({}) + json_reply({"smuggled": 1}),
}


@pytest.mark.parametrize("first", TRAILING.values(), ids=TRAILING)
def test_what_follows_an_answer_is_not_taken_for_the_next_one(first: bytes, tmp_path: Path) -> None:
    """A connection with something left on it is not used again: no answer is held against the wrong request."""
    answers = iter([first, json_reply({"fine": 1})])
    with (
        raw(lambda connection, _: connection.sendall(next(answers))) as server,
        driving(settings_for(server.url, tmp_path)) as driver,
    ):
        client = driver.client("reader")
        client.send("GET", "/projects/x")
        assert client.send("GET", "/projects/x").exchange.response == {"fine": 1}


def test_a_neat_connection_is_used_again(tmp_path: Path) -> None:
    """By length, by chunks and without a body: one connection serves them all."""
    answers = iter([json_reply({}), CHUNKED + b"2\r\n{}\r\n0\r\n\r\n", reply(204, length=False), json_reply({})])
    ports: set[int] = set()

    def answer(connection: socket.socket, _: bytes) -> None:
        ports.add(connection.getpeername()[1])
        connection.sendall(next(answers))

    with raw(answer) as server, driving(settings_for(server.url, tmp_path)) as driver:
        client = driver.client("reader")
        assert [client.send("GET", "/projects/x").exchange.status for _ in range(4)] == [200, 200, 204, 200]
    assert len(ports) == 1
