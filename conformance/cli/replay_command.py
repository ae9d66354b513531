"""``replay``: run one saved plan again."""

from __future__ import annotations

import contextlib
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
from conformance.engine.replay import chosen_plan, read_plan, run_plan
from conformance.errors import ExitCode, SuiteError, UsageError
from conformance.history.input_files import read_text
from conformance.model import Json
from conformance.release.next_step import AGAIN
from conformance.run.running import Running
from conformance.run.stopping import aftermath, leaving, promise, set_aside
from conformance.run.unstarted import account_of, accountable
from conformance.settings.configuration import DEFAULT, Configuration, Value, from_document

_REMEDY = "A plan is a small JSON document; --finding or --plan chooses one of a report.json."


@click.command(cls=GroupedCommand)
@click.argument("file", metavar="REPORT-or-PLAN.json", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--finding", type=click.IntRange(0), metavar="N", help="The plan that showed this finding of REPORT.json."
)
@click.option("--plan", "plan_id", default="", metavar="ID", help="The plan of this id in REPORT.json.")
@click.option("--times", type=click.IntRange(1, 100), default=1, show_default=True, help="How many side by side.")
@configured(*REACHING[:1], *RUNNING[:1], *REACHING[1:2], *RUNNING[1:], *REACHING[2:], "i_may_write")
@click.option("--json", "as_json", is_flag=True, help="Print the run document.")
@click.option("--quiet", is_flag=True, help="Print the outcome alone.")
@click.option("--verbose", is_flag=True, help="Show each requirement that passed, too.")
def replay(  # noqa: PLR0913 - an option each
    *,
    file: Path,
    finding: int | None,
    plan_id: str,
    times: int,
    as_json: bool,
    quiet: bool,
    verbose: bool,
    **given: Any,
) -> int:
    """Run one saved plan again, alone, as it was drawn.

    REPORT.json is a run's: --finding or --plan says which of its plans; the target, its storage provider and the bound
    are that run's unless others are said, and the reports go to a folder `again` beside it. PLAN.json holds a plan
    alone, or the entry that a report has for one. The outcome speaks of what the plan exercises.
    """
    if finding is not None and plan_id:
        raise UsageError("--finding and --plan each choose a plan.", remedy="Say one of them.")
    asked = _asked(file, given)
    inputs = (file, *named_files(asked))
    with accountable(asked.get("report_dir"), named(asked), inputs=inputs, framing=framing_of(asked)) as older:
        tell([set_aside(older)] if older else [])
        document = chosen_plan(_document(file), finding=finding, plan=plan_id)
        read_plan(document)
        running = Running(checked(asked.settings()), recorded=True, inputs=inputs)
        try:
            running.start()
        except BaseException:
            running.abandon()
            raise
        drawn, settings = _carried_out(running, document, times), running.settings
    screen = console(as_json=as_json, quiet=quiet, verbose=verbose)
    status = show(drawn, settings.report_dir, screen, status=int(drawn["exit_code"]))
    tell(aftermath(settings, drawn, interrupted=status == ExitCode.INTERRUPTED))
    return status


def _asked(file: Path, given: dict[str, Any]) -> Configuration:
    """Gather what is asked; what a run document says of its target and its bound counts where nothing else does."""
    try:
        said = json.loads(_text(file))
    except (ValueError, RecursionError, UsageError):
        return configuration(given)  # what is wrong with the file is told where there is a report of it
    if not isinstance(said, dict) or not isinstance(said.get("options"), dict):
        return configuration(given)
    return configuration(
        given, {**from_document(said["options"], file), "report_dir": Value(file.parent / AGAIN, DEFAULT)}
    )


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
    try:
        return json.loads(_text(path))
    except (ValueError, RecursionError) as trouble:
        raise UsageError(f"{path} is no plan: {trouble}.", remedy=_REMEDY) from trouble


def _text(path: Path) -> str:
    """Read a run document or a plan; what is neither is told to be no plan."""
    with contextlib.suppress(UsageError):
        return read_text(path, what="a run document", remedy=_REMEDY)
    return read_text(path, what="a plan", remedy=_REMEDY)
