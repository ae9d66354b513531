"""Variants of refusals: other statuses, other orders, other reasons to refuse what was asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.hooks.bends import Variant, cause, draw, rewrite, status
from conformance.reference.hooks.seam import Layer, Reply
from conformance.reference.refusals import INTEGRITY_SUGGESTION, ApiError, invalid
from conformance.reference.upload_state import State

if TYPE_CHECKING:
    import sqlite3

    from conformance.reference.hooks.bends import LayerFactory
    from conformance.reference.hooks.seam import Call

__all__ = ["FAMILY"]


def _refused(code: int, reason: str) -> Reply:
    error = ApiError(code, "refused", reason, "ask in another way")
    return Reply(code, error.payload(), dict(error.headers), error.cause)


class _RefusesAccept(Layer):
    """Refuses a request whose Accept header names no media type, whatever else is to be said."""

    async def before(self, call: Call) -> Reply | None:
        """Read it."""
        wanted = call.request.headers.get("accept", "*/*")
        return None if all("/" in one for one in wanted.split(",")) else _refused(400, "malformed Accept header")


async def _asked(call: Call, *operations: str) -> dict[str, Any]:
    """Give the body of one of these operations, asked for by somebody with a token; empty for all else."""
    if call.operation not in operations or "authorization" not in call.request.headers:
        return {}
    try:
        body = await call.request.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


class _PlainNames(Layer):
    """Refuses uploads and projects whose names are not plain, before it looks whether the project is ready."""

    async def before(self, call: Call) -> Reply | None:
        """Look at the name."""
        name = (await _asked(call, "create_upload", "create_project")).get("name")
        plain = not isinstance(name, str) or (name.isascii() and '"' not in name)
        return None if plain else _refused(400, "a name has plain letters only")


class _ProviderFirst(Layer):
    """Looks for the storage provider before it validates the rest."""

    async def before(self, call: Call) -> Reply | None:
        """Look for it."""
        named = (await _asked(call, "create_upload")).get("storage_provider")
        if named is None or (isinstance(named, dict) and named.get("id") == self.world.provider_id):
            return None
        return _refused(404, "StorageProvider Not Found")


class _RefusesInItsWords(Layer):
    """Refuses `POST /files` for a bad upload by a validation error that ends in the integrity exception's advice."""

    def objection(self, call: Call, upload: sqlite3.Row, state: State, message: str | None) -> str | None:  # noqa: ARG002
        """Look at the verdict."""
        call.facts["known bad"] = upload["verdict"] == State.ERR.value
        return "cannot have an error" if call.facts["known bad"] else message

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Give the advice."""
        if reply.status == 400 and call.facts.get("known bad"):
            reply.body["suggestion"] = INTEGRITY_SUGGESTION
        return reply


class _AttachesConsistent(Layer):
    """Takes an upload for a file only once it is consistent."""

    def objection(self, call: Call, upload: sqlite3.Row, state: State, message: str | None) -> str | None:  # noqa: ARG002
        """Look whether it is pending."""
        return "must be consistent" if state is State.PENDING else message


class _SecondDelivery(Layer):
    """Answers some creates as their second delivery is answered where names are unique: the name is taken."""

    _count = 0

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Take every sixth or so."""
        if call.operation not in {"create_file", "create_upload"} or reply.status != 201:
            return reply
        self._count += 1
        if draw(self.world, "second delivery", str(self._count)) >= 1 / 6:
            return reply
        error = invalid(("name", "has already been taken"))
        return Reply(error.status, error.payload(), dict(error.headers), error.cause)


class _PromotionShowsFile(Layer):
    """Answers a promotion by the file, in which the new version is the current one."""

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Show it."""
        if call.operation == "promote_version" and reply.status < 300:
            reply.status = 201
            reply.body = {"kind": "dds-file", "id": reply.body["file"]["id"], "current_version": reply.body}
        return reply


class _OneFilePerUpload(Layer):
    """Refuses to make a second file, or a second version, of an upload."""

    def objection(self, call: Call, upload: sqlite3.Row, state: State, message: str | None) -> str | None:  # noqa: ARG002
        """Look for the first."""
        taken = self.world.database.one("SELECT 1 FROM versions WHERE upload_id = ?", upload["id"])
        return "has already been taken" if taken and call.operation in ("create_file", "update_file") else message


FAMILY: dict[Variant, LayerFactory] = {
    Variant("validation-422", "what is invalid is refused with 422", "an ordinary validation error"): rewrite(
        cause("validation", "malformed"), status(422, matching=True)
    ),
    Variant(
        "refuses-accept", "a malformed Accept header is refused with 400", "a malformed header is an invalid request"
    ): _RefusesAccept,
    Variant(
        "plain-names", "uploads and projects must have plain names, which is looked at first", "a refused name is legal"
    ): _PlainNames,
    Variant(
        "provider-first",
        "an unknown storage provider is 404 before anything is validated",
        "the order of refusals is not in the specification",
    ): _ProviderFirst,
    Variant(
        "one-file-per-upload",
        "an upload that is a file, or a version of one, is refused for another",
        "refusing a second file of an upload is legal",
    ): _OneFilePerUpload,
    Variant(
        "refuses-in-its-words",
        "POST /files refuses a bad upload with the exception's advice",
        "an ordinary validation error names its fields",
    ): _RefusesInItsWords,
    Variant(
        "attaches-consistent",
        "POST and PUT /files refuse an upload until it is consistent",
        "the spec does not say when an upload may become a file",
    ): _AttachesConsistent,
    Variant(
        "second-delivery",
        "one create in six is answered as a second delivery: its name is taken",
        "the create was done: its name is taken",
    ): _SecondDelivery,
    Variant(
        "promotion-shows-file",
        "a promotion is answered 201 by the file",
        "the body of a promotion is not in the specification",
    ): _PromotionShowsFile,
}
