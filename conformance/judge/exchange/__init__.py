"""One exchange to what it shows: every duty that a single answer decides (pure; theory: outcomes).

`Examiner` gives, for an operation, each requirement that it exposed, with the violation or None. What needs more than
one answer (states, ownership, repetition) is the judge's.
"""

from __future__ import annotations

from conformance.judge.exchange.examiner import Examiner, examine
from conformance.judge.exchange.observation import RULES, Seen, Violation

__all__ = ["RULES", "Examiner", "Seen", "Violation", "examine"]
