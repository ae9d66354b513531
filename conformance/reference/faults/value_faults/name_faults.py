"""Faults of names: what a name holds, how long it is, and which name came before it."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING
from urllib.parse import unquote

from starlette.responses import Response

from conformance.reference.faults.broken import BYTES, GOOD_IE, LOST_FILE, NEVER, PROJECT, SILENT_URL
from conformance.reference.hooks.bends import Fault, choose_version, drop, put, status
from conformance.reference.hooks.recipes import (
    condemn,
    hang_up,
    lose_objects,
    never,
    other_bytes,
    refuse_attach,
    refuse_urls,
    storage_answers,
    unverified,
)
from conformance.reference.hooks.seam import Layer
from conformance.reference.refusals import ApiError, malformed, unknown

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from conformance.reference.hooks.bends import LayerFactory
    from conformance.reference.hooks.seam import Call, Reply, Visit, World
    from conformance.reference.store.objects import Piece

__all__ = ["FAMILY"]

_WORDS = {"null", "none", "nil", "nan", "undefined", "true", "false"}


def _shared(key: Callable[[str], str]) -> LayerFactory:
    """Keep one object for all names of a project that the key function makes alike: the latest complete wins."""

    def bend(world: World, name: str, pieces: list[Piece]) -> list[Piece]:
        sql = """SELECT o.id, o.name, u.name AS own FROM uploads u JOIN uploads o ON o.project_id = u.project_id
            WHERE u.id = ? AND o.completed IS NOT NULL ORDER BY o.completed DESC"""
        rows = world.database.all(sql, name)
        alike = [row["id"] for row in rows if key(row["name"]) == key(row["own"])]
        return world.objects.pieces(alike[0]) if alike else pieces

    return other_bytes(bend)


class _PlusUnsigned(Layer):
    """Signs the url of a name with `+` as if it were a space, and sends the `+`."""

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Spoil the signature."""
        if call.operation == "version_url" and reply.status == 200 and "%252B" in reply.body["url"]:
            reply.body["url"] += "0"
        return reply


class _FragmentCut(Layer):
    """Leaves the name as it is in the signed url: what follows `#` or `?` never arrives."""

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Cut there."""
        if call.operation in {"file_url", "version_url"} and reply.status == 200:
            cuts = [at for at in (reply.body["url"].find(mark) for mark in ("%2523", "%253F")) if at > 0]
            reply.body["url"] = reply.body["url"][: min(cuts)] if cuts else reply.body["url"]
        return reply


def _unprintable(_: World, upload: sqlite3.Row, visit: Visit) -> bool:
    return visit.verb == "GET" and any(letter in upload["name"] for letter in "\"\\';\t")


def _cut(visit: Visit, response: Response) -> Response:
    hang_up(visit.request)
    return response


def _buried(call: Call, upload: sqlite3.Row) -> bool:
    """Whether a file of that name was deleted in the project before."""
    sql = "SELECT 1 FROM files WHERE project_id = ? AND name = ? AND deleted IS NOT NULL AND created < ?"
    return call.world.database.one(sql, upload["project_id"], upload["name"], upload["created"]) is not None


def _by_name(call: Call, via: str, _: list[sqlite3.Row], chosen: sqlite3.Row) -> sqlite3.Row:
    """Look a file up by project and name, forgetting the folder: the latest is found."""
    sql = """SELECT v.* FROM files f JOIN files o ON o.project_id = f.project_id AND o.name = f.name
        AND o.deleted IS NULL AND coalesce(o.folder_id, '') <> coalesce(f.folder_id, '') JOIN versions v ON
        v.file_id = o.id WHERE f.id = ? AND o.created > f.created ORDER BY v.created DESC LIMIT 1"""
    other = call.world.database.one(sql, chosen["file_id"]) if via == "file" else None
    return chosen if other is None else other


def _unready(who: Callable[[World, sqlite3.Row], bool]) -> LayerFactory:
    class NeverReady(Layer):
        def project_ready(self, call: Call, project: sqlite3.Row, *, ready: bool) -> bool:  # noqa: ARG002
            return ready and not who(self.world, project)

    return NeverReady


def _slug_taken(change: Callable[[Reply], None]) -> LayerFactory:
    """Change the refusal of a slug that another project has."""

    class SlugTaken(Layer):
        async def after(self, call: Call, reply: Reply) -> Reply:
            refused = call.operation == "create_project" and reply.cause == "validation"
            if refused and "slug" in call.body and "taken" in str(reply.body.get("errors")):
                change(reply)
            return reply

    return SlugTaken


def _as_text(reply: Reply) -> None:
    reply.body, reply.media_type = "slug has already been taken", "text/plain"


_KEYS: dict[Fault, LayerFactory] = {
    Fault("name-decoded-twice", BYTES, "the key of an object is its percent-decoded name: it is not found"): (
        lose_objects(lambda _, upload: unquote(upload["name"]) != upload["name"])
    ),
    Fault("name-nfc-shared", BYTES, "names that Unicode composes to the same share one object"): _shared(
        lambda name: unicodedata.normalize("NFC", name)
    ),
    Fault("name-case-shared", BYTES, "names that differ only in case share one object"): _shared(str.casefold),
    Fault("name-end-lost", BYTES, "an object whose name ends in a dot or a space is not found again"): lose_objects(
        lambda _, upload: upload["name"].rstrip(". ") != upload["name"]
    ),
    Fault("name-plus-unsigned", BYTES, "the url of a version whose name holds + is signed for a space"): _PlusUnsigned,
    Fault("name-fragment-cut", BYTES, "a signed url ends at the # or ? of the name"): _FragmentCut,
    Fault("name-quote-cut", BYTES, "storage cuts a download whose name does not fit into its header"): storage_answers(
        _unprintable, _cut
    ),
}

_WORK: dict[Fault, LayerFactory] = {
    Fault("name-ampersand-never", NEVER, "the job of an upload is lost if the name holds &"): never(
        lambda _, upload, __, ___: "&" in upload["name"]
    ),
    Fault("name-255-bytes-never", NEVER, "an upload whose name has more than 255 bytes never converges"): never(
        lambda _, upload, __, ___: len(upload["name"].encode()) > 255
    ),
    Fault("name-512-bad", GOOD_IE, "the key of a name beyond 512 characters is cut, so that no part is found"): condemn(
        lambda _, upload, __: len(upload["name"]) > 512
    ),
    Fault("name-letter-bad", GOOD_IE, "a name of one letter is taken for a drive: the upload is bad"): condemn(
        lambda _, upload, __: len(upload["name"]) == 1
    ),
    Fault("name-hidden-unverified", ("bad-never-200", *BYTES, "status-record"), "dot files are not verified"): (
        unverified(lambda _, upload: upload["name"].startswith("."))
    ),
    Fault("name-dots-never", NEVER, "an upload named . or .. or by a path never converges"): never(
        lambda _, upload, __, ___: bool({".", ".."} & set(upload["name"].split("/")))
    ),
}

_ANSWERS: dict[Fault, LayerFactory] = {
    Fault("name-percent-400", ("good-never-integrity", *LOST_FILE), "a name with % is a bad request at its url"): (
        refuse_urls(lambda _, upload, __, ___: malformed("bad escape") if "%" in upload["name"] else None)
    ),
    Fault("name-slash-404", LOST_FILE, "a file whose name holds a slash is a plain 404 at /files/{id}/url"): (
        refuse_urls(lambda _, upload, via, __: unknown("DataFile") if via == "file" and "/" in upload["name"] else None)
    ),
    Fault("name-word-404", LOST_FILE, "a file called null, none, true or the like is a plain 404"): refuse_urls(
        lambda _, upload, __, ___: unknown("DataFile") if upload["name"].lower() in _WORDS else None
    ),
    Fault("name-astral-500", SILENT_URL, "a name with a letter of four bytes is a server error at its url"): (
        refuse_urls(
            lambda _, upload, __, ___: (
                ApiError(500, "internal", "incorrect string value", "report this")
                if max(upload["name"]) > "\uffff"
                else None
            )
        )
    ),
    Fault(
        "name-digits-refused",
        ("converges-upload", "new-version-served"),
        "an upload named by digits only is looked up by number",
    ): (refuse_attach(lambda _, upload, __: "does not exist" if upload["name"].isdigit() else None)),
    Fault("name-buried-404", LOST_FILE, "a file with the name of a deleted one is a plain 404"): refuse_urls(
        lambda call, upload, __, ___: unknown("DataFile") if _buried(call, upload) else None
    ),
    Fault(
        "name-in-two-folders",
        (*BYTES, "one-verdict", "bad-never-200", "good-never-integrity", "session-monotonic", "realtime-monotonic"),
        "a file's url serves the later file of that name in another folder",
    ): choose_version(_by_name),
}

_PROJECTS: dict[Fault, LayerFactory] = {
    Fault("project-name-slash-never", PROJECT, "a project whose name holds a slash never becomes ready"): _unready(
        lambda _, project: "/" in project["name"]
    ),
    Fault("project-name-long-never", PROJECT, "a project whose name is beyond 200 characters never becomes ready"): (
        _unready(lambda _, project: len(project["name"]) > 200)
    ),
}

_SLUGS: dict[Fault, LayerFactory] = {
    Fault("slug-taken-no-code", ("error-payload",), "the refusal of a taken slug has no code"): _slug_taken(
        drop("code")
    ),
    Fault("slug-taken-text", ("error-payload",), "the refusal of a taken slug is plain text"): _slug_taken(_as_text),
    Fault("slug-taken-500", ("no-5xx-legal", "invalid-no-5xx"), "a taken slug is a server error"): _slug_taken(
        status(500, matching=True)
    ),
    Fault("slug-taken-error-422", ("error-payload",), "the refusal of a taken slug names another status"): _slug_taken(
        put("error", 422)
    ),
}

FAMILY: dict[Fault, LayerFactory] = _KEYS | _WORK | _ANSWERS | _PROJECTS | _SLUGS
