"""``run``: judge a target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from conformance.api import catalogue
from conformance.certification import probing
from conformance.cli.console import Console
from conformance.cli.options import REACHING, RUNNING, configuration, configured
from conformance.cli.present import Watching, console, deviations, show
from conformance.cli.wish_options import wish_if, wishing
from conformance.errors import ExitCode, UsageError
from conformance.model import Json
from conformance.release import load
from conformance.run.child import LOG, run_child
from conformance.run.running import REPORT, recover
from conformance.settings import consent
from conformance.settings.costs import COSTS
from conformance.settings.run_settings import Settings


@click.command()
@configured(*REACHING[:2], *RUNNING, *REACHING[2:], "i_may_write")
@click.option("--expect", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
              help="Known deviations (TOML): the exit code is then the gate's.")  # fmt: skip
@click.option("--challenge", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
              help="Answer a certifier's challenge: names and contents derive from it.")  # fmt: skip
@click.option("--certify", is_flag=True, help="Refuse to begin a run that could not be certified afterwards.")
@wishing(needed=False)
@click.option("--dry-run", is_flag=True, help="Say what would be created and sent; send nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the run document.")
@click.option("--quiet", is_flag=True, help="Print the outcome alone.")
def run(**given: Any) -> int:
    """Judge a target, the embedded server when none is named.

    Credentials come from the environment (DDS_API_TOKEN, or DDS_AGENT_KEY with DDS_USER_KEY; DDS_OTHER_API_TOKEN for a
    second, unrelated user) or from --credentials FILE, which has the same names in lower case.
    """
    wish = wish_if(given)
    settings = _answering(checked(configuration(given).settings()), given["challenge"])
    if wish is not None:
        probing.require(settings, wish, expected=given["expect"] is not None, ask=not given["dry_run"])
    if given["dry_run"]:
        click.echo(consent.plan(settings, COSTS))
        return ExitCode.CONFORMANT
    consent.require(settings, COSTS)
    expected = deviations(given["expect"])
    status, document = carry_out(settings, screen := console(as_json=given["as_json"], quiet=given["quiet"]))
    return show(document, settings.report_dir, screen, status=status, expected=expected) if document else status


def _answering(settings: Settings, challenge: Path | None) -> Settings:
    """Draw names and contents from a certifier's challenge, if there is one.

    Raises:
        UsageError: it is none, for another target, or over.
    """
    if challenge is None:
        return settings
    from conformance.certification.challenge_document import for_run  # noqa: PLC0415 - needs an extra

    found = for_run(challenge, settings.target.base_url)
    return replace(settings, nonce=found.nonce, challenge=found.raw.decode())


def checked(settings: Settings) -> Settings:
    """Give the settings back if a run may begin with them.

    Raises:
        UsageError: a selected requirement or scenario does not exist, or a target is named and no credentials are.
    """
    catalogue.select(settings.only)
    if settings.scenario:
        from conformance.engine.scenario_list import select  # noqa: PLC0415 - loads all that draws plans

        select(settings.scenario)
    if settings.target.base_url and not settings.credentials.given:
        raise UsageError("a target needs credentials.", remedy="Set DDS_API_TOKEN, or name a --credentials FILE.")
    return settings


def carry_out(settings: Settings, screen: Console) -> tuple[int, Mapping[str, Json]]:
    """Run in a child process; give the exit code and the run document, which is empty if the run could not begin."""
    report = settings.report_dir / REPORT
    for stale in (report, settings.history_path):
        stale.unlink(missing_ok=True)
    try:
        status, interrupted = run_child(settings, Watching(screen, settings).tick)
    finally:
        screen.done()
    if not report.exists():
        if status in (ExitCode.UNREACHABLE, ExitCode.USAGE) and not interrupted:
            click.echo(f"error: {_told(settings.report_dir / LOG)}", err=True)
            return status, {}
        recover(settings, interrupted=interrupted, trouble="" if interrupted else _log(settings.report_dir / LOG))
    document = load(report)
    return ExitCode.INTERRUPTED if interrupted else int(document["exit_code"]), document


def _told(log: Path) -> str:
    """Find the sentence with which the child gave up."""
    said = [line.strip("! \n") for line in log.read_text(encoding="utf-8", errors="replace").splitlines()]
    return next((line.partition("error: ")[2] for line in reversed(said) if "error: " in line), f"see {log}")


def _log(log: Path) -> str:
    said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines() if log.exists() else []
    return f"the run ended without a report ({' / '.join(said[-3:])}); the whole log: {log}"
