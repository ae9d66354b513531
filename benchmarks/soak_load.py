"""Soak the embedded server, and compare the requests of a CPU second with those of a run.

    python benchmarks/soak_load.py [MINUTES] [USERS] [EFFORT]

Two workers. CPU is that of all processes together, judging and reports included; the embedded server's is told apart.
Convicts `early-200-20ms` and the faults that show only under load as well, unless MINUTES is below one.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from conformance.reference.launch import launch

LAG = "0.3"
FAULTS = ("early-200-20ms", "overload-pending-unverified", "overload-open-condemned")


@dataclass(frozen=True, slots=True)
class Spent:
    """What one command sent and took: requests, CPU seconds of ours, of the server's, and what it concluded."""

    requests: int
    ours_s: float
    servers_s: float
    outcome: str

    @property
    def each_s(self) -> float:
        """Return the requests of a CPU second of ours."""
        return self.requests / self.ours_s


def spent(words: list[str], *, fault: str = "") -> Spent:
    """Run a command against a server of its own."""
    with launch(lag=LAG, seed=1, faults=[fault] if fault else []) as server, tempfile.TemporaryDirectory() as folder:
        given = {**os.environ, "DDS_API_TOKEN": server.token, "DDS_OTHER_API_TOKEN": server.other_token}
        command = [sys.executable, "-m", "conformance", *words, "--quiet", "--target", server.base_url]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([*command, "--converge-within", "20", "--report-dir", folder], env=given, check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        document = json.loads((Path(folder) / "report.json").read_text(encoding="utf-8"))
        ours = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return Spent(document["exchanges"], ours, _cpu_s(server.pid), document["outcome"])


def _cpu_s(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main(minutes: float, users: int, effort: str) -> int:
    """Print the comparison; never fails for figures."""
    run = spent(["run", "--effort", effort])
    how = ["soak", "--users", str(users), "--workers", "2", "--minutes", str(minutes)]
    soak = spent(how)
    for name, one in (("run", run), ("soak", soak)):
        print(
            f"{name}: {one.requests} requests, {one.ours_s:.1f} s of CPU ({one.each_s:.0f} a CPU second), "
            f"the server {one.servers_s:.1f} s: {one.outcome}"
        )
    print(f"soak against run: {soak.each_s / run.each_s:.2f} times the requests of a CPU second")
    for fault in FAULTS if minutes >= 1 else ():
        print(f"{fault}: {spent(how, fault=fault).outcome}")
    return 0


if __name__ == "__main__":
    given = sys.argv[1:]
    sys.exit(
        main(float(given[0]) if given else 2.0, int(given[1]) if len(given) > 1 else 40, (given[2:] or ["standard"])[0])
    )
