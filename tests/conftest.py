"""Long tests begin first; a real browser for the tests that open a page."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

LONG = (
    "test_forged_evidence.py", "test_official_client_table.py", "test_killed_runs.py", "test_exercised.py",
    "test_mitmproxy_addon.py", "test_scripts.py",
    "test_items_live.py", "test_selftest.py", "test_watched_traffic.py", "test_toy_clients.py", "test_wheel.py",
    "test_recipes_remote_target.py", "test_watch_command.py", "test_proxy_road.py", "test_soaking.py",
    "test_har_files.py", "test_brute_force.py", "test_campaign.py", "test_trouble_live.py", "test_first_answer.py",
)  # fmt: skip
"""Modules of tests that take or wait longest: whatever begins last must not keep one worker alone."""
for name in [name for name in os.environ if name.startswith("GITHUB_")]:
    del os.environ[name]  # our commands would announce themselves to the runner of these tests
# A thousand processes are started by these tests: where no bytecode may be written, each compiles the suite anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
# A shell's background job ignores interrupts, and so would every process that these tests start and interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)
gc.set_threshold(50_000, 20, 50)  # most of what these tests make lives on: looking for garbage finds little
CLIENT = ("DukeDSClient==4.0.0", "setuptools<81")
"""It imports pkg_resources without asking for it; from Python 3.12 on no new environment has that."""
ARGUMENTS = ["--no-sandbox", "--disable-quic", "--disable-background-networking"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the long tests begin first, each module in its own order."""
    ranks = {name: rank for rank, name in enumerate(LONG)}
    items.sort(key=lambda item: ranks.get(item.path.name, len(LONG)))


@pytest.fixture(scope="module")
def browser(request: pytest.FixtureRequest) -> Iterator[Browser]:
    """Start the installed chromium; without it these tests cannot say anything.

    A module may name more arguments in its `CHROMIUM`. One for each module: while it lives, its event loop counts as
    running in this thread, and no other may be started.
    """
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is not installed: the page cannot be opened in a real browser (apt-get install chromium)")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=chromium, args=[*ARGUMENTS, *getattr(request.module, "CHROMIUM", ())]
        )
        yield started
        started.close()


@pytest.fixture(scope="session")
def ddsclient(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the client, or skip with what pip said."""
    home = tmp_path_factory.mktemp("ddsclient")
    venv.create(home, with_pip=True)
    words = [home / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *CLIENT]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"{CLIENT[0]} cannot be installed here: {done.stderr.strip().splitlines()[-1]}")
    return home / "bin/ddsclient"
