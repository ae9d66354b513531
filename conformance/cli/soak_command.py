"""``soak``: load from many processes and machines, judged as every run is."""

from __future__ import annotations

import dataclasses
import importlib.util
import socket
from pathlib import Path
from typing import Any

import click

from conformance import interrupts
from conformance.cli.asking.grouped_help import GroupedCommand
from conformance.cli.options import REACHING, RUNNING, configuration, configured
from conformance.cli.run_command import checked, framing_of, named, named_files
from conformance.cli.screen.present import console, show, tell
from conformance.errors import ExitCode, UsageError
from conformance.run.stopping import aftermath, leaving, set_aside
from conformance.run.unstarted import accountable
from conformance.settings.configuration import Configuration
from conformance.settings.run_settings import Settings, is_loopback
from conformance.soak.soak_plan import DEFAULT_PORT, SoakPlan, place

WEB = "127.0.0.1:8089"
_NOT_OURS = ("effort", "workers", "only", "target_openapi")
"""Keys of a run that a soak has no use for, or means otherwise."""


@click.command(cls=GroupedCommand)
@configured(*REACHING[:1], *RUNNING[:1], *REACHING[1:], *(n for n in RUNNING[1:] if n not in _NOT_OURS), "i_may_write")
@click.option("--users", type=click.IntRange(1, 100_000), default=20, show_default=True, metavar="N",
              help="Users that run plans at once, all workers together.")  # fmt: skip
@click.option("--minutes", type=click.FloatRange(0, min_open=True), default=2.0, show_default=True, metavar="M",
              help="For how long users begin plans; what is under way is carried to its end.")  # fmt: skip
@click.option("--workers", type=click.IntRange(1, 1000), metavar="W",
              help="Worker processes here; with --master, how many workers to wait for.  [default: 2]")  # fmt: skip
@click.option("--master", metavar="HOST[:PORT]", help="Listen there for workers that are started on other machines.")
@click.option("--worker", metavar="HOST[:PORT]", help="Be a worker of the master there.")
@click.option("--web", is_flag=False, flag_value=WEB, metavar="[HOST:PORT]",
              help=f"Show Locust's own page there.  [without a place: {WEB}]")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the run document instead of the table.")
@click.option("--quiet", is_flag=True, help="Print the outcome alone.")
@click.option("--verbose", is_flag=True, help="Show each requirement that passed, too.")
def soak(**given: Any) -> int:
    """Load a target from many processes or machines, and judge what it answered.

    Users run the plans of the scenarios through the suite's own driver, so that every attempt is on record; Locust
    shares them out and shows its statistics. It is a load test: off this machine --i-may-write must be given with the
    command itself, and --max-rps says how much load. Needs the extra: pip install 'dds-conformance[soak]'.
    """
    _installed()
    roles = {name: given.pop(name) for name in ("master", "worker", "workers", "web")}
    users, minutes = given.pop("users"), given.pop("minutes")
    shown = {name: given.pop(name) for name in ("as_json", "quiet", "verbose")}
    asked = configuration(given)
    if roles["worker"]:
        return _be_worker(asked, roles)
    plan = _plan(users, minutes, roles)
    inputs = [path for path in named_files(asked) if path]
    with accountable(asked.get("report_dir"), named(asked), inputs=inputs, framing=framing_of(asked)) as older:
        tell([set_aside(older)] if older else [])
        settings = _settings(asked, plan)
        _consented(settings, asked, plan)
        screen = console(**shown)
        settings, document = _carried_out(settings, plan, verbose=not (shown["quiet"] or shown["as_json"]))
    interrupted = bool(document["interrupted"])
    status = ExitCode.INTERRUPTED if interrupted else int(document["exit_code"])
    status = show(document, settings.report_dir, screen, status=status, expected=None)
    tell(aftermath(settings, document, interrupted=interrupted))
    return status


def _installed() -> None:
    if importlib.util.find_spec("locust") is None:
        remedy = "Install the extra: pip install 'dds-conformance[soak]'."
        raise UsageError("a soak needs Locust, which is not installed.", remedy=remedy)


def _plan(users: int, minutes: float, roles: dict[str, Any]) -> SoakPlan:
    if roles["web"]:
        place(roles["web"], 8089, "--web")
    web = roles["web"] or ""
    if roles["master"]:
        host, port = place(roles["master"], DEFAULT_PORT, "--master")
        return SoakPlan(users, minutes, roles["workers"] or 1, host, port, remote=True, web=web)
    from conformance.soak.soak_run import free_port  # noqa: PLC0415 - loads all that judges

    return SoakPlan(users, minutes, roles["workers"] or 2, port=free_port("127.0.0.1"), web=web)


def _settings(asked: Configuration, plan: SoakPlan) -> Settings:
    from conformance.soak.plan_series import load_scenarios  # noqa: PLC0415 - loads all that draws plans

    settings = checked(asked.settings())
    load_scenarios(settings)
    if plan.remote and settings.target.embedded:
        raise UsageError(
            "the embedded server can be reached from this machine alone.", remedy="Say --workers, or a --target."
        )
    options = {**settings.options, "users": plan.users, "minutes": plan.minutes}
    return dataclasses.replace(settings, workers=plan.workers, options=options)


def sentence(settings: Settings, plan: SoakPlan) -> str:
    """Say what a soak will do to its target."""
    pace = f"at most {settings.rate:g} requests a second" if settings.rate else "as many requests as it answers"
    budget = settings.budgets.requests
    after = "leaves what it made (--keep)" if settings.keep else "removes what it made afterwards"
    return (
        f"A SOAK IS A LOAD TEST: {plan.users} users on {plan.workers} workers create projects, uploads and files "
        f"for {plan.minutes:g} minutes without a pause, {pace}"
        f"{f' and {budget} in all' if budget else ''}; it {after}."
    )


def _consented(settings: Settings, asked: Configuration, plan: SoakPlan) -> None:
    """Raise UsageError unless the target is here, or the command itself says that it may be loaded."""
    if settings.target.embedded or is_loopback(settings.target.base_url):
        return
    if settings.i_may_write and asked.values["i_may_write"].source == "--i-may-write":
        tell([sentence(settings, plan)])
        return
    where = " (a file or the environment does not count here)" if settings.i_may_write else ""
    raise UsageError(
        f"The target is not on this machine. {sentence(settings, plan)}",
        remedy=f"If its operator has agreed to that load, say --i-may-write with the command{where}.",
    )


def _carried_out(settings: Settings, plan: SoakPlan, *, verbose: bool) -> tuple[Settings, dict[str, Any]]:
    from conformance.soak.node_processes import run_nodes  # noqa: PLC0415 - the same
    from conformance.soak.soak_run import SoakRun  # noqa: PLC0415 - the same

    running = SoakRun(settings, plan)
    try:
        settings = running.start()
        if verbose:
            tell([f"soaking: {plan.users} users, {plan.minutes:g} minutes, {plan.workers} workers"])
            tell([f"workers come to {plan.host}:{plan.port} from {socket.gethostname()}"] if plan.remote else [])
            tell([f"Locust's page: http://{plan.web}/"] if plan.web else [])
        times = run_nodes(settings, plan, lambda: None)
    except BaseException:
        running.abandon()
        raise
    try:
        with interrupts.promising(leaving(settings)):
            return settings, running.end(interrupted=bool(times), clean=times < 2)
    except KeyboardInterrupt:
        return settings, running.give_up()


def _be_worker(asked: Configuration, roles: dict[str, Any]) -> int:
    from conformance.soak.node_processes import be_worker  # noqa: PLC0415 - the same

    if roles["master"] or roles["web"] or roles["workers"]:
        raise UsageError("a --worker is told everything by its master.", remedy="Say --worker alone.")
    host, port = place(roles["worker"], DEFAULT_PORT, "--worker")
    settings = checked(asked.settings())
    if not settings.target.base_url:
        raise UsageError(
            "a --worker must know which target it may load.", remedy="Say --target URL as the master does."
        )
    _consented(settings, asked, SoakPlan(0, 0, 1, host, port, remote=True))
    folder: Path = settings.report_dir
    with accountable(folder, named(asked), inputs=[], framing=framing_of(asked)) as older:
        tell([set_aside(older)] if older else [])
        times = be_worker(settings, host, port)
    return ExitCode.INTERRUPTED if times else ExitCode.CONFORMANT
