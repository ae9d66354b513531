"""From a finding to what shows it again: the requests that led to it, over names instead of ids, as data (pure)."""

from __future__ import annotations

from conformance.outcome.reproduction.program import programs

__all__ = ["programs"]
