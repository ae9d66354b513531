"""What several scenarios exercise alike, as ids of the catalogue; a test counts the occasions of a run behind each."""

from __future__ import annotations

COMPLETED = (
    "complete-202", "complete-body", "converges-upload", "no-early-answer", "one-verdict", "integrity-only-url",
    "nc-only-extended", "no-5xx-legal", "session-monotonic", "realtime-monotonic", "state-order", "status-record",
)  # fmt: skip
"""By an upload that is completed, attached and read until it has settled."""
WINDOW = ("nc-payload", "nc-until-consistent", "error-number", "spec-wording")
"""By reading it at once, where the server is eventually consistent."""
GOOD = ("good-never-integrity", "bytes-exact", "bytes-at-once")
"""By one that is known to be good."""
BAD = ("bad-never-200", "complete-no-500", "complete-no-integrity", "integrity-payload")
"""By one that is known to be bad."""
REFUSED = ("error-payload", "code-not-provided")
"""By what is refused with an ordinary error."""
ACCEPTED = ("project-create-202", "project-create-body", "converges-project")
"""By a project of the plan's own that is used."""
OWN_PROJECT = (*ACCEPTED, "refused-create-no-trace")
"""By one that is used at once and listed at the end."""
