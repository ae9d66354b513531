"""Faults of headers: negotiation, caches, conditional requests, HEAD, connections."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.reference.faults.broken import BAD_200, BYTES, LOST_WAIT, MONOTONIC, NEVER
from conformance.reference.hooks.bends import EXTENDED, URLS, Fault, body_is, every_error, media, rewrite, status
from conformance.reference.hooks.recipes import BOTH, answer_instead
from conformance.reference.hooks.seam import Layer, Reply
from conformance.reference.refusals import ApiError, unknown
from conformance.reference.upload_state import State

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from starlette.responses import Response

    from conformance.reference.hooks.bends import LayerFactory, When
    from conformance.reference.hooks.seam import Call, Visit, World
    from conformance.reference.store.objects import Piece

__all__ = ["FAMILY"]

_KEPT = 4
"""Bytes of an object that are kept."""
_PAGE = "<html><body><h1>Error</h1></body></html>"
_ANYBODY = ("other-user-403", "no-token-401", "nc-after-delete")
_STALE = ("converges-upload", "new-version-served", "nc-until-consistent", "conditional-same-state", *MONOTONIC)


def _asks(name: str, wanted: Callable[[str | None], bool], *, on: tuple[str, ...] = ()) -> When:
    """Hold for answers to requests with a certain header line (None: without it)."""
    return lambda call, _: (not on or call.operation in on) and wanted(call.request.headers.get(name))


def _closes(value: str | None) -> bool:
    return value is not None and value.lower() == "close"


def _plain(_: Call, reply: Reply) -> Reply:
    """Tell nothing of what is temporary."""
    error = unknown("DataFile")
    return Reply(404, error.payload(), cause=error.cause) if reply.cause == "not_consistent" else reply


def _failed(_: Call, __: Reply) -> Reply:
    error = ApiError(500, "internal", "no serializer for this media type", "report this")
    return Reply(500, error.payload(), cause=error.cause)


class _Validates(Layer):
    """Answers 304 at the url endpoints to who comes with the validator that every answer carries."""

    header, asked_by = "ETag", "if-none-match"

    def validator(self, call: Call) -> str:
        """Name the resource, whatever its state."""
        return f'"{call.path["id"]}"'

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Compare."""
        if call.operation not in URLS or reply.cause in {"no_token", "bad_token", "forbidden", "unknown"}:
            return reply
        reply.headers[self.header] = self.validator(call)
        same = call.request.headers.get(self.asked_by) == self.validator(call)
        return Reply(304, headers={self.header: self.validator(call)}) if same else reply


class _ValidatesByDate(_Validates):
    """Does so by the date of the file, which does not change when its upload converges."""

    header, asked_by = "Last-Modified", "if-modified-since"

    def validator(self, call: Call) -> str:
        """Name an instant."""
        return f"Thu, 01 Jan 2026 00:00:{len(call.path['id']) % 60:02} GMT"


class _ValidatesByName(_Validates):
    """Does so by the upload's name: another version has the same validator."""

    def validator(self, call: Call) -> str:
        """Name the file and whether its upload is final."""
        return f'W/"{call.path["id"]}-{getattr(call.facts.get("state"), "final", False)}"'


class _HeadFreezes(Layer):
    """Answers a GET as the HEAD before it was answered, for ever if that was not consistent."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._frozen: set[str] = set()

    def upload_state(self, call: Call, upload: sqlite3.Row, via: str, state: State) -> State:  # noqa: ARG002
        """Remember who asked how."""
        if via not in BOTH:
            return state
        if call.request.method == "HEAD" and state is State.PENDING:
            self._frozen.add(call.path["id"])
        return State.PENDING if call.path["id"] in self._frozen else state


class _HeadFinishes(_HeadFreezes):
    """Takes a HEAD for the sign that the work is done."""

    def upload_state(self, call: Call, upload: sqlite3.Row, via: str, state: State) -> State:
        """Finish it."""
        super().upload_state(call, upload, via, state)
        return State.OK if via in BOTH and call.path["id"] in self._frozen else state


class _SharedCache(Layer):
    """Keeps the answers of the url endpoints for half a second by their path, whoever asks."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._retained: dict[str, tuple[float, Reply]] = {}

    async def before(self, call: Call) -> Reply | None:
        """Look for a fresh one."""
        at, reply = self._retained.get(call.request.url.path, (0.0, None))
        return reply if call.operation in URLS and call.now < at + 0.5 else None

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Keep a good one."""
        if call.operation in URLS and reply.status == 200:
            self._retained.setdefault(call.request.url.path, (call.now, reply))
        return reply


class _RangeCached(Layer):
    """Keeps the beginning of an object as the whole once somebody asked for a part of it."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._cut: set[str] = set()

    async def delivered(self, visit: Visit, response: Response) -> Response:
        """Look for who asks for a part."""
        if visit.verb == "GET" and "range" in visit.request.headers:
            self._cut.add(visit.name)
        return response

    def pieces(self, name: str, pieces: list[Piece]) -> list[Piece]:
        """Serve what is kept."""
        return [replace(pieces[0], length=min(_KEPT, pieces[0].length))] if name in self._cut and pieces else pieces


FAMILY: dict[Fault, LayerFactory] = {
    Fault("range-cached", BYTES, "once a part of an object was asked for, storage serves that alone"): _RangeCached,
    Fault(
        "accept-absent-html",
        ("nc-payload", "error-payload", "integrity-payload", "nc-until-consistent", "error-payload-unrouted"),
        "errors are a page to who sends no Accept header",
    ): rewrite(
        lambda call, reply: every_error()(call, reply) and "accept" not in call.request.headers,
        body_is(_PAGE),
        media("text/html"),
    ),
    Fault("accept-quality-500", ("no-5xx-legal",), "an Accept header with q-values is a server error"): answer_instead(
        _asks("accept", lambda value: ";q=" in (value or "").replace(" ", ""), on=EXTENDED), _failed
    ),
    Fault("accept-json-plain-404", LOST_WAIT, "to who accepts nothing but JSON a pending upload is a plain 404"): (
        answer_instead(_asks("accept", lambda value: value == "application/json", on=EXTENDED), _plain)
    ),
    Fault("close-plain-404", LOST_WAIT, "a node that closes its connections knows no pending file"): (
        answer_instead(_asks("connection", _closes, on=URLS), _plain)
    ),
    Fault("close-complete-200", ("complete-202",), "complete answers 200 on a connection that is to be closed"): (
        rewrite(
            lambda call, reply: (
                call.operation == "complete_upload"
                and reply.status == 202
                and _closes(call.request.headers.get("connection"))
            ),
            status(200),
        )
    ),
    Fault("etag-for-ever", _STALE, "a file has one ETag for ever: who revalidates waits for ever"): _Validates,
    Fault("modified-never", _STALE, "a file counts as not modified when its upload converges"): _ValidatesByDate,
    Fault("etag-same-name", ("new-version-served", *_STALE), "all versions of a file have one ETag"): _ValidatesByName,
    Fault("head-freezes", NEVER, "a HEAD of a pending url is what every later GET answers"): _HeadFreezes,
    Fault(
        "head-finishes", (*BAD_200, *MONOTONIC, "one-verdict"), "a HEAD of a pending url makes it 200"
    ): _HeadFinishes,
    Fault("shared-cache", (*_ANYBODY, *MONOTONIC, "status-record"), "a cache serves urls to anybody"): _SharedCache,
    Fault("identity-nc-200", ("nc-payload",), "who wants no compression gets the not-consistent body with a 200"): (
        answer_instead(
            lambda call, reply: (
                call.operation in URLS
                and reply.cause == "not_consistent"
                and call.request.headers.get("accept-encoding") == "identity"
            ),
            lambda _, reply: Reply(200, reply.body, reply.headers),
        )
    ),
}
