"""Interrupts that are not lost.

Python drops whatever is raised in a callback of the garbage collector or in a finalizer, a KeyboardInterrupt as well,
and Hypothesis registers such a callback: a Ctrl-C that arrives there would go unheeded. One that arrives while
Hypothesis draws may come out of it as another error, or trip pytest while it prints where it arrived. So it is also
remembered, kept from Hypothesis where nothing but drawing goes on, and looked for wherever a run goes on.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

AGAIN_AFTER_S = 0.05
_ASKED = threading.Event()


def remember() -> None:
    """From now on remember that this process was interrupted; where interrupts are ignored, they stay so."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _remembered)


def _remembered(number: int, frame: FrameType | None) -> None:
    _ASKED.set()
    signal.default_int_handler(number, frame)


def asked() -> bool:
    """Whether this process was interrupted, whatever became of the exception."""
    return _ASKED.is_set()


def heed() -> None:
    """Raise KeyboardInterrupt, in the main thread, if this process was interrupted: the first one went astray."""
    if asked() and threading.current_thread() is threading.main_thread():
        raise KeyboardInterrupt


@contextlib.contextmanager
def held() -> Iterator[None]:
    """Put an interrupt off until the block is over; in another thread than the main one there is none to put off."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    caught: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: caught.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_DFL if before is None else before)
        if caught:
            signal.raise_signal(signal.SIGINT)


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
