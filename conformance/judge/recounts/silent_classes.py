"""Count the requests of a class again: were its examples never answered, while the like of them were?"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from conformance.api.bodies import asked
from conformance.judge.rechecks import Proof, Shown
from conformance.model import Exchange, Operation, Role

_TRIES = 5
_EXAMPLES = 3
_ANSWERED = 10
_NOT_FOUND = 404
_SAYS_NOTHING = frozenset({401, 408, 425, 429})


def silent_again(proof: Proof) -> bool:
    """Whether every example told nothing, five times and longer than the bound, and ten others were answered."""
    group = str(proof.numbers["group"])
    alike = _LIKE[group]
    foreign = {name for name, of in proof.classes.items() if of.foreign}
    every = [one for one in proof.history.operations if one.id not in foreign and alike(one.exchange)]
    about = {one.id: _about(one, group, proof) for one in every}
    mine = [about[one.id] for one in proof.cited]
    if len(proof.cited) < _EXAMPLES or len(set(mine)) < len(mine):
        return False
    tried = [[one for one in every if about[one.id] == name and _is_fair(one)] for name in mine]
    if any(len(tries) < _TRIES or _spread(tries) <= proof.bound for tries in map(_silent, tried)):
        return False
    since, until = min(one.a_ns for one in proof.cited), max(one.a_ns for tries in tried for one in tries)
    if any(
        _stated(one) and one.a_ns >= first.a_ns and not _may_be_gone(one, proof)
        for tries, first in zip(tried, proof.cited, strict=True)
        for one in tries
    ):
        return False
    likes = [one for one in every if about[one.id] not in mine and since <= one.a_ns <= until and _stated(one)]
    return len(likes) >= _ANSWERED


def _about(one: Operation | Shown, group: str, proof: Proof) -> str:
    exchange, body = one.exchange, asked(one.exchange.request)
    if group == "create_file":
        return str(body).lower()
    if group == "create_upload":
        fields = (body.get("chunked", True), body.get("size") == 0) if isinstance(body, dict) else body
        return f"{exchange.path} {fields}".lower()
    if group != "download":
        return exchange.path.partition("?")[0].lower()
    given = one.notes.get("url_of")
    for other in proof.history.operations:
        stated = other.exchange.response
        url = stated.get("url") if isinstance(stated, dict) and other.exchange.method == "GET" else None
        if other.id == given or (given is None and url == exchange.path):
            return other.exchange.path.lower()
    return exchange.path


_LIKE: dict[str, Callable[[Exchange], bool]] = {
    "complete_upload": lambda e: e.method == "PUT" and e.path.endswith("/complete"),
    "url": lambda e: e.method == "GET" and e.role is Role.API and e.path.endswith("/url"),
    "create_file": lambda e: e.method == "POST" and e.path.rstrip("/").endswith("/files"),
    "create_upload": lambda e: e.method == "POST" and e.path.rstrip("/").endswith("/uploads"),
    "download": lambda e: e.method == "GET" and e.role is Role.STORAGE,
}


def _is_fair(one: Operation) -> bool:
    return one.notes.get("intent", "valid") == "valid" and one.exchange.user in ("owner", None)


def _stated(one: Operation) -> bool:
    status = one.exchange.status
    if status is None or one.exchange.failure is not None:
        return False
    return status == 200 if one.exchange.role is Role.STORAGE else status < 500 and status not in _SAYS_NOTHING


def _may_be_gone(one: Operation, proof: Proof) -> bool:
    """Whether what is not found may have been deleted by somebody of the same plan."""
    return one.exchange.status == _NOT_FOUND and any(
        other.exchange.method == "DELETE" and other.plan == one.plan and other.a_ns < (one.b_ns or one.a_ns)
        for other in proof.history.operations
    )


def _silent(tries: Sequence[Operation]) -> list[Operation]:
    return [one for one in tries if not _stated(one)]


def _spread(tries: Sequence[Operation]) -> int:
    return max(one.a_ns for one in tries) - min(one.b_ns or one.a_ns for one in tries)
