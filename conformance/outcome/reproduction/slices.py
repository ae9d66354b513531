"""The slice of a history that leads to a finding: what made the resources it speaks of, what was done to them since."""

from __future__ import annotations

from conformance.model import Operation, Role
from conformance.outcome.reproduction.relations import Relations, made_by

_NO_CALL = 405
"""What a request is answered that cannot have done anything: there is no such call."""


def slice_of(found: Relations, evidence: list[Operation], *, lean: bool = False) -> list[Operation]:
    """Give the operations that a finding needs to be seen again, in an order in which they can succeed again.

    A `lean` one leaves out changes that were refused, but for deletions: those have the gravest consequences if done.
    """
    last = max(one.b_ns or one.a_ns for one in evidence)
    needed: dict[str, Operation] = {}
    waiting = list(evidence)
    while waiting:
        one = waiting.pop()
        if one.id not in needed:
            needed[one.id] = one
            before = [other for other in _before(found, one) if other.a_ns < last and other.exchange.status != _NO_CALL]
            waiting += [other for other in before if not (lean and _refused(other))]
    completes = [one for one in needed.values() if _path(one).endswith("/complete")]
    return sorted(needed.values(), key=lambda one: (_turn(found, one, completes), -one.a_ns))


def _refused(one: Operation) -> bool:
    return one.exchange.method not in ("GET", "DELETE") and 400 <= (one.exchange.status or 0) < 500


def _turn(found: Relations, one: Operation, completes: list[Operation]) -> int:
    """Give the instant by which an operation is ordered: its beginning, or that of a complete that it waited for.

    A file is made of an upload that was completed: where both requests were under way at once, the complete came first.
    So did the request that made what another one only speaks of.
    """
    accepted = one.exchange.method != "GET" and 200 <= (one.exchange.status or 0) < 300
    if accepted and (made := [found.made[name][0] for name, _ in made_by(one) if name in found.made]):
        first = max(other.a_ns for other in made)
        if first > one.a_ns:
            return first
    if not accepted or one in completes or "/uploads" in _path(one):
        return one.a_ns
    named = set(found.known(one.exchange))
    together = [
        other.a_ns
        for other in completes
        if named.intersection(_path(other).split("/")) and other.a_ns <= (one.b_ns or other.a_ns)
    ]
    return max([one.a_ns, *together])


def _path(one: Operation) -> str:
    return one.exchange.path.partition("?")[0].rstrip("/")


def _before(found: Relations, one: Operation) -> list[Operation]:
    """Give what an operation rests on: makers and changes of all that it names, and the bytes that were stored."""
    if one.exchange.role is Role.STORAGE:
        root = found.operations.get(str(one.notes.get("url_of") or one.notes.get("redirected_by") or ""))
        return [root] if root else []
    before = list(found.stored.get(one.id, ()))
    for name in found.known(one.exchange):
        maker, where = found.made[name]
        before.append(maker)
        before += [change for change in found.changes.get(name, ()) if _matters(change, name, maker)]
        before += [change for other, _ in found.gave.get(maker.id, ()) for change in _besides(found, other)]
        before += found.attached.get(name, ())
        settled = found.settled.get(name)
        if settled and where and (settled.b_ns or settled.a_ns) < one.a_ns:
            before.append(settled)
    return before


def _besides(found: Relations, name: str) -> list[Operation]:
    """Give what was done to a resource and changes what the same answer named: a file and its versions."""
    return [
        change
        for change in found.changes.get(name, ())
        if change.exchange.method == "DELETE"
        or (_path(change).endswith(("/current", f"/{name}")) and 200 <= (change.exchange.status or 0) < 300)
    ]


def _matters(change: Operation, name: str, maker: Operation) -> bool:
    """Whether a mutation changes the resource itself: of a project its end and its rights, else everything."""
    path = _path(change)
    if _path(maker).endswith("/projects"):
        return path.endswith(f"/{name}") or "/permissions" in path
    return True
