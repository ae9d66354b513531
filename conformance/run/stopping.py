"""What is said to somebody who stops a run, and what a run says at its end about what it leaves at the target."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from conformance.driver.safety import ledger as ledgers
from conformance.driver.safety.cleaning import Leftover, farewell, left_open
from conformance.settings.run_settings import Settings

Document = Mapping[str, Any]


def promise(settings: Settings) -> Callable[[], str]:
    """Give what is said to a first request to stop: what is being cleaned up, counted when it is asked."""

    def sentence() -> str:
        if settings.keep or not settings.ledger_path.exists():
            return "stopping"
        count = len(ledgers.read(settings.ledger_path).open)
        return f"stopping: cleaning up {_projects(count)}, press again to leave {'it' if count == 1 else 'them'}"

    return sentence


def leaving(settings: Settings) -> Callable[[], str]:
    """Give what is said to a second request to stop."""
    return lambda: f"leaving what is there; to remove it: {clean_command(settings.ledger_path)}"


def set_aside(older: Path) -> str:
    """Say that the ledger of an older run was kept, and what removes what it holds."""
    return f"an older run in this folder may have left things behind; to remove them: {clean_command(older)}"


def clean_command(ledger: Path) -> str:
    """Return the command that removes what a ledger holds."""
    return shlex.join(["dds-conformance", "clean", str(ledger)])


def aftermath(settings: Settings, document: Document, *, interrupted: bool) -> Iterable[str]:
    """Say what is left at the target and how to remove it; after an interrupt also that nothing is.

    What an embedded server held went with it.
    """
    if settings.target.embedded or document["target"].get("embedded") or not settings.ledger_path.exists():
        return
    left = [Leftover(**one) for one in document["leftovers"]] if "leftovers" in document else left_open(settings)
    yield from farewell(left, settings.ledger_path, settings)
    if not left and interrupted:
        yield f"cleaned up: {_projects(_gone(settings.ledger_path))} removed, nothing of this run is left"


def _gone(ledger: Path) -> int:
    return sum(entry.kind == "project" and entry.gone for entry in ledgers.read(ledger).entries)


def _projects(count: int) -> str:
    return f"{count} project{'' if count == 1 else 's'}"
