"""``selftest``: prove the instrument on broken servers and on odd but legal ones."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from importlib import metadata
from pathlib import Path

import click

from conformance.api import catalogue
from conformance.cli.asking.grouped_help import GroupedCommand
from conformance.cli.asking.near_choice import NearChoice
from conformance.clients.client_scenarios import scenarios
from conformance.driver.report_folder import check_writable
from conformance.errors import ExitCode
from conformance.outcome.assemble import now
from conformance.selftest import Matrix, Trialled, gaps, markdown, subjects, try_subject
from conformance.selftest.client_matrix import client_matrix, toys, try_toy
from conformance.settings.run_settings import EFFORTS


@click.command(cls=GroupedCommand)
@click.option("--effort", type=NearChoice(EFFORTS), default="standard", show_default=True, help="How much to try.")
@click.option("--jobs", type=click.IntRange(1, 64), default=2, show_default=True, help="Servers tried side by side.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the plans and of the servers.")
@click.option("--only", multiple=True, metavar="NAME-or-glob", help="Try these faults and variants; may be repeated.")
@click.option(
    "--write", type=click.Path(dir_okay=False, path_type=Path), help="Write the kill matrix there, as Markdown."
)
@click.option("--clients", is_flag=True, help="Try the toy clients, each wrong in one way, instead of servers.")
def selftest(  # noqa: PLR0913 - the options of the command
    *, effort: str, jobs: int, seed: int, only: tuple[str, ...], write: Path | None, clients: bool
) -> int:
    """Run the suite against every fault and every legal variant of the embedded DDS.

    Fails (exit 1) if a fault survives (what convicts it must be as grave as what it breaks), if one fails a MUST that
    it did not break, or if a legal variant does not pass. A whole matrix also names the binding requirements that
    convict no fault. With --clients: toy clients, each of which must be convicted of its own fault and of nothing else.
    """
    if clients:
        return _clients(jobs=jobs, seed=seed, only=only, write=write)
    chosen, begun = subjects(only), time.monotonic()
    if write:
        check_writable(write.parent, option="--write")
    with ThreadPoolExecutor(jobs) as pool:
        running = [pool.submit(try_subject, subject, effort=effort, seed=seed) for subject in chosen]
        try:
            for done, future in enumerate(as_completed(running), start=1):
                _tell(done, len(chosen), future.result())
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    took_s = time.monotonic() - begun
    version = metadata.version("dds-conformance")
    matrix = Matrix(tuple(future.result() for future in running), effort, seed, now()[:10], version, took_s)
    if write:
        write.parent.mkdir(parents=True, exist_ok=True)
        write.write_text(markdown(matrix, catalogue.requirements()), encoding="utf-8")
    return _conclude(matrix, whole=not only)


def _clients(*, jobs: int, seed: int, only: tuple[str, ...], write: Path | None) -> int:
    """Try the toy clients one after the other: the scenarios of each run side by side."""
    rows, begun = [], time.monotonic()
    for toy in toys(only):
        rows.append(row := try_toy(toy, scenarios(), jobs=jobs, seed=seed))
        mark = click.style("ok   ", fg="green") if row.right else click.style("WRONG", fg="red")
        said = ", ".join(row.convicted) or "nothing"
        click.echo(f"{mark} {toy.name:<26} {said}  [{row.took_s:.0f} s]")
        for trouble in (*row.unrelated, *row.trouble, *(row.core if not toy.breaks else ())):
            click.echo(f"        {trouble}")
    if write:
        took = f"in {(time.monotonic() - begun) / 60:.1f} minutes"
        version = metadata.version("dds-conformance")
        made = f"Made by `dds-conformance selftest --clients --seed {seed}` on {now()[:10]}, version {version}, {took}."
        write.parent.mkdir(parents=True, exist_ok=True)
        write.write_text(client_matrix(rows, catalogue.requirements(catalogue.CLIENT), made=made), encoding="utf-8")
    return ExitCode.CONFORMANT if all(row.right for row in rows) else ExitCode.NONCONFORMANT


def _tell(done: int, of: int, row: Trialled) -> None:
    mark = click.style("ok   ", fg="green") if row.right else click.style("WRONG", fg="red")
    convicted = ", ".join(row.caught_by) or row.outcome
    soon = f"  after {row.requests} requests, {row.seconds:.2f} s" if row.seconds is not None else ""
    beside = f"  beside: {', '.join(row.unrelated)}" if row.unrelated else ""
    click.echo(f"{done:>3}/{of} {mark} {row.subject.name:<30} {convicted}{soon}{beside}  [{row.took_s:.1f} s]")
    if not row.right:
        click.echo(f"        {row.outcome}: {row.said}")


def _conclude(matrix: Matrix, *, whole: bool) -> int:
    missing = gaps(matrix, catalogue.requirements()) if whole else ()
    for name, share, rows in (
        ("sensitivity", matrix.sensitivity, matrix.faults),
        ("specificity", matrix.specificity, matrix.variants),
    ):
        if share is not None:
            click.echo(f"{name}: {sum(row.right for row in rows)} of {len(rows)} ({share:.1%})")
    click.echo(f"wall time: {matrix.took_s:.0f} s")
    for name in missing:
        click.echo(f"gap: {name} convicts no fault")
    return ExitCode.NONCONFORMANT if matrix.wrong or missing else ExitCode.CONFORMANT
