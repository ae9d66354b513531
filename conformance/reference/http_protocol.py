"""uvicorn with our own edges: malformed HTTP gets the standard error, and a layer may cut a connection."""

from __future__ import annotations

import json
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from conformance.reference.refusals import malformed

__all__ = ["ABORT", "ApiProtocol"]

ABORT = "reference.abort"  # the scope extension under which a layer finds the connection's `abort`


class ApiProtocol(HttpToolsProtocol):
    """HTTP/1.1 as uvicorn speaks it, but for what the API owes to a client that speaks it badly."""

    def send_400_response(self, msg: str) -> None:
        """Answer malformed HTTP with the standard error payload, then close."""
        body = json.dumps(malformed(msg, "speak HTTP/1.1").payload()).encode()
        head = (
            "HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()

    def on_message_begin(self) -> None:
        """Hand the connection's abort to the application."""
        super().on_message_begin()
        scope: dict[str, Any] = self.scope  # type: ignore[assignment] # uvicorn's TypedDict knows no extensions of ours
        scope["extensions"] = {ABORT: {"abort": self.transport.abort}}
