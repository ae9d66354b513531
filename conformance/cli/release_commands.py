"""``report``, ``compare``, ``matrix``: what is drawn and decided from run documents alone."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

import click

from conformance import release
from conformance.cli.asking.grouped_help import GroupedCommand
from conformance.cli.asking.near_choice import NearChoice
from conformance.cli.screen.folding import say
from conformance.driver.report_folder import check_writable
from conformance.run.report_writers import draw

DOCUMENT = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command(cls=GroupedCommand)
@click.argument("document", metavar="REPORT.json", type=DOCUMENT)
@click.option(
    "--format", "--report", "formats", default="html,junit,md", show_default=True, help="Which, separated by commas."
)
@click.option("--report-dir", type=FOLDER, help="Where to draw.  [default: beside the document]")
def report(*, document: Path, formats: str, report_dir: Path | None) -> int:
    """Draw the reports again from REPORT.json alone."""
    folder = report_dir or document.parent
    check_writable(folder)
    drawn = draw(release.load_valid(document), folder, [name.strip() for name in formats.split(",") if name.strip()])
    for path in drawn:
        click.echo(path)
    return 0


@click.command(cls=GroupedCommand)
@click.argument("before", metavar="A.json", type=DOCUMENT)
@click.argument("after", metavar="B.json", type=DOCUMENT)
@click.option("--strict", is_flag=True, help="A new warning is a regression too.")
@click.option(
    "--style", type=NearChoice(("text", "md")), help="How to print it.  [default: text on a terminal, else md]"
)
def compare(*, before: Path, after: Path, strict: bool, style: str | None) -> int:
    """Compare two runs by requirement, and exit with 1 on a regression."""
    first, second = release.load_valid(before), release.load_valid(after)
    comparison = release.compare(first, second, strict=strict)
    words = release.comparison_plain if (style or _usual_style()) == "text" else release.comparison_markdown
    say(words(comparison, first, second))
    return comparison.exit_code


def _usual_style() -> str:
    return "text" if sys.stdout.isatty() else "md"


@click.command(cls=GroupedCommand)
@click.argument("documents", metavar="REPORT.json...", nargs=-1, required=True, type=DOCUMENT)
@click.option("--report-dir", type=FOLDER, default="dds-matrix", show_default=True, help="Where to draw.")
def matrix(*, documents: tuple[Path, ...], report_dir: Path) -> int:
    """Lay several targets or versions side by side, as HTML and Markdown."""
    check_writable(report_dir)
    report_dir.mkdir(parents=True, exist_ok=True)
    write = import_module("conformance.reports.matrix_page").write
    for path in write([release.load_valid(document) for document in documents], report_dir):
        click.echo(path)
    return 0
