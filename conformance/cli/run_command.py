"""``run``: judge a target."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click

from conformance import interrupts
from conformance.api import catalogue
from conformance.certification import probing
from conformance.cli.asking.grouped_help import GroupedCommand
from conformance.cli.asking.wish_options import wish_if, wishing
from conformance.cli.ends import shielded
from conformance.cli.options import REACHING, RUNNING, configuration, configured
from conformance.cli.screen.console import Console
from conformance.cli.screen.folding import say
from conformance.cli.screen.present import Watching, console, deviations, show, tell, to_runner
from conformance.driver import check_target
from conformance.errors import ExitCode, UsageError
from conformance.model import Json, Target
from conformance.outcome.assemble import Framing
from conformance.outcome.display_text import what_is_judged
from conformance.release import load
from conformance.run.child import ENDED, LOG, run_child
from conformance.run.report_writers import formats, require
from conformance.run.running import REPORT, recover
from conformance.run.stopping import aftermath, leaving, set_aside
from conformance.run.unstarted import account_of, accountable
from conformance.settings import consent
from conformance.settings.configuration import Configuration
from conformance.settings.costs import COSTS
from conformance.settings.run_settings import Settings


@click.command(cls=GroupedCommand)
@configured(*REACHING[:1], *RUNNING[:1], *REACHING[1:2], *RUNNING[1:], *REACHING[2:], "i_may_write")
@click.option("--expect", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
              help="Known deviations (TOML): the exit code is then the gate's.")  # fmt: skip
@click.option("--challenge", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
              help="Answer a certifier's challenge: names and contents derive from it.")  # fmt: skip
@click.option("--certify", is_flag=True, help="Refuse to begin a run that could not be certified afterwards.")
@wishing(needed=False)
@click.option("--dry-run", is_flag=True, help="Say what would be created and sent; send nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the run document; with --dry-run, the plan.")
@click.option("--quiet", is_flag=True, help="Print the outcome alone.")
@click.option("--verbose", is_flag=True, help="Show each requirement that passed, too.")
def run(**given: Any) -> int:
    """Judge a target, or the embedded server with --embedded (or where nothing at all points at a target).

    Credentials come from the environment (DDS_API_TOKEN, or DDS_AGENT_KEY with DDS_USER_KEY; DDS_OTHER_API_TOKEN for a
    second, unrelated user) or from --credentials FILE, which has the same names in lower case.
    """
    file = given["config"]
    asked = configuration(given).pointing(
        *(f"--{name}" for name in ("certify", "challenge", "product", "organisation") if given[name])
    )
    if given["dry_run"]:
        _say_plan(_wished(asked, given), as_json=given["as_json"])
        return ExitCode.CONFORMANT
    inputs = [path for path in (file, given["expect"], given["challenge"], *named_files(asked)) if path]
    with accountable(asked.get("report_dir"), named(asked), inputs=inputs, framing=framing_of(asked)) as older:
        tell([set_aside(older)] if older else [])
        settings = _wished(asked, given)
        consent.require(settings, COSTS)
        expected = deviations(given["expect"])
        screen = console(as_json=given["as_json"], quiet=given["quiet"], verbose=given["verbose"])
        if settings.target.base_url:
            check_target(settings)  # the run looks again; here a wrong token is told before anything is loaded for it
        status, document = carry_out(settings, screen)
    if status in (ExitCode.UNREACHABLE, ExitCode.USAGE) and not document["exchanges"]:
        tell(f"error: {reason}" for reason in document["reasons"])
        to_runner(document, screen)
        return status
    status = show(document, settings.report_dir, screen, status=status, expected=expected)
    tell(aftermath(settings, document, interrupted=status == ExitCode.INTERRUPTED))
    return status


def _say_plan(settings: Settings, *, as_json: bool) -> None:
    judged = what_is_judged(dataclasses.asdict(settings.target))
    if as_json:
        click.echo(json.dumps({"would_judge": judged, **consent.plan_document(settings, COSTS)}, indent=1))
    else:
        say(f"WOULD JUDGE: {judged}\n{consent.plan(settings, COSTS)}")


def named(asked: Configuration) -> Target:
    """Give the target as far as it is named, for a run that may not come to know more of it."""
    url = asked.get("target") or ""
    return Target(base_url=url, embedded=not url and not asked.elsewhere, version=asked.get("target_version"))


def framing_of(asked: Configuration) -> Framing:
    """Give what is said of a run that may not begin."""
    known = tuple(name for name in asked.get("report") if name in formats())
    names = ("effort", "seed", "strict", "catalogue")
    return Framing(reports=known, **{name: asked.get(name) for name in names})


def named_files(asked: Configuration) -> Iterable[Path]:
    """Give the files that the configuration names for reading."""
    for name in ("credentials", "ca_bundle", "client_certificate", "client_key"):
        if asked.get(name):
            yield asked.get(name)
    described = asked.get("target_openapi")
    if described and "://" not in described:
        yield Path(described)


def _wished(asked: Configuration, given: dict[str, Any]) -> Settings:
    """Return the settings of a run that may begin, also if it is to be certified or answers a challenge."""
    wish = wish_if(given)
    settings = _answering(checked(asked.settings()), given["challenge"])
    if given["expect"]:
        settings = dataclasses.replace(settings, options={**settings.options, "expect": str(given["expect"])})
    if wish is not None:
        probing.require(settings, wish, expected=given["expect"] is not None, ask=not given["dry_run"])
    return settings


def _answering(settings: Settings, challenge: Path | None) -> Settings:
    """Draw names and contents from a certifier's challenge, if there is one.

    Raises:
        UsageError: it is none, for another target, or over.
    """
    if challenge is None:
        return settings
    from conformance.certification.challenge_document import for_run  # noqa: PLC0415 - needs an extra

    found = for_run(challenge, settings.target.base_url)
    return dataclasses.replace(settings, nonce=found.nonce, challenge=found.raw.decode())


def checked(settings: Settings) -> Settings:
    """Give the settings back if a run may begin with them; from now on no stream shows their secrets.

    Raises:
        UsageError: a requirement, scenario or report does not exist, or a target is named and no credentials are.
    """
    shielded.hide(settings.secrets())
    require(settings.report)
    catalogue.select(settings.only, catalogue.requirements(by=settings.catalogue))
    if settings.scenario:
        from conformance.engine.scenario_list import select  # noqa: PLC0415 - loads all that draws plans

        select(settings.scenario)
    if settings.target.base_url and not settings.credentials.given:
        raise UsageError("a target needs credentials.", remedy="Set DDS_API_TOKEN, or name a --credentials FILE.")
    return settings


def carry_out(settings: Settings, screen: Console) -> tuple[int, Mapping[str, Json]]:
    """Run in a child process; give the exit code and the run document."""
    report, trouble = settings.report_dir / REPORT, ""
    asked = 0
    try:
        _, asked = run_child(settings, Watching(screen, settings).tick)
    except Exception as crash:  # noqa: BLE001 - the child is gone, and what it left must be cleaned up
        trouble = account_of(crash)[1]
    finally:
        screen.done()
    if not report.exists():
        asked = _recovered(settings, asked, trouble or ("" if asked else _log(settings.report_dir / LOG)))
    document = load(report)
    return ExitCode.INTERRUPTED if asked else int(document["exit_code"]), document


def _recovered(settings: Settings, asked: int, trouble: str) -> int:
    """Clean up and report in place of a child that is gone; return how often the user asked to stop until the end."""
    if asked < 2:
        try:
            with interrupts.promising(leaving(settings)):
                recover(settings, interrupted=bool(asked), trouble=trouble)
        except KeyboardInterrupt:
            asked = 2
    if asked >= 2:
        recover(settings, interrupted=True, trouble=trouble, clean=False)
    return asked


def _log(log: Path) -> str:
    said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines() if log.exists() else []
    if told := [line.removeprefix(ENDED) for line in said if line.startswith(ENDED)]:
        return told[-1]
    return f"the run ended without a report ({' / '.join(said[-3:])}); the whole log: {log}"
