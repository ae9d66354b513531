"""Faults of calls that clients seldom make: in a state that they seldom meet there, or refused as they seldom are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.hooks.bends import Fault, body_is, cause, drop, media, put, rewrite
from conformance.reference.hooks.recipes import refuse_while
from conformance.reference.refusals import integrity, not_consistent
from conformance.reference.upload_state import State

if TYPE_CHECKING:
    from conformance.reference.hooks.bends import LayerFactory

__all__ = ["FAMILY"]

_RIGHTS = ("list_permissions", "show_permission", "grant", "withdraw")
_FOLDERS = ("move_folder", "rename_folder", "list_folder_children")


FAMILY: dict[Fault, LayerFactory] = {
    Fault(
        "nc-on-hashes", ("nc-only-extended",), "PUT hashes is not consistent while the upload is pending"
    ): refuse_while("report_hash", State.PENDING, not_consistent),
    Fault("nc-on-promotion", ("nc-only-extended",), "a pending version's promotion is not consistent"): refuse_while(
        "promote_version", State.PENDING, not_consistent
    ),
    Fault(
        "integrity-on-promotion", ("integrity-only-url",), "a bad version's promotion is the integrity exception"
    ): refuse_while("promote_version", State.ERR, integrity),
    Fault("integrity-on-hashes", ("integrity-only-url",), "PUT hashes of a bad upload is the integrity exception"): (
        refuse_while("report_hash", State.ERR, integrity)
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
