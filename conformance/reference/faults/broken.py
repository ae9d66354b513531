"""What many faults break, the gravest first: the requirements that may convict them."""

from __future__ import annotations

__all__ = [
    "BAD_200",
    "BYTES",
    "COMPLETE",
    "FLIP",
    "GOOD_IE",
    "LAPSE",
    "LOST_FILE",
    "LOST_WAIT",
    "MONOTONIC",
    "NEVER",
    "OTHER_VERSION",
    "PROJECT",
    "SILENT_URL",
]

MONOTONIC = ("session-monotonic", "realtime-monotonic")
NEVER = ("converges-upload", "status-record", "new-version-served", "old-version-downloadable", "realtime-monotonic")
"""Some uploads stay pending."""
BAD_200 = (
    *("bad-never-200", "converges-upload", "status-record", "wrong-chunk-size-integrity", "bytes-exact", "one-verdict"),
)
"""Some bad uploads are good."""
GOOD_IE = (
    *("good-never-integrity", "status-record", "converges-upload", "old-version-downloadable", "new-version-served"),
    "one-verdict",
)
"""Some good uploads are bad."""
BYTES = (
    *("bytes-exact", "bytes-at-once", "converges-upload", "old-version-downloadable", "new-version-served"),
    "verdict-final",
)
"""Some good uploads are served with other bytes, or with none."""
LAPSE = (*MONOTONIC, "status-record", "converges-upload", "old-version-downloadable", "new-version-served")
"""Not consistent comes back."""
FLIP = ("one-verdict", *LAPSE, "bad-never-200", "good-never-integrity", "wrong-chunk-size-integrity", "bytes-exact")
"""A verdict changes."""
LOST_FILE = (
    *("converges-upload", "nc-until-consistent", "old-version-downloadable", "new-version-served"),
    "verdict-final",
)
"""A live file or version is a plain 404, or refused in another way, for a while or for ever."""
LOST_WAIT = ("nc-until-consistent", *LOST_FILE)
"""A pending file is answered by something else than not consistent."""
SILENT_URL = (*LOST_FILE, "no-5xx-legal")
"""A live file or version gets no answer that says anything."""
COMPLETE = ("complete-202", "complete-no-500", "complete-no-integrity", "converges-upload", "no-5xx-legal")
"""Some completes never succeed."""
PROJECT = ("converges-project", "nc-until-consistent", *MONOTONIC)
"""Some projects never become ready, or not for all."""
OTHER_VERSION = tuple(dict.fromkeys(("new-version-served", *BYTES, *BAD_200, *GOOD_IE, *FLIP)))
"""Another version of a file is served than the current one."""
