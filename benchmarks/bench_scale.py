"""How judging scales: realistic histories of 10^5 operations and more, in Parquet, judged by one worker and by two.

    python benchmarks/bench_scale.py [OPERATIONS ...] [--folder DIR] [--limit SECONDS] [--write docs/scale.md]

Each history is played by the chaotic model of the judge's tests (replicas that lag, answers lost after the commit,
deletions, versions switched under readers, bad uploads, a second user), pack after pack with ids of its own, so that
some projects are suspects. It is streamed to Parquet and judged there: CPU and wall clock in seconds, the largest
process in MiB, one worker, two, and a Dask cluster of two worker processes on this machine. What the first process does
itself, no second worker makes shorter: "two : one at best" is what its share of the CPU allows. Ends by itself when the
limit (900 s unless said otherwise) is over, with the rows that it has. `--write` fills the marked table.
"""

from __future__ import annotations

import argparse
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "consistency"))

from legal_dds import pack

from conformance.history import End, Header, encode, encode_end, encode_header
from conformance.history.parquet.converting import Numbered, write_parquet
from conformance.model import Operation

PACKED = 100
APART_NS = 120 * 10**9
HEADING = (
    "| operations | Parquet (MiB) | CPU, one worker (s) | of it in the first process (s) | wall, one (s) | "
    "wall, two (s) | two : one | two : one at best | largest process (MiB) | Dask : pool |"
)
LIMIT_S = 900.0
BEGIN, END = "<!-- bench_scale begin -->", "<!-- bench_scale end -->"


class LimitError(Exception):
    """The time that was given is over."""


@dataclass(frozen=True, slots=True)
class Limit:
    """When (s, monotonic) to end."""

    until: float

    def left_s(self) -> float:
        """Return how long (s) is left.

        Raises:
            LimitError: nothing is.
        """
        left = self.until - time.monotonic()
        if left <= 0:
            raise LimitError
        return left


def operations(wanted: int) -> Iterator[Operation]:
    """Yield about `wanted` operations: each pack's ids and urls are its own, and it plays after the one before."""
    made = 0
    for number in range(1 << 30):
        for one in pack(number % 997, PACKED).operations:
            yield _apart(one, number)
            made += 1
        if made >= wanted:
            return


def _apart(one: Operation, number: int) -> Operation:
    """Return an operation of a later pack: its ids differ in their second group, and its times by the pack's number."""
    exchange = one.exchange
    shift = number * APART_NS
    moved = replace(
        exchange, path=_renamed(exchange.path, number), request=_renamed(exchange.request, number),
        response=_renamed(exchange.response, number),
    )  # fmt: skip
    b = None if one.b_ns is None else one.b_ns + shift
    notes = _renamed(dict(one.notes), number) if one.notes else one.notes
    return replace(one, id=f"p{number}-{one.id}", session=f"p{number}/{one.session}", a_ns=one.a_ns + shift, b_ns=b,
                   exchange=moved, notes=notes)  # fmt: skip


def _renamed(value: object, number: int) -> object:
    if isinstance(value, str) and (" number " in value or value.startswith("taken over ")):
        return f"{value} of {number}"  # a name
    if isinstance(value, str):
        return value.replace("-0000-4000-", f"-{number % 65536:04x}-4{number // 65536:03x}-") if "-" in value else value
    if isinstance(value, dict):
        renamed = {key: _renamed(inner, number) for key, inner in value.items()}
        if isinstance(name := value.get("id"), str) and name.isdigit():
            renamed["id"] = f"{name}-of-{number}"  # listings of the model give numbers, which packs would share
        return renamed
    return [_renamed(inner, number) for inner in value] if isinstance(value, list) else value


def numbered(wanted: int, limit: Limit | None = None) -> Iterator[Numbered]:
    """Yield the lines of such a history.

    Raises:
        LimitError: it takes too long.
    """
    first = pack(0, 1)
    yield 1, encode_header(first.target, {"run_id": "bench"}).rstrip(b"\n"), Header({}, first.target)
    number = 1
    for one in operations(wanted):
        number += 1
        if limit and number % 10_000 == 0:
            limit.left_s()
        yield number, encode(one).rstrip(b"\n"), one
    yield number + 1, encode_end(number - 1, interrupted=False, ended="").rstrip(b"\n"), End(number - 1)


@dataclass(frozen=True, slots=True)
class Figures:
    """What one judgement cost: CPU (s) of all processes and of the first, wall clock (s), the largest process (MiB)."""

    cpu_s: float
    first_s: float
    wall_s: float
    largest_mib: float


def measured(words: Sequence[str], limit: Limit) -> Figures:
    """Judge by the command in a process of its own, and read what it and its workers cost.

    Raises:
        LimitError: it takes too long; it and its workers are killed.
    """
    program = (
        "import resource, sys\n"
        "from click.testing import CliRunner\n"
        "from conformance.cli.judge_command import judge\n"
        "if __name__ == '__main__':\n"
        "    answer = CliRunner().invoke(judge, sys.argv[1:], standalone_mode=False)\n"
        "    assert answer.exception is None, answer.exception\n"
        "    everybody = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)\n"
        "    own = resource.getrusage(resource.RUSAGE_SELF)\n"
        "    largest = max(resource.getrusage(who).ru_maxrss for who in everybody)\n"
        "    print(own.ru_utime + own.ru_stime, largest)\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "judging.py"
        script.write_text(program)
        before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        command = [sys.executable, str(script), *words, "--json"]
        output = _within(command, limit)
        after, wall_s = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - begun
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    first_s, largest = output.split()[-2:]
    return Figures(cpu_s, float(first_s), wall_s, int(largest) / 1024)


def _within(command: Sequence[str], limit: Limit) -> str:
    """Run a command in a session of its own; return its output."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        try:
            output, _ = process.communicate(timeout=limit.left_s())
        except (subprocess.TimeoutExpired, LimitError) as over:
            os.killpg(process.pid, signal.SIGKILL)
            raise LimitError from over
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return output


def in_cluster(path: Path, limit: Limit) -> float | None:
    """Judge on a local Dask cluster of two worker processes; return the wall clock (s), None without the extra."""
    try:
        from distributed import LocalCluster  # noqa: PLC0415 - an optional extra
    except ImportError:
        return None
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        return measured([str(path), "--dask", cluster.scheduler_address], limit).wall_s


def row(wanted: int, folder: Path, limit: Limit) -> str:
    """Make a history of a size, judge it in each way, and return a row of the table."""
    path = folder / f"bench-{wanted}.parquet"
    begun = time.process_time()
    write_parquet(numbered(wanted, limit), path)
    made_s, size = time.process_time() - begun, f"{path.stat().st_size / (1 << 20):.0f}"
    try:
        one, two = (measured([str(path), "--workers", workers], limit) for workers in "12")
        dask_s = in_cluster(path, limit)
    finally:
        path.unlink(missing_ok=True)
    largest = max(one.largest_mib, two.largest_mib)
    ratio = f"{dask_s / two.wall_s:.2f}" if dask_s else "not installed"
    print(f"{wanted:,}: made in {made_s:.0f} s of CPU, {size} MiB; {wanted / one.cpu_s:,.0f} operations a CPU second")
    return (
        f"| {wanted:,} | {size} | {one.cpu_s:.1f} | {one.first_s:.1f} | {one.wall_s:.1f} | {two.wall_s:.1f} | "
        f"{one.wall_s / two.wall_s:.2f} | {one.cpu_s / ((one.cpu_s + one.first_s) / 2):.2f} | {largest:.0f} | {ratio} |"
    )


def main() -> None:
    """Print the table; write it where that was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("operations", type=int, nargs="*", default=[10**5, 10**6, 10**7])
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()), help="where histories are made")
    parser.add_argument("--limit", type=float, default=LIMIT_S, help="seconds after which it ends by itself")
    parser.add_argument("--write", type=Path, help="the page whose marked table is filled")
    asked = parser.parse_args()
    table = [HEADING, "|" + "---|" * (HEADING.count("|") - 1)]
    limit = Limit(time.monotonic() + asked.limit)
    try:
        for wanted in asked.operations:
            table.append(row(wanted, asked.folder, limit))  # noqa: PERF401 - each is kept as soon as it is there
    except LimitError:
        print(f"the limit of {asked.limit:.0f} s is over: larger histories were not measured")
    print("\n".join(table))
    if asked.write:
        page = asked.write.read_text(encoding="utf-8")
        before, _, rest = page.partition(BEGIN)
        note = f"Measured by `bench_scale.py` on {os.cpu_count()} cores."
        after = rest.partition(END)[2]
        asked.write.write_text(f"{before}{BEGIN}\n{note}\n\n" + "\n".join(table) + f"\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
