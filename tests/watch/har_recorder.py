"""A HAR 1.2 recorder for the clients of the tests: what a browser's export says, taken from httpx."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx


class HarRecorder:
    """Hand `hook` to a client; `document` is the file."""

    def __init__(self) -> None:
        self._entries: list[dict[str, Any]] = []
        self._lock = threading.Lock()

    def hook(self, answer: httpx.Response) -> None:
        """Keep one exchange, its body read first."""
        answer.read()
        now = datetime.now(UTC)
        took = answer.elapsed
        with self._lock:
            self._entries.append(_entry(answer, now - took, took))

    def document(self) -> dict[str, Any]:
        """Give the file."""
        return {"log": {"version": "1.2", "creator": {"name": "a test", "version": "1"}, "entries": self._entries}}


def instant(moment: datetime) -> str:
    """Print an instant as browsers do."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def _entry(answer: httpx.Response, begun: datetime, took: timedelta) -> dict[str, Any]:
    sent, asked = answer.request.content, answer.request
    written = asked.method, str(asked.url), [{"name": n, "value": v} for n, v in asked.headers.items()]
    request: dict[str, Any] = dict(zip(("method", "url", "headers"), written, strict=True))
    if sent:
        text = sent.decode("utf-8", "replace")
        request["postData"] = {"mimeType": asked.headers.get("content-type", ""), "text": text}
    content = {"size": len(answer.content), "text": answer.content.decode("utf-8", "replace")}
    headers = [{"name": name, "value": value} for name, value in answer.headers.items()]
    return {
        "startedDateTime": instant(begun),
        "time": took.total_seconds() * 1000,
        "request": request,
        "response": {"status": answer.status_code, "headers": headers, "content": content},
    }
