"""``trend``: the run documents of many runs as one page over time."""

from __future__ import annotations

import dataclasses
import json
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from conformance.cli.asking.grouped_help import GroupedCommand
from conformance.release.past_runs import Found, find
from conformance.release.trend import Trend, trends


@click.command(cls=GroupedCommand)
@click.argument("folders", metavar="DIR...", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), default=Path("trend.html"), show_default=True,
    help="The page to write.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the trend as JSON and draw no page.")
def trend(*, folders: tuple[Path, ...], output: Path, as_json: bool) -> int:
    """Draw the runs below DIR over time: outcomes, lags, first and last sight of each finding.

    Every report.json at any depth is read; runs of different targets are told apart. Exits with 0 whatever the runs
    came to: it decides nothing.
    """
    found = find(folders, seen_from=output.parent)
    laid = trends(found.runs)
    for sentence in found.left_out:
        click.echo(f"left out: {sentence}", err=True)
    if as_json:
        click.echo(json.dumps(as_document(laid, found), indent=1))
        return 0
    import_module("conformance.reports.trend_page").write(laid, output, left_out=found.left_out)
    click.echo(output)
    return 0


def as_document(laid: tuple[Trend, ...], found: Found) -> dict[str, Any]:
    """Return the trends as plain JSON: for each target its runs, rows and findings; a run is named by its id."""
    return {
        "format": "dds-conformance-trend",
        "version": 1,
        "left_out": list(found.left_out),
        "targets": [
            {
                "target": one.base_url,
                "runs": [_run(run) for run in one.runs],
                "requirements": [{**dataclasses.asdict(row), "changes": row.changes} for row in one.rows],
                "findings": [
                    {
                        **{name: getattr(sight, name) for name in ("requirement", "rule", "level", "sentence")},
                        "seen": sight.seen,
                        "tried": sight.tried,
                        "flaky": sight.flaky,
                        "first": {"run_id": sight.first.run_id, "begun": sight.first.begun},
                        "last": {"run_id": sight.last.run_id, "begun": sight.last.begun},
                    }
                    for sight in one.sights
                ],
            }
            for one in laid
        ],
    }


def _run(run: Any) -> dict[str, Any]:
    plain = ("run_id", "place", "link", "outcome", "begun", "duration_s", "requests", "effort", "seed")
    lags = [
        {"kind": kind, "endpoint": endpoint, "quantiles": [dataclasses.asdict(found) for found in quantiles]}
        for (kind, endpoint), quantiles in run.lags.items()
    ]
    versions = {"target_version": run.target_version, "suite": run.suite}
    return {**{name: getattr(run, name) for name in plain}, **versions, "lags": lags}
