"""``doctor``, ``clean``, ``config show``: what is done around a run."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import click

from conformance.certification import probing
from conformance.certification.eligibility import Wish
from conformance.cli.asking.grouped_help import GroupedCommand
from conformance.cli.asking.wish_options import wish_if, wishing
from conformance.cli.options import REACHING, RUNNING, configuration, configured
from conformance.cli.run_command import checked
from conformance.cli.screen.folding import say
from conformance.doctor import Line, Mark, durations, durations_stated, examine, next_command
from conformance.driver.report_folder import check_writable
from conformance.driver.safety.cleaning import clean as sweep
from conformance.driver.safety.cleaning import target_of
from conformance.errors import ExitCode, UsageError
from conformance.settings.run_settings import Settings, is_loopback

CERTIFICATE = "certificate"
_COLOURS = {Mark.GOOD: "green", Mark.WARN: "yellow", Mark.BAD: "red", Mark.UNTRIED: "bright_black"}


@click.command(cls=GroupedCommand)
@configured(*REACHING, "converge_within", "effort", "target_version", "only", "i_may_write", "report_dir")
@click.option("--certify", is_flag=True, help="Ask also whether a run with these options could be certified.")
@wishing(needed=False)
@click.option("--json", "as_json", is_flag=True, help="Print the lines as JSON.")
def doctor(*, as_json: bool, **given: Any) -> int:
    """Ask whether a run against the target can succeed. Writes nothing but one project, which it removes."""
    wish = wish_if(given)
    settings = checked(configuration(given).settings())
    if not settings.target.base_url:
        raise UsageError("there is no target to examine.", remedy="Say: --target https://host[:port]")
    if not settings.i_may_write and not is_loopback(settings.target.base_url):
        raise UsageError(
            "The target is not on this machine, and the doctor creates one project there and removes it.",
            remedy="If it may, say --i-may-write.",
        )
    check_writable(settings.report_dir)  # the ledger of the one project lies there until that is gone
    lines: list[Line] = []
    for line in chain(examine(settings, _say), _certificate(settings, wish)):
        lines.append(line)
        if not as_json:
            _tell(line)
    command, lasting = next_command(settings, lines), durations(settings, lines)
    if as_json:
        stated = {"lines": [line.document() for line in lines], "durations_s": lasting, "next": command}
        click.echo(json.dumps(stated, indent=1))
    else:
        say(f"\n{durations_stated(settings, lasting)}")
        click.echo(f"next: {click.style(command, bold=True)}")
    bad = [line.question for line in lines if line.mark is Mark.BAD]
    return ExitCode.CONFORMANT if not bad else ExitCode.USAGE if set(bad) == {CERTIFICATE} else ExitCode.UNREACHABLE


def _certificate(settings: Settings, wish: Wish | None) -> Iterator[Line]:
    """Yield a line for each thing that would keep a run with these settings from a certificate, if one is wished."""
    if wish is None:
        return
    reasons = probing.foreseen(settings, wish)
    for reason in reasons:
        what, _, remedy = reason.rpartition(": ")
        yield Line(CERTIFICATE, Mark.BAD, f"{what[:1].upper()}{what[1:]}.", f"{remedy[:1].upper()}{remedy[1:]}.")
    if not reasons:
        yield Line(CERTIFICATE, Mark.GOOD, "A conformant run with these options can be certified.")


def _say(sentence: str) -> None:
    click.echo(sentence, err=True)


def _tell(line: Line) -> None:
    say(f"{click.style(f'{line.mark:<8}', fg=_COLOURS[line.mark])}{line.question:<16}{line.sentence}", hang=24)
    if line.remedy:
        say(f"{'':24}{line.remedy}", hang=24)


@click.command(cls=GroupedCommand)
@click.argument("ledger", metavar="LEDGER", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@configured(*REACHING)
def clean(*, ledger: Path, **given: Any) -> int:
    """Remove what a run left behind: only what its LEDGER (DIR/ledger.jsonl) holds.

    The target is the one that the ledger names, unless --target says otherwise.
    """
    given["target"] = given.get("target") or target_of(ledger)
    report = sweep(ledger, checked(configuration(given).settings()), _say)
    click.echo(f"removed {len(report.removed)} projects of run {report.run_id}; {report.absent} were gone already")
    for leftover in report.leftovers:
        named = leftover.id or leftover.name or "without a name"
        there = "still there" if leftover.id else "may be there"
        click.echo(f"{there}: {leftover.kind} {named}: {leftover.reason}")
    return ExitCode.CONFORMANT if report.clean else ExitCode.INCOMPLETE


@click.group()
def config() -> None:
    """Show the configuration."""


@config.command("show", cls=GroupedCommand)
@configured(*REACHING, *RUNNING, "i_may_write")
@click.option("--json", "as_json", is_flag=True, help="Print the rows as JSON.")
def show(*, as_json: bool, **given: Any) -> int:
    """Show every value and where it came from; secrets never."""
    rows = configuration(given).rows()
    if as_json:
        click.echo(json.dumps([dataclasses.asdict(row) for row in rows], indent=1))
        return ExitCode.CONFORMANT
    for row in rows:
        click.echo(f"{row.name:<20}{row.shown:<32}{click.style(row.source, fg='cyan'):<24}  {row.about}")
    return ExitCode.CONFORMANT
