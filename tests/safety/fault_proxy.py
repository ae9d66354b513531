"""A TCP proxy with bad manners, to stand between the suite and a server: one fault for each request it draws."""

from __future__ import annotations

import contextlib
import math
import random
import socket
import struct
import threading
import time
from collections.abc import Iterator

PIECE = 1 << 16
STALL_S = 1.0
"""Longer than the silence that the tests allow."""

FAULTS = (
    "reset before", "reset after", "cut head", "cut body", "drip", "stall",
    "429", "429 with a time", "503", "503 with a time", "502 in HTML", "504 in JSON",
)  # fmt: skip


class FaultProxy:
    """Forwards to `port`. Each request meets one of `faults` with the given chance.

    While it is away it resets what is open and refuses new connections.

    Kept: how many requests met which fault.
    """

    def __init__(self, port: int, faults: tuple[str, ...], chance: float, seed: int = 1) -> None:
        self._upstream = ("127.0.0.1", port)
        self._faults, self._chance = faults, chance
        self._random, self._lock = random.Random(seed), threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/api/v1"
        self.met: dict[str, int] = {}
        self.away_until = 0.0
        self._back = threading.Event()
        self._away_after: tuple[int, float] | None = None
        self._closed = False
        threading.Thread(target=self._accept, daemon=True).start()

    def go_away(self, seconds: float = math.inf) -> None:
        """Let nobody in for so long, or until `come_back`."""
        self._back.clear()
        self.away_until = time.monotonic() + seconds
        self._listener.shutdown(socket.SHUT_RDWR)

    def come_back(self) -> None:
        """Let everybody in again."""
        self.away_until = 0.0
        self._back.set()

    def go_away_later(self, requests: int, seconds: float) -> None:
        """Let nobody in for `seconds`, beginning after so many requests."""
        self._away_after = requests, seconds

    def close(self) -> None:
        """Stop listening."""
        self._closed = True
        self._back.set()
        self._listener.close()

    def _come_back(self) -> None:
        self._listener.close()
        self._back.wait(min(max(0.0, self.away_until - time.monotonic()), threading.TIMEOUT_MAX))
        if not self._closed:
            self._listener = self._listening()

    def _listening(self) -> socket.socket:
        """Listen on the old port, as soon as whoever was given it meanwhile has left it."""
        for _ in range(200):
            with contextlib.suppress(OSError):
                return socket.create_server(("127.0.0.1", self.port))
            time.sleep(0.05)
        return socket.create_server(("127.0.0.1", self.port))

    def _draw(self) -> str:
        with self._lock:
            fault = self._random.choice(self._faults) if self._random.random() < self._chance else ""
            if self._away_after and sum(self.met.values()) == self._away_after[0]:
                self.go_away(self._away_after[1])
            if time.monotonic() < self.away_until:
                fault = "away"
            self.met[fault] = self.met.get(fault, 0) + 1
            return fault

    def _accept(self) -> None:
        while not self._closed:
            try:
                client, _ = self._listener.accept()
            except OSError:
                self._come_back()
                continue
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError), socket.create_connection(self._upstream, timeout=30) as server:
            while request := _message(client):
                fault = self._draw()
                if fault in ("reset before", "away"):
                    return _reset(client)
                if made := _made_up(fault):
                    client.sendall(made)
                    continue
                server.sendall(request)
                answer = _message(server, head_only=request.startswith(b"HEAD"))
                if not answer:
                    return _reset(client)
                if not _deliver(client, answer, fault):
                    return None
        return None


def _deliver(client: socket.socket, answer: bytes, fault: str) -> bool:
    """Hand an answer over, badly if so drawn; False when the connection is spent."""
    head = answer.index(b"\r\n\r\n") + 4
    if fault == "reset after":
        _reset(client)
    elif fault == "cut head":
        client.sendall(answer[: head // 2])
    elif fault == "cut body":
        client.sendall(answer[: head + (len(answer) - head) // 2])
    elif fault == "stall":
        time.sleep(STALL_S)
    elif fault == "drip":
        for start in range(0, len(answer), 64):
            client.sendall(answer[start : start + 64])
            time.sleep(0.001)
        return True
    else:
        client.sendall(answer)
        return True
    return False


def _made_up(fault: str) -> bytes:
    """Write a gateway's own answer."""
    html, json = b"<html><h1>Bad Gateway</h1></html>", b'{"message": "slow down"}'
    kinds: dict[str, tuple[str, bytes, str]] = {
        "429": ("429 Too Many Requests", json, ""),
        "429 with a time": ("429 Too Many Requests", json, "Retry-After: 0\r\n"),
        "503": ("503 Service Unavailable", html, ""),
        "503 with a time": ("503 Service Unavailable", html, "Retry-After: 0\r\n"),
        "502 in HTML": ("502 Bad Gateway", html, ""),
        "504 in JSON": ("504 Gateway Timeout", json, ""),
    }
    if fault not in kinds:
        return b""
    status, body, extra = kinds[fault]
    kind = "text/html" if body is html else "application/json"
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n{extra}Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _message(connection: socket.socket, *, head_only: bool = False) -> bytes:
    """Read one HTTP message with its body; empty at the end of the connection."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(PIECE)
        if not piece:
            return b""
        data += piece
    head, _, rest = data.partition(b"\r\n\r\n")
    lower = head.lower()
    length = next((int(line[15:]) for line in lower.split(b"\r\n") if line.startswith(b"content-length:")), 0)
    assert b"chunked" not in lower, "the proxy of the tests reads lengths only"
    while len(rest) < length and not head_only:
        piece = connection.recv(PIECE)
        if not piece:
            return b""
        rest += piece
    return head + b"\r\n\r\n" + rest


def _reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


@contextlib.contextmanager
def faulty(port: int, faults: tuple[str, ...], chance: float, seed: int = 1) -> Iterator[FaultProxy]:
    """Run a proxy for the length of a `with` block."""
    proxy = FaultProxy(port, faults, chance, seed)
    try:
        yield proxy
    finally:
        proxy.close()
