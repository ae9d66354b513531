"""Layers that many faults and variants are made of: each takes a function that says whom it concerns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.hooks.seam import Layer, Reply
from conformance.reference.http_protocol import ABORT
from conformance.reference.people import User
from conformance.reference.refusals import INTEGRITY_REASON, ApiError
from conformance.reference.upload_state import State, Verdict, offences, upload_state

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from conformance.reference.hooks.bends import LayerFactory, When
    from conformance.reference.hooks.seam import Call, Visit, World
    from conformance.reference.store.objects import Part, Piece
    from conformance.reference.upload_state import Reported

    Bend = Callable[[World, Call, sqlite3.Row, str, State], State]
    Who = Callable[[World, sqlite3.Row], bool]
    Overlooked = Callable[[sqlite3.Row, list[sqlite3.Row], list[Part]], set[str]]

__all__ = [
    "BOTH",
    "EVERY_OFFENCE",
    "answer_instead",
    "as_completed",
    "busy",
    "condemn",
    "hang_up",
    "is_bad",
    "lose_completes",
    "lose_objects",
    "never",
    "older_projects",
    "other_bytes",
    "overlook",
    "refuse_attach",
    "refuse_urls",
    "refuse_while",
    "row_of",
    "states",
    "storage_answers",
    "switched_file",
    "undo_complete",
    "unverified",
]

BOTH = ("file", "version")
EVERY_OFFENCE = frozenset(
    ("first-hash", "later-hash", "total-size", "missing", "nothing", "single-missing", "single-hash", "chunk-size")
)


def older_projects(world: World, project: sqlite3.Row) -> int:
    """Count the projects that were created before this one."""
    sql = "SELECT count(*) AS older FROM projects WHERE rowid < (SELECT rowid FROM projects WHERE id = ?)"
    row = world.database.one(sql, project["id"])
    assert row is not None, "a count is one row"
    return int(row["older"])


def row_of(world: World, upload_id: str) -> sqlite3.Row | None:
    """Return an upload."""
    return world.database.one("SELECT * FROM uploads WHERE id = ?", upload_id)


def is_bad(world: World, upload: Reported) -> bool:
    """Tell whether what is stored of an upload is not what was reported."""
    chunks = world.database.all("SELECT * FROM chunks WHERE upload_id = ? ORDER BY number", upload["id"])
    return bool(offences(upload, chunks, world.objects.parts(upload["id"])))


def switched_file(call: Call, reply: Reply) -> str:
    """Return the file that was switched to another version, if one was."""
    if reply.status >= 300:
        return ""
    if call.operation == "update_file" and "upload" in call.body:
        return call.path["id"]
    promoted = isinstance(reply.body, dict) and call.operation == "promote_version"
    return str(reply.body["file"]["id"]) if promoted else ""


def as_completed(call: Call, upload: sqlite3.Row) -> dict[str, Any]:
    """Return an upload as it would be if the complete that is asked for were done."""
    reported = call.body["hash"]
    return {**dict(upload), "hash_value": reported["value"], "hash_algorithm": reported["algorithm"]}


def states(bend: Bend) -> LayerFactory:
    """Bend the state of an upload by a function of it."""

    class States(Layer):
        def upload_state(self, call: Call, upload: sqlite3.Row, via: str, state: State) -> State:
            return bend(self.world, call, upload, via, state)

    return States


def never(who: Callable[[Call, sqlite3.Row, str, State], bool]) -> LayerFactory:
    """Keep some uploads pending for ever, in every view."""
    return states(
        lambda _, call, upload, via, state: State.PENDING if state.final and who(call, upload, via, state) else state
    )


def refuse_urls(error: Callable[[Call, sqlite3.Row, str, State], ApiError | None]) -> LayerFactory:
    """Refuse some uploads at the url endpoints, whatever their state."""

    def bend(_: World, call: Call, upload: sqlite3.Row, via: str, state: State) -> State:
        refusal = error(call, upload, via, state) if via in BOTH else None
        if refusal is not None:
            raise refusal
        return state

    return states(bend)


_OF_FILE = "(SELECT upload_id FROM versions WHERE file_id = ? ORDER BY number DESC LIMIT 1)"
_OF_VERSION = "(SELECT upload_id FROM versions WHERE id = ?)"
_UPLOAD_BEHIND = {
    "show_upload": "?", "report_hash": "?", "show_file": _OF_FILE, "list_versions": _OF_FILE,
    "show_version": _OF_VERSION, "promote_version": _OF_VERSION,
}  # fmt: skip
"""The id of the upload that a call is about, by the id in its path."""


def refuse_while(operation: str, state: State, error: Callable[[], ApiError]) -> LayerFactory:
    """Refuse a call to whoever is known, while the upload that it is about is in a state."""
    sql = f"SELECT * FROM uploads WHERE id = {_UPLOAD_BEHIND[operation]}"  # noqa: S608 (the words are ours)

    class Refuses(Layer):
        async def before(self, call: Call) -> Reply | None:
            holder = self.world.people.holder(call.request.headers.get("authorization"), call.now)
            if call.operation == operation and isinstance(holder, User):
                upload = self.world.database.one(sql, call.path["id"])
                if upload is not None and upload_state(upload, call.now) is state:
                    raise error()
            return None

    return Refuses


def overlook(overlooked: Overlooked) -> LayerFactory:
    """Overlook what the function names for an upload; other offences still condemn it."""

    class Overlook(Layer):
        def verdict(
            self, upload: sqlite3.Row, chunks: list[sqlite3.Row], parts: list[Part], verdict: Verdict
        ) -> Verdict:
            left = offences(upload, chunks, parts) - overlooked(upload, chunks, parts)
            return verdict if left else Verdict()

    return Overlook


def unverified(who: Who) -> LayerFactory:
    """Find some uploads good, whatever is stored."""

    class Unverified(Layer):
        def verdict(
            self,
            upload: sqlite3.Row,
            chunks: list[sqlite3.Row],  # noqa: ARG002
            parts: list[Part],  # noqa: ARG002
            verdict: Verdict,
        ) -> Verdict:
            return Verdict() if who(self.world, upload) else verdict

    return Unverified


def condemn(who: Callable[[World, sqlite3.Row, list[Part]], bool]) -> LayerFactory:
    """Find some uploads bad, whatever is stored."""

    class Condemn(Layer):
        def verdict(
            self,
            upload: sqlite3.Row,
            chunks: list[sqlite3.Row],  # noqa: ARG002
            parts: list[Part],
            verdict: Verdict,
        ) -> Verdict:
            return Verdict(INTEGRITY_REASON) if who(self.world, upload, parts) else verdict

    return Condemn


def other_bytes(bend: Callable[[World, str, list[Piece]], list[Piece]]) -> LayerFactory:
    """Serve other bytes of an object, by its name."""

    class Other(Layer):
        def pieces(self, name: str, pieces: list[Piece]) -> list[Piece]:
            return bend(self.world, name, pieces)

    return Other


def lose_objects(who: Who) -> LayerFactory:
    """Let the storage provider not know the objects of some uploads."""

    class Lost(Layer):
        def served(self, name: str, *, served: bool) -> bool:
            upload = row_of(self.world, name)
            return served and not (upload is not None and who(self.world, upload))

    return Lost


def storage_answers(
    who: Callable[[World, sqlite3.Row, Visit], bool], change: Callable[[Visit, Response], Response]
) -> LayerFactory:
    """Change the storage provider's successful answers about some uploads."""

    class Answers(Layer):
        async def delivered(self, visit: Visit, response: Response) -> Response:
            upload = row_of(self.world, visit.name)
            concerned = response.status_code < 300 and upload is not None and who(self.world, upload, visit)
            return change(visit, response) if concerned else response

    return Answers


def undo_complete(world: World, upload_id: str) -> None:
    """Forget that an upload was completed."""
    sql = "UPDATE uploads SET completed = NULL, due = NULL, hash_value = NULL, verdict = NULL WHERE id = ?"
    world.database.run(sql, upload_id)
    world.database.run("DELETE FROM jobs WHERE subject = ?", upload_id)


def lose_completes(who: Callable[[Call, sqlite3.Row], bool]) -> LayerFactory:
    """Acknowledge a complete, and forget it."""

    class Lost(Layer):
        async def after(self, call: Call, reply: Reply) -> Reply:
            if call.operation == "complete_upload" and reply.status == 202:
                upload = row_of(self.world, call.path["id"])
                if upload is not None and who(call, upload):
                    undo_complete(self.world, upload["id"])
            return reply

    return Lost


def refuse_attach(objects: Callable[[Call, sqlite3.Row, State], str | None]) -> LayerFactory:
    """Refuse to make a file of some uploads."""

    class Refuses(Layer):
        def objection(self, call: Call, upload: sqlite3.Row, state: State, message: str | None) -> str | None:
            return message or objects(call, upload, state)

    return Refuses


def answer_instead(when: When, answer: Callable[[Call, Reply], Reply]) -> LayerFactory:
    """Put another answer in the place of those for which `when` holds."""

    class Instead(Layer):
        async def after(self, call: Call, reply: Reply) -> Reply:
            return answer(call, reply) if when(call, reply) else reply

    return Instead


def busy(code: int, *, retry_after: str | None = None, body: Any = None) -> Reply:
    """Return an answer that tells nothing: a gateway's or an overloaded server's."""
    error = ApiError(code, "busy", "the service is not available", "try again later")
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return Reply(code, error.payload() if body is None else body, headers, error.cause)


def hang_up(request: Request) -> None:
    """Cut the connection of a request."""
    request.scope["extensions"][ABORT]["abort"]()
