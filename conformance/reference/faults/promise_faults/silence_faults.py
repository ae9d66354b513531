"""Faults of silence: a class of requests that only ever meets answers which say nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.faults.broken import COMPLETE, NEVER, SILENT_URL
from conformance.reference.hooks.bends import URLS, Fault
from conformance.reference.hooks.recipes import answer_instead, as_completed, busy, hang_up, is_bad, row_of
from conformance.reference.hooks.seam import Layer, Reply
from conformance.reference.refusals import ApiError, unauthorized
from conformance.reference.upload_state import State

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from conformance.reference.hooks.bends import LayerFactory
    from conformance.reference.hooks.seam import Call

__all__ = ["FAMILY"]

_PAGE = "<html><head><title>504 Gateway Time-out</title></head></html>"
_SILENT = (*SILENT_URL, *NEVER)
_COMPLETE = (*COMPLETE, *NEVER)


def _completing(who: Callable[[Call, sqlite3.Row], bool], error: Callable[[], ApiError]) -> LayerFactory:
    """Answer the completes of some uploads with a status that says nothing."""

    class Completing(Layer):
        def before_complete(self, call: Call, upload: sqlite3.Row) -> None:
            if who(call, upload):
                raise error()

    return Completing


def _busy(code: int, retry_after: str | None = None) -> Callable[[], ApiError]:
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return lambda: ApiError(code, "busy", "the service is not available", "try again later", headers=headers)


def _bad(call: Call, upload: sqlite3.Row) -> bool:
    return is_bad(call.world, as_completed(call, upload))


def _reset(who: Callable[[Call, Reply], bool]) -> LayerFactory:
    """Cut the connection in the place of some answers."""

    def cut(call: Call, reply: Reply) -> Reply:
        hang_up(call.request)
        return reply

    return answer_instead(who, cut)


class _CompletingReset(Layer):
    """Cuts the connection of every complete of an empty upload before anything is done."""

    def before_complete(self, call: Call, upload: sqlite3.Row) -> None:
        """Cut it."""
        if upload["size"] == 0:
            hang_up(call.request)
            error = _busy(503)()
            raise error


def _read(call: Call, reply: Reply, *states: State) -> bool:
    """Whether a url endpoint was read of an upload in one of these states."""
    return call.operation in URLS and call.facts.get("state") in states and reply.status in {200, 400, 404}


def _versions_of(call: Call) -> int:
    sql = "SELECT count(*) AS count FROM versions WHERE file_id = ?"
    row = call.world.database.one(sql, call.facts.get("file", ""))
    return 0 if row is None else int(row["count"])


def _single(call: Call) -> bool:
    upload = row_of(call.world, call.facts.get("upload", ""))
    return upload is not None and not upload["chunked"]


def _in_folder(call: Call) -> bool:
    sql = "SELECT 1 FROM files WHERE id = ? AND folder_id IS NOT NULL"
    return call.world.database.one(sql, call.facts.get("file", "")) is not None


def _token_gone(_: Call, __: Reply) -> Reply:
    error = unauthorized("busy", "invalid api_token")
    return Reply(error.status, error.payload(), cause=error.cause)


def _half_written(_: Call, reply: Reply) -> Reply:
    """Promise more than is sent."""
    reply.finish = lambda lines: [(name, b"9999" if name == b"content-length" else value) for name, value in lines]
    return reply


FAMILY: dict[Fault, LayerFactory] = {
    Fault("bad-complete-503", _COMPLETE, "complete of a bad upload is answered 503, come back in a second"): (
        _completing(_bad, _busy(503, "1"))
    ),
    Fault("bad-complete-429", _COMPLETE, "complete of a bad single part is too many requests, each time"): _completing(
        lambda call, upload: not upload["chunked"] and _bad(call, upload), _busy(429)
    ),
    Fault("chunked-complete-504", _COMPLETE, "complete of three or more parts ends at the gateway"): _completing(
        lambda call, upload: len(call.world.objects.parts(upload["id"])) > 2, _busy(504)
    ),
    Fault(
        "sha256-complete-503", ("no-5xx-legal",), "no worker computes SHA-256: such a complete is a 503"
    ): _completing(lambda call, _: call.body["hash"]["algorithm"] == "sha256", _busy(503)),
    Fault("empty-complete-reset", _COMPLETE, "complete of an empty upload is a reset connection"): _CompletingReset,
    Fault("bad-url-503", _SILENT, "the url of a bad upload is answered 503 for ever"): answer_instead(
        lambda call, reply: _read(call, reply, State.ERR), lambda _, __: busy(503, retry_after="1")
    ),
    Fault("bad-url-reset", _SILENT, "the url of a bad upload is a reset connection"): _reset(
        lambda call, reply: _read(call, reply, State.ERR)
    ),
    Fault("bad-url-401", (*_SILENT, "no-token-401"), "who asks for the url of a bad upload has no valid token"): (
        answer_instead(
            lambda call, reply: _read(call, reply, State.ERR),
            _token_gone,
        )
    ),
    Fault("version-url-502", _SILENT, "the url of a version is a gateway's page"): answer_instead(
        lambda call, reply: call.operation == "version_url" and _read(call, reply, State.OK),
        lambda _, __: busy(502, body=_PAGE),
    ),
    Fault(
        "switched-url-500",
        (*_SILENT, "error-payload"),
        "the url of a file with two versions is a server error without a body",
    ): (
        answer_instead(
            lambda call, reply: (
                call.operation == "file_url" and _read(call, reply, State.OK, State.ERR) and _versions_of(call) > 1
            ),
            lambda _, __: busy(500, body=""),
        )
    ),
    Fault("single-url-429", _SILENT, "the url of a single part is too many requests, each time"): answer_instead(
        lambda call, reply: _read(call, reply, State.OK) and _single(call),
        lambda _, __: busy(429, retry_after="1"),
    ),
    Fault(
        "good-url-cut", (*_SILENT, "bytes-exact"), "the url of a chunked upload is cut in the middle of the answer"
    ): (answer_instead(lambda call, reply: _read(call, reply, State.OK) and not _single(call), _half_written)),
    Fault("folder-url-503", _SILENT, "the urls of files in folders are answered 503"): answer_instead(
        lambda call, reply: _read(call, reply, State.OK, State.ERR) and _in_folder(call), lambda _, __: busy(503)
    ),
}
