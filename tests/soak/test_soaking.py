"""Soaks of the embedded server: a verdict, no line lost, faults of load convicted, and nothing unnamed after a kill."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from conformance.driver.safety import ledger as ledgers
from conformance.history.read import read
from conformance.history.workers import worker_files
from conformance.history.workers.clock_offsets import clock_offset_of
from conformance.reference.launch import RunningServer, launch
from conformance.selftest import subjects, try_subject
from conformance.settings.credentials import Credentials
from conformance.settings.run_settings import Settings
from conformance.soak.user_slice import SliceOfUsers
from conformance.soak.worker_history import WorkerHistory, history_name

WITHIN_S = 120.0
"""How long a soak may take on a machine that is busy with others; alone it takes a tenth."""


@pytest.fixture
def server() -> Iterator[RunningServer]:
    """Serve an honest DDS."""
    with launch(lag="0.2", seed=1) as running:
        yield running


def began(server: RunningServer, folder: Path, *words: str) -> subprocess.Popen[str]:
    """Begin a short soak of two workers against `server`."""
    given = {name: value for name, value in os.environ.items() if not name.startswith("DDS_")}
    given |= {"DDS_API_TOKEN": server.token, "DDS_OTHER_API_TOKEN": server.other_token}
    command = [sys.executable, "-m", "conformance", "soak", "--quiet", "--target", server.base_url]
    command += ["--users", "4", "--scenario", "uploads", "--report-dir", str(folder), "--converge-within", "10", *words]
    return subprocess.Popen(command, env=given, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def until(holds: Callable[[], Any]) -> Any:
    """Wait until something holds."""
    ends = time.monotonic() + WITHIN_S
    while not (found := holds()):
        assert time.monotonic() < ends, "it never held"
        time.sleep(0.05)
    return found


def processes(soak: subprocess.Popen[str], module: str) -> list[psutil.Process]:
    """Give a soak's processes that run a module of ours."""
    found = []
    for child in psutil.Process(soak.pid).children(recursive=True):
        try:
            found += [child] if f"conformance.soak.{module}" in child.cmdline() else []
        except psutil.NoSuchProcess:
            continue
    return found


def made(folder: Path) -> bool:
    """Whether the soak of a folder made a project and knows its id."""
    path = folder / "ledger.jsonl"
    return ledgers.begun(path) and any(entry.id for entry in ledgers.read(path).open)


def test_two_workers_give_a_verdict_and_no_line_is_lost(server: RunningServer, tmp_path: Path) -> None:
    """The histories hold what the workers sent, by clocks that were compared; all of it is judged and cleaned up."""
    soak = began(server, tmp_path, "--minutes", "0.1", "--workers", "2")
    said = soak.communicate(timeout=WITHIN_S)[0]
    assert soak.returncode == 0, said
    document = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert document["outcome"] == "conformant"
    for one in document["soak"]["workers"]:
        history = read(tmp_path / history_name(one["name"]))
        assert history.complete
        assert len(history.operations) == one["ended"]["operations"] > 0
        offset = clock_offset_of(history.header)
        assert offset is not None
        assert offset.probes > 3
    assert document["exchanges"] == len(worker_files.read_folder(tmp_path).operations)
    assert not ledgers.read(tmp_path / "ledger.jsonl").open
    assert 'id="load"' in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_worker_that_is_killed_leaves_nothing_and_is_named(server: RunningServer, tmp_path: Path) -> None:
    """SIGKILL of a slice: no verdict, the worker's name in the reasons, and everything that it made removed."""
    soak = began(server, tmp_path, "--minutes", "0.1", "--workers", "1")
    until(lambda: made(tmp_path))
    processes(soak, "user_slice")[0].kill()
    soak.communicate(timeout=WITHIN_S)
    document = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert document["outcome"] == "incomplete"
    assert any("worker w1" in reason for reason in document["reasons"])
    assert not ledgers.read(tmp_path / "ledger.jsonl").open
    assert document["leftovers"] == []


def test_all_of_a_soak_ends_when_its_first_process_is_killed_and_clean_takes_its_ledger(
    server: RunningServer, tmp_path: Path
) -> None:
    """SIGKILL of the command: master, workers and slices end by themselves, and the ledger names what is there."""
    soak = began(server, tmp_path, "--minutes", "2", "--workers", "1")
    until(lambda: made(tmp_path))
    others = psutil.Process(soak.pid).children(recursive=True)
    soak.kill()
    assert psutil.wait_procs(others, timeout=WITHIN_S)[1] == []
    soak.communicate(timeout=WITHIN_S)
    given = {**os.environ, "DDS_API_TOKEN": server.token, "DDS_OTHER_API_TOKEN": server.other_token}
    words = [sys.executable, "-m", "conformance", "clean", str(tmp_path / "ledger.jsonl"), "--target", server.base_url]
    assert subprocess.run(words, env=given, check=False, timeout=WITHIN_S).returncode == 0
    assert not ledgers.read(tmp_path / "ledger.jsonl").open


def leaving(served: SliceOfUsers) -> None:
    """Let the users of a slice leave once they have sent enough."""
    with contextlib.suppress(AssertionError):  # then too few were sent, which the test says
        until(lambda: served.ended > 40)
    served.campaign.leave()


def test_as_many_lines_are_on_disk_as_requests_were_let_through(server: RunningServer, tmp_path: Path) -> None:
    """Counted where they leave and where they are told: a slice that ends loses nothing."""
    settings = Settings(
        target=server_target(server),
        run_id="0123456789ab",
        credentials=Credentials.of({"api_token": server.token, "other_api_token": server.other_token}),
        report_dir=tmp_path,
        scenario=("uploads",),
    )
    WorkerHistory(tmp_path / history_name("w1"), settings.target, {"run_id": settings.run_id})
    served = SliceOfUsers(settings, "w1", 0, threads=8)
    threading.Thread(target=leaving, args=(served,), daemon=True).start()
    served.campaign.want(4)
    ended = served.run()
    history = read(tmp_path / history_name("w1"))
    assert ended["trouble"] == ""
    sent = [one for one in history.operations if not {"withheld", "forbidden"} & one.notes.keys()]
    assert len(sent) == served.let_through == len(served.news()) > 20
    assert history.complete


def server_target(server: RunningServer) -> Any:
    """Give the target that a server is."""
    from conformance.model import Target  # noqa: PLC0415 - beside its use

    return Target(base_url=server.base_url, second_user=True, converge_within_s=10.0)


@pytest.mark.parametrize("name", ["overload-pending-unverified", "overload-open-condemned"])
def test_a_fault_that_shows_only_under_load_is_convicted_by_a_soak(name: str) -> None:
    """The self-test soaks such a server for a moment, and accuses it of nothing else."""
    (subject,) = subjects((name,))
    assert subject.under_load
    row = try_subject(subject, effort="quick", seed=1)
    assert row.right, row


def test_a_short_wrong_window_is_seen_by_a_soak(tmp_path: Path) -> None:
    """Both url endpoints answer 200 for 20 ms too early: many users, few reads each, and one is there in time."""
    with launch(lag="0.3", seed=1, faults=["early-200-20ms"]) as server:
        soak = began(server, tmp_path, "--minutes", "0.3", "--workers", "1", "--users", "12")
        soak.communicate(timeout=WITHIN_S)
    document = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert document["outcome"] == "nonconformant"
    assert {finding["requirement"] for finding in document["findings"]} & {"bad-never-200", "bytes-at-once"}
