"""``judge``: a recorded history, nothing sent."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from conformance import history as histories
from conformance.api import catalogue
from conformance.cli.present import console, deviations, keep, show
from conformance.errors import HistoryError, UsageError
from conformance.history.har_file import is_foreign, read_foreign
from conformance.history.har_operations import Reading
from conformance.history.worker_files import read_folder
from conformance.model import History
from conformance.outcome.assemble import Framing, assemble
from conformance.settings.run_settings import base_url as based


@click.command()
@click.argument("history", type=click.Path(exists=True, path_type=Path))
@click.option("--report-dir", type=click.Path(file_okay=False, path_type=Path), help="Write the reports there.")
@click.option("--as", "speaks_as", type=click.Choice(("owner", "other", "none")),
              help="Who speaks in all of a HAR file that carries no Authorization.")  # fmt: skip
@click.option("--base-url", metavar="URL", help="Base of the API in a HAR file.  [default: the one that fits best]")
@click.option("--gateway", metavar="REGEX", help="Answers of a gateway, not the API: a pattern over the body.")
@click.option("--strict", is_flag=True, help="A broken SHOULD fails.")
@click.option("--expect", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
              help="Known deviations (TOML): the exit code is then the gate's.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the run document instead of the table.")
def judge(  # noqa: PLR0913 - one for each option
    *,
    history: Path,
    report_dir: Path | None,
    speaks_as: str | None,
    base_url: str | None,
    gateway: str | None,
    strict: bool,
    expect: Path | None,
    as_json: bool,
) -> int:
    """Judge HISTORY: a recording of ours or of the deployed service's form, a folder of them, or a HAR file.

    Sends nothing. A recording is partial by nature: the outcome speaks of the requirements it exercises, and says which
    it does not. A HAR file may come from a browser, a proxy or an API tool; schemathesis' cassettes are read as well.
    """
    expected = deviations(expect)
    kept, remarks = _opened(history, Reading(speaks_as or "", based(base_url) if base_url else ""))
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
        remarks=remarks,
    )
    drawn = assemble(kept, framing)
    if report_dir:
        keep(drawn, report_dir)
    return show(drawn, report_dir, console(as_json=as_json), status=int(drawn["exit_code"]), expected=expected)


def _opened(path: Path, reading: Reading) -> tuple[History, tuple[str, ...]]:
    """Read what is given, by its kind; the sentences say what was assumed of a HAR file."""
    if path.is_dir():
        kept, remarks = read_folder(path), ()
    elif _is_foreign(path):
        found = read_foreign(path.read_bytes(), reading)
        return found.history, found.remarks
    else:
        kept, remarks = histories.read(path), ()
    if reading != replace(reading, speaks_as="", base_url=""):
        raise UsageError("--as and --base-url are for HAR files.", remedy="Leave them out for a history.")
    return kept, remarks


def _is_foreign(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return is_foreign(file.read(4096), path.name)
    except OSError as trouble:
        raise HistoryError(f"{path}: {trouble.strerror}.") from trouble
