"""The API's listener: an answer is read whole, written down, and given on with the hosts of signed urls replaced."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from conformance.driver.wire import body as bodies
from conformance.model import Failure
from conformance.watch.proxying.connections import Origin, Unreachable
from conformance.watch.proxying.forwarding import (
    ClientGoneError,
    Receive,
    Road,
    Send,
    Shared,
    failed,
    read_whole,
    refuse,
    reply_of_failure,
    whole,
)
from conformance.watch.proxying.host_rewriting import rewritten, signed_places
from conformance.watch.proxying.passing import Asked, head_to_send, headers_to_give
from conformance.watch.proxying.traffic_record import Begun
from conformance.watch.proxying.upstream import Head, UpstreamConnection, UpstreamError

Opener = Callable[[str, str], Awaitable[tuple[str, str, int] | None]]
"""Opens the listener of a storage host for a signed url (host, url); gives authority, target and port, or None."""


@dataclass(slots=True)
class _Answer:
    """An answer read whole, the last byte at `b_ns`: `data` as it came, `body` unpacked."""

    head: Head
    data: bytes
    body: bodies.Body
    b_ns: int


class ApiRoad(Road):
    """Sends API requests on. Only what lies below `base` is the API and recorded; the rest of the host passes by."""

    def __init__(self, shared: Shared, origin: Origin, base: str, opened: Opener) -> None:
        super().__init__(shared, origin)
        self._base = base
        self._open = opened

    async def pass_on(self, asked: Asked, receive: Receive, send: Send) -> None:
        """Carry one request upstream and its answer back."""
        data, all_of_it = await read_whole(receive, self.shared.answer_bytes)
        if not all_of_it:
            await refuse(send, f"a request to the API of more than {self.shared.answer_bytes} bytes is not sent on")
            return
        lane = self.lane_of(asked)
        try:
            found = await self._ask(asked, data, lane, send)
        finally:
            self.shared.lanes.give_back(lane)  # before the client can send its next request
        if found is not None:
            await self._give(asked, *found, send)

    async def _ask(self, asked: Asked, data: bytes, lane: str, send: Send) -> tuple[_Answer, Begun | None] | None:
        """Give the answer, and what it was kept as, if it was; None when the client has had its answer."""
        request = self.shared.record.payload(asked, data)
        connections = self.shared.connections
        try:
            connection = await connections.take(lane, self.origin)
        except Unreachable as trouble:
            await self.unreachable(asked, lane, trouble, send, request)
            return None
        try:
            begun = self.shared.record.begin(asked, lane, request) if self._recorded(asked) else None
            answer = await self._exchange(asked, data, connection, begun, send)
        finally:
            connections.give_back(lane, self.origin, connection)
        if answer is not None and begun is not None:
            self.shared.record.end(begun, whole(answer.head, answer.body, answer.b_ns))
        return None if answer is None else (answer, begun)

    def _recorded(self, asked: Asked) -> bool:
        path = asked.target.partition("?")[0]
        return path == self._base or path.startswith(f"{self._base}/")

    async def _exchange(
        self, asked: Asked, data: bytes, connection: UpstreamConnection, begun: Begun | None, send: Send
    ) -> _Answer | None:
        """Send the request and read the answer; one too long to be kept is handed on at once, and given as None."""
        head = None
        try:
            connection.begin(head_only=asked.method == "HEAD")
            length = len(data) if data or asked.length is not None else None
            connection.send(self._head(asked, data, length) + data)
            head = await connection.head()
            pieces, size = [], 0
            while piece := await connection.piece():
                pieces.append(piece)
                size += len(piece)
                if size > self.shared.answer_bytes:
                    await self._hand_on(head, pieces, connection, begun, send)
                    return None
        except UpstreamError as trouble:
            if begun is not None:
                self.shared.record.end(begun, reply_of_failure(trouble, connection, head))
            await refuse(send, f"{self.origin.authority} gave no whole answer: {trouble}")
            return None
        return self._read(head, b"".join(pieces), time.monotonic_ns())

    def _read(self, head: Head, data: bytes, b_ns: int) -> _Answer:
        encoding = head.get(b"content-encoding").decode("latin-1")
        body = bodies.read([data], encoding=encoding, bound=self.shared.answer_bytes, keep=True)
        return _Answer(head, data, body, b_ns)

    @staticmethod
    def _head(asked: Asked, data: bytes, length: int | None) -> bytes:
        chunked = "transfer-encoding" in asked.headers and asked.length is None
        if not chunked:
            return head_to_send(asked, length=length, chunked=False)
        head = head_to_send(asked, length=None, chunked=False)
        return head[:-2] + b"content-length: %d\r\n\r\n" % len(data)

    async def _hand_on(
        self, head: Head, pieces: list[bytes], connection: UpstreamConnection, begun: Begun | None, send: Send
    ) -> None:
        await send({"type": "http.response.start", "status": head.status, "headers": headers_to_give(head)})
        await send({"type": "http.response.body", "body": b"".join(pieces), "more_body": True})
        try:
            while piece := await connection.piece():
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        except UpstreamError as trouble:
            raise ClientGoneError from trouble  # the listener closes: the client must not take this for the whole
        finally:
            if begun is not None:
                stated = failed(Failure.TOO_LARGE, f"more than {self.shared.answer_bytes} bytes", head)
                self.shared.record.end(begun, stated)
        await send({"type": "http.response.body", "body": b""})

    async def _give(self, asked: Asked, answer: _Answer, begun: Begun | None, send: Send) -> None:
        data, length = answer.data, None
        if begun is not None and 200 <= answer.head.status < 300 and answer.body.data is not None:
            changed = await self._rewrite(asked, answer.body.data, begun)
            if changed is not None:
                data, length = changed, len(changed)
        status, headers = answer.head.status, headers_to_give(answer.head, length)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": data})

    async def _rewrite(self, asked: Asked, plain: bytes, begun: Begun) -> bytes | None:
        """Give the body with the hosts of signed urls replaced by our own; None when there is nothing to replace."""
        places = signed_places(plain)
        instead: dict[str, str] = {}
        for place in places:
            opened = await self._open(place.host, place.url)
            if opened is None:
                if place.verb not in ("GET", "HEAD"):
                    self.shared.record.unseen(begun, place.host, place.url, place.verb or "PUT")
                continue
            authority, target, port = opened
            instead[place.host] = f"{asked.reached_by or '127.0.0.1'}:{port}"
            self.shared.record.gave(authority, target, begun.operation.id)
        return rewritten(plain, places, instead.get) if instead else None
