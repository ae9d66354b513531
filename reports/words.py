"""What the views call things: answers, outcomes, and text cut to a length (pure)."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

OUTCOMES: Mapping[str, tuple[str, str]] = {
    "fail": ("failed", "✕"),
    "error": ("suite error", "!"),
    "warn": ("warned", "▲"),
    "blocked": ("blocked", "⊘"),
    "not-observed": ("not observed", "○"),
    "not-applicable": ("not applicable", "∅"),
    "pass": ("passed", "✓"),
    "absent": ("not in this run", "·"),
}
"""The word and the sign of each outcome, worst first: nothing is told by colour alone."""

LEVELS: Mapping[str, str] = {
    "MUST": "The specification says it. A violation makes the target nonconformant.",
    "IMPLIED": "Follows from the specification, because nothing else can change the state. It gates like a MUST.",
    "SHOULD": "Reasonable, or only the wording of the specification's examples. It warns; under --strict it fails.",
    "MEASURED": "Printed, and never a gate.",
}


ENDPOINTS: Mapping[str, str] = {
    "create_upload": "POST /projects/{id}/uploads",
    "file_url": "GET /files/{id}/url",
    "version_url": "GET /file_versions/{id}/url",
}
"""The extended endpoints by the names of their calls."""


def endpoint(name: str) -> str:
    """Give an endpoint as the specification writes it; a name that is none stays as it is."""
    return ENDPOINTS.get(name, name)


REQUIREMENTS = "requirements.html"
"""The page about all requirements: beside each report, and of the site of ``docs/``."""
DOCS_URL = "DDS_DOCS_URL"
"""The environment variable that names where that site is published, for who has published it."""


def docs_page(requirement: str) -> str:
    """Give the address of the page about a requirement: of the site that `DOCS_URL` names, else beside the report."""
    site = os.environ.get(DOCS_URL, "").rstrip("/")
    published = f"{site}/" if site.startswith(("https://", "http://")) else ""
    return f"{published}{REQUIREMENTS}#{requirement}"


_COLOURS: Mapping[str, str] = {"done": "ok", "not-consistent": "nc", "integrity": "ie", "unsent": "lost"}


def answer_class(exchange: Mapping[str, Any]) -> str:
    """Return the class of an answer by which the views colour it: the document says what the answer was decided to be.

    A document of an older suite does not; there a status tells no more than success from refusal.
    """
    status = exchange.get("status")
    if exchange.get("failure") or status is None:
        return "lost"
    stated = exchange.get("answer") or ("done" if 200 <= status < 300 else "")
    return _COLOURS.get(stated, "bad")


def answer_text(exchange: Mapping[str, Any]) -> str:
    """Say what came back in a few words."""
    if exchange.get("failure"):
        return f"no whole answer: {exchange['failure']}"
    if exchange.get("status") is None:
        return "no answer"
    return " ".join(str(part) for part in (exchange["status"], exchange.get("code")) if part)


def shorten(text: str, length: int) -> str:
    """Cut text to `length` characters, the cut shown."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def body(value: object) -> str:
    """Show a body of the evidence: JSON as JSON, kept octets as their length and hash."""
    if isinstance(value, Mapping) and set(value) >= {"bytes", "md5"}:
        text = f"\n{value['text']}" if value.get("text") else ""
        return f"{value['bytes']} bytes, MD5 {value['md5']}{text}"
    if isinstance(value, Mapping) and set(value) == {"cut", "characters"}:
        return f"{value['cut']}… (cut; {value['characters']} characters in all)"
    return json.dumps(value, indent=2, ensure_ascii=False)
