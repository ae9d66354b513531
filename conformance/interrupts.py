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
from collections.abc import Callable, Iterator
from types import FrameType

AGAIN_AFTER_S = 0.05
_ASKED = threading.Event()
_STOPPING = "stopping"
_ASKING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_sentences: list[Callable[[], str]] = []


def acknowledge() -> None:
    """From now on answer each request to stop at once, on the screen; those that are ignored stay so.

    A first one is answered with the sentence of the innermost `promising`, or with "stopping".
    """
    for number in _ASKING:
        if signal.getsignal(number) in (signal.default_int_handler, signal.SIG_DFL):
            signal.signal(number, _acknowledged)


def _acknowledged(_number: int, _frame: FrameType | None) -> None:
    _ASKED.set()
    say(promise())
    raise KeyboardInterrupt


def promise() -> str:
    """Return what is to be said to somebody who asks this process to stop now."""
    try:
        return _sentences[-1]() if _sentences else _STOPPING
    except Exception:  # noqa: BLE001 - whatever is wrong with the sentence, the stop is answered
        return _STOPPING


def will_say(sentence: Callable[[], str]) -> None:
    """Answer a request to stop with what `sentence` gives, from now on."""
    _sentences.append(sentence)


@contextlib.contextmanager
def promising(sentence: Callable[[], str]) -> Iterator[None]:
    """Answer a request to stop with what `sentence` gives, as long as the block lasts."""
    _sentences.append(sentence)
    try:
        yield
    finally:
        _sentences.remove(sentence)


def say(sentence: str) -> None:
    """Write a line to standard error, past every buffer and lock: fit for a signal's handler."""
    with contextlib.suppress(OSError):
        os.write(2, f"{sentence}\n".encode("ascii", "replace"))


def ignore() -> None:
    """From now on ignore requests to stop: the process is about to end anyway."""
    for number in _ASKING:
        signal.signal(number, signal.SIG_IGN)


def remember() -> None:
    """From now on remember that this process was interrupted; where interrupts are ignored, they stay so."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _remembered)


def _remembered(number: int, frame: FrameType | None) -> None:
    if not _ASKED.is_set():
        say(promise())
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
