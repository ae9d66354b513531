"""Faults of place: the right answer at the wrong call, for the wrong thing, or to the wrong person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.hooks.bends import Fault, cause, put, rewrite, status
from conformance.reference.hooks.recipes import refuse_while
from conformance.reference.hooks.seam import Layer
from conformance.reference.people import User
from conformance.reference.refusals import ApiError, integrity, not_consistent
from conformance.reference.upload_state import State

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from conformance.reference.hooks.bends import LayerFactory
    from conformance.reference.hooks.seam import Call, Reply, World

__all__ = ["FAMILY"]

_ONLY_NC = ("nc-only-extended",)
_ONLY_IE = ("integrity-only-url",)


def _listing(state: State, error: Callable[[], ApiError]) -> LayerFactory:
    """Refuse the listing of a project's files because of one of them."""

    class Listing(Layer):
        def upload_state(self, call: Call, upload: sqlite3.Row, via: str, state_: State) -> State:  # noqa: ARG002
            if via == "listing" and state_ is state:
                raise error()
            return state_

    return Listing


def _attaching(state: State, error: Callable[[], ApiError]) -> LayerFactory:
    """Refuse to make a file of an upload in a state."""

    class Attaching(Layer):
        def objection(self, call: Call, upload: sqlite3.Row, state_: State, message: str | None) -> str | None:  # noqa: ARG002
            if state_ is state:
                raise error()
            return message

    return Attaching


class _ChunksNotReady(Layer):
    """Answers not consistent at PUT chunks for 150 ms."""

    def chunks_ready(self, call: Call, upload: sqlite3.Row, *, ready: bool) -> bool:
        """Compare the instants."""
        return ready and call.now >= upload["created"] + 0.15


class _UnreadyProject(Layer):
    """Does not show a project, or take folders for it, until it is ready."""

    async def before(self, call: Call) -> Reply | None:
        """Refuse `GET /projects/{id}` for a while."""
        if call.operation == "show_project":
            row = self.world.database.one("SELECT due FROM projects WHERE id = ?", call.path["id"])
            if row is not None and row["due"] > call.now:
                raise not_consistent()
        return None


def _missing(*, deleted: bool, things: tuple[str, ...] = ()) -> LayerFactory:
    """Answer not consistent for unknown, or for deleted things."""

    class Missing(Layer):
        def missing(self, call: Call, row: sqlite3.Row | None, error: ApiError) -> ApiError:  # noqa: ARG002
            named = not things or error.reason.removesuffix(" Not Found") in things
            return not_consistent() if deleted == (row is not None) and named else error

    return Missing


class _AnybodyIsAlice(Layer):
    """Takes a caller without a valid token for the first user."""

    def user(self, call: Call, user: User | ApiError) -> User | ApiError:  # noqa: ARG002
        """Forget to check."""
        if isinstance(user, User):
            return user
        return next(person for person in self.world.people.users.values() if person.username == "alice")


class _KnownByConnection(Layer):
    """Looks a caller up once for each connection, as its first request says."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._known: dict[object, User] = {}

    def user(self, call: Call, user: User | ApiError) -> User | ApiError:
        """Remember who came first; a connection is known by its client's port."""
        if isinstance(user, User):
            self._known.setdefault(call.request.client, user)
        return self._known.get(call.request.client, user)


class _TokenCut(Layer):
    """Looks at as much of a token as its own tokens are long."""

    def user(self, call: Call, user: User | ApiError) -> User | ApiError:
        """Look again, at the beginning."""
        given = call.request.headers.get("authorization", "")
        known = [token for token in self.world.people.secrets() if given.startswith(token)]
        return self.world.people.holder(known[0], call.now) if isinstance(user, ApiError) and known else user


def _may(*operations: str) -> LayerFactory:
    """Let anybody do these operations on any project; all, if none is named."""

    class May(Layer):
        def may(self, call: Call, *, allowed: bool) -> bool:
            return allowed or not operations or call.operation in operations

    return May


_SHOWN: dict[Fault, LayerFactory] = {
    Fault(f"nc-on-{name}", _ONLY_NC, f"{text} is not consistent while its upload is pending"): refuse_while(
        operation, State.PENDING, not_consistent
    )
    for name, text, operation in (
        ("show-upload", "GET /uploads/{id}", "show_upload"),
        ("show-file", "GET /files/{id}", "show_file"),
        ("show-version", "GET /file_versions/{id}", "show_version"),
        ("list-versions", "GET /files/{id}/versions", "list_versions"),
    )
} | {
    Fault(
        f"integrity-on-{name}", (*_ONLY_IE, "other-user-403"), f"{text} is the integrity exception for a bad upload"
    ): refuse_while(operation, State.ERR, integrity)
    for name, text, operation in (
        ("show-upload", "GET /uploads/{id}", "show_upload"),
        ("show-file", "GET /files/{id}", "show_file"),
        ("show-version", "GET /file_versions/{id}", "show_version"),
    )
}

_ELSEWHERE: dict[Fault, LayerFactory] = {
    Fault("nc-on-create-file", _ONLY_NC, "POST /files is not consistent while the upload is pending"): _attaching(
        State.PENDING, not_consistent
    ),
    Fault("integrity-on-create-file", _ONLY_IE, "POST /files answers the integrity exception"): _attaching(
        State.ERR, integrity
    ),
    Fault("nc-on-show-project", _ONLY_NC, "GET /projects/{id} is not consistent until it is ready"): _UnreadyProject,
    Fault("nc-on-chunks", ("nc-tolerated-endpoints",), "PUT chunks is not consistent for a while"): _ChunksNotReady,
    Fault(
        "nc-on-listing", ("nc-tolerated-endpoints",), "GET /projects/{id}/files is, while a file is pending"
    ): _listing(State.PENDING, not_consistent),
    Fault(
        "integrity-on-listing", ("integrity-listing",), "GET /projects/{id}/files is the integrity exception"
    ): _listing(State.ERR, integrity),
}

_NOBODY: dict[Fault, LayerFactory] = {
    Fault("nc-unknown-id", ("nc-unknown-id", "nc-only-extended"), "unknown ids are not consistent"): _missing(
        deleted=False
    ),
    Fault("nc-unknown-file", ("nc-unknown-id", "nc-only-extended"), "unknown files are not consistent"): _missing(
        deleted=False, things=("DataFile",)
    ),
    Fault(
        "nc-unknown-version", ("nc-unknown-id", "nc-only-extended"), "unknown file versions are not consistent"
    ): _missing(deleted=False, things=("FileVersion",)),
    Fault("nc-unknown-project", ("nc-unknown-id", "nc-only-extended"), "unknown projects are not consistent"): _missing(
        deleted=False, things=("Project",)
    ),
    Fault(
        "nc-after-delete", ("nc-after-delete", "nc-only-extended"), "deleted things are not consistent for ever"
    ): _missing(deleted=True),
    Fault(
        "nc-after-delete-file", ("nc-after-delete", "nc-only-extended"), "deleted files are not consistent for ever"
    ): _missing(deleted=True, things=("DataFile", "FileVersion")),
}

_ACCESS: dict[Fault, LayerFactory] = {
    Fault(
        "no-token-accepted", ("no-token-401",), "a missing or bad token is taken for the first user's"
    ): _AnybodyIsAlice,
    Fault(
        "caller-by-connection",
        ("no-token-401", "other-user-403", "converges-upload"),
        "a connection's first request says who speaks",
    ): _KnownByConnection,
    Fault("no-token-403", ("no-token-401",), "a missing or bad token is answered 403"): rewrite(
        cause("no_token", "bad_token"), status(403, matching=True)
    ),
    Fault(
        "bad-token-500", ("no-token-401", "no-5xx-legal", "invalid-no-5xx"), "a bad token is a server error"
    ): rewrite(cause("bad_token"), status(500, matching=True)),
    Fault("bad-token-longer", ("no-token-401",), "a token with something behind it is taken for the token"): _TokenCut,
    Fault("stranger-reads", ("other-user-403",), "anybody may do anything in any project"): _may(),
    Fault("stranger-downloads", ("other-user-403",), "anybody may have any url"): _may("file_url", "version_url"),
    Fault("stranger-uploads", ("other-user-403",), "anybody may create uploads anywhere"): _may("create_upload"),
    Fault("stranger-completes", ("other-user-403",), "anybody may fill and complete an upload"): _may(
        "create_chunk", "complete_upload"
    ),
    Fault("stranger-not-found", ("other-user-403",), "the other user's 403 is a 404"): rewrite(
        cause("forbidden"), status(404, matching=True), put("reason", "Not Found")
    ),
}

FAMILY: dict[Fault, LayerFactory] = _SHOWN | _ELSEWHERE | _NOBODY | _ACCESS
