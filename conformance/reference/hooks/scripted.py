"""The door of a scripted server: every request passes it, is met with what the script says, and is put on record."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from conformance.reference.endpoints.app import OPERATIONS, PREFIX
from conformance.reference.hooks.request_record import Record, SeenRequest, credentials
from conformance.reference.hooks.script_actions import ACTIONS, Turn, serve, token_ended

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from conformance.reference.hooks.script_rules import Script
    from conformance.reference.hooks.seam import World

__all__ = ["Door"]

UNROUTED = "unrouted"
_ROUTES = [
    (method, re.compile(PREFIX + re.sub(r"\\\{[^}]*\\\}", "([^/]+)", re.escape(path)) + "/?"), operation.name)
    for path, operations in OPERATIONS.items()
    for method, operation in operations.items()
]


class Door:
    """Wraps the API's and the storage provider's application: one script and one record for both."""

    def __init__(self, world: World, script: Script) -> None:
        self._world = world
        self._script = script
        self._record = Record(script.record)

    def around(self, app: ASGIApp, role: str) -> ASGIApp:
        """Return the application behind the door; `role` is api or storage."""

        async def door(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                await self._meet(app, scope, receive, send, role)

        return door

    async def _meet(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send, role: str) -> None:
        call, key = _call(scope, role)
        now = self._world.clock.now()
        user, leaks = credentials(self._world.people, scope, now, bare=role == "storage")
        seen = SeenRequest(scope, role, call, user, leaks)
        turn = Turn(app, scope, receive, send, seen, self._world, self._script, key)
        try:
            await self._play(turn)
        finally:
            self._record.add(seen)

    async def _play(self, turn: Turn) -> None:
        chosen = self._script.choose(turn.seen.call)
        if turn.token in self._script.ended_tokens:
            turn.seen.notes["done"] = "401"
            await token_ended(turn)
        elif chosen is None:
            await serve(turn)
        else:
            index, turn.rule = chosen
            turn.seen.notes |= {"rule": index, "done": turn.rule.do}
            await ACTIONS[turn.rule.do](turn)

    def close(self) -> None:
        """Close the record."""
        self._record.close()


def _call(scope: Scope, role: str) -> tuple[str, str]:
    """Name what is asked for, and the id in the path."""
    if role == "storage":
        return ("storage_put" if scope["method"] in {"PUT", "POST"} else "storage_get"), scope["path"].split("/")[-1]
    for method, pattern, name in _ROUTES:
        match = pattern.fullmatch(scope["path"]) if method == scope["method"] else None
        if match:
            return name, match.group(1) if match.groups() else ""
    return UNROUTED, ""
