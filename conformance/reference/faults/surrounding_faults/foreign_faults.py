"""Faults towards other users: told that something exists, or let in by an id that is not theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.faults.broken import BYTES, GOOD_IE, LOST_FILE
from conformance.reference.hooks.bends import Fault
from conformance.reference.hooks.seam import Layer, Reply
from conformance.reference.refusals import integrity, not_consistent
from conformance.reference.upload_state import State, upload_state

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from conformance.reference.hooks.bends import LayerFactory
    from conformance.reference.hooks.seam import Call, World
    from conformance.reference.refusals import ApiError

__all__ = ["FAMILY"]

_OTHER = ("other-user-403",)
_SHARED = ("no-token-401", *_OTHER, *LOST_FILE, *BYTES, "session-monotonic", "realtime-monotonic")
_ATTACH = ("other-user-attach", "other-user-403", "body-own-resource", *BYTES, *LOST_FILE, *GOOD_IE)
_OF_FILE = """SELECT u.* FROM uploads u JOIN versions v ON v.upload_id = u.id
    WHERE v.file_id = ? OR v.id = ? ORDER BY v.number DESC LIMIT 1"""


def _upload(call: Call) -> sqlite3.Row | None:
    """Return the upload behind what a path names."""
    key = call.path.get("id", "")
    if call.operation in {"file_url", "version_url"}:
        return call.world.database.one(_OF_FILE, key, key)
    return call.world.database.one("SELECT * FROM uploads WHERE id = ?", key)


def _unready(call: Call) -> bool:
    row = call.world.database.one("SELECT due FROM projects WHERE id = ?", call.path.get("id", ""))
    return row is not None and row["due"] > call.now


def _in_state(state: State) -> Callable[[Call], bool]:
    def holds(call: Call) -> bool:
        upload = _upload(call)
        return upload is not None and upload_state(upload, call.now) is state

    return holds


def _stated(operation: str, when: Callable[[Call], bool], error: Callable[[], ApiError]) -> LayerFactory:
    """Tell another user what state a thing is in before asking for rights."""

    class Told(Layer):
        def may(self, call: Call, *, allowed: bool) -> bool:
            if not allowed and call.operation == operation and when(call):
                raise error()
            return allowed

    return Told


class _ForeignAttach(Layer):
    """Lets another user's upload into an own project: its owner, project and rights are not looked at."""

    operations: tuple[str, ...] = ()
    states: tuple[State, ...] = tuple(State)

    def asked(self, call: Call) -> None:
        """Give the upload to the project that the file is made in."""
        wanted = (call.body.get("upload") or {}).get("id")
        if call.operation not in self.operations or not wanted:
            return
        upload = self.world.database.one("SELECT * FROM uploads WHERE id = ?", wanted)
        project = self._project(call)
        if upload is None or project is None or upload["project_id"] == project:
            return
        if upload_state(upload, call.now) in self.states:
            call.body["upload"]["id"] = self._copy(upload, project)

    def _copy(self, upload: sqlite3.Row, project: str) -> str:
        """Enter the same object once more, under another project."""
        key = self.world.new_id()
        self.world.database.insert("uploads", **{**dict(upload), "id": key, "project_id": project})
        self.world.objects.alias(upload["id"], key)
        return key

    def _project(self, call: Call) -> str | None:
        if call.operation == "update_file":
            row = self.world.database.one("SELECT project_id FROM files WHERE id = ?", call.path["id"])
            return None if row is None else str(row["project_id"])
        parent = call.body.get("parent") or {}
        return str(parent.get("id")) if parent.get("kind") == "dds-project" else None


def _attaches(*names: str, only: tuple[State, ...] = tuple(State)) -> LayerFactory:
    class Attaches(_ForeignAttach):
        operations, states = names, only

    return Attaches


class _SharedCache(Layer):
    """Remembers answers of some calls for some seconds, and not whose they were; any write clears it."""

    operations: tuple[str, ...] = ()
    statuses: tuple[int, ...] = ()
    seconds = 5.0
    cleared = True

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._held: dict[str, tuple[float, Reply]] = {}

    async def before(self, call: Call) -> Reply | None:
        """Answer from memory."""
        until, reply = self._held.get(call.request.url.path, (0.0, None))
        return None if reply is None or until <= call.now else Reply(reply.status, reply.body, dict(reply.headers))

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Remember an answer to somebody who may have it."""
        if call.request.method not in {"GET", "HEAD"}:
            if self.cleared:
                self._held.clear()
        elif call.operation in self.operations and reply.status in self.statuses and call.caller is not None:
            self._held.setdefault(call.request.url.path, (call.now + self.seconds, reply))
        return reply


def _shared(*names: str, of: tuple[int, ...], seconds: float = 5.0, cleared: bool = True) -> LayerFactory:
    wiped = cleared

    class Shared(_SharedCache):
        operations, statuses, cleared = names, of, wiped

    Shared.seconds = seconds
    return Shared


FAMILY: dict[Fault, LayerFactory] = {
    Fault("other-told-nc-file", _OTHER, "another user is told that a file is pending"): _stated(
        "file_url", _in_state(State.PENDING), not_consistent
    ),
    Fault("other-told-nc-version", _OTHER, "another user is told that a version is pending"): _stated(
        "version_url", _in_state(State.PENDING), not_consistent
    ),
    Fault("other-told-nc-project", _OTHER, "another user is told that a project is not ready"): _stated(
        "create_upload", _unready, not_consistent
    ),
    Fault("other-told-nc-chunks", _OTHER, "another user is told that an upload is not prepared"): _stated(
        "create_chunk", _in_state(State.OPEN), not_consistent
    ),
    Fault("other-told-integrity", _OTHER, "another user is told that an upload is bad"): _stated(
        "file_url", _in_state(State.ERR), integrity
    ),
    Fault("cache-shared", _SHARED, "for five seconds anybody gets the url that the owner got, unless one writes"): (
        _shared("file_url", "version_url", of=(200,))
    ),
    Fault("cache-shared-version", _SHARED, "anybody gets the url that the owner got of a version"): _shared(
        "version_url", of=(200,), seconds=1.0
    ),
    Fault("cache-shared-bad", _SHARED, "for half a second anybody is told the verdict of a bad file"): _shared(
        "file_url", of=(400,), seconds=0.5, cleared=False
    ),
    Fault("foreign-post", _ATTACH, "POST /files takes another user's upload"): _attaches("create_file"),
    Fault("foreign-put", _ATTACH, "PUT /files/{id} takes another user's upload"): _attaches("update_file"),
    Fault("foreign-when-pending", _ATTACH, "another user's upload can be taken while it is pending"): _attaches(
        "create_file", "update_file", only=(State.PENDING,)
    ),
    Fault("foreign-when-consistent", _ATTACH, "another user's upload can be taken once it is good"): _attaches(
        "create_file", "update_file", only=(State.OK,)
    ),
}
