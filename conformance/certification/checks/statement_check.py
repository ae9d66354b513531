"""The statement against the report and the other members: drawn again from them, it must be the very same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Any

from conformance.certification import members
from conformance.certification.bundle_contents import Contents
from conformance.certification.eligibility import MARKER, after, refusals, shortfalls
from conformance.certification.granting import Drawing, seen_peer
from conformance.certification.signing_keys import key_id, parsed
from conformance.certification.statement import OURS, statement
from conformance.certification.suite_digest import suite_digest
from conformance.certification.verification import Line, State, decided
from conformance.model import Json

NAME = "statement"


def look(contents: Contents, draw: Drawing, *, demo: bool) -> Iterator[Line]:
    """Yield the lines about the statement, what it entitles to, and what is drawn of it."""
    said = contents.statement["predicate"][OURS]
    sentence = f"{said['title']}: {said['product']}, {said['organisation']}"
    yield decided(NAME, _problems(contents, demo=demo), sentence)
    yield _drawn(contents, draw)


def _problems(contents: Contents, *, demo: bool) -> Iterator[str]:
    report, claims = contents.report, contents.claims
    digests = {name: digest for name, digest in contents.bundle.digests.items() if name != members.ATTESTATION}
    again = statement(report, digests, claims)
    for where, here, there in differences(contents.statement, again):
        if not where.startswith("subject"):  # the members' own line tells of those
            yield f"{where} is {_short(here)}, and the report gives {_short(there)}"
    yield from _report_and_members(contents)
    if claims.wish.demo and not demo:
        yield "it is a demonstration on the embedded server, and certifies nothing"
    if report["outcome"] == "conformant":
        yield from refusals(claims.wish, after(report, embedded=_embedded(contents)))
        yield from shortfalls(report)
    elif _embedded(contents) and not claims.wish.demo:
        yield "the embedded server of this suite is no product and may not be certified"


def _report_and_members(contents: Contents) -> Iterator[str]:
    report, header = contents.report, contents.history.header
    digest = contents.bundle.digests[members.HISTORY]
    if (report.get("history") or {}).get("sha256") != digest:
        yield f"the report was drawn from another history than {members.HISTORY}"
    if json.dumps(report.get("plans")) != json.dumps(list(contents.plan_documents)):
        yield "the report tells of other plans than the bundle holds"
    key = parsed(contents.bundle.read(members.PUBLIC_KEY))
    if key is None or key_id(key) != contents.claims.signer:
        yield f"{members.PUBLIC_KEY} is not the key that the statement names"
    if contents.claims.tls_peer != seen_peer(header):
        yield "it names another TLS key of the target than the history does"
    held = members.CHALLENGE in contents.bundle.digests
    said = hashlib.sha256(contents.bundle.read(members.CHALLENGE)).hexdigest() if held else ""
    if header.get("challenge", "") != said or held != bool(contents.claims.certifier):
        yield "it tells of another challenge than the history and the bundle"


def _embedded(contents: Contents) -> bool:
    name, value = MARKER
    marked = any(one.exchange.headers.get(name) == value for one in contents.history.operations)
    return marked or contents.history.target.embedded


def _drawn(contents: Contents, draw: Drawing) -> Line:
    if contents.claims.suite.digest != suite_digest():
        return Line("drawn", State.NOTE, "certificate and badge NOT REDRAWN: another suite is installed than drew them")
    drawn = draw(contents.statement["predicate"], contents.report)
    wrong = [f"{name} is not what the statement gives" for name in drawn if not _is(contents, name, drawn[name])]
    return decided("drawn", wrong, "certificate and badge are what the statement gives")


def _is(contents: Contents, name: str, text: str) -> bool:
    return contents.bundle.read(name) == text.encode()


def differences(here: Json, there: Json, where: str = "") -> Iterator[tuple[str, Json, Json]]:
    """Yield every place where two JSON values differ: its path, and what stands there in each."""
    if isinstance(here, Mapping) and isinstance(there, Mapping):
        for name in sorted(here.keys() | there.keys(), key=str):
            yield from differences(here.get(name), there.get(name), f"{where}.{name}" if where else str(name))
    elif isinstance(here, list) and isinstance(there, list):
        for number, (one, other) in enumerate(zip_longest(here, there)):
            yield from differences(one, other, f"{where}[{number}]")
    elif here != there or type(here) is not type(there):
        yield where, here, there


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
