"""One attempt: send a request once, read the answer within bounds, and name what went wrong. Never raises for that."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import httpcore
import httpx

from conformance.driver.wire import body as bodies
from conformance.driver.wire.stream import CutHereError, ForbiddenPlaceError, OversizeError, Trip, Wire
from conformance.model import Failure, Json

HEADERS_RETAINED = 64
HEADER_RETAINED = 1000
"""Headers of an answer, and characters of each, that are kept."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back. `b_ns` is the moment after the last byte, or of giving up; `trouble` explains a failure."""

    b_ns: int
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bodies.Body | None = None
    failure: Failure | None = None
    trouble: str = ""
    sent: int = 0
    received: int = 0

    @property
    def notes(self) -> dict[str, Json]:
        """What the reader of the body wants to say."""
        said = dict(self.body.notes) if self.body else {}
        return said | ({"trouble": self.trouble} if self.trouble else {})


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one attempt: seconds for all of it, bytes of its body; `keep` keeps the octets of the body.

    `cut_after_s` cuts the connection so many seconds after the request has left, unless an answer has begun.
    """

    deadline_s: float
    body_bytes: int
    keep: bool = True
    cut_after_s: float | None = None


def attempt(transport: httpx.BaseTransport, wire: Wire, request: httpx.Request, limits: Limits) -> Reply:
    """Send `request` once, within `limits`."""
    return within(limits, wire, lambda: transport.handle_request(request), bodiless=request.method == "HEAD")


def within(limits: Limits, wire: Wire, ask: Callable[[], httpx.Response | Reply], *, bodiless: bool = False) -> Reply:
    """Ask once, within `limits`; an answer that was not read as a whole is read here."""
    deadline_ns = time.monotonic_ns() + int(limits.deadline_s * 1e9)
    wire.trip = trip = Trip(deadline_ns, limits.body_bytes, limits.cut_after_s)
    response: httpx.Response | None = None
    try:
        answer = ask()
        if isinstance(answer, Reply):
            return answer
        response = answer
        encoding = response.headers.get("content-encoding", "")
        body = bodies.read(response.iter_raw(), encoding=encoding, bound=limits.body_bytes, keep=limits.keep)
    except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as trouble:
        return _failed(trouble, trip, response)
    except (httpcore.ProxyError, httpcore.UnsupportedProtocol, httpx.HTTPError, httpx.StreamError) as trouble:
        return _failed(trouble, trip, response)
    finally:
        if response is not None:
            response.close()
    b_ns = time.monotonic_ns()
    if not trip.is_neat(response.status_code, response.headers, bodiless=bodiless):
        wire.spoil()
    return Reply(
        b_ns=b_ns,
        status=response.status_code,
        headers=retained(response.headers.multi_items()),
        body=body,
        failure=body.failure,
        sent=trip.sent,
        received=trip.received,
    )


def _failed(trouble: Exception, trip: Trip, response: httpx.Response | None) -> Reply:
    return Reply(
        b_ns=time.monotonic_ns(),
        status=response.status_code if response is not None else None,
        headers=retained(response.headers.multi_items()) if response is not None else {},
        failure=_name(trouble, trip),
        trouble=f"{type(trouble).__name__}: {trouble}"[:300],
        sent=trip.sent,
        received=trip.received,
    )


def _name(trouble: Exception, trip: Trip) -> Failure:
    if trip.sent == 0 or isinstance(trouble, ForbiddenPlaceError):
        return Failure.REFUSED
    if isinstance(trouble, OversizeError) or _too_many_headers(trouble):
        return Failure.TOO_LARGE
    if isinstance(trouble, CutHereError):
        return Failure.RESET
    if isinstance(trouble, httpcore.TimeoutException):
        return Failure.TIMEOUT
    return Failure.CUT if trip.received else Failure.RESET


def _too_many_headers(trouble: Exception) -> bool:
    """Whether the parser gave up on the size of a head: it says so by the status a server would answer."""
    return any(getattr(inner, "error_status_hint", 0) == 431 for inner in trouble.args)


def retained(headers: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return headers, their names in lower case, as they are kept: so many, those that are repeated joined."""
    found: dict[str, str] = {}
    for name, value in headers[: HEADERS_RETAINED * 4]:
        if name in found:
            found[name] = f"{found[name]}, {value}"
        elif len(found) < HEADERS_RETAINED:
            found[name[:100]] = value
    return found
