"""``judge``: a recorded history, nothing sent."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from conformance import history as histories
from conformance.api import catalogue
from conformance.cli.present import console, deviations, keep, show
from conformance.driver.report_folder import prepare_views
from conformance.errors import UsageError
from conformance.history.input_files import STDIN
from conformance.model import Finding, History, Json, Target
from conformance.outcome.assemble import Framing, assemble
from conformance.run.unstarted import reporting


@click.command()
@click.argument("history", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--report-dir", type=click.Path(file_okay=False, path_type=Path), help="Write the reports there.")
@click.option("--gateway", metavar="REGEX", help="Answers of a gateway, not the API: a pattern over the body.")
@click.option("--strict", is_flag=True, help="A broken SHOULD fails.")
@click.option("--expect", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
              help="Known deviations (TOML): the exit code is then the gate's.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the run document instead of the table.")
@click.option("--columnar", is_flag=True, help="Judge a second time, in columns, and say where the two differ.")
def judge(  # noqa: PLR0913 - one for each option
    *,
    history: Path,
    report_dir: Path | None,
    gateway: str | None,
    strict: bool,
    expect: Path | None,
    as_json: bool,
    columnar: bool,
) -> int:
    """Judge HISTORY, a recording of ours or of the deployed service's form. Sends nothing.

    HISTORY may be packed (gzip, bzip2, xz, zstd), and - is standard input. A recording is partial by nature: the
    outcome speaks of the requirements it exercises, and says which it does not.
    """
    screen = console(as_json=as_json)
    if report_dir is None:
        expected = deviations(expect)
        drawn = _judged(history, gateway, strict=strict, columnar=columnar)
        return show(drawn, None, screen, status=int(drawn["exit_code"]), expected=expected)
    prepare_views(report_dir, [history, *([expect] if expect else [])])
    with reporting(report_dir, Target(base_url=""), framing=Framing(recorded=True, strict=strict)):
        expected = deviations(expect)
        keep(drawn := _judged(history, gateway, strict=strict, columnar=columnar), report_dir)
        return show(drawn, report_dir, screen, status=int(drawn["exit_code"]), expected=expected)


def _judged(history: Path, gateway: str | None, *, strict: bool, columnar: bool) -> dict[str, Json]:
    kept = histories.read(STDIN if str(history) == STDIN else history)
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
    if columnar:
        framing = replace(framing, second_opinion=_in_columns(kept))
    return assemble(kept, framing)


def _in_columns(history: History) -> tuple[Finding, ...]:
    try:
        from conformance.judge.columnar.columnar_judge import judge_in_columns  # noqa: PLC0415 - an optional extra
    except ImportError as missing:
        remedy = "Install the extra: pip install 'dds-conformance[columnar]'; or judge without --columnar."
        raise UsageError(f"--columnar needs {missing.name}, which is not installed.", remedy=remedy) from missing
    return judge_in_columns(history)
