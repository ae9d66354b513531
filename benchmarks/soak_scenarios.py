"""Run the suite again and again against the embedded server, sound or faulty, and count alarms or convictions.

    python benchmarks/soak_scenarios.py --runs 50 --lags 0,0.05,0.3,1,0.1-0.6
    python benchmarks/soak_scenarios.py --runs 20 --lags 0.3 --fault early-200-5ms

Each run is a `dds-conformance run` of its own with its own server, seed and report folder.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from conformance.reference.launch import launch

COMMAND = Path(sys.executable).parent / "dds-conformance"


@dataclass(frozen=True, slots=True)
class Case:
    """One run to make."""

    seed: int
    lag: str
    fault: str
    effort: str
    converge_within: float
    workers: int
    keep: Path | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What came of it: exit code, wall time in seconds, exchanges, the duties that failed and warned."""

    case: Case
    status: int
    wall_s: float
    exchanges: int
    failed: tuple[str, ...]
    warned: tuple[str, ...]
    unseen: tuple[str, ...]
    width_ms: float | None


def run(case: Case) -> Result:
    """Make one run."""
    faults = [case.fault] if case.fault else []
    with launch(lag=case.lag, seed=case.seed, faults=faults) as server, tempfile.TemporaryDirectory() as folder:
        secrets = {"DDS_API_TOKEN": server.token, "DDS_OTHER_API_TOKEN": server.other_token}
        command = [str(COMMAND), "run", "--quiet", "--target", server.base_url, "--report-dir", folder]
        command += ["--effort", case.effort, "--seed", str(case.seed), "--workers", str(case.workers)]
        command += ["--converge-within", str(case.converge_within)]
        begun = time.monotonic()
        done = subprocess.run(command, env={**os.environ, **secrets}, capture_output=True, text=True, check=False)
        wall = time.monotonic() - begun
        report = Path(folder) / "report.json"
        document = json.loads(report.read_text(encoding="utf-8")) if report.exists() else {"requirements": []}
        if case.keep and (done.returncode != 0) != bool(case.fault):
            shutil.copytree(folder, case.keep / f"seed-{case.seed}", dirs_exist_ok=True)
    if not document["requirements"]:
        print(done.stdout, done.stderr, file=sys.stderr)
    outcomes = {"fail": [], "warn": [], "not-observed": []}
    for row in document["requirements"]:
        outcomes.get(row["outcome"], []).append(row["id"])
    width = (document.get("sensitivity") or {}).get("width_s")
    return Result(
        case, done.returncode, wall, int(document.get("exchanges", 0)), tuple(outcomes["fail"]),
        tuple(outcomes["warn"]), tuple(outcomes["not-observed"]), width and width * 1000,
    )  # fmt: skip


def line(result: Result) -> str:
    """Draw one result as a line."""
    case = result.case
    said = f"fail: {', '.join(result.failed) or '-'}; warn: {', '.join(result.warned) or '-'}"
    width = f"{result.width_ms:.1f} ms" if result.width_ms else "-"
    head = f"seed {case.seed:3} lag {case.lag:>8} exit {result.status} {result.wall_s:6.1f} s"
    unseen = ", ".join(result.unseen) or "-"
    return f"{head} {result.exchanges:6} exchanges, window {width}; {said}; not observed: {unseen}"


def summary(results: list[Result], fault: str) -> str:
    """Draw the figures of all results."""
    walls = [result.wall_s for result in results]
    about = f"wall time median {statistics.median(walls):.1f} s, longest {max(walls):.1f} s"
    if fault:
        convicted = sum(bool(result.failed) and result.status == 1 for result in results)
        return f"{fault}: convicted in {convicted} of {len(results)} runs without --strict; {about}"
    alarms = sum(bool(result.failed or result.warned) or result.status != 0 for result in results)
    return f"alarms in {alarms} of {len(results)} runs; {about}"


def main() -> int:
    """Run as many as asked for; exit 1 when a sound server raised an alarm, or a faulty one slipped too often."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--lags", default="0.3", help="SECONDS or MIN-MAX, by commas, taken in turn")
    parser.add_argument("--fault", default="")
    parser.add_argument("--effort", default="standard")
    parser.add_argument("--converge-within", type=float, default=30.0)
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1, help="runs at the same time")
    parser.add_argument("--keep", type=Path, help="folder for the reports of runs that came out wrong")
    parser.add_argument("--first-seed", type=int, default=1)
    given = parser.parse_args()
    lags = itertools.cycle(given.lags.split(","))
    cases = [
        Case(
            given.first_seed + n,
            next(lags),
            given.fault,
            given.effort,
            given.converge_within,
            given.workers,
            given.keep,
        )
        for n in range(given.runs)
    ]
    results: list[Result] = []
    with ThreadPoolExecutor(given.jobs) as pool:
        for result in pool.map(run, cases):
            results.append(result)
            print(line(result), flush=True)
    print(summary(results, given.fault))
    convicted = sum(bool(result.failed) for result in results)
    alarms = sum(bool(result.failed or result.warned) or result.status != 0 for result in results)
    return int(convicted * 20 < len(results) * 19) if given.fault else int(alarms > 0)


if __name__ == "__main__":
    sys.exit(main())
