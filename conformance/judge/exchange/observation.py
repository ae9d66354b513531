"""What one answer shows: an occasion for a requirement, and perhaps its violation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from conformance.model import Json


def _none() -> Mapping[str, Json]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Violation:
    """One answer against one rule.

    `kind` tells violations apart: those of one requirement with one rule and one kind are one finding, however often
    they are seen. `numbers` are plain JSON for the finding; `hint` says what the operator
    may do about it.
    """

    rule: str
    expected: str
    observed: str
    kind: str = ""
    numbers: Mapping[str, Json] = field(default_factory=_none, compare=False)
    hint: str = field(default="", compare=False)


Seen = tuple[str, Violation | None]
"""A requirement that an answer exposed, and the violation or None."""

RULES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "create-project-status": ("project-create-202",),
        "create-project-body": ("project-create-body",),
        "complete-status": ("complete-202",),
        "complete-body": ("complete-body",),
        "integrity-at-complete": ("complete-no-integrity",),
        "nc-payload": ("nc-payload",),
        "integrity-payload": ("integrity-payload",),
        "error-payload": ("error-payload", "error-payload-unrouted"),
        "other-code": ("code-not-provided",),
        "error-as-string": ("error-number",),
        "nc-wording": ("spec-wording",),
        "integrity-wording": ("spec-wording",),
        "nc-elsewhere": ("nc-only-extended",),
        "nc-tolerated": ("nc-tolerated-endpoints",),
        "nc-for-invented-id": ("nc-unknown-id",),
        "integrity-elsewhere": ("integrity-only-url",),
        "integrity-in-listing": ("integrity-listing",),
        "answer-without-token": ("no-token-401",),
        "server-error": ("no-5xx-legal",),
        "server-error-on-invalid": ("invalid-no-5xx",),
    }
)
"""Every rule of this room, with the requirements that it serves. `server-error` counts only when it is repeated."""
