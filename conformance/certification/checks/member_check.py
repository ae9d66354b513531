"""The members: each with the hash that the statement gives it, none missing, none more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.certification import members
from conformance.certification.unpacking import Bundle
from conformance.certification.verification import Line, decided

NAME = "members"


def look(bundle: Bundle, statement: Mapping[str, Any]) -> Line:
    """Return the line about every member's hash."""
    sentence = f"{len(bundle.digests) - 1} members, each with the hash attested"
    return decided(NAME, _problems(bundle, statement), sentence)


def _problems(bundle: Bundle, statement: Mapping[str, Any]) -> Iterator[str]:
    named = [(str(one["name"]), str(one["digest"]["sha256"])) for one in statement["subject"]]
    attested = {name: digest for name, digest in named if members.known(name)}
    held = {name: digest for name, digest in bundle.digests.items() if name != members.ATTESTATION}
    for name in sorted(held.keys() - attested.keys()):
        yield f"{name} is not attested"
    for name in sorted(attested.keys() - held.keys()):
        yield f"{name} is attested, and missing"
    for name in sorted(held.keys() & attested.keys()):
        if held[name] != attested[name]:
            yield f"{name} has another hash than was attested"
    for name in members.REQUIRED:
        if name not in held:
            yield f"{name} is missing"
