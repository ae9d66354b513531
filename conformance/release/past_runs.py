"""Run documents found below folders, as many as there are; what is no whole document is counted and named."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance.errors import SuiteError, UsageError
from conformance.outcome.load import load
from conformance.release.trend import PastRun, past_run

NAME = "report.json"
PAGES = ("report.html", "summary.md", NAME)


@dataclass(frozen=True, slots=True)
class Found:
    """The runs that were read, and a sentence for each document that was left out."""

    runs: tuple[PastRun, ...]
    left_out: tuple[str, ...]


def find(folders: Sequence[Path], *, seen_from: Path) -> Found:
    """Read every run document below `folders`, at any depth; links in it are relative to the folder `seen_from`.

    Raises:
        UsageError: there is no run document at all.
    """
    runs, left_out = [], []
    for path in documents(folders):
        try:
            runs.append(_read(path, seen_from))
        except SuiteError as trouble:
            left_out.append(str(trouble).partition(". ")[0])
        except (KeyError, TypeError, ValueError) as trouble:
            left_out.append(f"{path} is not a document that this suite can read: {trouble!r}")
    if not runs:
        named = ", ".join(map(str, folders))
        raise UsageError(f"no whole run document below {named}.", remedy=f"Name folders that hold a run's {NAME}.")
    return Found(tuple(runs), tuple(left_out))


def documents(folders: Sequence[Path]) -> Iterator[Path]:
    """Give the path of each `report.json` below the folders, and each file that was named itself, once."""
    known: set[Path] = set()
    for folder in folders:
        inside = [folder] if folder.is_file() else sorted(folder.rglob(NAME))
        for path in inside:
            whole = path.resolve()
            if whole not in known:
                known.add(whole)
                yield path


def _read(path: Path, seen_from: Path) -> PastRun:
    page = next((path.with_name(name) for name in PAGES if path.with_name(name).is_file()), path)
    link = Path(os.path.relpath(page.resolve(), seen_from.resolve())).as_posix()
    return past_run(load(path), place=str(path.parent), link=link)
