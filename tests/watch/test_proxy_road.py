"""What the proxy changes, and what it must not: bodies, hosts, intervals, failures, and what is on disk when."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import socket
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from closed_ports import nobody_listens
from scripted import scripted, stated
from visitors import Visitor
from watches import watching

from conformance.reference.launch import launch

ID = "11111111-1111-4111-8111-111111111111"


PAGE = """{"host" :"HOST", "note":"HOST \\u00e9",
 "signed_url": {"http_verb":"GET" , "host":  "HOST","url":"/bucket/x?a=%2F"},"list":[{"url":"/no","hosts":"HOST"}]}"""


def target_of(head: bytes) -> str:
    """Give the request target of a head."""
    return head.split(b" ")[1].decode()


def spoken(address: str, request: bytes) -> bytes:
    """Send bytes to an address and read to the end of the connection."""
    parts = urlsplit(address)
    with socket.create_connection((parts.hostname, parts.port), timeout=20) as road:
        road.sendall(request)
        pieces = []
        while piece := road.recv(65536):
            pieces.append(piece)
    return b"".join(pieces)


def test_only_the_host_beside_a_signed_url_is_rewritten(tmp_path: Path) -> None:
    """Odd spacing, escapes and other hosts stay as they are; the history keeps the original."""
    with scripted(lambda head, _body: stated(b"stored" if b"/bucket" in head else page)) as server:
        host = f"http://127.0.0.1:{server.port}"
        page = PAGE.replace("HOST", host).encode()
        with watching(server.base_url, tmp_path) as standing:
            given = httpx.get(f"{standing.base_url}/uploads/{ID}", trust_env=False).content
            through = json.loads(given)["signed_url"]["host"]
            assert through != host
            assert given == page.replace(b'"host":  "%s"' % host.encode(), b'"host":  "%s"' % through.encode())
            assert httpx.get(f"{through}/bucket/x?a=%2F", trust_env=False).content == b"stored"
        api, store = standing.operations()
        assert api["response"]["signed_url"]["host"] == host
        assert (store["role"], store["path"], store["notes"]) == ("storage", "/bucket/x?a=%2F", {"url_of": api["id"]})
        assert target_of(server.heads[-1]) == "/bucket/x?a=%2F"


def test_upstream_hears_the_host_that_a_signature_covers(tmp_path: Path) -> None:
    """Real S3 signs the host: what arrives is the origin's own name, with the client's other headers."""
    with scripted(lambda head, _body: stated(b"" if b"/bucket" in head else signed)) as server:
        host = f"127.0.0.1:{server.port}"
        signed = {
            "http_verb": "PUT",
            "host": host,
            "url": "/bucket/k?X-Amz-SignedHeaders=host&X-Amz-Signature=" + "a" * 64,
        }
        with watching(server.base_url, tmp_path) as standing:
            given = httpx.put(f"{standing.base_url}/uploads/{ID}/chunks", json={"number": 1}, trust_env=False).json()
            assert "//" not in given["host"], "a bare authority stays bare"
            url = f"http://{given['host']}{given['url']}"
            httpx.put(url, content=b"bytes", headers={"X-Amz-Meta": "yes"}, trust_env=False)
        head = server.heads[-1].lower()
        assert f"\r\nhost: {host}\r\n".encode() in head
        assert b"x-amz-meta: yes" in head
        put = standing.operations()[-1]
        assert put["request"] == {"bytes": 5, "md5": hashlib.md5(b"bytes").hexdigest()}
        assert "a" * 64 not in (tmp_path / "history.jsonl").read_text(encoding="utf-8")


def test_a_mutation_is_on_disk_before_it_is_sent(tmp_path: Path) -> None:
    """The target itself looks into the history when the request arrives."""
    seen: list[bool] = []

    def answer(head: bytes, _body: bytes) -> bytes:
        lines = [json.loads(line) for line in (tmp_path / "history.jsonl").read_text(encoding="utf-8").splitlines()]
        seen.append(any(line.get("begin") and line["path"] == target_of(head) for line in lines))
        return stated({"id": ID}, "202 Accepted")

    with scripted(answer) as server, watching(server.base_url, tmp_path) as standing:
        httpx.post(f"{standing.base_url}/projects", json={"name": "a"}, trust_env=False)
        httpx.put(f"{standing.base_url}/uploads/{ID}/complete", json={}, trust_env=False)
    assert seen == [True, True]


CUT = b"HTTP/1.1 202 Accepted\r\nContent-Length: 99\r\nConnection: close\r\n\r\n{}"


@pytest.mark.parametrize(("answer", "failure"), [(None, "reset"), (CUT, "cut")])
def test_a_failure_upstream_is_indeterminate_and_the_client_hears_whose_words_it_gets(
    answer: bytes | None, failure: str, tmp_path: Path
) -> None:
    """A connection that closes without an answer, and an answer that is cut."""
    with scripted(lambda _head, _body: answer) as server, watching(server.base_url, tmp_path) as standing:
        got = httpx.post(f"{standing.base_url}/projects", json={"name": "a"}, trust_env=False)
    assert (got.status_code, got.headers["server"]) == (502, "dds-conformance watch")
    assert "not the target" in got.json()["reason"]
    (operation,) = standing.operations()
    assert operation["failure"] == failure
    assert standing.outcome_of("project-create-202") != "pass"


def test_a_target_that_is_away_is_an_attempt_without_effect(tmp_path: Path) -> None:
    """Nothing listens: no byte was sent, and the client gets a 502."""
    with nobody_listens() as target, watching(target, tmp_path) as standing:
        assert httpx.get(f"{standing.base_url}/projects", trust_env=False).status_code == 502
    assert [one["failure"] for one in standing.operations()] == ["refused"]


def test_other_parts_of_the_host_pass_by_and_are_not_recorded(tmp_path: Path) -> None:
    """The API is what lies below the target's path."""
    with scripted(lambda head, _body: stated({"at": target_of(head)})) as server:
        with watching(server.base_url, tmp_path) as standing:
            root = standing.base_url.removesuffix("/api/v1")
            assert httpx.get(f"{root}/favicon.ico?a", trust_env=False).json() == {"at": "/favicon.ico?a"}
        assert standing.operations() == []


def test_head_ranges_and_100_continue_pass(tmp_path: Path) -> None:
    """A HEAD has no body, a range is the store's affair, and 100 Continue is the proxy's own."""
    data = os.urandom(5000)
    with launch(lag="0.05") as server, watching(server.base_url, tmp_path) as standing:
        with Visitor(standing.base_url, server.token) as visitor:
            visitor.make_project("ranges")
            file = visitor.make_file(visitor.make_upload(data, chunked=False))
            assert visitor.download(file) == data
            url = visitor.api.get(f"/files/{file}/url").json()
            head = visitor.store.head(f"{url['host']}{url['url']}")
            assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "5000")
            assert visitor.signed(url, headers={"Range": "bytes=0-9"}).content in (data[:10], data)
        parts = urlsplit(standing.base_url)
        lines = f"POST {parts.path}/projects HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: {server.token}\r\n"
        more = (
            "Content-Type: application/json\r\nContent-Length: 33\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"
        )
        heard = spoken(standing.base_url, f"{lines}{more}".encode() + b'{"name":"n","description":"dddd"}')
        assert heard.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 ")
    assert standing.document["outcome"] == "conformant"


def test_a_chunked_upload_keeps_its_bytes(tmp_path: Path) -> None:
    """A body of unknown length goes on in chunks, and is hashed as a whole."""
    with scripted(lambda head, _body: stated(b"" if b"/bucket" in head else signed)) as server:
        signed = {"http_verb": "PUT", "host": f"http://127.0.0.1:{server.port}", "url": "/bucket/k?part=1"}
        pieces = [os.urandom(70_000) for _ in range(5)]
        with watching(server.base_url, tmp_path) as standing:
            given = httpx.get(f"{standing.base_url}/uploads/{ID}", trust_env=False).json()
            httpx.put(f"{given['host']}{given['url']}", content=iter(pieces), trust_env=False)
        assert server.bodies[-1] == b"".join(pieces)
    sent = standing.operations()[-1]["request"]
    assert sent == {"bytes": 350_000, "md5": hashlib.md5(b"".join(pieces)).hexdigest()}


def test_a_packed_answer_is_understood_and_its_hosts_rewritten(tmp_path: Path) -> None:
    """Some targets pack whatever is asked of them."""
    with scripted(
        lambda _head, _body: stated(gzip.compress(json.dumps(signed).encode()), Content_Encoding="gzip")
    ) as server:
        signed = {"host": f"http://127.0.0.1:{server.port}", "url": "/bucket/k", "http_verb": "GET"}
        with watching(server.base_url, tmp_path) as standing:
            given = httpx.get(f"{standing.base_url}/files/{ID}/url", trust_env=False)
    assert given.json()["host"] != signed["host"]
    assert standing.operations()[0]["response"] == signed


def test_a_host_that_must_not_be_followed_is_left_and_what_is_stored_there_is_unknown(tmp_path: Path) -> None:
    """A signed url into the cloud's metadata is not opened; the client's own PUT there may well have happened."""
    signed = {"host": "http://169.254.169.254", "url": "/latest/x?part=1", "http_verb": "PUT"}
    with scripted(lambda _head, _body: stated(signed)) as server, watching(server.base_url, tmp_path) as standing:
        given = httpx.put(f"{standing.base_url}/uploads/{ID}/chunks", json={"number": 1}, trust_env=False)
    assert given.json() == signed
    unseen = standing.operations()[-1]
    assert (unseen["role"], unseen["method"], unseen["b_ns"]) == ("storage", "PUT", None)
    assert any("169.254.169.254" in reason for reason in standing.document["reasons"])


def test_operations_of_a_lane_never_overlap(tmp_path: Path) -> None:
    """The history is read back as any other, which refuses overlapping operations of a session."""
    with launch(lag="0.05") as server, watching(server.base_url, tmp_path) as standing:
        visitors = [Visitor(standing.base_url, server.token) for _ in range(2)]
        for number, visitor in enumerate(visitors):
            visitor.visit(f"lane {number}", bad=False)
            visitor.close()
    sessions = {one["session"] for one in standing.operations() if one["role"] == "api"}
    assert sessions == {"127.0.0.1/client1#1"}, "one after the other they are one lane"


PLANTED = {
    "token": "planted-token-4711",
    "agent": "planted-agent-key-4711",
    "user": "planted-user-key-4711",
    "signature": "planted5ignature4711planted",
    "cookie": "planted-cookie-4711",
    "given": "planted-given-token-4711",
}


def echoing(head: bytes, body: bytes) -> bytes:
    """Answer with everything that was said, as a careless target would."""
    said = {
        "error": 400,
        "code": "x",
        "reason": f"{head!r} {body!r}",
        "suggestion": head.decode(),
        "api_token": PLANTED["given"],
    }
    status = "201 Created" if b"api_token" in head else "400 Bad Request"
    return stated(said, status, Set_Cookie=f"session={PLANTED['cookie']}; Path=/")


def test_planted_secrets_are_in_none_of_the_artefacts(tmp_path: Path) -> None:
    """Token, keys, signature and cookie, sent by a client and echoed by the target."""
    with scripted(echoing) as server, watching(server.base_url, tmp_path / "report") as standing:
        client = httpx.Client(base_url=standing.base_url, trust_env=False, cookies={"sid": PLANTED["cookie"]})
        client.headers["Authorization"] = PLANTED["token"]
        keys = {"agent_key": PLANTED["agent"], "user_key": PLANTED["user"]}
        client.post("/software_agents/api_token", json=keys)
        client.post("/software_agents/api_token", data=keys)
        for path in (f"/files/{ID}/url", f"/files/{ID}/url?signature={PLANTED['signature']}"):
            client.get(path)
            client.get(path, headers={"Authorization": PLANTED["given"]})
        client.close()
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) > 4
    for path in written:
        text = path.read_text(encoding="utf-8")
        assert [name for name, secret in PLANTED.items() if secret in text] == [], path.name
    assert not [sentence for sentence in standing.stated if "planted" in sentence]


def test_a_large_upload_passes_in_bounded_memory(tmp_path: Path) -> None:
    """Two hundred MiB through the proxy of this very process, both ways, without keeping them."""
    size = 200 << 20
    piece = os.urandom(1 << 20)
    with (
        launch(lag="0.05") as server,
        watching(server.base_url, tmp_path) as standing,
        Visitor(standing.base_url, server.token) as visitor,
    ):
        visitor.make_project("large")
        asked = {"name": "big", "content_type": "x/y", "size": size, "chunked": False}
        while (made := visitor.api.post(f"/projects/{visitor.project}/uploads", json=asked)).status_code != 201:
            continue
        signed = made.json()["signed_url"]
        before, most = memory_mib(), 0.0
        url, length = f"{signed['host']}{signed['url']}", {"Content-Length": str(size)}

        def pieces() -> object:
            nonlocal most
            for _ in range(200):
                most = max(most, memory_mib())
                yield piece

        assert visitor.store.put(url, content=pieces(), headers=length).status_code == 200  # type: ignore[arg-type]
    assert most - before < 50
    assert standing.operations()[-1]["request"]["bytes"] == size


def memory_mib() -> float:
    """Give the resident memory of this process."""
    return int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1]) * os.sysconf("SC_PAGE_SIZE") / (1 << 20)
