"""Measure what each effort costs, and write the table of ``conformance/settings/costs.py`` that all is drawn from.

``python benchmarks/measure_costs.py`` prints it; with ``--write`` it is written. Nothing else should run meanwhile: the
seconds are those of this machine. ``--effort NAME`` measures one effort alone, and leaves the others as they are.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from conformance.driver.safety import ledger
from conformance.reference.launch import launch
from conformance.settings.costs import COSTS
from conformance.settings.durations import MEASURED_LAG_S
from conformance.settings.effort_cost import EffortCost

TABLE = Path(__file__).parents[1] / "conformance" / "settings" / "costs.py"
LONGER_LAG_S = 1.5
"""The second lag, whose longer duration tells how often a run waits for it."""
_ROWS = re.compile(r"(?<=COSTS: Mapping\[str, EffortCost\] = \{\n).*?(?=\}\n# fmt: on)", re.DOTALL)


def measured(effort: str, lag_s: float) -> EffortCost:
    """Run one effort against a server of our own, reports included, and count what its history holds; `lags` is 0."""
    with tempfile.TemporaryDirectory() as folder, launch(lag=str(lag_s)) as server:
        tokens = {"DDS_API_TOKEN": server.token, "DDS_OTHER_API_TOKEN": server.other_token}
        words = [
            "run",
            "--target",
            server.base_url,
            "--effort",
            effort,
            "--seed",
            "0",
            "--report-dir",
            folder,
            "--quiet",
        ]
        command = [sys.executable, "-m", "conformance", *words]
        begun = time.monotonic()
        subprocess.run(command, env={**os.environ, **tokens}, check=True, stdout=subprocess.DEVNULL)
        took_s = time.monotonic() - begun
        report = json.loads((Path(folder) / "report.json").read_text(encoding="utf-8"))
        made = Counter(entry.kind for entry in ledger.read(Path(folder) / "ledger.jsonl").entries if entry.id)
        octets = _octets(Path(folder) / "history.jsonl")
    return EffortCost(made["project"], made["upload"], report["exchanges"], octets, took_s)


def _octets(history: Path) -> int:
    """Add up the bytes of all bodies, both ways."""
    total = 0
    with history.open("rb") as file:
        for entry in map(json.loads, file):
            if "b_ns" not in entry:
                continue
            total += int((entry.get("headers") or {}).get("content-length") or 0)
            body = entry.get("request")
            total += body["bytes"] if isinstance(body, dict) and "md5" in body else len(json.dumps(body)) if body else 0
    return total


def row(effort: str, cost: EffortCost) -> str:
    """Give a line of the table."""
    counts = (
        f"projects={rounded(cost.projects)}, uploads={rounded(cost.uploads):_}, requests={rounded(cost.requests):_}"
    )
    times = f"bytes={rounded(cost.bytes):_}, seconds={cost.seconds:.0f}, lags={cost.lags:.0f}"
    return f'    "{effort}": EffortCost({counts}, {times}),\n'


def rounded(value: int) -> int:
    """Round up to two digits: it is said as "about"."""
    step = 10 ** max(0, len(str(value)) - 2)
    return -(-value // step) * step


def main() -> None:
    """Measure and print, or write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--effort", choices=list(COSTS), action="append")
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    table = dict(COSTS)
    for effort in asked.effort or COSTS:
        short, long = measured(effort, MEASURED_LAG_S), measured(effort, LONGER_LAG_S)
        lags = max(0.0, (long.seconds - short.seconds) / (LONGER_LAG_S - MEASURED_LAG_S))
        table[effort] = dataclasses.replace(short, lags=lags)
        print(row(effort, table[effort]), end="", flush=True)
    if asked.write:
        rows = "".join(row(effort, cost) for effort, cost in table.items())
        TABLE.write_text(_ROWS.sub(lambda _: rows, TABLE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
