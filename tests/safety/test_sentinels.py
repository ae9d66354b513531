"""Sentinels planted everywhere a secret may pass: none of them is found in anything that the driver writes."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from conformance import history
from conformance.driver import Driver
from conformance.model import Target
from conformance.settings.credentials import Credentials, Secret
from conformance.settings.run_settings import Network, Settings, new_run_id

SENTINELS = {
    "agent": "Agent/Key+0001=sentinel",
    "user": "User/Key+0002=sentinel",
    "token": "Api/Token+0003=sentinel",
    "other": "Other/Token+0004=sentinel",
    "header": "Gate/Header+0005=sentinel",
    "signature": "Sig/nature+0006=sentinel",
    "credential": "Cred/ential+0007=sentinel",
    "cookie": "Coo/kie+0008=sentinel",
}


def echo(request: bytes) -> bytes:
    """Answer with everything that was planted, and with the request itself, in several encodings."""
    signature, credential = (quote(SENTINELS[name], safe="") for name in ("signature", "credential"))
    signed = f"/o?X-Amz-Signature={signature}&AWSAccessKeyId={credential}"
    body = {
        "id": "6f1d8f0e-1111-4222-8333-444455556666",
        "api_token": SENTINELS["token"],
        "signed_url": {
            "http_verb": "GET",
            "host": "",
            "url": signed,
            "http_headers": [{"Authorization": SENTINELS["signature"]}],
        },
        "you_said": request.decode("latin-1"),
        "encoded": [
            encode(SENTINELS[name]) for name in ("agent", "user", "token", "other", "header") for encode in ENCODINGS
        ],
        "basic": base64.b64encode(b"me:" + SENTINELS["token"].encode()).decode(),
    }
    text = json.dumps(body).encode()
    if request.startswith(b"PUT /o"):
        text = f"<Error><Message>{SENTINELS['signature']} {quote(SENTINELS['signature'])}</Message></Error>".encode()
    status = "201 Created" if b"api_token" in request.split(b"\r\n")[0] else "403 Forbidden"
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nSet-Cookie: s={SENTINELS['cookie']}; Path=/\r\n"
    return f"{head}Location: /o?token={SENTINELS['cookie']}\r\nContent-Length: {len(text)}\r\n\r\n".encode() + text


ENCODINGS = (
    str,
    lambda text: quote(text, safe=""),
    lambda text: quote(quote(text, safe=""), safe=""),
    lambda text: base64.b64encode(text.encode()).decode(),
    lambda text: base64.urlsafe_b64encode(b"x" + text.encode()).decode(),
)


@contextlib.contextmanager
def echoing() -> Iterator[int]:
    """Run a server that echoes; give its port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection, contextlib.suppress(OSError):
                    while request := connection.recv(1 << 16):
                        connection.sendall(echo(request))

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()


def speak(settings: Settings, port: int) -> None:
    """Say everything once, so that every sentinel comes by."""
    driver = Driver(settings)
    for user in ("owner", "other"):
        client = driver.client("speaker", user=user)
        client.create_project(driver.name(), f"my token is {SENTINELS['token']}")
        client.send("POST", "/files", content=f"token={SENTINELS['agent']}".encode(), content_type="text/plain")
        client.create_token(SENTINELS["agent"], SENTINELS["user"])
        client.close()
    client = driver.client("storage")
    signature, credential = (quote(SENTINELS[name], safe="") for name in ("signature", "credential"))
    where = {"host": f"127.0.0.1:{port}", "url": f"/o?Signature={signature}&AWSAccessKeyId={credential}"}
    client.put_signed(where, b"x")
    client.put_signed({**where, "url": f"/o?t={SENTINELS['token']}"}, b"x")
    client.put_signed({**where, "host": f"user:{SENTINELS['signature']}@h"}, b"x")
    client.close()
    driver.close()


def test_no_sentinel_is_written(tmp_path: Path) -> None:
    """Raw, percent-encoded, base64; in requests, answers, headers, URLs, reasons: nowhere in history or ledger."""
    with echoing() as port:
        base = Settings(
            target=Target(base_url=f"http://127.0.0.1:{port}/api/v1", second_user=True),
            run_id=new_run_id(),
            credentials=Credentials.of(
                {"agent_key": SENTINELS["agent"], "user_key": SENTINELS["user"], "other_api_token": SENTINELS["other"]}
            ),
            network=Network(headers=(("X-Gate", Secret(SENTINELS["header"])),)),
            report_dir=tmp_path / "report",
        )
        speak(base, port)
        everything = dataclasses.replace(base.credentials, api_token=Secret(SENTINELS["token"]))
        speak(dataclasses.replace(base, credentials=everything), port)
    operations = history.read(base.history_path).operations
    assert len(operations) > 15
    for path in (base.history_path, base.ledger_path):
        text = path.read_text(encoding="utf-8")
        for name, sentinel in SENTINELS.items():
            for encode in ENCODINGS:
                assert encode(sentinel)[4:-4] not in text, (path.name, name, encode(sentinel))
