"""The scenarios of plans: what Hypothesis draws, runs side by side against the target, and has judged afterwards.

Those of `ACCESS` go first: a fresh project must not wait behind others, or it is ready before it is used. Slow clients
follow, so that others fill their pauses.
"""

from __future__ import annotations

from .access_plans import ACCESS
from .completion_plans import COMPLETIONS
from .file_plans import FILES
from .load_plans import LOAD
from .places import PLACES
from .probe_plans import PROBES
from .slow_plans import SLOW
from .tables import TABLES
from .unsent_plans import UNSENT
from .upload_plans import UPLOADS
from .version_plans import VERSIONS

PLANS = (*ACCESS, *SLOW, *PROBES, *UNSENT, *UPLOADS, *COMPLETIONS, *VERSIONS, *FILES, *PLACES, *LOAD, *TABLES)
"""Every scenario of plans, in the order in which their plans begin."""
