"""Where clients come in: one listener for the API, and one for each storage host, opened when it is first seen."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from conformance.driver.safety.signed_urls import ForbiddenError, Places, resolve
from conformance.errors import UsageError
from conformance.watch.proxying.connections import Origin
from conformance.watch.proxying.forwarding import OURS, Shared
from conformance.watch.proxying.passing import TARGET
from conformance.watch.proxying.storage_road import StorageRoad

App = Callable[..., Awaitable[None]]
PORTS = {"http": 80, "https": 443}
SWEEP_S = 0.5


class TargetProtocol(HttpToolsProtocol):
    """HTTP/1.1 as uvicorn speaks it; the request target is handed on byte for byte, and refusals say whose they are."""

    def on_headers_complete(self) -> None:
        """Hand the target to the application."""
        scope: MutableMapping[str, Any] = self.scope  # type: ignore[assignment] # uvicorn's TypedDict lacks our extension
        scope["extensions"] = {TARGET: _origin_form(self.url)}
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP in our own name: it never reaches the target."""
        text = b"%s (not the target): %s" % (OURS, msg.encode("ascii", "replace"))
        head = b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\nserver: %s\r\n" % OURS
        self.transport.write(b"%sconnection: close\r\ncontent-length: %d\r\n\r\n%s" % (head, len(text), text))
        self.transport.close()


def _origin_form(target: bytes) -> bytes:
    """Give the path and query of a target that names the proxy itself as well."""
    if target.startswith(b"/") or b"://" not in target:
        return target
    _, _, rest = target.partition(b"://")
    return b"/" + rest.partition(b"/")[2]


class _Listener(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to the command."""
        yield


class Listeners:
    """The open listeners, all on one host. Belongs to the proxy's event loop."""

    def __init__(self, host: str, shared: Shared, places: Places) -> None:
        self._host = host
        self._shared = shared
        self._places = places
        self._servers: list[tuple[_Listener, asyncio.Task[None], socket.socket]] = []
        self._storage: dict[tuple[str, str], asyncio.Task[tuple[Origin, int] | None]] = {}
        self.forbidden: dict[str, str] = {}

    def open(self, app: App, port: int) -> int:
        """Begin to listen; give the port. Connections wait from now on until they are served.

        Raises:
            UsageError: the address cannot be listened at.
        """
        try:
            family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
            listening = socket.create_server((self._host, port), family=family, backlog=1024)
        except OSError as trouble:
            raise UsageError(
                f"{self._host}:{port} cannot be listened at: {trouble.strerror or trouble}.",
                remedy="Choose another --listen.",
            ) from trouble
        config = uvicorn.Config(
            app,
            http=TargetProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            proxy_headers=False,  # who speaks is who connects
            server_header=False,
            date_header=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=1,
        )
        server = _Listener(config)
        task = asyncio.get_running_loop().create_task(server.serve(sockets=[listening]))
        self._servers.append((server, task, listening))
        return int(listening.getsockname()[1])

    async def storage(self, host: str, url: str) -> tuple[str, str, int] | None:
        """Give authority, target and our port for a signed url; None where it must not be followed."""
        try:
            signed = self._places.signed({"host": host, "url": url})
        except ForbiddenError as reason:
            self.forbidden.setdefault(host, str(reason))
            return None
        key = signed.scheme, signed.authority
        opening = self._storage.get(key)
        if opening is None:
            plain = Origin(signed.scheme, signed.host, signed.port or PORTS[signed.scheme], signed.authority)
            opening = self._storage[key] = asyncio.ensure_future(self._open_storage(host, plain))
        found = await asyncio.shield(opening)
        return None if found is None else (found[0].authority, signed.target, found[1])

    async def _open_storage(self, stated: str, plain: Origin) -> tuple[Origin, int] | None:
        try:
            addresses = await asyncio.get_running_loop().run_in_executor(None, self._approved, plain.host)
        except (ForbiddenError, OSError, UnicodeError) as reason:
            self.forbidden.setdefault(stated, str(reason))
            return None
        origin = Origin(plain.scheme, plain.host, plain.port, plain.authority, addresses)
        return origin, self.open(StorageRoad(self._shared, origin), 0)

    def _approved(self, host: str) -> tuple[str, ...]:
        """Give the addresses of a storage host, each of which may be dialled; raise ForbiddenError otherwise."""
        guard = self._places.guard(host)
        found = tuple(str(address) for address in resolve(host))
        if not found:
            raise ForbiddenError(f"{host} has no address")
        for address in found:
            if guard is not None and (reason := guard(address)):
                raise ForbiddenError(reason)
        return found

    def stop_accepting(self) -> None:
        """Take no further connection; those that are there go on."""
        for server, _, _ in self._servers:
            for accepting in getattr(server, "servers", ()):
                accepting.close()

    async def close(self) -> None:
        """Stop listening; what is under way is over by then."""
        for server, _, _ in self._servers:
            server.should_exit = True
        for _, task, listening in self._servers:
            await asyncio.wait({task}, timeout=5)
            listening.close()


def origin_of(base_url: str) -> tuple[Origin, str]:
    """Give the origin of the target and the path of its API."""
    parts = urlsplit(base_url)
    scheme, host = parts.scheme, parts.hostname or ""
    return Origin(scheme, host, parts.port or PORTS[scheme], parts.netloc), parts.path.rstrip("/")
