"""Kill -9 of whole runs at random moments: the command, the process that it runs the scenarios in, or both."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from embedded import PATIENCE_S, bystanders, bytes_of, listed, settings_for

from conformance.driver.safety import ledger as ledgers
from conformance.driver.safety.cleaning import CleanReport, Leftover, clean
from conformance.reference.launch import RunningServer

ROUNDS = 4
LONGEST_LIFE_S = 2.0
BY_ITSELF = {"command": True, "scenarios": True, "both": False}
"""Who is killed, and whether the other one then cleans up without being asked."""

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds the processes of a run in /proc")


@dataclass(frozen=True)
class Started:
    """A run under way: its command, its folder, and the process of its scenarios."""

    command: subprocess.Popen[bytes]
    folder: Path
    scenarios: int


def begin(server: RunningServer, folder: Path) -> subprocess.Popen[bytes]:
    """Start a run as a user does."""
    folder.mkdir()
    words = [sys.executable, "-m", "conformance", "run", "--quiet", "--target", server.base_url]
    words += ["--effort", "thorough", "--report-dir", str(folder)]
    secrets = {"DDS_API_TOKEN": server.token, "DDS_OTHER_API_TOKEN": server.other_token}
    log = (folder / "said").open("wb")
    with log:
        return subprocess.Popen(words, env=os.environ | secrets, stdout=log, stderr=log)


def wait_for(what: Callable[[], object]) -> None:
    """Wait until something is so; fail after three times the usual patience, as several runs share the machine."""
    end = time.monotonic() + 3 * PATIENCE_S
    while not what():
        assert time.monotonic() < end, "in vain"
        time.sleep(0.01)


def gone(pid: int) -> bool:
    """Whether a process has ended; one that nobody buried counts."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def under_way(command: subprocess.Popen[bytes], folder: Path) -> Started:
    """Wait until a run has begun to create."""
    ledger = folder / "ledger.jsonl"
    wait_for(lambda: ledgers.begun(ledger) and ledgers.read(ledger).entries)
    children = Path(f"/proc/{command.pid}/task/{command.pid}/children").read_text().split()
    return Started(command, folder, int(children[0]))


def kill(run: Started, who: str) -> None:
    """Kill the command, the scenarios, or both."""
    if who != "scenarios":
        run.command.kill()
    if who != "command":
        os.kill(run.scenarios, signal.SIGKILL)


def buried(run: Started) -> None:
    """Wait until nothing of the run lives."""
    run.command.wait(3 * PATIENCE_S)
    wait_for(lambda: gone(run.scenarios))


def named_leftovers(report: CleanReport) -> list[Leftover]:
    """Give the leftovers but for creates without a name, which the server must refuse: the listing decides."""
    return [left for left in report.leftovers if left.name]


def test_whole_runs_killed_at_any_moment_leave_nothing_or_can_be_cleaned(server: RunningServer, tmp_path: Path) -> None:
    """Three runs side by side, four times; whoever survives cleans up, and after `clean` nothing is left of any."""
    mine = bystanders(server, tmp_path)
    before, shown_before = bytes_of(server, tmp_path, mine), listed(server, tmp_path)
    draw = random.Random(20261124)
    left = 0
    for number in range(ROUNDS):
        begun = {who: begin(server, tmp_path / f"{who}-{number}") for who in BY_ITSELF}
        runs = {who: under_way(command, tmp_path / f"{who}-{number}") for who, command in begun.items()}
        for who in draw.sample(sorted(runs), len(runs)):
            time.sleep(draw.uniform(0, LONGEST_LIFE_S / len(runs)))
            kill(runs[who], who)
        for run in runs.values():
            buried(run)
        for who, run in runs.items():
            ledger = run.folder / "ledger.jsonl"
            open_entries = ledgers.read(ledger).open if ledger.exists() else ()
            if BY_ITSELF[who]:
                shown = {project["name"] for project in listed(server, tmp_path).values()}
                # One that the kill kept from being sent stays open in the ledger: nobody can know that it never was.
                assert not [entry for entry in open_entries if entry.id or entry.name in shown], (who, open_entries)
            left += len(open_entries)
            if ledger.exists():
                assert not named_leftovers(clean(ledger, settings_for(server, run.folder)))
        assert listed(server, tmp_path) == shown_before
    assert bytes_of(server, tmp_path, mine) == before
    assert left, "no kill left anything: the moments prove too little"
