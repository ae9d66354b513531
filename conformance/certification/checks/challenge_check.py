"""The challenge that a run answers: the certifier's, for this target, in time; and the grade that all of it earns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from conformance.certification.bundle_contents import Contents
from conformance.certification.challenge_document import Challenge, read
from conformance.certification.envelope import EnvelopeError
from conformance.certification.members import CHALLENGE
from conformance.certification.signing_keys import Ed25519PublicKey, key_id
from conformance.certification.statement import CHALLENGED, SELF_ASSERTED, WITNESSED
from conformance.certification.verification import Line, State, decided

NAME = "challenge"
NOT_PINNED = "CHALLENGE NOT PINNED"
_CLOCKS = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Pins:
    """What the reader holds of others: the vendor's key, the certifier's, and the challenge that was issued."""

    key: Ed25519PublicKey | None = None
    certifier: Ed25519PublicKey | None = None
    challenge: bytes | None = None


def look(contents: Contents, pins: Pins) -> tuple[Line, str]:
    """Return the line about the challenge, and the grade."""
    if contents.claims.wish.witnessed:
        return _witnessed(contents, pins)
    raw = contents.bundle.read(CHALLENGE) if CHALLENGE in contents.bundle.digests else None
    if raw is None:
        wanted = pins.challenge is not None or pins.certifier is not None
        problems = ["the run answers no challenge"] if wanted else []
        return decided(NAME, problems, "none was answered"), SELF_ASSERTED
    try:
        found = read(raw)
    except EnvelopeError as trouble:
        return Line(NAME, State.FAILS, f"{CHALLENGE} {trouble}"), SELF_ASSERTED
    pinned = pins.challenge is not None or pins.certifier is not None
    stated = f"of {key_id(found.certifier)}, for {found.target}, until {found.expires.isoformat()}"
    sentence = stated if pinned else f"{NOT_PINNED}: {stated}; pin it with --challenge FILE or --certifier-key PUBLIC"
    return decided(NAME, _problems(contents, found, pins), sentence), CHALLENGED if pinned else SELF_ASSERTED


def _problems(contents: Contents, found: Challenge, pins: Pins) -> Iterator[str]:
    header = contents.history.header
    if pins.challenge is not None and pins.challenge != found.raw:
        yield "the run answers another challenge than that of --challenge"
    if pins.certifier is not None and key_id(pins.certifier) != key_id(found.certifier):
        yield f"it is signed by {key_id(found.certifier)}, and not by the key of --certifier-key"
    if found.target != contents.history.target.base_url:
        yield f"it is for the target {found.target}, and the run was against {contents.history.target.base_url}"
    if header.get("nonce") != found.nonce:
        yield "the run was made with another nonce than the challenge's"
    yield from _untimely(contents, found)


def _untimely(contents: Contents, found: Challenge) -> Iterator[str]:
    for name in ("begun", "ended"):
        instant = datetime.fromisoformat(str(contents.report[name]))
        instant = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
        if not found.issued - _CLOCKS <= instant <= found.expires + _CLOCKS:
            yield f"the run {name} at {instant}, and the challenge holds from {found.issued} to {found.expires}"


def _witnessed(contents: Contents, pins: Pins) -> tuple[Line, str]:
    """A witnessed run is the certifier's own: nobody challenges, and the key that signs is the one to pin."""
    pinned, signer, peer = pins.certifier, contents.claims.signer, contents.claims.tls_peer
    if not peer:
        return Line(NAME, State.FAILS, "said to be witnessed, and the target's TLS key is not told"), SELF_ASSERTED
    if pinned is None:
        sentence = f"WITNESS NOT PINNED: run by {signer}; pin it with --certifier-key PUBLIC"
        return Line(NAME, State.HOLDS, sentence), SELF_ASSERTED
    if key_id(pinned) != signer:
        return Line(NAME, State.FAILS, f"run by {signer}, and not by the key of --certifier-key"), SELF_ASSERTED
    return Line(NAME, State.HOLDS, f"run by the certifier, {signer}, at the TLS key {peer}"), WITNESSED
