"""Dense readers of one plan at a time, over all worker processes of a run: while it reads, everybody else keeps off."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

LOOK_EVERY_S = 0.01


class QuietLock:
    """A lock on a file that the workers share; without a path there is one process, and nobody to share with."""

    def __init__(self, path: Path | None = None) -> None:
        self._mine: int | None = None
        self._others: int | None = None
        self._held = False
        self._looked = 0.0
        self._seen = False
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._mine, self._others = (os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600) for _ in range(2))

    def take(self) -> bool:
        """Ask for silence; False while another process has it."""
        if self._mine is not None and not self._held:
            try:
                fcntl.flock(self._mine, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return False
        self._held = True
        return True

    def leave(self) -> None:
        """Let others speak again."""
        self._held = False
        if self._mine is not None:
            fcntl.flock(self._mine, fcntl.LOCK_UN)

    def elsewhere(self) -> bool:
        """Whether another process asked for silence; looked up now and then only."""
        if self._others is None or self._held:
            return False
        now = time.monotonic()
        if now >= self._looked + LOOK_EVERY_S:
            self._looked = now
            self._seen = not self._free(self._others)
        return self._seen

    def close(self) -> None:
        """Close the file, and let go of the lock with it."""
        for descriptor in (self._mine, self._others):
            if descriptor is not None:
                os.close(descriptor)
        self._mine = self._others = None

    @staticmethod
    def _free(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return False
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        return True
