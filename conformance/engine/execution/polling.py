"""When to look next: gentle polling, and the lag measured so far, which only ever aims readers, never draws.

All times are seconds of the monotonic clock.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from statistics import median

GROWTH = 0.15
"""Next poll after this share of the time waited so far: a wait is overshot by at most as much."""
EARLY = 0.3
"""No poll comes sooner after the last than this share of the usual lag, once that was measured."""
LOOPBACK_FLOOR_S = 0.02
REMOTE_FLOOR_S = 0.25
LONGEST_GAP_S = 15.0
GUESS_S = 0.3
"""The lag assumed before any was measured."""
FRESH = 0.3
"""A lag counts as measured when the last not-consistent was seen within this share of it."""
MARGIN = 1.02
"""A wait goes on a little beyond the bound, so that its last read began after it."""


class Timing:
    """Shared by all actors of a campaign. `bound_s` is the operator's bound on convergence, `rate` the pace or None."""

    def __init__(self, bound_s: float, rate: float | None, *, loopback: bool) -> None:
        self.bound_s = bound_s
        self.rate = rate
        self.floor_s = LOOPBACK_FLOOR_S if loopback else REMOTE_FLOOR_S
        self._lock = threading.Lock()
        self._lags: deque[float] = deque(maxlen=24)
        self._waiting = 0

    def bounded(self, lag_s: float, blind_s: float) -> None:
        """Take one more upper bound on a lag into account, unless nobody had looked for too much of it (`blind_s`)."""
        if 0 < blind_s <= self.floor_s + FRESH * lag_s:
            with self._lock:
                self._lags.append(lag_s)

    @property
    def lag_s(self) -> float:
        """The longest lag among those measured lately; a guess before the first."""
        with self._lock:
            return max(self._lags, default=GUESS_S)

    @property
    def known(self) -> bool:
        """Whether any lag was measured."""
        return bool(self._lags)

    @property
    def typical_s(self) -> float:
        """The median of the lags measured lately; a guess before the first."""
        with self._lock:
            return median(self._lags) if self._lags else GUESS_S

    def begin_wait(self) -> None:
        """Count one more poller, so that all together keep to half the pace."""
        with self._lock:
            self._waiting += 1

    def end_wait(self) -> None:
        """Count one poller less."""
        with self._lock:
            self._waiting -= 1

    def next_look(self, since: float) -> float:
        """Return the instant of the next poll of something waited for since the instant `since`."""
        now = time.monotonic()
        fair = 2 * self._waiting / self.rate if self.rate else 0.0
        early = EARLY * self.typical_s if self.known else 0.0
        gap = max(self.floor_s, early, GROWTH * (now - since), fair)
        return now + min(gap, max(LONGEST_GAP_S, fair))

    def next_look_in_time(self, since: float) -> float:
        """Return the same, or the deadline where that comes first: the last look is one at the end of the wait."""
        return min(self.next_look(since), self.deadline(since))

    def deadline(self, since: float) -> float:
        """Return the instant after which a wait begun at `since` has outlasted the bound."""
        return since + self.bound_s * MARGIN + 2 * self.floor_s
