"""What a run is at, told by the process that knows it to the one that shows it, in a file that they share."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from conformance.history.whole_file import write_whole
from conformance.settings.run_settings import Settings

NAME = "phase"
FUZZED = "fuzzed"


def enter(settings: Settings, phase: str) -> None:
    """Say that the run has come to a phase; what cannot be said is only not shown."""
    _write(settings.pace_dir / NAME, phase)


def expect_fuzzing(settings: Settings, scenarios: int) -> None:
    """Say how many scenarios of fuzzing there will be."""
    _write(settings.pace_dir / FUZZED, str(scenarios))


def _write(path: Path, text: str) -> None:
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, (text,))


def phase(settings: Settings) -> str:
    """Return what the run said last of where it is; "" before it said anything."""
    return _read(settings.pace_dir / NAME)


def fuzzing_expected(settings: Settings) -> int:
    """Return how many scenarios of fuzzing there will be; 0 where that is not known."""
    said = _read(settings.pace_dir / FUZZED)
    return int(said) if said.isdigit() else 0


def plans_expected(settings: Settings) -> int:
    """Return how many plans were drawn so far, by all processes."""
    drawn = 0
    for path in settings.report_dir.glob("plans-*.json"):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            drawn += len(json.loads(path.read_text(encoding="utf-8"))["plans"])
    return drawn


def _read(path: Path) -> str:
    with contextlib.suppress(OSError, UnicodeDecodeError):
        return path.read_text(encoding="utf-8").strip()
    return ""
