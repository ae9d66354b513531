"""Faults of ids: one id for two creates, and answers that carry another resource than the one that was made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.faults.broken import BAD_200, BYTES, COMPLETE, GOOD_IE, LOST_FILE
from conformance.reference.hooks.bends import Fault
from conformance.reference.hooks.seam import Layer, Reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.reference.hooks.bends import LayerFactory
    from conformance.reference.hooks.seam import Call, World

    Key = Callable[[Call, dict[str, Any]], object]

__all__ = ["FAMILY"]

_MIXED = (
    "distinct-ids",
    "body-own-resource",
    *COMPLETE,
    *BYTES,
    *BAD_200,
    *GOOD_IE,
    *LOST_FILE,
    "complete-body",
    "one-verdict",
    "no-early-answer",
)
_CREATES = {"create_upload": 201, "create_file": 201, "create_project": 202, "create_folder": 201}
_TABLES = {"create_upload": "uploads", "create_file": "files", "create_project": "projects", "create_folder": "folders"}


class _Again(Layer):
    """Answers a create with an earlier resource that has the same key, and does not keep the new one."""

    def __init__(self, world: World, operation: str, key: Key, seconds: float) -> None:
        super().__init__(world)
        self._operation, self._key, self._seconds = operation, key, seconds
        self._made: dict[object, tuple[float, dict[str, Any]]] = {}

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Look for an earlier one."""
        if call.operation != self._operation or reply.status != _CREATES[call.operation]:
            return reply
        key = self._key(call, reply.body)
        at, before = self._made.get(key, (0.0, {}))
        if before and call.now - at <= self._seconds:
            self.world.database.run(f"DELETE FROM {_TABLES[call.operation]} WHERE id = ?", reply.body["id"])  # noqa: S608
            reply.body = before
        else:
            self._made[key] = (call.now, reply.body)
        return reply


def _again(operation: str, key: Key, seconds: float = float("inf")) -> LayerFactory:
    return lambda world: _Again(world, operation, key, seconds)


class _Replayed(Layer):
    """Answers the very same request once more as before, for ten seconds: it may have been delivered twice."""

    operations: tuple[str, ...] = ("create_upload", "create_file", "create_project", "create_folder")

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._held: dict[object, tuple[float, Reply]] = {}

    async def before(self, call: Call) -> Reply | None:
        """Look for the answer."""
        if call.operation not in self.operations or call.request.method != "POST":
            return None
        key = call.request.headers.get("authorization"), call.request.url.path, await call.request.body()
        call.facts["key"] = key
        until, reply = self._held.get(key, (0.0, None))
        return None if reply is None or until <= call.now else Reply(reply.status, reply.body, dict(reply.headers))

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Keep the answer."""
        if "key" in call.facts and reply.status in {201, 202}:
            self._held.setdefault(call.facts["key"], (call.now + 10.0, reply))
        return reply


class _UploadReplayed(_Replayed):
    """Does so for uploads alone."""

    operations = ("create_upload",)


class _BodyOfLast(Layer):
    """Answers every eighth success of an operation with what it answered the time before."""

    def __init__(self, world: World, operation: str, every: int) -> None:
        super().__init__(world)
        self._operation, self._every, self._count = operation, every, 0
        self._last: Any = None

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Swap the bodies."""
        if call.operation == self._operation and reply.status < 300:
            self._count += 1
            mine = reply.body
            if self._last is not None and self._count % self._every == 0:
                reply.body = self._last
            self._last = mine
        return reply


def _body_of_last(operation: str, every: int) -> LayerFactory:
    return lambda world: _BodyOfLast(world, operation, every)


class _VersionIdKept(Layer):
    """Gives a new version the id of the one before it in the answer of PUT /files."""

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Look for it."""
        if call.operation == "update_file" and reply.status == 200 and "upload" in call.body:
            sql = "SELECT id FROM versions WHERE file_id = ? ORDER BY number DESC LIMIT 1 OFFSET 1"
            before = self.world.database.one(sql, call.path["id"])
            if before is not None:
                reply.body["current_version"]["id"] = before["id"]
        return reply


class _FileIdIsVersionId(Layer):
    """Answers POST /files with the id of the version in the place of the file's."""

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Swap them for every second file."""
        if call.operation == "create_file" and reply.status == 201 and int(reply.body["id"][-1], 16) % 2:
            reply.body["id"] = reply.body["current_version"]["id"]
        return reply


FAMILY: dict[Fault, LayerFactory] = {
    Fault("upload-id-by-name", _MIXED, "two uploads of one name in a project are one"): _again(
        "create_upload", lambda call, _: (call.path["id"], call.body["name"])
    ),
    Fault("same-words-replayed", _MIXED, "a create in the very same words is answered as before for ten seconds"): (
        _Replayed
    ),
    Fault("upload-words-replayed", _MIXED, "an upload asked for in the very same words is the one before"): (
        _UploadReplayed
    ),
    Fault("upload-id-by-size", _MIXED, "uploads of one size and kind, created within half a second, are one"): _again(
        "create_upload",
        lambda call, _: (call.path["id"], call.body["size"], call.body.get("chunked", True)),
        seconds=0.5,
    ),
    Fault("upload-id-at-once", _MIXED, "two uploads created in a project within 4 ms get one id"): _again(
        "create_upload", lambda call, _: call.path["id"], seconds=0.004
    ),
    Fault("project-id-by-slug", (*_MIXED, "project-create-body"), "projects whose names begin alike are one"): _again(
        "create_project", lambda _, body: body["name"][:3]
    ),
    Fault("file-id-by-name", _MIXED, "a second file of one name in a folder is answered with the first"): _again(
        "create_file", lambda _, body: (str(body["parent"]), body["name"])
    ),
    Fault(
        "file-id-by-upload", _MIXED, "a second file of an upload is answered with the first, wherever it is asked for"
    ): (_again("create_file", lambda call, _: call.body["upload"]["id"])),
    Fault("version-id-kept", _MIXED, "a new version is answered with the id of the one before"): _VersionIdKept,
    Fault(
        "file-id-is-version-id", ("body-own-resource", *_MIXED), "one file in two is answered with its version's id"
    ): _FileIdIsVersionId,
    Fault(
        "upload-body-of-last", ("body-own-resource", *_MIXED), "one upload in eight is answered with the one before"
    ): _body_of_last("create_upload", 8),
    Fault(
        "complete-body-of-last", ("body-own-resource", *_MIXED), "one complete in five is answered with the one before"
    ): (_body_of_last("complete_upload", 5)),
    Fault(
        "file-body-of-last", ("body-own-resource", *_MIXED), "one file in six is answered with the one before"
    ): _body_of_last("create_file", 6),
}
