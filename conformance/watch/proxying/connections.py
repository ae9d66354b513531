"""Connections upstream: one for each lane and host, dropped before the other side tends to drop it, never retried."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from dataclasses import dataclass

from conformance.driver.wire.transport import KEEP_ALIVE_S
from conformance.watch.proxying.upstream import SilenceError, UpstreamConnection

CONNECT_S = 10.0
"""Seconds that connecting may take."""


@dataclass(frozen=True, slots=True)
class Origin:
    """A host upstream. `authority` is what its Host header says; `addresses` are the only ones dialled, if any are."""

    scheme: str
    host: str
    port: int
    authority: str
    addresses: tuple[str, ...] = ()


class Unreachable(Exception):  # noqa: N818 - what became of an attempt, not a mistake of ours
    """No byte was sent: the connection could not be made."""


class Connections:
    """Hands out connections and takes them back. `tls` is used where the origin is https."""

    def __init__(self, tls: ssl.SSLContext, silence_s: float) -> None:
        self._tls = tls
        self._silence_s = silence_s
        self._idle: dict[tuple[str, Origin], UpstreamConnection] = {}
        self._busy: set[UpstreamConnection] = set()

    async def take(self, lane: str, origin: Origin) -> UpstreamConnection:
        """Give the lane's connection to `origin`, a new one unless the last is fresh; raise Unreachable without any."""
        retained = self._idle.pop((lane, origin), None)
        if retained is not None:
            if retained.reusable and retained.open and time.monotonic() - retained.touched < KEEP_ALIVE_S:
                self._busy.add(retained)
                return retained
            retained.abort()
        made = await self._connect(origin)
        self._busy.add(made)
        return made

    def give_back(self, lane: str, origin: Origin, connection: UpstreamConnection) -> None:
        """Keep a connection for the lane's next request, or close it."""
        self._busy.discard(connection)
        if not connection.reusable:
            connection.abort()
            return
        older = self._idle.pop((lane, origin), None)
        if older is not None:
            older.abort()
        self._idle[(lane, origin)] = connection

    def sweep(self) -> None:
        """Close what idles too long, and what has been silent too long although it was to move."""
        now = time.monotonic()
        for key, connection in tuple(self._idle.items()):
            if now - connection.touched >= KEEP_ALIVE_S or not connection.open:
                self._idle.pop(key).abort()
        for connection in tuple(self._busy):
            if connection.due and now - connection.touched > self._silence_s:
                connection.abort(SilenceError(f"not a byte for {self._silence_s:g} s"))

    def close(self) -> None:
        """Close everything."""
        for connection in (*self._idle.values(), *self._busy):
            connection.abort()
        self._idle.clear()

    async def _connect(self, origin: Origin) -> UpstreamConnection:
        secure = origin.scheme == "https"
        trouble: Exception = OSError(f"{origin.host} has no address")
        loop = asyncio.get_running_loop()
        for address in origin.addresses or (origin.host,):
            try:
                async with asyncio.timeout(CONNECT_S):
                    transport, made = await loop.create_connection(
                        UpstreamConnection,
                        address,
                        origin.port,
                        ssl=self._tls if secure else None,
                        server_hostname=origin.host if secure else None,
                    )
            except (OSError, TimeoutError, ssl.SSLError, UnicodeError) as failed:
                trouble = failed
                continue
            known = transport.get_extra_info("socket")
            if known is not None and known.family in (socket.AF_INET, socket.AF_INET6):
                known.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return made
        raise Unreachable(str(trouble) or type(trouble).__name__)
