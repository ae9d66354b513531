"""Which resources passing answers speak of: what the suite may read along, and what it must leave alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from conformance.api.bodies import asked, identity, promoted, whole, within
from conformance.api.classifier import Classifier
from conformance.history.oldest import forget_oldest
from conformance.model import Exchange, Json, Octets, Operation, Role, Target

_MAKES = frozenset({"create_file", "update_file", "promote_version"})
_SHOWS = frozenset({"show_file", "show_version", "show_upload"})
_ENDS = frozenset({"delete_file", "delete_version", "delete_project", "delete_folder"})
_MOST = 100_000


@dataclass(frozen=True, slots=True)
class Passed:
    """A resource that passed by: what to read (``file_url``, ``version_url`` or ``show_upload``), its id, its upload.

    `fresh` says that it was made or changed just now, so that its consistency may still be to come.
    """

    reads: str
    id: str
    upload: str = ""
    project: str = ""
    fresh: bool = True


class PassingIds:
    """Follows the traffic. `stored` knows what was stored of uploads with one part."""

    def __init__(self, target: Target) -> None:
        self._call = Classifier(target).call
        self._puts: dict[str, tuple[str, int]] = {}
        self._parts: dict[str, dict[int, Octets | None]] = {}
        self.ended: set[str] = set()

    def take(self, operation: Operation) -> tuple[Passed, ...]:
        """Give what an operation's answer newly speaks of."""
        exchange = operation.exchange
        if exchange.role is Role.STORAGE:
            self._storage(operation)
            return ()
        called = self._call(exchange)
        if called.name in _ENDS and (exchange.failure is not None or (exchange.status or 0) < 400):
            self.ended.add(called.id)
        if exchange.failure is not None or not 200 <= (exchange.status or 0) < 300:
            return ()
        if called.name in ("create_chunk", "create_upload", "show_upload"):
            number = whole(within(asked(exchange.request), "number")) or 0
            signed = exchange.response if called.name == "create_chunk" else within(exchange.response, "signed_url")
            if isinstance(within(signed, "url"), str):
                upload = called.id if called.name != "create_upload" else identity(exchange.response)
                self._puts[operation.id] = upload, number
        return tuple(_spoken_of(exchange, called.name, called.id))

    def stored(self, upload: str) -> Octets | None:
        """Give what was stored of an upload of one part, None where that is not known."""
        parts = self._parts.get(upload, {})
        return next(iter(parts.values())) if len(parts) == 1 else None

    def _storage(self, operation: Operation) -> None:
        exchange = operation.exchange
        target = self._puts.get(str(operation.notes.get("url_of", "")))
        if target is None or exchange.method not in ("PUT", "POST"):
            return
        sent = exchange.request
        self._parts.setdefault(target[0], {})[target[1]] = sent if isinstance(sent, Octets) else None
        forget_oldest(self._puts, _MOST)


def _spoken_of(exchange: Exchange, name: str, path_id: str) -> Iterator[Passed]:
    body = exchange.response
    if name in ("complete_upload", "show_upload"):
        yield Passed("show_upload", path_id, path_id, fresh=name == "complete_upload")
    elif name in _MAKES or name in _SHOWS:
        yield from _of_file(body, name, path_id)


def _of_file(body: Json, name: str, path_id: str) -> Iterator[Passed]:
    version = promoted(body) if name == "promote_version" else within(body, "current_version")
    if name == "show_version":
        version = body
    fresh = name in _MAKES
    upload, project = identity(within(version, "upload")), identity(within(body, "project"))
    file = path_id if name in ("update_file", "show_file") else identity(body)
    if name in ("promote_version", "show_version"):
        file = identity(within(version, "file")) if name == "promote_version" else ""
    if file:
        yield Passed("file_url", file, upload, project, fresh)
    if identity(version):
        yield Passed("version_url", identity(version), upload, project, fresh)
