"""The storage provider's door: an ASGI application that takes signed PUTs and serves signed GETs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse

from conformance.reference.hooks.seam import Visit
from conformance.reference.store.objects import SINGLE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import Receive, Scope, Send

    from conformance.reference.hooks.seam import World
    from conformance.reference.store.objects import Piece

__all__ = ["StorageApp"]

_STATUS = {
    "SignatureDoesNotMatch": 403,
    "ExpiredToken": 403,
    "NoSuchUpload": 404,
    "NoSuchKey": 404,
    "InvalidURI": 400,
    "IncompleteBody": 400,
    "MethodNotAllowed": 405,
}


class StorageApp:
    """`PUT /{container}/{object}` stores a part, `GET` streams the assembled object. Every URL is signed."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        response = await self._answer(request)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        verb = "GET" if request.method == "HEAD" else request.method
        if verb not in {"GET", "PUT"}:
            return _error("MethodNotAllowed")
        asked = f"{request.scope['path']}?{request.scope['query_string'].decode('latin-1')}"
        path, _, query = self._world.behaviour.opened(asked).partition("?")
        refusal = self._world.signer.refusal(verb, path, query, self._world.clock.now())
        if refusal:
            return _error(refusal)
        names = path.strip("/").split("/")
        if len(names) != 2:
            return _error("InvalidURI")
        parameters = dict(parse_qsl(query))
        visit = Visit(request, verb, names[1], int(parameters.get("partNumber", SINGLE)))
        response = self._download(visit.name, parameters) if verb == "GET" else await self._store(visit, names[0])
        return await self._world.behaviour.delivered(visit, response)

    def _accepts(self, visit: Visit, container: str) -> bool:
        accepts = self._world.objects.accepts(container, visit.name)
        return self._world.behaviour.accepts(visit.name, accepts=accepts)

    async def _store(self, visit: Visit, container: str) -> Response:
        objects = self._world.objects
        if not self._accepts(visit, container):
            return _error("NoSuchUpload")
        writer = objects.writer()
        try:
            async for piece in visit.request.stream():
                writer.write(piece)
        except ClientDisconnect:
            writer.abandon()
            return _error("IncompleteBody")
        except BaseException:
            writer.abandon()
            raise
        part = writer.finish(visit.number)
        if not self._accepts(visit, container):
            objects.discard(part)
            return _error("NoSuchUpload")
        objects.store(visit.name, part, self._world.clock.now())
        return Response(status_code=200, headers={"etag": f'"{part.md5}"'})

    def _download(self, name: str, parameters: dict[str, str]) -> Response:
        objects, behaviour = self._world.objects, self._world.behaviour
        if not behaviour.served(name, served=objects.assembled(name)):
            return _error("NoSuchKey")
        pieces = behaviour.pieces(name, objects.pieces(name))
        headers = {
            "content-length": str(sum(piece.length for piece in pieces)),
            "content-disposition": parameters.get("response-content-disposition", "attachment")
            .encode()
            .decode("latin-1"),
        }
        return StreamingResponse(self._stream(pieces), headers=headers, media_type="application/octet-stream")

    async def _stream(self, pieces: list[Piece]) -> AsyncIterator[bytes]:
        for data in self._world.objects.read(pieces):
            yield data


def _error(code: str, **details: Any) -> Response:
    extra = "".join(f"<{key}>{value}</{key}>" for key, value in details.items())
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code>{extra}</Error>'
    return Response(body, status_code=_STATUS[code], media_type="application/xml")
