"""The signature: whose it is, and whether that key is the one that the reader pins."""

from __future__ import annotations

from conformance.certification import signing_keys as keys
from conformance.certification.envelope import Envelope
from conformance.certification.members import PUBLIC_KEY
from conformance.certification.unpacking import Bundle
from conformance.certification.verification import Line, State

NAME = "signature"


def look(envelope: Envelope, bundle: Bundle, pinned: keys.Ed25519PublicKey | None) -> Line:
    """Return the line about the signature; without a pinned key it is checked against the bundle's own."""
    key = pinned or (keys.parsed(bundle.read(PUBLIC_KEY)) if PUBLIC_KEY in bundle.digests else None)
    if key is None:
        return Line(NAME, State.FAILS, f"{PUBLIC_KEY} holds no public Ed25519 key")
    known = keys.key_id(key)
    if pinned is not None and envelope.signer != known:
        return Line(NAME, State.FAILS, f"made by {envelope.signer}, and not by the key of --key, {known}")
    if not envelope.signed_by(key):
        return Line(NAME, State.FAILS, f"the attestation is not signed by {known}")
    if pinned is not None:
        return Line(NAME, State.HOLDS, f"by the key of --key, {known}")
    return Line(NAME, State.HOLDS, f"by {known}, NOT PINNED: name the vendor's published key with --key PUBLIC")
