"""What the tests of the commands share: the command itself, and one embedded server for all of them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import forked
import pytest
from commanding import Run

from conformance.reference.launch import RunningServer, launch


@pytest.fixture(scope="session")
def server() -> Iterator[RunningServer]:
    """Give an embedded DDS with a short lag."""
    with launch(lag="0.1") as running:
        yield running


@pytest.fixture
def credentials(server: RunningServer) -> Mapping[str, str]:
    """Give the environment that carries the server's credentials."""
    return {"DDS_API_TOKEN": server.token, "DDS_OTHER_API_TOKEN": server.other_token}


@pytest.fixture
def dds(tmp_path: Path) -> Run:
    """Give a function that runs ``dds-conformance`` in an empty folder and returns what it printed and answered."""
    forked.preload()

    def run(*words: object, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        ended = forked.dds(*words, cwd=tmp_path, env=env, bound_s=180)
        return subprocess.CompletedProcess(words, ended.code, ended.out, ended.err)

    return run
