"""The road of one request through the proxy: what both kinds of listeners share."""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from conformance.driver.recorder import RecordError
from conformance.driver.wire.attempt import Reply
from conformance.driver.wire.body import Body
from conformance.model import Failure, Json, Octets, Role
from conformance.watch.proxying.connections import Connections, Origin, Unreachable
from conformance.watch.proxying.lanes import Lanes
from conformance.watch.proxying.passing import Asked, asked_of
from conformance.watch.proxying.traffic_record import Begun, TrafficRecord, headers_of
from conformance.watch.proxying.upstream import Head, SilenceError, UpstreamConnection, UpstreamError

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
OURS = b"dds-conformance watch"
"""What the proxy's own answers say of their sender."""


class ClientGoneError(Exception):
    """The client went away before its request was whole."""


@dataclass(slots=True)
class Shared:
    """What all listeners of one proxy share. `failed` is called when nothing can be recorded any more."""

    record: TrafficRecord
    lanes: Lanes
    connections: Connections
    answer_bytes: int
    failed: Callable[[RecordError], None]
    under_way: int = 0


class Road(ABC):
    """An ASGI application that sends everything on to one origin."""

    role = Role.API

    def __init__(self, shared: Shared, origin: Origin) -> None:
        self.shared = shared
        self.origin = origin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send one request on and give its answer back."""
        if scope["type"] != "http":
            return
        asked = asked_of(scope, self.role, self.origin)
        self.shared.under_way += 1
        try:
            await self.pass_on(asked, receive, send)
        except ClientGoneError:
            return
        except RecordError as trouble:
            self.shared.failed(trouble)
            await refuse(send, f"the history cannot be written, so nothing is sent on: {trouble}")
        finally:
            self.shared.under_way -= 1

    @abstractmethod
    async def pass_on(self, asked: Asked, receive: Receive, send: Send) -> None:
        """Carry one request upstream and its answer back."""

    def lane_of(self, asked: Asked) -> str:
        """Take a lane for the request."""
        marks = asked.headers.get("authorization", ""), asked.headers.get("cookie", "")
        return self.shared.lanes.take(asked.address, *(marks if self.role is Role.API else ()))

    async def unreachable(
        self, asked: Asked, lane: str, trouble: Unreachable, send: Send, request: Json | Octets | None = None
    ) -> None:
        """Record that nothing was sent, and say so."""
        begun = self.shared.record.begin(asked, lane, request)
        self.shared.record.end(begun, failed(Failure.REFUSED, str(trouble)))
        await refuse(send, f"{self.origin.authority} cannot be reached: {trouble}")

    async def broken(self, begun: Begun, trouble: UpstreamError, connection: UpstreamConnection, send: Send) -> None:
        """Record an exchange that did not come to its answer, and say so."""
        self.shared.record.end(begun, reply_of_failure(trouble, connection))
        await refuse(send, f"{self.origin.authority} gave no whole answer: {trouble}")


def reply_of_failure(trouble: UpstreamError, connection: UpstreamConnection, head: Head | None = None) -> Reply:
    """Name what went wrong upstream."""
    kind = Failure.CUT if connection.received else Failure.RESET
    kind = Failure.TIMEOUT if isinstance(trouble, SilenceError) else kind
    return failed(kind, str(trouble), head)


def failed(kind: Failure, trouble: str, head: Head | None = None) -> Reply:
    """Give what is kept of an exchange without a whole answer."""
    status = head.status if head else None
    known = headers_of(head) if head else {}
    return Reply(time.monotonic_ns(), status=status, headers=known, failure=kind, trouble=trouble[:300])


def whole(head: Head, body: Body, b_ns: int) -> Reply:
    """Give what is kept of an exchange that came to its end at `b_ns`."""
    return Reply(b_ns, status=head.status, headers=headers_of(head), body=body, failure=body.failure)


async def refuse(send: Send, reason: str) -> None:
    """Answer 502 in the proxy's own name; the body has the fields of the API's errors, and says whose it is."""
    stated = {
        "error": 502,
        "code": "not_provided",
        "reason": f"{OURS.decode()} (not the target): {reason}",
        "suggestion": "the request may or may not have taken effect; look before it is repeated",
    }
    data = json.dumps(stated).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(data)).encode()),
        (b"server", OURS),
    ]
    await send({"type": "http.response.start", "status": 502, "headers": headers})
    await send({"type": "http.response.body", "body": data})


async def read_whole(receive: Receive, most: int) -> tuple[bytes, bool]:
    """Read a request's body up to `most` bytes; the second value says whether it was all.

    Raises:
        ClientGoneError: the client went away first.
    """
    pieces: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        pieces.append(message.get("body", b""))
        size += len(pieces[-1])
        if not message.get("more_body", False):
            return b"".join(pieces), True
        if size > most:
            return b"".join(pieces), False
