"""Count again what could not be read: errors with a head alone, and never a readable answer to wait."""

from __future__ import annotations

from conformance.judge.rechecks import Proof
from conformance.model import Failure, Operation, Role

_RESOURCES, _TIMES, _TIMES_IN_ALL = 3, 2, 15
_ENDINGS = {"create_upload": ("POST", "/uploads"), "file_url": ("GET", "/url"), "version_url": ("GET", "/url")}
_WHERE = {"create_upload": "/projects/", "file_url": "/files/", "version_url": "/file_versions/"}


def unreadable_again(proof: Proof) -> bool:
    """Whether a call told its creators nothing readable but the truth, three resources and fifteen answers long."""
    call = next(iter(_calls(proof.cited[0]))) if proof.cited else ""
    every = [one for one in proof.history.operations if call in _calls(one) and one.exchange.user == "owner"]
    paths = {_path(one) for one in proof.cited}
    if len(paths) < _RESOURCES or any(_is_nc(one) for one in every):
        return False
    counts = [_unread([one for one in every if _path(one) == path]) for path in {_path(one) for one in every}]
    found = [count for count in counts if count >= _TIMES]
    return len(found) >= _RESOURCES and sum(found) >= _TIMES_IN_ALL


def _calls(one: Operation) -> list[str]:
    if one.exchange.role is not Role.API:
        return []
    path = _path(one)
    return [
        call for call, (method, ending) in _ENDINGS.items()
        if one.exchange.method == method and path.endswith(ending) and _WHERE[call] in path
    ]  # fmt: skip


def _path(one: Operation) -> str:
    return one.exchange.path.partition("?")[0].rstrip("/").lower()


def _is_nc(one: Operation) -> bool:
    body = one.exchange.response
    return isinstance(body, dict) and body.get("code") == "resource_not_consistent"


def _unread(about: list[Operation]) -> int:
    """Count the unreadable errors before the first truth; none where no truth came."""
    stated = [one.b_ns for one in about if one.exchange.status in (200, 201, 400) and one.exchange.failure is None]
    first = min((end for end in stated if end is not None), default=-1)
    return sum(
        one.exchange.failure is Failure.CUT and 400 <= (one.exchange.status or 0) < 500 and one.a_ns < first
        for one in about
    )
