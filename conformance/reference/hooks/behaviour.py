"""All layers of a running server as one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.hooks.seam import Layer

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from typing import Any

    from starlette.responses import Response

    from conformance.reference.hooks.bends import LayerFactory
    from conformance.reference.hooks.seam import Call, Reply, Visit, World
    from conformance.reference.people import User
    from conformance.reference.refusals import ApiError
    from conformance.reference.store.objects import Part, Piece
    from conformance.reference.upload_state import State, Verdict

__all__ = ["Behaviour", "bend"]


def bend(world: World, factories: Sequence[LayerFactory]) -> None:
    """Let layers bend a running server, in this order."""
    world.behaviour = composed = Behaviour(world, [])
    composed.layers = [factory(world) for factory in factories]


class Behaviour(Layer):
    """All layers in turn, each bending what the one before it left."""

    def __init__(self, world: World, layers: list[Layer]) -> None:
        super().__init__(world)
        self.layers = layers

    async def before(self, call: Call) -> Reply | None:
        """Take the first early reply."""
        for layer in self.layers:
            if reply := await layer.before(call):
                return reply
        return None

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Pass the answer on from layer to layer."""
        for layer in self.layers:
            reply = await layer.after(call, reply)
        return reply

    def asked(self, call: Call) -> None:
        """Ask every layer."""
        for layer in self.layers:
            layer.asked(call)

    def providers(self, providers: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Pass the providers on."""
        for layer in self.layers:
            providers = layer.providers(providers)
        return providers

    def lag(self, kind: str, subject: str, seconds: float) -> float:
        """Pass the lag on."""
        for layer in self.layers:
            seconds = layer.lag(kind, subject, seconds)
        return seconds

    def read_instant(self, call: Call, instant: float) -> float:
        """Pass the instant on."""
        for layer in self.layers:
            instant = layer.read_instant(call, instant)
        return instant

    def user(self, call: Call, user: User | ApiError) -> User | ApiError:
        """Pass the user on."""
        for layer in self.layers:
            user = layer.user(call, user)
        return user

    def may(self, call: Call, *, allowed: bool) -> bool:
        """Pass the permission on."""
        for layer in self.layers:
            allowed = layer.may(call, allowed=allowed)
        return allowed

    def project_ready(self, call: Call, project: sqlite3.Row, *, ready: bool) -> bool:
        """Pass the readiness on."""
        for layer in self.layers:
            ready = layer.project_ready(call, project, ready=ready)
        return ready

    def upload_state(self, call: Call, upload: sqlite3.Row, via: str, state: State) -> State:
        """Pass the state on."""
        for layer in self.layers:
            state = layer.upload_state(call, upload, via, state)
        return state

    def url_version(self, call: Call, via: str, versions: list[sqlite3.Row], chosen: sqlite3.Row) -> sqlite3.Row:
        """Pass the choice on."""
        for layer in self.layers:
            chosen = layer.url_version(call, via, versions, chosen)
        return chosen

    def chunks_ready(self, call: Call, upload: sqlite3.Row, *, ready: bool) -> bool:
        """Pass the readiness on."""
        for layer in self.layers:
            ready = layer.chunks_ready(call, upload, ready=ready)
        return ready

    def missing(self, call: Call, row: sqlite3.Row | None, error: ApiError) -> ApiError:
        """Pass the refusal on."""
        for layer in self.layers:
            error = layer.missing(call, row, error)
        return error

    def before_complete(self, call: Call, upload: sqlite3.Row) -> None:
        """Ask every layer."""
        for layer in self.layers:
            layer.before_complete(call, upload)

    def completed_again(self, call: Call, upload: sqlite3.Row, error: ApiError) -> ApiError:
        """Pass the refusal on."""
        for layer in self.layers:
            error = layer.completed_again(call, upload, error)
        return error

    def objection(self, call: Call, upload: sqlite3.Row, state: State, message: str | None) -> str | None:
        """Pass the objection on."""
        for layer in self.layers:
            message = layer.objection(call, upload, state, message)
        return message

    def verdict(self, upload: sqlite3.Row, chunks: list[sqlite3.Row], parts: list[Part], verdict: Verdict) -> Verdict:
        """Pass the verdict on."""
        for layer in self.layers:
            verdict = layer.verdict(upload, chunks, parts, verdict)
        return verdict

    def status_record(self, call: Call, upload: sqlite3.Row, record: dict[str, Any]) -> dict[str, Any]:
        """Pass the record on."""
        for layer in self.layers:
            record = layer.status_record(call, upload, record)
        return record

    def accepts(self, name: str, *, accepts: bool) -> bool:
        """Pass it on."""
        for layer in self.layers:
            accepts = layer.accepts(name, accepts=accepts)
        return accepts

    async def delivered(self, visit: Visit, response: Response) -> Response:
        """Pass the answer on."""
        for layer in self.layers:
            response = await layer.delivered(visit, response)
        return response

    def served(self, name: str, *, served: bool) -> bool:
        """Pass it on."""
        for layer in self.layers:
            served = layer.served(name, served=served)
        return served

    def pieces(self, name: str, pieces: list[Piece]) -> list[Piece]:
        """Pass the bytes on."""
        for layer in self.layers:
            pieces = layer.pieces(name, pieces)
        return pieces

    def host(self, host: str) -> str:
        """Pass the host on."""
        for layer in self.layers:
            host = layer.host(host)
        return host

    def url(self, url: str) -> str:
        """Pass the URL on."""
        for layer in self.layers:
            url = layer.url(url)
        return url

    def opened(self, url: str) -> str:
        """Pass the URL on, the other way round."""
        for layer in reversed(self.layers):
            url = layer.opened(url)
        return url

    def closing(self) -> None:
        """Ask every layer."""
        for layer in self.layers:
            layer.closing()

    def per_page(self, call: Call, size: int) -> int:
        """Pass the size on."""
        for layer in self.layers:
            size = layer.per_page(call, size)
        return size
