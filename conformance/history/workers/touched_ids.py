"""Which resources an operation touches, by their ids, and which of them belong together (pure)."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping

from conformance.model import Exchange, Json, Operation, Role

COLLECTIONS = frozenset({"projects", "uploads", "files", "file_versions", "folders"})
NESTED = ("current_version", "upload", "parent", "project", "file", "file_version", "folder", "ancestors")
"""Where an answer or a request names further resources; people and storage providers are none."""
_SEGMENTS = re.compile(r"[^/?]+")


def touched(operation: Operation) -> tuple[frozenset[str], tuple[frozenset[str], ...]]:
    """Return the ids that an operation is about, and those of each item that its answer lists."""
    exchange = operation.exchange
    if exchange.role is not Role.API:
        noted = operation.notes.get("upload")
        return (frozenset({noted}) if isinstance(noted, str) else frozenset()), ()
    own = set(_of_path(exchange.path))
    if not _is_about_a_resource(exchange):
        return frozenset(own), ()
    own.update(_named(exchange.request))
    response = exchange.response
    listed = response.get("results") if isinstance(response, dict) else response
    if isinstance(listed, list):
        return frozenset(own), tuple(frozenset(_named(item)) for item in listed)
    own.update(_named(response))
    return frozenset(own), ()


def _segments(path: str) -> list[str]:
    return _SEGMENTS.findall(path.partition("?")[0])


def _of_path(path: str) -> Iterator[str]:
    """Yield each segment that stands behind the name of a collection."""
    found = _segments(path)
    yield from (name for before, name in itertools.pairwise(found) if before in COLLECTIONS)


def _is_about_a_resource(exchange: Exchange) -> bool:
    return bool(COLLECTIONS & set(_segments(exchange.path)))


def _named(body: object) -> Iterator[str]:
    """Yield the ids in a body: its own, and those of the resources that it names."""
    level: list[Json] = [body]
    while level:
        inner = level.pop()
        if isinstance(inner, list):
            level.extend(inner)
        elif isinstance(inner, Mapping):
            if isinstance(inner.get("id"), str):
                yield inner["id"]
            level.extend(inner[name] for name in NESTED if name in inner)


class Families:
    """Ids that were named together form a family: a project, its uploads, files and versions."""

    def __init__(self) -> None:
        self._above: dict[str, str] = {}

    def join(self, ids: Iterable[str]) -> None:
        """Say that these ids belong together."""
        first = ""
        for name in ids:
            root = self.of(name)
            if first and root != first:
                self._above[root] = first
            first = first or root

    def of(self, name: str) -> str:
        """Return the id that stands for the family of an id."""
        path = []
        while (above := self._above.get(name, name)) != name:
            path.append(name)
            name = above
        for one in path:
            self._above[one] = name
        return name
