"""Exchanges made up for the tests of the checks."""

from __future__ import annotations

from typing import Any

from conformance.api.classifier import Classifier
from conformance.judge.exchange import Examiner, Violation, examine
from conformance.model import Exchange, Operation, Target

ID = "11111111-2222-4333-8444-555555555555"
OTHER_ID = "99999999-2222-4333-8444-555555555555"
JSON = "application/json; charset=utf-8"

NC = {
    "error": 404,
    "code": "resource_not_consistent",
    "reason": "resource changes are still being processed by system",
    "suggestion": "this is a temporary state that will eventually be resolved by the system; please retry request",
}
IE = {
    "error": 400,
    "code": "not_provided",
    "reason": "reported chunk hash/size does not match that computed by StorageProvider",
    "suggestion": "You must begin a new upload process",
}
PROJECT = {"kind": "dds-project", "id": ID, "name": "p"}
UPLOAD = {"id": ID, "name": "u", "size": 1, "status": {"is_consistent": None}}
URL = {"http_verb": "GET", "host": "https://storage.example", "url": "/x", "http_headers": []}


def error(status: int, **changes: Any) -> dict[str, Any]:
    """Give a standard error; None removes a field."""
    body = {"error": status, "code": "not_provided", "reason": "r", "suggestion": "s", **changes}
    return {name: value for name, value in body.items() if value is not None}


def operation(call: str, status: int | None, body: Any = None, **about: Any) -> Operation:
    """Give an operation from `"GET /files/{}/url"` with its answer; `{}` stands for an id."""
    method, _, path = call.partition(" ")
    notes = about.pop("notes", {})
    media = about.pop("media", JSON)
    exchange = Exchange(
        method,
        path.replace("{}", ID) if path.startswith("/api") or path == "/" else "/api/v1" + path.replace("{}", ID),
        status=status,
        headers={"content-type": media} if media else {},
        response=body,
        **about,
    )
    return Operation("o1", "s", 0, 1, exchange, notes=notes)


class Looking:
    """An examiner with the classifier of one target before it."""

    def __init__(self, target: Target | None = None) -> None:
        self._classify = Classifier(target or Target("http://t/api/v1"))
        self._examiner = Examiner()

    def examine(self, operation: Operation) -> tuple[tuple[str, Violation | None], ...]:
        """Classify and examine one operation."""
        return self._examiner.examine(operation, self._classify(operation))


def broken(call: str, status: int | None, body: Any = None, *, target: Target | None = None, **about: Any) -> set[str]:
    """Name the requirements that an answer breaks."""
    return {requirement for requirement, violation in seen(call, status, body, target=target, **about) if violation}


def retained(
    call: str, status: int | None, body: Any = None, *, target: Target | None = None, **about: Any
) -> set[str]:
    """Name the requirements that an answer exposed and kept."""
    return {requirement for requirement, violation in seen(call, status, body, target=target, **about) if not violation}


def seen(
    call: str, status: int | None, body: Any = None, *, target: Target | None = None, **about: Any
) -> tuple[tuple[str, Violation | None], ...]:
    """Give all that an answer shows."""
    return examine(operation(call, status, body, **about), target)
