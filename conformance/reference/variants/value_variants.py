"""Variants of values: names refused or changed, sizes and hashes refused, providers, headers."""

from __future__ import annotations

import gzip
import json
import unicodedata
from typing import TYPE_CHECKING, Any

from starlette.responses import PlainTextResponse

from conformance.reference.faults.value_faults.provider_faults import second_provider
from conformance.reference.faults.value_faults.sending_faults import is_streamed
from conformance.reference.hooks.bends import URLS, Variant
from conformance.reference.hooks.recipes import condemn
from conformance.reference.hooks.seam import Layer, Reply
from conformance.reference.refusals import ApiError, invalid

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from starlette.responses import Response

    from conformance.reference.hooks.bends import LayerFactory
    from conformance.reference.hooks.seam import Call, Visit, World
    from conformance.reference.store.objects import Part, Piece

__all__ = ["FAMILY"]

_NAMED = ("create_upload", "create_project", "create_folder", "rename_file", "rename_folder", "update_project")
_NAMES = "a refused name is legal, a changed one only measured"
_LIMIT = 4 << 20  # bytes that a single part may have
_DIGITS = {"md5": 32, "sha1": 40, "sha256": 64}


def _naming(change: Callable[[str], str | None]) -> LayerFactory:
    """Change names that are asked for; refuse them where the function gives None."""

    class Naming(Layer):
        def asked(self, call: Call) -> None:
            name = call.body.get("name") if call.operation in _NAMED else None
            if isinstance(name, str):
                changed = change(name)
                if not changed:
                    raise invalid(("name", "is not allowed"))
                call.body["name"] = changed

    return Naming


def _reserved(name: str) -> str | None:
    return None if name in {".", ".."} or "/" in name or "\\" in name else name


class _NamesUnique(Layer):
    """Refuses a second file of a name in a folder with 409."""

    def objection(self, call: Call, upload: sqlite3.Row, state: Any, message: str | None) -> str | None:  # noqa: ARG002
        """Look for the first."""
        if call.operation != "create_file":
            return message
        parent = call.body["parent"]
        inside = parent["id"] if parent["kind"] == "dds-folder" else ""
        sql = """SELECT 1 FROM files WHERE project_id = ? AND coalesce(folder_id, '') = ? AND name = ?
            AND deleted IS NULL"""
        if self.world.database.one(sql, upload["project_id"], inside, upload["name"]):
            raise ApiError(409, "conflict", "the name has already been taken", "choose another name")
        return message


class _SinglePartsSmall(Layer):
    """Takes single parts of four mebibytes at most, and says so."""

    def asked(self, call: Call) -> None:
        """Look at the size."""
        if call.operation == "create_upload" and call.body.get("chunked") is False and call.body["size"] > _LIMIT:
            raise invalid(("size", f"must be less than or equal to {_LIMIT}"))

    async def after(self, call: Call, reply: Reply) -> Reply:  # noqa: ARG002
        """Announce it."""
        if "X-MAX-UPLOAD-SIZE" in reply.headers:
            reply.headers["X-MAX-UPLOAD-SIZE"] = str(_LIMIT)
        return reply


class _DigestShape(Layer):
    """Refuses a hash that is not as long as its algorithm makes it."""

    def asked(self, call: Call) -> None:
        """Measure it."""
        given = call.body.get("hash") if call.operation == "create_chunk" else None
        if given and len(given["value"]) != _DIGITS[given["algorithm"]]:
            raise invalid(("hash[value]", "is not a digest"))


def _whole_wrong(_: World, upload: sqlite3.Row, parts: list[Part]) -> bool:
    """Whether the whole hash of a chunked upload of one part is wrong, for which one part's digest is enough."""
    if not upload["chunked"] or len(parts) != 1:
        return False
    return bool(parts[0].digest(upload["hash_algorithm"]) != upload["hash_value"].lower())


class _SecondProvider(Layer):
    """Has a second storage provider, at which a project is ready half a second later."""

    def providers(self, providers: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Add it."""
        return [*providers, second_provider(providers[0])]

    def project_ready(self, call: Call, project: sqlite3.Row, *, ready: bool) -> bool:
        """Compare the instants."""
        named = (call.body.get("storage_provider") or {}).get("id", self.world.provider_id)
        return ready and (named == self.world.provider_id or call.now >= project["due"] + 0.5)


class _Sha256Provider(Layer):
    """Wants SHA-256 of every chunk."""

    def providers(self, providers: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Say so."""
        return [{**one, "chunk_hash_algorithm": "sha256"} for one in providers]


class _SecondHashes(Layer):
    """Has a second storage provider, which wants SHA-256."""

    def providers(self, providers: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Add it."""
        return [*providers, {**second_provider(providers[0]), "chunk_hash_algorithm": "sha256"}]


class _OpenReplayed(Layer):
    """Answers an upload asked for in the very same words by the first one, as long as that is open."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._held: dict[object, Reply] = {}

    async def before(self, call: Call) -> Reply | None:
        """Look for the answer, and whether it was completed since."""
        if call.operation != "create_upload" or call.request.method != "POST":
            return None
        key = call.request.headers.get("authorization"), call.request.url.path, await call.request.body()
        call.facts["key"] = key
        reply = self._held.get(key)
        sql = "SELECT 1 FROM uploads WHERE id = ? AND completed IS NULL"
        is_open = reply is not None and self.world.database.one(sql, reply.body["id"]) is not None
        return Reply(reply.status, reply.body, dict(reply.headers)) if reply is not None and is_open else None

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Keep the answer."""
        if "key" in call.facts and reply.status == 201:
            self._held[call.facts["key"]] = reply
        return reply


class _NoSlugs(Layer):
    """Knows no slugs: what is asked for is ignored."""

    def asked(self, call: Call) -> None:
        """Drop it."""
        if call.operation == "create_project":
            call.body.pop("slug", None)


class _Compresses(Layer):
    """Compresses what is sent to who accepts it."""

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Compress it."""
        accepted = "gzip" in call.request.headers.get("accept-encoding", "")
        if accepted and isinstance(reply.body, dict):
            reply.body = gzip.compress(json.dumps(reply.body).encode())
            reply.headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        return reply


class _ExactTags(Layer):
    """Gives a 200 of the url endpoints a tag of version and state, and answers 304 to who has it."""

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Compare them."""
        if call.operation not in URLS or reply.status != 200:
            return reply
        reply.headers["ETag"] = f'"{call.facts["version"]}"'
        same = call.request.headers.get("if-none-match") == reply.headers["ETag"]
        return Reply(304, headers=reply.headers) if same else reply


class _NoHead(Layer):
    """Does not know HEAD."""

    async def before(self, call: Call) -> Reply | None:
        """Refuse it."""
        if call.request.method != "HEAD":
            return None
        raise ApiError(405, "method", "405 Not Allowed", "use GET", headers={"allow": "GET"})


class _NotAcceptable(Layer):
    """Refuses a request that accepts no JSON."""

    async def before(self, call: Call) -> Reply | None:
        """Read the header."""
        wanted = call.request.headers.get("accept", "*/*")
        if any(kind in wanted for kind in ("*/*", "application/*", "json")):
            return None
        raise ApiError(406, "not_acceptable", "406 Not Acceptable", "accept application/json")


class _PartOnce(Layer):
    """Lets every signed PUT be used once."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._used: set[bytes] = set()

    async def delivered(self, visit: Visit, response: Response) -> Response:
        """Remember what was used."""
        query = visit.request.scope["query_string"]
        if visit.verb == "PUT" and query in self._used:
            response.status_code = 403
        self._used.add(query)
        return response


class _StoredOnce(Layer):
    """Keeps one copy of bytes that are the same, by what was computed of them."""

    def pieces(self, name: str, pieces: list[Piece]) -> list[Piece]:
        """Serve those of the first object that has them."""
        own = [(part.number, part.md5) for part in self.world.objects.parts(name)]
        for row in self.world.database.all("SELECT id FROM uploads WHERE verdict = 'ok' ORDER BY completed"):
            if [(part.number, part.md5) for part in self.world.objects.parts(row["id"])] == own:
                return self.world.objects.pieces(row["id"])
        return pieces


class _LengthWanted(Layer):
    """Refuses bytes whose length is not told beforehand."""

    async def delivered(self, visit: Visit, response: Response) -> Response:
        """Let go of what came."""
        if not is_streamed(visit) or response.status_code >= 300:
            return response
        self.world.objects.drop(visit.name, visit.number)
        return PlainTextResponse("MissingContentLength", 411)


class _PartsFilled(Layer):
    """Refuses to take a part in which nothing is to be."""

    def asked(self, call: Call) -> None:
        """Look at its size."""
        if call.operation == "create_chunk" and call.body.get("size") == 0:
            raise invalid(("size", "must be greater than 0"))


FAMILY: dict[Variant, LayerFactory] = {
    Variant("parts-filled", "a part of no bytes is refused", "nobody needs one"): _PartsFilled,
    Variant("length-wanted", "bytes without their length are refused with 411", "a storage provider may want it"): (
        _LengthWanted
    ),
    Variant("bytes-stored-once", "the same bytes are kept once", "nobody can see where bytes lie"): _StoredOnce,
    Variant("names-reserved", "names that are paths are refused", _NAMES): _naming(_reserved),
    Variant("names-trimmed", "names lose the spaces at their ends", _NAMES): _naming(str.strip),
    Variant("names-without-dots", "names lose the spaces and dots at their ends", _NAMES): _naming(
        lambda name: name.strip(" .")
    ),
    Variant("names-composed", "names are stored in Unicode's composed form", _NAMES): _naming(
        lambda name: unicodedata.normalize("NFC", name)
    ),
    Variant("names-short", "names of more than 255 characters are refused", _NAMES): _naming(
        lambda name: name if len(name) <= 255 else None
    ),
    Variant("names-unique", "a second file of a name in a folder is refused", "a refused collision is legal"): (
        _NamesUnique
    ),
    Variant("single-parts-small", "single parts have at most four mebibytes", "the X-MAX headers say so"): (
        _SinglePartsSmall
    ),
    Variant("digest-shape", "a chunk hash of another length is refused", "refusing a truncated hash is legal"): (
        _DigestShape
    ),
    Variant(
        "whole-hash-compared",
        "the whole file's hash counts for a chunked upload of one part",
        "a wrong whole-file hash says nothing about a chunked upload",
    ): condemn(_whole_wrong),
    Variant("second-provider", "there is a second provider, ready half a second later", "a chain of its own"): (
        _SecondProvider
    ),
    Variant("sha256-provider", "chunks are reported by SHA-256", "the provider's chunk_hash_algorithm says so"): (
        _Sha256Provider
    ),
    Variant("second-provider-sha256", "a second provider wants SHA-256", "each provider says how it hashes"): (
        _SecondHashes
    ),
    Variant(
        "same-words-while-open",
        "an upload asked for in the same words is the first one until that is completed",
        "two equal requests may be one, delivered twice",
    ): _OpenReplayed,
    Variant("no-slugs", "a slug that is asked for is ignored", "the specification does not need it"): _NoSlugs,
    Variant("compresses", "answers are compressed for who accepts it", "content negotiation of HTTP"): _Compresses,
    Variant(
        "exact-tags",
        "a consistent url has an ETag, and is not modified while it is the same",
        "a tag changes with the state",
    ): _ExactTags,
    Variant("no-head", "HEAD is refused with 405", "HEAD is not documented"): _NoHead,
    Variant("not-acceptable", "who accepts no JSON is refused with 406", "content negotiation of HTTP"): _NotAcceptable,
    Variant("part-url-once", "a signed PUT works once", "how long a signed url lives is not said"): _PartOnce,
}
