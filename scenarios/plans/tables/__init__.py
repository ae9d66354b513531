"""The scenarios that stand in tables: every run of an effort holds each of their rows, whatever the seed."""

from __future__ import annotations

from .defect_plans import DEFECTS
from .hash_plans import HASHES
from .name_plans import NAMES
from .size_plans import SIZES

TABLES = (*NAMES, *SIZES, *DEFECTS, *HASHES)
"""Each of them, in the order in which their plans begin."""
