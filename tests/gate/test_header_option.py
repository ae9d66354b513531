"""``--header``: what a gateway before the target asks for; a secret, for the target's host alone."""

from __future__ import annotations

import dataclasses
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from forked import dds, preload

from conformance.driver import fetch_text
from conformance.errors import UsageError
from conformance.settings.configuration import gather
from conformance.settings.credentials import Secret
from conformance.settings.run_settings import Network, Settings

VALUE = "gate-pass-0123456789"
TOKEN = {"DDS_API_TOKEN": "x" * 20}


class Echo(BaseHTTPRequestHandler):
    """Answers each request with an error that repeats its headers, as debugging gateways do."""

    seen: list[dict[str, str]] = []  # noqa: RUF012 - one server, one list

    def do_GET(self) -> None:
        """Answer 401 with everything that came."""
        self.seen.append({name.lower(): value for name, value in self.headers.items()})
        body = json.dumps(
            {"error": 401, "code": "not_provided", "reason": str(self.headers), "suggestion": "s"}
        ).encode()
        self.send_response(401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def echo() -> Iterator[str]:
    """Serve the echo and give its address."""
    Echo.seen.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def headers_of(options: dict[str, object], environ: dict[str, str]) -> dict[str, str]:
    """Give the headers that a run would send."""
    settings = gather({"target": "http://127.0.0.1:9", **options}, environ=environ).settings()
    return {name: secret.reveal() for name, secret in settings.network.headers}


def test_options_outweigh_the_environment_name_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All three sources speak; the same name, in whatever case, is said anew."""
    monkeypatch.chdir(tmp_path)
    Path("dds-conformance.toml").write_text('[headers]\nX-File = { env = "MINE" }\nX-Gate = { env = "MINE" }\n')
    environ = {"MINE": "of-the-file", "DDS_CONFORMANCE_HEADERS": "X-Env: e=1\nx-gate=of-the-environment"}
    assert headers_of({"headers": ("X-Opt=a=b: c", "X-GATE = of-the-option ")}, environ) == {
        "X-File": "of-the-file",
        "X-Env": "e=1",
        "X-Opt": "a=b: c",
        "X-GATE": "of-the-option",
    }


@pytest.mark.parametrize(
    "given",
    ["", "x", "=x", "X Y=z", "X=a\r\nY: b", "X=\x00", "X=é", "X=", "Host=h", "authorization=b", "Content-Length=1"],
)
def test_what_is_no_header_is_refused_without_its_value(given: str) -> None:
    """Nothing that breaks a request apart, and nothing that the suite says itself."""
    with pytest.raises(UsageError) as stated:
        headers_of({"headers": (given,)}, {})
    assert "--header" in str(stated.value) or "suite's own" in str(stated.value)
    assert "a\r\nY" not in str(stated.value)


def test_the_header_reaches_the_target_and_no_screen_or_file(echo: str, tmp_path: Path) -> None:
    """Also where the target repeats it in its answer: redacted in every output."""
    preload()
    words = ("--target", echo, "--header", f"X-Gate={VALUE}", "--report-dir", "out")
    for command in ("doctor", "run"):
        done = dds(command, *words, cwd=tmp_path, env=TOKEN)
        assert done.code == 3, done.said
        assert VALUE not in done.said
    shown = dds("config", "show", "--header", f"X-Gate={VALUE}", cwd=tmp_path)
    assert VALUE not in shown.said
    assert "set, not shown" in shown.out
    assert Echo.seen
    assert all(one.get("x-gate") == VALUE for one in Echo.seen)
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or VALUE.encode() not in path.read_bytes(), path


def test_the_targets_own_description_gets_it_and_another_host_does_not(echo: str, tmp_path: Path) -> None:
    """An address that the operator named is not the target's because of that."""
    network = Network(headers=(("X-Gate", Secret(VALUE)),))
    target = gather({"target": echo}, environ={}).settings().target
    settings = Settings(target=target, run_id="0" * 12, network=network, report_dir=tmp_path)
    elsewhere = dataclasses.replace(settings, target=dataclasses.replace(target, base_url="http://127.0.0.1:9/api/v1"))
    for asking, sent in ((settings, VALUE), (elsewhere, None)):
        Echo.seen.clear()
        with pytest.raises(UsageError, match="cannot be fetched"):
            fetch_text(f"{echo}/openapi.json", asking)
        assert [one.get("x-gate") for one in Echo.seen] == [sent]
