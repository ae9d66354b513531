"""The report folder before a run: no line of an older run may mix with this one's, and no ledger may be lost."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

from conformance.driver.safety import ledger as ledgers
from conformance.errors import UsageError
from conformance.settings.run_settings import Settings


def prepare(settings: Settings) -> Path | None:
    """Make the report folder ready: the controller's first act. Give the place of an older ledger that is still open.

    An older history and an older ledger with nothing open are removed; an open ledger is kept under its run's name.

    Raises:
        UsageError: the folder cannot be written.
    """
    try:
        settings.report_dir.mkdir(parents=True, exist_ok=True)
        settings.history_path.unlink(missing_ok=True)
        for old in settings.report_dir.glob(".pace-*"):
            shutil.rmtree(old, ignore_errors=True)
        return _set_aside(settings.ledger_path)
    except OSError as trouble:
        raise UsageError(
            f"{settings.report_dir} cannot be written: {trouble.strerror}.", remedy="Choose another --report-dir."
        ) from trouble


def dispose(settings: Settings) -> None:
    """Remove what only the running processes needed: the controller's last act."""
    shutil.rmtree(settings.pace_dir, ignore_errors=True)


def _set_aside(path: Path) -> Path | None:
    if not path.exists():
        return None
    with contextlib.suppress(UsageError):
        account = ledgers.read(path)
        if not account.open:
            path.unlink()
            return None
        return path.rename(path.with_name(f"ledger-{account.run_id}.jsonl"))
    return path.rename(path.with_name("ledger-damaged.jsonl"))
