"""``judge``: a recorded history, nothing sent."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from conformance import history as histories
from conformance.api import catalogue
from conformance.cli.present import console, deviations, keep, show
from conformance.errors import UsageError
from conformance.outcome.assemble import Framing, assemble


@click.command()
@click.argument("history", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--report-dir", type=click.Path(file_okay=False, path_type=Path), help="Write the reports there.")
@click.option("--gateway", metavar="REGEX", help="Answers of a gateway, not the API: a pattern over the body.")
@click.option("--strict", is_flag=True, help="A broken SHOULD fails.")
@click.option("--expect", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
              help="Known deviations (TOML): the exit code is then the gate's.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the run document instead of the table.")
def judge(  # noqa: PLR0913 - one for each option
    *,
    history: Path,
    report_dir: Path | None,
    gateway: str | None,
    strict: bool,
    expect: Path | None,
    as_json: bool,
) -> int:
    """Judge HISTORY, a recording of ours or of the deployed service's form. Sends nothing.

    A recording is partial by nature: the outcome speaks of the requirements it exercises, and says which it does not.
    """
    expected = deviations(expect)
    kept = histories.read(history)
    if gateway is not None:
        kept = replace(kept, target=replace(kept.target, gateway=gateway))
    header = kept.header
    if header.get("role") == catalogue.CLIENT:
        remedy = "`dds-conformance client` judges it; `dds-conformance report` draws its report.json again."
        raise UsageError(f"{history} is what scripted servers saw of a client.", remedy=remedy)
    framing = Framing(
        recorded=True,
        effort=str(header.get("effort", "recorded")),
        seed=int(header.get("seed", 0)),
        strict=strict,
        run_id=str(header.get("run_id", "")),
        begun=str(header.get("begun", "")),
    )
    drawn = assemble(kept, framing)
    if report_dir:
        keep(drawn, report_dir)
    return show(drawn, report_dir, console(as_json=as_json), status=int(drawn["exit_code"]), expected=expected)
