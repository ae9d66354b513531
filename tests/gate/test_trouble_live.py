"""Troubles that need a server or a signal: dead and strange servers, interrupts at any moment, a full disk."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from forked import HANGS, Ended, dds, preload, signals

from conformance.driver.safety import ledger as ledgers
from conformance.reference.launch import RunningServer, launch

TOKEN = {"DDS_API_TOKEN": "x" * 20}
QUICKLY = ("--silence", "1", "--deadline", "1")
NOISE = b"\x15\x03\x03\x00\x02\x02\x28 this is no HTTP\r\n\r\n"
ENDLESS = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{"


@pytest.fixture(scope="module", autouse=True)
def _loaded() -> None:
    preload()


@contextlib.contextmanager
def answering(answer: bytes | None) -> Iterator[int]:
    """Serve on a port: `answer` to each connection, which is then closed; None keeps it open without a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        retained: list[socket.socket] = []
        threading.Thread(target=_answer, args=(listener, answer, retained), daemon=True).start()
        try:
            yield int(listener.getsockname()[1])
        finally:
            for connection in retained:
                connection.close()


def _answer(listener: socket.socket, answer: bytes | None, retained: list[socket.socket]) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection, _ = listener.accept()
            retained.append(connection)
            if answer is not None:
                with contextlib.suppress(OSError):
                    connection.recv(65536)
                    connection.sendall(answer)
                connection.close()


STRANGE: dict[str, tuple[bytes | None, str]] = {
    "closes each connection": (b"", "http"),
    "answers with noise": (NOISE, "http"),
    "never answers": (None, "http"),
    "gives an answer without an end": (ENDLESS, "http"),
    "speaks plainly on an https address": (b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", "https"),
}


@pytest.mark.parametrize("what", STRANGE)
@pytest.mark.parametrize("command", ["doctor", "replay"])
def test_a_strange_server_is_unreachable_and_no_verdict(what: str, command: str, tmp_path: Path) -> None:
    """Exit 3, and nothing that a stranger sends is a crash."""
    answer, scheme = STRANGE[what]
    (tmp_path / "plan.json").write_text('{"format": "dds-conformance-plan", "version": 1, "actors": []}')
    with answering(answer) as port:
        words = [command, *(["plan.json"] if command == "replay" else []), "--target", f"{scheme}://127.0.0.1:{port}"]
        done = dds(*words, *QUICKLY, "--report-dir", "out", cwd=tmp_path, env=TOKEN)
    # Whole headers are an answer, as yet: the run then comes to nothing, which is a verdict of its own.
    no_verdict(done, 3, 2, *((4,) if answer is ENDLESS else ()))


def no_verdict(done: Ended, *codes: int) -> None:
    """Assert that a command ended in time, with one of `codes`, and in words."""
    assert done.code != HANGS
    assert done.code in codes, done.said
    assert "Traceback" not in done.said


def test_nobody_listens_and_clean_keeps_the_ledger(tmp_path: Path) -> None:
    """Nothing can be removed now: the file that says what to remove must stay."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    lines = [
        {
            "format": ledgers.FORMAT,
            "version": 1,
            "run_id": "0123456789ab",
            "base_url": f"http://127.0.0.1:{port}/api/v1",
        },
        {"create": "project", "key": "k", "name": "ddsc 0123456789ab x", "user": "owner"},
    ]
    ledger = tmp_path / "ledger.jsonl"
    ledger.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    before = ledger.read_bytes()
    no_verdict(dds("clean", ledger, cwd=tmp_path, env=TOKEN), 3)
    assert ledger.read_bytes() == before


def test_a_host_without_an_address_is_unreachable(tmp_path: Path) -> None:
    """A name that the resolver refuses at once, because no name looks like it."""
    words = ("doctor", "--target", "http://a..invalid", "--i-may-write", *QUICKLY, "--report-dir", "out")
    no_verdict(dds(*words, cwd=tmp_path, env=TOKEN), 3, 2)


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    """Give a good server."""
    with launch(lag="0.2") as running:
        yield running


def run_words(server: RunningServer, *more: str) -> tuple[str, ...]:
    """Give a long run against `server`."""
    return ("run", "--quiet", "--effort", "thorough", "--target", server.base_url, "--report-dir", "out", *more)


def tokens(server: RunningServer) -> dict[str, str]:
    """Give the environment with the server's tokens."""
    return {"DDS_API_TOKEN": server.token, "DDS_OTHER_API_TOKEN": server.other_token}


def creating(folder: Path) -> Callable[[], bool]:
    """Whether the run in `folder` has made something that is not gone."""
    ledger = folder / "out" / "ledger.jsonl"
    return lambda: ledgers.begun(ledger) and any(entry.id for entry in ledgers.read(ledger).entries)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_request_to_stop_is_answered_at_once_and_the_run_cleans_up(
    number: signal.Signals, server: RunningServer, tmp_path: Path
) -> None:
    """How many projects are being cleaned up, how to leave them, and in the end that nothing is left."""
    done = dds(
        *run_words(server),
        cwd=tmp_path,
        env=tokens(server),
        disturb=signals(number, when=creating(tmp_path)),
        bound_s=300,
    )
    no_verdict(done, 130)
    assert "stopping: cleaning up " in done.err
    assert "press again to leave" in done.err
    assert "nothing of this run is left" in done.err or "dds-conformance clean out/ledger.jsonl" in done.err
    assert not ledgers.read(tmp_path / "out" / "ledger.jsonl").open or "left behind" in done.err
    assert json.loads((tmp_path / "out" / "report.json").read_text())["interrupted"] is True


def test_a_second_request_leaves_what_is_there_and_names_it(server: RunningServer, tmp_path: Path) -> None:
    """Whoever presses twice wants to go; the command that removes the rest is printed, and works."""
    twice = signals(signal.SIGINT, signal.SIGINT, when=creating(tmp_path), apart_s=0.02)
    done = dds(*run_words(server), cwd=tmp_path, env=tokens(server), disturb=twice, bound_s=300)
    no_verdict(done, 130)
    left = ledgers.read(tmp_path / "out" / "ledger.jsonl").open
    if left:
        assert "dds-conformance clean out/ledger.jsonl" in done.err
        assert dds("clean", "out/ledger.jsonl", cwd=tmp_path, env=tokens(server)).code in (0, 4)
    else:
        assert "nothing of this run is left" in done.err


@pytest.mark.parametrize("words", [("judge", "history"), ("requirements",), ("doctor",)], ids=lambda words: words[0])
def test_an_interrupt_while_a_command_starts_is_answered(words: tuple[str, ...], tmp_path: Path) -> None:
    """In real processes, at moments spread over the start: a word and 130, or the command was quicker.

    Only what comes before our first line, while the interpreter itself starts, is the interpreter's own.
    """
    recorded = Path(__file__).parents[1] / "data/recorded/deployed-history.jsonl"
    real = [str(recorded) if word == "history" else word for word in words]
    command = [sys.executable, "-m", "conformance", *real]
    for moment_s in (0.15, 0.3, 0.6):
        with subprocess.Popen(
            command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as child:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(moment_s)
            child.send_signal(signal.SIGINT)
            _, err = child.communicate(timeout=120)
        if "Traceback" in err:
            assert "cli/" not in err, err
        else:
            assert child.returncode in (130, -signal.SIGINT, 0, 2), err
        assert child.returncode != 130 or "stopping" in err


def test_the_scenarios_process_is_killed_and_the_run_is_the_suites_own_error(
    server: RunningServer, tmp_path: Path
) -> None:
    """As by the kernel for want of memory: what it made is removed from outside, and the report says so."""

    def kill(pid: int) -> None:
        signals(0, when=creating(tmp_path), apart_s=0)(pid)
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        os.kill(int(children[0]), signal.SIGKILL)

    done = dds(*run_words(server), cwd=tmp_path, env=tokens(server), disturb=kill, bound_s=300)
    no_verdict(done, 5)
    assert not [entry for entry in ledgers.read(tmp_path / "out" / "ledger.jsonl").open if entry.id]


@pytest.mark.parametrize("kibibytes", [300, 600])
def test_a_full_disk_is_the_suites_own_error_and_names_what_is_left(
    server: RunningServer, tmp_path: Path, kibibytes: int
) -> None:
    """A limit on the size of files stands in for the disk: no report fits in it, or one that is red."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (kibibytes * 1024, hard))
    try:
        done = dds(*run_words(server), cwd=tmp_path, env=tokens(server), bound_s=300)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    no_verdict(done, 5)
    assert "cannot be written: File too large" in done.said + reasons(tmp_path / "out" / "report.json")
    left = ledgers.read(tmp_path / "out" / "ledger.jsonl").open
    assert not left or "dds-conformance clean out/ledger.jsonl" in done.err


def reasons(report: Path) -> str:
    """Give the reasons of a run document, if there is one."""
    return " ".join(json.loads(report.read_text(encoding="utf-8"))["reasons"]) if report.exists() else ""
