"""Faults of a store behind a redirect: it goes in circles, to the wrong object, or where nobody is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse, Response

from conformance.reference.faults.broken import BYTES
from conformance.reference.hooks.bends import Fault
from conformance.reference.hooks.recipes import row_of
from conformance.reference.hooks.seam import Layer

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.reference.hooks.bends import LayerFactory
    from conformance.reference.hooks.seam import Visit, World

__all__ = ["FAMILY", "redirects", "target"]

_HOP = "hop="


def target(world: World, visit: Visit, hop: int) -> str:
    """Return a fresh signed URL of the same object at the next host."""
    upload = row_of(world, visit.name)
    path = visit.request.scope["path"]
    key = "" if upload is None else upload["id"]
    return world.storage_host + world.signer.sign("GET", path, world.clock.now(), hop=hop, of=key)


def redirects(where: Callable[[World, Visit, int], str | None]) -> LayerFactory:
    """Redirect downloads: `where` gets the hop (0 for the url that the API gave) and may give None to serve."""

    class Redirects(Layer):
        async def delivered(self, visit: Visit, response: Response) -> Response:
            if visit.verb != "GET" or response.status_code != 200:
                return response
            query = visit.request.scope["query_string"].decode("latin-1")
            hop = int(query.partition(_HOP)[2].partition("&")[0] or 0) if _HOP in query else 0
            location = where(self.world, visit, hop)
            return response if location is None else RedirectResponse(location, 307)

    return Redirects


def _parts(world: World, visit: Visit) -> int:
    """Return how many chunks were stored of what is downloaded; 0 where its one part was sent without chunks."""
    return sum(one.number > 0 for one in world.objects.parts(visit.name))


def _unsigned(world: World, visit: Visit, hop: int) -> str | None:
    """Lose the signature on the way: what the second host wants is not there any more."""
    return world.storage_host + visit.request.scope["path"] if hop == 0 else None


def _neighbour(world: World, visit: Visit, hop: int) -> str | None:
    """Send to the object that was assembled next to this one."""
    other = world.objects.neighbour(visit.name, 5.0)
    upload = None if other is None else row_of(world, other)
    if hop or upload is None:
        return None
    path = f"/{upload['project_id']}/{upload['id']}"
    return world.storage_host + world.signer.sign("GET", path, world.clock.now(), hop=1)


FAMILY: dict[Fault, LayerFactory] = {
    Fault("redirect-circle", BYTES, "a download of several parts is redirected again and again"): redirects(
        lambda world, visit, hop: target(world, visit, hop + 1) if _parts(world, visit) > 1 else None
    ),
    Fault("redirect-unsigned", BYTES, "the redirect of a download of one chunk loses its signature"): redirects(
        lambda world, visit, hop: _unsigned(world, visit, hop) if _parts(world, visit) == 1 else None
    ),
    Fault("redirect-to-neighbour", BYTES, "a download is redirected to another object"): redirects(_neighbour),
    Fault("redirect-nowhere", BYTES, "a download of a single part is redirected to a host that is not there"): (
        redirects(
            lambda world, visit, _: (
                "http://127.0.0.1:9/" if any(one.number == 0 for one in world.objects.parts(visit.name)) else None
            )
        )
    ),
}
