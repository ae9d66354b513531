"""Servers made of bare sockets, which may answer anything at all, and a driver to meet them with."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from conformance.driver import Driver
from conformance.model import Json, Target
from conformance.settings.credentials import Credentials
from conformance.settings.run_settings import Bounds, Settings, new_run_id

Answer = Callable[[socket.socket, bytes], None]
TOKEN = "tok-1f0e8a7c5b3d"
SMALL = {"answer_bytes": 1 << 16, "body_bytes": 1 << 20}
PATIENT = Bounds(**SMALL, silence_s=10.0, deadline_s=20.0)
"""No pause of a busy machine comes near: whoever waits for a timeout takes shorter ones."""
HASTY = Bounds(**SMALL, silence_s=1.5, deadline_s=3.0)
"""For what ends by a timeout only, once its head has come, which a busy machine may hold up."""


class RawServer:
    """Accepts connections and lets `answer` do what it likes with each request; keeps what was asked."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.requests: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/api/v1"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            while request := read_request(connection):
                self.requests.append(request)
                self.answer(connection, request)

    def close(self) -> None:
        """Stop listening."""
        self._listener.close()


def read_request(connection: socket.socket) -> bytes:
    """Read one request with its body; empty when the client has gone."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return b""
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    while len(body) < length:
        piece = connection.recv(65536)
        if not piece:
            return b""
        body += piece
    return head + b"\r\n\r\n" + body


def reply(status: int = 200, body: bytes = b"", *headers: str, length: bool = True) -> bytes:
    """Write an answer; its media type is JSON unless a header says otherwise."""
    lines = [f"HTTP/1.1 {status} X", *headers]
    if length:
        lines.append(f"Content-Length: {len(body)}")
    if not any(line.lower().startswith("content-type") for line in lines):
        lines.append("Content-Type: application/json")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def json_reply(value: Json, status: int = 200, *headers: str) -> bytes:
    """Write a JSON answer."""
    return reply(status, json.dumps(value).encode(), *headers)


def says(data: bytes, *, close: bool = False) -> Answer:
    """Answer every request with the same bytes."""

    def answer(connection: socket.socket, _: bytes) -> None:
        connection.sendall(data)
        if close:
            connection.shutdown(socket.SHUT_RDWR)

    return answer


def reset(connection: socket.socket, _: bytes = b"") -> None:
    """Close with a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def settings_for(url: str, folder: Path, **changes: object) -> Settings:
    """Settings for a stub: small bounds, and patience."""
    given = Settings(
        target=Target(base_url=url),
        run_id=new_run_id(),
        credentials=Credentials.of({"api_token": TOKEN}),
        report_dir=folder / "report",
        bounds=PATIENT,
    )
    return dataclasses.replace(given, **changes)  # type: ignore[arg-type]


@contextlib.contextmanager
def driving(settings: Settings) -> Iterator[Driver]:
    """A driver for the length of a `with` block."""
    driver = Driver(settings)
    try:
        yield driver
    finally:
        driver.close()


@contextlib.contextmanager
def raw(answer: Answer) -> Iterator[RawServer]:
    """A raw server for the length of a `with` block."""
    server = RawServer(answer)
    try:
        yield server
    finally:
        server.close()
