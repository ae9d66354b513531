"""How the operations of a history hang together: which one made an id, which ones changed it, when it was settled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from conformance.api.answers import Answer, Classified
from conformance.api.request_facts import is_mutation
from conformance.model import Exchange, History, Json, Operation, Role

URLS = frozenset({"file_url", "version_url"})
"""The calls at which an upload shows its truth."""
MADE = (("id",), ("current_version", "id"))
"""Where an answer names what it made."""


@dataclass(slots=True)
class Relations:
    """What was found in one pass over a history.

    `made` maps an id to the operation whose answer gave it and where in it, `gave` an operation to those ids, `changes`
    an id to its mutations, `settled` an id to the first read of its url that told the truth, `stored` an operation to
    those that sent bytes where its answer said, and `attached` an upload to what made files or versions of it.
    """

    operations: dict[str, Operation] = field(default_factory=dict)
    made: dict[str, tuple[Operation, tuple[str, ...]]] = field(default_factory=dict)
    changes: dict[str, list[Operation]] = field(default_factory=dict)
    gave: dict[str, list[tuple[str, tuple[str, ...]]]] = field(default_factory=dict)
    settled: dict[str, Operation] = field(default_factory=dict)
    stored: dict[str, list[Operation]] = field(default_factory=dict)
    attached: dict[str, list[Operation]] = field(default_factory=dict)

    def known(self, exchange: Exchange) -> list[str]:
        """Give the ids of this run that a request names, those of the path first."""
        path = exchange.path.partition("?")[0].split("/")
        return [text for text in (*path, *strings(exchange.request)) if text in self.made]


def strings(value: Json) -> Iterator[str]:
    """Yield every text in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from strings(one)


def relations(history: History, classes: Sequence[Classified]) -> Relations:
    """Read a history once."""
    found = Relations()
    pairs = sorted(zip(history.operations, classes, strict=True), key=lambda pair: pair[0].a_ns)
    found.operations = {operation.id: operation for operation, _ in pairs}
    for operation in sorted(found.operations.values(), key=_speaks_of_another):
        for name, where in made_by(operation):
            if name not in found.made:
                found.made[name] = operation, where
                found.gave.setdefault(operation.id, []).append((name, where))
    for operation, of in pairs:
        _relate(found, operation, of)
    return found


def _speaks_of_another(operation: Operation) -> bool:
    """Whether an answer holds another name than was asked for: it did not make what it speaks of."""
    request, response = operation.exchange.request, operation.exchange.response
    if not isinstance(request, dict) or not isinstance(response, dict) or not response.get("name"):
        return False
    return "name" in request and request["name"] != response["name"]


def made_by(operation: Operation) -> Iterable[tuple[str, tuple[str, ...]]]:
    """Yield each id that the answer to a create names, and where in it."""
    exchange = operation.exchange
    if exchange.method not in ("POST", "PUT") or not 200 <= (exchange.status or 0) < 300:
        return
    for where in MADE:
        value: Json = exchange.response
        for key in where:
            value = value.get(key) if isinstance(value, dict) else None
        if isinstance(value, str) and value:
            yield value, where


def _relate(found: Relations, operation: Operation, of: Classified) -> None:
    exchange = operation.exchange
    if exchange.role is Role.STORAGE:
        if exchange.method == "PUT":
            found.stored.setdefault(str(operation.notes.get("url_of", "")), []).append(operation)
        return
    path = exchange.path.partition("?")[0].split("/")
    if is_mutation(exchange):
        for name in path:
            if name in found.made:
                found.changes.setdefault(name, []).append(operation)
        if (upload := _upload_of(exchange)) in found.made and 200 <= (exchange.status or 0) < 300:
            found.attached.setdefault(upload, []).append(operation)
    elif of.call.name in URLS and of.answer in (Answer.DONE, Answer.INTEGRITY):
        for name in path:
            if name in found.made:
                found.settled.setdefault(name, operation)


def _upload_of(exchange: Exchange) -> str:
    """Give the upload that a write makes a file or a version of."""
    asked = exchange.request.get("upload") if isinstance(exchange.request, dict) else None
    return str(asked.get("id")) if isinstance(asked, dict) else ""
