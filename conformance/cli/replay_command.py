"""``replay``: run one saved plan again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from conformance.cli.options import REACHING, RUNNING, configuration, configured
from conformance.cli.present import console, show
from conformance.cli.run_command import checked
from conformance.driver import Driver
from conformance.engine.replay import read_plan, run_plan
from conformance.errors import UsageError
from conformance.model import Json
from conformance.run.running import Running


@click.command()
@click.argument("plan", metavar="PLAN.json", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--times", type=click.IntRange(1, 100), default=1, show_default=True, help="How many side by side.")
@configured(*REACHING[:2], *RUNNING, *REACHING[2:], "i_may_write")
@click.option("--json", "as_json", is_flag=True, help="Print the run document.")
@click.option("--quiet", is_flag=True, help="Print the outcome alone.")
def replay(*, plan: Path, times: int, as_json: bool, quiet: bool, **given: Any) -> int:
    """Run one saved plan again, alone, as it was drawn.

    PLAN.json holds a plan, or the entry that a report has for one. The outcome speaks of what the plan exercises.
    """
    document = _document(plan)
    read_plan(document)
    running = Running(checked(configuration(given).settings()), recorded=True)
    interrupted = False
    settings = running.start()
    driver = Driver(settings, worker="replay")
    try:
        run_plan(document, driver, settings, times=times)
    except KeyboardInterrupt:
        interrupted = True
    finally:
        driver.close()
    drawn = running.finish(interrupted=interrupted)
    screen = console(as_json=as_json, quiet=quiet)
    return show(drawn, settings.report_dir, screen, status=int(drawn["exit_code"]))


def _document(path: Path) -> Json:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as trouble:
        raise UsageError(f"{path} is no plan: {trouble}.", remedy="A plan is a small JSON document.") from trouble
