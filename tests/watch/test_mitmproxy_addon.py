"""The addon for mitmproxy, in an environment of its own: what it writes is a history that the judge reads."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import venv
from pathlib import Path

import httpx
import pytest
from visitors import Visitor

from conformance import history as histories
from conformance.judge import judge_history
from conformance.reference.launch import launch

WANTED = "mitmproxy>=10,<13"
ADDON = Path(__file__).parents[2] / "docs" / "mitmproxy" / "record_history.py"
PATIENCE_S = 120.0


@pytest.fixture(scope="module")
def mitmdump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the command, one that is there or one that can be installed; else skip with the reason."""
    found = shutil.which("mitmdump")
    if found:
        return Path(found)
    home = tmp_path_factory.mktemp("mitmproxy")
    venv.create(home)  # this session's pip installs into it
    words = [sys.executable, "-m", "pip", "--python", home / "bin/python", "install", "--no-compile"]
    words += ["--quiet", "--disable-pip-version-check", WANTED]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"{WANTED} cannot be installed here: {done.stderr.strip().splitlines()[-1]}")
    return home / "bin/mitmdump"


def test_what_the_addon_writes_is_judged(mitmdump: Path, tmp_path: Path) -> None:
    """A client uses mitmproxy as its proxy; good and bad uploads are known as such, and no secret is written."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    path = tmp_path / "history.jsonl"
    with launch(lag="0.2") as server:
        options = [f"dds_target={server.base_url}", f"dds_history={path}", f"confdir={tmp_path / 'conf'}"]
        words = [mitmdump, "-q", "-s", ADDON, "--listen-host", "127.0.0.1", "-p", str(port)]
        words += [word for option in options for word in ("--set", option)]
        with subprocess.Popen(words, env={**os.environ, "HOME": str(tmp_path)}) as process:
            try:
                _listens(port, process)
                with Visitor(server.base_url, server.token) as visitor:
                    visitor.api = _through(port, visitor.api)
                    visitor.store = _through(port, visitor.store)
                    visitor.visit("through mitmproxy")
                    file = visitor.make_file(visitor.make_upload(b"whose bytes are compared", chunked=False))
                    assert visitor.download(file) == b"whose bytes are compared"
            finally:
                process.terminate()
    text = path.read_text(encoding="utf-8")
    assert server.token not in text
    assert "signature=[redacted]" in text
    history = histories.read(path)
    judgement = judge_history(history)
    assert history.complete
    assert {name for name, tally in judgement.tallies.items() if tally.findings} <= {"read-your-writes"}
    assert judgement.tallies["complete-202"].exposures == 6
    assert judgement.tallies["bytes-exact"].exposures == 1
    assert json.loads(text.splitlines()[-1])["end"] is True


def _through(port: int, client: httpx.Client) -> httpx.Client:
    return httpx.Client(
        base_url=client.base_url, headers=client.headers, proxy=f"http://127.0.0.1:{port}", trust_env=False, timeout=60
    )


def _listens(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as road:
            if road.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("mitmdump does not listen")
