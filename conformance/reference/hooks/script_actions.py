"""What a script can do to a request: refuse it, break its connection before or after the work, spoil what it brings."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from conformance.reference.hooks.script_rules import ScriptRule
from conformance.reference.http_protocol import ABORT
from conformance.reference.refusals import (
    ApiError,
    integrity,
    invalid,
    not_consistent,
    unauthorized,
    unknown,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from conformance.reference.hooks.request_record import SeenRequest
    from conformance.reference.hooks.script_rules import Script
    from conformance.reference.hooks.seam import World

    Action = Callable[["Turn"], Awaitable[None]]

__all__ = ["ACTIONS", "Turn", "serve", "token_ended"]

_FLUSH_S = 0.05  # seconds that a cut answer has to leave before its connection is aborted
_GONE_S = 1.0  # seconds to wait until an aborted connection is seen to be gone


@dataclass(slots=True)
class Turn:
    """One request on its way through the script. `key` is the id in its path."""

    app: ASGIApp
    scope: Scope
    receive: Receive
    send: Send
    seen: SeenRequest
    world: World
    script: Script
    key: str
    rule: ScriptRule = field(default_factory=lambda: ScriptRule((), "serve"))

    @property
    def token(self) -> str | None:
        """The token that the request carries."""
        found = dict(self.scope["headers"]).get(b"authorization")
        return None if found is None or self.seen.role == "storage" else found.decode("latin-1")

    @property
    def at_storage(self) -> bool:
        """Whether the request came to the storage provider."""
        return self.seen.role == "storage"

    async def hear(self) -> Message:
        """Receive, keeping the body."""
        message = await self.receive()
        if message["type"] == "http.request":
            self.seen.asked += message.get("body", b"")
        return message

    async def tell(self, message: Message) -> None:
        """Send, keeping what is sent."""
        self.seen.sent(message)
        await self.send(message)

    async def drain(self) -> None:
        """Read the body to its end."""
        while (message := await self.hear())["type"] == "http.request" and message.get("more_body"):
            pass

    async def answer(self, status: int, body: bytes, kind: str, headers: Mapping[str, str]) -> None:
        """Read the body, then send an answer of the script's own."""
        await self.drain()
        lines = {"content-type": kind, "content-length": str(len(body)), **headers}
        raw = [(name.encode(), value.encode()) for name, value in lines.items()]
        await self.tell({"type": "http.response.start", "status": status, "headers": raw})
        await self.tell({"type": "http.response.body", "body": b"" if self.scope["method"] == "HEAD" else body})

    async def abort(self, failure: str) -> None:
        """Break the connection, and wait until it is gone."""
        self.seen.failure, self.seen.b_ns = failure, time.monotonic_ns()
        self.scope["extensions"][ABORT]["abort"]()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._gone(), _GONE_S)

    async def _gone(self) -> None:
        while (await self.receive())["type"] != "http.disconnect":
            pass

    async def hold(self, seconds: float) -> bool:
        """Wait, and tell whether the client left first."""
        try:
            await asyncio.wait_for(self._gone(), seconds)
        except TimeoutError:
            return False
        return True


async def serve(turn: Turn) -> None:
    """Let the server answer."""
    await turn.app(turn.scope, turn.hear, turn.tell)


async def _perform(turn: Turn) -> list[Message]:
    """Let the server do the work, and keep its answer from the client."""
    messages: list[Message] = []

    async def keep(message: Message) -> None:
        messages.append(message)

    await turn.app(turn.scope, turn.hear, keep)
    turn.seen.notes["made"] = _made(messages)
    return messages


def _made(messages: list[Message]) -> dict[str, Any]:
    body = b"".join(message.get("body", b"") for message in messages[1:])
    with contextlib.suppress(ValueError):
        shown = json.loads(body)
        if isinstance(shown, dict) and "id" in shown:
            return {"status": messages[0]["status"], "id": shown["id"]}
    return {"status": messages[0]["status"]}


def _refuse(error: Callable[[Turn], ApiError], storage_code: str) -> Action:
    async def refuse(turn: Turn) -> None:
        refusal = error(turn)
        after = turn.rule.retry_after
        headers = {} if after is None else {"retry-after": str(after)}
        if turn.at_storage:
            body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{storage_code}</Code></Error>'.encode()
            await turn.answer(refusal.status, body, "application/xml", headers)
        else:
            await turn.answer(refusal.status, json.dumps(refusal.payload()).encode(), "application/json", headers)

    return refuse


def _trouble(status: int, reason: str) -> Callable[[Turn], ApiError]:
    return lambda _: ApiError(status, "scripted", reason, "retry later")


token_ended = _refuse(lambda _: unauthorized("bad_token", "expired api_token"), "AccessDenied")


async def _end_token(turn: Turn) -> None:
    """Let the token expire: it is refused from now on."""
    if turn.token is not None:
        turn.script.ended_tokens.add(turn.token)
    await token_ended(turn)


async def _reset_before(turn: Turn) -> None:
    await turn.drain()
    await turn.abort("reset")


async def _reset_after(turn: Turn) -> None:
    await _perform(turn)
    await turn.abort("reset")


async def _cut(turn: Turn) -> None:
    """Do the work, send the head of the answer and half of its body."""
    start, *rest = await _perform(turn)
    body = b"".join(message.get("body", b"") for message in rest)
    await turn.tell(start)
    if body:
        await turn.tell({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        await asyncio.sleep(_FLUSH_S)
    await turn.abort("cut")


async def _stall(turn: Turn) -> None:
    """Do the work and keep silent, until the client leaves or the connection is broken."""
    await _perform(turn)
    left = await turn.hold(turn.rule.seconds)
    await turn.abort("timeout" if left else "reset")


async def _corrupt(turn: Turn) -> None:
    """Store other bytes than those that were sent: the first one is flipped on the way."""
    begun = False

    async def spoil() -> Message:
        nonlocal begun
        message = await turn.hear()
        if message["type"] == "http.request" and not begun:
            begun = bool(message.get("body")) or not message.get("more_body")
            body = message.get("body", b"") or (b"\0" if begun else b"")
            return {**message, "body": bytes([body[0] ^ 0xFF]) + body[1:] if body else b""}
        return message

    await turn.app(turn.scope, spoil, turn.tell)


async def _integrity(turn: Turn) -> None:
    """Find the upload that is completed bad; anywhere else answer with the integrity exception."""
    if turn.seen.call == "complete_upload":
        turn.script.condemned.add(turn.key)
        await serve(turn)
    else:
        await _refuse(lambda _: integrity(), "AccessDenied")(turn)


async def _redirect(turn: Turn) -> None:
    """Send the client to the same place under another host name."""
    host = dict(turn.scope["headers"]).get(b"host", b"").decode("latin-1")
    name, _, port = host.rpartition(":")
    other = f"{'localhost' if name == '127.0.0.1' else '127.0.0.1'}:{port}"
    path = turn.scope["raw_path"].decode("latin-1").partition("?")[0]
    query = turn.scope["query_string"].decode("latin-1")
    location = f"http://{other}{path}" + (f"?{query}" if query else "")
    await turn.answer(307, b"", "text/plain", {"location": location})


_THINGS = {"create_upload": "Project", "file_url": "DataFile", "version_url": "FileVersion"}

ACTIONS: Mapping[str, Action] = {
    "nc": _refuse(lambda _: not_consistent(), "SlowDown"),
    "integrity": _integrity,
    "corrupt": _corrupt,
    "400": _refuse(lambda _: invalid(("name", "is invalid")), "InvalidRequest"),
    "401": _end_token,
    "403": _refuse(lambda _: ApiError(403, "forbidden", "Unauthorized", "request permission"), "AccessDenied"),
    "404": _refuse(lambda turn: unknown(_THINGS.get(turn.seen.call, "Resource")), "NoSuchKey"),
    "429": _refuse(_trouble(429, "too many requests"), "SlowDown"),
    "500": _refuse(_trouble(500, "internal error"), "InternalError"),
    "503": _refuse(_trouble(503, "service unavailable"), "ServiceUnavailable"),
    "expired": _refuse(lambda _: ApiError(403, "expired", "expired", "ask for a new url"), "ExpiredToken"),
    "reset-before": _reset_before,
    "reset-after": _reset_after,
    "cut": _cut,
    "stall": _stall,
    "redirect": _redirect,
}
