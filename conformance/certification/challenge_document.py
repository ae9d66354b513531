"""A certifier's challenge: a nonce for one target, until a day, signed. A run under it was made only since."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from conformance.certification import signing_keys as keys
from conformance.certification.envelope import EnvelopeError, opened, sealed
from conformance.errors import UsageError
from conformance.model import Json
from conformance.settings.naming import new_nonce

KIND = "application/vnd.dds-conformance.challenge+json"
FORMAT = "dds-conformance-challenge"
VERSION = 1
_FIELDS = frozenset({"format", "version", "nonce", "target", "issued", "expires", "certifier"})
_REMEDY = "Ask the certifier for a new CHALLENGE.json (`dds-conformance challenge`)."


@dataclass(frozen=True, slots=True)
class Challenge:
    """A challenge as it was read: what it binds, the certifier's key, and the very bytes of its file."""

    nonce: str
    target: str
    issued: datetime
    expires: datetime
    certifier: keys.Ed25519PublicKey
    raw: bytes

    def covers(self, instant: datetime) -> bool:
        """Whether an instant lies between its issue and its end."""
        return self.issued <= instant <= self.expires


def issued(key: keys.Ed25519PrivateKey, target: str, days: float, *, now: datetime | None = None) -> bytes:
    """Return a new challenge for a target (its base URL), good for some days from `now` on."""
    begun = (now or datetime.now(UTC)).replace(microsecond=0)
    return sealed(
        key,
        KIND,
        {
            "format": FORMAT,
            "version": VERSION,
            "nonce": new_nonce(),
            "target": target,
            "issued": begun.isoformat(),
            "expires": (begun + timedelta(days=days)).isoformat(),
            "certifier": keys.text(key.public_key()),
        },
    )


def read(raw: bytes) -> Challenge:
    """Read a challenge and check its signature against the key that it names.

    Raises:
        EnvelopeError: it is none, or its signature is not that key's.
    """
    envelope = opened(raw, KIND)
    found = _challenge(envelope.content, raw)
    if not envelope.signed_by(found.certifier):
        raise EnvelopeError("is not signed by the certifier whose key it names")
    return found


def _challenge(content: Json, raw: bytes) -> Challenge:
    if content.keys() != _FIELDS or (content["format"], content["version"]) != (FORMAT, VERSION):
        raise EnvelopeError("is no challenge of this version")
    certifier = keys.parsed(str(content["certifier"]).encode())
    try:
        since, until = datetime.fromisoformat(content["issued"]), datetime.fromisoformat(content["expires"])
        nonce = bytes.fromhex(content["nonce"]).hex()
        ordered = since < until
    except (TypeError, ValueError) as trouble:
        raise EnvelopeError("is no challenge: its times or its nonce cannot be read") from trouble
    if certifier is None or len(nonce) < 32 or not ordered or since.tzinfo is None or until.tzinfo is None:
        raise EnvelopeError("is no challenge: its key, its nonce or its times are none")
    return Challenge(nonce, str(content["target"]), since, until, certifier, raw)


def for_run(path: Path, target: str, *, now: datetime | None = None) -> Challenge:
    """Read the challenge that a run against `target` (its base URL) is to answer.

    Raises:
        UsageError: it cannot be read, is for another target, or is over.
    """
    try:
        found = read(path.read_bytes())
    except OSError as trouble:
        raise UsageError(f"{path} cannot be read: {trouble.strerror}.", remedy=_REMEDY) from trouble
    except EnvelopeError as trouble:
        raise UsageError(f"{path} {trouble}.", remedy=_REMEDY) from trouble
    if found.target != target:
        remedy = f"Run against that target, or have one issued for {target or 'yours, and name it with --target'}."
        raise UsageError(f"{path} is for the target {found.target}.", remedy=remedy)
    if not found.covers(now or datetime.now(UTC)):
        raise UsageError(f"{path} holds from {found.issued} to {found.expires}.", remedy=_REMEDY)
    return found
