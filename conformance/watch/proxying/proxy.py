"""The proxy in a thread of its own: an event loop with every listener, from its start to its quiet end."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Coroutine
from typing import Any

import uvloop

from conformance.driver.recorder import RecordError
from conformance.driver.safety.signed_urls import Places
from conformance.driver.wire.transport import tls_context
from conformance.errors import SuiteError
from conformance.settings.run_settings import Settings
from conformance.watch.proxying.api_road import ApiRoad
from conformance.watch.proxying.connections import Connections
from conformance.watch.proxying.forwarding import Shared
from conformance.watch.proxying.lanes import Lanes
from conformance.watch.proxying.listeners import SWEEP_S, Listeners, origin_of
from conformance.watch.proxying.traffic_record import TrafficRecord

GRACE_S = 5.0
"""Seconds that what is under way has to come to its end."""
_LOOK_S = 0.02


class Proxy:
    """Forwards from `host`:`port` to the target of `settings`; what passes by goes to `record`."""

    def __init__(self, settings: Settings, host: str, port: int, record: TrafficRecord) -> None:
        self._settings = settings
        self._host, self._wanted = host, port
        self._record = record
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="watch-proxy", daemon=True)
        self._ready = threading.Event()
        self._failure: SuiteError | None = None
        self._listeners: Listeners | None = None
        self.trouble: RecordError | None = None
        self.port = 0

    def start(self) -> int:
        """Begin to listen; give the port of the API's listener.

        Raises:
            UsageError: the address cannot be listened at, or the TLS files cannot be used.
        """
        self._tls: ssl.SSLContext = tls_context(self._settings.network)
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            self._thread.join()
            raise self._failure
        return self.port

    @property
    def base_url(self) -> str:
        """Where clients are pointed at: the proxy's address with the target's path."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self.port}{origin_of(self._settings.target.base_url)[1]}"

    @property
    def forbidden(self) -> dict[str, str]:
        """Storage hosts that are not listened for, each with the reason: clients reach them without the proxy."""
        return dict(self._listeners.forbidden) if self._listeners else {}

    def stop(self) -> None:
        """Stop listening; what is under way has `GRACE_S` to end, then it is cut."""
        if self._thread.is_alive():
            asyncio.run_coroutine_threadsafe(self._end(), self._loop)
            self._thread.join(3 * GRACE_S)

    # ---- in the proxy's thread

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._run(self._begin())
        self._ready.set()
        if self._failure is None:
            self._loop.run_forever()
        self._loop.close()

    def _run(self, task: Coroutine[Any, Any, None]) -> None:
        try:
            self._loop.run_until_complete(task)
        except SuiteError as trouble:
            self._failure = trouble

    async def _begin(self) -> None:
        settings = self._settings
        connections = Connections(self._tls, settings.bounds.silence_s)
        self._shared = Shared(self._record, Lanes(), connections, settings.bounds.answer_bytes, self._failed)
        places = Places(settings.target.base_url, settings.network.storage_hosts)
        self._listeners = Listeners(self._host, self._shared, places)
        origin, base = origin_of(settings.target.base_url)
        self.port = self._listeners.open(ApiRoad(self._shared, origin, base, self._listeners.storage), self._wanted)
        self._sweeper = asyncio.ensure_future(self._sweep())

    def _failed(self, trouble: RecordError) -> None:
        self.trouble = self.trouble or trouble

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_S)
            self._shared.connections.sweep()

    async def _end(self) -> None:
        if self._listeners is not None:
            self._listeners.stop_accepting()
        end = self._loop.time() + GRACE_S
        while self._shared.under_way and self._loop.time() < end:  # noqa: ASYNC110 - a bounded look, twice a blink
            await asyncio.sleep(_LOOK_S)
        self._shared.connections.close()
        if self._listeners is not None:
            await self._listeners.close()
        self._sweeper.cancel()
        self._loop.stop()
