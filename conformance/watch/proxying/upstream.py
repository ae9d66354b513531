"""One connection to the target or to a storage host: HTTP/1.1, one exchange at a time, parsed in C.

The bytes of a body are handed on as they come. What is read is bounded: a reader that is slow stops the sender.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass
from typing import Any

import httptools

Header = tuple[bytes, bytes]
MOST_WAITING = 1 << 18
"""Bytes that may wait for their reader before the connection stops reading."""
MOST_HEAD = 1 << 18
"""Bytes of header lines that an answer may have."""
_BODILESS = frozenset({204, 304})


class UpstreamError(Exception):
    """The exchange did not come to its end; the message says how."""


class SilenceError(UpstreamError):
    """No byte came either way for too long."""


@dataclass(frozen=True, slots=True)
class Head:
    """Status and header lines of an answer, names in lower case, in their order."""

    status: int
    headers: tuple[Header, ...]

    def get(self, name: bytes) -> bytes:
        """Give the value of a header, empty when it is not there."""
        return next((value for known, value in self.headers if known == name), b"")


class UpstreamConnection(asyncio.Protocol):
    """Sends one request after the other. After each, `reusable` says whether another may follow.

    `touched` is when (monotonic seconds) a byte last came or went; `due` says that the other side is to move.
    """

    def __init__(self) -> None:
        self.touched = time.monotonic()
        self.due = False
        self.reusable = False
        self.open = True
        self.received = 0
        self._transport: asyncio.Transport | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self._parser: Any = None
        self._trouble: UpstreamError | None = None
        self._reset()

    def _reset(self) -> None:
        self._headers: list[Header] = []
        self._status = 0
        self._head_bytes = 0
        self._head: Head | None = None
        self._bodiless = False
        self._framed = False
        self._done = False
        self._pieces: deque[bytes] = deque()
        self._waiting = 0
        self._wake: asyncio.Future[None] | None = None

    # ---- sending

    def begin(self, *, head_only: bool) -> None:
        """Begin an exchange; `head_only` says that the answer will have no body, as for HEAD."""
        self._reset()
        self._head_only = head_only
        self.received = 0
        self.reusable = False
        self.due = True
        self.touched = time.monotonic()
        self._parser = httptools.HttpResponseParser(self)

    def send(self, data: bytes) -> None:
        """Hand bytes to the other side."""
        if self._transport is None or not self.open:
            raise self._trouble or UpstreamError("the connection was closed")
        self.touched = time.monotonic()
        self._transport.write(data)

    async def drain(self) -> None:
        """Wait until more may be sent; raise UpstreamError once the connection is gone."""
        await self._writable.wait()
        if not self.open:
            raise self._trouble or UpstreamError("the connection was closed while the request was sent")

    # ---- reading

    async def head(self) -> Head:
        """Wait for the head of the answer, interim answers left out."""
        while self._head is None:
            await self._more()
        return self._head

    async def piece(self) -> bytes:
        """Give the next piece of the body, empty at its end."""
        while not self._pieces:
            if self._done:
                return b""
            await self._more()
        data = b"".join(self._pieces) if len(self._pieces) > 1 else self._pieces[0]
        self._pieces.clear()
        if self._waiting > MOST_WAITING and self._transport and self.open:
            self._transport.resume_reading()
        self._waiting = 0
        return data

    async def _more(self) -> None:
        if self._trouble:
            raise self._trouble
        self._wake = asyncio.get_running_loop().create_future()
        try:
            await self._wake
        finally:
            self._wake = None

    def _rouse(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    def abort(self, trouble: UpstreamError | None = None) -> None:
        """Close at once; whoever waits is told."""
        self._trouble = self._trouble or trouble or UpstreamError("given up")
        self.reusable = False
        self.open = False
        self._writable.set()
        if self._transport is not None:
            self._transport.abort()
        self._rouse()

    # ---- what asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = transport  # type: ignore[assignment] # asyncio gives a protocol of streams such a one

    def data_received(self, data: bytes) -> None:
        """Parse what came; anything between two exchanges spoils the connection."""
        self.touched = time.monotonic()
        self.received += len(data)
        if self._parser is None or self._done:
            self.abort(UpstreamError("bytes came that nobody asked for"))
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as trouble:
            if not self._done:
                self.abort(UpstreamError(f"the answer is not HTTP/1.1: {trouble}"))
        self._rouse()

    def eof_received(self) -> bool:
        """Let the transport close."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """End an answer that lasts until the connection closes; cut every other."""
        self.open = self.reusable = False
        self._writable.set()
        if self._head is not None and not self._framed and not self._done and exc is None:
            self._done = True
        elif not self._done:
            self._trouble = self._trouble or UpstreamError(f"the connection was closed ({exc or 'end of stream'})")
        self._rouse()

    def pause_writing(self) -> None:
        """Let whoever sends wait."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """Let whoever sends go on."""
        self.touched = time.monotonic()
        self._writable.set()

    # ---- what the parser calls

    def on_message_begin(self) -> None:
        """Forget an interim answer."""
        if self._head is None:
            self._headers = []

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header line."""
        if self._head is not None:
            return  # a trailer, which a proxy may drop (RFC 9110, 6.5.1)
        self._head_bytes += len(name) + len(value)
        if self._head_bytes > MOST_HEAD:
            self.abort(UpstreamError("the answer's head is too long"))
        self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Take the head, unless it is an interim one."""
        status = int(self._parser.get_status_code())
        if 100 <= status < 200 and status != 101:
            return
        names = {name for name, _ in self._headers}
        self._head = Head(status, tuple(self._headers))
        self._framed = bool(names & {b"content-length", b"transfer-encoding"}) or self._head_only
        self._framed |= status in _BODILESS
        if status == 101:
            self.abort(UpstreamError("the target switched protocols"))
        elif self._head_only or status in _BODILESS:
            self._finish(keep=bool(self._parser.should_keep_alive()))

    def on_body(self, body: bytes) -> None:
        """Keep a piece for its reader."""
        if self._done:
            return
        self._pieces.append(body)
        self._waiting += len(body)
        if self._waiting > MOST_WAITING and self._transport:
            self._transport.pause_reading()

    def on_message_complete(self) -> None:
        """End the answer."""
        if self._head is not None and not self._done:
            self._finish(keep=bool(self._parser.should_keep_alive()))

    def _finish(self, *, keep: bool) -> None:
        self._done = True
        self.due = False
        self.reusable = keep and self.open and self._framed
