"""Manners of asking: headers that a client may send beside its request, and that must change nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

ABSENT = None
"""Stands for a header that is usually sent, and is left out."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How a client asks: in words, and by which headers, of which None is left out."""

    says: str
    headers: Mapping[str, str | None]


MANNERS: Mapping[str, Manner] = {
    "accept-absent": Manner("without Accept", {"Accept": ABSENT}),
    "accept-anything": Manner("accepting anything", {"Accept": "*/*"}),
    "accept-json": Manner("accepting JSON alone", {"Accept": "application/json"}),
    "accept-application": Manner("accepting any application's type", {"Accept": "application/*"}),
    "accept-preferring": Manner(
        "preferring JSON by q-values", {"Accept": "text/plain;q=0.2, application/json;q=0.9, */*;q=0.1"}
    ),
    "accept-charset": Manner("accepting JSON in UTF-8", {"Accept": "application/json; charset=utf-8, */*;q=0.5"}),
    "gzip": Manner("accepting gzip", {"Accept-Encoding": "gzip"}),
    "packed-or-not": Manner("accepting gzip, deflate or neither", {"Accept-Encoding": "gzip;q=1.0, deflate;q=0.6"}),
    "identity-alone": Manner("accepting no packing", {"Accept-Encoding": "identity;q=1, *;q=0"}),
    "closing": Manner("closing each connection", {"Connection": "close"}),
    "no-cache": Manner("past any cache", {"Cache-Control": "no-cache", "Pragma": "no-cache"}),
    "stale-tag": Manner("with a tag that nothing has", {"If-None-Match": '"ddsc-of-nothing"'}),
    "long-ago": Manner("if modified since 1970", {"If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"}),
    "language": Manner("in another language", {"Accept-Language": "tr, de;q=0.5"}),
}
"""What an actor's `manner` may be."""
