"""Never harm: a run changes only what it made itself, and everything it makes can be known by its mark."""

from __future__ import annotations

import json
import re
import secrets
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from urllib.parse import parse_qsl, unquote, urlencode

from conformance.api.routes import READ_METHODS, base_of, call_below, call_of
from conformance.driver.safety.ledger import CREATES
from conformance.driver.wire.request import Wanted
from conformance.model import Json, Operation, Role

_NAMING = frozenset({"create_project", "update_project"})
_GUESSABLE = re.compile(r"[\w.\-]{1,15}")
"""A short word or number may well be somebody's id; a UUID that no server gave out is nobody's."""
MOST_KNOWN = 500_000
"""Ids of other people that are remembered; a run that has seen more refuses every id it did not make."""


class Ownership:
    """Which ids this run made at the target of `base_url`, and which it has merely seen.

    Shared by the clients of one process.
    """

    def __init__(self, run_id: str, base_url: str, *, trusting: bool = False) -> None:
        self._run_id = run_id
        self._base = base_of(base_url)
        self._trusting = trusting
        self._ours: set[str] = set()
        self._foreign: set[str] = set()
        self._lock = threading.Lock()

    def objection(self, wanted: Wanted) -> str:
        """Say why a request may not be sent: it would change something that this run did not make. Empty if it may."""
        if wanted.method.upper() in READ_METHODS:
            return ""
        segments = _segments(wanted.path)
        if any(segment in (".", "..") for segment in segments) and not self._trusting:
            return "its path climbs"
        named = segments[1:2] if segments and segments[0] != "software_agents" else []
        invented = wanted.notes.get("invented", ())
        for identity in (*named, *_named_in(wanted.json if wanted.json is not None else wanted.content)):
            if identity not in invented and not self._harmless(identity):
                return f"{identity[:60]!r} was not made by this run"
        return ""

    def learn(self, operation: Operation) -> None:
        """Take in an answer: what a create made, and what stands inside what is ours, is ours; the rest is not."""
        exchange = operation.exchange
        if exchange.role is not Role.API or not isinstance(exchange.response, dict | list):
            return
        call = call_of(exchange.method.upper(), exchange.path, self._base)
        ids = set(_ids(exchange.response))
        marked = {
            item["id"] for item in _shown(exchange.response) if isinstance(item.get("id"), str) and self._bears(item)
        }
        with self._lock:
            self._ours |= marked
            if call.name in CREATES and isinstance(exchange.response, dict):
                own = exchange.response.get("id")
                if isinstance(own, str) and own not in self._foreign:
                    self._ours.add(own)
                    self._ours.update(_current_version(exchange.response))
            elif call.id in self._ours:
                self._ours.update(_inside(exchange.response) - self._foreign)
            if len(self._foreign) < MOST_KNOWN:
                self._foreign.update(ids - self._ours)

    def adopt(self, identity: str) -> None:
        """Count an id as ours: another process of this run made it."""
        with self._lock:
            self._ours.add(identity)

    def marked(self, wanted: Wanted) -> Wanted:
        """Give a request that names a project with this run's mark in the name (or description), added if missing."""
        if wanted.method in READ_METHODS:
            return wanted
        called = call_below(wanted.method.upper(), wanted.path).name
        if called not in _NAMING:
            return wanted
        if isinstance(wanted.json, dict):
            return replace(wanted, json=self._mark(wanted.json, called))
        if wanted.content is None:
            return wanted
        try:
            fields = json.loads(wanted.content)
        except (ValueError, RecursionError):
            return self._marked_form(wanted, wanted.content, called)
        if not isinstance(fields, dict) or (changed := self._mark(fields, called)) is fields:
            return wanted
        return replace(wanted, content=json.dumps(changed).encode())

    def _marked_form(self, wanted: Wanted, content: bytes, called: str) -> Wanted:
        if "urlencoded" not in (wanted.content_type or ""):
            return wanted
        pairs = parse_qsl(content.decode("utf-8", "replace"), keep_blank_values=True)
        marked = self._mark(dict(pairs), called)
        names = [name for name, _ in pairs]
        added = [name for name in marked if name not in names]
        return replace(wanted, content=urlencode([(name, marked[name]) for name in (*names, *added)]).encode())

    def _mark(self, fields: dict[str, Json], called: str) -> dict[str, Json]:
        """Give the fields with the mark in a text; a create that has none gets a description to be looked for by."""
        texts = [name for name in ("name", "description") if isinstance(fields.get(name), str) and fields[name].strip()]
        if any(self._run_id in fields[name] for name in texts):
            return fields
        if texts:
            return {**fields, texts[0]: f"{fields[texts[0]]} ddsc {self._run_id}"}
        if called != "create_project":
            return fields
        return {**fields, "description": f"ddsc {self._run_id} {secrets.token_hex(6)}"}

    def _bears(self, item: Mapping[str, Json]) -> bool:
        """Whether an answer shows a project with this run's mark: one of ours, whichever process made it."""
        return item.get("kind") == "dds-project" and any(
            self._run_id in item[name] for name in ("name", "description") if isinstance(item.get(name), str)
        )

    def _harmless(self, identity: str) -> bool:
        with self._lock:
            if identity in self._ours:
                return True
            if identity in self._foreign or len(self._foreign) >= MOST_KNOWN:
                return False
        return self._trusting or not _GUESSABLE.fullmatch(identity)


def _segments(path: str) -> list[str]:
    bare = unquote(path.partition("?")[0])
    return [segment for segment in re.split(r"[/\\]+", bare) if segment]


def _named_in(body: Json) -> Iterator[str]:
    """Give the resources that a request body refers to: its parent and its upload."""
    if isinstance(body, bytes):
        try:
            body = json.loads(body)
        except (ValueError, RecursionError):
            body = _from_form(body)
    if not isinstance(body, dict):
        return
    for field in ("parent", "upload"):
        inner = body.get(field)
        if isinstance(inner, Mapping) and isinstance(inner.get("id"), str) and inner["id"]:
            yield inner["id"]


def _from_form(body: bytes) -> Json:
    pairs = dict(parse_qsl(body.decode("utf-8", "replace")))
    return {field: {"id": pairs.get(f"{field}[id]", "")} for field in ("parent", "upload")}


def _ids(value: Json) -> Iterator[str]:
    """Give every id in an answer, at any depth."""
    level = [value]
    while level:
        inner = level.pop()
        if isinstance(inner, dict):
            if isinstance(inner.get("id"), str):
                yield inner["id"]
            level.extend(inner.values())
        elif isinstance(inner, list):
            level.extend(inner)


def _current_version(body: Mapping[str, Json]) -> Iterable[str]:
    current = body.get("current_version")
    identity = current.get("id") if isinstance(current, dict) else None
    return [identity] if isinstance(identity, str) else []


def _shown(body: Json) -> list[dict[str, Json]]:
    """Give what an answer lists, or the one thing it shows."""
    results = body.get("results") if isinstance(body, dict) else None
    return [item for item in (results if isinstance(results, list) else [body]) if isinstance(item, dict)]


def _inside(body: Json) -> set[str]:
    """Give the ids of what an answer about one of our resources lists or shows: itself, its items, their versions."""
    shown = _shown(body)
    own = {item["id"] for item in shown if isinstance(item.get("id"), str)}
    return own.union(*(_current_version(item) for item in shown))
