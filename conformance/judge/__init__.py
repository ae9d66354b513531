"""The judge of a history: what docs/theory.md says of resources over time, decided from operations alone (pure).

A server's state is hidden; what it answers bounds, from both sides, the instants at which it must have moved. A history
is legal if such instants exist. The judge keeps those bounds, and convicts only where they cross.
"""

from __future__ import annotations

from conformance.judge.history_judge import Judge, judge_history

__all__ = ["Judge", "judge_history"]
