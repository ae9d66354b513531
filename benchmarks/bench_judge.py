"""The judge's speed and memory, as ratios in one run; the machine may be shared, so medians of several rounds.

    python benchmarks/bench_judge.py [LONGEST]      (default 1,000,000 operations; 10,000,000 takes minutes)

Parsing is counted apart: JSON lines to operations, and operations to columns. What is measured is judging alone.
"""

from __future__ import annotations

import gc
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

import generated_history
from judge_timeline import TARGET

from conformance import history as histories
from conformance.api.request_facts import is_mutation
from conformance.judge import Judge, judge_history
from conformance.judge.evidence import verified
from conformance.model import History, Operation

ROUNDS = 5
SAMPLE = 100_000


def seconds(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Give the median of the CPU time (s) that `work` takes."""
    taken = []
    for _ in range(rounds):
        gc.collect()
        begun = time.process_time()
        work()
        taken.append(time.process_time() - begun)
    return statistics.median(taken)


def shown(name: str, count: int, taken: float, floor: float) -> float:
    """Print a rate beside the floor it is held against, and give it."""
    rate = count / taken
    print(f"{name:<58}{rate:>14,.0f} /s   {rate / floor:6.2f} x {floor:,.0f}")
    return rate


def parsing(operations: list[Operation], folder: Path) -> None:
    """Count parsing apart."""
    path = folder / "history.jsonl"
    path.write_bytes(b"".join(histories.encode(one) for one in operations))
    taken = seconds(lambda: histories.read(path), 3)
    print(f"{'JSON lines to operations (not part of what follows)':<58}{len(operations) / taken:>14,.0f} /s")


def rows(operations: list[Operation]) -> float:
    """Measure all requirements, and the re-check of what was found."""
    history = History(tuple(operations), TARGET)
    rate = shown("all duties with certificates", len(operations), seconds(lambda: judge_history(history)), 150e3)
    judgement = judge_history(history)
    shown("re-check of all findings", len(operations), seconds(lambda: verified(judgement, history)), 10 * rate)
    return rate


def columns(operations: list[Operation], folder: Path, all_rate: float) -> None:
    """Measure the columnar path against the row judge."""
    try:
        from conformance.judge.columnar.columnar_judge import judge_parquet  # noqa: PLC0415 - an optional extra
        from conformance.judge.columnar.columns import Columns  # noqa: PLC0415 - the same
    except ImportError:
        print("the columnar path: the extra `columnar` is not installed")
        return
    path = folder / "history.parquet"
    begun = time.process_time()
    Columns(path, TARGET).write(operations)
    wrote = time.process_time() - begun
    print(f"{'operations to Parquet (not part of what follows)':<58}{len(operations) / wrote:>14,.0f} /s")
    shown(
        "columns: all duties, from Parquet",
        len(operations),
        seconds(lambda: judge_parquet(path, TARGET)),
        10 * all_rate,
    )
    same = list(judge_parquet(path, TARGET)) == found(judge_history(History(tuple(operations), TARGET)))
    print(f"identical findings: {same}")


def found(judgement: object) -> list[object]:
    """Give the findings of a judgement in their order."""
    tallies = judgement.tallies  # type: ignore[attr-defined]
    return [finding for name in sorted(tallies) for finding in tallies[name].findings]


def linear(longest: int) -> None:
    """Judge ever longer histories, each in a process of its own so that its memory is its own."""
    length = 100_000
    while length <= longest:
        for way in ("stream", "columns"):
            subprocess.run([sys.executable, __file__, "--one", way, str(length)], check=True)
        length *= 10


def stream(length: int) -> None:
    """Judge a stream that is made as it is judged, with the collector at work; print time and memory."""
    court, taken, count = Judge(TARGET), 0.0, 0
    for chunk in chunks(generated_history.operations(length)):
        begun = time.process_time()
        for one in chunk:
            if is_mutation(one.exchange):
                court.begin(one)
            court.add(one)
        taken += time.process_time() - begun
        count += len(chunk)
    begun = time.process_time()
    court.conclude()
    report("row by row", count, taken + time.process_time() - begun)


def in_columns(length: int) -> None:
    """Write a history of that length as Parquet in another process, then judge it; print time and memory."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "history.parquet"
        subprocess.run([sys.executable, __file__, "--write", str(path), str(length)], check=True)
        from conformance.judge.columnar.columnar_judge import judge_parquet  # noqa: PLC0415 - an optional extra

        begun = time.process_time()
        judge_parquet(path, TARGET)
        report("in columns", length, time.process_time() - begun)


def write(path: str, length: int) -> None:
    """Write a history as Parquet; print how much memory that took."""
    from conformance.judge.columnar.columns import Columns  # noqa: PLC0415 - an optional extra

    begun = time.process_time()
    Columns(Path(path), TARGET).write(generated_history.operations(length))
    report("(made and written as Parquet)", length, time.process_time() - begun)


def report(name: str, count: int, taken: float) -> None:
    """Print time for each operation and the peak of memory."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{count:>11,} operations {name:<30}{taken / count * 1e6:8.3f} us each, {peak:7.0f} MiB at most", flush=True)


def chunks(operations: Iterable[Operation]) -> Iterator[list[Operation]]:
    """Give operations by the ten thousand."""
    stream = iter(operations)
    while chunk := list(islice(stream, 10_000)):
        yield chunk


def main(longest: int) -> None:
    """Print it all."""
    linear(longest)
    operations = list(generated_history.operations(SAMPLE))
    with tempfile.TemporaryDirectory() as name:
        parsing(operations, Path(name))
        columns(operations, Path(name), rows(operations))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--one", "stream", length]:
            stream(int(length))
        case ["--one", _, length]:
            in_columns(int(length))
        case ["--write", path, length]:
            write(path, int(length))
        case words:
            main(int(words[0]) if words else 1_000_000)
