"""A storage provider may redirect a download: five times at most, each hop on record, no credential carried along."""

from __future__ import annotations

import hashlib
import socket
from pathlib import Path

import pytest
from wire_stubs import TOKEN, Answer, driving, raw, reply, says, settings_for

from conformance.driver import Driver
from conformance.driver.safety.signed_urls import ForbiddenError, Places, redirected
from conformance.judge import judge_history
from conformance.model import Exchange, Failure, History, Json, Operation, Role
from conformance.settings.credentials import Secret
from conformance.settings.run_settings import Network

DATA = b"the bytes themselves"
MD5 = hashlib.md5(DATA, usedforsecurity=False).hexdigest()
SIGNATURE = "c2lnbmF0dXJlLW9mLWEtaG9w"


def chain(hops: int, location: str = "/hop/{}?X-Amz-Signature=" + SIGNATURE) -> Answer:
    """A store that redirects so many times before it serves."""

    def answer(connection: socket.socket, request: bytes) -> None:
        path = request.split()[1].decode()
        done = int(path.split("/hop/")[1].split("?")[0]) if "/hop/" in path else 0
        if done < hops:
            connection.sendall(reply(302, b"moved", f"Location: {location.format(done + 1)}"))
        else:
            connection.sendall(reply(200, DATA))

    return answer


def signed(url: str, headers: Json = None) -> Json:
    """What a url endpoint answers."""
    return {
        "host": url.removesuffix("/api/v1"),
        "url": "/bucket/object",
        "http_verb": "GET",
        "http_headers": headers or [],
    }


def retained(driver: Driver) -> list[Operation]:
    """Listen to what a driver keeps."""
    seen: list[Operation] = []
    driver.listen(lambda moment, operation: seen.append(operation) if moment == "end" else None)
    return seen


@pytest.mark.parametrize("hops", [0, 1, 5])
def test_up_to_five_redirects_are_followed_each_a_row_of_its_own(hops: int, tmp_path: Path) -> None:
    """The last one has the bytes; every row says which answer gave the url, and which redirected it."""
    with raw(chain(hops)) as store, driving(settings_for(store.url, tmp_path)) as driver:
        rows = retained(driver)
        last = driver.client("reader").get_signed(signed(store.url), notes={"url_of": "op-1"})
    assert (last.exchange.status, last.exchange.response.md5) == (200, MD5)
    assert [row.exchange.status for row in rows] == [302] * hops + [200]
    assert [row.notes.get("hop") for row in rows] == [None, *range(1, hops + 1)]
    assert [row.notes.get("redirected_by") for row in rows] == [None, *(row.id for row in rows[:-1])]
    assert {row.notes["url_of"] for row in rows} == {"op-1"}
    assert {row.exchange.role for row in rows} == {Role.STORAGE}
    assert len({row.id for row in rows}) == hops + 1 == len(store.requests)


def test_a_sixth_redirect_is_not_followed(tmp_path: Path) -> None:
    """Nor is a circle: the answer is the redirect itself."""
    with raw(chain(99)) as store, driving(settings_for(store.url, tmp_path)) as driver:
        last = driver.client("reader").get_signed(signed(store.url))
    assert last.exchange.status == 302
    assert len(store.requests) == 6


@pytest.mark.parametrize("status", [300, 304, 305])
def test_what_is_no_redirect_is_not_followed(status: int, tmp_path: Path) -> None:
    """Nor is a redirect without a place."""
    for answer in (reply(status, b"", "Location: /x"), reply(302, b"")):
        with raw(says(answer)) as store, driving(settings_for(store.url, tmp_path)) as driver:
            driver.client("reader").get_signed(signed(store.url))
            assert len(store.requests) == 1


def test_nothing_of_the_run_or_of_the_signed_url_goes_along(tmp_path: Path) -> None:
    """No token, no header of the operator's, none of the signed url's own; and no signature is written down."""
    with raw(says(reply(200, DATA))) as end:
        there = f"http://127.0.0.1:{end.port}/there?X-Amz-Signature={SIGNATURE}"
        with raw(says(reply(307, b"", f"Location: {there}"))) as store:
            network = Network(headers=(("X-Gateway", Secret("gateway-secret")),))
            settings = settings_for(store.url, tmp_path, network=network)
            with driving(settings) as driver:
                last = driver.client("reader").get_signed(signed(store.url, [{"X-Storage-Token": "storage-secret"}]))
    assert last.exchange.status == 200
    (asked,) = end.requests
    assert not any(word in asked for word in (TOKEN.encode(), b"secret", b"Authorization", b"Referer", b"Cookie"))
    assert asked.startswith(f"GET /there?X-Amz-Signature={SIGNATURE} ".encode())
    assert SIGNATURE not in settings.history_path.read_text()


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("http://169.254.169.254/latest/meta-data/", "metadata"),
        ("//169.254.169.254/x", "metadata"),
        ("http://[fd00:ec2::254]/", "metadata"),
        ("http://0.0.0.0:1/", "no address"),
        ("file:///etc/passwd", "scheme"),
        ("ftp://127.0.0.1/x", "scheme"),
        ("http://user:word@127.0.0.1/x", "authority"),
        (f"http://127.0.0.1/x?token={TOKEN}", "credential"),
    ],
)
def test_a_hop_obeys_the_rules_of_forbidden_places(location: str, reason: str, tmp_path: Path) -> None:
    """It becomes a row of its own that was not sent, with the reason."""
    moved = says(reply(302, b"", f"Location: {location}"))
    with raw(moved) as store, driving(settings_for(store.url, tmp_path)) as driver:
        last = driver.client("reader").get_signed(signed(store.url))
    assert last.exchange.failure is Failure.REFUSED
    assert reason in f"{last.notes.get('forbidden', '')} {last.notes.get('trouble', '')}"
    assert last.notes["hop"] == 1


def test_a_malformed_place_is_forbidden() -> None:
    """It becomes a signed url without a scheme, which is not followed."""
    exchange = Exchange("GET", "/x", host="h", role=Role.STORAGE, status=302, headers={"location": "http://[::1"})
    with pytest.raises(ForbiddenError, match="scheme"):
        Places("http://127.0.0.1/api/v1").signed(redirected(exchange, secure=False))


def test_only_gets_of_the_storage_are_followed(tmp_path: Path) -> None:
    """A PUT must not send its bytes elsewhere, and a redirect of the API is the API's answer."""
    with raw(chain(1)) as server, driving(settings_for(server.url, tmp_path)) as driver:
        client = driver.client("reader")
        put = client.put_signed({**signed(server.url), "http_verb": "PUT"}, b"x")
        api = client.list_projects()
        assert len(server.requests) == 2
    assert (put.exchange.status, api.exchange.status) == (302, 302)


def api(method: str, path: str, status: int, response: Json, request: Json = None) -> Exchange:
    """An exchange with the API by the owner."""
    return Exchange(
        method, f"/api/v1{path}", user="owner", request=request, request_type="application/json", status=status,
        headers={"content-type": "application/json"}, response=response,
    )  # fmt: skip


@pytest.mark.parametrize(("served", "broken"), [(DATA, False), (b"other bytes", True)])
def test_the_judge_compares_the_bytes_behind_a_redirect(served: bytes, *, broken: bool, tmp_path: Path) -> None:
    """The redirect itself says nothing; what it leads to is what the url yields."""
    part = {"number": 1, "size": len(DATA), "hash": {"value": MD5, "algorithm": "md5"}}
    moved = reply(302, b"", "Location: /x")
    store_of = raw(lambda wire, asked: wire.sendall(moved if b"object" in asked else reply(200, served)))
    with store_of as store, driving(settings_for(store.url, tmp_path)) as driver:
        rows = retained(driver)
        client = driver.client("reader")
        put = {**signed(store.url), "http_verb": "PUT", "url": "/stored"}
        client.put_signed(put, DATA)
        client.get_signed({**signed(store.url)}, notes={"url_of": "o-7"})
    stored, *fetched = rows
    stated = [
        api("POST", "/projects", 202, {"kind": "dds-project", "id": "p"}, {"name": "n", "description": "d"}),
        api("POST", "/projects/p/uploads", 201, {"id": "u"}, {"name": "f", "size": len(DATA), "content_type": "a/b"}),
        api("PUT", "/uploads/u/chunks", 200, {**put, "http_headers": []}, part),
        stored.exchange,
        api("PUT", "/uploads/u/complete", 202, {"id": "u"}, {"hash": part["hash"]}),
        api("POST", "/files", 201, {"id": "f", "current_version": {"id": "v"}},
            {"parent": {"kind": "dds-project", "id": "p"}, "upload": {"id": "u"}}),
        api("GET", "/files/f/url", 200, signed(store.url)),
    ]  # fmt: skip
    history = [Operation(f"o-{n}", "s", n * 1000, n * 1000 + 500, exchange) for n, exchange in enumerate(stated, 1)]
    for n, row in enumerate(fetched, len(history) + 1):
        history.append(Operation(row.id, "s", n * 1000, n * 1000 + 500, row.exchange, notes=row.notes))
    tally = judge_history(History(tuple(history), settings_for(store.url, tmp_path).target)).tallies["bytes-at-once"]
    assert tally.exposures == 1
    assert bool(tally.findings) is broken
