"""What of an answer's body is kept: JSON where it is safe, else its length, hash and the start of its text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from conformance.driver.wire import body as bodies
from conformance.driver.wire.attempt import Reply
from conformance.model import Json, Octets, Role


def response_of(reply: Reply, role: Role, redact: Callable[[str], str]) -> tuple[Json | Octets | None, dict[str, Json]]:
    """Give the response as it is recorded, and notes on what was wrong with it."""
    body = reply.body
    if body is None or (role is Role.API and not body.octets.bytes):
        return None, {}
    if role is Role.STORAGE:
        served = reply.status in (200, 206)
        return (body.octets if served else replace(body.octets, text=body.text(redact))), {}
    if body.data is None:
        return replace(body.octets, text=body.text(redact)), {}
    try:
        return bodies.json_of(body.data)
    except ValueError as reason:
        return replace(body.octets, text=body.text(redact)), {"not_json": str(reason)[:200]}
