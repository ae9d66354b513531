"""``judge``: a recorded history, nothing sent."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from conformance.api import catalogue
from conformance.cli.asking.grouped_help import GroupedCommand
from conformance.cli.asking.near_choice import NearChoice
from conformance.cli.screen.present import console, deviations, keep, show
from conformance.driver.report_folder import prepare_views
from conformance.errors import ExitCode, UsageError
from conformance.history.collector import collector_away
from conformance.history.har.har_operations import Reading
from conformance.history.recordings import read_recordings
from conformance.model import Finding, History, Json, Target
from conformance.outcome.assemble import Framing, Gist, drawn, gist
from conformance.run.report_writers import require
from conformance.run.unstarted import reporting
from conformance.settings.run_settings import base_url as based

if TYPE_CHECKING:
    from conformance.cli.screen.console import Console
    from conformance.spread.asked import Found


@click.command(cls=GroupedCommand)
@click.argument("histories", metavar="HISTORY...", nargs=-1, required=True,
                type=click.Path(exists=True, allow_dash=True, path_type=Path))  # fmt: skip
@click.option("--report-dir", type=click.Path(file_okay=False, path_type=Path), help="Write the reports there.")
@click.option("--report", "reports", multiple=True, metavar="NAME", help="A further report to draw: ctrf.")
@click.option("--as", "speaks_as", type=NearChoice(("owner", "other", "none")),
              help="Who speaks in all of a HAR file that carries no Authorization.")  # fmt: skip
@click.option("--base-url", metavar="URL", help="Base of the API in a HAR file.  [default: the one that fits best]")
@click.option("--gateway", metavar="REGEX", help="Answers of a gateway, not the API: a pattern over the body.")
@click.option("--strict", is_flag=True, help="A broken SHOULD fails.")
@click.option("--require-core", is_flag=True, help="Exit with 4 unless the core of the contract was exercised.")
@click.option("--catalogue", "by", metavar="VERSION", default="",
              help="Judge by an older version of the catalogue, without the rows that are newer.")  # fmt: skip
@click.option("--expect", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
              help="Known deviations (TOML): the exit code is then the gate's.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the run document instead of the table.")
@click.option("--columnar", is_flag=True, help="Judge a second time, in columns, and say where the two differ.")
@click.option("--workers", type=click.IntRange(min=1), metavar="N",
              help="Judge in shards, with N processes: for long histories.")  # fmt: skip
@click.option("--dask", metavar="ADDRESS", help="Judge in shards, on the Dask cluster of tcp://SCHEDULER:8786.")
@click.option("--verbose", is_flag=True, help="Show each requirement that passed, too.")
def judge(
    *,
    histories: tuple[Path, ...],
    report_dir: Path | None,
    expect: Path | None,
    as_json: bool,
    verbose: bool,
    **asked: Any,
) -> int:
    """Judge HISTORY: a recording of ours or of the deployed service's form, a folder of them, or a HAR file.

    Sends nothing. HISTORY may be packed (gzip, bzip2, xz, zstd) or Parquet, and - is standard input; several of one run
    are judged as one. A recording is partial by
    nature: the outcome speaks of the requirements it exercises, and says which it does not. A HAR file may come from a
    browser, a proxy or an API tool; schemathesis' cassettes are read as well.
    """
    require(asked["reports"])
    catalogue.number(asked["by"])
    with collector_away():  # all along: let in between two steps, it would look at every operation anew
        return _carried_out(histories, report_dir, expect, console(as_json=as_json, verbose=verbose), asked)


def _carried_out(
    histories: tuple[Path, ...], report_dir: Path | None, expect: Path | None, screen: Console, asked: dict[str, Any]
) -> int:
    """Judge, write the reports where they are wanted, and say what it came to; return the exit code."""
    if report_dir is None:
        expected = deviations(expect)
        document = _judged(histories, **asked)
        return show(document, None, screen, status=int(document["exit_code"]), expected=expected)
    prepare_views(report_dir, [*histories, *([expect] if expect else [])])
    with reporting(
        report_dir,
        Target(base_url=""),
        framing=Framing(recorded=True, strict=asked["strict"], catalogue=asked["by"], reports=asked["reports"]),
    ):
        expected = deviations(expect)
        keep(document := _judged(histories, **asked), report_dir)
        return show(document, report_dir, screen, status=int(document["exit_code"]), expected=expected)


def _judged(  # noqa: PLR0913 - one for each option
    paths: tuple[Path, ...],
    *,
    speaks_as: str | None,
    base_url: str | None,
    gateway: str | None,
    strict: bool,
    by: str,
    require_core: bool,
    columnar: bool,
    reports: tuple[str, ...],
    workers: int | None,
    dask: str | None,
) -> dict[str, Json]:
    reading = Reading(speaks_as or "", based(base_url) if base_url else "")
    if (workers or dask) and columnar:
        raise UsageError("--columnar judges with one process.", remedy="Leave out --workers and --dask, or --columnar.")
    if workers and dask:
        raise UsageError("--workers and --dask are two ways of one thing.", remedy="Leave one of them out.")
    spread = _in_shards(paths, reading, workers or 0, dask or "", gateway) if workers or dask else None
    if spread is not None and spread.gist is not None:
        found: Gist | None = spread.gist
        header, remarks, read = spread.gist.history.header, spread.remarks, spread.gist.history
    else:
        found, (read, remarks) = None, read_recordings(paths, reading)
        if gateway is not None:
            read = replace(read, target=replace(read.target, gateway=gateway))
        header = read.header
    if header.get("role") == catalogue.CLIENT:
        remedy = "`dds-conformance client` judges it; `dds-conformance report` draws its report.json again."
        raise UsageError(f"{paths[0]} is what scripted servers saw of a client.", remedy=remedy)
    framing = Framing(
        recorded=True,
        effort=str(header.get("effort", "recorded")),
        seed=int(header.get("seed", 0)),
        strict=strict,
        reports=reports,
        catalogue=by,
        run_id=str(header.get("run_id", "")),
        begun=str(header.get("begun", "")),
        remarks=remarks,
        second_opinion=_in_columns(read) if columnar else None,
        shortage=tuple(spread.shortage) if spread else (),
    )
    document = drawn(found or gist(read), framing)
    return _demanding(document) if require_core else document


def _in_shards(paths: tuple[Path, ...], reading: Reading, workers: int, dask: str, gateway: str | None) -> Found:
    from conformance.spread.asked import Spread, spread_over  # noqa: PLC0415 - one process needs none of it

    return spread_over(paths, reading, Spread(workers, dask, gateway))


def _demanding(document: dict[str, Json]) -> dict[str, Json]:
    """Let a recording without the core end as a run without it does."""
    missing = document["missing_core"]
    if not missing or document["exit_code"] != ExitCode.CONFORMANT:
        return document
    reason = f"the core is missing: {', '.join(missing)}"
    return {
        **document,
        "exit_code": int(ExitCode.INCOMPLETE),
        "outcome": "incomplete",
        "reasons": [reason, *document["reasons"]],
    }


def _in_columns(history: History) -> tuple[Finding, ...]:
    try:
        from conformance.judge.columnar.columnar_judge import judge_in_columns  # noqa: PLC0415 - an optional extra
    except ImportError as missing:
        remedy = "Install the extra: pip install 'dds-conformance[columnar]'; or judge without --columnar."
        raise UsageError(f"--columnar needs {missing.name}, which is not installed.", remedy=remedy) from missing
    return judge_in_columns(history)
