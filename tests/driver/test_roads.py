"""TLS with the operator's own authority and client certificate, an explicit proxy, extra headers, no environment."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from wire_stubs import TOKEN, driving, json_reply, raw, read_request, reply, says, settings_for

from conformance.driver.wire.handshake import shake_hands
from conformance.errors import UsageError
from conformance.model import Failure, Target
from conformance.settings.credentials import Secret
from conformance.settings.run_settings import Network

TLS = Path(__file__).with_name("tls")
TRUSTED = Network(ca_bundle=TLS / "ca.pem")


@contextmanager
def secure(*, wants_client: bool = False) -> Iterator[str]:
    """Run a TLS server of the tests' own authority; give its base URL."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(TLS / "server.pem")
    if wants_client:
        context.load_verify_locations(TLS / "ca.pem")
        context.verify_mode = ssl.CERT_REQUIRED
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            try:
                with context.wrap_socket(plain, server_side=True) as connection:
                    while read_request(connection):
                        connection.sendall(json_reply({"results": []}))
            except OSError:
                plain.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{listener.getsockname()[1]}/api/v1"
    finally:
        listener.close()


def test_the_operators_authority_is_trusted_and_no_other(tmp_path: Path) -> None:
    """An unknown certificate is a refusal before any request, with its reason; the token was not sent."""
    with secure() as url:
        with driving(settings_for(url, tmp_path, network=TRUSTED)) as driver:
            assert driver.client("reader").list_projects().exchange.status == 200
        with driving(settings_for(url, tmp_path / "b")) as driver:
            refused = driver.client("reader").list_projects()
    assert refused.exchange.failure is Failure.REFUSED
    assert "CERTIFICATE_VERIFY_FAILED" in str(refused.notes["trouble"])


def test_a_client_certificate_is_shown_where_it_is_wanted(tmp_path: Path) -> None:
    """With it the request is answered, without it it is not."""
    shown = Network(ca_bundle=TLS / "ca.pem", client_certificate=TLS / "client.pem")
    with secure(wants_client=True) as url:
        with driving(settings_for(url, tmp_path, network=shown)) as driver:
            assert driver.client("reader").list_projects().exchange.status == 200
        with driving(settings_for(url, tmp_path / "b", network=TRUSTED)) as driver:
            assert driver.client("reader").list_projects().exchange.status is None


def test_the_doctor_shakes_hands(tmp_path: Path) -> None:
    """It tells the protocol, how long the certificate holds, and what is wrong with it."""
    with secure() as url:
        good = shake_hands(settings_for(url, tmp_path, network=TRUSTED))
        bad = shake_hands(settings_for(url, tmp_path))
    assert good.protocol.startswith("TLSv1.")
    assert good.days_left is not None
    assert good.days_left > 300
    assert "not trusted" in bad.trouble
    assert shake_hands(settings_for("https://127.0.0.1:1/api/v1", tmp_path)).trouble


def test_a_file_that_is_no_certificate_is_a_usage_error(tmp_path: Path) -> None:
    """Exit 2, before anything is sent."""
    (tmp_path / "x.pem").write_text("nothing")
    for network in (Network(ca_bundle=tmp_path / "x.pem"), Network(client_certificate=tmp_path / "missing.pem")):
        with (
            driving(settings_for("https://127.0.0.1:1/api/v1", tmp_path, network=network)) as driver,
            pytest.raises(UsageError, match="CA bundle or client certificate"),
        ):
            driver.client("reader").list_projects()


def test_an_explicit_proxy_is_used_and_its_password_is_kept(tmp_path: Path) -> None:
    """It gets the whole address and its own credentials; the history gets neither its password nor the token."""
    with raw(says(json_reply({"results": []}))) as proxy:
        network = Network(proxy=Secret(f"http://user:pass-word-1@127.0.0.1:{proxy.port}"))
        settings = settings_for("http://dds.invalid/api/v1", tmp_path, network=network)
        with driving(settings) as driver:
            operation = driver.client("reader").send("GET", "/projects?page=1&x=%2F")
        (request,) = proxy.requests
    assert operation.exchange.status == 200
    assert request.startswith(b"GET http://dds.invalid/api/v1/projects?page=1&x=%2F HTTP/1.1\r\n")
    assert b"proxy-authorization: basic" in request.lower()
    retained = settings.history_path.read_text()
    assert "pass-word-1" not in retained
    assert TOKEN not in retained


def test_behind_a_proxy_forbidden_places_stay_forbidden(tmp_path: Path) -> None:
    """The proxy would go there for us."""
    with raw(says(reply(200, b"secret"))) as proxy:
        network = Network(proxy=Secret(f"http://127.0.0.1:{proxy.port}"))
        with driving(settings_for("http://dds.invalid/api/v1", tmp_path, network=network)) as driver:
            where = {"http_verb": "GET", "host": "http://169.254.169.254", "url": "/latest", "http_headers": []}
            operation = driver.client("reader").get_signed(where)
        assert operation.exchange.failure is Failure.REFUSED
        assert proxy.requests == []


def test_a_proxy_that_is_none_is_a_usage_error(tmp_path: Path) -> None:
    """And its text, which may hold a password, is not repeated."""
    network = Network(proxy=Secret("socks9://u:secret@h"))
    with (
        driving(settings_for("http://127.0.0.1:1/api/v1", tmp_path, network=network)) as driver,
        pytest.raises(UsageError) as stated,
    ):
        driver.client("reader").list_projects()
    assert "secret" not in str(stated.value)


def test_the_environment_changes_no_road(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither its proxies nor a .netrc."""
    with raw(says(json_reply({}))) as elsewhere, raw(says(json_reply({}))) as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{elsewhere.port}")
        (tmp_path / "netrc").write_text("machine 127.0.0.1 login a password b\n")
        monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
        with driving(settings_for(server.url, tmp_path)) as driver:
            driver.client("reader", user=None).list_projects()
        assert elsewhere.requests == []
        assert b"authorization" not in server.requests[0].lower()


def test_extra_headers_go_to_the_api_and_are_not_kept(tmp_path: Path) -> None:
    """A gateway's key: sent with every API request, hidden when the target echoes it."""
    network = Network(headers=(("X-Gate", Secret("gate-key-0001")),))
    with raw(says(json_reply({"you sent": "gate-key-0001"}))) as server:
        settings = settings_for(server.url, tmp_path, network=network, target=Target(base_url=server.url))
        with driving(settings) as driver:
            operation = driver.client("reader").list_projects()
        assert b"X-Gate: gate-key-0001" in server.requests[0]
    assert operation.exchange.response == {"you sent": "gate-key-0001"}
    assert "gate-key-0001" not in settings.history_path.read_text()
