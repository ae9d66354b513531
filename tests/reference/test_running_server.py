"""The reference server as a process: started, killed, restarted, loaded, spoken to badly."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import httpx
import pytest

from conformance.reference.launch import LaunchError, RunningServer, launch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MIB = 1 << 20


class Client:
    """Alice at a running server."""

    def __init__(self, server: RunningServer) -> None:
        self.http = httpx.Client(
            base_url=server.base_url, headers={"Authorization": server.token}, trust_env=False, timeout=30
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def project(self) -> str:
        """Create a project and wait for it."""
        key = str(self.http.post("/projects", json={"name": "p", "description": "d"}).json()["id"])
        self.until(lambda: self.create(key, 0).status_code == 201)
        return key

    def create(self, project: str, size: int, *, chunked: bool = True) -> httpx.Response:
        """Create an upload."""
        body = {"name": "f", "content_type": "t", "size": size, "chunked": chunked}
        return self.http.post(f"/projects/{project}/uploads", json=body)

    def chunk(self, upload: str, number: int, content: bytes) -> None:
        """Report and send a chunk."""
        digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
        body = {"number": number, "size": len(content), "hash": {"value": digest, "algorithm": "md5"}}
        signed = self.http.put(f"/uploads/{upload}/chunks", json=body).json()
        httpx.put(signed["host"] + signed["url"], content=content, trust_env=False).raise_for_status()

    def finish(self, project: str, upload: str) -> str:
        """Complete and attach; return the file's id."""
        digest = {"hash[value]": "0", "hash[algorithm]": "md5"}
        assert self.http.put(f"/uploads/{upload}/complete", data=digest).status_code == 202
        body = {"parent": {"kind": "dds-project", "id": project}, "upload": {"id": upload}}
        return str(self.http.post("/files", json=body).json()["id"])

    def url(self, file: str) -> httpx.Response:
        """Read the url endpoint."""
        return self.http.get(f"/files/{file}/url")

    def until(self, done: Callable[[], bool]) -> None:
        """Wait for a condition, at most half a minute."""
        end = time.monotonic() + 30
        while not done():
            assert time.monotonic() < end, "the condition never held"
            time.sleep(0.01)


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    """Return one server for the tests that leave it alive."""
    with launch(lag="0.05") as running:
        yield running


@pytest.fixture
def client(server: RunningServer) -> Iterator[Client]:
    """Return alice's client of it."""
    with Client(server) as made:
        yield made


def test_everything_converges_after_kill_in_the_middle(tmp_path: Path) -> None:
    """Killed with a project, a good and a bad upload pending, a server on the same folder finishes the work."""
    with launch(lag="2.5", data=tmp_path) as first, Client(first) as one:
        project = one.project()
        files = []
        for content, size in ((b"good", 4), (b"bad", 9)):
            upload = one.create(project, size).json()["id"]
            one.chunk(upload, 1, content)
            files.append(one.finish(project, upload))
        late = one.http.post("/projects", json={"name": "late", "description": "d"}).json()["id"]
        assert [one.url(file).status_code for file in files] == [404, 404]
        first.kill()
    with launch(lag="2.5", data=tmp_path) as second, Client(second) as two:
        assert (second.token, second.agent_key) == (first.token, first.agent_key)
        two.until(lambda: [two.url(file).status_code for file in files] == [200, 400])
        two.until(lambda: two.create(late, 1).status_code == 201)
        signed = two.url(files[0]).json()
        assert httpx.get(signed["host"] + signed["url"], trust_env=False).content == b"good"


def test_large_uploads_and_downloads_stream(server: RunningServer, client: Client) -> None:
    """160 MiB through the server and back leave its memory where it was, but for a tenth of them."""
    project, block = client.project(), os.urandom(4 * MIB)
    before = _peak(server.pid)
    upload = client.create(project, 40 * len(block)).json()["id"]
    for number in range(1, 41):
        client.chunk(upload, number, block)
    single = client.create(project, 64 * MIB, chunked=False).json()["signed_url"]
    stream = (block for _ in range(16))
    assert httpx.put(single["host"] + single["url"], content=stream, trust_env=False).status_code == 200
    file = client.finish(project, upload)
    client.until(lambda: client.url(file).status_code == 200)
    signed = client.url(file).json()
    digest, expected = hashlib.sha256(), hashlib.sha256(block * 40)
    with httpx.stream("GET", signed["host"] + signed["url"], trust_env=False) as response:
        for piece in response.iter_raw():
            digest.update(piece)
    assert digest.digest() == expected.digest()
    assert _peak(server.pid) - before < 16 * MIB


def _peak(pid: int) -> int:
    """Return the greatest resident size of a process so far, in bytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024


@pytest.mark.parametrize(
    "raw",
    [
        b"NONSENSE\r\n\r\n",
        b"GET /api/v1/projects HTTP/1.1\r\nbad header\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nhost: x\r\n\r\n",
        b"GET  HTTP/1.1\r\n\r\n",
        b"POST /api/v1/projects HTTP/1.1\r\ncontent-length: minus\r\n\r\n",
    ],
)
def test_malformed_http_gets_a_standard_error(server: RunningServer, raw: bytes) -> None:
    """Bytes that are no HTTP are answered 400 with all four fields."""
    parts = urlsplit(server.base_url)
    with socket.create_connection((parts.hostname, parts.port), timeout=5) as connection:
        connection.sendall(raw)
        response = http.client.HTTPResponse(connection)
        response.begin()
        body = json.loads(response.read())
    assert response.status == 400
    assert {"error", "code", "reason", "suggestion"} <= set(body)


def test_an_abandoned_part_leaves_nothing(server: RunningServer, client: Client) -> None:
    """A PUT cut in the middle stores no part; the same URL serves a second try."""
    upload = client.create(client.project(), 100, chunked=False).json()
    parts = urlsplit(upload["signed_url"]["host"])
    with socket.create_connection((parts.hostname, parts.port)) as connection:
        head = f"PUT {upload['signed_url']['url']} HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n"
        connection.sendall(head.encode() + b"half")
    answer = httpx.put(parts.geturl() + upload["signed_url"]["url"], content=b"x" * 100, trust_env=False)
    assert answer.status_code == 200
    assert server.returncode is None


def test_the_same_seed_gives_the_same_ids(tmp_path: Path) -> None:
    """Two servers of one seed answer the same requests with the same ids; a restarted one draws new ones."""
    drawn = []
    for folder in ("a", "b", "b"):
        with launch(seed=5, data=tmp_path / folder) as running, httpx.Client(trust_env=False) as one:
            one.headers["Authorization"] = running.token
            body = {"name": "p", "description": "d"}
            drawn.append(one.post(running.base_url + "/projects", json=body).json()["id"])
    assert drawn[0] == drawn[1]
    assert drawn[1] != drawn[2]


def test_a_server_stops_cleanly_and_its_folder_goes_with_it() -> None:
    """SIGTERM ends it with exit code 0, also with a client still connected."""
    with launch() as running, httpx.Client(trust_env=False) as one:
        one.get(running.base_url + "/app/status")
        [folder] = [word for word in _command(running.pid) if "dds-reference-" in word]
        assert Path(folder).exists()
        assert running.stop() == 0
    assert not Path(folder).exists()


def _command(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/cmdline").read_text().split("\0")


def test_a_server_dies_with_its_parent() -> None:
    """Kill -9 of whoever launched a server ends the server."""
    script = (
        "import time\nfrom conformance.reference.launch import launch\n"
        "with launch() as running:\n print(running.pid, flush=True)\n time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        pid = int(parent.stdout.readline()) if parent.stdout else 0
        parent.kill()
    end = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists() and time.monotonic() < end and not _zombie(pid):
        time.sleep(0.02)
    assert not Path(f"/proc/{pid}").exists() or _zombie(pid)


def _zombie(pid: int) -> bool:
    try:
        return ") Z" in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return True


def test_a_taken_port_is_told_in_a_sentence(server: RunningServer) -> None:
    """A server that cannot start says why."""
    port = urlsplit(server.base_url).port or 0
    with pytest.raises(LaunchError, match="cannot serve"), launch(port=port):
        pass


def test_an_unknown_fault_is_refused() -> None:
    """A typo in a fault's name starts nothing."""
    with pytest.raises(LaunchError, match="invalid choice"), launch(faults=["no-such-fault"]):
        pass


def test_resets_cut_connections_and_nothing_else() -> None:
    """With the variant, some requests end without an answer and the others are right."""
    outcomes: list[Any] = []
    with launch(variants=["resets"]) as running, httpx.Client(trust_env=False) as one:
        for _ in range(150):
            try:
                outcomes.append(
                    one.get(running.base_url + "/current_user", headers={"Authorization": running.token}).status_code
                )
            except httpx.TransportError:
                outcomes.append("cut")
    assert set(outcomes) == {200, "cut"}


def made(one: Client) -> str:
    """Make a project, however often the server goes away meanwhile."""
    for _ in range(20):
        with contextlib.suppress(httpx.TransportError):
            return one.project()
        time.sleep(0.2)
    return one.project()


def test_restarts_come_back_on_the_same_ports_with_the_same_things() -> None:
    """With the variant, the server goes away and comes back, knowing what it knew."""
    with launch(variants=["restarts"], lag="0.05") as running, Client(running) as one:
        pid, gone = running.pid, [0]

        def came_back() -> bool:
            try:
                answer = one.http.get(f"/projects/{project}")
            except httpx.TransportError:
                gone[0] += 1
                return False
            return gone[0] > 0 and answer.status_code == 200

        project = made(one)
        one.until(came_back)
        assert running.pid == pid
        assert running.stop() == 0


def test_throttling_says_when_to_come_back() -> None:
    """With the variant, a few answers are 429 or 503 with Retry-After and a standard body."""
    with launch(variants=["throttled"]) as running, httpx.Client(trust_env=False) as one:
        one.headers["Authorization"] = running.token
        answers = [one.get(running.base_url + "/current_user") for _ in range(150)]
    refused = [answer for answer in answers if answer.status_code != 200]
    assert {answer.status_code for answer in refused} == {429, 503}
    assert all(answer.headers["retry-after"] and answer.json()["code"] for answer in refused)
