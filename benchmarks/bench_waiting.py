"""How the wall time of a standard run grows with the target's lag: waits overlap, so it must not be their sum.

    python benchmarks/bench_waiting.py [--lags 0,2,5,10]

The bound is 25 s of the run's own and 4.5 s per second of lag (project, upload and next version follow each other).
"""

from __future__ import annotations

import argparse
import sys

from soak_scenarios import Case, Result, run

OWN_S = 25.0
PER_LAG = 4.5


def slope(results: list[Result]) -> float:
    """Return the growth of the wall time in seconds per second of lag, by least squares."""
    lags = [float(result.case.lag) for result in results]
    walls = [result.wall_s for result in results]
    middle, level = sum(lags) / len(lags), sum(walls) / len(walls)
    spread = sum((lag - middle) ** 2 for lag in lags)
    return sum((lag - middle) * (wall - level) for lag, wall in zip(lags, walls, strict=True)) / spread


def main() -> int:
    """Run once per lag, print wall times and slope; exit 1 when a run was slower than the bound."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lags", default="0,2,5,10")
    parser.add_argument("--effort", default="standard")
    parser.add_argument("--workers", type=int, default=0)
    given = parser.parse_args()
    results = []
    for n, lag in enumerate(given.lags.split(",")):
        result = run(Case(n + 1, lag, "", given.effort, 60.0, given.workers))
        bound = OWN_S + PER_LAG * float(lag)
        results.append(result)
        retained = "within" if result.wall_s <= bound else "OVER"
        said = f"{result.wall_s:6.1f} s, {retained} the bound of {bound:5.1f} s; {result.exchanges} exchanges"
        print(f"lag {lag:>4} s: {said}; exit {result.status}", flush=True)
    if len(results) > 1:
        print(f"growth: {slope(results):.2f} s per second of lag (bound {PER_LAG})")
    return int(any(result.wall_s > OWN_S + PER_LAG * float(result.case.lag) for result in results))


if __name__ == "__main__":
    sys.exit(main())
