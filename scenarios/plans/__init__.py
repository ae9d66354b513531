"""The scenarios of plans: what Hypothesis draws, runs side by side against the target, and has judged afterwards.

Those of `ACCESS` go first: a fresh project must not wait behind others, or it is ready before it is used.
"""

from __future__ import annotations

from .access_plans import ACCESS
from .completion_plans import COMPLETIONS
from .defect_plans import DEFECTS
from .file_plans import FILES
from .hash_plans import HASHES
from .probe_plans import PROBES
from .size_plans import SIZES
from .unsent_plans import UNSENT
from .upload_plans import UPLOADS
from .version_plans import VERSIONS

PLANS = (*ACCESS, *PROBES, *UNSENT, *UPLOADS, *COMPLETIONS, *VERSIONS, *FILES, *SIZES, *DEFECTS, *HASHES)
"""Every scenario of plans, in the order in which their plans begin."""
