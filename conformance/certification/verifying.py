"""A bundle looked at by somebody who trusts nobody: every check in its order, whatever the one before came to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from conformance.certification.bundle_contents import Contents, ContentsError, read
from conformance.certification.checks import (
    catalogue_check,
    challenge_check,
    fidelity_check,
    member_check,
    rejudge_check,
    side_notes,
    signature_check,
    statement_check,
)
from conformance.certification.checks.challenge_check import Pins
from conformance.certification.envelope import STATEMENT, Envelope, EnvelopeError, opened
from conformance.certification.granting import Drawing
from conformance.certification.members import ATTESTATION
from conformance.certification.statement import PREDICATE, SELF_ASSERTED, TYPE, claims_of
from conformance.certification.unpacking import Bundle, RefusedError, unpack
from conformance.certification.verification import Line, State, Verification
from conformance.errors import SuiteError

__all__ = ["Pins", "Reader", "spoken", "verify"]

_MALFORMED = (
    ArithmeticError, AttributeError, KeyError, IndexError, TypeError, ValueError, RecursionError, SuiteError,
)  # fmt: skip
"""What a value of a shape that no run writes may raise in a check."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks: the keys that are pinned, what draws a certificate, and whether a demonstration will do."""

    pins: Pins
    draw: Drawing
    demo: bool = False


def verify(path: Path, reader: Reader) -> Verification:
    """Look at a bundle; nothing in it is trusted, nothing of it is executed, nothing is asked of any network.

    Raises:
        NoBundleError: it is no tar.gz, or holds no attestation.
    """
    with TemporaryDirectory(prefix="dds-verify-") as folder:
        try:
            bundle = unpack(path, Path(folder))
            envelope = opened(bundle.read(ATTESTATION), STATEMENT)
        except RefusedError as trouble:
            return Verification((Line("bundle", State.FAILS, str(trouble)),))
        except EnvelopeError as trouble:
            return Verification((Line(signature_check.NAME, State.FAILS, f"{ATTESTATION} {trouble}"),))
        return _verified(bundle, envelope, reader)


def _verified(bundle: Bundle, envelope: Envelope, reader: Reader) -> Verification:
    lines = [signature_check.look(envelope, bundle, reader.pins.key)]
    try:
        statement = _statement(envelope)
        lines.append(member_check.look(bundle, statement))
        contents = read(bundle, statement, claims_of(statement))
    except ContentsError as trouble:
        return Verification((*lines, Line("contents", State.FAILS, f"{trouble}; nothing more can be looked at")))
    return _looked(contents, reader, lines)


def _looked(contents: Contents, reader: Reader, lines: list[Line]) -> Verification:
    outcomes, grades = [""], [SELF_ASSERTED]

    def judged() -> Iterator[Line]:
        line, outcome = rejudge_check.look(contents)
        outcomes.append(outcome)
        yield line

    def challenged() -> Iterator[Line]:
        line, grade = challenge_check.look(contents, reader.pins)
        grades.append(grade)
        yield line

    looks: tuple[tuple[str, Callable[[], Iterable[Line]]], ...] = (
        (statement_check.NAME, lambda: statement_check.look(contents, reader.draw, demo=reader.demo)),
        (catalogue_check.NAME, lambda: [catalogue_check.look(contents)]),
        (rejudge_check.NAME, judged),
        ("fidelity", lambda: fidelity_check.look(contents)),
        (challenge_check.NAME, challenged),
        ("notes", lambda: side_notes.look(contents)),
    )
    for name, look in looks:
        lines.extend(_guarded(name, look))
    return Verification(tuple(lines), grades[-1], outcomes[-1])


def _guarded(name: str, look: Callable[[], Iterable[Line]]) -> Iterator[Line]:
    """Yield the lines of a look; a bundle that makes it stumble is none of ours."""
    try:
        yield from look()
    except _MALFORMED as trouble:
        yield Line(name, State.FAILS, f"cannot be looked at, for no run writes such a value: {trouble!r}"[:400])


def _statement(envelope: Envelope) -> Mapping[str, Any]:
    found: Mapping[str, Any] = envelope.content
    try:
        claims_of(found)
        sound = all(isinstance(one["digest"]["sha256"], str) for one in found["subject"])
        sound = sound and (found["_type"], found["predicateType"]) == (TYPE, PREDICATE)
    except (KeyError, TypeError, ValueError) as trouble:
        raise ContentsError(f"{ATTESTATION} holds no statement of ours") from trouble
    if not sound:
        raise ContentsError(f"{ATTESTATION} holds no statement of the type {TYPE}, {PREDICATE}")
    return found


def spoken(found: Verification) -> Iterator[str]:
    """Yield what is printed: a line for each look, then the verdict and the grade."""
    for line in found.lines:
        yield f"{line.check:<17}{line.state:<7}{line.sentence}"
    if found.holds:
        yield f"everything holds: {found.outcome}; grade: {found.grade}"
    else:
        yield "this bundle certifies nothing: something does not hold"
