"""``replay``: run one saved plan again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from conformance import interrupts
from conformance.cli.asking.grouped_help import GroupedCommand
from conformance.cli.options import REACHING, RUNNING, configuration, configured
from conformance.cli.run_command import checked, framing_of, named, named_files
from conformance.cli.screen.present import console, show, tell
from conformance.driver import Driver
from conformance.engine.replay import read_plan, run_plan
from conformance.errors import ExitCode, SuiteError, UsageError
from conformance.history.input_files import read_text
from conformance.model import Json
from conformance.run.running import Running
from conformance.run.stopping import aftermath, leaving, promise, set_aside
from conformance.run.unstarted import account_of, accountable


@click.command(cls=GroupedCommand)
@click.argument("plan", metavar="PLAN.json", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--times", type=click.IntRange(1, 100), default=1, show_default=True, help="How many side by side.")
@configured(*REACHING[:1], *RUNNING[:1], *REACHING[1:2], *RUNNING[1:], *REACHING[2:], "i_may_write")
@click.option("--json", "as_json", is_flag=True, help="Print the run document.")
@click.option("--quiet", is_flag=True, help="Print the outcome alone.")
def replay(*, plan: Path, times: int, as_json: bool, quiet: bool, **given: Any) -> int:
    """Run one saved plan again, alone, as it was drawn.

    PLAN.json holds a plan, or the entry that a report has for one. The outcome speaks of what the plan exercises.
    """
    asked = configuration(given)
    inputs = (plan, *named_files(asked))
    with accountable(asked.get("report_dir"), named(asked), inputs=inputs, framing=framing_of(asked)) as older:
        tell([set_aside(older)] if older else [])
        document = _document(plan)
        read_plan(document)
        running = Running(checked(asked.settings()), recorded=True, inputs=inputs)
        try:
            running.start()
        except BaseException:
            running.abandon()
            raise
        drawn, settings = _carried_out(running, document, times), running.settings
    screen = console(as_json=as_json, quiet=quiet)
    status = show(drawn, settings.report_dir, screen, status=int(drawn["exit_code"]))
    tell(aftermath(settings, drawn, interrupted=status == ExitCode.INTERRUPTED))
    return status


def _carried_out(running: Running, document: Json, times: int) -> Mapping[str, Json]:
    """Run the plan and judge what came of it, however it ended; a second interrupt leaves what is at the target."""
    settings = running.settings
    interrupted, trouble, shortage = False, "", ""
    try:
        with interrupts.promising(promise(settings)):
            _run(running, document, times)
    except KeyboardInterrupt:
        interrupted = True
    except SuiteError as ended:
        spent = ended.exit_code is ExitCode.INCOMPLETE
        trouble, shortage = ("", str(ended)) if spent else (str(ended), "")
    except Exception as crash:  # noqa: BLE001 - what the plan made must be cleaned up whatever broke
        trouble = account_of(crash)[1]
    said = (trouble,) if trouble else (), (shortage,) if shortage else ()
    try:
        with interrupts.promising(leaving(settings)):
            return running.finish(interrupted=interrupted, trouble=said[0], shortage=said[1])
    except KeyboardInterrupt:
        return running.finish(interrupted=True, trouble=said[0], shortage=said[1], clean=False)


def _run(running: Running, document: Json, times: int) -> None:
    driver = Driver(running.settings, worker="replay")
    try:
        run_plan(document, driver, running.settings, times=times)
    finally:
        driver.close()


def _document(path: Path) -> Json:
    remedy = "A plan is a small JSON document."
    text = read_text(path, what="a plan", remedy=remedy)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as trouble:
        raise UsageError(f"{path} is no plan: {trouble}.", remedy=remedy) from trouble
