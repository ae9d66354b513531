"""What is known of one answer before any rule looks at it: what it was classified as, and how far the duties reach."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from conformance.api.answers import Classified, Kind
from conformance.api.routes import NEEDED_CALLS, Call
from conformance.model import Json


@dataclass(frozen=True, slots=True)
class Facts:
    """One answer of the API with all that the rules ask about it.

    `valid` is False when the sender knows the request to be invalid; `avowed` is True when it vouches that it is valid.
    `unquestioned` is True unless the sender says that it does not vouch for the request.
    `throttled` tells that the answer asks to come again later (503 with Retry-After).
    `invented` tells that the id in the path was never given out; `echoed` are the fields of the request. `beside` tells
    that an extended endpoint was asked by a method of which nothing is documented.
    """

    of: Classified
    status: int
    body: Json
    media: str
    user: str | None
    valid: bool
    avowed: bool
    unquestioned: bool
    invented: bool
    throttled: bool
    echoed: Mapping[str, Json]
    shown: str
    beside: bool = False

    @property
    def call(self) -> Call:
        """The call that was made."""
        return self.of.call

    @property
    def kind(self) -> Kind:
        """The kind of the answer."""
        return self.of.kind

    @property
    def routed(self) -> bool:
        """Whether an error arose behind the router of any target that has the call."""
        return self.of.routed

    @property
    def needed(self) -> bool:
        """Whether the call is one that every target has."""
        return self.call.name in NEEDED_CALLS

    @property
    def succeeded(self) -> bool:
        """Whether the status says success."""
        return 200 <= self.status < 300


def is_json(media: str) -> bool:
    """Whether a Content-Type names JSON, parameters and structured suffixes allowed."""
    kind = media.partition(";")[0].strip().lower()
    return kind in ("application/json", "text/json") or kind.endswith("+json")
