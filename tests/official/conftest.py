"""The official Python client, in an environment of its own: its dependencies are not ours."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.reference.launch import RunningServer

NOWHERE = "http://127.0.0.1:9"
"""The client asks the package index for newer versions of itself; a test speaks to this machine only."""

Client = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def client_of(ddsclient: Path, tmp_path: Path) -> Callable[[RunningServer], Client]:
    """Give a function that configures the client for a server and returns a function that runs it."""

    def configure(server: RunningServer) -> Client:
        settings = tmp_path / "ddsclient.yaml"
        settings.write_text(
            f"url: {server.base_url}\nuser_key: {server.user_key}\nagent_key: {server.agent_key}\n"
            "upload_bytes_per_chunk: 300000\nupload_workers: 2\n",
            encoding="utf-8",
        )
        settings.chmod(0o600)
        aside = {"https_proxy": NOWHERE, "http_proxy": NOWHERE, "no_proxy": "127.0.0.1"}
        env = {**os.environ, **aside, "DDSCLIENT_CONF": str(settings)}

        def run(*words: object) -> subprocess.CompletedProcess[str]:
            given = [str(ddsclient), *map(str, words)]
            return subprocess.run(
                given, env=env, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120
            )

        return run

    return configure


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with an empty file, a small one, and one of many chunks."""
    root = tmp_path / "data"
    (root / "below").mkdir(parents=True)
    (root / "empty.txt").write_bytes(b"")
    (root / "small.txt").write_bytes(b"a few bytes\n")
    (root / "below" / "many-chunks.bin").write_bytes(bytes(range(256)) * 8000)
    return root
