"""Ed25519 keys from the files that `openssl` and `ssh-keygen` write, and what a key is known by."""

from __future__ import annotations

import hashlib
from pathlib import Path

from conformance.errors import UsageError

try:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
except ImportError as missing:
    raise UsageError(
        "Signatures need the package `cryptography`.", remedy="Say: pip install 'dds-conformance[certify]'"
    ) from missing

__all__ = ["Ed25519PrivateKey", "Ed25519PublicKey", "holds", "key_id", "peer_key", "private_key", "public_key", "text"]

MAKE = "Make one: openssl genpkey -algorithm ed25519 -out key.pem"
PUBLISH = "Get it from the private one: openssl pkey -in key.pem -pubout -out public.pem"
_TROUBLE = (ValueError, TypeError, UnsupportedAlgorithm)


def private_key(path: Path) -> Ed25519PrivateKey:
    """Read a private key, PEM or OpenSSH.

    Raises:
        UsageError: the file cannot be read, or holds no private Ed25519 key without a passphrase.
    """
    raw = _bytes(path)
    load = serialization.load_ssh_private_key if b"OPENSSH PRIVATE" in raw else serialization.load_pem_private_key
    try:
        found = load(raw, password=None)
    except _TROUBLE as trouble:
        raise UsageError(
            f"{path} holds no private key that can be read without a passphrase.", remedy=MAKE
        ) from trouble
    if not isinstance(found, Ed25519PrivateKey):
        raise UsageError(f"{path} holds a key that is not Ed25519.", remedy=MAKE)
    return found


def public_key(path: Path) -> Ed25519PublicKey:
    """Read a public key, PEM or OpenSSH.

    Raises:
        UsageError: the file cannot be read, or holds no public Ed25519 key.
    """
    found = parsed(_bytes(path))
    if found is None:
        raise UsageError(f"{path} holds no public Ed25519 key.", remedy=PUBLISH)
    return found


def parsed(raw: bytes) -> Ed25519PublicKey | None:
    """Return the public key that `raw` holds, PEM or OpenSSH; None if it holds none."""
    load = serialization.load_ssh_public_key if raw.startswith(b"ssh-") else serialization.load_pem_public_key
    try:
        found = load(raw)
    except _TROUBLE:
        return None
    return found if isinstance(found, Ed25519PublicKey) else None


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(1 << 16)
    except OSError as trouble:
        raise UsageError(f"{path} cannot be read: {trouble.strerror}.", remedy=MAKE) from trouble


def text(key: Ed25519PublicKey) -> str:
    """Return a public key as PEM."""
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def key_id(key: Ed25519PublicKey) -> str:
    """Return what a key is known by: ``sha256:`` and the SHA-256 of its SubjectPublicKeyInfo."""
    spki = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return f"sha256:{hashlib.sha256(spki).hexdigest()}"


def holds(key: Ed25519PublicKey, signature: bytes, message: bytes) -> bool:
    """Whether a signature is the key's own over a message."""
    try:
        key.verify(signature, message)
    except InvalidSignature:
        return False
    return True


def peer_key(certificate: bytes) -> str:
    """Return what the key of a TLS certificate (DER) is known by; empty when the certificate cannot be read."""
    try:
        key = x509.load_der_x509_certificate(certificate).public_key()
        spki = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    except _TROUBLE:
        return ""
    return f"sha256:{hashlib.sha256(spki).hexdigest()}"
