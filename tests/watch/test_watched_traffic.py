"""Other people's clients before the embedded server, watched: faults are convicted, a correct server never is."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest
from visitors import Visitor
from watches import watching

from conformance.reference.launch import RunningServer, launch

FAULTS = {
    "code-missing-integrity": "integrity-payload",
    "nc-code-missing": "nc-until-consistent",
    "nc-status-409": "nc-payload",
    "pending-plain-404": "nc-until-consistent",
    "swallow-everything": "bad-never-200",
    "good-integrity-single-part": "good-never-integrity",
    "file-url-swallows": "bad-never-200",
    "early-200-100ms": "one-verdict",
    "never-good": "converges-upload",
    "bytes-truncated": "bytes-exact",
    "bytes-empty": "bytes-exact",
}
"""Faults of payloads, verdicts, time and storage, and the requirement that a watch must find broken."""
BOUND_S = 1.5
WINDOWS = 12
"""More bad uploads where each is told wrong for a moment only: one reader that comes then is enough."""


@pytest.mark.parametrize("fault", FAULTS)
def test_a_watch_that_reads_along_convicts_a_fault(fault: str, tmp_path: Path) -> None:
    """One client with good and bad uploads is traffic enough."""
    with (
        launch(lag="0.6", faults=[fault]) as server,
        watching(server.base_url, tmp_path, token=server.token, bound_s=BOUND_S, read_along=True) as standing,
    ):
        with Visitor(standing.base_url, server.token) as visitor:
            visitor.visit(fault)
            for _ in range(WINDOWS if fault.startswith("early") else 0):
                visitor.make_file(visitor.make_upload(os.urandom(200), lie=True))
        time.sleep(BOUND_S + 0.5)
    assert standing.document["outcome"] == "nonconformant", standing.document["reasons"]
    assert standing.document["exit_code"] == 1
    assert FAULTS[fault] in standing.broken()


def visited(server: RunningServer, base_url: str, clients: int) -> None:
    """Let clients visit at the same time, each with its own projects."""

    def visit(number: int) -> None:
        with Visitor(base_url, (server.token, server.other_token)[number % 2]) as visitor:
            visitor.visit(f"visitor {number}")

    threads = [threading.Thread(target=visit, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_the_unmodified_server_is_never_accused_in_eight_watches_of_three_clients(tmp_path: Path) -> None:
    """Three clients of two users at once, with readers beside them."""
    with launch(lag="0-0.3") as server:
        for again in range(8):
            folder = tmp_path / str(again)
            with watching(server.base_url, folder, token=server.token, read_along=True) as standing:
                visited(server, standing.base_url, 3)
            assert standing.document["outcome"] == "conformant", standing.document["reasons"]
            assert (standing.broken(), standing.stated) == (set(), [])


def test_with_readers_and_a_client_that_lies_the_core_is_exercised(tmp_path: Path) -> None:
    """At least 25 requirements pass, and nothing of the core is missing."""
    with (
        launch(lag="2") as server,
        watching(
            server.base_url, tmp_path, token=server.token, other=server.other_token, read_along=True, require_core=True
        ) as standing,
    ):
        visited(server, standing.base_url, 1)
        time.sleep(3.0)
    document = standing.document
    assert (document["missing_core"], document["outcome"], document["exit_code"]) == ([], "conformant", 0)
    assert sum(row["outcome"] == "pass" for row in document["requirements"]) >= 25


def test_readers_only_read(tmp_path: Path) -> None:
    """Every request of our own is a GET, and of every upload the bytes are compared."""
    with (
        launch(lag="0.1") as server,
        watching(server.base_url, tmp_path, token=server.token, read_along=True) as standing,
    ):
        visited(server, standing.base_url, 1)
        time.sleep(0.5)
    own = [one for one in standing.operations() if one["session"].startswith("along/")]
    assert own
    assert {one["method"] for one in own} == {"GET"}
    fetched = [one for one in own if one["role"] == "storage"]
    assert len(fetched) >= 3
    assert standing.outcome_of("bytes-exact") == "pass"


def test_without_readers_the_core_stays_unobserved_and_that_is_said_first(tmp_path: Path) -> None:
    """A watch ends with 0 all the same; with --require-core it ends with 4."""
    with launch(lag="0.05") as server:
        for require_core, code in ((False, 0), (True, 4)):
            with (
                watching(server.base_url, tmp_path / str(code), require_core=require_core) as standing,
                Visitor(standing.base_url, server.token) as visitor,
            ):
                visitor.visit("passive", bad=False)
            assert standing.document["outcome"] == "conformant"
            assert standing.document["exit_code"] == code
            assert standing.document["reasons"][0].startswith("of the core, not exercised:")
            assert standing.document["recorded"] is True
            assert not (standing.folder / "certificate.json").exists()


def test_nothing_at_all_is_no_pass(tmp_path: Path) -> None:
    """A watch without traffic is incomplete; its exit code is 0, and 4 where the core is asked for."""
    with launch() as server, watching(server.base_url, tmp_path, require_core=True) as standing:
        pass
    assert (standing.document["outcome"], standing.document["exit_code"]) == ("incomplete", 4)
