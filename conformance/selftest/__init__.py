"""Proving the instrument: the suite is run against servers that are broken, and against legal servers that are odd.

Each fault must be convicted of its own crime, and no legal oddity of any (contract, section 5).
"""

from __future__ import annotations

from conformance.selftest.kill_matrix import Matrix, gaps, markdown
from conformance.selftest.trial import Subject, Trialled, subjects, try_subject

__all__ = ["Matrix", "Subject", "Trialled", "gaps", "markdown", "subjects", "try_subject"]
