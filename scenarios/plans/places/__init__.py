"""The scenarios of places and people: folders, what is made again, members, late calls, refusals."""

from __future__ import annotations

from .folder_plans import FOLDERS
from .late_plans import LATE
from .member_plans import MEMBERS
from .refusal_plans import REFUSALS
from .renewal_plans import RENEWALS

PLACES = (*FOLDERS, *RENEWALS, *MEMBERS, *LATE, *REFUSALS)
"""Each of them, in the order in which their plans begin."""
