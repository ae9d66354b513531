"""The official Python client against the embedded server: its users must find what they are used to."""

from __future__ import annotations

import filecmp
import hashlib
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from conformance.reference.launch import RunningServer, launch

Client = Callable[..., subprocess.CompletedProcess[str]]
pytestmark = pytest.mark.xdist_group("official-client")


def files(root: Path) -> list[str]:
    """Give the files below a folder."""
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_a_folder_goes_up_and_comes_down_with_the_same_bytes(
    client_of: Callable[[RunningServer], Client], folder: Path, tmp_path: Path
) -> None:
    """Upload, list, check, download, delete, with a lag of two seconds: the client waits where it must."""
    with launch(lag="2") as server:
        ddsclient = client_of(server)
        sent = ddsclient("upload", "-p", "demo", folder)
        assert sent.returncode == 0, sent.stdout + sent.stderr
        listed = ddsclient("list", "-p", "demo")
        assert all(name in listed.stdout for name in ("empty.txt", "small.txt", "below/many-chunks.bin"))
        checked = ddsclient("check", "-p", "demo", "--wait")
        assert (checked.returncode, "is consistent" in checked.stdout) == (0, True), checked.stdout
        fetched = ddsclient("download", "-p", "demo", "back")
        assert fetched.returncode == 0, fetched.stdout + fetched.stderr
        back = tmp_path / "back" / folder.name
        same, differing, failed = filecmp.cmpfiles(folder, back, files(folder), shallow=False)
        assert (sorted(same), differing, failed) == (files(folder), [], [])
        assert ddsclient("delete", "-p", "demo", "--force").returncode == 0
        assert "demo" not in ddsclient("list").stdout


def test_a_corrupted_upload_shows_as_an_error_in_its_check(client_of: Callable[[RunningServer], Client]) -> None:
    """The check reads the listing of files, which the deployed service refuses while a file in it is bad."""
    with launch(lag="2", variants=["deployed-listing"]) as server:
        corrupt(server, "damaged")
        checked = client_of(server)("check", "-p", "damaged")
        assert checked.returncode == 1, checked.stdout + checked.stderr
        assert "ERROR" in checked.stdout
        assert "broken.bin" in checked.stdout


def corrupt(server: RunningServer, name: str) -> None:
    """Make a project with one file whose bytes are not those that were reported, and wait until that is known."""
    with httpx.Client(base_url=server.base_url, headers={"Authorization": server.token}, trust_env=False) as api:
        project = api.post("/projects", json={"name": name, "description": "corrupted"}).json()["id"]
        asked = {"name": "broken.bin", "content_type": "application/octet-stream", "size": 4, "chunked": False}
        made = until(lambda: api.post(f"/projects/{project}/uploads", json=asked), 201).json()
        signed = made["signed_url"]
        httpx.put(f"{signed['host']}{signed['url']}", content=b"evil", trust_env=False)
        reported = {"value": hashlib.md5(b"good", usedforsecurity=False).hexdigest(), "algorithm": "md5"}
        assert api.put(f"/uploads/{made['id']}/complete", json={"hash": reported}).status_code == 202
        parent = {"kind": "dds-project", "id": project}
        file = api.post("/files", json={"parent": parent, "upload": {"id": made["id"]}}).json()["id"]
        until(lambda: api.get(f"/files/{file}/url"), 400)


def until(ask: Callable[[], httpx.Response], status: int) -> httpx.Response:
    """Ask until the answer has the status, for half a minute at most."""
    end = time.monotonic() + 30
    while (answer := ask()).status_code != status:
        assert time.monotonic() < end, answer.text
        time.sleep(0.05)
    return answer
