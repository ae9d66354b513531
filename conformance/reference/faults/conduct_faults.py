"""Faults of conduct: records that lie, traces of refused work, failures on bad input, under load, now and then."""

from __future__ import annotations

import uuid
from collections import deque
from typing import TYPE_CHECKING, Any

from conformance.reference.hooks.bends import URLS, Fault, cause, draw, drop, put, rewrite, status
from conformance.reference.hooks.seam import Layer, Reply
from conformance.reference.refusals import ApiError, unknown
from conformance.reference.server_clock import iso
from conformance.reference.upload_state import State, upload_state

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from conformance.reference.hooks.bends import LayerFactory
    from conformance.reference.hooks.seam import Call, World

    Record = dict[str, Any]

__all__ = ["FAMILY"]

_STATUS = ("status-record",)


def _record(change: Callable[[Call, sqlite3.Row, State, Record], Record]) -> LayerFactory:
    """Tell something else in the status of an upload; `change` returns the fields that differ."""

    class Lies(Layer):
        def status_record(self, call: Call, upload: sqlite3.Row, record: Record) -> Record:
            return record | change(call, upload, upload_state(upload, call.now), record)

    return Lies


class _Load(Layer):
    """Misbehaves when the url endpoints get more than `limit` reads in 100 ms."""

    def __init__(self, world: World, limit: int, reply: Callable[[Reply], Reply]) -> None:
        super().__init__(world)
        self._limit, self._reply = limit, reply
        self._recent: deque[float] = deque()

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Count, and bend the answer above the limit."""
        if call.operation not in URLS or reply.cause in {"no_token", "bad_token", "forbidden", "unknown"}:
            return reply
        self._recent.append(call.now)
        while self._recent[0] < call.now - 0.1:
            self._recent.popleft()
        return self._reply(reply) if len(self._recent) > self._limit else reply


def _failed(_: Reply) -> Reply:
    error = ApiError(500, "internal", "internal error", "report this")
    return Reply(500, error.payload(), cause="internal")


def _plain_when_pending(reply: Reply) -> Reply:
    error = unknown("DataFile")
    return Reply(404, error.payload(), cause=error.cause) if reply.cause == "not_consistent" else reply


class _TwoReaders(Layer):
    """Answers the second of two reads of one pending upload within 20 ms with a plain 404."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._last: dict[str, float] = {}

    def upload_state(self, call: Call, upload: sqlite3.Row, via: str, state: State) -> State:
        """Remember the last read of every upload."""
        if via not in {"file", "version"} or state is not State.PENDING:
            return state
        last, self._last[upload["id"]] = self._last.get(upload["id"], 0.0), call.now
        if call.now - last < 0.02:
            raise unknown("DataFile")
        return state


class _NowAndThen(Layer):
    """Fails one in thirty good requests."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._count = 0

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Count the successes."""
        if reply.status >= 300 or call.operation == "app_status":
            return reply
        self._count += 1
        return _failed(reply) if draw(self.world, "fail", str(self._count)) < 1 / 30 else reply


def _leave_upload(call: Call, project_id: str) -> None:
    call.world.database.insert(
        "uploads",
        id=call.world.new_id(),
        project_id=project_id,
        name=call.body["name"],
        content_type=call.body["content_type"],
        size=call.body["size"],
        chunked=1,
        created=call.now,
        created_by=call.user.id,
    )


class _RefusedUploadStays(Layer):
    """Keeps the upload that a not-consistent answer refused."""

    def project_ready(self, call: Call, project: sqlite3.Row, *, ready: bool) -> bool:
        """Insert it all the same."""
        if not ready:
            _leave_upload(call, project["id"])
        return ready


class _RefusedFileStays(Layer):
    """Keeps the file that a validation error refused."""

    def objection(self, call: Call, upload: sqlite3.Row, state: State, message: str | None) -> str | None:  # noqa: ARG002
        """Insert it all the same."""
        if message is not None and call.operation == "create_file":
            stamp = {"created": call.now, "created_by": call.user.id}
            key, name = call.world.new_id(), upload["name"]
            call.world.database.insert("files", id=key, project_id=upload["project_id"], name=name, **stamp)
            version = {"id": call.world.new_id(), "file_id": key, "number": 1, "upload_id": upload["id"]}
            call.world.database.insert("versions", **version, **stamp)
        return message


class _RejectedProjectStays(Layer):
    """Keeps a project whose creation was refused as invalid, if it had a name."""

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Insert it all the same."""
        name = call.body.get("name")
        rejected = call.operation == "create_project" and reply.cause == "validation" and self.concerns(reply)
        if rejected and isinstance(name, str) and name:
            key, stamp = call.world.new_id(), {"created": call.now, "created_by": call.user.id}
            columns = {"id": key, "name": name.replace("\x00", ""), "slug": key, "description": "", "due": call.now}
            call.world.database.insert("projects", **columns, **stamp)
            permission = {"project_id": key, "user_id": call.user.id, "role": "project_admin"}
            call.world.database.insert("permissions", **permission, **stamp)
        return reply

    def concerns(self, reply: Reply) -> bool:  # noqa: ARG002 - others look at it
        """Whether a refusal is one of those."""
        return True


class _RejectedSlugStays(_RejectedProjectStays):
    """Keeps a project whose creation was refused for its slug alone: that is looked at after the project was stored."""

    def concerns(self, reply: Reply) -> bool:
        """Look for the only field."""
        return [one["field"] for one in reply.body.get("errors", [])] == ["slug"]


class _UnreadyUploadVanishes(Layer):
    """Accepts an upload on an unready project, and loses it."""

    def project_ready(self, call: Call, project: sqlite3.Row, *, ready: bool) -> bool:  # noqa: ARG002
        """Say yes, and remember."""
        call.facts["unready"] = not ready
        return True

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Lose it."""
        if call.facts.get("unready") and reply.status == 201:
            self.world.database.run("DELETE FROM uploads WHERE id = ?", reply.body["id"])
        return reply


class _MalformedIdFails(Layer):
    """Fails on an id that is no UUID."""

    def missing(self, call: Call, row: sqlite3.Row | None, error: ApiError) -> ApiError:
        """Parse it, carelessly."""
        if row is None:
            try:
                uuid.UUID(call.path.get("id", ""))
            except ValueError:
                return ApiError(500, "internal", "badly formed hexadecimal UUID string", "report this")
        return error


_RECORDS: dict[Fault, LayerFactory] = {
    Fault("status-consistent-early", _STATUS, "is_consistent is true as soon as an upload is completed"): _record(
        lambda _, __, state, ___: {"is_consistent": True} if state is State.PENDING else {}
    ),
    Fault("status-never-consistent", _STATUS, "is_consistent never becomes true"): _record(
        lambda *_: {"is_consistent": None}
    ),
    Fault("status-error-hidden", _STATUS, "error_on and error_message stay null for a bad upload"): _record(
        lambda *_: {"error_on": None, "error_message": None}
    ),
    Fault("status-error-on-good", _STATUS, "error_on is set for a good upload"): _record(
        lambda _, upload, state, __: (
            {"error_on": iso(upload["due"]), "error_message": "none"} if state is State.OK else {}
        )
    ),
    Fault("status-error-early", _STATUS, "error_on of a bad upload is set before is_consistent"): _record(
        lambda _, upload, state, __: (
            {"error_on": iso(upload["completed"]), "error_message": "mismatch"}
            if state is State.PENDING and upload["verdict"] == "err"
            else {}
        )
    ),
    Fault("status-changes", _STATUS, "error_on and completed_on are another instant at every read"): _record(
        lambda call, _, __, record: {
            name: iso(call.now) for name in ("error_on", "completed_on") if record[name] is not None
        }
    ),
    Fault(
        "status-stale-open",
        ("status-record", "state-order", "read-your-writes"),
        "completed_on is null until 200 ms after the upload is consistent",
    ): _record(
        lambda call, upload, __, ___: (
            {"completed_on": None, "is_consistent": None, "error_on": None, "error_message": None}
            if upload["due"] is not None and call.now < upload["due"] + 0.2
            else {}
        )
    ),
}

_TRACES: dict[Fault, LayerFactory] = {
    Fault(
        "refused-upload-listed", ("refused-create-no-trace",), "an upload refused as not consistent exists"
    ): _RefusedUploadStays,
    Fault("refused-file-listed", ("refused-create-no-trace",), "a file refused as invalid exists"): _RefusedFileStays,
    Fault(
        "rejected-project-listed", ("refused-create-no-trace",), "a project refused as invalid exists"
    ): _RejectedProjectStays,
    Fault(
        "rejected-slug-listed", ("refused-create-no-trace",), "a project refused for a slug that is taken exists"
    ): _RejectedSlugStays,
    Fault(
        "unready-upload-vanishes",
        ("complete-202", "read-your-writes", "complete-no-integrity", "converges-upload", "other-user-403"),
        "an upload accepted on an unready project is forgotten",
    ): _UnreadyUploadVanishes,
}

_FAILURES: dict[Fault, LayerFactory] = {
    Fault(
        "now-and-then-500",
        ("no-5xx-legal", "complete-no-500", "complete-202", "converges-upload"),
        "one in thirty good requests is a server error",
    ): _NowAndThen,
    Fault("load-500", ("no-5xx-legal", "converges-upload"), "more than 20 url reads in 100 ms are server errors"): (
        lambda world: _Load(world, 20, _failed)
    ),
    Fault("load-plain-404", ("nc-until-consistent",), "under the same load a pending upload is a plain 404"): (
        lambda world: _Load(world, 20, _plain_when_pending)
    ),
    Fault(
        "two-readers-plain-404", ("nc-until-consistent",), "two reads of a pending upload at once get a plain 404"
    ): _TwoReaders,
    Fault(
        "invalid-500", ("invalid-no-5xx", "complete-repeat-no-5xx", "no-5xx-legal"), "invalid fields are a server error"
    ): rewrite(cause("validation"), status(500, matching=True)),
    Fault("malformed-500", ("invalid-no-5xx",), "unreadable bodies are a server error"): rewrite(
        cause("malformed"), status(500, matching=True)
    ),
    Fault("malformed-id-500", ("invalid-no-5xx",), "an id that is no UUID is a server error"): _MalformedIdFails,
    Fault("media-type-500", ("invalid-no-5xx",), "an unsupported media type is a server error"): rewrite(
        cause("media_type"), status(500, matching=True)
    ),
    Fault(
        "invalid-500-bare",
        ("invalid-no-5xx", "error-payload", "error-number", "complete-repeat-no-5xx", "no-5xx-legal"),
        "invalid fields are a server error without a code",
    ): rewrite(cause("validation"), status(500), drop("code"), put("error", "500")),
}

FAMILY: dict[Fault, LayerFactory] = _RECORDS | _TRACES | _FAILURES
