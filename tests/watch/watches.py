"""A watch in this process, for the length of a `with` block."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from conformance.model import Target
from conformance.settings.credentials import Credentials
from conformance.settings.run_settings import Settings, new_run_id
from conformance.watch.watching import Watch, Wishes

ENDS_WITHIN_S = 60.0


class Standing:
    """A watch that stands before a target: where it listens, what it told, and at last its document."""

    def __init__(self, settings: Settings, wishes: Wishes) -> None:
        self.stated: list[str] = []
        self.watch = Watch(settings, wishes, self.stated.append)
        self.folder = settings.report_dir
        self.base_url = ""
        self.document: dict[str, Any] = {}
        self.trouble: BaseException | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        try:
            self.document = self.watch.run(self._at, lambda: None)
        except BaseException as trouble:  # noqa: BLE001 - handed to the test
            self.trouble = trouble
        self._ready.set()

    def _at(self, address: str) -> None:
        self.base_url = address
        self._ready.set()

    def start(self) -> None:
        """Wait until it listens."""
        self._thread.start()
        self._ready.wait()
        if self.trouble:
            raise self.trouble

    def end(self) -> None:
        """Ask for the end and wait for it."""
        self.watch.stop()
        self._thread.join(ENDS_WITHIN_S)
        assert not self._thread.is_alive()
        if self.trouble:
            raise self.trouble

    def lines(self) -> list[dict[str, Any]]:
        """Give the history as it is on disk."""
        text = (self.folder / "history.jsonl").read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines()]

    def operations(self) -> list[dict[str, Any]]:
        """Give the operations that ended, or were seen not to."""
        return [line for line in self.lines() if "a_ns" in line and not line.get("begin")]

    def outcome_of(self, requirement: str) -> str:
        """Give what a requirement came to."""
        return next(row["outcome"] for row in self.document["requirements"] if row["id"] == requirement)

    def broken(self) -> set[str]:
        """Give the requirements that failed or are warned of, the measured ones left out."""
        rows = self.document["requirements"]
        return {row["id"] for row in rows if row["outcome"] in ("fail", "warn") and row["level"] != "MEASURED"}


@contextlib.contextmanager
def watching(
    base_url: str, folder: Path, *, token: str = "", other: str = "", bound_s: float = 60.0, **wishes: Any
) -> Iterator[Standing]:
    """Watch `base_url` until the block ends; the document is there afterwards."""
    settings = Settings(
        target=Target(base_url=base_url, converge_within_s=bound_s),
        run_id=new_run_id(),
        credentials=Credentials.of({"api_token": token, "other_api_token": other}),
        report_dir=folder,
    )
    standing = Standing(settings, Wishes(**wishes))
    standing.start()
    try:
        yield standing
    finally:
        standing.end()
