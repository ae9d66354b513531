"""Reports are found by entry point: each is a callable that draws one file from the run document alone.

Those of one group are drawn by every run; those of the other only where somebody asks for them by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from conformance.errors import UsageError, did_you_mean
from conformance.model import Json

USUAL = "conformance.reports"
FURTHER = "conformance.further_reports"


def formats(*groups: str) -> dict[str, EntryPoint]:
    """Give the reports that are installed, by name: of the groups named, else all."""
    points = [point for group in groups or (USUAL, FURTHER) for point in entry_points(group=group)]
    return {point.name: point for point in sorted(points, key=lambda point: point.name)}


def require(names: Iterable[str]) -> None:
    """Look whether reports of these names are installed.

    Raises:
        UsageError: one is not.
    """
    installed = formats()
    for name in names:
        if name not in installed:
            there = f"There are: {', '.join(installed)}."
            raise UsageError(f"no report is called {name!r}.", remedy=did_you_mean(name, installed, there))


def draw(document: Mapping[str, Json], directory: Path, names: Iterable[str] = ()) -> list[Path]:
    """Draw the named reports into `directory` and give their paths.

    If none is named, they are the usual ones and those that the run asked for.

    Raises:
        UsageError: no report of that name is installed.
    """
    installed = formats()
    chosen = list(names) or list(dict.fromkeys((*formats(USUAL), *document.get("further_reports", ()))))
    require(chosen)
    directory.mkdir(parents=True, exist_ok=True)
    return [installed[name].load()(document, directory) for name in chosen]
