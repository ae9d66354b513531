"""Interrupts that are not lost.

Python drops whatever is raised in a callback of the garbage collector or in a finalizer, a KeyboardInterrupt as well,
and Hypothesis registers such a callback: a Ctrl-C that arrives there would go unheeded.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

AGAIN_AFTER_S = 0.05


def deliver_again() -> None:
    """From now on send this process an interrupt again that was raised where Python drops it."""
    sys.unraisablehook = _again(sys.unraisablehook)


def _again(before: Callable[[sys.UnraisableHookArgs], object]) -> Callable[[sys.UnraisableHookArgs], object]:
    def hook(dropped: sys.UnraisableHookArgs) -> None:
        if issubclass(dropped.exc_type, KeyboardInterrupt):
            threading.Timer(AGAIN_AFTER_S, os.kill, (os.getpid(), signal.SIGINT)).start()
        else:
            before(dropped)

    return hook
