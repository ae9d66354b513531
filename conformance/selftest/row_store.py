"""What was tried already: a file of rows, so that a self-test that was cut short goes on where it stopped.

A row counts only for the code that it was tried with: the digest of the whole suite, the embedded server included.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from conformance.selftest.trial import Subject, Trialled

__all__ = ["RowStore"]

Key = tuple[str, str, str, int]


class RowStore:
    """Rows on disk, one JSON line each, by the code, the subject, the effort and the seed of their trial.

    Without a path nothing is kept. A line that is cut or of another make is passed over: its subject is tried again.
    """

    def __init__(self, path: Path | None, code: str) -> None:
        self._path, self._code = path, code
        self._rows: dict[Key, dict[str, Any]] = {}
        if path is not None and path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                self._take(line)

    def _take(self, line: str) -> None:
        try:
            entry = json.loads(line)
            key = str(entry["code"]), str(entry["row"]["subject"]["name"]), str(entry["effort"]), int(entry["seed"])
            self._rows[key] = entry["row"]
        except (ValueError, KeyError, TypeError):
            return

    def find(self, subject: Subject, *, effort: str, seed: int) -> Trialled | None:
        """Return the row of a subject that was tried with this code; None when it has to be tried."""
        row = self._rows.get((self._code, subject.name, effort, seed))
        if row is None or row.get("outcome", "").startswith("error"):
            return None
        try:
            given: dict[str, Any] = {n: tuple(value) if isinstance(value, list) else value for n, value in row.items()}
            return Trialled(**{**given, "subject": subject})
        except TypeError:
            return None

    def add(self, row: Trialled, *, effort: str, seed: int) -> None:
        """Append a row, whole or not at all as far as a reader can see."""
        if self._path is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        entry = {"code": self._code, "effort": effort, "seed": seed, "row": asdict(row)}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")
