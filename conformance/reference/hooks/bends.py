"""What faults and variants are made of: their descriptions, and the layers that many of them share."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.reference.hooks.seam import Layer

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from conformance.reference.hooks.seam import Call, Reply, World

    LayerFactory = Callable[[World], Layer]
    Pick = Callable[[Call, str, list[sqlite3.Row], sqlite3.Row], sqlite3.Row]
    When = Callable[[Call, Reply], bool]
    Change = Callable[[Reply], None]

__all__ = [
    "Fault",
    "Variant",
    "after_operation",
    "body_is",
    "cause",
    "choose_version",
    "draw",
    "drop",
    "every_error",
    "header",
    "media",
    "put",
    "rewrite",
    "status",
]

URLS = ("file_url", "version_url")
EXTENDED = (*URLS, "create_upload")
UNROUTED = ("no_route", "method", "media_type")


@dataclass(frozen=True, slots=True)
class Fault:
    """A seeded violation: its name, the requirements that may convict it (the gravest first), and what it does.

    One that shows only `under_load` is tried by a soak, not by a run.
    """

    name: str
    breaks: tuple[str, ...]
    summary: str
    under_load: bool = False


@dataclass(frozen=True, slots=True)
class Variant:
    """A legal strangeness: its name, what it does, and what makes it legal."""

    name: str
    summary: str
    legal: str


def draw(world: World, salt: str, subject: str) -> float:
    """Draw a number between 0 and 1 that is the same for a seed, a purpose and a subject."""
    return random.Random(f"{world.settings.seed}:{salt}:{subject}").random()  # noqa: S311 (no secret)


class _Rewrite(Layer):
    """Changes finished answers for which `when` holds."""

    def __init__(self, world: World, when: When, changes: tuple[Change, ...]) -> None:
        super().__init__(world)
        self._when = when
        self._changes = changes

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Apply the changes."""
        if self._when(call, reply):
            for change in self._changes:
                change(reply)
        return reply


def rewrite(when: When, *changes: Change) -> LayerFactory:
    """Make a layer that changes the answers for which `when` holds."""
    return lambda world: _Rewrite(world, when, changes)


def choose_version(pick: Pick) -> LayerFactory:
    """Make a layer that bends which version a url endpoint serves; `pick` may raise to refuse it."""

    class ChooseVersion(Layer):
        def url_version(self, call: Call, via: str, versions: list[sqlite3.Row], chosen: sqlite3.Row) -> sqlite3.Row:
            return pick(call, via, versions, chosen)

    return ChooseVersion


def cause(*names: str, on: tuple[str, ...] = ()) -> When:
    """Hold for refusals of these kinds, on these operations only if any are named."""
    return lambda call, reply: reply.cause in names and (not on or call.operation in on)


def every_error(*, on: tuple[str, ...] = ()) -> When:
    """Hold for every refusal, on these operations only if any are named."""
    return lambda call, reply: reply.status >= 400 and (not on or call.operation in on)


def after_operation(*names: str) -> When:
    """Hold for the successes of these operations."""
    return lambda call, reply: reply.status < 300 and call.operation in names


def drop(name: str) -> Change:
    """Remove a field of the body."""
    return lambda reply: reply.body.pop(name, None)


def put(name: str, value: Any) -> Change:
    """Set a field of the body."""
    return lambda reply: reply.body.__setitem__(name, value)


def status(code: int, *, matching: bool = False) -> Change:
    """Set the status; `matching` also sets the body's `error`."""

    def change(reply: Reply) -> None:
        reply.status = code
        if matching and isinstance(reply.body, dict):
            reply.body["error"] = code

    return change


def body_is(value: Any) -> Change:
    """Replace the body."""

    def change(reply: Reply) -> None:
        reply.body = value

    return change


def header(name: str, value: str) -> Change:
    """Set a header line."""
    return lambda reply: reply.headers.__setitem__(name, value)


def media(media_type: str) -> Change:
    """Send the body under another media type."""

    def change(reply: Reply) -> None:
        reply.media_type = media_type

    return change
