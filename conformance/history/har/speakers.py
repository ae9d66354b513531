"""Who speaks, in traffic that the suite did not make: learnt from what passes by, never assumed.

A token belongs to a person: to the key it was made from, or to whom an answer names as a resource's creator. What a
person created is theirs, and there they are the `owner`. Of somebody else's resources nothing is known of their rights,
so they are `somebody`, whom no rule about access or verdicts speaks of; only a token that the operator vouches for is
the `other` user's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha256

from conformance.api.bodies import asked, identity, within
from conformance.api.routes import BASE, URL_CALLS, Call, call_of
from conformance.api.statuses import DOCUMENTED_SUCCESS
from conformance.history.oldest import forget_oldest
from conformance.model import Exchange, Json, Operation, Role

SOMEBODY = "somebody"
DOUBTFUL = "doubtful"
"""The intent of a request that nobody vouches for: what it is refused for may lie in itself."""
CREATES = frozenset({"create_project", "create_upload", "create_file", "create_folder", "update_file"})
_PLACES = ("current_version",)
_ODD_HEADERS = frozenset(
    {"if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "if-range", "range", "upgrade",
     "x-http-method-override", "x-http-method", "x-method-override", "content-encoding"}
)  # fmt: skip
_MOST = 500_000
"""Resources whose creators are remembered; older ones are forgotten first."""


class Speakers:
    """Learns persons and what they created, below the target's `base` path.

    `others` are the tokens of a second user whom the operator vouches for.
    """

    def __init__(self, others: Iterable[str] = (), base: str = BASE) -> None:
        self._base = base
        self._others = frozenset(map(_digest, others))
        self._persons: dict[str, str] = {}
        self._creators: dict[str, str] = {}

    def user(self, token: str | None, method: str, path: str) -> str | None:
        """Say who asks: ``owner``, ``other``, ``somebody``, or None without a token."""
        if not token:
            return None
        marked = _digest(token)
        if marked in self._others:
            return "other"
        creator = self._creators.get(call_of(method, path, self._base).id)
        return "owner" if creator in (None, self._person(marked)) else SOMEBODY

    def intent(self, user: str | None, method: str, path: str, headers: Mapping[str, str]) -> str | None:
        """Say what may be thought of a request: None is nothing special, ``doubtful`` that its refusal may be its own.

        A url asked of a file that nobody was seen to create may be no file's; headers may ask for what is refused.
        """
        called = call_of(method, path, self._base)
        unknown = called.name in URL_CALLS and user == "owner" and called.id not in self._creators
        odd = any(name in _ODD_HEADERS for name in headers) or not _takes_json(headers.get("accept", ""))
        return DOUBTFUL if unknown or odd else None

    def learn(self, token: str | None, operation: Operation) -> None:
        """Take in what an answer tells of persons and of who created what."""
        exchange = operation.exchange
        if exchange.role is not Role.API or exchange.failure or not 200 <= (exchange.status or 0) < 300:
            return
        called = call_of(exchange.method, exchange.path, self._base)
        if called.name == "create_token":
            self._learn_token(exchange)
        elif called.name == "current_user" and token:
            self._learn_person(_digest(token), identity(exchange.response))
        elif called.name in CREATES and token:
            self._learn_creation(_digest(token), called, exchange)

    def _person(self, marked: str) -> str:
        return self._persons.get(marked, marked)

    def _learn_token(self, exchange: Exchange) -> None:
        key = within(asked(exchange.request), "user_key")
        token = within(exchange.response, "api_token")
        if isinstance(key, str) and isinstance(token, str):
            retained = _digest(key)
            self._persons[_digest(token)] = self._persons.get(retained, retained)

    def _learn_person(self, marked: str, name: str) -> None:
        """Know that a token's person is the one of that id; what they created under another name stays theirs."""
        before = self._person(marked)
        if not name or before == name:
            return
        for table in (self._persons, self._creators):
            table.update({key: name for key, person in table.items() if person == before})
        self._persons[before] = self._persons[marked] = name

    def _learn_creation(self, marked: str, called: Call, exchange: Exchange) -> None:
        if exchange.status != DOCUMENTED_SUCCESS.get(called.name, 200) and called.name == "update_file":
            return
        body: Json = exchange.response
        by = within(body, "audit", "created_by")
        if called.name != "update_file":
            self._learn_person(marked, identity(by))
        person = self._person(marked)
        for made in (body, *(within(body, place) for place in _PLACES)):
            name = identity(made)
            if name:
                self._creators.setdefault(name, person)
        forget_oldest(self._creators, _MOST)


def _takes_json(accept: str) -> bool:
    return not accept or "json" in accept or "*/*" in accept or "application/*" in accept


def _digest(text: str) -> str:
    """Remember a secret by its hash alone."""
    return sha256(text.encode("utf-8", "replace")).hexdigest()
