"""What a person sees of a run document: the screen, the reports in a folder, the exit code."""

from __future__ import annotations

import dataclasses
import os
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from conformance.api import catalogue
from conformance.cli.ends import shielded
from conformance.cli.screen.console import Console, Mode, Wait, choose
from conformance.errors import ExitCode
from conformance.model import Json
from conformance.outcome.display_text import line, what_is_judged
from conformance.outcome.document import write
from conformance.release import Deviation, read_deviations, weigh
from conformance.run.github_actions import announce
from conformance.run.progress import NS_PER_S, Tail
from conformance.run.report_writers import draw
from conformance.run.running import REPORT
from conformance.settings.run_settings import Settings

_PLAIN_EVERY_S = 5.0
_LIVE_EVERY_S = 0.3


def console(*, as_json: bool = False, quiet: bool = False) -> Console:
    """Choose how to speak: options first, then what standard error and output can show."""
    terminal = sys.stdout.isatty() and sys.stderr.isatty()
    return Console(choose(quiet=quiet, as_json=as_json, terminal=terminal, environment=os.environ))


class Watching:
    """Progress of a run on the screen, read from its history while it grows."""

    def __init__(self, screen: Console, settings: Settings) -> None:
        self._screen = screen
        self._bound_s = settings.target.converge_within_s
        self._every_s = _LIVE_EVERY_S if sys.stderr.isatty() else _PLAIN_EVERY_S
        self._tail = Tail(settings.history_path)
        self._told = time.monotonic()
        judged = what_is_judged(dataclasses.asdict(settings.target))
        screen.begin(f"effort {settings.effort}, seed {settings.seed}", judged)

    def tick(self) -> None:
        """Read what is new in the history, and now and then say where the run stands."""
        self._tail.read()
        if time.monotonic() - self._told >= self._every_s:
            self._told = time.monotonic()
            self._screen.advance(self._tail.progress.sentence(), list(self._waits()))

    def _waits(self) -> list[Wait]:
        now_ns = time.monotonic_ns()
        awaited = self._tail.progress.awaited_at(now_ns).items()
        return [Wait(path, max(0, now_ns - since) / NS_PER_S, self._bound_s) for path, since in awaited]


def show(
    document: Mapping[str, Json],
    report_dir: Path | None,
    screen: Console,
    *,
    status: int,
    expected: Sequence[Deviation] | None = None,
) -> int:
    """Show a run document and give the exit code: `status`, or that of the gate if known deviations were named.

    With `expected` the document gains the gate's section and is drawn again; its results stay as they are.
    """
    if expected is not None:
        gate = weigh(document, expected, datetime.now(UTC).date())
        document = {
            **{name: value for name, value in document.items() if name != "end"},
            "expected": gate.section(),
            "end": True,
        }
        status = status if status in (ExitCode.INTERRUPTED, ExitCode.SUITE_ERROR) else gate.exit_code
        if report_dir:
            keep(document, report_dir)
    screen.show(document, report_dir)
    to_runner(document, screen)
    return status


def to_runner(document: Mapping[str, Json], screen: Console) -> None:
    """Tell the CI runner what a run came to, where there is one; the output of --json and --quiet stays pure."""
    pure = screen.mode in (Mode.JSON, Mode.QUIET)
    announce(document, os.environ, lambda text: shielded.command(text, err=pure))


def deviations(file: Path | None, role: str = catalogue.SERVER) -> Sequence[Deviation] | None:
    """Read the known deviations, before anything is sent; None without a file.

    Raises:
        UsageError: a line is wrong.
    """
    return read_deviations(file, catalogue.by_id(role)) if file else None


def tell(sentences: Iterable[str]) -> None:
    """Print sentences beside the results."""
    for sentence in sentences:
        click.echo(line(sentence), err=True)


def keep(document: Mapping[str, Json], report_dir: Path) -> None:
    """Write a run document and the reports drawn from it."""
    report_dir.mkdir(parents=True, exist_ok=True)
    write(document, report_dir / REPORT)
    draw(document, report_dir)
