"""Kill -9 at random moments: what was made is in the ledger, `clean` removes it, and nobody else's is touched."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from embedded import PATIENCE_S, bystanders, bytes_of, listed, settings_for

from conformance.driver.safety import ledger as ledgers
from conformance.driver.safety.cleaning import clean
from conformance.reference.launch import RunningServer
from conformance.settings.run_settings import HANDED_SECRETS, Settings

MOMENTS = 24
LONGEST_LIFE_S = 0.08


@pytest.fixture
def nursery(server: RunningServer, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that forks victims, its imports done once."""
    environment = os.environ | settings_for(server, tmp_path).secrets_environment()
    command = [sys.executable, str(Path(__file__).with_name("victim.py"))]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        yield process
        assert process.stdin
        process.stdin.close()


def test_a_run_killed_at_any_moment_can_be_cleaned(
    server: RunningServer, nursery: subprocess.Popen[str], tmp_path: Path
) -> None:
    """Twenty-four random moments; after each, `clean` leaves nothing of the run and everything of the others."""
    assert HANDED_SECRETS
    mine = bystanders(server, tmp_path)
    before, shown_before = bytes_of(server, tmp_path, mine), listed(server, tmp_path)
    draw = random.Random(20261123)
    removed = lost = 0
    for number in range(MOMENTS):
        settings = settings_for(server, tmp_path / f"run-{number}")
        kill(nursery, settings, tmp_path / "settings.json", draw.uniform(0, LONGEST_LIFE_S))
        account = ledgers.read(settings.ledger_path)
        lost += sum(1 for entry in account.open if entry.kind == "project" and not entry.id)
        report = clean(settings.ledger_path, settings)
        assert report.clean, report
        removed += len(report.removed)
        assert [item for item in listed(server, tmp_path).values() if settings.run_id in item["name"]] == []
    assert listed(server, tmp_path) == shown_before
    assert bytes_of(server, tmp_path, mine) == before
    assert removed > MOMENTS // 2
    assert lost, "no kill hit a create in flight: the moments prove too little"


def kill(nursery: subprocess.Popen[str], settings: Settings, path: Path, life_s: float) -> None:
    """Bring a victim up and kill it `life_s` seconds after its first create was announced."""
    path.write_text(settings.to_json(), encoding="utf-8")
    assert nursery.stdin
    assert nursery.stdout
    nursery.stdin.write(f"{path}\n")
    nursery.stdin.flush()
    victim = int(nursery.stdout.readline())
    end = time.monotonic() + PATIENCE_S
    while settings.ledger_path.read_bytes().count(b"\n") < 2 and time.monotonic() < end:
        time.sleep(0.0005)
    time.sleep(life_s)
    os.kill(victim, signal.SIGKILL)
