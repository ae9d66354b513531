"""Entries of a HAR file to operations: wall-clock intervals, lanes, users and bodies, each only as far as it is known.

An operation begins at its printed instant and ends a resolution, its duration and a millisecond later. Pure: nothing is
read or written here.
"""

from __future__ import annotations

import hashlib
import heapq
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import unquote, urlsplit

from conformance.api.routes import base_of
from conformance.errors import HistoryError
from conformance.history.carried_secrets import in_body, in_headers, in_target
from conformance.history.decode import decode
from conformance.history.encode import encode
from conformance.history.har.har_base import below, best_base, origin
from conformance.history.har.har_entries import NS_PER_MS, HarEntry
from conformance.history.har.speakers import SOMEBODY, Speakers
from conformance.history.redact import Redactor
from conformance.model import Exchange, Failure, History, Json, Octets, Operation, Role, Target

HEADER = {"clock": "wall", "partial": True}
"""What is true of every such history: its clock may have been set meanwhile, and others may have sent unseen."""
TEXT_RETAINED = 2048
FEWEST_TIMES = 10
_GRAINS = (1_000_000_000, 100_000_000, 10_000_000)


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is to be read. `speaks_as` says who speaks in all of it (``owner``, ``other``, ``none``), if anything.

    `base_url` names the base of the API, "" lets it be found.
    """

    speaks_as: str = ""
    base_url: str = ""
    converge_within_s: float = 60.0
    gateway: str = ""


@dataclass(frozen=True, slots=True)
class Interpreted:
    """A history made of a file, and sentences on what was assumed and left out."""

    history: History
    remarks: tuple[str, ...]


def interpreted(entries: Sequence[HarEntry], reading: Reading) -> Interpreted:
    """Make a history of the entries, whatever their order.

    Raises:
        HistoryError: no request of the file is one of the API.
    """
    base = reading.base_url.rstrip("/") or best_base(entries)
    api = [entry for entry in entries if base and below(entry.url, base) is not None]
    if not api:
        raise HistoryError(
            f"of {len(entries)} requests none is one of the API{f' below {base}' if base else ''}.",
            remedy="Name the base of the API: --base-url https://host/api/v1",
        )
    maker = _Maker(base, reading, _grain(entries), bare=not any("authorization" in one.request_headers for one in api))
    operations = _laned(_redacted(maker.operations(entries), maker.secrets))
    target = Target(base, converge_within_s=reading.converge_within_s, gateway=reading.gateway)
    history = History(tuple(operations), target, recorded=True, header=HEADER)
    return Interpreted(history, tuple(_remarks(entries, operations, maker)))


def _grain(entries: Sequence[HarEntry]) -> int:
    """Give a resolution (ns) coarser than printed, where so many instants are multiples of it that it is no chance."""
    instants = {entry.begun_ns for entry in entries}
    if len(instants) < FEWEST_TIMES:
        return 0
    return next((grain for grain in _GRAINS if all(time % grain == 0 for time in instants)), 0)


class _Maker:
    """Makes operations one by one, in the order in which they began, learning on the way."""

    def __init__(self, base: str, reading: Reading, grain: int, *, bare: bool) -> None:
        self.base, self.reading, self.bare = base, reading, bare
        self.secrets: dict[str, None] = {}
        self._grain = grain
        self._speakers = Speakers(base=base_of(base))
        self._signed: dict[str, str] = {}

    def operations(self, entries: Iterable[HarEntry]) -> list[Operation]:
        """Give the operations on the API, and those at the storage hosts that its answers led to."""
        ordered = sorted(entries, key=lambda entry: (entry.begun_ns, entry.took_ns or 0, entry.number))
        made: list[Operation] = []
        rest: list[HarEntry] = []
        for entry in ordered:
            path = below(entry.url, self.base)
            if path is None:
                rest.append(entry)
            else:
                made.append(self._api(entry, path))
        return made + [self._storage(entry) for entry in rest if _key(entry.url) in self._signed]

    def _api(self, entry: HarEntry, path: str) -> Operation:
        headers = entry.request_headers
        given = headers.get("authorization", "").strip()
        token = (given[7:].strip() if given.lower().startswith("bearer ") else given) or None
        user = self._user(token, entry.method, path, headers)
        request = _request(entry)
        self._learn(headers, request, path)
        intent = self._speakers.intent(user, entry.method, path, headers)
        exchange = self._exchange(entry, path, Role.API, user, request)
        operation = self._operation(entry, exchange, {"intent": intent} if intent else {})
        self._speakers.learn(token or (user if user == "owner" else None), operation)
        self._learn({}, exchange.response, path)
        for host, url in _signed(exchange.response):
            self._signed[_key(_absolute(host, url, self.base))] = operation.id
        return operation

    def _storage(self, entry: HarEntry) -> Operation:
        parts = urlsplit(entry.url)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        stored = None
        if entry.method in ("PUT", "POST") and entry.request is not None:
            stored = Octets(len(entry.request), _md5(entry.request))
        self._learn(entry.request_headers, None, target)
        exchange = self._exchange(entry, target, Role.STORAGE, None, stored)
        return self._operation(entry, exchange, {"url_of": self._signed[_key(entry.url)]})

    def _user(self, token: str | None, method: str, path: str, headers: Mapping[str, str]) -> str | None:
        stated = self.reading.speaks_as
        if stated:
            return None if stated == "none" else stated
        if token is None and self.bare:
            return "owner"
        if token is None and "cookie" in headers:
            return SOMEBODY
        return self._speakers.user(token, method, path)

    def _learn(self, headers: Mapping[str, str], body: Json | Octets | None, path: str) -> None:
        self.secrets.update(dict.fromkeys((*in_headers(headers), *in_body(body), *in_target(path))))

    def _exchange(
        self, entry: HarEntry, path: str, role: Role, user: str | None, request: Json | Octets | None
    ) -> Exchange:
        response, failure = _response(entry, role)
        return Exchange(
            method=entry.method,
            path=path,
            host=urlsplit(entry.url).netloc.rpartition("@")[2],
            role=role,
            user=user,
            request=request,
            request_type=entry.request_headers.get("content-type"),
            status=entry.status or None,
            headers=dict(entry.response_headers),
            response=response,
            failure=failure,
        )

    def _operation(self, entry: HarEntry, exchange: Exchange, notes: Mapping[str, Json]) -> Operation:
        coarse = max(entry.resolution_ns, self._grain)
        ended = entry.took_ns is not None and entry.status
        b_ns = entry.begun_ns + coarse + (entry.took_ns or 0) + NS_PER_MS if ended else None
        if b_ns is None and exchange.failure is None:
            exchange = replace(exchange, failure=Failure.RESET)
        return Operation(f"entry-{entry.number}", "", entry.begun_ns, b_ns, exchange, scenario="har", notes=notes)


def _request(entry: HarEntry) -> Json | Octets | None:
    """Give a request's body: JSON, octets with their text, or octets of which nothing is known."""
    data = entry.request
    if data is None:
        return Octets(0, "")
    return _payload(data, entry.request_headers.get("content-type", "")) if data else None


def _response(entry: HarEntry, role: Role) -> tuple[Json | Octets | None, Failure | None]:
    """Give an answer's body, and that it is cut where it was not kept whole; to a PUT the status is enough."""
    if not entry.status:
        return None, Failure.RESET
    if entry.response is None:
        harmless = role is Role.STORAGE and entry.method in ("PUT", "POST")
        return None, None if harmless else Failure.CUT
    if role is Role.STORAGE:
        return Octets(len(entry.response), _md5(entry.response)), None
    if not entry.response:
        return None, None
    return _payload(entry.response, "json"), None


def _payload(data: bytes, media: str) -> Json | Octets:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return Octets(len(data), _md5(data))
    if "json" in media.lower():
        try:
            value = json.loads(text, parse_constant=_refuse, parse_float=_finite)
            mended = json.dumps(value, ensure_ascii=False).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            return json.loads(mended)
        except (ValueError, RecursionError):
            pass
    return Octets(len(data), _md5(data), text[:TEXT_RETAINED])


def _refuse(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise ValueError("a number is beyond every bound")
    return number


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def _signed(body: Json) -> Iterator[tuple[str, str]]:
    """Give host and url of every signed url in a body."""
    level = [body]
    while level:
        one = level.pop()
        if isinstance(one, dict):
            if isinstance(one.get("host"), str) and isinstance(one.get("url"), str):
                yield one["host"], one["url"]
            level.extend(one.values())
        elif isinstance(one, list):
            level.extend(one)


def _absolute(host: str, url: str, base: str) -> str:
    """Spell a signed url out; a host without a scheme has the target's."""
    stated = host if "//" in host else f"{urlsplit(base).scheme}://{host}"
    return f"{stated}{'' if url.startswith('/') else '/'}{url}"


def _key(url: str) -> str:
    """Give a url in the one spelling by which a request is known to follow it: browsers escape more than the API."""
    try:
        parts = urlsplit(url)
        return f"{origin(url)}{unquote(parts.path)}?{unquote(parts.query)}"
    except ValueError:
        return url


def _redacted(operations: Iterable[Operation], secrets: Iterable[str]) -> list[Operation]:
    """Give the operations as they would be read back from a history of ours: without their secrets."""
    redact = Redactor(secrets)
    return [decode(redact.line(encode(one).decode()).encode()) for one in operations]


def _laned(operations: list[Operation]) -> list[Operation]:
    """Give each operation a lane in which none overlaps, in the order in which they ended."""
    free: list[tuple[int, int]] = []
    lanes = 0
    made: list[Operation] = []
    for one in sorted(operations, key=lambda one: one.a_ns):
        if one.b_ns is None:
            made.append(replace(one, session=f"har/unended {one.id}"))
            continue
        if free and free[0][0] <= one.a_ns:
            _, lane = heapq.heappop(free)
        else:
            lanes += 1
            lane = lanes
        heapq.heappush(free, (one.b_ns, lane))
        made.append(replace(one, session=f"har/lane {lane}"))
    return sorted(made, key=lambda one: (one.b_ns if one.b_ns is not None else one.a_ns, one.a_ns))


def _remarks(entries: Sequence[HarEntry], operations: Sequence[Operation], maker: _Maker) -> Iterator[str]:
    yield f"the base of the API is {maker.base}"
    if maker.reading.speaks_as:
        yield f"every request was read as one of {_WHO[maker.reading.speaks_as]} (--as {maker.reading.speaks_as})"
    elif maker.bare:
        yield "no request carries Authorization (a sanitised file?): all were read as the owner's; --as says otherwise"
    skipped = len(entries) - len(operations)
    if skipped:
        yield f"{skipped} of {len(entries)} requests are neither the API's nor at a signed url, and were left out"
    unknown = sum(one.exchange.failure is Failure.CUT for one in operations)
    if unknown:
        yield f"{unknown} answers are unknown: their bodies are not as long as their Content-Length"
    unended = sum(one.b_ns is None for one in operations)
    if unended:
        yield f"{unended} requests have no end: the file gives no time or no status"


_WHO = {"owner": "the owner", "other": "the second user", "none": "somebody without a token"}
