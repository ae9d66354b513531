"""A reference server on the workbench: in this process, no sockets, and a clock that only the test moves."""

from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from conformance.reference.endpoints.app import PREFIX, ApiApp
from conformance.reference.hooks.behaviour import bend
from conformance.reference.hooks.layers import layers_for
from conformance.reference.hooks.seam import World
from conformance.reference.http_protocol import ABORT
from conformance.reference.server_settings import Lag, Settings
from conformance.reference.store.storage import StorageApp

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class FakeClock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.instant = 1_800_000_000.0

    def now(self) -> float:
        """Return the instant."""
        return self.instant

    def skew(self, seconds: float) -> None:
        """Move the clock."""
        self.instant += seconds


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: status, headers in lower case, body."""

    status: int
    headers: dict[str, str]
    body: bytes
    cut: bool
    json: Any  # the body as JSON; None when it is none

    @property
    def code(self) -> Any:
        """The `code` of an error."""
        return self.json.get("code") if isinstance(self.json, dict) else None


class Bench:
    """One server, called directly. Every call is followed by the background work that it caused."""

    def __init__(
        self,
        folder: Path,
        *,
        lag: str = "1",
        faults: Sequence[str] = (),
        variants: Sequence[str] = (),
        habits: str | None = None,
        seed: int = 0,
    ) -> None:
        self.loop = asyncio.new_event_loop()
        self.clock = FakeClock()
        settings = Settings(folder, Lag.parse(lag), seed=seed)
        self.world = self.loop.run_until_complete(self._world(settings, layers_for(faults, variants, habits)))
        self.world.storage_host = "http://127.0.0.1:1"
        self._api, self._storage = ApiApp(self.world), StorageApp(self.world)
        self.token, self.other = self.world.people.keys["alice_token"], self.world.people.keys["bob_token"]

    async def _world(self, settings: Settings, layers: Any) -> World:
        world = World(settings)
        world.clock = self.clock  # type: ignore[assignment]
        bend(world, layers)
        return world

    def close(self) -> None:
        """Close databases and loop."""
        self.world.close()
        self.loop.close()

    def advance(self, seconds: float) -> None:
        """Move the clock on, and do the work that is due."""
        self.clock.instant += seconds
        self.world.jobs.work()

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = "own",
        raw: bytes | None = None,
        media: str | None = "application/json",
        extra: dict[str, str] | None = None,
    ) -> Answer:
        """Send one request to the API as alice, unless another token (or None) is given."""
        target, _, query = (PREFIX + path).partition("?")
        headers = [(b"content-type", media.encode())] if media else []
        if token is not None:
            headers.append((b"authorization", (self.token if token == "own" else token).encode()))
        headers += [(name.encode(), value.encode()) for name, value in (extra or {}).items()]
        content = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        answer = self.loop.run_until_complete(self._send(self._api, method, target, query, headers, content))
        self.world.jobs.work()
        return answer

    def store(self, signed: dict[str, Any], content: bytes = b"", *, streamed: bool = False, part: str = "") -> Answer:
        """Use a signed URL; where `streamed`, without telling the length of the bytes; `part` is the range wanted."""
        parts = urlsplit(signed["url"])
        headers = [(b"transfer-encoding", b"chunked")] if streamed else []
        headers += [(b"range", part.encode())] if part else []
        return self.loop.run_until_complete(
            self._send(self._storage, signed["http_verb"], parts.path, parts.query, headers, content)
        )

    async def _send(  # noqa: PLR0917 (a request has that many parts)
        self, app: Any, method: str, path: str, query: str, headers: list[tuple[bytes, bytes]], content: bytes
    ) -> Answer:
        seen: dict[str, Any] = {"body": b"", "cut": False}

        async def receive() -> dict[str, Any]:
            if seen.setdefault("asked", False):
                await asyncio.Event().wait()  # a client that stays connected sends nothing more
            seen["asked"] = True
            return {"type": "http.request", "body": content, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                seen["status"] = message["status"]
                seen["headers"] = {name.decode().lower(): value.decode() for name, value in message["headers"]}
            else:
                seen["body"] += message.get("body", b"")

        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": headers,
            "root_path": "",
            "scheme": "http",
            "server": ("127.0.0.1", 1),
            "extensions": {ABORT: {"abort": lambda: seen.update(cut=True)}},
        }
        await app(scope, receive, send)
        packed = "content-encoding" in seen["headers"]  # the server packs nothing: who says so cannot be read
        body = None if packed else _json(seen["body"])
        return Answer(seen["status"], seen["headers"], seen["body"], seen["cut"], body)

    # The verbs that most tests need.

    def project(self, name: str = "p", *, ready: bool = True) -> str:
        """Create a project; by default wait until it is ready."""
        key = self.call("POST", "/projects", {"name": name, "description": "d"}).json["id"]
        if ready:
            self.advance(self.world.settings.lag.high + 0.001)
        return str(key)

    def upload(self, project: str, parts: Sequence[bytes], **changes: Any) -> dict[str, Any]:
        """Create a chunked upload and store its parts; `changes` override what is reported of the upload."""
        size = sum(len(part) for part in parts)
        body = {"name": "f.bin", "content_type": "text/plain", "size": size, **changes}
        upload: dict[str, Any] = self.call("POST", f"/projects/{project}/uploads", body).json
        for number, part in enumerate(parts, 1):
            self.chunk(upload["id"], number, part)
        return upload

    def chunk(self, upload: str, number: int, content: bytes, *, send: bool = True, **reported: Any) -> Answer:
        """Report a chunk (truthfully, but for `reported`) and send it."""
        digest = {"value": reported.pop("value", md5(content)), "algorithm": "md5"}
        body = {"number": number, "size": len(content), "hash": digest, **reported}
        answer = self.call("PUT", f"/uploads/{upload}/chunks", body)
        if send and answer.status == 200:
            self.store(answer.json, content)
        return answer

    def single(self, project: str, content: bytes, **changes: Any) -> dict[str, Any]:
        """Create a single-part upload and store its bytes."""
        body = {"name": "s.txt", "content_type": "text/plain", "size": len(content), "chunked": False, **changes}
        upload: dict[str, Any] = self.call("POST", f"/projects/{project}/uploads", body).json
        self.store(upload["signed_url"], content)
        return upload

    def complete(self, upload: str, value: str = "0" * 32, algorithm: str = "md5") -> Answer:
        """Complete an upload."""
        return self.call("PUT", f"/uploads/{upload}/complete", {"hash": {"value": value, "algorithm": algorithm}})

    def attach(self, project: str, upload: str) -> Answer:
        """Make an upload a file of the project."""
        body = {"parent": {"kind": "dds-project", "id": project}, "upload": {"id": upload}}
        return self.call("POST", "/files", body)

    def good_file(self, project: str, parts: Sequence[bytes] = (b"abc", b"def")) -> dict[str, Any]:
        """Upload, complete and attach a good file, still pending."""
        upload = self.upload(project, parts)
        self.complete(upload["id"])
        file: dict[str, Any] = self.attach(project, upload["id"]).json
        return file


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def md5(content: bytes) -> str:
    """Return the MD5 of some bytes in hexadecimal."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
