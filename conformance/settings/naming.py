"""What must be unguessable, drawn from one nonce: names and the seeds of contents.

Everything that a run calls by a name, and every byte that it stores, is HMAC-SHA256 of a nonce over a plan's id, a step
and a field. The nonce is the run's own, or a certifier's challenge: then nothing can have been made before that was
issued. It stands in the history's header, so that anybody can make names and bytes again.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field

DIGITS = 12
"""Hexadecimal digits of the code that a name carries: 48 bits, as many as a guess would have to hit."""
MARK = "ddsc"
"""The word that every name of a run begins with."""


def new_nonce() -> str:
    """Draw a nonce: 32 random bytes, in hexadecimal."""
    return secrets.token_hex(32)


@dataclass(frozen=True, slots=True)
class Naming:
    """Draws names and seeds from `nonce` (hexadecimal)."""

    nonce: str = field(default_factory=new_nonce)

    def code(self, plan: str, step: str, about: str) -> str:
        """Return the whole code of one field of one step of one plan, in hexadecimal."""
        text = f"{plan}\x1f{step}\x1f{about}".encode("utf-8", "surrogatepass")
        return hmac.new(bytes.fromhex(self.nonce), text, hashlib.sha256).hexdigest()

    def plan(self, campaign: str, number: int) -> str:
        """Return the id of one execution of a plan."""
        return f"{campaign}-{number}-{self.code(campaign, str(number), 'plan')[:DIGITS]}"

    def in_plan(self, plan: str, what: str, number: int) -> str:
        """Return a name that a plan gives: the plan's id, what is named, its number in the plan, and the code."""
        step = f"{what}-{number}"
        return f"{plan}-{step}-{self.code(plan, step, 'name')[:DIGITS]}"

    def in_run(self, run: str, step: str, label: str = "") -> str:
        """Return a name that belongs to no plan: the mark, the run's id, the step, the code and a label."""
        return " ".join(word for word in (MARK, run, step, self.code(run, step, label)[:DIGITS], label) if word)

    def seed(self, plan: str, upload: str, part: str) -> str:
        """Return the seed of the bytes of one part of an upload."""
        return self.code(plan, upload, f"part {part}")
