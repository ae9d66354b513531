"""What a few operations show by themselves: the parts that re-checks are made of.

Nothing here remembers, folds or searches, and nothing is shared with the checks, so that a mistake of a rule and a
mistake of its re-check are unlikely to be the same. What each answer *is* was decided once, for both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields

from conformance.api.answers import Answer, Classified, Kind
from conformance.api.failed_fetches import useless
from conformance.api.routes import EXTENDED_CALLS
from conformance.judge.exchange import examine
from conformance.model import Finding, History, Json, Octets, Operation, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown(Operation):
    """An operation with what it was classified as."""

    of: Classified

    @classmethod
    def as_what(cls, operation: Operation, of: Classified) -> Shown:
        """Return the operation as what it was classified."""
        return cls(**{one.name: getattr(operation, one.name) for one in fields(Operation)}, of=of)


@dataclass(frozen=True, slots=True)
class Proof:
    """A finding with the operations that it names, in its order; and the history, which only a pattern may look at.

    `classes` gives by id what operations were classified as, as far as that is known: all that is foreign is.
    """

    finding: Finding
    cited: Sequence[Shown]
    history: History
    classes: Mapping[str, Classified] = field(default_factory=dict)

    @property
    def numbers(self) -> Mapping[str, Json]:
        """The numbers of the finding."""
        return self.finding.numbers

    @property
    def bound(self) -> float:
        """The bound (ns) on convergence."""
        return self.history.target.converge_within_s * 1e9


def by_itself(proof: Proof) -> bool:
    """Whether each operation alone shows the violation."""
    target, wanted = proof.history.target, (proof.finding.requirement, proof.finding.rule)
    return all(
        any((name, wrong.rule) == wanted for name, wrong in examine(one, target, one.of) if wrong)
        for one in proof.cited
    )


_NAMES = {Answer.NC: "nc", Answer.INTEGRITY: "integrity"}


def answers(operation: Shown, *kinds: str) -> bool:
    """Return whether the answer is one of `kinds`: nc, integrity, 2xx, none, or a status."""
    of = operation.of
    if of.kind is Kind.NOTHING:
        return "none" in kinds
    return (_NAMES.get(of.answer) or ("2xx" if of.kind is Kind.SUCCESS else str(operation.exchange.status))) in kinds


def tells_truth(operation: Shown) -> bool:
    """Return whether the answer is a verdict, or an upload created."""
    return answers(operation, "2xx", "integrity") and operation.of.call.name in EXTENDED_CALLS


def before(one: Shown, other: Shown, by: float = 0) -> bool:
    """Return whether one ended more than `by` (ns) before the other began; a read is over when it was given up."""
    ended = one.b_ns
    if ended is None and one.exchange.method == "GET":
        given_up = one.notes.get("gave_up_ns")
        ended = given_up if isinstance(given_up, int) else one.a_ns
    return ended is not None and ended + by < other.a_ns


def completes(operation: Shown) -> bool:
    """Return whether this is an attempt to complete an upload."""
    return operation.of.call.name == "complete_upload"


def follows(operation: Shown, fetched: Shown) -> bool:
    """Return whether the one answered with the url that the other fetched."""
    body, stated = operation.exchange.response, fetched.notes.get("url_of")
    return stated == operation.id if stated else isinstance(body, dict) and body.get("url") == fetched.exchange.path


def same_session(one: Shown, other: Shown) -> bool:
    """Return whether one client spoke both, in sequence."""
    return one.session == other.session


def served(operation: Shown) -> tuple[int, str] | None:
    """Return length and MD5 of the bytes that came; None where none came."""
    body = operation.exchange.response
    return (body.bytes, body.md5) if isinstance(body, Octets) else None


def record(operation: Shown, name: str) -> Json:
    """Return a field of the status in an upload's own record."""
    body = operation.exchange.response
    return body["status"].get(name) if isinstance(body, dict) and isinstance(body.get("status"), dict) else None


def lists(operation: Shown, name: str) -> bool:
    """Return whether a listing shows a name."""
    body = operation.exchange.response
    return isinstance(body, dict) and any(name.lower() in text.lower() for text in strings(body["results"]))


def strings(body: Json | Octets | None) -> Iterator[str]:
    """Yield the texts in a JSON value."""
    if isinstance(body, str):
        yield body
    elif isinstance(body, dict | list):
        for inner in body.values() if isinstance(body, dict) else body:
            yield from strings(inner)


def wrong_verdict(proof: Proof, kind: str, truth: str) -> bool:
    """Return whether the last answer is `kind`, of an upload that the others tie to it and that is `truth`."""
    stated, numbers = proof.cited, proof.numbers
    link = any(
        numbers["upload"].lower() in f"{one.exchange.path}{one.exchange.request}{one.exchange.response}".lower()
        for one in stated[:-1]
    )
    return answers(stated[-1], kind) and numbers["truth"] in (truth, "unknown") and link


def agree(one: Shown, other: Shown) -> bool:
    """Return whether two looks at an upload show the same verdict."""
    saw_ok = answers(one, "2xx") if record(one, "is_consistent") is None else record(one, "error_on") is None
    other_ok = answers(other, "2xx") if record(other, "is_consistent") is None else record(other, "error_on") is None
    return saw_ok == other_ok


def same_project(one: Shown, other: Shown) -> bool:
    """Return whether two creates of different names were answered with one project."""
    made, again = one.exchange, other.exchange
    accepted = made.method == again.method == "POST" and made.status == again.status == 202
    same = _field(made.response, "id") == _field(again.response, "id") is not None
    return accepted and same and _field(made.request, "name") != _field(again.request, "name")


def without_url(one: Shown) -> bool:
    """Return whether a success has no url."""
    return answers(one, "2xx") and not isinstance(_field(one.exchange.response, "url"), str)


def evasive(one: Shown) -> bool:
    """Return whether a success other than 200 has no url."""
    return without_url(one) and one.exchange.status != 200


def repoints(one: Shown, other: Shown, name: Json) -> bool:
    """Return whether both answers acknowledge version `name`, of different uploads."""
    shown = [_field(stated.exchange.response, "current_version") or stated.exchange.response for stated in (one, other)]
    uploads = [_field(_field(version, "upload"), "id") for version in shown]
    writes = {one.exchange.method, other.exchange.method} <= {"POST", "PUT"}
    same = all(str(_field(version, "id")).lower() == str(name).lower() for version in shown)
    return writes and same and None not in uploads and str(uploads[0]).lower() != str(uploads[1]).lower()


def is_shown_deleted(one: Shown) -> bool:
    """Return whether a resource is shown as deleted."""
    return answers(one, "2xx") and _field(one.exchange.response, "is_deleted") is True


def fruitless(one: Shown) -> bool:
    """Return whether an answer led to no bytes."""
    if one.exchange.role is Role.API:
        return without_url(one)
    return answers(one, "400", "401", "403", "404", "405", "409", "410") or bool(useless(one))


def _field(body: Json | Octets | None, name: str) -> Json:
    return body.get(name) if isinstance(body, dict) else None
