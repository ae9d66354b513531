"""``run``: judge a target."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import click

from conformance import catalogue
from conformance.child import LOG, run_child
from conformance.cli.present import Watching, console
from conformance.credentials import Credentials
from conformance.errors import ExitCode, SuiteError, UsageError
from conformance.gates import load
from conformance.model import Target
from conformance.running import REPORT
from conformance.settings import EFFORTS, Settings, base_url, new_run_id


@click.command()
@click.option("--target", metavar="URL", help="The server to judge.  [default: the embedded server]")
@click.option("--credentials", metavar="FILE", type=click.Path(path_type=Path), help="TOML, readable by you alone.")
@click.option("--report-dir", type=click.Path(file_okay=False, path_type=Path), default="dds-report", show_default=True)
@click.option("--converge-within", type=click.FloatRange(0, min_open=True), default=60.0, show_default=True,
              metavar="SECONDS", help="The bound on 'eventually'.")  # fmt: skip
@click.option("--effort", type=click.Choice(EFFORTS), default="standard", show_default=True, help="How much to try.")
@click.option("--strict", is_flag=True, help="A broken SHOULD fails.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the plans.")
@click.option("--workers", type=click.IntRange(0, 64), default=0, show_default=True, help="Processes beside the first.")
@click.option("--only", multiple=True, metavar="ID-or-glob", help="Judge these requirements only; may be repeated.")
@click.option("--max-rps", type=click.FloatRange(0, min_open=True), metavar="N", help="Requests per second at most.")
@click.option("--json", "as_json", is_flag=True, help="Print the run document.")
@click.option("--quiet", is_flag=True, help="Print the outcome alone.")
def run(*, as_json: bool, quiet: bool, **given: object) -> int:
    """Judge a target, the embedded server when none is named.

    Credentials come from the environment (DDS_API_TOKEN, or DDS_AGENT_KEY with DDS_USER_KEY; DDS_OTHER_API_TOKEN) or
    from --credentials FILE, which has the same names in lower case.
    """
    settings = _settings(**given)  # type: ignore[arg-type] # click has typed them
    (settings.report_dir / REPORT).unlink(missing_ok=True)
    screen = console(as_json=as_json, quiet=quiet)
    try:
        status, interrupted = run_child(settings, Watching(screen, settings).tick)
    finally:
        screen.done()
    report = settings.report_dir / REPORT
    if not report.exists():
        return _without_report(settings.report_dir / LOG, status, interrupted=interrupted)
    document = load(report)
    screen.show(document, report.parent)
    return ExitCode.INTERRUPTED if interrupted else int(document["exit_code"])


def _without_report(log: Path, status: int, *, interrupted: bool) -> int:
    said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    if status == ExitCode.UNREACHABLE or interrupted:
        told = next((line for line in reversed(said) if "error: " in line), "interrupted before anything was judged")
        click.echo(told[told.find("error: ") :] if "error: " in told else told, err=True)
        return ExitCode.INTERRUPTED if interrupted else status
    raise SuiteError("\n".join(["the run ended without a report.", *said[-15:]]), remedy=f"The whole log: {log}")


def _settings(  # noqa: PLR0913 - the options of the command
    *, target: str | None, credentials: Path | None, report_dir: Path, converge_within: float, effort: str,
    strict: bool, seed: int, workers: int, only: tuple[str, ...], max_rps: float | None,
) -> Settings:  # fmt: skip
    catalogue.select(only)
    given = Credentials.from_environment()
    if credentials:
        given = Credentials.from_file(credentials).over(given)
    if target and not given.given:
        raise UsageError("a target needs credentials.", remedy="Set DDS_API_TOKEN, or name a --credentials FILE.")
    about = Target(
        base_url=base_url(target) if target else "",
        second_user=given.other_api_token is not None,
        converge_within_s=converge_within,
    )
    settings = Settings(target=about, run_id=new_run_id(), credentials=given, effort=effort, seed=seed)
    return dataclasses.replace(
        settings, workers=workers, strict=strict, only=only, report_dir=report_dir.absolute(), max_rps=max_rps
    )
