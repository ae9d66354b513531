"""One request on its way through the API, from its call to its reply.

Order of refusals: unknown route, method, token (401), readable body, parameters (400), existence (404), permission
(403), not consistent (404), state (400).
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from conformance.reference.endpoints.fields import check_fields
from conformance.reference.endpoints.request_bodies import is_form, parse_query, read_body
from conformance.reference.hooks.seam import Call, Reply
from conformance.reference.refusals import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.types import Receive, Scope, Send

    from conformance.reference.endpoints.fields import Field
    from conformance.reference.hooks.seam import World

__all__ = ["Operation", "Resource", "answer", "refuse"]

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Operation:
    """A documented call: its name, what it takes, and the function that answers it."""

    name: str
    handler: Callable[[Call], Reply]
    fields: tuple[Field, ...] = ()
    token: bool = True


class Resource:
    """All operations on one path, as an ASGI endpoint."""

    def __init__(self, world: World, operations: Mapping[str, Operation]) -> None:
        self._world = world
        self._operations = dict(operations)
        if "GET" in operations:
            self._operations["HEAD"] = operations["GET"]
        self._allow = ", ".join(sorted({*self._operations, "OPTIONS"}))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        operation = self._operations.get(request.method)
        response = await (self._other(request) if operation is None else answer(self._world, request, operation))
        await response(scope, receive, send)

    async def _other(self, request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={"allow": self._allow})
        error = ApiError(
            405, "method", "405 Not Allowed", f"this path takes {self._allow}", headers={"allow": self._allow}
        )
        return await refuse(self._world, request, error)


async def answer(world: World, request: Request, operation: Operation) -> Response:
    """Take a request through every step of an operation."""
    call = _call(world, request, operation.name)
    call.perform = lambda: _perform(call, operation)
    try:
        reply = await world.behaviour.before(call) or await _admitted(call, operation)
    except ApiError as error:
        reply = Reply(error.status, error.payload(), dict(error.headers), error.cause)
    except ClientDisconnect:
        return Response(status_code=400)
    except Exception:  # noqa: BLE001 (whatever went wrong, the client gets a standard error)
        _LOG.exception("%s failed", operation.name)
        trouble = ApiError(500, "internal", "internal error", "report this to the operator of the server")
        reply = Reply(500, trouble.payload(), cause="internal")
    return _response(await world.behaviour.after(call, reply))


async def refuse(world: World, request: Request, error: ApiError) -> Response:
    """Answer a request that no operation takes."""
    call = _call(world, request, error.cause)
    try:
        reply = await world.behaviour.before(call)
    except ApiError as other:
        error, reply = other, None
    reply = reply or Reply(error.status, error.payload(), dict(error.headers), error.cause)
    return _response(await world.behaviour.after(call, reply))


def _call(world: World, request: Request, name: str) -> Call:
    now = world.clock.now()
    return Call(world, name, request, request.path_params, now, now)


async def _admitted(call: Call, operation: Operation) -> Reply:
    """Perform an operation for who may call at all."""
    call.token = call.request.headers.get("authorization")
    if operation.token:
        holder = call.world.behaviour.user(call, call.world.people.holder(call.token, call.now))
        if isinstance(holder, ApiError):
            raise holder
        call.caller = holder
    return await _perform(call, operation)


async def _perform(call: Call, operation: Operation) -> Reply:
    call.query = parse_query(call.request.scope["query_string"])
    if call.request.method not in {"GET", "HEAD", "DELETE"}:
        form = is_form(call.request)
        call.body = await read_body(call.request)
        call.body = check_fields(call.body, operation.fields, form=form)
    call.now = call.world.clock.now()
    call.instant = call.world.behaviour.read_instant(call, call.now)
    call.world.behaviour.asked(call)
    call.again = lambda: operation.handler(call)
    return operation.handler(call)


def _response(reply: Reply) -> Response:
    if isinstance(reply.body, (bytes, str)):
        content: bytes | str = reply.body
    elif reply.body is None:
        content = b""
    else:
        content = json.dumps(reply.body, separators=(",", ":"), allow_nan=False).encode()
    media_type = reply.media_type if content else None
    response = Response(content, status_code=reply.status, headers=reply.headers, media_type=media_type)
    if reply.finish is not None:
        response.raw_headers = reply.finish(response.raw_headers)
    return response
