"""``serve``: the embedded DDS alone; ``faults``: what can be broken in it."""

from __future__ import annotations

import json
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any

import click

from conformance.cli.asking.grouped_help import GroupedCommand
from conformance.cli.screen.folding import say
from conformance.driver.report_folder import check_writable
from conformance.errors import SuiteError, UsageError, did_you_mean
from conformance.reference.faults import FAULTS
from conformance.reference.hooks.deployed_habits import HABITS
from conformance.reference.launch import LaunchError, RunningServer, launch
from conformance.reference.variants import VARIANTS

WATCH_S = 0.2


@click.command(cls=GroupedCommand)
@click.option("--port", type=click.IntRange(0, 65535), default=0, show_default="a free one", help="Port of the API.")
@click.option("--lag", default="0.3", show_default=True, metavar="SECONDS|MIN-MAX", help="How long until consistent.")
@click.option(
    "--data", type=click.Path(path_type=Path, file_okay=False), help="Folder of the data; a temporary one else."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of ids and lags.")
@click.option("--fault", "faults", multiple=True, metavar="NAME", help="Break it; `dds-conformance faults` lists them.")
@click.option("--variant", "--oddity", "variants", multiple=True, metavar="NAME", help="Bend it in a legal way.")
@click.option("--habits", type=click.Choice(sorted(HABITS)), help="Do all that a known service does.")
def serve(  # noqa: PLR0913 - the options of the command
    *,
    port: int,
    lag: str,
    data: Path | None,
    seed: int,
    faults: tuple[str, ...],
    variants: tuple[str, ...],
    habits: str | None,
) -> int:
    """Serve the embedded DDS until interrupted."""
    _known(faults, FAULTS, "fault")
    _known(variants, VARIANTS, "variant")
    if data:
        check_writable(data, option="--data")
    try:
        with launch(
            port=port, lag=lag, data=data, seed=seed, faults=faults, variants=variants, habits=habits
        ) as server:
            _tell(server)
            while server.returncode is None:
                time.sleep(WATCH_S)
            raise SuiteError(
                "The embedded server ended by itself.", remedy="Start it again; look at its folder of data."
            )
    except LaunchError as trouble:
        raise UsageError(str(trouble), remedy="Is the port free, the lag a number or a range?") from trouble
    except KeyboardInterrupt:
        return 0


def _known(names: tuple[str, ...], all_of_them: Collection[str], kind: str) -> None:
    unknown = [name for name in names if name not in all_of_them]
    if unknown:
        remedy = did_you_mean(unknown[0], all_of_them, "`dds-conformance faults` lists them.")
        raise UsageError(f"no {kind} is called {unknown[0]!r}.", remedy=remedy)


def _tell(server: RunningServer) -> None:
    rows = {
        "base URL": server.base_url,
        "token": server.token,
        "second user's token": server.other_token,
        "agent key": server.agent_key,
        "user key": server.user_key,
        "second user's key": server.other_user_key,
        "storage": server.storage_url,
    }
    for name, value in rows.items():
        click.echo(f"{name + ':':<21}{value}")
    click.echo(f"\nto judge it:         DDS_API_TOKEN={server.token} DDS_OTHER_API_TOKEN={server.other_token} "
               f"dds-conformance run --target {server.base_url}")  # fmt: skip
    click.echo("Ctrl-C stops it.")


@click.command(cls=GroupedCommand)
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
def faults(*, as_json: bool) -> None:
    """List the faults and the legal variants of the embedded DDS."""
    if as_json:
        click.echo(json.dumps(_as_document(), indent=1))
        return
    click.echo(click.style("faults, and the requirement each breaks", bold=True))
    for fault in FAULTS.values():
        say(f"  {fault.name}\n      {fault.summary}\n      breaks: {', '.join(dict.fromkeys(fault.breaks))}")
    click.echo(click.style("\nlegal variants, which must pass", bold=True))
    for variant in VARIANTS.values():
        say(f"  {variant.name}\n      {variant.summary}{f' (legal: {variant.legal})' if variant.legal else ''}")


def _as_document() -> dict[str, Any]:
    return {
        "faults": [{"name": one.name, "summary": one.summary, "breaks": list(one.breaks)} for one in FAULTS.values()],
        "variants": [{"name": one.name, "summary": one.summary} for one in VARIANTS.values()],
    }
