"""Standard output and error that never stop a command: no encoding, full disk or vanished reader is its failure.

What a stream cannot show is replaced. A reader that goes away is left in peace: what would follow is dropped. Any other
trouble is remembered, and the end of the command tells it. What is written never shows a secret of the command.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import select
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from conformance.history.redact import Redactor
from conformance.run.github_actions import active, disarmed

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_NOBODY_READS = frozenset({errno.EPIPE, errno.ECONNRESET, errno.ESHUTDOWN, errno.EIO, errno.EBADF, errno.ENXIO})
"""A pipe or terminal without a reader, or a stream that was closed before the command began."""
_REDACT = Redactor()


def hide(secrets: Iterable[str]) -> None:
    """Let no stream show any of `secrets` from now on."""
    global _REDACT  # noqa: PLW0603 - one process has one screen
    _REDACT = _REDACT.with_secrets(*secrets)


class Sink(io.RawIOBase):
    """Writes to a file descriptor until it fails; `trouble` is the first failure that somebody should hear of."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._ended = False
        self.trouble: OSError | None = None

    def writable(self) -> bool:
        """Return True: it takes everything."""
        return True

    def fileno(self) -> int:
        """Return the descriptor."""
        return self._descriptor

    def isatty(self) -> bool:
        """Return whether a terminal reads."""
        return os.isatty(self._descriptor)

    def write(self, data: WriteableBuffer, /) -> int:
        """Write, and return the length of `data` whatever became of it."""
        rest = memoryview(data).cast("B")
        size = len(rest)
        while len(rest) and not self._ended:
            try:
                rest = rest[os.write(self._descriptor, rest) :]
            except BlockingIOError:
                select.select([], [self._descriptor], [])
            except OSError as trouble:
                self._ended = True
                self.trouble = None if trouble.errno in _NOBODY_READS else trouble
        return size


class Shown(io.TextIOWrapper):
    """Text that becomes what the stream can show: other characters are replaced, secrets are hidden."""

    def __init__(self, sink: Sink, shows: str, *, runner: bool = False) -> None:
        # To click, a stream that calls itself ASCII is a misconfigured one: it would write UTF-8 past this class.
        plain = "utf-8" if _is_ascii(shows) else shows
        super().__init__(io.BufferedWriter(sink), encoding=plain, errors="replace", line_buffering=sink.isatty())
        self._shows = shows
        self._runner = runner
        self.sink = sink

    def write(self, text: str, /) -> int:
        """Write `text` as far as it can be shown, with no command to a CI runner in it; return its length."""
        return self.command(disarmed(text) if self._runner else text)

    def command(self, text: str) -> int:
        """Write `text` as it is meant, commands to a CI runner too; return its length."""
        super().write(_REDACT.known(text).encode(self._shows, "replace").decode(self._shows))
        return len(text)


def command(text: str, *, err: bool = False) -> None:
    """Write a line that is a command to the CI runner."""
    stream: TextIO = sys.stderr if err else sys.stdout
    (stream.command if isinstance(stream, Shown) else stream.write)(f"{text}\n")


def _is_ascii(encoding: str) -> bool:
    try:
        return "é".encode(encoding, "ignore") == b""
    except LookupError:
        return True


def shield() -> None:
    """Put such streams in the place of standard output and error; what was closed leads nowhere."""
    for descriptor in (0, 1, 2):
        with contextlib.suppress(OSError):
            os.fstat(descriptor)
            continue
        os.open(os.devnull, os.O_RDWR)  # the lowest number that is free: this one
    for name, descriptor in (("stdout", 1), ("stderr", 2)):
        before = getattr(sys, name)
        shows = getattr(before, "encoding", None) or "utf-8"
        if before is not None and _leads_to(before, descriptor):
            before.flush()
            setattr(sys, name, Shown(Sink(descriptor), shows, runner=active(os.environ)))
        elif before is None:
            setattr(sys, name, Shown(Sink(descriptor), shows))
    if sys.stdin is None:
        sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 - open as long as the process is


def _leads_to(stream: object, descriptor: int) -> bool:
    """Whether a stream is the process's own: a test that captures output has put another in its place."""
    try:
        return bool(stream.fileno() == descriptor)  # type: ignore[attr-defined] # asked for, not known
    except (AttributeError, OSError, ValueError):
        return False


def undelivered() -> OSError | None:
    """Flush, and return why standard output did not arrive where a reader waits for it; None if it did."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    sink = getattr(sys.stdout, "sink", None)
    return sink.trouble if isinstance(sink, Sink) else None
