"""What passes by, as operations: announced before it is sent, kept when it ended, told to whoever listens."""

from __future__ import annotations

import itertools
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from conformance.api.request_facts import is_mutation
from conformance.driver.recorder import Recorder
from conformance.driver.wire.attempt import HEADER_RETAINED, HEADERS_RETAINED, Reply
from conformance.driver.wire.body import TEXT_RETAINED
from conformance.driver.wire.response import response_of
from conformance.history.carried_secrets import in_body, in_headers, in_target
from conformance.history.har.speakers import Speakers
from conformance.model import Exchange, Failure, Json, Octets, Operation, Role
from conformance.watch.proxying.learnt_secrets import LearntSecrets
from conformance.watch.proxying.passing import Asked, payload
from conformance.watch.proxying.upstream import Head

Listener = Callable[[Literal["begin", "end"], Operation], None]
UNENDED = frozenset({Failure.RESET, Failure.TIMEOUT})
RETAINED_URLS = 100_000
"""Signed urls remembered until they are used."""


@dataclass(frozen=True, slots=True)
class Begun:
    """An operation under way, with the token that it speaks with."""

    operation: Operation
    token: str | None


class TrafficRecord:
    """Writes operations down. Belongs to the thread of the proxy; listeners are called there too."""

    def __init__(self, recorder: Recorder, secrets: LearntSecrets, speakers: Speakers) -> None:
        self._recorder = recorder
        self._secrets = secrets
        self._speakers = speakers
        self._numbers = itertools.count(1)
        self._given: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._listeners: list[Listener] = []
        self.operations = 0

    def listen(self, callback: Listener) -> None:
        """Call `callback` with every mutation about to be sent and every operation kept."""
        self._listeners.append(callback)

    def payload(self, asked: Asked, data: bytes) -> Json | Octets | None:
        """Give a request's body as it is recorded; a text that is shortened has its secrets hidden first."""
        self._secrets.learn(in_headers(asked.headers))
        shortened = len(data) > TEXT_RETAINED
        return payload(data, asked.headers.get("content-type"), self._secrets.redact if shortened else str)

    def begin(self, asked: Asked, lane: str, request: Json | Octets | None) -> Begun:
        """Note that a request is about to be sent; a mutation is on disk afterwards.

        Raises:
            RecordError: it cannot be written, and so must not be sent.
        """
        self._secrets.learn((*in_headers(asked.headers), *in_body(request)))
        self._recorder.redact = self._secrets.redact
        api = asked.role is Role.API
        user = self._speakers.user(asked.token, asked.method, asked.target) if api else None
        if api and user is None and "cookie" in asked.headers:
            user = "somebody"  # a session may be in the cookie
        exchange = Exchange(
            method=asked.method,
            path=asked.target,
            host=asked.origin.authority,
            role=asked.role,
            user=user,
            request=request,
            request_type=asked.headers.get("content-type"),
            failure=Failure.KILLED,
        )
        operation = Operation(
            id=f"watch-{next(self._numbers)}",
            session=lane,
            a_ns=time.monotonic_ns(),
            b_ns=None,
            exchange=exchange,
            scenario="watch",
            notes=self._notes(asked, user),
        )
        if is_mutation(exchange):
            self._recorder.begin(operation)
            self._tell("begin", operation)
        return Begun(operation, asked.token)

    def end(self, begun: Begun, reply: Reply, request: Json | Octets | None = None) -> Operation:
        """Keep what came of it; `request` is the body where it was known only at the end."""
        secrets = self._secrets
        response, said = response_of(reply, begun.operation.exchange.role, secrets.redact)
        exchange = replace(
            begun.operation.exchange,
            request=begun.operation.exchange.request if request is None else request,
            status=reply.status,
            headers=reply.headers,
            response=response,
            failure=reply.failure,
        )
        notes = {**begun.operation.notes, **reply.notes, **said}
        b_ns: int | None = reply.b_ns
        if reply.failure in UNENDED:
            notes, b_ns = {**notes, "gave_up_ns": reply.b_ns}, None
        operation = replace(begun.operation, b_ns=b_ns, exchange=exchange, notes=notes)
        secrets.learn(in_body(response))
        self._speakers.learn(begun.token, operation)
        own = tuple(in_target(exchange.path))
        self._recorder.end(operation, secrets.redact.with_secrets(*own) if own else secrets.redact)
        self.operations += 1
        self._tell("end", operation)
        return operation

    def gave(self, authority: str, target: str, operation: str) -> None:
        """Remember which answer gave a signed url."""
        self._given[(authority, target)] = operation
        while len(self._given) > RETAINED_URLS:
            self._given.popitem(last=False)

    def unseen(self, begun: Begun, host: str, target: str, verb: str) -> None:
        """Note that the client may store something where the proxy does not see it."""
        exchange = Exchange(method=verb, path=target, host=host, role=Role.STORAGE, user=None, failure=Failure.KILLED)
        operation = replace(
            begun.operation, id=f"watch-{next(self._numbers)}", exchange=exchange, a_ns=time.monotonic_ns(), b_ns=None,
            notes={"unseen": "the signed url did not lead through the proxy"},
        )  # fmt: skip
        self._recorder.end(operation, self._secrets.redact.with_secrets(*in_target(target)))
        self._tell("end", operation)

    def _notes(self, asked: Asked, user: str | None) -> Mapping[str, Json]:
        if asked.role is Role.STORAGE:
            source = self._given.get((asked.origin.authority, asked.target))
            return {"url_of": source} if source else {}
        intent = self._speakers.intent(user, asked.method, asked.target, asked.headers)
        return {"intent": intent} if intent else {}

    def _tell(self, moment: Literal["begin", "end"], operation: Operation) -> None:
        for listener in self._listeners:
            listener(moment, operation)


def headers_of(head: Head) -> dict[str, str]:
    """Give an answer's headers as they are recorded: bounded, repeated ones joined."""
    retained: dict[str, str] = {}
    for raw, value in head.headers[: HEADERS_RETAINED * 4]:
        name, text = raw.decode("latin-1"), value.decode("latin-1")[:HEADER_RETAINED]
        if name in retained:
            retained[name] = f"{retained[name]}, {text}"
        elif len(retained) < HEADERS_RETAINED:
            retained[name[:100]] = text
    return retained
