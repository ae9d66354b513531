"""``watch`` as a user starts and ends it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest
from scripted import scripted
from visitors import Visitor

from conformance.reference.launch import launch

ENDS_WITHIN_S = 30.0


def started(folder: Path, *words: str, env: Mapping[str, str] | None = None) -> tuple[subprocess.Popen[str], str]:
    """Start the command; give it and the address that it prints, which is empty when it would not start."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("DDS_")}
    command = [sys.executable, "-m", "conformance", "watch", "--report-dir", str(folder), *words]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**bare, **(env or {})}
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    return process, line.partition("point clients at: ")[2].strip()


def test_ctrl_c_ends_it_within_half_a_minute_whatever_the_bound(tmp_path: Path) -> None:
    """Requests are under way that the target never answers; more than one Ctrl-C changes nothing."""
    silent = threading.Event()

    def never(_head: bytes, _body: bytes) -> None:
        silent.wait(60)

    with scripted(never) as server:
        process, address = started(tmp_path, "--target", server.base_url, "--converge-within", "3600")
        asking = threading.Thread(
            target=lambda: httpx.post(f"{address}/projects", json={}, trust_env=False, timeout=60), daemon=True
        )
        asking.start()
        until = time.monotonic() + 20
        while not server.heads and time.monotonic() < until:
            time.sleep(0.02)
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=60)
        assert time.monotonic() - begun < ENDS_WITHIN_S
        silent.set()
        asking.join(10)
    assert process.returncode == 0, output
    lines = [json.loads(line) for line in (tmp_path / "history.jsonl").read_text(encoding="utf-8").splitlines()]
    assert any(line.get("begin") for line in lines)
    assert lines[-1]["end"] is True
    assert (tmp_path / "report.json").exists()


def test_it_ends_by_itself_and_its_history_is_judged_alike(tmp_path: Path) -> None:
    """``--for`` ends it; a broken requirement is exit code 1, here and when its history is judged again."""
    with launch(lag="0.05", faults=["code-missing-unknown-id"]) as server:
        words = ("--target", server.base_url, "--for", "4", "--read-along", "--json")
        process, address = started(tmp_path, *words, env={"DDS_API_TOKEN": server.token})
        # with --json the address goes to standard error, the document alone to standard output
        assert address == ""
        output, _ = process.communicate(timeout=60)
    document = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert process.returncode == document["exit_code"] == 1
    assert "error-payload" in {finding["requirement"] for finding in document["findings"]}
    assert output.rstrip().endswith("}")
    words = (sys.executable, "-m", "conformance", "judge", str(tmp_path / "history.jsonl"), "--json")
    again = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert again.returncode == 1
    assert {f["rule"] for f in json.loads(again.stdout)["findings"]} == {f["rule"] for f in document["findings"]}


def test_findings_are_told_while_it_goes_on(tmp_path: Path) -> None:
    """What no later operation can undo is on the screen before the end."""
    with launch(lag="60", faults=["nc-status-409"]) as server:
        process, address = started(tmp_path, "--target", server.base_url)
        with Visitor(address, server.token) as visitor:
            visitor.make_project("live")
            asked = {"name": "x", "content_type": "x/y", "size": 1}
            first = visitor.api.post(f"/projects/{visitor.project}/uploads", json=asked)
            assert first.status_code == 409, (
                "the lag is longer than a request takes, so that there is something to tell"
            )
        assert process.stderr is not None
        heard = ""
        while "MUST nc-payload" not in heard:
            line = process.stderr.readline()
            assert line, heard
            heard += line
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "--target"),
        (("--target", "http://127.0.0.1:9", "--listen", "nowhere"), "--listen"),
        (("--target", "http://127.0.0.1:9", "--read-along"), "DDS_API_TOKEN"),
    ],
)
def test_what_cannot_be_watched_is_refused_with_a_remedy(words: tuple[str, ...], said: str, tmp_path: Path) -> None:
    """Exit code 2 and one sentence."""
    process, _ = started(tmp_path, *words)
    _, trouble = process.communicate(timeout=60)
    assert process.returncode == 2
    assert said in trouble


def test_an_address_in_use_is_refused(tmp_path: Path) -> None:
    """The remedy names the option."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        process, _ = started(tmp_path, "--target", "http://127.0.0.1:9", "--listen", address)
        _, trouble = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "--listen" in trouble
