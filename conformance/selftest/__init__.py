"""Proving the instrument: the suite is run against servers that are broken, and against legal servers that are odd.

Each fault must be convicted of what it breaks, and no legal variant of anything (theory: how it was checked).
"""

from __future__ import annotations

from conformance.selftest.kill_matrix import Matrix, gaps, markdown
from conformance.selftest.trial import Subject, Trialled, subjects, try_subject

__all__ = ["Matrix", "Subject", "Trialled", "gaps", "markdown", "subjects", "try_subject"]
