"""Many quick runs over a bad road: each verdict must equal the one over a good road, or be incomplete.

    python benchmarks/soak_network.py --runs 100

Every run judges the same embedded server, once directly and then through the fault-injecting proxy of the tests. A run
passes when its outcome is that of the direct run or `incomplete`, and no requirement fails or warns that did not
directly. Prints one line a run and the sum; exits 1 if any run failed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from conformance.reference.launch import RunningServer, launch

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "safety"))
from fault_proxy import FAULTS, FaultProxy, faulty

BROKEN = frozenset({"fail", "warn", "error"})
PATIENCE_S = 900
AWAY_AFTER = 150
"""Requests after which the target of every fifth run goes away for ten seconds."""


@dataclass(frozen=True)
class Verdict:
    """What one run came to."""

    outcome: str
    exit_code: int
    broken: frozenset[str]
    exchanges: int
    seconds: float


def run(server: RunningServer, url: str, folder: Path, seed: int) -> Verdict:
    """Judge the server at `url` once."""
    environment = os.environ | {
        "DDS_API_TOKEN": server.token,
        "DDS_OTHER_API_TOKEN": server.other_token,
        "DDS_CONFORMANCE_SILENCE": "0.8",
    }
    command = ["dds-conformance", "run", "--target", url, "--effort", "quick", "--seed", str(seed), "--quiet"]
    begun = time.monotonic()
    done = subprocess.run(
        [*command, "--report-dir", str(folder)], env=environment, capture_output=True, timeout=PATIENCE_S, check=False
    )
    report = folder / "report.json"
    document: dict[str, Any] = json.loads(report.read_text()) if report.exists() else {"requirements": []}
    return Verdict(
        outcome=document.get("outcome", done.stderr.decode()[-200:] or "no report"),
        exit_code=done.returncode,
        broken=frozenset(r["id"] for r in document["requirements"] if r["outcome"] in BROKEN),
        exchanges=document.get("exchanges", 0),
        seconds=time.monotonic() - begun,
    )


def agrees(direct: Verdict, behind: Verdict) -> bool:
    """Whether a run over the bad road says nothing that the good road did not say."""
    return behind.broken <= direct.broken and behind.outcome in (direct.outcome, "incomplete")


@contextlib.contextmanager
def road(server: RunningServer, chance: float, seed: int) -> Iterator[FaultProxy]:
    """Put the proxy between; at the end of every fifth road the target also goes away for ten seconds."""
    with faulty(urlsplit(server.base_url).port or 0, FAULTS, chance, seed) as proxy:
        if seed % 5 == 0:
            proxy.go_away_later(AWAY_AFTER, 10.0)
        yield proxy


def main() -> int:
    """Run the soak."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--runs", type=int, default=100)
    options.add_argument("--chance", type=float, default=0.05, help="share of requests that meet a fault")
    options.add_argument("--first-seed", type=int, default=1)
    options.add_argument("--fault", action="append", default=[], help="a fault of the reference server")
    given = options.parse_args()
    counts: Counter[str] = Counter()
    failed = 0
    with tempfile.TemporaryDirectory() as folder, launch(lag="0.3", faults=given.fault) as server:
        direct = run(server, server.base_url, Path(folder) / "direct", 0)
        print(f"direct: {direct.outcome} ({direct.exit_code}), {direct.exchanges} exchanges, {direct.seconds:.0f} s")
        for seed in range(given.first_seed, given.first_seed + given.runs):
            with road(server, given.chance, seed) as proxy:
                got = run(server, proxy.url, Path(folder) / str(seed), seed)
            fine = agrees(direct, got)
            failed += not fine
            counts[got.outcome] += 1
            met = sum(count for fault, count in proxy.met.items() if fault)
            extra = "" if fine else f"  BROKEN: {', '.join(sorted(got.broken - direct.broken)) or got.outcome}"
            stated = f"{got.outcome} ({got.exit_code}), {met} faults, {got.exchanges} exchanges, {got.seconds:.0f} s"
            print(f"{seed}: {stated}{extra}", flush=True)
    print(f"{given.runs} runs: {dict(counts)}, {failed} disagree")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
