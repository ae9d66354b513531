"""Clients that know nothing of the suite: they speak to whatever address they are given, good or bad."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from typing import Any, Self

import httpx

PATIENCE_S = 30.0


def until(ask: Callable[[], httpx.Response], *statuses: int) -> httpx.Response:
    """Ask until the answer has one of the statuses."""
    end = time.monotonic() + PATIENCE_S
    while (answer := ask()).status_code not in statuses:
        assert time.monotonic() < end, answer.text
        time.sleep(0.02)
    return answer


def md5(data: bytes) -> str:
    """Give the hash that the API wants."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


class Visitor:
    """One client. `hook` sees every answer when it was read."""

    def __init__(self, base_url: str, token: str, hook: Callable[[httpx.Response], None] | None = None) -> None:
        hooks = {"response": [hook]} if hook else {}
        head = {"Authorization": token, "Accept-Encoding": "gzip"}
        self.api = httpx.Client(base_url=base_url, headers=head, trust_env=False, timeout=60, event_hooks=hooks)
        self.store = httpx.Client(trust_env=False, timeout=60, event_hooks=hooks)
        self.project = ""

    def __enter__(self) -> Self:
        """Give the client; its connections are closed at the end, whatever happens."""
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        self.api.close()
        self.store.close()

    def make_project(self, name: str) -> None:
        """Make the project that everything goes into."""
        self.project = self.api.post("/projects", json={"name": name, "description": "by a visitor"}).json()["id"]

    def signed(self, stated: dict[str, Any], data: bytes | None = None, **more: Any) -> httpx.Response:
        """Do what a signed url says."""
        url = f"{stated['host']}{stated['url']}"
        return self.store.put(url, content=data, **more) if data is not None else self.store.get(url, **more)

    def make_upload(self, data: bytes, *, chunked: bool = True, lie: bool = False, pause_s: float = 0.0) -> str:
        """Upload `data`, with a wrong hash if so told, and complete it; give the id."""
        asked = {"name": "x.bin", "content_type": "application/octet-stream", "size": len(data), "chunked": chunked}
        made = until(lambda: self.api.post(f"/projects/{self.project}/uploads", json=asked), 201).json()
        value = md5(b"a lie" if lie else data)
        reported = {"value": value, "algorithm": "md5"}
        stated = made.get("signed_url")
        if chunked:
            chunk = {"number": 1, "size": len(data), "hash": reported}
            stated = until(lambda: self.api.put(f"/uploads/{made['id']}/chunks", json=chunk), 200).json()
        time.sleep(pause_s)
        until(lambda: self.signed(stated, data), 200)
        time.sleep(pause_s)
        done = self.api.put(f"/uploads/{made['id']}/complete", json={"hash": reported})
        assert done.status_code == 202, done.text
        return str(made["id"])

    def make_file(self, upload: str) -> str:
        """Attach an upload; give the file's id, empty where a bad upload is refused."""
        parent = {"kind": "dds-project", "id": self.project}
        return str(self.api.post("/files", json={"parent": parent, "upload": {"id": upload}}).json().get("id", ""))

    def visit(self, name: str, *, bad: bool = True, pause_s: float = 0.0) -> None:
        """Make a project with three good files and, if so told, two bad ones."""
        self.make_project(name)
        for chunked, lie in ((True, False), (False, False), (True, False), (True, True), (False, True)):
            if bad or not lie:
                data = os.urandom(200) if pause_s == 0 else os.urandom(100).hex().encode()
                self.make_file(self.make_upload(data, chunked=chunked, lie=lie, pause_s=pause_s))

    def download(self, file: str) -> bytes:
        """Wait for a file's url and fetch what it yields."""
        return self.signed(until(lambda: self.api.get(f"/files/{file}/url"), 200).json()).content
