"""The last metre: a network backend that keeps every attempt inside its bounds and knows what went over the wire.

One `Trip` is the account of one attempt. Its deadline covers name resolution's result, connecting, TLS, sending and
reading together, so that a target which drips bytes cannot hold a client for longer than the operator allows.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import httpcore

PIECE = 1 << 16
"""Bytes handed to the socket at once, so that the deadline is looked at while a large body is sent."""
HEAD_ALLOWANCE = 1 << 18
"""Bytes of framing and headers allowed beside the bound on a body."""
SHORTEST_WAIT_S = 0.001


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

    def took_in(self, count: int) -> None:
        """Account for `count` bytes that came; raise `OversizeError` past the bound."""
        self.received += count
        if self.received > self.body_bytes + HEAD_ALLOWANCE:
            raise OversizeError("the answer passed its bound")


Guard = Callable[[str], str | None]
"""Says why an IP address must not be spoken to, or None."""


class Wire(httpcore.NetworkBackend):
    """Connects for one client, which speaks in sequence. `trip` is the attempt under way."""

    def __init__(self, guard: Guard | None = None) -> None:
        self._guard = guard
        self._plain = httpcore.SyncBackend()
        self.trip = Trip(deadline_ns=0, body_bytes=0)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address that answers; every address is shown to the guard, and it is what is dialled."""
        trouble: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in _addresses(host, port):
            reason = self._guard(address) if self._guard else None
            if reason:
                raise ForbiddenPlaceError(reason)
            try:
                left = self.trip.left_s(timeout)
                stream = self._plain.connect_tcp(address, port, left, local_address, socket_options)
                return _Stream(self, stream)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as failed:
                trouble = failed
        raise trouble


class _Stream(httpcore.NetworkStream):
    def __init__(self, wire: Wire, inner: httpcore.NetworkStream) -> None:
        self._wire = wire
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        trip = self._wire.trip
        try:
            data = self._inner.read(max_bytes, trip.patience_s(timeout))
        except httpcore.ReadTimeout:
            trip.patience_s(timeout)  # a planned cut, or the deadline, explains the silence better than silence does
            raise
        trip.took_in(len(data))
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
        return _Stream(self._wire, self._inner.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> object:
        return self._inner.get_extra_info(info)


def _addresses(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as trouble:
        raise httpcore.ConnectError(f"{host} cannot be resolved: {trouble}") from trouble
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))
