"""The report folder before a run: nothing of an older run may pass for this one's, and no ledger may be lost."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from conformance.driver.safety import ledger as ledgers
from conformance.errors import UsageError
from conformance.settings.run_settings import Settings

LEDGER = "ledger.jsonl"
VIEWS = (
    "report.json", "report.tmp", "junit.xml", "ctrf.json", "summary.md", "report.html", "requirements.html",
    "certificate.json", "certificate.md", "certificate.html", "reproduce/finding-*.sh", "reproduce/finding-*.py",
)  # fmt: skip
"""What is drawn from a judgement."""
RECORDS = (
    "history.jsonl", "history-w*.jsonl", "pytest.log", "soak.log", "soak.json", "locust_*.csv",
    "target-description.txt", "challenge.json",
)  # fmt: skip
"""What a run writes besides."""
PARTS = ("plans-*.json", "fuzz-*.json")
"""What each process of a run writes beside its history."""
_REMEDY = "Choose another --report-dir."


def prepare(folder: Path, inputs: Iterable[Path] = ()) -> Path | None:
    """Make the report folder of a run ready, its first act. Return where an older ledger is that is still open.

    Every artefact of a former run is removed, so that none of them can be taken for this one's; an open ledger is kept
    under its run's name. What the command itself is to read, `inputs`, is never touched.

    Raises:
        UsageError: the folder cannot be written, or the run would write over one of its own inputs.
    """
    with _writing(folder):
        _clear(folder, (*VIEWS, *RECORDS, *PARTS), inputs)
        for old in folder.glob(".pace-*"):
            shutil.rmtree(old, ignore_errors=True)
        return _set_aside(folder / LEDGER)


def prepare_views(folder: Path, inputs: Iterable[Path] = ()) -> None:
    """Make a folder ready for the views of a judgement: an older one's are removed, records stay.

    Raises:
        UsageError: the folder cannot be written, or the views would be written over one of `inputs`.
    """
    with _writing(folder):
        _clear(folder, VIEWS, inputs)


def check_writable(folder: Path, *, option: str = "--report-dir") -> None:
    """Raise UsageError unless `folder` can be written; leave it, and what leads to it, as it was."""
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    with _writing(folder, option):
        pass
    for place in missing:
        with contextlib.suppress(OSError):
            place.rmdir()


def older_ledgers(folder: Path) -> tuple[Path, ...]:
    """Give the ledgers of older runs in this folder that still hold something open, or cannot be read."""
    return tuple(path for path in sorted(folder.glob("ledger-*.jsonl")) if _open(path))


def dispose(settings: Settings) -> None:
    """Remove what only the running processes needed: the controller's last act."""
    shutil.rmtree(settings.pace_dir, ignore_errors=True)


@contextlib.contextmanager
def _writing(folder: Path, option: str = "--report-dir") -> Iterator[None]:
    """Make a folder, look whether it can be written, and name it in any trouble of the block."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"\n")
        yield
    except (OSError, ValueError) as trouble:  # ValueError: a NUL in the name
        said = trouble.strerror if isinstance(trouble, OSError) else trouble
        raise UsageError(f"{folder} cannot be written: {said}.", remedy=f"Choose another {option}.") from trouble


def _clear(folder: Path, names: Iterable[str], inputs: Iterable[Path]) -> None:
    own = {os.path.realpath(path) for path in inputs}
    for name in names:
        for path in folder.glob(name):
            if os.path.realpath(path) in own:
                if "*" in name:
                    continue
                raise UsageError(f"{path} is to be read, and the run would write over it.", remedy=_REMEDY)
    for name in names:
        for path in folder.glob(name):
            if os.path.realpath(path) not in own:
                path.unlink()


def _set_aside(path: Path) -> Path | None:
    if not path.exists():
        return None
    name = "damaged"
    with contextlib.suppress(UsageError):
        account = ledgers.read(path)
        if not account.open:
            path.unlink()
            return None
        name = account.run_id
    retained, again = path.with_name(f"ledger-{name}.jsonl"), 1
    while retained.exists():
        again += 1
        retained = path.with_name(f"ledger-{name}-{again}.jsonl")
    return path.rename(retained)


def _open(path: Path) -> bool:
    try:
        return bool(ledgers.read(path).open)
    except UsageError:
        return True
