"""A target of bytes: each request meets what a test wrote for it. Loopback, ends with its `with` block."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

Answerer = Callable[[bytes, bytes], bytes | None]
"""Takes head and body of a request; gives the whole answer, or None to close without one."""


def stated(body: Any, status: str = "200 OK", **headers: str) -> bytes:
    """Write an answer with a JSON body, or with the bytes as they are."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = {"Content-Type": "application/json", "Content-Length": str(len(data)), **headers}
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + data


class Scripted:
    """Listens on a free port; `heads` are those of the requests that came."""

    def __init__(self, answer: Answerer) -> None:
        self._answer = answer
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.base_url = f"http://127.0.0.1:{self.port}/api/v1"
        self.heads: list[bytes] = []
        self.bodies: list[bytes] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._listening.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError, ValueError), client.makefile("rb") as stream:
            while head := self._head(stream):
                body = self._body(head, stream)
                self.heads.append(head)
                self.bodies.append(body)
                answer = self._answer(head, body)
                if answer is None:
                    return
                client.sendall(answer)
                lower = answer.lower()
                if b"connection: close" in lower or not (b"content-length" in lower or b"chunked" in lower):
                    return

    @staticmethod
    def _head(stream: Any) -> bytes:
        lines = []
        while (line := stream.readline()) not in (b"\r\n", b""):
            lines.append(line)
        return b"".join(lines)

    @staticmethod
    def _body(head: bytes, stream: Any) -> bytes:
        lower = head.lower()
        if b"transfer-encoding: chunked" in lower:
            pieces = []
            while size := int(stream.readline(), 16):
                pieces.append(stream.read(size))
                stream.readline()
            stream.readline()
            return b"".join(pieces)
        length = next((int(line[15:]) for line in lower.split(b"\r\n") if line.startswith(b"content-length:")), 0)
        return bytes(stream.read(length))


@contextlib.contextmanager
def scripted(answer: Answerer) -> Iterator[Scripted]:
    """Serve for the length of a `with` block."""
    server = Scripted(answer)
    try:
        yield server
    finally:
        server.close()
