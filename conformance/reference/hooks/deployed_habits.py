"""The deployed service's habits, so far as they are known: neither a fault nor a variant, but all of them at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.endpoints.lookup import find_upload
from conformance.reference.endpoints.views import upload_view
from conformance.reference.faults import FAULT_LAYERS
from conformance.reference.hooks.bends import body_is, cause, media, rewrite
from conformance.reference.hooks.seam import Layer, Reply
from conformance.reference.refusals import invalid
from conformance.reference.upload_state import Verdict, offences
from conformance.reference.variants import VARIANT_LAYERS

if TYPE_CHECKING:
    import sqlite3

    from conformance.reference.hooks.bends import LayerFactory
    from conformance.reference.hooks.seam import Call
    from conformance.reference.store.objects import Part

__all__ = ["HABITS"]

_PARTS = (
    "One or more of the specified parts could not be found. The part might not have been uploaded, or the specified"
    " entity tag might not have matched the part's entity tag."
)
_REASONS = {
    "nothing": "The XML you provided was not well-formed or did not validate against our published schema",
    "missing": _PARTS,
    "first-hash": _PARTS,
    "later-hash": _PARTS,
    "total-size": "reported size does not match size computed by StorageProvider",
    "single-hash": "reported hash value does not match size computed by StorageProvider",
    "single-missing": "NonChunkedUpload not found in object store",
}
_PAGE = "<!DOCTYPE html><html><head><title>We're sorry, but something went wrong (500)</title></head></html>"
_NOT_FOUND = "<!DOCTYPE html><html><head><title>The page you were looking for doesn't exist (404)</title></head></html>"
_PROBLEM = "\nProblem:\n  message body does not match declared format\n"
_BESIDE = 0.2  # seconds within which completes are at once
_PURGE = 3.0  # seconds until a deleted project's files are gone


class _Verifies(Layer):
    """Compares what the storage provider compares: neither a chunk's size nor a chunked upload's whole hash."""

    def verdict(self, upload: sqlite3.Row, chunks: list[sqlite3.Row], parts: list[Part], verdict: Verdict) -> Verdict:  # noqa: ARG002
        """Say it in the provider's words."""
        found = offences(upload, chunks, parts) - {"chunk-size"}
        return Verdict(next((reason for name, reason in _REASONS.items() if name in found), None))


class _Framework(Layer):
    """Refuses what is missing or of the wrong type as its framework does: a sentence, and no code."""

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Write the sentence, or fail at a number of a page that it cannot read."""
        errors = reply.body.get("errors", []) if reply.cause == "validation" else []
        if any(one["field"] == "per_page" and one["message"] == "is invalid" for one in errors):
            return Reply(500, _PAGE, media_type="text/html")
        unread = call.again is None or any(one["field"] == "page" for one in errors)
        if errors and unread and all(one["message"] in {"is missing", "is invalid"} for one in errors):
            reply.body = {"error": ", ".join(f"{one['field']} {one['message']}" for one in errors)}
        return _spelled(call, reply)


def _spelled(call: Call, reply: Reply) -> Reply:
    """Write `error` as digits, but for a missing token."""
    if reply.status >= 400 and reply.status != 401 and isinstance(reply.body, dict) and "code" in reply.body:
        reply.body["error"] = str(reply.status)
    if reply.cause == "media_type":
        reply.body = {
            "error": f"The provided content-type '{call.request.headers.get('content-type')}' is not supported."
        }
    return reply


class _CompletesAtOnce(Layer):
    """Answers every complete of an upload 202 that comes at once with the first; wants MD5 of a single part."""

    def before_complete(self, call: Call, upload: sqlite3.Row) -> None:
        """Look at the algorithm."""
        if not upload["chunked"] and call.body["hash"]["algorithm"] != "md5":
            raise invalid(("fingerprints", "must contain storage provider compatible algorithm: md5"))

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Compare the instants."""
        if call.operation != "complete_upload" or reply.cause != "validation" or call.caller is None:
            return reply
        row = self.world.database.one("SELECT completed FROM uploads WHERE id = ?", call.path["id"])
        if row is None or row["completed"] is None or call.now > row["completed"] + _BESIDE:
            return reply
        return Reply(202, upload_view(call, find_upload(call, call.path["id"])))


class _ProjectsLinger(Layer):
    """Serves the urls of a deleted project until its purge job has run."""

    def read_instant(self, call: Call, instant: float) -> float:
        """Read the moment before it was deleted."""
        sql = """SELECT p.deleted FROM projects p JOIN files f ON f.project_id = p.id
            LEFT JOIN versions v ON v.file_id = f.id WHERE f.id = ? OR v.id = ?"""
        if call.operation not in {"file_url", "version_url"}:
            return instant
        row = self.world.database.one(sql, call.path["id"], call.path["id"])
        gone = None if row is None else row["deleted"]
        return float(gone) - 0.001 if gone is not None and gone <= instant < gone + _PURGE else instant


HABITS: dict[str, tuple[LayerFactory, ...]] = {
    "deployed": (
        _Verifies,
        VARIANT_LAYERS["large-parts-only"],
        FAULT_LAYERS["mix-single-unsent-never"],
        FAULT_LAYERS["single-put-after-verdict"],
        FAULT_LAYERS["foreign-put"],
        FAULT_LAYERS["other-told-nc-project"],
        VARIANT_LAYERS["chunks-nc"],
        VARIANT_LAYERS["deployed-listing"],
        VARIANT_LAYERS["single-parts-have-no-parts"],
        VARIANT_LAYERS["long-path-bare"],
        VARIANT_LAYERS["closes-silently"],
        _CompletesAtOnce,
        _ProjectsLinger,
        _Framework,
        rewrite(cause("malformed"), body_is({"error": _PROBLEM})),
        rewrite(cause("method"), body_is({"error": "405 Not Allowed"})),
        rewrite(cause("no_route"), body_is(_NOT_FOUND), media("text/html")),
    )
}
