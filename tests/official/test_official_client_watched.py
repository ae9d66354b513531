"""The official Python client through a watch: the same bytes, and a verdict on what it exercised."""

from __future__ import annotations

import filecmp
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.outcome.load import load
from conformance.reference.launch import launch

Client = Callable[..., subprocess.CompletedProcess[str]]
pytestmark = pytest.mark.xdist_group("official-client")


def test_a_folder_goes_up_and_down_through_a_watch(
    client_of: Callable[[Any], Client], folder: Path, tmp_path: Path
) -> None:
    """Upload, check, download: nothing is broken, and that the core stays unobserved is said first."""
    with launch(lag="0.5") as server:
        words = [sys.executable, "-m", "conformance", "watch", "--target", server.base_url, "--report-dir", "report"]
        with subprocess.Popen(
            words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as watch:
            try:
                assert watch.stdout is not None
                address = watch.stdout.readline().partition(": ")[2].strip()
                through = SimpleNamespace(base_url=address, user_key=server.user_key, agent_key=server.agent_key)
                ddsclient = client_of(through)
                sent = ddsclient("upload", "-p", "watched", folder)
                assert sent.returncode == 0, sent.stdout + sent.stderr
                assert ddsclient("check", "-p", "watched", "--wait").returncode == 0
                fetched = ddsclient("download", "-p", "watched", "back")
                assert fetched.returncode == 0, fetched.stdout + fetched.stderr
            finally:
                watch.send_signal(signal.SIGINT)
            watch.communicate(timeout=40)
    assert watch.returncode == 0
    files = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    same, differing, failed = filecmp.cmpfiles(folder, tmp_path / "back" / folder.name, files, shallow=False)
    assert (sorted(same), differing, failed) == (files, [], [])
    document = load(tmp_path / "report" / "report.json")
    assert document["outcome"] == "conformant", document["reasons"]
    assert document["reasons"][0].startswith("of the core, not exercised:")
    stored = [row for row in document["requirements"] if row["id"] == "complete-202"]
    assert stored[0]["outcome"] == "pass"
    for path in (tmp_path / "report").iterdir():
        text = path.read_text(encoding="utf-8")
        assert server.user_key not in text, path.name
        assert server.agent_key not in text, path.name
