"""The examiner: one operation in, everything it shows out, remembering answers that repeat.

Most answers of a run are alike, so what they show is kept by their shape: the returned tuple is the same object for
operations of the same shape, and a judge may count tuples first and requirements afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator

from conformance.api.answers import NOT_CONSISTENT, Call, call_of, fits_gateway, is_busy, is_doubtful, is_plain, texts
from conformance.errors import UsageError
from conformance.judge.exchange import authorization_checks, payload_checks, place_checks, success_checks
from conformance.judge.exchange.facts import Facts, Kind, is_routed, is_uuid, kind_of
from conformance.judge.exchange.observation import Seen
from conformance.model import Exchange, Operation, Role, Target

_CHECKS: tuple[Callable[[Facts], Iterator[Seen]], ...] = (
    success_checks.accepted,
    payload_checks.special_payload,
    payload_checks.error_payload,
    payload_checks.code,
    payload_checks.error_number,
    payload_checks.wording,
    place_checks.not_consistent,
    place_checks.integrity,
    authorization_checks.token,
    authorization_checks.server_error,
)
_REMEMBERED = 65_536
_SHOWN = 200


class Examiner:
    """Examines operations of one target.

    Raises:
        UsageError: the target's gateway pattern is not a regular expression.
    """

    def __init__(self, target: Target) -> None:
        try:
            re.compile(target.gateway)
        except re.error as trouble:
            raise UsageError(f"the gateway pattern is not a regular expression: {trouble}.") from trouble
        self._gateway = target.gateway
        self._remembered: dict[Hashable, tuple[Seen, ...]] = {}

    def examine(self, operation: Operation) -> tuple[Seen, ...]:
        """Give each requirement that the operation exposed with its violation or None; nothing for no information."""
        exchange = operation.exchange
        if exchange.status is None or exchange.failure or exchange.role is Role.STORAGE or exchange.method == "HEAD":
            return ()
        call = call_of(exchange.method, exchange.path)
        try:
            key = self._key(operation, exchange, call)
        except RecursionError:  # a body nested as deeply as the parser allowed
            return self._look(operation, call)
        seen = self._remembered.get(key)
        if seen is None:
            seen = self._look(operation, call)
            if len(self._remembered) >= _REMEMBERED:
                self._remembered.clear()
            self._remembered[key] = seen
        return seen

    def _key(self, operation: Operation, exchange: Exchange, call: Call) -> Hashable:
        notes, status, body = operation.notes, exchange.status or 0, exchange.response
        shape: Hashable = None
        if status >= 300 or (type(body) is dict and body.get("code") == NOT_CONSISTENT):
            shape = (repr(body), exchange.path if "?" in exchange.path else _form(call, exchange.path))
        elif call.name in success_checks.SCHEMA:
            shape = success_checks.carries(call, body) or (repr(body), exchange.path)
        elif self._gateway and not isinstance(body, dict):
            shape = repr(body)
        return (
            call.name,
            status,
            exchange.user,
            exchange.headers.get("content-type"),
            is_busy(exchange),
            (notes.get("intent"), call.id in notes.get("invented", ())) if notes else None,
            is_plain(exchange) if status == 400 else None,
            shape,
        )

    def _look(self, operation: Operation, call: Call) -> tuple[Seen, ...]:
        if fits_gateway(self._gateway, operation.exchange):
            return ()
        facts = _facts(operation, call)
        return tuple(seen for check in _CHECKS for seen in check(facts))


def _form(call: Call, path: str) -> Hashable:
    # What the rules can see of a path without a query: all of it, unless its id is like every other.
    ordinary = is_uuid(call.id) and "%" not in path and "//" not in path
    return path.endswith("/") if ordinary else path


def _facts(operation: Operation, call: Call) -> Facts:
    exchange, notes = operation.exchange, operation.notes
    status = exchange.status or 0
    intent = notes.get("intent")
    invented = call.id in notes.get("invented", ())
    kind = kind_of(exchange, call, valid=not is_doubtful(operation) and not invented)
    return Facts(
        call=call,
        status=status,
        body=exchange.response,
        media=exchange.headers.get("content-type", ""),
        user=exchange.user,
        valid=intent != "invalid",
        avowed=intent == "valid",
        invented=invented,
        throttled=is_busy(exchange),
        routed=is_routed(call, exchange.path, status, exchange.response),
        kind=kind,
        shown=_shown(exchange, whole=kind is not Kind.SUCCESS),
    )


def _shown(exchange: Exchange, *, whole: bool) -> str:
    # A success is remembered without its body, so what is said of it must not show one.
    media = exchange.headers.get("content-type", "no media type").partition(";")[0]
    head = f"{exchange.status} {media}"
    if not whole or exchange.response is None:
        return head
    text = " ".join(texts(exchange.response)[-1].split())
    return f"{head} {text[:_SHOWN]}{'…' if len(text) > _SHOWN else ''}"


def examine(operation: Operation, target: Target | None = None) -> tuple[Seen, ...]:
    """Examine one operation by itself; many of them are examined faster by one `Examiner`."""
    return Examiner(target or Target(base_url="")).examine(operation)
