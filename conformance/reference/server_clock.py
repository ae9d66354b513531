"""The server's clock: wall time that never runs backwards, in seconds since the epoch."""

from __future__ import annotations

import time
from datetime import UTC, datetime

__all__ = ["Clock", "iso"]


class Clock:
    """Wall time taken once, then advanced by the monotonic clock: stored instants stay comparable after a restart."""

    def __init__(self) -> None:
        self._offset = time.time() - time.monotonic()

    def skew(self, seconds: float) -> None:
        """Set the clock wrong by so many seconds."""
        self._offset += seconds

    def monotonic(self, instant: float) -> float:
        """Return an instant of this clock as seconds of the system's monotonic clock."""
        return instant - self._offset

    def now(self) -> float:
        """Return the present instant in seconds since the epoch."""
        return time.monotonic() + self._offset


def iso(instant: float | None) -> str | None:
    """Write an instant as ISO 8601 UTC with milliseconds; None stays None."""
    if instant is None:
        return None
    stamp = datetime.fromtimestamp(instant, UTC).isoformat(timespec="milliseconds")
    return stamp.removesuffix("+00:00") + "Z"
