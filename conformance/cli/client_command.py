"""``client``: certify a client, in any language, by what a scripted server sees of it."""

from __future__ import annotations

import os
import shlex
import signal
import tempfile
from pathlib import Path

import click

from conformance.api import catalogue
from conformance.cli.asking.grouped_help import GroupedCommand
from conformance.cli.screen.present import console, deviations, keep, show
from conformance.clients.client_document import assemble_client, write_history
from conformance.clients.client_scenarios import choose
from conformance.clients.client_trials import Trial
from conformance.clients.harness.one_trial import ClientUnderTest
from conformance.clients.harness.placeholders import NAMES, environment, render
from conformance.clients.harness.side_by_side import try_all
from conformance.errors import UsageError, did_you_mean
from conformance.outcome.assemble import now
from conformance.reference.variants import VARIANTS
from conformance.run.report_writers import require

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
HISTORY = "history.jsonl"
OUTPUT = "clients"


@click.command(cls=GroupedCommand, context_settings={"ignore_unknown_options": False})
@click.option("--setup", multiple=True, type=FILE, metavar="TEMPLATE",
              help="Jinja template of a file that the client reads; its path is {setup}. May be repeated.")  # fmt: skip
@click.option("--env", multiple=True, metavar="NAME=VALUE", help="Set in the client's environment. May be repeated.")
@click.option("--check", metavar="COMMAND", default="", help="Run afterwards: the client's own view of its upload.")
@click.option("--scenario", multiple=True, metavar="GLOB", help="Try these scenarios alone. May be repeated.")
@click.option("--jobs", type=click.IntRange(1, 64), default=4, show_default=True, help="Scenarios tried side by side.")
@click.option("--time-limit", type=click.FloatRange(min=0, min_open=True), metavar="S",
              help="Seconds that a client has for each scenario.  [default: the scenario's own]")  # fmt: skip
@click.option("--variant", multiple=True, metavar="NAME", help="Bend every server; see `dds-conformance faults`.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of ids and of the file's bytes.")
@click.option("--report-dir", type=click.Path(file_okay=False, path_type=Path), help="Write the reports there.")
@click.option("--report", "reports", multiple=True, metavar="NAME", help="A further report to draw: ctrf.")
@click.option("--strict", is_flag=True, help="A broken SHOULD fails.")
@click.option("--expect", type=FILE, metavar="FILE", help="Known deviations (TOML): the exit code is then the gate's.")
@click.option("--json", "as_json", is_flag=True, help="Print the run document.")
@click.option("--quiet", is_flag=True, help="Print the outcome alone.")
@click.argument("command", nargs=-1, required=True, metavar="-- COMMAND...")
def client(  # noqa: PLR0913 - the options of the command
    *, setup: tuple[Path, ...], env: tuple[str, ...], check: str, scenario: tuple[str, ...], jobs: int,
    time_limit: float | None, variant: tuple[str, ...], seed: int, report_dir: Path | None,
    reports: tuple[str, ...], strict: bool,
    expect: Path | None, as_json: bool, quiet: bool, command: tuple[str, ...],
) -> int:  # fmt: skip
    """Certify a client: run COMMAND once per scenario against an embedded server, and judge what the server saw.

    COMMAND uploads one file. It, --env, --check and the templates may say {url} {token} {user_key} {agent_key}
    {project} (the name of a project to make) {folder} (a local folder) {file} (the one file in it) and {setup};
    a template says {{ url }}. Exit code 4: the client met no not-consistent answer at an extended endpoint, no
    integrity exception, or no plain 404.
    """
    require(reports)
    under_test = _checked(ClientUnderTest(command, tuple(shlex.split(check)), setup, env, time_limit, variant, seed))
    chosen, expected, begun = choose(scenario), deviations(expect, catalogue.CLIENT), now()
    screen = console(as_json=as_json, quiet=quiet)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # whoever ends us ends the clients too
    screen.begin(f"trying {shlex.join(command)} in {len(chosen)} scenarios, {jobs} at a time")
    try:
        trials = try_all(under_test, chosen, jobs=jobs, keep=report_dir / OUTPUT if report_dir else None,
                         stated=lambda trial: screen.advance(_sentence(trial)))  # fmt: skip
    finally:
        screen.done()
    drawn = assemble_client(under_test, trials, begun=begun, strict=strict, partial=bool(scenario), reports=reports)
    if report_dir:
        write_history(under_test, trials, report_dir / HISTORY, str(drawn["run_id"]))
        keep(drawn, report_dir)
    return show(drawn, report_dir, screen, status=int(drawn["exit_code"]), expected=expected)


def _checked(given: ClientUnderTest) -> ClientUnderTest:
    """Give the client back if its options make sense, before anything is run.

    Raises:
        UsageError: a template, an --env or a --variant is wrong.
    """
    unknown = [name for name in given.variants if name not in VARIANTS]
    if unknown:
        remedy = did_you_mean(unknown[0], VARIANTS, "`dds-conformance faults` lists the variants.")
        raise UsageError(f"no variant is called {unknown[0]!r}.", remedy=remedy)
    values = dict.fromkeys(NAMES, "x")
    environment(os.environ, given.env, values)
    with tempfile.TemporaryDirectory(prefix="dds-client-setup-") as folder:
        render(given.setup, Path(folder), {name: "x" for name in NAMES if name != "setup"})
    return given


def _sentence(trial: Trial) -> str:
    codes = ", ".join(f"{run.name} {'timed out' if run.code is None else f'exit {run.code}'}" for run in trial.runs)
    return f"{trial.scenario.name}: {trial.trouble or codes}, {len(trial.operations)} requests"
