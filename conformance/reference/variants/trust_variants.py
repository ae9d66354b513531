"""Variants of trust: stores that falter or redirect, ids in capitals, late PUTs, firewalls, silent closes."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from conformance.reference.faults.promise_faults.redirect_faults import redirects, target
from conformance.reference.hooks.bends import Variant, draw
from conformance.reference.hooks.recipes import busy, hang_up
from conformance.reference.hooks.seam import Layer, Reply
from conformance.reference.refusals import unknown

if TYPE_CHECKING:
    from conformance.reference.hooks.bends import LayerFactory
    from conformance.reference.hooks.seam import Call, Visit, World

__all__ = ["FAMILY"]

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PAGE = "<html><body>The requested URL was rejected. Please consult with your administrator.</body></html>"
_ATTACK = re.compile(r"<|'|--|\.\./|%27|%3C|%00|\x00")
_LONG = 2048  # bytes of a path that the HTTP layer takes
_SERVED = 10  # requests of one connection


class _StoreFalters(Layer):
    """Answers one download in six with 503, and cuts as many; the next one succeeds."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._count: Counter[str] = Counter()

    async def delivered(self, visit: Visit, response: Response) -> Response:
        """Count by object, so that never two in a row fail."""
        self._count[visit.name] += visit.verb == "GET"
        chance = draw(self.world, "falters", f"{visit.name} {self._count[visit.name]}")
        if visit.verb != "GET" or self._count[visit.name] % 2 == 0 or chance > 1 / 3:
            return response
        if chance < 1 / 6:
            hang_up(visit.request)
        return Response("<Error><Code>SlowDown</Code></Error>", status_code=503, media_type="application/xml")


class _UrlOnce(Layer):
    """Lets every signed GET be used once."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._used: set[bytes] = set()
        self._count = 0

    def url(self, url: str) -> str:
        """Make every one another."""
        self._count += 1
        return f"{url}&use={self._count}"

    def opened(self, url: str) -> str:
        """Take the mark away."""
        return re.sub(r"&use=\d+$", "", url)

    async def delivered(self, visit: Visit, response: Response) -> Response:
        """Remember what was used."""
        query = visit.request.scope["query_string"]
        if visit.verb == "GET" and query in self._used:
            return Response("<Error><Code>ExpiredToken</Code></Error>", status_code=403, media_type="application/xml")
        self._used.add(query)
        return response


class _IdsInCapitals(Layer):
    """Shows ids in capitals, and takes them in any case."""

    async def before(self, call: Call) -> Reply | None:
        """Read those of the path."""
        call.path = {name: value.lower() for name, value in call.path.items()}
        return None

    def asked(self, call: Call) -> None:
        """Read those of the body."""
        for name in ("parent", "upload", "storage_provider"):
            if isinstance(call.body.get(name), dict) and isinstance(call.body[name].get("id"), str):
                call.body[name]["id"] = call.body[name]["id"].lower()

    async def after(self, call: Call, reply: Reply) -> Reply:  # noqa: ARG002
        """Show them."""
        reply.body = _capital(reply.body)
        return reply


def _capital(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _capital(one, name) for name, one in value.items()}
    if isinstance(value, list):
        return [_capital(one, key) for one in value]
    return value.upper() if key == "id" and isinstance(value, str) and _UUID.fullmatch(value) else value


class _Maintenance(Layer):
    """Is closed for one second, three seconds after it started."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._begun = world.clock.now()

    async def before(self, call: Call) -> Reply | None:
        """Look at the clock."""
        return busy(503, retry_after="1") if 3.0 < call.now - self._begun < 4.0 else None


class _LatePutDropped(Layer):
    """Answers a signed PUT after the complete with 200, and drops the bytes."""

    async def delivered(self, visit: Visit, response: Response) -> Response:
        """Look whether it came too late."""
        late = visit.verb == "PUT" and response.status_code == 404 and self.world.objects.assembled(visit.name)
        return Response(status_code=200, headers={"etag": '"dropped"'}) if late else response


class _Firewall(Layer):
    """Has a firewall that answers whatever looks like an attack with a page."""

    async def before(self, call: Call) -> Reply | None:
        """Look for it in path, query and body."""
        target_ = call.request.scope["path"] + call.request.scope["query_string"].decode("latin-1")
        body = (await call.request.body()).decode("utf-8", errors="replace")
        if _ATTACK.search(target_) or _ATTACK.search(body):
            return Reply(403, _PAGE, media_type="text/html")
        return None


class _LongPathBare(Layer):
    """Answers a path beyond two kibibytes by a bare 400: the HTTP layer does, before any code of the API."""

    async def before(self, call: Call) -> Reply | None:
        """Measure it."""
        if len(call.request.scope["raw_path"] or b"") <= _LONG:
            return None
        return Reply(400, finish=lambda _: [(b"content-length", b"0")])


class _ClosesSilently(Layer):
    """Closes a connection a moment after its tenth answer, without a word."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._served: Counter[object] = Counter()

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Count by the client's port."""
        client = call.request.scope.get("client")
        self._served[client] += 1
        if client is not None and self._served[client] >= _SERVED:
            del self._served[client]
            asyncio.get_running_loop().call_later(0.02, hang_up, call.request)
        return reply


class _SinglePartsHaveNoParts(Layer):
    """Answers a report of a part of a single-part upload by 404, whoever asks."""

    def may(self, call: Call, *, allowed: bool) -> bool:
        """Look at the upload before the rights."""
        if call.operation == "create_chunk":
            row = self.world.database.one("SELECT chunked FROM uploads WHERE id = ?", call.path["id"])
            if row is not None and not row["chunked"]:
                raise unknown("ChunkedUpload")
        return allowed


FAMILY: dict[Variant, LayerFactory] = {
    Variant(
        "store-falters",
        "one first download in three fails or is cut, the next succeeds",
        "one failure of a download is no information",
    ): _StoreFalters,
    Variant("storage-redirects", "downloads are redirected once", "redirects of storage GETs are followed"): redirects(
        lambda world, visit, hop: target(world, visit, hop + 1) if hop < 1 else None
    ),
    Variant("storage-redirects-thrice", "downloads are redirected three times", "at most five hops are followed"): (
        redirects(lambda world, visit, hop: target(world, visit, hop + 1) if hop < 3 else None)
    ),
    Variant("url-once", "a signed GET works once", "a signed url is used at once and once"): _UrlOnce,
    Variant("ids-in-capitals", "ids are shown in capitals", "ids are compared without regard to case"): _IdsInCapitals,
    Variant("maintenance", "everything is 503 with Retry-After for a second", "5xx of a read is no information"): (
        _Maintenance
    ),
    Variant("late-put-dropped", "a PUT after the complete is answered 200, and dropped", "the bytes do not change"): (
        _LatePutDropped
    ),
    Variant("firewall", "what looks like an attack is answered by a page", "a firewall's page is no information"): (
        _Firewall
    ),
    Variant("long-path-bare", "a path beyond 2 KiB is a bare 400", "an over-long request line is malformed HTTP"): (
        _LongPathBare
    ),
    Variant("closes-silently", "a connection is closed after ten answers", "a reset is no information"): (
        _ClosesSilently
    ),
    Variant("single-parts-have-no-parts", "a part of a single-part upload is 404 to everybody", "no access leaks"): (
        _SinglePartsHaveNoParts
    ),
}
