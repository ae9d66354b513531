"""One run in the controlling process: a target, a history that everybody appends to, then the judgement of it."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
from collections.abc import Iterator
from typing import Any

from conformance import recording
from conformance.assemble import Framing, assemble, now, versions
from conformance.credentials import Credentials
from conformance.document import write
from conformance.drawing import draw
from conformance.driver import check_target
from conformance.model import Json, Operation
from conformance.reference.launch import launch
from conformance.settings import Settings

REPORT = "report.json"


class Running:
    """A run from its first to its last step. `start` may be called by several hooks; it acts once."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.begun = now()
        self.started = False
        self._open = contextlib.ExitStack()

    def start(self) -> Settings:
        """Bring the target up if it is ours, look whether it answers, and open the history.

        Raises:
            TargetUnreachableError: nothing answers there.
            CredentialsRefusedError: the target refuses the credentials.
        """
        if not self.started:
            if not self.settings.target.base_url:
                self.settings = self._embedded()
            check_target(self.settings)
            self._open_history()
            self.started = True
        return self.settings

    def abandon(self) -> None:
        """Stop what was started for a run that could not begin."""
        self._open.close()

    def _embedded(self) -> Settings:
        server = self._open.enter_context(launch(seed=self.settings.seed))
        target = dataclasses.replace(self.settings.target, base_url=server.base_url, embedded=True, second_user=True)
        given = Credentials.of({"api_token": server.token, "other_api_token": server.other_token})
        return dataclasses.replace(self.settings, target=target, credentials=given)

    def _open_history(self) -> None:
        settings = self.settings
        settings.report_dir.mkdir(parents=True, exist_ok=True)
        for stale in (*settings.report_dir.glob("plans-*.json"), *settings.report_dir.glob("fuzz-*.json")):
            stale.unlink()
        fields = {
            "run_id": settings.run_id,
            "begun": self.begun,
            "effort": settings.effort,
            "seed": settings.seed,
            "only": list(settings.only),
            "suite": versions()["suite"],
        }
        settings.history_path.write_bytes(recording.encode_header(settings.target, fields))

    def finish(self, *, interrupted: bool, trouble: tuple[str, ...]) -> dict[str, Json]:
        """Close the history, judge it, write the document and draw the reports from it."""
        try:
            self._close_history(interrupted=interrupted)
            document = self.document(interrupted=interrupted, trouble=trouble)
            write(document, self.settings.report_dir / REPORT)
            draw(document, self.settings.report_dir)
            return document
        finally:
            self._open.close()

    def _close_history(self, *, interrupted: bool) -> None:
        with self.settings.history_path.open("ab") as file:
            ended = sum(1 for entry in self._entries() if isinstance(entry, Operation))
            file.write(recording.encode_end(ended, interrupted=interrupted, ended=now()))

    def _entries(self) -> Any:
        return recording.lines(self.settings.history_path)

    def document(self, *, interrupted: bool, trouble: tuple[str, ...]) -> dict[str, Json]:
        """Judge what was kept and draw the run document."""
        settings = self.settings
        framing = Framing(
            effort=settings.effort,
            seed=settings.seed,
            strict=settings.strict,
            only=settings.only,
            interrupted=interrupted,
            trouble=trouble,
            run_id=settings.run_id,
            begun=self.begun,
            summaries=self._summaries(),
        )
        return assemble(recording.read(settings.history_path), framing)

    def _summaries(self) -> dict[str, Json]:
        digest = hashlib.sha256(self.settings.history_path.read_bytes()).hexdigest()
        return {
            "history": {"path": self.settings.history_path.name, "sha256": digest},
            "plans": [plan for part in self._parts("plans-*.json") for plan in part["plans"]],
        }

    def _parts(self, pattern: str) -> Iterator[dict[str, Json]]:
        """Read what each worker process left beside the history."""
        for path in sorted(self.settings.report_dir.glob(pattern)):
            yield json.loads(path.read_text(encoding="utf-8"))
