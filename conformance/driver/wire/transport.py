"""The HTTP transport of one session: nothing is retried, followed, remembered or taken from the environment."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote, urlsplit

import httpcore
import httpx

from conformance.driver.wire.attempt import Limits, Reply, attempt
from conformance.driver.wire.body import Blocks
from conformance.driver.wire.stream import Wire
from conformance.errors import UsageError
from conformance.settings.run_settings import Network

KEEP_ALIVE_S = 2.0
"""An idle connection is dropped before servers tend to (uvicorn: 5 s), so that no request meets a closing one."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it goes out. `url` is its origin, `target` what stands in its first line; nothing is added twice.

    `silence_s` bounds each wait for bytes.
    """

    method: str
    url: httpx.URL
    target: bytes
    headers: list[tuple[bytes, bytes]]
    data: bytes | Blocks | None
    silence_s: float

    def request(self) -> httpx.Request:
        """Return it for the general transport."""
        silence = httpx.Timeout(self.silence_s).as_dict()
        extensions = {"target": self.target, "timeout": silence}
        return httpx.Request(self.method, self.url, headers=self.headers, content=self.data, extensions=extensions)


class Transport(httpx.BaseTransport):
    """One pool over one wire. Errors are httpcore's own: the attempt reads them together with the wire's account."""

    def __init__(self, wire: Wire, context: ssl.SSLContext | None, proxy: httpcore.Proxy | None = None) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=context,
            proxy=proxy,
            max_connections=1,
            keepalive_expiry=KEEP_ALIVE_S,
            http2=False,
            retries=0,
            network_backend=wire,
        )

    def attempted(self, asked: Asked, wire: Wire, limits: Limits) -> Reply:
        """Send once, within `limits`; whatever goes wrong is named in the reply."""
        return attempt(self, wire, asked.request(), limits)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send once, with the very target of the extension; the body is left to be streamed."""
        answer = self._pool.handle_request(_as_httpcore(request))
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer), extensions=answer.extensions)

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()


def _as_httpcore(request: httpx.Request) -> httpcore.Request:
    url, given = request.url, dict(request.extensions)
    target = given.pop("target", url.raw_path)
    return httpcore.Request(
        method=request.method,
        url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=target),
        headers=request.headers.raw,
        content=request.stream,
        extensions=given,
    )


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        yield from self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


def transport_of(network: Network, wire: Wire, *, secure: bool) -> Transport:
    """Build the transport of one session; `secure` says that TLS is spoken.

    It sends what it is given: an `httpx.Client` above it would keep cookies, follow redirects and take proxies from the
    environment, all of which a request of ours does without. How long bytes are waited for, each request says itself.
    """
    return Transport(wire, tls_context(network) if secure else None, _proxy(network))


@lru_cache(maxsize=4)
def tls_context(network: Network) -> ssl.SSLContext:
    """Build the TLS context, once: the system's authorities or the operator's bundle, and any client certificate."""
    try:
        context = ssl.create_default_context(cafile=str(network.ca_bundle) if network.ca_bundle else None)
        if network.client_certificate:
            context.load_cert_chain(network.client_certificate, network.client_key)
    except (OSError, ssl.SSLError) as trouble:
        raise UsageError(
            f"The CA bundle or client certificate cannot be used: {trouble}.", remedy="Name PEM files."
        ) from trouble
    return context


def _proxy(network: Network) -> httpcore.Proxy | None:
    if network.proxy is None:
        return None
    parts = urlsplit(network.proxy.reveal())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError("The proxy is not an http(s) address.", remedy="Say: proxy = http://host:port")
    bare = f"{parts.scheme}://{parts.hostname}:{parts.port or 3128}"
    if not parts.username:
        return httpcore.Proxy(bare)
    return httpcore.Proxy(bare, auth=(unquote(parts.username).encode(), unquote(parts.password or "").encode()))
