"""``requirements``: the catalogue, as a person or a program reads it."""

from __future__ import annotations

import dataclasses
import json

import click

from conformance.api import catalogue
from conformance.cli.asking.grouped_help import GroupedCommand
from conformance.cli.asking.near_choice import NearChoice
from conformance.cli.screen.folding import say
from conformance.clients.client_judge import client_rules_of
from conformance.judge.rules_table import excuses_of, names_of
from conformance.model import Json, Requirement


@click.command(cls=GroupedCommand)
@click.option("--json", "as_json", is_flag=True, help="Print the catalogue as JSON.")
@click.option(
    "--readings", is_flag=True, help="Print the register of readings: what was chosen where the spec is silent."
)
@click.option("--role", type=NearChoice(("server", "client", "both")), default="both", show_default=True,
              help="Whose requirements.")  # fmt: skip
@click.option("--catalogue", "by", metavar="VERSION", default="",
              help="List an older version: without the rows that are newer.")  # fmt: skip
@click.argument("only", nargs=-1, metavar="[ID-or-glob]...")
def requirements(*, as_json: bool, readings: bool, role: str, by: str, only: tuple[str, ...]) -> None:
    """List the requirements: id, level, section, what each asks, what serves it."""
    newest = catalogue.number(by)
    every = [one for one in catalogue.every() if role in (one.role, "both") and one.since <= newest]
    chosen = catalogue.select(only, tuple(every)) if only else every
    if as_json:
        click.echo(json.dumps([_row(requirement) for requirement in chosen], indent=1))
    elif readings:
        for reading in catalogue.readings():
            say(f"{click.style(reading.id, bold=True)}: {reading.about}\n    {reading.text}\n")
    else:
        for requirement in chosen:
            say(_paragraph(requirement))


def _row(requirement: Requirement) -> dict[str, Json]:
    excuses = excuses_of(requirement.id)
    return {
        **dataclasses.asdict(requirement),
        "checks": _rules(requirement),
        "rules": _rules(requirement),
        "excuses": [{"name": one.name, "sentence": one.sentence, "reading": one.reading} for one in excuses],
    }


def _rules(requirement: Requirement) -> tuple[str, ...]:
    return client_rules_of(requirement.id) if requirement.role == catalogue.CLIENT else names_of(requirement.id)


def _paragraph(requirement: Requirement) -> str:
    head = f"{click.style(requirement.id, bold=True)}  {requirement.level}  {requirement.role}  ({requirement.section})"
    rows = [head, f"    {requirement.asks}", f"    since: version {requirement.since} of the catalogue"]
    if requirement.reading:
        rows.append(f"    reading: {requirement.reading}")
    rows.append(f"    checks: {', '.join(_rules(requirement)) or 'none'}")
    rows += [f"    excuse: {excuse.name}: {excuse.sentence}" for excuse in excuses_of(requirement.id)]
    rows.append(f"    scenarios: {', '.join(requirement.scenarios) or 'none'}\n")
    return "\n".join(rows)
