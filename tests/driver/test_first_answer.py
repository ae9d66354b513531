"""What answers before a run is a DDS, or is told as what it is, with a remedy that fits: credentials are not blamed."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wire_stubs import Answer, driving, json_reply, raw, read_request, reply, reset, says, settings_for

from conformance.doctor import Mark, examine
from conformance.driver import check_target, preflight
from conformance.driver.first_answer import addresses_near, mismatch
from conformance.driver.preflight import Patience, first_look
from conformance.errors import TargetUnreachableError
from conformance.model import Exchange, Failure, Operation, Target
from conformance.settings.credentials import Credentials
from conformance.settings.run_settings import Network

TLS = Path(__file__).with_name("tls")
BASE = "http://dds.example.org/api/v1"
LOGIN = b"<html><body><form action=/login>Sign in</form></body></html>"
HTML = "Content-Type: text/html"
FINE = json_reply({"results": []})

SOMETHING_ELSE: list[tuple[bytes, str, str]] = [
    (reply(200, LOGIN, HTML), "status 200, text/html", "--header"),
    (reply(200, b"", length=True), "status 200", "--target|own address"),
    (json_reply({"status": "ok"}), "status 200, application/json", "Another service"),
    (json_reply([]), "status 200, application/json", "Another service"),
    (json_reply([{"id": 1, "name": "a repository"}]), "status 200", "Another service"),
    (
        reply(302, b"", "Location: https://sso.example.org/login?state=geheim", HTML),
        "sso.example.org/login",
        "--header",
    ),
    (
        reply(301, b"", "Location: https://127.0.0.1/api/v1/projects?page=1", HTML),
        "Location: https",
        "--target https://",
    ),
    (
        reply(308, b"", "Location: /dds/v1/projects"),
        "Location: /dds/v1/projects",
        "--target http://127.0.0.1:[0-9]+/dds/v1",
    ),
    (reply(404, b"<html>nothing here</html>", HTML), "status 404, text/html", "base path"),
    (reply(403, b"<html>denied</html>", HTML), "status 403, text/html", "allow-list"),
    (
        reply(400, b"<html>The plain HTTP request was sent to HTTPS port</html>", HTML),
        "status 400",
        "--target https://",
    ),
    (reply(400, b"<html>No required SSL certificate was sent</html>", HTML), "status 400", "--client-certificate"),
    (reply(426, b"", HTML), "status 426", "--target https://"),
    (reply(500, b"<html>oops</html>", HTML), "status 500", "look at what answers"),
    (json_reply({"message": "no Route matched"}, 404), "status 404, application/json", "base path"),
]
A_DDS: list[bytes] = [
    FINE,
    json_reply({"results": [{"id": 7}]}),
    json_reply([{"kind": "dds-project"}]),
    json_reply({"projects": [{"kind": "dds-project", "id": "a"}]}),
    reply(200, b'{"results": []}', "Content-Type: text/plain"),
    json_reply({"error": 500}, 500),
    json_reply({"reason": "x"}, 400),
    json_reply({"code": "not_provided"}, 404),
]


@pytest.mark.parametrize(("answer", "said", "remedy"), SOMETHING_ELSE)
def test_what_is_no_dds_ends_the_run_before_it_begins(answer: bytes, said: str, remedy: str, tmp_path: Path) -> None:
    """Exit 3 with what answered; the query of a redirect, which may be secret, is not shown."""
    with raw(says(answer)) as server, pytest.raises(TargetUnreachableError) as stated:
        check_target(settings_for(server.url, tmp_path))
    assert stated.value.exit_code == 3
    assert "not a DDS" in str(stated.value)
    assert said in str(stated.value)
    assert re.search(remedy, stated.value.remedy), stated.value.remedy
    assert "geheim" not in str(stated.value)


@pytest.mark.parametrize(("answer", "said", "remedy"), SOMETHING_ELSE)
def test_the_doctor_decides_alike_and_blames_no_credentials(
    answer: bytes, said: str, remedy: str, tmp_path: Path
) -> None:
    """It ends at the line of reachability, with the run's own sentence."""
    with raw(says(answer)) as server:
        lines = list(examine(settings_for(server.url, tmp_path)))
    assert (lines[-1].question, lines[-1].mark) == ("reachability", Mark.BAD)
    assert said in lines[-1].sentence
    assert not any(word in f"{line.sentence} {line.remedy}" for line in lines for word in ("Accepted", "new token"))
    assert re.search(remedy, lines[-1].remedy)


@pytest.mark.parametrize("answer", A_DDS)
def test_a_listing_and_any_error_of_the_api_are_a_dds(answer: bytes, tmp_path: Path) -> None:
    """However broken: that is for the judge."""
    with raw(says(answer)) as server:
        check_target(settings_for(server.url, tmp_path))


@given(st.sampled_from(["error", "reason", "code"]), st.integers(400, 599).filter(lambda status: status != 401))
def test_any_error_field_makes_an_error_the_apis(field: str, status: int) -> None:
    """At any status."""
    assert mismatch(Exchange("GET", "/", status=status, response={field: None}), BASE) is None
    assert mismatch(Exchange("GET", "/", status=status, response={"detail": "x"}), BASE) is not None


class Clock:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.slept.append(seconds)
        self.now += seconds

    def patience(self) -> Patience:
        """Give a patience that lives by this clock."""
        return Patience(lambda: self.now, self.sleep)


def operation(status: int | None = None, failure: Failure | None = None, **headers: str) -> Operation:
    """An answer to the first listing."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Operation("x", "s", 0, 1, Exchange("GET", "/", status=status, failure=failure, headers=named))


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_gateways_answer_is_asked_again_for_eight_seconds(status: int) -> None:
    """No longer, and several times."""
    clock = Clock()
    answers: list[int] = []
    clock.patience().ask(lambda: answers.append(status) or operation(status))  # type: ignore[func-returns-value]
    assert len(answers) >= 4
    assert 6.0 <= clock.now <= 8.0


def test_resets_are_asked_again_for_eight_seconds_and_a_closed_port_for_two() -> None:
    """A service that restarts comes back; a timeout has taken its time already."""
    for failure, least, most in (
        (Failure.RESET, 6, 8),
        (Failure.CUT, 6, 8),
        (Failure.REFUSED, 1, 2),
        (Failure.TIMEOUT, 0, 0),
    ):
        clock = Clock()
        clock.patience().ask(lambda failure=failure: operation(failure=failure))  # type: ignore[misc]
        assert least <= clock.now <= most, failure


def test_retry_after_is_obeyed_and_never_beyond_the_eight_seconds() -> None:
    """A wait of five seconds is slept once; one of a day is not slept at all."""
    clock = Clock()
    answers = iter([operation(503, retry_after="5"), operation(200)])
    assert clock.patience().ask(lambda: next(answers)).exchange.status == 200
    assert clock.slept == [5.0]
    clock = Clock()
    assert clock.patience().ask(lambda: operation(503, retry_after="86400")).exchange.status == 503
    assert clock.slept == []


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_gateway_that_does_not_come_back_is_told(status: int, tmp_path: Path) -> None:
    """With its status, its media type and a remedy; a day of Retry-After is not waited for."""
    page = reply(status, b"<html>maintenance</html>", HTML, "Retry-After: 86400")
    with (
        raw(says(page)) as server,
        pytest.raises(TargetUnreachableError, match=f"status {status}, text/html") as stated,
    ):
        check_target(settings_for(server.url, tmp_path))
    assert "try again" in stated.value.remedy
    assert len(server.requests) == 1


def test_keys_that_give_no_token_are_not_blamed_where_no_dds_answers(tmp_path: Path) -> None:
    """A login page gives no token either."""
    keys = Credentials.of({"agent_key": "agent-0001", "user_key": "user-0001"})
    with raw(says(reply(200, LOGIN, HTML))) as server, pytest.raises(TargetUnreachableError, match="not a DDS"):
        check_target(settings_for(server.url, tmp_path, credentials=keys))


def at(path: str, elsewhere: bytes) -> Answer:
    """A DDS under one base path, something else everywhere around it."""

    def answer(connection: socket.socket, request: bytes) -> None:
        asked = request.split()[1].decode().partition("?")[0]
        connection.sendall(FINE if asked == f"{path}/projects" else elsewhere)

    return answer


@pytest.mark.parametrize(
    "elsewhere", [reply(404, b"<html>no</html>", HTML), json_reply({"error": 404, "code": "x"}, 404)]
)
@pytest.mark.parametrize(
    ("named", "true"),
    [
        ("/dds", "/dds/api/v1"),
        ("/dds", "/dds/v1"),
        ("/dds/", "/api/v1"),
        ("/api", "/api/v1"),
        ("/api/v1/projects", "/api/v1"),
        ("/portal/apidocs", "/portal/api/v1"),
        ("/v1", "/api/v1"),
        ("/dds/api/v1/current_user", "/dds/api/v1"),
    ],
)
def test_the_address_that_answers_like_a_dds_is_said(named: str, true: str, elsewhere: bytes, tmp_path: Path) -> None:
    """By run and doctor alike; nothing is taken for granted: the user says it."""
    with raw(at(true, elsewhere)) as server:
        root = server.url.removesuffix("/api/v1")
        settings = settings_for(f"{root}{named.rstrip('/')}", tmp_path)
        with pytest.raises(TargetUnreachableError) as stated:
            check_target(settings)
        last = list(examine(settings))[-1]
    assert stated.value.remedy == f"Say: --target {root}{true}"
    assert last.remedy == stated.value.remedy


def test_another_base_path_that_answers_is_a_dds(tmp_path: Path) -> None:
    """And the doctor says its address."""
    with raw(at("/dds/v1", reply(404, b"<html>no</html>", HTML))) as server:
        settings = settings_for(server.url.removesuffix("/api/v1") + "/dds/v1", tmp_path)
        check_target(settings)
        with driving(settings) as driver:
            assert first_look(driver).mismatch is None
        line = next(line for line in examine(settings) if line.question == "reachability")
    assert "/dds/v1 answers like a DDS" in line.sentence


@given(
    st.lists(st.sampled_from(["api", "v1", "dds", "x"]), max_size=5).map(lambda parts: "".join(f"/{p}" for p in parts))
)
def test_addresses_near_are_few_and_others(path: str) -> None:
    """Never the address itself, never more than a handful, all on the same host."""
    near = addresses_near(f"http://h:1{path}")
    assert len(near) == len(set(near)) <= 8
    assert f"http://h:1{path}" not in near
    assert all(address.startswith("http://h:1/") for address in near)


@contextlib.contextmanager
def tls_server(context: ssl.SSLContext, answer: Callable[[], bytes] = lambda: FINE) -> Iterator[int]:
    """A server that speaks TLS, and what a real one says to those who do not."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(plain: socket.socket) -> None:
        with contextlib.suppress(OSError), context.wrap_socket(plain, server_side=True) as connection:
            while read_request(connection):
                connection.sendall(answer())

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()


def server_context(*, mutual: bool = False, newest: bool = True) -> ssl.SSLContext:
    """The context of a TLS server, that may ask for a client certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "server.pem")
    if not newest:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    if mutual:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(TLS / "ca.pem")
    return context


def stated_by(
    url: str, folder: Path, monkeypatch: pytest.MonkeyPatch, network: Network | None = None
) -> tuple[str, str]:
    """What run and doctor say of an address."""
    monkeypatch.setattr(preflight, "AGAIN_FOR_S", 0.0)
    settings = settings_for(url, folder, network=network or Network(), target=Target(base_url=url))
    with pytest.raises(TargetUnreachableError) as stated:
        check_target(settings)
    bad = [line for line in examine(settings) if line.mark is Mark.BAD][-1]
    assert "Accepted" not in bad.sentence
    assert "new token" not in bad.remedy
    return stated.value.remedy, bad.remedy


def test_http_spoken_on_an_https_port_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the port made of it: the remedy is the https address."""
    with tls_server(server_context()) as port:
        remedies = stated_by(f"http://127.0.0.1:{port}/api/v1", tmp_path, monkeypatch)
    assert remedies == (f"Say: --target https://127.0.0.1:{port}/api/v1",) * 2


def test_https_spoken_on_an_http_port_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other way round."""
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def refuse() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection, contextlib.suppress(OSError):
                    connection.recv(65536)
                    connection.sendall(reply(400, b"bad request", HTML))

        threading.Thread(target=refuse, daemon=True).start()
        port = listener.getsockname()[1]
        run, doctor = stated_by(f"https://127.0.0.1:{port}/api/v1", tmp_path, monkeypatch)
    assert run == f"Plain http is spoken there. Say: --target http://127.0.0.1:{port}/api/v1"
    assert "Plain http" in doctor


@pytest.mark.parametrize("newest", [True, False])
def test_mutual_tls_without_a_certificate_is_told(
    *,
    newest: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With the options by which a certificate is given."""
    with tls_server(server_context(mutual=True, newest=newest)) as port:
        trusting = Network(ca_bundle=TLS / "ca.pem")
        remedies = stated_by(f"https://localhost:{port}/api/v1", tmp_path, monkeypatch, trusting)
    assert all("--client-certificate" in remedy for remedy in remedies), remedies


def test_an_untrusted_certificate_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the option by which an authority is trusted."""
    with tls_server(server_context()) as port:
        remedies = stated_by(f"https://localhost:{port}/api/v1", tmp_path, monkeypatch)
    assert all("--ca-bundle" in remedy for remedy in remedies), remedies


def test_resets_alone_are_told_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither TLS nor credentials are blamed."""
    with raw(reset) as server:
        run, doctor = stated_by(server.url, tmp_path, monkeypatch)
    assert "the service runs" in run
    assert run == doctor


@pytest.mark.parametrize(
    ("failure", "ended"), [(Failure.TIMEOUT, "does not end it in time"), (Failure.CUT, "breaks off")]
)
def test_an_answer_whose_body_never_comes_is_told_as_one_that_does_not_end(failure: Failure, ended: str) -> None:
    """It may well be the DDS: nobody is sent to another address, and a run and a replay say the same."""
    begun = Exchange(
        "GET", "/api/v1/projects", "h", status=200, headers={"content-type": "application/json"}, failure=failure
    )
    found = mismatch(begun, "http://h/api/v1")
    assert found is not None
    assert found.sentence == f"h begins an answer (status 200, application/json) and {ended}."
    assert "doctor" in found.remedy
    assert "Another service" not in found.remedy
