"""Who stands in front of the API and answers by itself: known by the operator's pattern, or by evidence.

A firewall shows itself by answering requests that hold an unusual byte with one page of its own, while the like request
without that byte reaches the API (docs/theory.md). Nothing less is taken for one: a page that plain requests meet
as well is the target's, and is judged.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from urllib.parse import parse_qsl, unquote

from conformance.api.answers import Classified, Kind, Source
from conformance.api.error_bodies import texts
from conformance.api.statuses import FIREWALL_STATUSES
from conformance.errors import UsageError
from conformance.model import Exchange, Json, Octets, Role

LEAST_PAGES = 3
"""So many pages of one shape make a firewall."""

_UNUSUAL = re.compile(r"[^A-Za-z0-9 ._/\-]")
_NEEDLESS = re.compile(r"%(?:2[d-f]|3[0-9]|[46][1-9a-f]|[57][0-9a]|5f|7e)", re.IGNORECASE)
"""A plain byte that is written as no client of good faith writes it in a path: encoded."""
_SYNTAX = re.compile(r'[{}\[\]":, ]')
_TAG = re.compile(r"<\s*(/?[A-Za-z][A-Za-z0-9]*)")
_VARYING = re.compile(r"\S*\d\S*")
_Shape = tuple[int, str, str]
_Like = tuple[str, str]
"""Method and call: requests that are alike but for what stands in them."""


class Gateway:
    """The operator's pattern, a regular expression over the body; falsy when there is none.

    Raises:
        UsageError: it is not a regular expression.
    """

    def __init__(self, pattern: str) -> None:
        try:
            self._pattern = re.compile(pattern) if pattern else None
        except re.error as trouble:
            raise UsageError(f"the gateway pattern is not a regular expression: {trouble}.") from trouble

    def __bool__(self) -> bool:
        """Whether there is a pattern."""
        return self._pattern is not None

    def fits(self, exchange: Exchange) -> bool:
        """Whether an answer matches; a success with a JSON body never does."""
        if self._pattern is None or exchange.status is None or exchange.role is Role.STORAGE:
            return False
        body = exchange.response
        if exchange.status < 400 and isinstance(body, dict | list):
            return False
        return any(self._pattern.search(text) for text in texts(body))


class Firewall:
    """Gathers what may be a firewall's pages, and which calls reach the API without an unusual byte."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._suspects: dict[_Shape, list[tuple[int, _Like]]] = defaultdict(list)
        self._reached: set[_Like] = set()

    def suspects(self, index: int, exchange: Exchange, of: Classified) -> bool:
        """Take an answer by its place in the history if it may be a firewall's; say whether it was taken."""
        found = of.kind is Kind.ERROR and is_suspect(exchange, self._base)
        if found:
            self._suspects[_shape(exchange)].append((index, (exchange.method, of.call.name)))
        return found

    @property
    def enough(self) -> bool:
        """Whether there are so many pages of one shape that it matters which calls reach the API."""
        return any(len(suspects) >= LEAST_PAGES for suspects in self._suspects.values())

    def reaches(self, exchange: Exchange, of: Classified) -> None:
        """Take an answer: if it is the API's JSON to a request without an unusual byte, requests like it get there."""
        like = (exchange.method, of.call.name)
        if (
            like not in self._reached
            and of.source is Source.API
            and isinstance(exchange.response, dict | list)
            and not is_unusual(exchange, self._base)
        ):
            self._reached.add(like)

    def pages(self) -> frozenset[int]:
        """Return the places of the pages that a firewall gave."""
        found: set[int] = set()
        for suspects in self._suspects.values():
            places = [index for index, like in suspects if like in self._reached]
            if len(places) >= LEAST_PAGES:
                found.update(places)
        return frozenset(found)


def is_busy(exchange: Exchange) -> bool:
    """Whether the answer asks to come back later in HTTP's own way (RFC 9110, section 10.2.3): no failure.

    Some limit how often one may ask by 403 instead of 429.
    """
    return exchange.status in (403, 503) and "retry-after" in exchange.headers


def is_suspect(exchange: Exchange, base: str) -> bool:
    """Whether an answer may be a firewall's page: no JSON, a firewall's status, to a request with an unusual byte."""
    if exchange.status not in FIREWALL_STATUSES or exchange.failure is not None or exchange.role is not Role.API:
        return False
    page = not isinstance(exchange.response, dict | list) and not _claims_json(exchange)
    return page and exchange.method != "HEAD" and is_unusual(exchange, base)


def _claims_json(exchange: Exchange) -> bool:
    return "json" in exchange.headers.get("content-type", "").partition(";")[0].lower()


def _shape(exchange: Exchange) -> _Shape:
    """Return what pages of one template share: HTML is known by its tags, a text by its words without numbers."""
    media = exchange.headers.get("content-type", "").partition(";")[0].strip().lower()
    text = texts(exchange.response)[0]
    tags = " ".join(_TAG.findall(text)).lower()
    return exchange.status or 0, media, tags or " ".join(_VARYING.sub("#", text).split())


def is_unusual(exchange: Exchange, base: str) -> bool:
    """Whether path, query or a string of the body holds a byte outside letters, digits, space and ``. _ / -``.

    A percent sign that nothing asks for is such a byte: some firewalls look at what it stands for.
    """
    path, _, query = exchange.path.partition("?")
    own = path[len(base) :]
    if _NEEDLESS.search(own) or _UNUSUAL.search(unquote(own, errors="surrogateescape")):
        return True
    if query and any(_UNUSUAL.search(word) for pair in _pairs(query) for word in pair):
        return True
    return any(_UNUSUAL.search(word) for word in _strings(exchange.request))


def _pairs(query: str) -> list[tuple[str, str]]:
    return parse_qsl(query, keep_blank_values=True, errors="surrogateescape")


def _strings(body: Json | Octets | None) -> Iterator[str]:
    """Give the strings in a request's body; of one that is neither JSON nor a form, its text without JSON's syntax."""
    if isinstance(body, Octets):
        yield from _in_text(body)
        return
    level = [body]
    while level:
        inner = level.pop()
        if isinstance(inner, str):
            yield inner
        elif isinstance(inner, dict):
            level += [*inner, *inner.values()]
        elif isinstance(inner, list):
            level += inner


def _in_text(body: Octets) -> Iterator[str]:
    if body.bytes and not body.text:
        yield "\0"  # octets that are no text
    elif "=" in body.text and not _SYNTAX.search(body.text[:1]):
        yield from (word for pair in _pairs(body.text) for word in pair)
    else:
        yield _SYNTAX.sub(" ", body.text)
