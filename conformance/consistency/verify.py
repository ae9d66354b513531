"""Check a certificate without the judge: do the one to four operations of a finding, alone, show the violation?

Each rule is one line about those operations, in the order the finding tells them. Nothing here remembers, folds or
searches, so that a mistake of the judge and a mistake here are unlikely to be the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from conformance.checks import RULES, examine
from conformance.model import Finding, Json, Octets, Operation, Target

Operations = Sequence[Operation]
_Line = Callable[[Operations, Mapping[str, Json], float], bool]


def verify(finding: Finding, operations: Operations, target: Target) -> bool:
    """Say whether the operations that `finding` names, found among `operations`, prove it by themselves."""
    known = {operation.id: operation for operation in operations}
    if not 1 <= len(finding.operations) <= 4 or any(name not in known for name in finding.operations):
        return False
    told = [known[name] for name in finding.operations]
    if finding.rule in RULES:
        return _by_itself(finding, told, target)
    line = _LINES.get(finding.rule)
    return line is not None and line(told, finding.numbers, target.converge_within_s * 1e9)


def _by_itself(finding: Finding, told: Operations, target: Target) -> bool:
    shown = [(name, wrong.rule) for one in told for name, wrong in examine(one, target) if wrong]
    return shown.count((finding.requirement, finding.rule)) == len(told)


def _is(operation: Operation, *kinds: str) -> bool:
    exchange, body = operation.exchange, operation.exchange.response
    code = body.get("code") if isinstance(body, dict) else None
    status, url = exchange.status or 0, exchange.path.partition("?")[0].endswith("/url")
    if operation.exchange.failure is not None:
        kind = "none"
    elif code == "resource_not_consistent":
        kind = "nc"
    elif status == 400 and url:
        kind = "integrity"
    else:
        kind = "2xx" if 200 <= status < 300 else str(status)
    return kind in kinds


def _truth(operation: Operation) -> bool:
    return _is(operation, "2xx", "integrity") and operation.exchange.path.partition("?")[0].endswith(
        ("/url", "/uploads")
    )


def _before(one: Operation, other: Operation, by: float = 0) -> bool:
    return one.b_ns is not None and one.b_ns + by < other.a_ns


def _completes(operation: Operation) -> bool:
    return operation.exchange.method == "PUT" and operation.exchange.path.endswith("/complete")


def _url(operation: Operation, path: str) -> bool:
    body = operation.exchange.response
    return isinstance(body, dict) and body.get("url") == path


def _same(one: Operation, other: Operation) -> bool:
    return one.session == other.session


def _bytes(operation: Operation) -> tuple[int, str] | None:
    body = operation.exchange.response
    return (body.bytes, body.md5) if isinstance(body, Octets) else None


def _status(operation: Operation, name: str) -> Json:
    body = operation.exchange.response
    return body["status"].get(name) if isinstance(body, dict) and isinstance(body.get("status"), dict) else None


def _lists(operation: Operation, name: str) -> bool:
    body = operation.exchange.response
    return isinstance(body, dict) and any(name in str(item) for item in body["results"])


def _bad_verdict(told: Operations, numbers: Mapping[str, Json], kind: str, truth: str) -> bool:
    link = any(
        numbers["upload"] in f"{one.exchange.path}{one.exchange.request}{one.exchange.response}" for one in told[:-1]
    )
    return _is(told[-1], kind) and numbers["truth"] in (truth, "unknown") and link


def _agree(one: Operation, other: Operation) -> bool:
    saw_ok = _is(one, "2xx") if _status(one, "is_consistent") is None else _status(one, "error_on") is None
    other_ok = _is(other, "2xx") if _status(other, "is_consistent") is None else _status(other, "error_on") is None
    return saw_ok == other_ok


_LINES: Mapping[str, _Line] = {
    "verdict-flip": lambda t, n, b: _is(t[-2], "2xx") and _is(t[-1], "integrity") and _truth(t[-2]),
    "outcome-changed": lambda t, n, b: (
        _truth(t[-3]) and _truth(t[-1]) and _is(t[-3], "2xx") != _is(t[-1], "2xx") and _completes(t[-2])
        and _before(t[-3], t[-2]) and t[-2].a_ns < t[-1].a_ns
    ),
    "verdict-before-completion": lambda t, n, b: (
        _truth(t[-1]) and _is(t[0], "2xx") and all(_before(t[-1], one) for one in t if _completes(one))
    ),
    "relapse": lambda t, n, b: _truth(t[-2]) and _is(t[-1], "nc") and _before(t[-2], t[-1]) and _same(t[-2], t[-1]),
    "stale-read": lambda t, n, b: _truth(t[-2]) and _is(t[-1], "nc") and _before(t[-2], t[-1]),
    "open-after-completion": lambda t, n, b: (
        _before(t[-2], t[-1]) and (_completes(t[-1]) or _status(t[-1], "completed_on") is None)
    ),
    "bad-answered-200": lambda t, n, b: _bad_verdict(t, n, "2xx", "bad"),
    "good-refused": lambda t, n, b: _bad_verdict(t, n, "integrity", "good"),
    "misreported-size-served": lambda t, n, b: _bad_verdict(t, n, "2xx", "unknown"),
    "not-converged": lambda t, n, b: _is(t[0], "2xx") and _is(t[-1], "nc") and all(_before(o, t[-1], b) for o in t[:-1]),
    "errors-for-good": lambda t, n, b: (
        _is(t[0], "2xx") and (t[-1].exchange.status or 0) >= 500 and _before(t[0], t[-1], b)
    ),
    "plain-404": lambda t, n, b: _is(t[0], "2xx") and _is(t[1], "404") and _before(t[0], t[1]),
    "odd-answer": lambda t, n, b: (
        _is(t[0], "2xx") and _before(t[0], t[1]) and not _is(t[1], "2xx", "nc", "integrity", "404", "401", "403", "429", "500")
    ),
    "nc-persists": lambda t, n, b: t[0].exchange.method == "DELETE" and _is(t[0], "2xx") and _is(t[1], "nc") and _before(t[0], t[1], b),
    "mismatch-refused": lambda t, n, b: (
        _completes(t[-1]) and _is(t[-1], "400", "409", "412", "422") and "completed_at" not in str(t[-1].exchange.response)
    ),
    "repeat-fails": lambda t, n, b: _is(t[0], "2xx") and _before(t[0], t[1]) and (t[1].exchange.status or 0) >= 500 and _completes(t[1]),
    "mismatch-fails": lambda t, n, b: len(t) > 2 and all(_completes(one) and _is(one, "500") for one in t),
    "other-bytes": lambda t, n, b: (
        _url(t[-2], t[-1].exchange.path) and _bytes(t[-1]) != (n.get("expected_bytes"), n.get("expected_md5"))
    ),
    "old-bytes": lambda t, n, b: _url(t[-2], t[-1].exchange.path) and _before(t[0], t[-2], b),
    "old-verdict": lambda t, n, b: _is(t[0], "2xx") and _before(t[0], t[1], b),
    "stale-version": lambda t, n, b: _is(t[0], "2xx") and _before(t[0], t[1]),
    "old-version-gone": lambda t, n, b: _is(t[-2], "2xx") and _before(t[-2], t[-1]) and _is(t[-1], "404", "nc"),
    "error-before-consistent": lambda t, n, b: (
        _status(t[0], "error_on") is not None and _status(t[0], "is_consistent") is not True
    ),
    "field-changed": lambda t, n, b: _status(t[0], n["field"]) != _status(t[1], n["field"]),
    "verdict-changed": lambda t, n, b: (
        _status(t[0], "is_consistent") is True and _status(t[0], "error_on") is None and _status(t[1], "error_on") is not None
    ),
    "verdict-differs": lambda t, n, b: _status(t[0], "is_consistent") is True and not _agree(t[0], t[-1]),
    "record-disagrees": lambda t, n, b: _before(t[-2], t[-1]) and _same(t[-2], t[-1]) and (
        _is(t[-1], "nc") or _status(t[-1], "is_consistent") is not True
    ),
    "refused-but-listed": lambda t, n, b: (
        (_is(t[0], "nc") or (t[0].exchange.status or 0) >= 400) and _before(t[0], t[1]) and _lists(t[1], n["name"])
    ),
    "stranger-answered": lambda t, n, b: (
        _is(t[0], "2xx") and _before(t[0], t[1]) and t[1].exchange.user == "other" and t[1].exchange.status != 403
    ),
    "own-write-unseen": lambda t, n, b: _is(t[0], "2xx") and _before(t[0], t[1]) and _same(t[0], t[1]),
}  # fmt: skip
"""One line for each rule: the operations told, the finding's numbers, the bound (ns)."""
