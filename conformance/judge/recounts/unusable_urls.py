"""Count the downloads of one url endpoint again: did nothing ever come of them, for longer than the bound?"""

from __future__ import annotations

from collections.abc import Iterable

from conformance.api.failed_fetches import is_own_doing
from conformance.judge.rechecks import Proof
from conformance.model import Octets, Operation, Role

_TRIES = 5
_ACCIDENT = 1e-6


def unusable_again(proof: Proof) -> bool:
    """Whether the fetches that followed the 200s of the finding's endpoint brought no bytes, and others did."""
    path = proof.cited[0].exchange.path
    operations = proof.history.operations
    of_url = {
        str(one.exchange.response["url"]): one.exchange.path
        for one in operations
        if isinstance(one.exchange.response, dict) and isinstance(one.exchange.response.get("url"), str)
        and one.exchange.method == "GET"
    }  # fmt: skip
    of_answer = {one.id: one.exchange.path for one in operations if one.exchange.status == 200}
    fetches = [one for one in operations if one.exchange.role is Role.STORAGE and one.exchange.method == "GET"]
    asked = {one.id: _asked(one, of_answer, of_url) for one in fetches}
    mine = sorted((one for one in fetches if asked[one.id] == path), key=lambda one: one.a_ns)
    run: list[Operation] = []
    for one in mine:
        run = [] if _came(one) else [*run, one] if _failed(one) else run
    others = {asked[one.id] for one in fetches if _came(one) and (one not in run)}
    elsewhere = [one for one in fetches if asked[one.id] in others - {path}]
    broken = sum(map(_failed_otherwise, elsewhere))
    by_chance = bool(broken) and (broken / len(elsewhere)) ** len(run) > _ACCIDENT
    return len(run) >= _TRIES and _spread(run) > proof.bound and bool(others) and not by_chance


def _failed_otherwise(one: Operation) -> bool:
    return not _came(one) and _failed(one)


def _asked(one: Operation, of_answer: dict[str, str], of_url: dict[str, str]) -> str:
    stated = one.notes.get("url_of")
    return of_answer.get(str(stated), "") if stated else of_url.get(one.exchange.path, "")


def _came(one: Operation) -> bool:
    exchange = one.exchange
    return exchange.status == 200 and exchange.failure is None and isinstance(exchange.response, Octets)


def _failed(one: Operation) -> bool:
    onward = 300 <= (one.exchange.status or 0) < 400 and "location" in one.exchange.headers
    return not is_own_doing(one) and not (onward and one.exchange.failure is None)


def _spread(run: Iterable[Operation]) -> int:
    times = [(one.a_ns, one.b_ns or int(one.notes.get("gave_up_ns", one.a_ns))) for one in run]
    return max(a for a, _ in times) - min(b for _, b in times)
