"""The last metre: a network backend that keeps every attempt inside its bounds and knows what went over the wire.

One `Trip` is the account of one attempt. Its deadline covers name resolution's result, connecting, TLS, sending and
reading together, so that a target which drips bytes cannot hold a client for longer than the operator allows.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import httpcore

PIECE = 1 << 16
"""Bytes handed to the socket at once, so that the deadline is looked at while a large body is sent."""
HEAD_ALLOWANCE = 1 << 18
"""Bytes of framing and headers allowed beside the bound on a body."""
SHORTEST_WAIT_S = 0.001
END_OF_HEAD = b"\r\n\r\n"


class OversizeError(httpcore.ReadError):
    """The answer passed its bound in bytes."""


class CutHereError(httpcore.ReadError):
    """The client cut the connection itself, as its plan asked."""


class ForbiddenPlaceError(httpcore.ConnectError):
    """The address is one that a target must not send the client to."""


@dataclass(slots=True)
class Trip:
    """One attempt on the wire. Times are nanoseconds of the monotonic clock, sizes are bytes."""

    deadline_ns: int
    body_bytes: int
    cut_after_s: float | None = None
    sent: int = 0
    received: int = 0
    cut_ns: int | None = None
    start: bytearray = field(default_factory=bytearray)
    end: bytes = b""

    def left_s(self, most_s: float | None) -> float:
        """Seconds that the next step may take; raise a time-out when there are none left."""
        left = (self.deadline_ns - time.monotonic_ns()) / 1e9
        if left <= 0:
            raise httpcore.ReadTimeout("the deadline of the attempt passed")
        return max(SHORTEST_WAIT_S, left if most_s is None else min(left, most_s))

    def patience_s(self, most_s: float | None) -> float:
        """Seconds to wait for the next bytes; shorter while a planned cut is due and nothing has come."""
        left = self.left_s(most_s)
        if self.cut_after_s is None or self.received:
            return left
        if self.cut_ns is None:
            self.cut_ns = time.monotonic_ns() + int(self.cut_after_s * 1e9)
        until_cut = (self.cut_ns - time.monotonic_ns()) / 1e9
        if until_cut <= 0:
            raise CutHereError("cut as planned")
        return min(left, until_cut)

    def took_in(self, data: bytes) -> None:
        """Account for bytes that came; raise `OversizeError` past the bound."""
        self.received += len(data)
        if len(self.start) < HEAD_ALLOWANCE and END_OF_HEAD not in self.start:
            self.start += data
        self.end = (self.end + data[-5:])[-5:]
        if self.received > self.body_bytes + HEAD_ALLOWANCE:
            raise OversizeError("the answer passed its bound")

    def is_neat(self, status: int, headers: Mapping[str, str], *, bodiless: bool) -> bool:
        """Whether the answer ended where its framing says, nothing following: only then is the connection fit for more.

        What follows (a body after a 204, say) would be read as the answer to the next request.
        """
        head = self.start.find(END_OF_HEAD) + len(END_OF_HEAD)
        if head < len(END_OF_HEAD) or not self.start.startswith(b"HTTP/1.") or self.start[9:12] != b"%d" % status:
            return False
        if bodiless or status in (204, 304):
            return self.received == head
        if "transfer-encoding" in headers:
            return self.end == b"0\r\n\r\n"
        length = headers.get("content-length", "")
        return length.isascii() and length.isdigit() and self.received == head + int(length)


Guard = Callable[[str], str | None]
"""Says why an IP address must not be spoken to, or None."""


class Wire(httpcore.NetworkBackend):
    """Connects for one client, which speaks in sequence. `trip` is the attempt under way."""

    def __init__(self, guard: Guard | None = None) -> None:
        self._guard = guard
        self._plain = httpcore.SyncBackend()
        self.trip = Trip(deadline_ns=0, body_bytes=0)
        self._stream: _Stream | None = None
        self._offered: httpcore.NetworkStream | None = None

    def offer(self, stream: httpcore.NetworkStream | None) -> None:
        """Let the next connection be one that is open already, to the same place; None: let it be dialled."""
        self._offered = stream

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address that answers; every address is shown to the guard, and it is what is dialled."""
        offered, self._offered = self._offered, None
        if offered is not None:
            return offered
        trouble: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in _addresses(host, port):
            reason = self._guard(address) if self._guard else None
            if reason:
                raise ForbiddenPlaceError(reason)
            try:
                left = self.trip.left_s(timeout)
                stream = self._plain.connect_tcp(address, port, left, local_address, socket_options)
                self._stream = _Stream(self, stream)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as failed:
                trouble = failed
            else:
                return self._stream
        raise trouble

    def adopt(self, stream: _Stream) -> None:
        """Take the TLS stream in place of the plain one beneath it."""
        self._stream = stream

    def spoil(self) -> None:
        """Let the present connection count as closed by the other side, so that it is not used again."""
        if self._stream:
            self._stream.spoiled = True


class _Stream(httpcore.NetworkStream):
    def __init__(self, wire: Wire, inner: httpcore.NetworkStream) -> None:
        self._wire = wire
        self._inner = inner
        self.spoiled = False

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        trip = self._wire.trip
        try:
            data = self._inner.read(max_bytes, trip.patience_s(timeout))
        except httpcore.ReadTimeout:
            trip.patience_s(timeout)  # a planned cut, or the deadline, explains the silence better than silence does
            raise
        trip.took_in(data)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        trip = self._wire.trip
        for start in range(0, len(buffer), PIECE):
            piece = buffer[start : start + PIECE]
            left = trip.left_s(timeout)
            trip.sent += len(piece)
            self._inner.write(piece, left)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._wire.trip.left_s(timeout)
        self._wire.adopt(secure := _Stream(self._wire, self._inner.start_tls(ssl_context, server_hostname, left)))
        return secure

    def get_extra_info(self, info: str) -> object:
        return True if self.spoiled and info == "is_readable" else self._inner.get_extra_info(info)


def _addresses(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as trouble:
        raise httpcore.ConnectError(f"{host} cannot be resolved: {trouble}") from trouble
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))
