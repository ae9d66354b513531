"""A file that another process appends to, read piece by piece: what was there before is never read twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from conformance.soak.worker_history import HEADER_BYTES

PIECE = 1 << 18
AT_ONCE = 8
"""Pieces given before the caller looks after something else."""


class FilePieces:
    """Reads what is new in the file at `path`; `name` is what it is called towards the master."""

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self._path = path
        self._at = 0
        self._again = False

    def again(self) -> None:
        """Give the first line once more, too: a header is written in place."""
        self._again = True

    def news(self, *, all_of_it: bool = False) -> Iterator[tuple[int, bytes]]:
        """Yield new pieces with their places in the file: some, or all that are there."""
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            if self._again:
                self._again = False
                yield 0, file.read(HEADER_BYTES)
            file.seek(self._at)
            given = 0
            while (all_of_it or given < AT_ONCE) and (data := file.read(PIECE)):
                yield self._at, data
                self._at += len(data)
                given += 1
