"""Faults of downloads that fail as transport: a 200 that nobody can use."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from starlette.responses import Response, StreamingResponse

from conformance.reference.faults.broken import BYTES
from conformance.reference.hooks.bends import URLS, Fault, draw
from conformance.reference.hooks.recipes import hang_up, row_of, storage_answers
from conformance.reference.hooks.seam import Layer, Reply

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import AsyncIterator, Callable

    from conformance.reference.hooks.bends import LayerFactory
    from conformance.reference.hooks.seam import Call, Visit, World

__all__ = ["FAMILY"]

_NOWHERE = "http://storage-7.invalid"
_REFUSING = "http://127.0.0.1:9"  # the discard port, where nobody listens


def _urls(who: Callable[[Call, sqlite3.Row], bool], change: Callable[[Reply], None]) -> LayerFactory:
    """Change the 200 of the url endpoints for some uploads."""

    class Urls(Layer):
        async def after(self, call: Call, reply: Reply) -> Reply:
            if call.operation in URLS and reply.status == 200:
                upload = row_of(self.world, call.facts["upload"])
                if upload is not None and who(call, upload):
                    change(reply)
            return reply

    return Urls


def _host(name: str) -> Callable[[Reply], None]:
    return lambda reply: reply.body.update(host=name)


def _in_folder(call: Call, upload: sqlite3.Row) -> bool:
    sql = "SELECT 1 FROM versions v JOIN files f ON f.id = v.file_id WHERE v.upload_id = ? AND f.folder_id IS NOT NULL"
    return call.world.database.one(sql, upload["id"]) is not None


def _gets(who: Callable[[World, sqlite3.Row], bool], change: Callable[[Visit, Response], Response]) -> LayerFactory:
    """Change the answers to downloads of some uploads."""
    return storage_answers(lambda world, upload, visit: visit.verb == "GET" and who(world, upload), change)


def _error(code: int) -> Callable[[Visit, Response], Response]:
    body = "<Error><Code>InternalError</Code></Error>"
    return lambda _, __: Response(body, status_code=code, media_type="application/xml")


def _cut_off(visit: Visit, response: Response) -> Response:
    """Send a part of what was promised, then cut the connection."""

    async def half() -> AsyncIterator[bytes]:
        yield b"?"
        hang_up(visit.request)

    length = response.headers.get("content-length", "0")
    return StreamingResponse(half(), headers={"content-length": str(int(length) + 2)})


def _reset(visit: Visit, response: Response) -> Response:
    hang_up(visit.request)
    return response


def _not_compressed(_: Visit, response: Response) -> Response:
    response.headers["content-encoding"] = "gzip"
    return response


def _later_version(world: World, upload: sqlite3.Row) -> bool:
    sql = "SELECT 1 FROM versions WHERE upload_id = ? AND number > 1"
    return world.database.one(sql, upload["id"]) is not None


class _UsedUp(Layer):
    """Hands the first url of an upload out again from the fourth time on, when it is used up."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._asked: Counter[str] = Counter()

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Count who asks."""
        if call.operation in URLS and reply.status == 200:
            self._asked[call.facts["upload"]] += 1
            if self._asked[call.facts["upload"]] > 3:
                reply.body["url"] = reply.body["url"].replace("expires=", "expires=0&was=")
        return reply


FAMILY: dict[Fault, LayerFactory] = {
    Fault("download-host-unknown", BYTES, "urls of files in folders lead to a host that no resolver knows"): _urls(
        _in_folder, _host(_NOWHERE)
    ),
    Fault("download-port-shut", BYTES, "the urls of one upload in three lead to a node where nobody listens"): _urls(
        lambda call, upload: draw(call.world, "node", upload["id"]) < 1 / 3, _host(_REFUSING)
    ),
    Fault("download-host-of-versions", BYTES, "/file_versions/{id}/url names a host of the inner network"): (
        _urls(lambda call, _: call.operation == "version_url", _host("http://storage.cluster.local"))
    ),
    Fault("download-url-expired", BYTES, "the fourth url of an upload is the first again, and used up"): _UsedUp,
    Fault("download-cut-multipart", BYTES, "storage cuts the download of an object of several parts"): _gets(
        lambda world, upload: len(world.objects.parts(upload["id"])) > 1, _cut_off
    ),
    Fault("download-cut-empty", BYTES, "storage resets the download of an empty object"): _gets(
        lambda _, upload: upload["size"] == 0, _reset
    ),
    Fault("download-503-small", BYTES, "the tier of objects below 64 bytes is never there: 503"): _gets(
        lambda _, upload: upload["chunked"] and upload["size"] < 64, _error(503)
    ),
    Fault("download-500-later-version", BYTES, "storage fails on what became a later version"): _gets(
        _later_version, _error(500)
    ),
    Fault("download-not-compressed", BYTES, "text is said to be compressed, and is not"): _gets(
        lambda _, upload: upload["content_type"].startswith("text/"), _not_compressed
    ),
    Fault("download-504-single", BYTES, "the download of a single part ends at a gateway: 504"): _gets(
        lambda _, upload: not upload["chunked"], _error(504)
    ),
}
