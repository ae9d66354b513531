"""Signed URLs: the token stays at home, forbidden places are not visited, what is legal goes out byte for byte."""

from __future__ import annotations

import dataclasses
import socket
from pathlib import Path
from typing import Any

import pytest
from wire_stubs import TOKEN, driving, raw, reply, says, settings_for

from conformance import history
from conformance.driver.safety.signed_urls import Places, legal_target
from conformance.driver.wire.request import _signatures
from conformance.model import Failure, Json, Role
from conformance.settings.run_settings import Network

REMOTE = "https://dds.example.org/api/v1"
PUBLIC = "93.184.216.34"


def signed(host: Json, url: Json = "/bucket/key?sig=abc", headers: Json = None) -> dict[str, Json]:
    """Write a signed URL as a target gives it."""
    return {"http_verb": "GET", "host": host, "url": url, "http_headers": headers or []}


def resolving(monkeypatch: pytest.MonkeyPatch, **names: str) -> None:
    """Make names resolve as given; addresses as themselves."""

    def fake(host: str, port: Any, *_: Any, **__: Any) -> list[Any]:
        address = names.get(host.replace(".", "_").replace("-", "_"), host)
        if address == host and not host.replace(".", "").isdigit() and ":" not in host:
            raise socket.gaierror(f"no address for {host}")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port or 0))]

    monkeypatch.setattr(socket, "getaddrinfo", fake)


FORBIDDEN = {
    "the metadata service": signed("http://169.254.169.254", "/latest/meta-data/"),
    "link-local": signed("http://169.254.7.7"),
    "link-local, IPv6": signed("http://[fe80::1]"),
    "metadata in IPv6": signed("http://[fd00:ec2::254]"),
    "link-local as IPv4 in IPv6": signed("http://[::ffff:169.254.169.254]"),
    "this machine": signed("http://127.0.0.1:8080"),
    "this machine, IPv6": signed("http://[::1]"),
    "this machine by another name": signed("http://127.9.9.9"),
    "no machine": signed("http://0.0.0.0"),
    "many machines": signed("http://224.0.0.1"),
    "a private network": signed("http://10.0.0.7"),
    "another private network": signed("http://192.168.1.1"),
    "a reserved address": signed("http://240.0.0.1"),
    "a name of the metadata service": signed("http://meta.example.org"),
    "a name of this machine": signed("http://local.example.org"),
    "a file": signed("file:///etc/passwd"),
    "a file and a host": signed("file://localhost", "/etc/passwd"),
    "ftp": signed("ftp://storage.example.org"),
    "a script": signed("javascript://storage.example.org"),
    "a password": signed("https://user:secret@storage.example.org"),
    "a path in the host": signed("https://storage.example.org/elsewhere"),
    "a query in the host": signed("https://storage.example.org?x"),
    "a port that is none": signed("https://storage.example.org:99999"),
    "a line end in the host": signed("https://storage.example.org\r\nX: y"),
    "a space in the host": signed("https://storage example"),
    "no host": signed("https://"),
    "a host that is no text": signed(7),
    "a url that is no text": signed("https://storage.example.org", ["/x"]),
    "no object": "https://storage.example.org/x",
    "nothing": None,
    "the token in the query": signed("https://storage.example.org", f"/x?token={TOKEN}"),
    "the token in a header": signed("https://storage.example.org", "/x", [{"Authorization": TOKEN}]),
    "a line end in a header": signed("http://storage.example.org", "/x", [{"X-A": "b\r\nX-C: d"}]),
    "a header without a name": signed("http://storage.example.org", "/x", [{"": "b"}]),
}


@pytest.mark.parametrize("given", FORBIDDEN.values(), ids=FORBIDDEN)
def test_a_forbidden_signed_url_is_refused_without_a_byte(
    given: Json, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is an operation that was refused, with the reason, and nothing is sent there."""
    resolving(
        monkeypatch,
        dds_example_org=PUBLIC,
        storage_example_org=PUBLIC,
        meta_example_org="169.254.169.254",
        local_example_org="127.0.0.1",
    )
    monkeypatch.setattr(socket.socket, "sendall", lambda *_: pytest.fail("something was sent"))
    monkeypatch.setattr(socket.socket, "send", lambda *_: pytest.fail("something was sent"))
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: _Dead())
    with driving(settings_for(REMOTE, tmp_path)) as driver:
        client = driver.client("reader")
        for operation in (client.get_signed(given), client.put_signed(given, b"x")):
            assert operation.exchange.failure is Failure.REFUSED
            assert operation.exchange.role is Role.STORAGE
            assert operation.notes.get("forbidden") or operation.notes.get("trouble")


class _Dead(socket.socket):
    """A socket that leads nowhere."""


def test_the_operator_may_vouch_for_a_place(tmp_path: Path) -> None:
    """What looks forbidden is allowed by configuration, and only that."""
    with raw(says(reply(200, b"bytes"))) as storage:
        settings = settings_for("http://dds.invalid/api/v1", tmp_path)
        with driving(settings) as driver:
            refused = driver.client("reader").get_signed(signed(storage.url[: -len("/api/v1")]))
        allowed = dataclasses.replace(settings, network=Network(storage_hosts=("127.0.0.*",)))
        with driving(allowed) as driver:
            served = driver.client("reader").get_signed(signed(storage.url[: -len("/api/v1")]))
    assert refused.exchange.failure is Failure.REFUSED
    assert "this machine" in str(refused.notes["trouble"])
    assert served.exchange.status == 200
    assert len(storage.requests) == 1


def test_a_target_on_this_machine_may_name_this_machine_but_no_metadata() -> None:
    """The loopback is near for a near target; the link-local is near for nobody."""
    near = Places("http://127.0.0.1:9/api/v1")
    assert near.reason("127.0.0.1") is None
    assert near.reason("::1") is None
    assert "metadata" in str(near.reason("169.254.169.254"))


def test_the_token_and_extra_headers_never_reach_the_storage(tmp_path: Path) -> None:
    """The storage gets what the signed URL says and nothing of the run but its name."""
    with raw(says(reply(200, b"{}"))) as server, driving(settings_for(server.url, tmp_path)) as driver:
        client = driver.client("writer", scenario="fleet")
        client.list_projects()
        client.put_signed(
            signed(f"127.0.0.1:{server.port}", "/b/k?sig=a%2Fb+c", [{"X-Meta": "m"}, {"Content-Length": "9"}]), b"data"
        )
        api, storage = server.requests
    assert f"Authorization: {TOKEN}".encode() in api
    assert TOKEN.encode() not in storage
    head, _, body = storage.partition(b"\r\n\r\n")
    assert head.startswith(b"PUT /b/k?sig=a%2Fb+c HTTP/1.1\r\n")
    assert b"X-Meta: m" in head
    assert b"Content-Length: 4" in head
    assert body == b"data"
    for request in (api, storage):
        assert b"User-Agent: dds-conformance/" in request
        assert f"(run {driver.settings.run_id}; fleet)".encode() in request
        assert f"X-Request-Id: {driver.settings.run_id}-".encode() in request


def test_a_signature_echoed_by_the_storage_is_not_kept(tmp_path: Path) -> None:
    """A storage provider's error repeats what was signed; the history does not."""
    secret = "c2lnbmF0dXJlLW9mLXVz"
    echo = f"<Error><StringToSign>AWS4 {secret}</StringToSign><Other>{secret}</Other></Error>".encode()
    with (
        raw(says(reply(403, echo, "Content-Type: application/xml"))) as server,
        driving(settings_for(server.url, tmp_path)) as driver,
    ):
        where = signed(f"127.0.0.1:{server.port}", f"/b/k?X-Amz-Signature={secret}&partNumber=1")
        operation = driver.client("writer").put_signed(where, b"x")
    assert secret in operation.exchange.path
    text = driver.settings.history_path.read_text()
    assert secret not in text
    (retained,) = (op for op in history.read(driver.settings.history_path).operations)
    assert retained.exchange.path == "/b/k?X-Amz-Signature=[redacted]&partNumber=1"


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("/a b", "/a%20b"),
        ("/a%20b?x=%2f+%2F", "/a%20b?x=%2f+%2F"),
        ("/\u00e9", "/%C3%A9"),
        ("/x\r\nHost: evil", "/x%0D%0AHost:%20evil"),
        ("/{a}|b^`\\[]", "/{a}|b^`\\[]"),
        ("/../..//x", "/../..//x"),
    ],
)
def test_a_target_goes_out_as_given_where_http_allows(given: str, sent: str) -> None:
    """A signature covers the very bytes of the URL, so nothing is tidied up."""
    assert legal_target(given) == sent


def test_only_what_is_long_and_secret_in_a_signed_url_is_hidden_everywhere() -> None:
    """The words of S3 beside the signature stand in hosts, hashes and the names of fields: they stay legible."""
    places = Places("http://127.0.0.1/api/v1")
    query = "X-Amz-SignedHeaders=host&keyversion=f6a0&sig=abcd&X-Amz-Signature=0123456789abcdef0123"
    signed = places.signed({"http_verb": "PUT", "host": "https://store.example", "url": f"/k?{query}"})
    assert set(_signatures(signed)) == {"0123456789abcdef0123"}
