"""The scenarios of plans: what Hypothesis draws, runs side by side against the target, and has judged afterwards.

Those of `ACCESS` go first: a fresh project must not wait behind others, or it is ready before it is used. Slow clients
follow, so that others fill their pauses.
"""

from __future__ import annotations

from .access_plans import ACCESS
from .completion_plans import COMPLETIONS
from .file_plans import FILES
from .folder_plans import FOLDERS
from .late_plans import LATE
from .load_plans import LOAD
from .member_plans import MEMBERS
from .probe_plans import PROBES
from .refusal_plans import REFUSALS
from .renewal_plans import RENEWALS
from .slow_plans import SLOW
from .unsent_plans import UNSENT
from .upload_plans import UPLOADS
from .version_plans import VERSIONS

_PLACES = (*FOLDERS, *RENEWALS, *MEMBERS, *LATE, *REFUSALS)
PLANS = (*ACCESS, *SLOW, *PROBES, *UNSENT, *UPLOADS, *COMPLETIONS, *VERSIONS, *FILES, *_PLACES, *LOAD)
"""Every scenario of plans, in the order in which their plans begin."""
