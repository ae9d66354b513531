"""Reports are found by entry point: each is a callable that draws one file from the run document alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from conformance.errors import UsageError
from conformance.model import Json

GROUP = "conformance.reports"


def formats() -> dict[str, EntryPoint]:
    """Give the reports that are installed, by name."""
    return {point.name: point for point in sorted(entry_points(group=GROUP), key=lambda point: point.name)}


def draw(document: Mapping[str, Json], directory: Path, names: Iterable[str] = ()) -> list[Path]:
    """Draw the named reports (all when none is named) into `directory` and give their paths.

    Raises:
        UsageError: no report of that name is installed.
    """
    installed = formats()
    chosen = list(names) or list(installed)
    unknown = [name for name in chosen if name not in installed]
    if unknown:
        raise UsageError(f"no report is called {unknown[0]!r}.", remedy=f"There are: {', '.join(installed)}.")
    directory.mkdir(parents=True, exist_ok=True)
    return [installed[name].load()(document, directory) for name in chosen]
