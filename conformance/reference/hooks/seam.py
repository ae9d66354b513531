"""The seam: a running server as calls and layers see it, and every point at which a layer may bend it.

The application computes the honest value, then hands it through `World.behaviour`; each `Layer` may return another one
(or raise an ApiError). A point's arguments are what a layer needs to choose; its last argument is the honest value.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from conformance.reference.jobs import Worker
from conformance.reference.platform import Platform

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Awaitable, Callable, Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from conformance.reference.people import User
    from conformance.reference.refusals import ApiError
    from conformance.reference.server_settings import Settings
    from conformance.reference.store.objects import Part, Piece
    from conformance.reference.upload_state import State, Verdict

    RawHeaders = list[tuple[bytes, bytes]]

__all__ = ["Call", "Layer", "Reply", "Visit", "World"]


class World(Platform):
    """The running server: the platform, how it behaves (nothing bent at first), and its background work."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.behaviour = Layer(self)
        self.jobs = Worker(self, self._found)

    def _found(self, upload: sqlite3.Row, chunks: list[sqlite3.Row], parts: list[Part], verdict: Verdict) -> Verdict:
        """Let the layers of that moment have the last word on a verdict."""
        return self.behaviour.verdict(upload, chunks, parts, verdict)

    def due(self, kind: str, subject: str, now: float) -> float:
        """Return the instant at which a resource created or completed now becomes consistent."""
        seconds = self.settings.lag.draw(self.settings.seed, subject)
        return now + self.behaviour.lag(kind, subject, seconds)

    def providers(self) -> list[dict[str, Any]]:
        """Return the storage providers, the default one first."""
        return self.behaviour.providers([self.default_provider()])

    def provider_of(self, upload_id: str) -> dict[str, Any]:
        """Return the storage provider of an upload: the one that was named for it, else the default one."""
        default, *others = self.providers()
        if not others:
            return default
        row = self.database.one("SELECT provider_id FROM placements WHERE upload_id = ?", upload_id)
        named = [one for one in others if row is not None and one["id"] == row["provider_id"]]
        return named[0] if named else default


@dataclass(slots=True)
class Reply:
    """An answer before it becomes bytes.

    `cause` names the kind of refusal, empty on success; `finish` has the last word on the header lines.
    """

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    cause: str = ""
    media_type: str = "application/json"
    finish: Callable[[RawHeaders], RawHeaders] | None = None


@dataclass(slots=True)
class Call:
    """A request being answered.

    `now` is its instant, `instant` the one whose state a read shows, `facts` what is learnt on the way (ids of what
    is touched), `again` performs the same operation once more, `perform` reads the request and performs it, whoever
    calls.
    """

    world: World
    operation: str
    request: Request
    path: Mapping[str, str]
    now: float
    instant: float
    token: str | None = None
    query: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=dict)
    caller: User | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    again: Callable[[], Reply] | None = None
    perform: Callable[[], Awaitable[Reply]] | None = None

    @property
    def user(self) -> User:
        """The authenticated caller."""
        if self.caller is None:
            raise RuntimeError(f"{self.operation} has no caller")
        return self.caller


@dataclass(frozen=True, slots=True)
class Visit:
    """A signed request at the storage provider: what it does (`GET` or `PUT`), to which object, to which part."""

    request: Request
    verb: str
    name: str
    number: int


class Layer:
    """One bend, and by default none. `world` is the running server."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def before(self, call: Call) -> Reply | None:  # noqa: ARG002 (the signature is the seam)
        """Run before anything else; a reply here is the answer."""
        return None

    async def after(self, call: Call, reply: Reply) -> Reply:  # noqa: ARG002
        """Bend the finished answer."""
        return reply

    def asked(self, call: Call) -> None:
        """Change the body that was read, or raise to refuse it, before anything is looked up."""

    def providers(self, providers: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Bend which storage providers there are, the default one first."""
        return providers

    def lag(self, kind: str, subject: str, seconds: float) -> float:  # noqa: ARG002
        """Bend the lag of a project or an upload (`kind`), in seconds."""
        return seconds

    def read_instant(self, call: Call, instant: float) -> float:  # noqa: ARG002
        """Bend the instant whose state a read shows."""
        return instant

    def user(self, call: Call, user: User | ApiError) -> User | ApiError:  # noqa: ARG002
        """Bend who is calling, or the refusal of a token."""
        return user

    def may(self, call: Call, *, allowed: bool) -> bool:  # noqa: ARG002
        """Bend whether the user has a role in the project."""
        return allowed

    def project_ready(self, call: Call, project: sqlite3.Row, *, ready: bool) -> bool:  # noqa: ARG002
        """Bend whether the project's storage is told to be ready."""
        return ready

    def upload_state(self, call: Call, upload: sqlite3.Row, via: str, state: State) -> State:  # noqa: ARG002
        """Bend an upload's state as seen through `via`: file, version, listing, status or attach."""
        return state

    def url_version(
        self,
        call: Call,  # noqa: ARG002
        via: str,  # noqa: ARG002
        versions: list[sqlite3.Row],  # noqa: ARG002
        chosen: sqlite3.Row,
    ) -> sqlite3.Row:
        """Bend which of a file's versions (oldest first) a url endpoint serves, by `via` file or version."""
        return chosen

    def chunks_ready(self, call: Call, upload: sqlite3.Row, *, ready: bool) -> bool:  # noqa: ARG002
        """Bend whether an upload takes chunks already."""
        return ready

    def missing(self, call: Call, row: sqlite3.Row | None, error: ApiError) -> ApiError:  # noqa: ARG002
        """Bend the refusal of an unknown id (row None) or a deleted thing."""
        return error

    def before_complete(self, call: Call, upload: sqlite3.Row) -> None:
        """Raise to refuse a first complete."""

    def completed_again(self, call: Call, upload: sqlite3.Row, error: ApiError) -> ApiError:  # noqa: ARG002
        """Bend the refusal of a repeated complete."""
        return error

    def objection(self, call: Call, upload: sqlite3.Row, state: State, message: str | None) -> str | None:  # noqa: ARG002
        """Bend why an upload may not become a file (None: it may)."""
        return message

    def verdict(self, upload: sqlite3.Row, chunks: list[sqlite3.Row], parts: list[Part], verdict: Verdict) -> Verdict:  # noqa: ARG002
        """Bend the comparison of what was reported with what is stored."""
        return verdict

    def status_record(self, call: Call, upload: sqlite3.Row, record: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        """Bend the `status` object of an upload."""
        return record

    def accepts(self, name: str, *, accepts: bool) -> bool:  # noqa: ARG002
        """Bend whether the storage provider still takes a part of the object."""
        return accepts

    async def delivered(self, visit: Visit, response: Response) -> Response:  # noqa: ARG002
        """Bend the storage provider's answer to a request that was well signed."""
        return response

    def served(self, name: str, *, served: bool) -> bool:  # noqa: ARG002
        """Bend whether the storage provider has the object."""
        return served

    def pieces(self, name: str, pieces: list[Piece]) -> list[Piece]:  # noqa: ARG002
        """Bend the bytes of a download."""
        return pieces

    def host(self, host: str) -> str:
        """Bend the host of a signed URL."""
        return host

    def url(self, url: str) -> str:
        """Bend path and query of a signed URL."""
        return url

    def opened(self, url: str) -> str:
        """Undo what `url` did, when a request comes by it."""
        return url

    def closing(self) -> None:
        """Look once more at everything before the server stops."""

    def per_page(self, call: Call, size: int) -> int:  # noqa: ARG002
        """Bend how many items a page holds at most."""
        return size
