"""Faults of calls that clients seldom make: in a state that they seldom meet there, or refused as they seldom are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.hooks.bends import Fault, body_is, cause, drop, media, put, rewrite
from conformance.reference.hooks.recipes import row_of
from conformance.reference.hooks.seam import Layer
from conformance.reference.people import User
from conformance.reference.refusals import ApiError, integrity, not_consistent
from conformance.reference.upload_state import State, upload_state

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from conformance.reference.hooks.bends import LayerFactory
    from conformance.reference.hooks.seam import Call, Reply

__all__ = ["FAMILY"]

_RIGHTS = ("list_permissions", "show_permission", "grant", "withdraw")
_FOLDERS = ("move_folder", "rename_folder", "list_folder_children")


def _refuses(operation: str, state: State, error: Callable[[], ApiError]) -> LayerFactory:
    """Refuse a call to whoever is known, while the upload that it is about is in a state."""

    class Refuses(Layer):
        async def before(self, call: Call) -> Reply | None:
            holder = self.world.people.holder(call.request.headers.get("authorization"), call.now)
            if call.operation == operation and isinstance(holder, User):
                upload = _upload_of(call)
                if upload is not None and upload_state(upload, call.now) is state:
                    raise error()
            return None

    return Refuses


def _upload_of(call: Call) -> sqlite3.Row | None:
    key = call.path["id"]
    version = call.world.database.one("SELECT upload_id FROM versions WHERE id = ?", key)
    return row_of(call.world, version["upload_id"] if version is not None else key)


FAMILY: dict[Fault, LayerFactory] = {
    Fault("nc-on-hashes", ("nc-only-extended",), "PUT hashes is not consistent while the upload is pending"): _refuses(
        "report_hash", State.PENDING, not_consistent
    ),
    Fault("nc-on-promotion", ("nc-only-extended",), "a pending version's promotion is not consistent"): _refuses(
        "promote_version", State.PENDING, not_consistent
    ),
    Fault(
        "integrity-on-promotion", ("integrity-only-url",), "a bad version's promotion is the integrity exception"
    ): _refuses("promote_version", State.ERR, integrity),
    Fault("integrity-on-hashes", ("integrity-only-url",), "PUT hashes of a bad upload is the integrity exception"): (
        _refuses("report_hash", State.ERR, integrity)
    ),
    Fault("rights-error-mismatch", ("error-payload",), "404 of rights that nobody has says 403"): rewrite(
        cause("unknown", on=_RIGHTS), put("error", 403)
    ),
    Fault("folders-unknown-bare", ("error-payload-unrouted",), "404 of an unknown folder is a message alone"): rewrite(
        cause("unknown", on=_FOLDERS), body_is({"message": "no such folder"})
    ),
    Fault("rights-token-no-code", ("error-payload",), "401 at a project's rights carries no code"): rewrite(
        cause("no_token", "bad_token", on=_RIGHTS), drop("code")
    ),
    Fault("children-page-as-text", ("error-payload",), "a page of children that is none is refused as text"): rewrite(
        cause("validation", on=("list_project_children", "list_project_files")), media("text/plain")
    ),
}
