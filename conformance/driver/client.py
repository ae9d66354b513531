"""One session: speaks in sequence, one request at a time; every attempt becomes an operation, whatever comes of it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx

from conformance.api.answers import Classified
from conformance.api.request_facts import is_mutation
from conformance.driver.api_verbs import Verbs
from conformance.driver.safety.ledger import CREATES
from conformance.driver.safety.signed_urls import MOST_HOPS, ForbiddenError, redirected
from conformance.driver.wire.attempt import Reply
from conformance.driver.wire.body import Blocks
from conformance.driver.wire.idle_roads import Road
from conformance.driver.wire.neat_transport import NeatTransport
from conformance.driver.wire.request import PreparedRequest, Wanted, for_api, for_storage
from conformance.driver.wire.response import response_of
from conformance.driver.wire.stream import Wire
from conformance.driver.wire.transport import Asked, transport_of
from conformance.model import NOTHING, Exchange, Failure, Json, Operation, Phase, Role

if TYPE_CHECKING:
    from conformance.driver.sending import Sending

_url = lru_cache(maxsize=64)(httpx.URL)
"""Origins, read once: a run speaks to few."""
Headers = tuple[tuple[str, str | None], ...]
"""Headers as they are sent; one of None is left out."""
Notes = Mapping[str, Json]
STREAMED: Headers = (("Transfer-Encoding", "chunked"),)
"""How a body is sent whose length is not told beforehand (RFC 9112, 7.1)."""
UNENDED = frozenset({Failure.RESET, Failure.TIMEOUT})
"""Failures after which the moment of the effect stays open: the operation has no end."""


class Client(Verbs):
    """One client of the target; not to be shared between threads. Made by `Driver.client`.

    `headers` go with every request to the API, one of None leaves out what is sent otherwise, and they are noted.
    `phase` is noted on every operation, and so is `step`, the number of a step in its plan's program, where it is set.
    `user` is who speaks, ``owner``, ``other``, ``invalid`` or None (no token). `roads` are the connections, by host.
    """

    def __init__(self, driver: Sending, session: str, *, user: str | None, scenario: str, plan: str) -> None:
        super().__init__(user, driver.settings.storage_provider)
        self.driver = driver
        self.session = session
        self.scenario = scenario
        self.plan = plan
        self.phase = Phase.TROUBLE
        self.headers: Mapping[str, str | None] = NOTHING
        self.step = ""
        self.exempt = False
        self.roads: dict[str, Road] = {}

    def ask(self, wanted: Wanted) -> Operation:
        """Send one request to the API; once more, as an operation of its own, when its token had expired."""
        wanted = self.driver.ownership.marked(self._mannered(wanted))
        prepared = for_api(wanted, self.driver.settings, self.driver.redact)
        if reason := self.driver.ownership.objection(wanted):
            return self._withheld(prepared.exchange, {**prepared.notes, "withheld": reason})
        operation, token = self._authorised(prepared)
        if operation.exchange.status == 401 and token is not None and self.driver.tokens.renew(wanted.user, token):
            again = replace(prepared, notes={**prepared.notes, "after_renewal_of_token": True})
            operation, token = self._authorised(again)
        self._heard(operation, authorized=token is not None)
        return operation

    def _mannered(self, wanted: Wanted) -> Wanted:
        if not self.headers:
            return wanted
        headers = {**self.headers, **wanted.headers}
        return replace(wanted, headers=headers, notes={**wanted.notes, "headers": dict(self.headers)})

    def classify(self, operation: Operation) -> Classified:
        """Return what an operation came to."""
        return self.driver.classify(operation)

    def _heard(self, operation: Operation, *, authorized: bool) -> None:
        """Note whether the target still answers this run; list projects where all may be over, to be certain."""
        access = self.driver.access
        if access.heard(operation, self.classify(operation), authorized=authorized):
            certain = self.send("GET", "/projects", query={"page": "1", "per_page": "1"}, user="owner")
            if certain.exchange.status == 401:
                access.lose()

    def put_signed(
        self,
        signed: Json,
        data: bytes | Blocks,
        *,
        notes: Mapping[str, Json] = NOTHING,
        cut_after_s: float | None = None,
        streamed: bool = False,
    ) -> Operation:
        """Send `data` where a signed URL says; a URL that must not be followed becomes a refused operation.

        Where they are `streamed`, their length is not told beforehand, which a storage provider may refuse.
        """
        noted = {**notes, "headers": dict(STREAMED)} if streamed else notes
        return self._signed(signed, "PUT", data, noted, cut_after_s, STREAMED if streamed else ())

    def get_signed(self, signed: Json, *, notes: Mapping[str, Json] = NOTHING, part: str = "") -> Operation:
        """Fetch what a signed URL serves, or the range `part` of it: its length and MD5, in bounded memory.

        Redirects are followed, each as an operation of its own: without the URL's own headers, and where it may lead.
        The last one is given.
        """
        operation = self._signed(signed, "GET", None, notes, None, (("Range", part),) if part else ())
        secure = self._is_secure(signed)
        for hop in range(1, MOST_HOPS + 1):
            there = redirected(operation.exchange, secure=secure)
            if there is None:
                break
            noted = {**notes, "redirected_by": operation.id, "hop": hop}
            secure = there["host"].startswith("https:")
            operation = self._signed(there, "GET", None, noted, None)
        return operation

    def _is_secure(self, signed: Json) -> bool:
        host = signed.get("host") if isinstance(signed, dict) else None
        base = self.driver.settings.target.base_url
        return (host if isinstance(host, str) and "//" in host else base).startswith("https:")

    def speak_over(self, other: object) -> None:
        """Speak over the connections of another client from now on, by turns, as two users behind one gateway do.

        Whoever lets go of them first, does so for both.
        """
        if isinstance(other, Client) and self.roads is not other.roads:
            self.close()
            self.roads = other.roads

    def close(self) -> None:
        """Let go of this session's connections: closed, or left to the next session where the driver lends them."""
        for key, road in self.roads.items():
            self.driver.idle_roads.leave(key, road)
        self.roads.clear()
        self.driver.disconnected(self)

    def _signed(  # noqa: PLR0913, PLR0917 - what goes where, and how
        self,
        signed: Json,
        method: str,
        data: bytes | Blocks | None,
        notes: Mapping[str, Json],
        cut_after_s: float | None,
        more: Headers = (),
    ) -> Operation:
        driver = self.driver
        try:
            prepared = for_storage(
                signed,
                method,
                data,
                settings=driver.settings,
                places=driver.places,
                redact=driver.redact,
                notes=notes,
                cut_after_s=cut_after_s,
            )
        except ForbiddenError as reason:
            exchange = Exchange(method=method, path="/", role=Role.STORAGE, user=None)
            return self._withheld(exchange, {**notes, "forbidden": str(reason)})
        return self._attempted(prepared, (*prepared.headers, *more))

    def _withheld(self, exchange: Exchange, notes: Mapping[str, Json]) -> Operation:
        """Keep an attempt that the driver itself did not make, and why."""
        now = time.monotonic_ns()
        refused = replace(exchange, failure=Failure.REFUSED)
        operation = self._operation(self.driver.new_id(), now, now, refused, notes)
        self.driver.keep(operation)
        return operation

    def _authorised(self, prepared: PreparedRequest) -> tuple[Operation, str | None]:
        """Send with the user's token and the operator's extra headers; the token used is None if the caller set one."""
        extra = tuple((name, secret.reveal()) for name, secret in self.driver.settings.network.headers)
        token = self.driver.tokens.of(prepared.exchange.user)
        if token is None or any(name.lower() == "authorization" for name, _ in prepared.headers):
            return self._attempted(prepared, (*extra, *prepared.headers)), None
        return self._attempted(prepared, (("Authorization", token), *extra, *prepared.headers)), token

    def _attempted(self, prepared: PreparedRequest, headers: Headers) -> Operation:
        """The one road of every request: a turn, the ledger, the announcement, the wire, the record."""
        driver = self.driver
        with driver.pace.turn(exempt=self.exempt):
            if not self.exempt:
                driver.access.check()
            name = driver.new_id()
            request_id = f"{driver.settings.run_id}-{name}"
            notes = {**prepared.notes, "request_id": request_id}
            wire, road = self._road(prepared)
            asked = self._asked(prepared, headers, request_id)
            a_ns = time.monotonic_ns()
            with self._foreseen(prepared.exchange, name, a_ns, notes) as outcome:
                reply = road.attempted(asked, wire, prepared.limits)
                operation = self._ended(prepared.exchange, name, a_ns, notes, reply)
                driver.ownership.learn(operation)
                driver.keep(operation, prepared.secrets)
                outcome.append(operation)
            driver.pace.spent(reply.sent + reply.received)
            driver.pace.heard(reply.status, reply.headers)
        return operation

    def _operation(self, name: str, a_ns: int, b_ns: int | None, exchange: Exchange, notes: Notes) -> Operation:
        notes = {**notes, "step": self.step} if self.step else notes
        return Operation(name, self.session, a_ns, b_ns, exchange, self.phase, self.scenario, self.plan, notes)

    def _ended(self, asked: Exchange, name: str, a_ns: int, notes: Notes, reply: Reply) -> Operation:
        response, said = response_of(reply, asked.role, self.driver.redact)
        exchange = Exchange(
            asked.method, asked.path, asked.host, asked.role, asked.user, asked.request, asked.request_type,
            reply.status, reply.headers, response, reply.failure,
        )  # fmt: skip
        b_ns: int | None = reply.b_ns
        noted = {**notes, **reply.notes, **said}
        if reply.failure in UNENDED:
            b_ns, noted = None, {**noted, "gave_up_ns": reply.b_ns}
        return self._operation(name, a_ns, b_ns, exchange, noted)

    def _asked(self, prepared: PreparedRequest, headers: Headers, request_id: str) -> Asked:
        fixed = {
            "User-Agent": self.driver.user_agent(self.scenario),
            "Accept": "application/json, */*;q=0.1",
            "Accept-Encoding": "identity",
            "X-Request-Id": request_id,
        }
        given = {name.lower() for name, _ in headers}
        if prepared.data is not None and not isinstance(prepared.data, bytes) and "transfer-encoding" not in given:
            fixed["Content-Length"] = str(prepared.data.size)  # else HTTP itself would send it in chunks
        sent = [*((name, value) for name, value in fixed.items() if name.lower() not in given), *headers]
        return Asked(
            method=prepared.exchange.method,
            url=_url(prepared.url),
            target=prepared.target.encode(),
            headers=[(k.encode("utf-8", "replace"), v.encode("utf-8", "replace")) for k, v in sent if v is not None],
            data=prepared.data,
            silence_s=self.driver.settings.bounds.silence_s,
        )

    def _road(self, prepared: PreparedRequest) -> Road:
        """Give the connections to a host: the API's and each storage host's apart, so that nothing is carried over."""
        key = prepared.url if prepared.exchange.role is Role.STORAGE else ""
        if key not in self.roads:
            self.driver.connected(self)
            self.roads[key] = self.driver.idle_roads.take(key) or self._new_road(prepared)
        return self.roads[key]

    def _new_road(self, prepared: PreparedRequest) -> Road:
        network = self.driver.settings.network
        guarded = prepared.exchange.role is Role.STORAGE and network.proxy is None
        wire = Wire(self.driver.places.guard(urlsplit(prepared.url).hostname or "") if guarded else None)
        secure = prepared.url.startswith("https:")
        if not secure and network.proxy is None:
            return wire, NeatTransport(wire)
        return wire, transport_of(network, wire, secure=secure)

    @contextmanager
    def _foreseen(self, exchange: Exchange, name: str, a_ns: int, notes: Notes) -> Iterator[list[Operation]]:
        """Announce a mutation, and write a create to the ledger, before it is sent; then what became of it."""
        outcome: list[Operation] = []
        if not is_mutation(exchange):
            yield outcome
            return
        begun = self._operation(name, a_ns, None, replace(exchange, failure=Failure.KILLED), notes)
        self.driver.announce(begun)  # before the ledger: what cannot be announced is not sent, and so no create
        made = self.driver.classify.call(replace(begun.exchange, method=exchange.method.upper()))
        kind = CREATES.get(made.name)
        if kind is None:
            yield outcome
            return
        self.driver.ledger.intend(name, kind, begun.exchange, within=made.id)
        yield outcome
        self.driver.settle(outcome[0])
