"""What can be known of a target before the first request: its addresses, and the TLS that it speaks."""

from __future__ import annotations

import socket
import ssl
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from conformance.driver.safety.signed_urls import resolve
from conformance.driver.wire.transport import tls_context
from conformance.settings.run_settings import Settings

PATIENCE_S = 5.0


@dataclass(frozen=True, slots=True)
class Handshake:
    """What TLS came to: the protocol, the days that the certificate still holds and itself (DER), or the trouble."""

    protocol: str = ""
    days_left: float | None = None
    trouble: str = ""
    certificate: bytes = b""


def addresses(settings: Settings) -> tuple[str, ...]:
    """Resolve the target's host name; empty when it has no address."""
    return tuple(sorted(str(found) for found in resolve(urlsplit(settings.target.base_url).hostname or "")))


def shake_hands(settings: Settings) -> Handshake:
    """Connect to the target and speak TLS with it, sending nothing else."""
    parts = urlsplit(settings.target.base_url)
    host, port = parts.hostname or "", parts.port or {"http": 80}.get(parts.scheme, 443)
    context = tls_context(settings.network)
    try:
        with (
            socket.create_connection((host, port), timeout=PATIENCE_S) as plain,
            context.wrap_socket(plain, server_hostname=host) as secure,
        ):
            certificate = secure.getpeercert() or {}
            until = certificate.get("notAfter")
            left = (ssl.cert_time_to_seconds(until) - time.time()) / 86400 if isinstance(until, str) else None
            return Handshake(secure.version() or "TLS", left, certificate=secure.getpeercert(binary_form=True) or b"")
    except ssl.SSLCertVerificationError as trouble:
        return Handshake(trouble=f"the certificate is not trusted: {trouble.verify_message}")
    except (OSError, ssl.SSLError) as trouble:
        return Handshake(trouble=f"{type(trouble).__name__}: {trouble}")
