"""The scenarios that stand in tables: every run of an effort holds each of their rows, whatever the seed."""

from __future__ import annotations

from .borrowed_plans import BORROWED
from .combination_plans import COMBINATIONS
from .defect_plans import DEFECTS
from .hash_plans import HASHES
from .header_plans import HEADERS
from .name_plans import NAMES
from .size_plans import SIZES
from .transition_plans import TRANSITIONS

TABLES = (*COMBINATIONS, *NAMES, *SIZES, *DEFECTS, *HASHES, *HEADERS, *BORROWED, *TRANSITIONS)
"""Each of them, in the order in which their plans begin."""
