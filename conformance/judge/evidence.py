# ruff: noqa: E501 - one line for each rule, the table reads best whole
"""Check a certificate without the judge: do the one to four operations of a finding, alone, show the violation?

Each rule is one line about those operations, in the order the finding tells them. Nothing here remembers, folds or
searches, so that a mistake of the judge and a mistake here are unlikely to be the same. What each answer *is* was
decided once, for the judge and for this: only the rules are independent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields

from conformance.api.answers import Answer, Classified, Kind
from conformance.api.classifier import Classifier
from conformance.api.routes import EXTENDED_CALLS
from conformance.judge.exchange import RULES, examine
from conformance.model import Finding, Json, Octets, Operation, Role, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown(Operation):
    """An operation with what it was classified as."""

    of: Classified


Operations = Sequence[Shown]


@dataclass(frozen=True, slots=True)
class _Case:
    """The operations that a finding tells, in its order, its numbers, and the bound (ns)."""

    told: Operations
    numbers: Mapping[str, Json]
    bound: float


_Line = Callable[[_Case], bool]


def verify(
    finding: Finding,
    operations: Sequence[Operation],
    target: Target,
    classes: Mapping[str, Classified] | None = None,
) -> bool:
    """Say whether the operations that `finding` names, found among `operations`, prove it by themselves.

    `classes` gives, by id, what they were classified as, where that is known already.
    """
    known = {operation.id: operation for operation in operations}
    if not 1 <= len(finding.operations) <= 4 or any(name not in known for name in finding.operations):
        return False
    classify, given = Classifier(target), classes or {}
    told = [_shown(known[name], given.get(name) or classify(known[name])) for name in finding.operations]
    if finding.rule in RULES:
        return _by_itself(finding, told, target)
    line = _LINES.get(finding.rule)
    return line is not None and line(_Case(told, finding.numbers, target.converge_within_s * 1e9))


def _shown(operation: Operation, of: Classified) -> Shown:
    return Shown(**{one.name: getattr(operation, one.name) for one in fields(Operation)}, of=of)


def _by_itself(finding: Finding, told: Operations, target: Target) -> bool:
    shown = [(name, wrong.rule) for one in told for name, wrong in examine(one, target, one.of) if wrong]
    return shown.count((finding.requirement, finding.rule)) == len(told)


_NAMES = {Answer.NC: "nc", Answer.INTEGRITY: "integrity"}


def _is(operation: Shown, *kinds: str) -> bool:
    of = operation.of
    if of.kind is Kind.NOTHING:
        kind = "none"
    else:
        kind = _NAMES.get(of.answer) or ("2xx" if of.kind is Kind.SUCCESS else str(operation.exchange.status))
    return kind in kinds


def _truth(operation: Shown) -> bool:
    return _is(operation, "2xx", "integrity") and operation.of.call.name in EXTENDED_CALLS


def _before(one: Shown, other: Shown, by: float = 0) -> bool:
    return one.b_ns is not None and one.b_ns + by < other.a_ns


def _completes(operation: Shown) -> bool:
    return operation.of.call.name == "complete_upload"


def _url(operation: Shown, fetched: Shown) -> bool:
    body, told = operation.exchange.response, fetched.notes.get("url_of")
    return told == operation.id if told else isinstance(body, dict) and body.get("url") == fetched.exchange.path


def _same(one: Shown, other: Shown) -> bool:
    return one.session == other.session


def _bytes(operation: Shown) -> tuple[int, str] | None:
    body = operation.exchange.response
    return (body.bytes, body.md5) if isinstance(body, Octets) else None


def _status(operation: Shown, name: str) -> Json:
    body = operation.exchange.response
    return body["status"].get(name) if isinstance(body, dict) and isinstance(body.get("status"), dict) else None


def _lists(operation: Shown, name: str) -> bool:
    body = operation.exchange.response
    return isinstance(body, dict) and any(name.lower() in str(item).lower() for item in body["results"])


def _bad_verdict(case: _Case, kind: str, truth: str) -> bool:
    told, numbers = case.told, case.numbers
    link = any(
        numbers["upload"].lower() in f"{one.exchange.path}{one.exchange.request}{one.exchange.response}".lower()
        for one in told[:-1]
    )
    return _is(told[-1], kind) and numbers["truth"] in (truth, "unknown") and link


def _agree(one: Shown, other: Shown) -> bool:
    saw_ok = _is(one, "2xx") if _status(one, "is_consistent") is None else _status(one, "error_on") is None
    other_ok = _is(other, "2xx") if _status(other, "is_consistent") is None else _status(other, "error_on") is None
    return saw_ok == other_ok


def _twice(one: Shown, other: Shown) -> bool:
    made, again = one.exchange, other.exchange
    accepted = made.method == again.method == "POST" and made.status == again.status == 202
    same = _field(made.response, "id") == _field(again.response, "id") is not None
    return accepted and same and _field(made.request, "name") != _field(again.request, "name")


def _without_url(one: Shown) -> bool:
    return _is(one, "2xx") and not isinstance(_field(one.exchange.response, "url"), str)


def _evades(one: Shown) -> bool:
    return _without_url(one) and one.exchange.status != 200


def _repoints(one: Shown, other: Shown, name: Json) -> bool:
    shown = [_field(told.exchange.response, "current_version") or told.exchange.response for told in (one, other)]
    uploads = [_field(_field(version, "upload"), "id") for version in shown]
    writes = {one.exchange.method, other.exchange.method} <= {"POST", "PUT"}
    same = all(str(_field(version, "id")).lower() == str(name).lower() for version in shown)
    return writes and same and None not in uploads and str(uploads[0]).lower() != str(uploads[1]).lower()


def _fruitless(one: Shown) -> bool:
    if one.exchange.role is Role.API:
        return _without_url(one)
    return _is(one, "400", "401", "403", "404", "405", "409", "410")


def _field(body: Json | Octets | None, name: str) -> Json:
    return body.get(name) if isinstance(body, dict) else None


_LINES: Mapping[str, _Line] = {
    "verdict-flip": lambda c: _is(c.told[-2], "2xx") and _is(c.told[-1], "integrity") and _truth(c.told[-2]),
    "outcome-changed": lambda c: (
        _truth(c.told[-3]) and _truth(c.told[-1]) and _is(c.told[-3], "2xx") != _is(c.told[-1], "2xx") and _completes(c.told[-2])
        and _before(c.told[-3], c.told[-2]) and c.told[-2].a_ns < c.told[-1].a_ns
    ),
    "verdict-before-completion": lambda c: (
        _truth(c.told[-1]) and _is(c.told[0], "2xx") and all(_before(c.told[-1], one) for one in c.told if _completes(one))
    ),
    "relapse": lambda c: _truth(c.told[-2]) and _is(c.told[-1], "nc") and _before(c.told[-2], c.told[-1]) and _same(c.told[-2], c.told[-1]),
    "stale-read": lambda c: _truth(c.told[-2]) and _is(c.told[-1], "nc") and _before(c.told[-2], c.told[-1]),
    "open-after-completion": lambda c: (
        _before(c.told[-2], c.told[-1]) and (_completes(c.told[-1]) or _status(c.told[-1], "completed_on") is None)
    ),
    "bad-answered-200": lambda c: _bad_verdict(c, "2xx", "bad"),
    "good-refused": lambda c: _bad_verdict(c, "integrity", "good"),
    "misreported-size-served": lambda c: _bad_verdict(c, "2xx", "unknown"),
    "not-converged": lambda c: (_is(c.told[0], "2xx") or _completes(c.told[0])) and _is(c.told[-1], "nc") and all(_before(o, c.told[-1], c.bound) for o in c.told[:-1]),
    "errors-for-good": lambda c: (
        (_is(c.told[0], "2xx") or _completes(c.told[0])) and (c.told[-1].exchange.status or 0) >= 400
        and not _is(c.told[-1], "nc", "integrity") and _before(c.told[0], c.told[-1], c.bound)
    ),
    "plain-404": lambda c: _is(c.told[0], "2xx") and _is(c.told[1], "404") and _before(c.told[0], c.told[1]),
    "odd-answer": lambda c: (
        _is(c.told[0], "2xx") and _before(c.told[0], c.told[1]) and c.told[1].exchange.status != 200 and not _is(c.told[1], "nc", "integrity", "404", "401", "403", "429", "500")
    ),
    "nc-persists": lambda c: c.told[0].exchange.method == "DELETE" and _is(c.told[0], "2xx") and _is(c.told[1], "nc") and _before(c.told[0], c.told[1], c.bound),
    "mismatch-refused": lambda c: (
        _completes(c.told[-1]) and _is(c.told[-1], "400", "406", "409", "410", "412", "416", "417", "422", "424") and "completed_at" not in str(c.told[-1].exchange.response)
    ),
    "repeat-fails": lambda c: _is(c.told[0], "2xx") and _before(c.told[0], c.told[1]) and (c.told[1].exchange.status or 0) >= 500 and _completes(c.told[1]),
    "upload-lost": lambda c: _is(c.told[0], "2xx") and _completes(c.told[1]) and _is(c.told[1], "404") and _before(c.told[0], c.told[1], c.bound),
    "mismatch-fails": lambda c: len(c.told) > 2 and all(_completes(one) and _is(one, "500") for one in c.told),
    "mismatch-missing": lambda c: len(c.told) > 2 and all(_completes(one) and _is(one, "404") for one in c.told),
    "other-bytes": lambda c: (
        _url(c.told[-2], c.told[-1]) and _bytes(c.told[-1]) != (c.numbers.get("expected_bytes"), c.numbers.get("expected_md5"))
    ),
    "old-bytes": lambda c: _url(c.told[-2], c.told[-1]) and _before(c.told[0], c.told[-2], c.bound),
    "old-verdict": lambda c: _is(c.told[0], "2xx") and _before(c.told[0], c.told[1], c.bound),
    "new-version-refused": lambda c: (
        _is(c.told[0], "2xx") and _before(c.told[0], c.told[-1], c.bound) and (_evades(c.told[-1]) or not _is(c.told[-1], "2xx", "integrity", "nc", "none"))
    ),
    "no-url": lambda c: _without_url(c.told[-1]),
    "not-served": lambda c: _url(c.told[-2], c.told[-1]) and _is(c.told[-1], "400", "401", "403", "405", "409", "410"),
    "file-not-served": lambda c: (
        _is(c.told[0], "2xx") and _before(c.told[0], c.told[1]) and _before(c.told[1], c.told[-1], c.bound)
        and _fruitless(c.told[1]) and _fruitless(c.told[-1]) and (c.told[-1].exchange.role is Role.API or _url(c.told[-2], c.told[-1]))
    ),
    "project-twice": lambda c: _twice(c.told[0], c.told[1]),
    "stale-version": lambda c: _is(c.told[0], "2xx") and _before(c.told[0], c.told[1]),
    "old-version-gone": lambda c: _is(c.told[-2], "2xx") and _before(c.told[-2], c.told[-1]) and not _is(c.told[-1], "2xx", "none"),
    "version-repointed": lambda c: _is(c.told[0], "2xx") and _is(c.told[1], "2xx") and _repoints(c.told[0], c.told[1], c.numbers["version"]),
    "error-before-consistent": lambda c: (
        _status(c.told[0], "error_on") is not None and _status(c.told[0], "is_consistent") is not True
    ),
    "field-changed": lambda c: _status(c.told[0], c.numbers["field"]) != _status(c.told[1], c.numbers["field"]),
    "verdict-changed": lambda c: (
        _status(c.told[0], "is_consistent") is True and _status(c.told[0], "error_on") is None and _status(c.told[1], "error_on") is not None
    ),
    "verdict-differs": lambda c: _status(c.told[0], "is_consistent") is True and not _agree(c.told[0], c.told[-1]),
    "record-disagrees": lambda c: _before(c.told[-2], c.told[-1]) and _same(c.told[-2], c.told[-1]) and (
        _is(c.told[-1], "nc") or _status(c.told[-1], "is_consistent") is not True
    ),
    "refused-but-listed": lambda c: (
        (_is(c.told[0], "nc") or (c.told[0].exchange.status or 0) >= 400) and _before(c.told[0], c.told[1]) and _lists(c.told[1], c.numbers["name"])
    ),
    "stranger-answered": lambda c: (
        _is(c.told[0], "2xx") and _before(c.told[0], c.told[1]) and c.told[1].exchange.user == "other" and c.told[1].exchange.status != 403
    ),
    "own-write-unseen": lambda c: _is(c.told[0], "2xx") and _before(c.told[0], c.told[1]) and _same(c.told[0], c.told[1]),
}  # fmt: skip
"""One line for each rule."""
