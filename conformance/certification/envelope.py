"""A DSSE envelope: a payload, its type, and one Ed25519 signature, in one canonical form only.

Canonical JSON here is ASCII, with sorted keys and no spaces. An envelope or payload that says the same in another way
is refused: then no byte of it can be changed unseen.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass

from conformance.certification.signing_keys import Ed25519PrivateKey, Ed25519PublicKey, holds, key_id
from conformance.model import Json

STATEMENT = "application/vnd.in-toto+json"
MOST_BYTES = 8 << 20


class EnvelopeError(Exception):
    """What is wrong with an envelope, as a clause."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """An envelope taken apart. `content` is its payload read as JSON."""

    kind: str
    payload: bytes
    signer: str
    signature: bytes
    content: Json

    def signed_by(self, key: Ed25519PublicKey) -> bool:
        """Whether the signature is the key's own."""
        return self.signer == key_id(key) and holds(key, self.signature, pae(self.kind, self.payload))


def canonical(value: Json) -> bytes:
    """Write a value as canonical JSON."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def pae(kind: str, payload: bytes) -> bytes:
    """Return the bytes that are signed: DSSE's pre-authentication encoding."""
    return b"DSSEv1 %d %s %d %s" % (len(kind.encode()), kind.encode(), len(payload), payload)


def sealed(key: Ed25519PrivateKey, kind: str, content: Json) -> bytes:
    """Return the envelope of a value, signed."""
    payload = canonical(content)
    signature = {"keyid": key_id(key.public_key()), "sig": _text(key.sign(pae(kind, payload)))}
    return canonical({"payload": _text(payload), "payloadType": kind, "signatures": [signature]})


def opened(raw: bytes, kind: str) -> Envelope:
    """Take an envelope apart, without trusting it.

    Raises:
        EnvelopeError: it is none, of another type, or not in its canonical form.
    """
    if len(raw) > MOST_BYTES:
        raise EnvelopeError("is larger than any envelope of ours")
    outer = _canonically(raw, "the envelope")
    try:
        found, payload, (signature,) = outer["payloadType"], _bytes(outer["payload"]), outer["signatures"]
        signer, written = str(signature["keyid"]), _bytes(signature["sig"])
    except (KeyError, TypeError, ValueError, binascii.Error) as trouble:
        raise EnvelopeError("is no DSSE envelope with one signature") from trouble
    if (
        found != kind
        or outer.keys() != {"payloadType", "payload", "signatures"}
        or signature.keys() != {"keyid", "sig"}
    ):
        raise EnvelopeError(f"is no DSSE envelope of the type {kind}")
    return Envelope(kind, payload, signer, written, _canonically(payload, "the payload"))


def _canonically(raw: bytes, what: str) -> Json:
    try:
        value = json.loads(raw)
        written = canonical(value)
    except (ValueError, RecursionError) as trouble:
        raise EnvelopeError(f"cannot be parsed: {what} is no JSON") from trouble
    if written != raw:
        raise EnvelopeError(f"differs from its canonical form: {what} is written in another way")
    if not isinstance(value, dict):
        raise EnvelopeError(f"cannot be parsed: {what} is no JSON object")
    return value


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _bytes(text: str) -> bytes:
    raw = base64.b64decode(text, validate=True)
    if _text(raw) != text:
        raise ValueError("written in another way than base64 is")
    return raw
