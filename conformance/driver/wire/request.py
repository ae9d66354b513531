"""A request made ready: from what a caller wants to what is recorded and what is sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlencode, urlsplit

from conformance.api.request_facts import HEADER_BYTES, OVER_LONG
from conformance.api.routes import legal_target
from conformance.driver.safety.signed_urls import ForbiddenError, Places, Signed
from conformance.driver.wire import body as bodies
from conformance.driver.wire.attempt import Limits
from conformance.history.redact import Redactor, is_secret
from conformance.model import NOTHING, Exchange, Json, Octets, Role
from conformance.settings.run_settings import Settings

JSON = "application/json"
SHORTEST_SIGNATURE = 16


@dataclass(frozen=True, slots=True)
class Wanted:
    """One API request as its caller says it; `path` follows the base URL, `json` None means no JSON body.

    A header of None is left out where it is sent otherwise.
    """

    method: str
    path: str
    query: Mapping[str, str] | str | None = None
    json: Json = None
    content: bytes | None = None
    content_type: str | None = None
    headers: Mapping[str, str | None] = field(default_factory=dict)
    notes: Mapping[str, Json] = field(default_factory=dict)
    cut_after_s: float | None = None
    user: str | None = "owner"


@dataclass(frozen=True, slots=True)
class PreparedRequest:
    """A request ready to go. `url` is its origin, `target` the path and query on the wire, `headers` the caller's own.

    `secrets` are known of this request alone, such as the signature in its URL.
    """

    exchange: Exchange
    url: str
    target: str
    headers: tuple[tuple[str, str | None], ...]
    data: bytes | bodies.Blocks | None
    limits: Limits
    notes: Mapping[str, Json] = field(default_factory=dict)
    secrets: tuple[str, ...] = field(default=(), repr=False)


def for_api(wanted: Wanted, settings: Settings, redact: Callable[[str], str]) -> PreparedRequest:
    """Make an API request ready; its body and target go out exactly as wanted, save for what HTTP forbids."""
    data = json.dumps(wanted.json, allow_nan=False).encode() if wanted.json is not None else wanted.content
    kind = wanted.content_type or (JSON if wanted.json is not None else None)
    base = urlsplit(settings.target.base_url)
    tail = wanted.query if isinstance(wanted.query, str) else urlencode(wanted.query or {})
    target = legal_target(f"{base.path}{wanted.path}{'?' if tail else ''}{tail}")
    asked = Exchange(
        method=wanted.method,
        path=target,
        host=base.netloc,
        role=Role.API,
        user=wanted.user,
        request=wanted.json if wanted.json is not None else _payload(data, kind, redact),
        request_type=kind,
    )
    bounds = settings.bounds
    return PreparedRequest(
        exchange=asked,
        url=f"{base.scheme}://{base.netloc}/",
        target=target,
        headers=(*((("Content-Type", kind),) if kind else ()), *wanted.headers.items()),
        data=data,
        limits=Limits(bounds.deadline_s, bounds.answer_bytes, cut_after_s=wanted.cut_after_s),
        notes=_cut(_long_headed(wanted), wanted.cut_after_s),
    )


def _long_headed(wanted: Wanted) -> Mapping[str, Json]:
    longest = max((len(name) + len(value or "") for name, value in wanted.headers.items()), default=0)
    return wanted.notes if longest < OVER_LONG else {**wanted.notes, HEADER_BYTES: longest}


def for_storage(  # noqa: PLR0913 - what a storage request is made of, from four owners
    body: Json,
    method: str,
    data: bytes | bodies.Blocks | None,
    *,
    settings: Settings,
    places: Places,
    redact: Redactor,
    notes: Mapping[str, Json] = NOTHING,
    cut_after_s: float | None = None,
) -> PreparedRequest:
    """Make a request to a signed URL ready.

    Raises:
        ForbiddenError: it is none, it leads to a forbidden place, or it would carry a credential of the run there.
    """
    signed = places.signed(body)
    if redact.holds(f"{signed.authority}{signed.target}{signed.headers}"):
        raise ForbiddenError("the signed URL carries a credential of the run")
    if settings.network.proxy is not None:
        places.foresee(signed.host)  # a proxy resolves for itself, out of the wire's sight
    asked = Exchange(
        method=signed.method if signed.method in (method, "POST") else method,
        path=signed.target,
        host=signed.authority,
        role=Role.STORAGE,
        user=None,
        request=bodies.octets_of(data) if data is not None else None,
    )
    bounds = settings.bounds
    return PreparedRequest(
        exchange=asked,
        url=f"{signed.scheme}://{signed.authority}/",
        target=signed.target,
        headers=signed.headers,
        data=data,
        limits=Limits(bounds.deadline_s, bounds.body_bytes, keep=False, cut_after_s=cut_after_s),
        notes=_cut(notes, cut_after_s),
        secrets=_signatures(signed),
    )


def _cut(notes: Mapping[str, Json], cut_after_s: float | None) -> Mapping[str, Json]:
    return notes if cut_after_s is None else {**notes, "cut_after_s": cut_after_s}


def _payload(data: bytes | None, kind: str | None, redact: Callable[[str], str]) -> Json | Octets | None:
    """Record octets as JSON only where that loses nothing."""
    if data is None:
        return None
    if kind is not None and "json" in kind.lower():
        try:
            value, notes = bodies.json_of(data)
        except ValueError:
            pass
        else:
            if value is not None and not notes:
                return value
    return bodies.octets_of(data, bodies.text_of(data, redact))


def _signatures(signed: Signed) -> tuple[str, ...]:
    """Give the values in a signed URL that a storage provider may echo in its errors.

    Short ones are none: they would be found in every text, in hashes and in the names of fields.
    """
    pairs = [part.partition("=") for part in urlsplit(signed.target).query.split("&")]
    found = [value for name, _, value in pairs if len(value) >= SHORTEST_SIGNATURE and is_secret(name)]
    return (*found, *map(unquote, found))
