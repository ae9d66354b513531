"""The listener of a storage host: bodies stream both ways, counted and hashed, and are never kept."""

from __future__ import annotations

import asyncio
import contextlib
import time

from conformance.driver.wire.attempt import Reply
from conformance.driver.wire.body import TEXT_RETAINED, Body
from conformance.model import Failure, Octets, Role
from conformance.watch.proxying.connections import Unreachable
from conformance.watch.proxying.forwarding import (
    ClientGoneError,
    Receive,
    Road,
    Send,
    failed,
    refuse,
    reply_of_failure,
    whole,
)
from conformance.watch.proxying.passing import Asked, Digest, head_to_send, headers_to_give
from conformance.watch.proxying.traffic_record import Begun
from conformance.watch.proxying.upstream import Head, UpstreamConnection, UpstreamError

LOOK_AFTER = 1 << 20
"""Bytes of an answer after which it is worth looking whether the client is still there."""
_SERVED = frozenset({200, 206})


class StorageRoad(Road):
    """Sends requests to one storage host on, as the client signed them."""

    role = Role.STORAGE

    async def pass_on(self, asked: Asked, receive: Receive, send: Send) -> None:
        """Carry one request upstream and its answer back."""
        lane, shared = self.lane_of(asked), self.shared
        try:
            try:
                connection = await shared.connections.take(lane, self.origin)
            except Unreachable as trouble:
                await self.unreachable(asked, lane, trouble, send)
                return
            try:
                begun = shared.record.begin(asked, lane, None)
                await _Passage(self, asked, begun, connection).run(receive, send)
            finally:
                shared.connections.give_back(lane, self.origin, connection)
        finally:
            shared.lanes.give_back(lane)


class _Passage:
    """One exchange with a storage host while it goes on."""

    def __init__(self, road: StorageRoad, asked: Asked, begun: Begun, connection: UpstreamConnection) -> None:
        self._road, self._asked, self._begun, self._connection = road, asked, begun, connection
        self._record = road.shared.record
        self._sent = Digest()
        self._sent_all = not asked.has_body
        self._client_gone = False

    async def run(self, receive: Receive, send: Send) -> None:
        """Send the body while the answer is awaited: it may come early."""
        pump: asyncio.Task[None] | None = None
        head: Head | None = None
        try:
            self._begin()
            if self._asked.has_body:
                pump = asyncio.create_task(self._pump(receive))
            head = await self._await_head(pump)
        except (UpstreamError, ClientGoneError) as trouble:
            await self._unanswered(trouble, send)
        else:
            await self._answer(head, receive, send)
        finally:
            if pump is not None and not pump.done():
                self._connection.abort()
                pump.cancel()
                with contextlib.suppress(asyncio.CancelledError, UpstreamError, ClientGoneError):
                    await pump

    def _begin(self) -> None:
        asked, connection = self._asked, self._connection
        connection.begin(head_only=asked.method == "HEAD")
        chunked = asked.has_body and asked.length is None
        connection.send(head_to_send(asked, length=asked.length, chunked=chunked))

    async def _pump(self, receive: Receive) -> None:
        """Send the client's body on; the other side's silence counts only while it is to move."""
        connection, chunked = self._connection, self._asked.length is None
        more = True
        while more:
            connection.due = False
            message = await receive()
            connection.due = True
            if message["type"] == "http.disconnect":
                self._client_gone = True
                raise ClientGoneError
            piece, more = message.get("body", b""), message.get("more_body", False)
            if piece:
                self._sent.add(piece)
                connection.send(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
                await connection.drain()
        if chunked:
            connection.send(b"0\r\n\r\n")
        self._sent_all = True

    async def _await_head(self, pump: asyncio.Task[None] | None) -> Head:
        if pump is None:
            return await self._connection.head()
        answered = asyncio.create_task(self._connection.head())
        await asyncio.wait({pump, answered}, return_when=asyncio.FIRST_COMPLETED)
        if pump.done() and isinstance(pump.exception(), ClientGoneError) and not answered.done():
            answered.cancel()
            raise ClientGoneError
        return await answered  # where sending broke, an answer may have come all the same, or its reason will

    def _request(self) -> Octets | None:
        """Give what was sent, None where it was not seen whole: of such a part nothing can be said."""
        stores = self._asked.has_body or self._asked.method in ("PUT", "POST")
        return self._sent.octets() if stores and self._sent_all else None

    async def _unanswered(self, trouble: Exception, send: Send) -> None:
        if isinstance(trouble, UpstreamError):
            reply = reply_of_failure(trouble, self._connection)
        else:
            reply = failed(Failure.RESET, "the client went away before its request was whole")
        self._connection.abort()
        self._record.end(self._begun, reply, self._request())
        if isinstance(trouble, UpstreamError):
            await refuse(send, f"{self._road.origin.authority} gave no whole answer: {trouble}")

    async def _answer(self, head: Head, receive: Receive, send: Send) -> None:
        """Hand the answer on as it comes; it is kept before the client has its last byte."""
        await send({"type": "http.response.start", "status": head.status, "headers": headers_to_give(head)})
        digest = Digest(keep=0 if head.status in _SERVED else TEXT_RETAINED * 4)
        try:
            last = await self._hand_on(digest, receive, send)
        except (UpstreamError, ClientGoneError) as trouble:
            self._connection.abort()
            self._record.end(self._begun, self._cut(trouble, head), self._request())
            raise ClientGoneError from trouble  # the listener closes: the client must not take this for the whole
        self._record.end(self._begun, self._whole(head, digest), self._request())
        await send({"type": "http.response.body", "body": last})

    async def _hand_on(self, digest: Digest, receive: Receive, send: Send) -> bytes:
        """Send all but the last piece of the body, and give that."""
        held = b""
        watcher: asyncio.Task[None] | None = None
        try:
            while piece := await self._connection.piece():
                digest.add(piece)
                if held:
                    await send({"type": "http.response.body", "body": held, "more_body": True})
                held = piece
                if watcher is None and digest.size > LOOK_AFTER and self._sent_all:
                    watcher = asyncio.create_task(_until_gone(receive))
                if watcher is not None and watcher.done():
                    raise ClientGoneError
        finally:
            if watcher is not None:
                watcher.cancel()
        return held

    def _cut(self, trouble: Exception, head: Head) -> Reply:
        if isinstance(trouble, UpstreamError):
            return reply_of_failure(trouble, self._connection, head)
        return failed(Failure.CUT, "the client went away", head)

    def _whole(self, head: Head, digest: Digest) -> Reply:
        """Give the whole answer; of packed bytes it cannot be said whether the store or the road packed them."""
        packed = head.get(b"content-encoding").strip().lower() not in (b"", b"identity")
        trouble = Failure.CUT if packed and head.status in _SERVED else None
        note = (("body", "packed on the way"),) if trouble else ()
        return whole(head, Body(digest.octets(), bytes(digest.start), None, trouble, note), time.monotonic_ns())


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
