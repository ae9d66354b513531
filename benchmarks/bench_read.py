"""How fast a history of JSON lines is read and judged, end to end with its reports, each step in a process of its own.

    python benchmarks/bench_read.py [OPERATIONS]      (default 100,000; 1,000,000 takes minutes and 600 MB of disk)

Two histories: the usual short bodies, and 49,000 operations with long ones (78 MB). Times are CPU and wall (s), of
commands whose modules are compiled already, as those of an installed suite are.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import generated_history
from judge_timeline import TARGET

from conformance import history as histories
from conformance.history.decode import Decoder
from conformance.model import Operation

LONG_OPERATIONS, LONG_BYTES = 49_000, 2020
LONG_BUDGET_S, FLOOR, MOST_MIB = 2.0, 60_000, 1024


def write(path: Path, operations: Iterator[Operation]) -> int:
    """Write a whole history; return how many operations it holds."""
    count = 0
    with path.open("wb") as file:
        file.write(histories.encode_header(TARGET, {"run_id": "bench", "seed": 1, "effort": "standard"}))
        for count, one in enumerate(operations, 1):  # noqa: B007 - counted
            file.write(histories.encode(one))
        file.write(histories.encode_end(count, interrupted=False, ended=""))
    return count


def lengthened(operations: Iterator[Operation]) -> Iterator[Operation]:
    """Give operations whose JSON answers carry a text of their own, so that no two bodies are alike."""
    for number, one in enumerate(operations):
        body = one.exchange.response
        if isinstance(body, dict) and "error" not in body:
            more = {**body, "description": f"{number:09}" * ((LONG_BYTES - 500) // 6)}
            yield replace(one, exchange=replace(one.exchange, response=more))
        else:
            yield one


def decode(path: Path) -> None:
    """Decode each line."""
    decoder = Decoder()
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            decoder(line, number)


def operations(path: Path) -> None:
    """Read the whole history."""
    histories.read(path)


def columns(path: Path) -> None:
    """Read it into columns; needs the extra `columnar`."""
    from conformance.judge.columnar.columns import Columns  # noqa: PLC0415 - an optional extra

    with tempfile.TemporaryDirectory() as folder:
        Columns(Path(folder) / "history.parquet", TARGET).write(histories.read(path).operations)


def judge(path: Path) -> None:
    """Run the command, reports included."""
    from conformance.cli import main  # noqa: PLC0415 - only this step loads the command

    with tempfile.TemporaryDirectory() as folder:
        sys.argv = ["dds-conformance", "judge", str(path), "--report-dir", str(Path(folder) / "report")]
        try:
            main()
        except SystemExit:
            return


STEPS: dict[str, Callable[[Path], None]] = {
    "decode": decode, "operations": operations, "columns": columns, "judge": judge,
}  # fmt: skip


def step(name: str, path: Path) -> None:
    """Take one step; print its CPU and wall time (s), starting included for the command, and its peak memory (MiB)."""
    begun, cpu = time.perf_counter(), time.process_time()
    STEPS[name](path)
    wall, spent = time.perf_counter() - begun, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stderr.write(json.dumps({"wall": wall, "cpu": spent, "mib": peak}) + "\n")


def taken(name: str, path: Path) -> dict[str, float]:
    """Take a step in a process of its own that may keep compiled modules; return its figures."""
    command = [sys.executable, __file__, "--step", name, str(path)]
    environment = {word: value for word, value in os.environ.items() if word != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment
    )
    figures: dict[str, float] = json.loads(done.stderr.splitlines()[-1])
    return figures


def measured(path: Path, count: int) -> None:
    """Print each step's figures."""
    print(f"{path.name}: {count:,} operations, {path.stat().st_size / 1e6:.0f} MB")
    for name in STEPS:
        found = taken(name, path)
        print(
            f"  {name:<12}{count / found['cpu']:>12,.0f} /s   {found['cpu']:7.2f} s CPU {found['wall']:7.2f} s wall "
            f"{found['mib']:7.0f} MiB",
            flush=True,
        )


def main_of(wanted: int) -> None:
    """Print it all."""
    print(f"goals: judge {FLOOR:,} /s within {MOST_MIB} MiB; the long bodies within {LONG_BUDGET_S} s")
    with tempfile.TemporaryDirectory() as folder:
        small = Path(folder) / "small.jsonl"
        write(small, generated_history.operations(100))
        taken("judge", small)  # compiles what is not compiled yet
        usual, long = Path(folder) / "usual.jsonl", Path(folder) / "long.jsonl"
        measured(usual, write(usual, generated_history.operations(wanted)))
        measured(long, write(long, lengthened(generated_history.operations(LONG_OPERATIONS))))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--step", name, path]:
            step(name, Path(path))
        case words:
            main_of(int(words[0]) if words else 100_000)
