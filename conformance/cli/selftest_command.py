"""``selftest``: prove the instrument on broken servers and on odd but legal ones."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from importlib import metadata
from pathlib import Path

import click

from conformance.api import catalogue
from conformance.certification.suite_digest import suite_digest
from conformance.cli.asking.grouped_help import GroupedCommand
from conformance.cli.asking.near_choice import NearChoice
from conformance.clients.client_scenarios import scenarios
from conformance.driver.report_folder import check_writable
from conformance.errors import ExitCode
from conformance.outcome.assemble import now
from conformance.selftest import Matrix, Subject, Trialled, gaps, markdown, subjects, try_subject
from conformance.selftest.client_matrix import client_matrix, toys, try_toy
from conformance.selftest.row_store import RowStore
from conformance.selftest.seed_share import drawn, share_table, shares
from conformance.settings.run_settings import EFFORTS


@click.command(cls=GroupedCommand)
@click.option("--effort", type=NearChoice(EFFORTS), default="standard", show_default=True, help="How much to try.")
@click.option("--jobs", type=click.IntRange(1, 64), default=2, show_default=True, help="Servers tried side by side.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the plans and of the servers.")
@click.option("--only", multiple=True, metavar="NAME-or-glob", help="Try these faults and variants; may be repeated.")
@click.option(
    "--draw", type=click.IntRange(1), metavar="N", help="Try so many faults, drawn by --seed, beside those of --only."
)
@click.option(
    "--share", type=click.IntRange(1, 1000), metavar="SEEDS", help="Try each by so many seeds, from --seed on: which?"
)
@click.option(
    "--state",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep rows there; those of the same code are not tried again.",
)
@click.option("--write", type=click.Path(dir_okay=False, path_type=Path), help="Write the table there, as Markdown.")
@click.option("--clients", is_flag=True, help="Try the toy clients, each wrong in one way, instead of servers.")
def selftest(  # noqa: PLR0913 - the options of the command
    *,
    effort: str,
    jobs: int,
    seed: int,
    only: tuple[str, ...],
    draw: int | None,
    share: int | None,
    state: Path | None,
    write: Path | None,
    clients: bool,
) -> int:
    """Run the suite against every fault and every legal variant of the embedded DDS.

    Fails (exit 1) if a fault survives (what convicts it must be as grave as what it breaks), if one fails a MUST that
    it did not break, or if a legal variant does not pass. A whole matrix also names the binding requirements that
    convict no fault. With --share: a table of the share of seeds by which each is judged rightly; fails if one is below
    nine in ten. With --clients: toy clients, each of which must be convicted of its own fault and of nothing else.
    """
    for path, option in ((write, "--write"), (state, "--state")):
        if path:
            check_writable(path.parent, option=option)
    if clients:
        return _clients(jobs=jobs, seed=seed, only=only, write=write)
    chosen, begun = _chosen(only, draw, seed), time.monotonic()
    seeds = range(seed, seed + (share or 1))
    rows = _tried(chosen, seeds, effort=effort, jobs=jobs, store=RowStore(state, suite_digest()))
    if share:
        return _share(rows, effort=effort, seed=seed, count=share, write=write)
    took_s, version = time.monotonic() - begun, metadata.version("dds-conformance")
    matrix = Matrix(tuple(row for _, row in rows), effort, seed, now()[:10], version, took_s)
    _write(write, markdown(matrix, catalogue.requirements()))
    return _conclude(matrix, whole=not only and not draw)


def _chosen(only: tuple[str, ...], draw: int | None, seed: int) -> tuple[Subject, ...]:
    """Give what --only names and what --draw draws; everything, if neither is given."""
    if draw is None:
        return subjects(only)
    named = subjects(only) if only else ()
    return (*named, *(one for one in drawn(subjects(), draw, seed) if one not in named))


def _tried(
    chosen: Sequence[Subject], seeds: range, *, effort: str, jobs: int, store: RowStore
) -> list[tuple[int, Trialled]]:
    """Try every subject by every seed, but for those whose rows are kept; tell of each as it is done."""
    wanted = [(subject, seed) for subject in chosen for seed in seeds]
    found = {pair: row for pair in wanted if (row := store.find(pair[0], effort=effort, seed=pair[1])) is not None}
    if found:
        click.echo(f"{len(found)} of {len(wanted)} were tried before by the same code")
    with ThreadPoolExecutor(jobs) as pool:
        running = {
            pool.submit(try_subject, pair[0], effort=effort, seed=pair[1]): pair for pair in wanted if pair not in found
        }
        try:
            for done, future in enumerate(as_completed(running), start=len(found) + 1):
                pair = running[future]
                found[pair] = row = future.result()
                store.add(row, effort=effort, seed=pair[1])
                _tell(done, len(wanted), row)
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [(pair[1], found[pair]) for pair in wanted]


def _share(rows: Sequence[tuple[int, Trialled]], *, effort: str, seed: int, count: int, write: Path | None) -> int:
    """Print the share of seeds that judge each subject rightly; fail if one is below nine in ten."""
    found, version = shares(rows), metadata.version("dds-conformance")
    made = (
        f"Made by `dds-conformance selftest --share {count} --effort {effort} --seed {seed}` on {now()[:10]}, "
        f"dds-conformance {version}."
    )
    table = share_table(found, made=made)
    click.echo(table)
    _write(write, table)
    return ExitCode.NONCONFORMANT if any(one.weak for one in found) else ExitCode.CONFORMANT


def _write(path: Path | None, text: str) -> None:
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


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
    took = f"in {(time.monotonic() - begun) / 60:.1f} minutes"
    version = metadata.version("dds-conformance")
    made = f"Made by `dds-conformance selftest --clients --seed {seed}` on {now()[:10]}, version {version}, {took}."
    _write(write, client_matrix(rows, catalogue.requirements(catalogue.CLIENT), made=made))
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
