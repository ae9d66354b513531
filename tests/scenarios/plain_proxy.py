"""A plain HTTP proxy on loopback that leaves out the header Allow, as many a server does."""

from __future__ import annotations

import contextlib
import http.client
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

LEFT_OUT = {"allow", "transfer-encoding", "connection", "content-length"}


def handler(port: int) -> type[BaseHTTPRequestHandler]:
    """Give the handler of a proxy before the server at a port of this machine."""

    class Plain(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def forward(self) -> None:
            """Ask the server and hand its answer on."""
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            connection.request(self.command, self.path, body, dict(self.headers))
            answer = connection.getresponse()
            content = answer.read()
            connection.close()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in LEFT_OUT:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        def __getattr__(self, name: str) -> object:
            if name.startswith("do_"):
                return self.forward
            raise AttributeError(name)

    return Plain


@contextlib.contextmanager
def plain(base_url: str) -> Iterator[str]:
    """Run the proxy before a server; give the base URL to use."""
    parts = urlsplit(base_url)
    assert parts.port
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(parts.port))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}{parts.path}"
    finally:
        server.shutdown()
        server.server_close()
