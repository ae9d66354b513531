"""The examiner: one operation in, everything it shows out, remembering answers that repeat.

Most answers of a run are alike, so what they show is kept by their shape: the returned tuple is the same object for
operations of the same shape, and a judge may count tuples first and requirements afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator, Mapping

from conformance.api.answers import Classified, Kind
from conformance.api.bodies import asked
from conformance.api.classifier import Classifier
from conformance.api.error_bodies import texts
from conformance.api.gateways import is_busy
from conformance.api.request_facts import is_doubtful, is_invented
from conformance.api.routes import BASE, UNROUTED, Call, is_uuid
from conformance.judge.exchange import authorization_checks, payload_checks, place_checks, success_checks
from conformance.judge.exchange.facts import Facts
from conformance.judge.exchange.observation import Seen
from conformance.model import Exchange, Json, Operation, Role, Target

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
_EXTENDED = re.compile(r"/(?:files|file_versions)/[^/]+/url/?$|/projects/[^/]+/uploads/?$")
_REMEMBERED = 65_536
_SHOWN = 200


class Examiner:
    """Examines operations as they were classified, whatever the target."""

    def __init__(self) -> None:
        self._remembered: dict[Hashable, tuple[Seen, ...]] = {}
        self._faultless: dict[tuple[Seen, ...], tuple[Seen, ...]] = {}

    def examine(self, operation: Operation, of: Classified) -> tuple[Seen, ...]:
        """Give each requirement that the operation exposed with its violation or None; nothing for no information."""
        exchange = operation.exchange
        silent = of.kind is Kind.NOTHING or of.foreign
        if silent or exchange.role is Role.STORAGE or exchange.method == "HEAD":
            return ()
        try:
            key = self._key(operation, exchange, of)
        except RecursionError:  # a body nested as deeply as the parser allowed
            return self._shared(self._look(operation, of))
        seen = self._remembered.get(key)
        if seen is None:
            seen = self._shared(self._look(operation, of))
            if len(self._remembered) >= _REMEMBERED:
                self._remembered.clear()
            self._remembered[key] = seen
        return seen

    def _shared(self, seen: tuple[Seen, ...]) -> tuple[Seen, ...]:
        """Return the one object for all answers that show the same, and nothing wrong: they are counted as one."""
        if any(wrong is not None for _, wrong in seen):
            return seen
        return self._faultless.setdefault(seen, seen)

    @staticmethod
    def _key(operation: Operation, exchange: Exchange, of: Classified) -> Hashable:
        notes, body, call = operation.notes, exchange.response, of.call
        shape: Hashable = None
        if of.kind is not Kind.SUCCESS:
            shape = (repr(body), exchange.path if "?" in exchange.path else _form(call, exchange.path))
        elif call.name in success_checks.SCHEMA:
            shape = success_checks.carries(call, body) or (repr(body), exchange.path, repr(exchange.request))
        return (
            call.name,
            exchange.status,
            exchange.user,
            exchange.headers.get("content-type"),
            is_busy(exchange),
            (notes.get("intent"), is_invented(operation, call)) if notes else None,
            of.kind,
            of.routed,
            shape,
        )

    @staticmethod
    def _look(operation: Operation, of: Classified) -> tuple[Seen, ...]:
        facts = _facts(operation, of)
        return tuple(seen for check in _CHECKS for seen in check(facts))


def _form(call: Call, path: str) -> Hashable:
    # What the rules can see of a path without a query: all of it, unless its id is like every other.
    ordinary = is_uuid(call.id) and "%" not in path and "//" not in path
    return path.endswith("/") if ordinary else path


def _facts(operation: Operation, of: Classified) -> Facts:
    exchange = operation.exchange
    intent = operation.notes.get("intent")
    fields = asked(exchange.request)
    return Facts(
        of=of,
        status=exchange.status or 0,
        body=exchange.response,
        media=exchange.headers.get("content-type", ""),
        user=exchange.user,
        valid=intent != "invalid",
        avowed=intent == "valid",
        unquestioned=not is_doubtful(operation),
        invented=is_invented(operation, of.call),
        throttled=is_busy(exchange),
        echoed=_mapping(fields),
        shown=_shown(exchange, whole=of.kind is not Kind.SUCCESS),
        beside=of.call.name == UNROUTED and _EXTENDED.search(exchange.path.partition("?")[0]) is not None,
    )


def _mapping(fields: Json) -> Mapping[str, Json]:
    return fields if isinstance(fields, dict) else {}


def _shown(exchange: Exchange, *, whole: bool) -> str:
    # A success is remembered without its body, so what is said of it must not show one.
    media = exchange.headers.get("content-type", "no media type").partition(";")[0]
    head = f"{exchange.status} {media}"
    if not whole or exchange.response is None:
        return head
    text = " ".join(texts(exchange.response)[-1].split())
    return f"{head} {text[:_SHOWN]}{'…' if len(text) > _SHOWN else ''}"


def examine(operation: Operation, target: Target | None = None, of: Classified | None = None) -> tuple[Seen, ...]:
    """Examine one operation by itself; many of them are examined faster by one `Examiner`."""
    return Examiner().examine(operation, of or Classifier(target or Target(base_url=BASE))(operation))
