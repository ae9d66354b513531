"""Variants of manners: other shapes, other words, other hosts, stricter or looser refusals, a retrying gateway."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from conformance.reference.endpoints.request_bodies import is_form
from conformance.reference.hooks.bends import Variant, cause, draw, every_error, put, rewrite
from conformance.reference.hooks.seam import Layer, Reply
from conformance.reference.refusals import ApiError, integrity, invalid, not_consistent
from conformance.reference.upload_state import State, Verdict

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from typing import Any

    from conformance.reference.hooks.bends import LayerFactory
    from conformance.reference.hooks.seam import Call, World
    from conformance.reference.store.objects import Part

__all__ = ["FAMILY"]

_LARGE = 5 * 1024 * 1024  # bytes that S3 wants of every part but the last


def _host(bend: Callable[[str], str]) -> LayerFactory:
    class OtherHost(Layer):
        def host(self, host: str) -> str:
            return bend(host)

    return OtherHost


class _LikeS3(Layer):
    """Signs URLs as S3 does: the signed headers, the algorithm and the date stand in the query."""

    _QUERY = "&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-SignedHeaders=host&X-Amz-Date=20260101T000000Z"

    def url(self, url: str) -> str:
        """Add them."""
        return url + self._QUERY

    def opened(self, url: str) -> str:
        """Take them away."""
        return url.removesuffix(self._QUERY)


class _OpaqueUrls(Layer):
    """Puts all that a signed URL says into one token."""

    def url(self, url: str) -> str:
        """Pack it."""
        return f"/o?token={base64.urlsafe_b64encode(url.encode()).decode()}"

    def opened(self, url: str) -> str:
        """Unpack it."""
        packed = url.removeprefix("/o?token=")
        return base64.urlsafe_b64decode(packed).decode() if packed != url else url


class _RelativeUrls(Layer):
    """Leaves out the slash that a path begins with."""

    def url(self, url: str) -> str:
        """Leave it out."""
        return url.removeprefix("/")


def _headers(bend: Callable[[bytes, bytes], tuple[bytes, bytes] | None]) -> LayerFactory:
    """Rewrite or drop (None) every header line."""

    def finish(lines: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        return [line for line in (bend(*pair) for pair in lines) if line is not None]

    class OtherHeaders(Layer):
        async def after(self, call: Call, reply: Reply) -> Reply:  # noqa: ARG002
            reply.finish = finish
            return reply

    return OtherHeaders


class _NoKeepAlive(Layer):
    """Closes the connection after every answer."""

    async def after(self, call: Call, reply: Reply) -> Reply:  # noqa: ARG002
        """Say so."""
        reply.headers["Connection"] = "close"
        return reply


class _ExtraFields(Layer):
    """Adds fields that nobody asked for to every object and error."""

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Add them at the top, and in the status of an upload."""
        if isinstance(reply.body, dict):
            extra = {"request_id": call.world.new_id(), "_links": {"self": call.request.url.path}, "extra": None}
            reply.body = {**extra, **reply.body}
        return reply

    def status_record(self, call: Call, upload: sqlite3.Row, record: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        """Add one to the status."""
        return {"queue": "default", **record}


class _SmallPages(Layer):
    """Never shows more than three items a page."""

    def per_page(self, call: Call, size: int) -> int:  # noqa: ARG002
        """Cap it."""
        return min(size, 3)


class _ChunksNotReady(Layer):
    """Prepares every chunked upload in the background: PUT chunks is not consistent until then."""

    def _ready(self, upload: sqlite3.Row, instant: float) -> bool:
        seconds = self.world.settings.lag.draw(self.world.settings.seed, f"chunks of {upload['id']}")
        return bool(instant >= upload["created"] + seconds)

    def chunks_ready(self, call: Call, upload: sqlite3.Row, *, ready: bool) -> bool:
        """Compare the instants."""
        return ready and self._ready(upload, call.now)

    def status_record(self, call: Call, upload: sqlite3.Row, record: dict[str, Any]) -> dict[str, Any]:
        """Tell it in the status too."""
        ready = {"ready_for_chunks": self._ready(upload, call.instant)} if upload["chunked"] else {}
        return record | ready


class _RefusesKnownBad(Layer):
    """Refuses `POST /files` for a bad upload as soon as the verification knows, before the url endpoints tell."""

    def objection(self, call: Call, upload: sqlite3.Row, state: State, message: str | None) -> str | None:  # noqa: ARG002
        """Look at the verdict."""
        return "cannot have an error" if upload["verdict"] == State.ERR.value else message


class _AcceptsKnownBad(Layer):
    """Lets a known bad upload become a file; its url is the integrity exception."""

    def objection(self, call: Call, upload: sqlite3.Row, state: State, message: str | None) -> str | None:  # noqa: ARG002
        """Overlook the error."""
        return None if state is State.ERR else message


class _LargePartsOnly(Layer):
    """Condemns uploads with a part below 5 MiB before the last, as S3 does."""

    def verdict(
        self,
        upload: sqlite3.Row,  # noqa: ARG002
        chunks: list[sqlite3.Row],  # noqa: ARG002
        parts: list[Part],
        verdict: Verdict,
    ) -> Verdict:
        """Weigh the parts."""
        small = any(part.size < _LARGE for part in parts[:-1])
        return Verdict("Your proposed upload is smaller than the minimum allowed size") if small else verdict

    async def after(self, call: Call, reply: Reply) -> Reply:  # noqa: ARG002
        """Announce the limit."""
        if "X-MIN-CHUNK-UPLOAD-SIZE" in reply.headers:
            reply.headers["X-MIN-CHUNK-UPLOAD-SIZE"] = str(_LARGE)
        return reply


class _RefusesSmallParts(Layer):
    """Refuses to complete an upload of which a part before the last was reported with less than 5 MiB."""

    def before_complete(self, call: Call, upload: sqlite3.Row) -> None:  # noqa: ARG002
        """Look at what was reported."""
        chunks = self.world.database.all("SELECT size FROM chunks WHERE upload_id = ? ORDER BY number", upload["id"])
        if any(chunk["size"] < _LARGE for chunk in chunks[:-1]):
            raise invalid(("chunks", f"must have at least {_LARGE} bytes each, the last aside"))


def _delivered_twice(dice: str, *operations: str) -> LayerFactory:
    """Do one in three of some operations twice; the client sees the second answer."""

    class Twice(Layer):
        def __init__(self, world: World) -> None:
            super().__init__(world)
            self._count = 0

        async def after(self, call: Call, reply: Reply) -> Reply:
            """Perform it again."""
            if call.operation not in operations or reply.status >= 300 or call.again is None:
                return reply
            self._count += 1
            if draw(self.world, dice, str(self._count)) >= 1 / 3:
                return reply
            try:
                return call.again()
            except ApiError as error:
                return Reply(error.status, error.payload(), dict(error.headers), error.cause)

    return Twice


def _no_forms(error: Callable[[], ApiError]) -> LayerFactory:
    """Refuse every body that is a form."""

    class NoForms(Layer):
        async def before(self, call: Call) -> Reply | None:
            sends = call.request.method in {"POST", "PUT"}
            if sends and is_form(call.request):
                raise error()
            return None

    return NoForms


class _DeployedListing(Layer):
    """Refuses the listing of a project's files while one of them is pending or bad, as the deployed service does."""

    def upload_state(self, call: Call, upload: sqlite3.Row, via: str, state: State) -> State:  # noqa: ARG002
        """Raise for the first file without a url."""
        if via == "listing" and state is not State.OK:
            single = "reported hash value does not match size computed by StorageProvider"
            raise (integrity() if upload["chunked"] else integrity(single)) if state is State.ERR else not_consistent()
        return state


FAMILY: dict[Variant, LayerFactory] = {
    Variant(
        "error-digits", "`error` is a string of digits, but for 401", "a string of digits is accepted, and warned of"
    ): rewrite(
        lambda call, reply: every_error()(call, reply) and reply.status != 401,
        lambda reply: reply.body.update(error=str(reply.status)),
    ),
    Variant(
        "extra-fields",
        "objects and errors carry fields that nobody asked for",
        "the specification does not forbid them",
    ): _ExtraFields,
    Variant(
        "other-wording",
        "the integrity exception has the deployed service's reason",
        "the spec's own words are a SHOULD",
    ): rewrite(
        cause("integrity"), put("reason", "reported chunk hash does not match that computed by StorageProvider")
    ),
    Variant(
        "own-wording",
        "not-consistent and integrity answers have words of their own",
        "the spec's own words are a SHOULD",
    ): rewrite(
        cause("integrity", "not_consistent"),
        put("reason", "the server is not satisfied with this resource"),
        put("suggestion", "see the manual"),
    ),
    Variant("storage-other-host", "storage goes by another host name", "a signed url names its host"): _host(
        lambda host: host.replace("127.0.0.1", "localhost")
    ),
    Variant("bare-host", "the host of a signed URL has no scheme", "a bare authority has the target's scheme"): _host(
        lambda host: host.partition("://")[2]
    ),
    Variant(
        "like-s3",
        "signed URLs name their algorithm and signed headers, as on S3",
        "how a url is signed is the store's own",
    ): _LikeS3,
    Variant(
        "opaque-urls", "all that a signed URL says is one token", "how a url is signed is the store's own"
    ): _OpaqueUrls,
    Variant(
        "relative-urls", "the path of a signed URL has no slash before it", "path and query are read as such"
    ): _RelativeUrls,
    Variant("no-keep-alive", "every connection serves one request", "HTTP leaves it to the server"): _NoKeepAlive,
    Variant(
        "small-pages", "a page holds three items whatever is asked", "how long a page is at most is the server's own"
    ): _SmallPages,
    Variant("header-case", "header names are Written-Like-This", "HTTP's header names have no case"): _headers(
        lambda name, value: (name.title(), value)
    ),
    Variant("no-content-length", "answers come in chunked transfer coding", "HTTP knows both"): _headers(
        lambda name, value: None if name == b"content-length" and value != b"0" else (name, value)
    ),
    Variant(
        "chunks-nc", "PUT chunks is not consistent until the upload is prepared", "tolerated at PUT chunks: a SHOULD"
    ): _ChunksNotReady,
    Variant(
        "deployed-listing",
        "GET /projects/{id}/files is refused while a file is pending or bad",
        "tolerated at the listing: a SHOULD",
    ): _DeployedListing,
    Variant(
        "forms-unsupported",
        "a form is an unsupported media type: bodies are JSON",
        "only the deployed service takes forms",
    ): _no_forms(lambda: ApiError(415, "media_type", "415 Unsupported Media Type", "send application/json")),
    Variant(
        "forms-unread",
        "a form is not read, so that its parameters are missing",
        "only the deployed service takes forms",
    ): _no_forms(lambda: invalid(("hash", "is missing"))),
    Variant(
        "refuses-known-bad",
        "POST /files refuses a bad upload as soon as the server knows",
        "POST /files may refuse a known bad upload",
    ): _RefusesKnownBad,
    Variant(
        "accepts-known-bad", "POST /files takes a known bad upload", "POST /files need not refuse a known bad upload"
    ): _AcceptsKnownBad,
    Variant(
        "large-parts-only",
        "parts below 5 MiB before the last make an upload bad",
        "S3 refuses small parts before the last",
    ): _LargePartsOnly,
    Variant(
        "small-parts-refused",
        "completing an upload with small parts before the last is refused with 400",
        "the reported sizes are validated, not what was stored",
    ): _RefusesSmallParts,
    Variant(
        "gateway-retries",
        "a gateway repeats DELETE and complete, and passes on the second answer",
        "somebody did it by then",
    ): _delivered_twice(
        "gateway", "complete_upload", "delete_file", "delete_folder", "delete_project", "delete_version"
    ),
    Variant(
        "second-switch",
        "one new version or promotion in three is answered as a second delivery: it is the current one already",
        "the switch was done: a gateway may deliver it twice",
    ): _delivered_twice("second switch", "update_file", "promote_version"),
}
