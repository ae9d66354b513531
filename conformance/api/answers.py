"""What kind of answer came back: the words that every judge, poller and report share.

`Classified` is what is decided of one operation, once (`classifier.Classifier`), and carried beside it: which call it
was, what the response *is* (`Kind`), what it tells about the state (`Answer`, `Effect`; docs/theory.md), and who
gave it (`Source`).
"""

from __future__ import annotations

from enum import Enum, StrEnum, auto
from typing import NamedTuple

from conformance.api.routes import Call


class Answer(StrEnum):
    """The class of a response (docs/theory.md)."""

    DONE = "done"
    NC = "not-consistent"
    INTEGRITY = "integrity"
    REFUSED = "refused"
    """A definite no with no effect: validation, 401, 403, plain 404, 405."""
    UNSENT = "unsent"
    """The request never left: the connection was refused, or the driver withheld it. No effect, and no information."""
    ALREADY = "already"
    """Refused because it is so already: somebody did it."""
    UNKNOWN = "unknown"
    """No information for a read, an indeterminate effect for a mutation."""


class Effect(StrEnum):
    """What became of a mutation (theory: what an answer tells)."""

    DONE = "done"
    """It took effect inside its interval."""
    NONE = "none"
    """It left nothing behind."""
    SOMEBODY = "somebody"
    """Somebody, perhaps this client's own lost attempt, had done it by the end of the interval."""
    INDETERMINATE = "indeterminate"
    """At any time from its beginning on, or never."""


class Kind(Enum):
    """What a response is, as the payload rules tell responses apart."""

    SUCCESS = auto()
    NOT_CONSISTENT = auto()
    INTEGRITY = auto()
    INTEGRITY_MISSTATED = auto()
    """The integrity exception's own reason at a url endpoint under another status than 400.

    It is no integrity exception (the contract's is a 400) and tells the state what its status tells; but its payload
    breaks the rule about the status, so the payload rules must know it.
    """
    ERROR = auto()
    FOREIGN = auto()
    """An error that is not the API's own: no information."""
    OTHER = auto()
    """Neither success nor error, such as a redirect."""
    NOTHING = auto()
    """No whole response."""


class Source(StrEnum):
    """Who gave a response."""

    API = "api"
    STORAGE = "storage"
    PROXY = "proxy"
    """Something in front of the API, by a status that such things give by themselves, without the four fields."""
    GATEWAY = "gateway"
    """Something in front of the API, by the operator's pattern."""
    FIREWALL = "firewall"
    """A page that only hostile requests meet (`gateways`)."""
    NOBODY = "nobody"


class Classified(NamedTuple):
    """What is decided of one operation. A tuple, because one is made for nearly every operation of a history.

    `call` has its id in one spelling. `effect` is NONE for reads, which change nothing. `routed` says of an error that
    it arose behind the router of any target that has the call.
    """

    call: Call
    kind: Kind
    answer: Answer
    effect: Effect
    source: Source = Source.API
    routed: bool = False

    @property
    def foreign(self) -> bool:
        """Whether something that the operator, or the evidence, knows not to be the API answered."""
        return self.source in (Source.GATEWAY, Source.FIREWALL)

    def from_firewall(self, *, mutation: bool) -> Classified:
        """Return the same for a page that proved to be a firewall's: no information."""
        effect = Effect.INDETERMINATE if mutation else Effect.NONE
        return self._replace(
            kind=Kind.FOREIGN, answer=Answer.UNKNOWN, effect=effect, source=Source.FIREWALL, routed=False
        )
