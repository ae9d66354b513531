"""The history of one worker while it grows: its header has room, and is written anew as its clock becomes known."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from conformance.driver.recorder import RecordError
from conformance.history.encode import encode_header
from conformance.history.workers.clock_offsets import FIELD, ClockOffset
from conformance.model import Json, Target

HEADER_BYTES = 4096
"""Bytes that the first line takes, its newline among them: what it says may grow, the lines below never move."""


class WorkerHistory:
    """Creates the file with its header; whoever sends appends to it, in this process or another one."""

    def __init__(self, path: Path, target: Target, fields: Mapping[str, Json]) -> None:
        self.path = path
        self._target = target
        self._fields = dict(fields)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self._line(None))

    def compared(self, offset: ClockOffset | None) -> None:
        """Write into the header what is known of the clock by now: one write, in place."""
        line = self._line(offset)
        handle = os.open(self.path, os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.pwrite(handle, line, 0)
        finally:
            os.close(handle)

    def _line(self, offset: ClockOffset | None) -> bytes:
        fields = {**self._fields, FIELD: offset.document() if offset else None}
        line = encode_header(self._target, fields).rstrip(b"\n")
        if len(line) >= HEADER_BYTES:
            raise RecordError(f"the header of {self.path} does not fit.", remedy="Say a shorter --gateway.")
        return line.ljust(HEADER_BYTES - 1) + b"\n"


def history_name(worker: str) -> str:
    """Return the name of a worker's history."""
    return f"history-{worker}.jsonl"
