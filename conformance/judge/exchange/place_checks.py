"""Where the two new messages may appear, and for what (spec, Extended Endpoint URLs)."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.api.answers import Kind
from conformance.api.error_bodies import names_mismatch
from conformance.api.routes import EXTENDED_CALLS, TOLERATED_NC_CALLS, UNROUTED, URL_CALLS
from conformance.judge.exchange.facts import Facts
from conformance.judge.exchange.observation import Seen, Violation
from conformance.model import Json

_LISTING = "list_project_files"
_ATTACHING = frozenset({"create_file", "update_file"})


def not_consistent(facts: Facts) -> Iterator[Seen]:
    """Not-consistent at the extended endpoints only, and never for an id that was never given out."""
    nc = facts.kind is Kind.NOT_CONSISTENT
    name = facts.call.name
    if name in TOLERATED_NC_CALLS:
        yield "nc-tolerated-endpoints", _misplaced(facts, "nc-tolerated", found=nc)
    elif name not in EXTENDED_CALLS and (nc or name != UNROUTED) and not facts.beside:
        yield "nc-only-extended", _misplaced(facts, "nc-elsewhere", found=nc)
    if facts.invented and name in EXTENDED_CALLS:
        expected = "an ordinary 404: the client invented the id"
        yield "nc-unknown-id", Violation("nc-for-invented-id", expected, facts.shown, name) if nc else None


def integrity(facts: Facts) -> Iterator[Seen]:
    """The integrity exception at the url endpoints only; at completion not under another 4xx status either."""
    found = facts.kind is Kind.INTEGRITY
    name = facts.call.name
    if name == "complete_upload":
        found = found or (facts.kind is Kind.ERROR and facts.status < 500 and names_mismatch(facts.body))
        if found:  # the judge counts the completions of bad uploads: only they are occasions
            yield "complete-no-integrity", _misplaced(facts, "integrity-at-complete", found=found)
    elif name == _LISTING:
        yield "integrity-listing", _misplaced(facts, "integrity-in-listing", found=found)
    elif name not in URL_CALLS and (found or name != UNROUTED) and not facts.beside:
        ordinary = name in _ATTACHING and names_fields(facts.body)
        yield "integrity-only-url", _misplaced(facts, "integrity-elsewhere", found=found and not ordinary)


def _misplaced(facts: Facts, rule: str, *, found: bool) -> Violation | None:
    what = "not-consistent" if facts.kind is Kind.NOT_CONSISTENT else "integrity exception"
    return Violation(rule, f"no {what} at this endpoint", facts.shown, facts.call.name) if found else None


def names_fields(body: Json) -> bool:
    """Whether a validation error names the fields that it refuses."""
    return isinstance(body, dict) and isinstance(body.get("errors"), list | dict) and bool(body["errors"])
