"""Fuzzing through this suite against stock ``schemathesis run``: same document, same embedded server, same faults.

Both get the correct server first, where whatever they report is a false alarm, then one broken server for each fault.
For the stock command a fault counts as found when it reports any kind of failure, for any operation, that it does not
report for the correct server: generous. For this suite it counts when a requirement that the fault breaks is violated.

    python benchmarks/bench_fuzz.py [--effort quick] [--examples 10] [FAULT...]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from conformance import history as histories
from conformance.api import catalogue
from conformance.driver import Driver
from conformance.engine.scenario_list import scenarios
from conformance.fuzz import openapi_document
from conformance.fuzz.fuzz_log import gather
from conformance.fuzz.fuzz_scenario import FuzzScenario
from conformance.fuzz.fuzzer import Campaign
from conformance.judge import judge_history
from conformance.model import Level, Target
from conformance.reference.faults import FAULTS
from conformance.reference.launch import RunningServer, launch
from conformance.settings.credentials import Credentials, Secret
from conformance.settings.run_settings import Settings, new_run_id

CHOSEN = (
    "nc-error-mismatch", "nc-code-missing-version-url", "nc-status-202", "integrity-error-mismatch",
    "integrity-as-text", "integrity-status-422", "code-missing-unknown-id", "code-missing-unrouted",
    "validation-error-is-sentence", "token-as-html",
)  # fmt: skip


@dataclass
class Tally:
    """What one tool came to over all servers."""

    found: list[str] = field(default_factory=list)
    alarms: list[str] = field(default_factory=list)
    requests: int = 0
    seconds: float = 0.0


def ours(server: RunningServer, effort: str, folder: Path) -> tuple[set[str], int]:
    """Fuzz through the driver and judge the history; give the violated requirements and the requests."""
    settings = Settings(
        target=Target(server.base_url, second_user=True, converge_within_s=3.0),
        run_id=new_run_id(),
        credentials=Credentials(api_token=Secret(server.token), other_api_token=Secret(server.other_token)),
        effort=effort,
        seed=1,
        report_dir=folder,
    )
    driver = Driver(settings)
    campaign = Campaign(driver)
    for scenario in scenarios():
        if isinstance(scenario, FuzzScenario):
            campaign.provoke(scenario)
    driver.close()
    history = histories.read(settings.history_path)
    tallies = judge_history(history).tallies
    levels = {requirement.id: requirement.level for requirement in catalogue.requirements()}
    found = {name for name, tally in tallies.items() if tally.findings and levels[name] is not Level.MEASURED}
    found |= {flaw["by"] for flaw in gather(folder)["crimes"]}
    return found, len(history.operations)


def stock(server: RunningServer, examples: int, folder: Path) -> tuple[set[str], int]:
    """Run the stock command; give its failures by kind and operation, and the cases that it sent."""
    report = folder / "stock.json"
    command = [
        str(Path(sys.executable).parent / "schemathesis"),
        "run",
        str(openapi_document.path()),
        "--url",
        server.base_url,
    ]
    command += ["-H", f"Authorization: {server.token}", "--seed", "1", "-n", str(examples), "--continue-on-failure"]
    command += ["--report", "json", "--report-json-path", str(report)]
    subprocess.run(command, check=False, capture_output=True, cwd=folder)
    stated = json.loads(report.read_text(encoding="utf-8"))
    found = {f"{failure['type']} {where}" for failure in stated["failures"] for where in failure["operations"]}
    return found, stated["test_cases"]["generated"]


def measure(faults: Sequence[str], effort: str, examples: int) -> dict[str, Tally]:
    """Run both on the correct server and on each broken one."""
    tallies = {"dds-conformance": Tally(), "schemathesis run": Tally()}
    for fault in ("", *faults):
        for name, tally in tallies.items():
            with launch(lag="0.2", faults=[fault] if fault else []) as server, tempfile.TemporaryDirectory() as folder:
                begun = time.monotonic()
                stated, requests = (
                    ours(server, effort, Path(folder))
                    if name == "dds-conformance"
                    else stock(server, examples, Path(folder))
                )
                tally.seconds += time.monotonic() - begun
                tally.requests += requests
            if not fault:
                tally.alarms = sorted(stated)
            elif stated & set(FAULTS[fault].breaks) if name == "dds-conformance" else stated - set(tally.alarms):
                tally.found.append(fault)
    return tallies


def main() -> None:
    """Print both tallies, and which faults only one of them found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "faults", nargs="*", metavar="FAULT", help=f"of the embedded server (else: {', '.join(CHOSEN)})"
    )
    parser.add_argument("--effort", default="quick", choices=("quick", "standard", "thorough"))
    parser.add_argument("--examples", type=int, default=10, help="of the stock command, for each operation and phase")
    options = parser.parse_args()
    faults = tuple(options.faults) or CHOSEN
    unknown = [fault for fault in faults if fault not in FAULTS]
    if unknown:
        parser.error(f"no such fault: {', '.join(unknown)}")
    tallies = measure(faults, options.effort, options.examples)
    print(f"{'':18}{'flaws found':>14}{'false alarms':>14}{'requests':>10}{'seconds':>9}")
    for name, tally in tallies.items():
        flaws = f"{len(tally.found)}/{len(faults)}"
        print(f"{name:18}{flaws:>14}{len(tally.alarms):>14}{tally.requests:>10}{tally.seconds:>9.1f}")
    for name, tally in tallies.items():
        print(f"missed by {name}: {', '.join(fault for fault in faults if fault not in tally.found) or 'none'}")
        print(f"false alarms of {name}: {', '.join(tally.alarms) or 'none'}")


if __name__ == "__main__":
    main()
