"""Faults of wording: what the answers carry, and under which status."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.hooks.bends import (
    UNROUTED,
    URLS,
    Fault,
    body_is,
    cause,
    drop,
    every_error,
    header,
    media,
    put,
    rewrite,
    status,
)
from conformance.reference.hooks.recipes import row_of

if TYPE_CHECKING:
    from conformance.reference.hooks.bends import LayerFactory, When
    from conformance.reference.hooks.seam import Call, Reply

__all__ = ["FAMILY"]

_NC = ("nc-until-consistent", "error-payload", "converges-project", "converges-upload")
_NC_SHAPE = ("nc-payload", "error-payload", "nc-until-consistent", "spec-wording")
_IE = ("integrity-payload", "error-payload", "spec-wording")
_LOST_IE = ("converges-upload", "nc-until-consistent", "integrity-payload", "error-payload", "integrity-only-url")
_ERROR = ("error-payload",)
_nc, _ie = cause("not_consistent"), cause("integrity")
_validation = cause("validation")
_tokens = cause("no_token", "bad_token")


def _plain(code: int, reason: str) -> LayerFactory:
    """Answer a pending resource at the url endpoints with an ordinary refusal."""
    return rewrite(
        cause("not_consistent", on=URLS),
        status(code, matching=True),
        put("code", "not_provided"),
        put("reason", reason),
        put("suggestion", "check the id"),
    )


def _unready(code: int, reason: str) -> LayerFactory:
    """Answer an unready project at `POST uploads` with an ordinary refusal."""
    return rewrite(
        cause("not_consistent", on=("create_upload",)),
        status(code, matching=True),
        put("code", "not_provided"),
        put("reason", reason),
        put("suggestion", "check the id"),
    )


def _of_gone(*operations: str) -> When:
    """Hold for refusals of calls that are about an upload whose project was deleted."""

    def holds(call: Call, reply: Reply) -> bool:
        if call.operation not in operations or reply.status < 400:
            return False
        upload = row_of(call.world, call.path["id"])
        sql = "SELECT 1 FROM projects WHERE id = ? AND deleted IS NOT NULL"
        return upload is not None and call.world.database.one(sql, upload["project_id"]) is not None

    return holds


_CODES: dict[Fault, LayerFactory] = {
    Fault(
        "code-missing",
        (*_ERROR, *_NC, "integrity-payload", "error-payload-unrouted", "nc-payload"),
        "no error carries a code",
    ): rewrite(every_error(), drop("code")),
    Fault("nc-code-missing", _NC, "not-consistent answers carry no code"): rewrite(_nc, drop("code")),
    Fault("nc-code-null", _NC, "the code of not-consistent answers is null"): rewrite(_nc, put("code", None)),
    Fault("nc-code-misspelt", (*_NC, "code-not-provided"), "the code reads resource_not_consistant"): rewrite(
        _nc, put("code", "resource_not_consistant")
    ),
    Fault("nc-code-upper-case", (*_NC, "code-not-provided"), "the code reads RESOURCE_NOT_CONSISTENT"): rewrite(
        _nc, put("code", "RESOURCE_NOT_CONSISTENT")
    ),
    Fault("nc-code-missing-version-url", _NC, "only /file_versions/{id}/url forgets the code"): rewrite(
        cause("not_consistent", on=("version_url",)), drop("code")
    ),
    Fault("nc-said-packed", _NC, "not-consistent answers say that they are packed by gzip, and are not"): rewrite(
        _nc, header("content-encoding", "gzip")
    ),
    Fault("nc-said-packed-version-url", _NC, "only /file_versions/{id}/url says that it is packed, and is not"): (
        rewrite(cause("not_consistent", on=("version_url",)), header("content-encoding", "deflate"))
    ),
    Fault("nc-code-missing-uploads", _NC, "only POST uploads forgets the code"): rewrite(
        cause("not_consistent", on=("create_upload",)), drop("code")
    ),
    Fault("code-missing-bad-token", _ERROR, "401 carries no code"): rewrite(_tokens, drop("code")),
    Fault("code-missing-validation", _ERROR, "validation errors carry no code"): rewrite(_validation, drop("code")),
    Fault("code-null-validation", _ERROR, "the code of validation errors is null"): rewrite(
        _validation, put("code", None)
    ),
    Fault("code-missing-forbidden", _ERROR, "403 carries no code"): rewrite(cause("forbidden"), drop("code")),
    Fault("code-missing-unknown-id", _ERROR, "404 of an unknown id carries no code"): rewrite(
        cause("unknown"), drop("code")
    ),
    Fault("code-empty-unknown-id", _ERROR, "the code of 404 is an empty string"): rewrite(
        cause("unknown"), put("code", "")
    ),
    Fault("code-missing-malformed", _ERROR, "unreadable bodies are refused without a code"): rewrite(
        cause("malformed"), drop("code")
    ),
    Fault("code-missing-integrity", _IE, "the integrity exception carries no code"): rewrite(_ie, drop("code")),
    Fault("code-missing-unrouted", ("error-payload-unrouted",), "404, 405 and 415 carry no code"): rewrite(
        cause(*UNROUTED), drop("code")
    ),
    Fault("code-missing-late-part", _ERROR, "a part of a deleted project's upload is refused without a code"): (
        rewrite(_of_gone("create_chunk"), drop("code"))
    ),
    Fault("code-missing-late-complete", _ERROR, "complete in a deleted project is refused by a message alone"): (
        rewrite(_of_gone("complete_upload", "report_hash"), body_is({"message": "gone"}))
    ),
    Fault("code-named-not-found", ("code-not-provided",), "404 has the code not_found"): rewrite(
        cause("unknown"), put("code", "not_found")
    ),
    Fault("integrity-code-named", (*_IE, "code-not-provided"), "the code reads integrity_exception"): rewrite(
        _ie, put("code", "integrity_exception")
    ),
}

_NC_SHAPES: dict[Fault, LayerFactory] = {
    Fault(f"nc-status-{code}", (*_NC_SHAPE, *more), f"not consistent is answered with status {code}"): rewrite(
        _nc, status(code)
    )
    for code, more in (
        (200, ("no-early-answer", "bad-never-200", "one-verdict", "bytes-exact", "session-monotonic")),
        (202, ()),
        (400, ("good-never-integrity", "one-verdict", "session-monotonic", "spec-wording", "integrity-payload")),
        (409, ()),
        (503, ("no-5xx-legal",)),
    )
} | {
    Fault("nc-reason-missing", _NC_SHAPE, "not-consistent answers carry no reason"): rewrite(_nc, drop("reason")),
    Fault("nc-suggestion-empty", _NC_SHAPE, "their suggestion is empty"): rewrite(_nc, put("suggestion", "")),
    Fault("nc-error-missing", _NC_SHAPE, "they carry no error number"): rewrite(_nc, drop("error")),
    Fault("nc-error-mismatch", _NC_SHAPE, "their error says 400"): rewrite(_nc, put("error", 400)),
    Fault("nc-as-html", _NC_SHAPE, "they are sent as text/html"): rewrite(_nc, media("text/html")),
}

_OTHER_SHAPES: dict[Fault, LayerFactory] = {
    Fault("integrity-reason-empty", _IE, "the integrity exception has an empty reason"): rewrite(
        _ie, put("reason", "")
    ),
    Fault("integrity-suggestion-missing", _IE, "it carries no suggestion"): rewrite(_ie, drop("suggestion")),
    Fault("integrity-error-mismatch", _IE, "its error says 500"): rewrite(_ie, put("error", 500)),
    Fault("integrity-as-text", _IE, "it is sent as text/plain"): rewrite(_ie, media("text/plain")),
    Fault("validation-error-is-sentence", (*_ERROR, "error-number"), "`error` of a validation is a sentence"): rewrite(
        _validation, put("error", "name is missing")
    ),
    Fault("unknown-reason-missing", _ERROR, "404 carries no reason"): rewrite(cause("unknown"), drop("reason")),
    Fault("forbidden-empty-body", _ERROR, "403 has no body"): rewrite(cause("forbidden"), body_is(None)),
    Fault("token-as-html", _ERROR, "401 is an HTML page"): rewrite(
        _tokens, body_is("<h1>Unauthorized</h1>"), media("text/html")
    ),
    Fault("unrouted-as-html", ("error-payload-unrouted",), "unknown routes get an HTML page"): rewrite(
        cause(*UNROUTED), body_is("<h1>Not Found</h1>"), media("text/html")
    ),
    Fault("error-as-digits", ("error-number",), "`error` is a string of digits"): rewrite(
        every_error(), lambda reply: reply.body.update(error=str(reply.status))
    ),
    Fault("wording-changed", ("spec-wording",), "reason and suggestion are not the specification's words"): rewrite(
        cause("not_consistent", "integrity"),
        put("reason", "the server is not satisfied with this resource"),
        put("suggestion", "see the manual"),
    ),
}

_PENDING: dict[Fault, LayerFactory] = {
    Fault("pending-plain-404", _NC, "a pending upload is an ordinary 404"): _plain(404, "DataFile Not Found"),
    Fault("pending-409", _NC, "a pending upload is a conflict"): _plain(409, "Conflict"),
    Fault(
        "pending-400",
        (
            "good-never-integrity",
            "one-verdict",
            *_NC,
            "session-monotonic",
            "spec-wording",
            "integrity-payload",
            "status-record",
        ),
        "a pending upload is an ordinary 400",
    ): _plain(400, "not yet"),
    Fault("pending-500", ("no-5xx-legal", *_NC), "a pending upload is a server error"): _plain(500, "internal error"),
    Fault(
        "pending-empty-200",
        (
            "bad-never-200",
            "one-verdict",
            *_NC,
            "bytes-exact",
            "bytes-at-once",
            "session-monotonic",
            "realtime-monotonic",
            "status-record",
            "wrong-chunk-size-integrity",
        ),
        "a pending upload is 200 with an empty object",
    ): rewrite(cause("not_consistent", on=URLS), status(200), body_is({})),
    Fault("unready-plain-404", _NC, "an unready project is an ordinary 404"): _unready(404, "Project Not Found"),
    Fault("unready-400", _NC, "an unready project is a validation error"): _unready(400, "validation failed"),
    Fault("unready-500", ("no-5xx-legal", *_NC), "an unready project is a server error"): _unready(
        500, "internal error"
    ),
    Fault("unready-409", _NC, "an unready project is a conflict"): _unready(409, "Conflict"),
}

_INTEGRITY_STATUS: dict[Fault, LayerFactory] = {
    Fault(f"integrity-status-{code}", (*own, *_LOST_IE), f"a bad upload is answered {code} for good"): (
        rewrite(_ie, status(code, matching=True))
    )
    for code, own in (
        (404, ("nc-until-consistent",)),
        (409, ("nc-until-consistent",)),
        (422, ("nc-until-consistent",)),
        (500, ("converges-upload", "no-5xx-legal")),
    )
}

FAMILY: dict[Fault, LayerFactory] = _CODES | _NC_SHAPES | _OTHER_SHAPES | _PENDING | _INTEGRITY_STATUS
