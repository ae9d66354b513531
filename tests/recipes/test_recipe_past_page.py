"""GitLab's page of all runs fetches the last one: its own lines, and a server under an unlocal name."""

from __future__ import annotations

import contextlib
import io
import shutil
import subprocess
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from recipe_steps import BASH, NAME, environment, job, run

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="the recipe asks with curl, which is not here")
ASKED = "/api/v4/projects/7/jobs/artifacts/main/download?job=pages"
STORED = "/stored/artifacts.zip"


def page() -> bytes:
    """Give the artifacts of the last night, as GitLab packs them."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("public/index.html", "all runs")
        archive.writestr("public/runs/2026-01-01T024100Z/report.json", "{}")
    return packed.getvalue()


@contextlib.contextmanager
def artifacts(status: int) -> Iterator[int]:
    """Serve the artifacts to who has the job's token, over a redirect; or answer `status`. Give the port."""

    class Artifacts(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Answer as GitLab does: with a redirect to where the artifacts are stored."""
            if self.path == STORED:
                self._answer(200, page())
            elif (self.path, self.headers.get("JOB-TOKEN")) != (ASKED, "job-token"):
                self._answer(401, b"")
            else:
                self._answer(302 if status == 200 else status, b"")

        def _answer(self, code: int, body: bytes) -> None:
            self.send_response(code)
            if code == 302:
                self.send_header("Location", STORED)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Artifacts)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def fetched(folder: Path, status: int, token: str = "job-token") -> subprocess.CompletedProcess[str]:
    """Run the lines that fetch the last page."""
    with artifacts(status) as port:
        (folder / ".curlrc").write_text(f'connect-to = "{NAME}:{port}:127.0.0.1:{port}"\n', encoding="utf-8")
        env = environment(
            folder, CURL_HOME=str(folder), CI_API_V4_URL=f"http://{NAME}:{port}/api/v4", CI_PROJECT_ID="7",
            CI_COMMIT_REF_NAME="main", CI_JOB_TOKEN=token, no_proxy="*",
        )  # fmt: skip
        _, fetch = job("gitlab-pages.yml")["before_script"]
        return run(BASH, fetch, folder, env)


def test_the_past_runs_are_those_of_the_last_page(tmp_path: Path) -> None:
    """Unpacked where the script adds this night's run, over the redirect with which GitLab answers."""
    done = fetched(tmp_path, 200)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "public" / "runs" / "2026-01-01T024100Z" / "report.json").read_text(encoding="utf-8") == "{}"


def test_the_first_night_has_no_past(tmp_path: Path) -> None:
    """GitLab answers 404 as long as the job never succeeded."""
    done = fetched(tmp_path, 404)
    assert done.returncode == 0, done.stderr
    assert "this is the first" in done.stdout
    assert not (tmp_path / "public").exists()


@pytest.mark.parametrize(("status", "token"), [(500, "job-token"), (200, "another")])
def test_a_past_that_cannot_be_fetched_is_not_forgotten(tmp_path: Path, status: int, token: str) -> None:
    """The job fails: a page without the past runs would take the place of one with them."""
    done = fetched(tmp_path, status, token)
    assert done.returncode == 1
    assert "cannot be fetched" in done.stderr
