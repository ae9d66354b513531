"""What a person sees of a run document: the screen, the reports in a folder, the exit code."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from conformance.document import write
from conformance.drawing import draw
from conformance.errors import ExitCode
from conformance.model import Json
from conformance.progress import Tail
from conformance.running import REPORT, load
from conformance.settings import Settings

_PLAIN_EVERY_S = 5.0
_LIVE_EVERY_S = 0.3


class Progress:
    """Progress on the screen: one line that is rewritten on a terminal, a line now and then elsewhere."""

    def __init__(self, settings: Settings, *, quiet: bool) -> None:
        self._quiet = quiet
        self._live = sys.stderr.isatty()
        self._tail = Tail(settings.history_path, self._say, _LIVE_EVERY_S if self._live else _PLAIN_EVERY_S)
        if not quiet:
            name = settings.target.base_url or "the embedded DDS"
            click.echo(f"judging {name}, effort {settings.effort}, seed {settings.seed}", err=True)

    def tick(self) -> None:
        """Look at the history and say where the run stands."""
        if not self._quiet:
            self._tail.tick()

    def _say(self, sentence: str) -> None:
        click.echo(f"\r\x1b[2K{sentence}" if self._live else sentence, err=True, nl=not self._live)

    def done(self) -> None:
        """End the line."""
        if self._live and not self._quiet:
            click.echo("", err=True)


def present_file(report: Path, *, as_json: bool, quiet: bool = False) -> int:
    """Show a run document that is already on disk and give its exit code."""
    document = load(report)
    return _show(document, report.parent, as_json=as_json, quiet=quiet)


def present(document: Mapping[str, Json], report_dir: Path | None, *, as_json: bool) -> int:
    """Show a run document, write it and its reports if a folder was named, and give its exit code."""
    if report_dir:
        report_dir.mkdir(parents=True, exist_ok=True)
        write(document, report_dir / REPORT)
        draw(document, report_dir)
    return _show(document, report_dir, as_json=as_json, quiet=False)


def _show(document: Mapping[str, Json], directory: Path | None, *, as_json: bool, quiet: bool) -> int:
    if as_json:
        click.echo(json.dumps(document, indent=1, ensure_ascii=False))
    elif quiet:
        click.echo(document["outcome"])
    else:
        for row in document["requirements"]:
            click.echo(f"{row['outcome']:<15} {row['level']:<9} {row['id']:<30} {row['exposures']:>6}  {row['note']}")
        for finding in document["findings"]:
            click.echo(f"\n{finding['requirement']}: {finding['sentence']}")
        click.echo(f"\n{document['outcome']}: {'; '.join(document['reasons'])}")
        if directory:
            click.echo(f"reports: {directory}")
    return int(document.get("exit_code", ExitCode.SUITE_ERROR))
