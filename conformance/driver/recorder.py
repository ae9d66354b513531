"""The history of a run while it is written: one file, many processes, one write a line, nothing secret in it."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from conformance import history
from conformance.errors import SuiteError
from conformance.history.redact import Redactor
from conformance.history.whole_file import write_whole
from conformance.model import Json, Operation, Target

ROOM = "Make room, or choose another --report-dir."


class RecordError(SuiteError):
    """A line could not be written: nothing may be sent any more, for it would not be known."""


class LineFile:
    """A file that grows by whole lines, each in one write, from any number of processes.

    After the first write that fails, every further one fails too: what is sent must be on record.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self.trouble: RecordError | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as trouble:
            raise self._failed(trouble) from trouble

    def write(self, line: bytes, *, durable: bool = False) -> None:
        """Append `line`, which ends in a newline; raise RecordError when it cannot be kept whole."""
        with self._lock:
            if self.trouble:
                raise self.trouble
            try:
                left = line[os.write(self._fd, line) :]
                while left:  # a disk that fills up takes a part first and says why at the next attempt
                    left = left[os.write(self._fd, left) :]
                if durable:
                    os.fsync(self._fd)
            except OSError as trouble:
                self.trouble = self._failed(trouble)
                raise self.trouble from trouble

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)

    def _failed(self, trouble: OSError) -> RecordError:
        return unrecorded(self.path, trouble)


def keep_whole(path: Path, text: str) -> None:
    """Replace a file of the run's record as a whole; raise RecordError when it cannot be kept."""
    try:
        write_whole(path, (text,))
    except OSError as trouble:
        raise unrecorded(path, trouble) from trouble


def unrecorded(path: Path, trouble: OSError) -> RecordError:
    """Return what is said of a file of the run's record that cannot be written."""
    return RecordError(
        f"{path} cannot be written: {trouble.strerror or trouble}.",
        remedy=f"{ROOM} Nothing more is sent.",
    )


class Recorder:
    """Writes operations, redacted. `redact` may be replaced when new secrets become known."""

    def __init__(self, path: Path, redact: Redactor | None = None) -> None:
        self.redact = redact or Redactor()
        self._file = LineFile(path)
        self._count_lock = threading.Lock()
        self.ended = 0

    @property
    def path(self) -> Path:
        """Where the history is kept."""
        return self._file.path

    @property
    def trouble(self) -> RecordError | None:
        """Why nothing can be written any more, if so."""
        return self._file.trouble

    def header(self, target: Target, fields: Mapping[str, Json]) -> None:
        """Write the first line: the controller's task, before any operation."""
        self._write(history.encode_header(target, fields))

    def begin(self, operation: Operation) -> None:
        """Announce a mutation before it is sent."""
        self._write(history.encode_begin(operation))

    def end(self, operation: Operation, redact: Redactor | None = None) -> None:
        """Keep an operation; `redact` knows more secrets than this run's own, such as a signed URL's."""
        self._write(history.encode(operation), redact)
        with self._count_lock:
            self.ended += 1

    def close(self) -> None:
        """Close the file without an end line: other processes may still write."""
        self._file.close()

    def finish(self, operations: int, *, interrupted: bool) -> None:
        """Write the last line: the controller's task, when every process has gone."""
        ended = datetime.now(UTC).isoformat(timespec="milliseconds")
        self._write(history.encode_end(operations, interrupted=interrupted, ended=ended))

    def _write(self, line: bytes, redact: Redactor | None = None) -> None:
        text = line.decode().removesuffix("\n")
        hidden = (redact or self.redact).line(text)
        self._file.write(line if hidden == text else hidden.encode() + b"\n")


class NullRecorder(Recorder):
    """Keeps nothing: for what is no part of a run, such as `clean` and `doctor`."""

    def __init__(self) -> None:
        super().__init__(Path(os.devnull))
