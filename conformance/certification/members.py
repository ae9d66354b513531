"""What a bundle may hold, by name, and how much of it."""

from __future__ import annotations

import re

ATTESTATION = "attestation.dsse.json"
CERTIFICATE = "certificate.html"
BADGE = "badge.svg"
REPORT = "report.json"
HISTORY = "history.jsonl"
LEDGER = "ledger.jsonl"
DESCRIPTION = "target-description.txt"
CHALLENGE = "challenge.json"
PUBLIC_KEY = "public-key.pem"
SCHEMAS = "schemas/"

REQUIRED = (REPORT, HISTORY, LEDGER, CERTIFICATE, BADGE, PUBLIC_KEY)
"""Without these there is nothing to verify."""
OPTIONAL = (DESCRIPTION, CHALLENGE)
DRAWN = (CERTIFICATE, BADGE)
"""What is drawn from the statement and the report, and can be drawn again."""

MOST_MEMBERS = 256
MOST_BYTES = 1 << 30
"""Bytes of all members together; several times what a thorough run comes to."""
MOST_OF_ONE = {HISTORY: 3 << 28}
MOST_OF_OTHERS = 64 << 20
_NAMED = re.compile(r"plans-[A-Za-z0-9_.-]{1,60}\.json|schemas/[A-Za-z0-9_-][A-Za-z0-9_.-]{0,60}")


def known(name: str) -> bool:
    """Whether a bundle may hold a member of that name."""
    return name in (ATTESTATION, *REQUIRED, *OPTIONAL) or _NAMED.fullmatch(name) is not None


def plans(name: str) -> bool:
    """Whether a member holds the plans of one process."""
    return name.startswith("plans-")


def most_bytes(name: str) -> int:
    """Return how large a member may be, in bytes."""
    return MOST_OF_ONE.get(name, MOST_OF_OTHERS)
