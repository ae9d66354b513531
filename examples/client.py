"""A client of the DDS API as it should be: it uploads a file, waits for the truth, and says it.

    DDS_URL=https://dds.example.org/api/v1 DDS_AGENT_KEY=... DDS_USER_KEY=... python client.py upload PROJECT FILE

`check` instead of `upload` asks for a file that is there already. Exit code 0: the stored bytes are those of FILE.
Everything that takes patience is in `call` (the API) and `transfer` (the store); take them and leave the rest.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx

CHUNK = 5 * 1024 * 1024


class RefusedError(Exception):
    """A definite no: nothing to be gained by asking again."""

    def __init__(self, what: str, response: httpx.Response | None = None) -> None:
        super().__init__(f"{what}: {response.status_code} {response.text}" if response is not None else what)
        self.response = response


def md5(content: bytes) -> dict[str, str]:
    """Give the hash as the API takes it."""
    return {"value": hashlib.md5(content, usedforsecurity=False).hexdigest(), "algorithm": "md5"}


class Client:
    """Talks to one API. `patience` bounds, in seconds, how long one call may take to be answered."""

    first_pause, longest_pause = 1.0, 15.0

    def __init__(self, url: str, agent_key: str, user_key: str, patience: float) -> None:
        self.keys = {"agent_key": agent_key, "user_key": user_key}
        self.patience = patience
        self.token = ""
        self.api = httpx.Client(base_url=url, timeout=10)
        self.store = httpx.Client(timeout=60, follow_redirects=True)  # knows no token, so that none can leak

    def call(self, method: str, path: str, body: Any = None, made: Callable[[], Any] = lambda: None) -> Any:
        """Ask until there is a definite answer. `made` finds what a create made whose answer was lost."""
        for response in self.tries(lambda: self.api.request(method, path, json=body, headers=self.headers())):
            if response is None:
                if found := made():
                    return found
            elif response.is_success:
                return response.json() if response.content else None
            elif response.status_code == 401:
                self.renew(response)
            elif not self.temporary(response):
                raise RefusedError(f"{method} {path}", response)
        raise RefusedError(f"{method} {path}: still no answer after {self.patience:g} s")

    def transfer(self, sign: Callable[[], Any], content: bytes | None = None) -> bytes:
        """Send to the store, or fetch from it: a signed URL is asked for anew at each try, for it may have expired."""

        def attempt() -> httpx.Response:
            signed = sign()
            headers = {name: value for pair in signed["http_headers"] for name, value in pair.items()}
            return self.fetch(signed["http_verb"], signed["host"] + signed["url"], content, headers)

        for response in self.tries(attempt):
            if response is not None and response.is_success:
                return response.content
            if response is not None and response.status_code != 403 and not self.temporary(response):
                raise RefusedError("the store", response)
        raise RefusedError(f"the store: still no answer after {self.patience:g} s")

    def fetch(self, verb: str, url: str, content: bytes | None, headers: dict[str, str]) -> httpx.Response:
        """Speak to the store once."""
        return self.store.request(verb, url, content=content, headers=headers)

    def tries(self, attempt: Callable[[], httpx.Response]) -> Iterator[httpx.Response | None]:
        """Try, with growing pauses or those that the server asks for; None stands for an answer that was lost."""
        end, pause = time.monotonic() + self.patience, self.first_pause
        while True:
            try:
                response = attempt()
            except httpx.TransportError:
                response = None
            yield response
            asked = self.asked_pause(response)
            if time.monotonic() + max(pause, asked) > end:
                return
            time.sleep(asked or pause)
            pause = min(pause * 1.5, self.longest_pause)

    def asked_pause(self, response: httpx.Response | None) -> float:
        """Give the seconds of a Retry-After header, 0 without one."""
        after = "" if response is None else response.headers.get("Retry-After", "")
        return float(after) if after.isdigit() else 0.0

    def temporary(self, response: httpx.Response) -> bool:
        """Whether a refusal passes by itself: only its code tells one 404 from the other."""
        if response.status_code == 404:
            return bool(response.json().get("code") == "resource_not_consistent")
        return response.status_code == 429 or response.status_code >= 500

    def headers(self) -> dict[str, str]:
        """Give the credentials, buying a token with the first call."""
        if not self.token:
            for response in self.tries(lambda: self.api.post("/software_agents/api_token", json=self.keys)):
                if response is not None and response.is_success:
                    self.token = response.json()["api_token"]
                    break
                if response is not None and not self.temporary(response):
                    raise RefusedError("the keys", response)
        return {"Authorization": self.token}

    def renew(self, response: httpx.Response) -> None:  # noqa: ARG002 (a client may look at why)
        """Buy a new token with the next call."""
        self.token = ""

    def find(self, path: str, name: str, upload: str = "") -> Any:
        """Find a live resource by name in a listing, and by upload if one is given."""
        for one in self.call("GET", f"{path}?per_page=1000")["results"]:
            same = not upload or one.get("current_version", {}).get("upload", {}).get("id") == upload
            if one["name"] == name and same and not one["is_deleted"]:
                return one
        return None

    def upload(self, project_name: str, path: Path) -> None:
        """Upload a file into a project, which is made where there is none, and wait until it can be trusted."""
        content = path.read_bytes()
        project = self.project(project_name)["id"]
        about = {"name": path.name, "content_type": "application/octet-stream", "size": len(content), "chunked": True}
        upload = self.call("POST", f"/projects/{project}/uploads", about)["id"]
        self.send_parts(upload, content)
        self.complete(upload, content)
        parent = {"kind": "dds-project", "id": project}
        file = self.call(
            "POST", "/files", {"parent": parent, "upload": {"id": upload}},
            lambda: self.find(f"/projects/{project}/children", path.name, upload),
        )  # fmt: skip
        self.verify(f"/files/{file['id']}/url", content)

    def project(self, name: str) -> Any:
        """Find a project, or make it; when the answer is lost, look before making another."""
        about = {"name": name, "description": name}
        return self.find("/projects", name) or self.call(
            "POST", "/projects", about, lambda: self.find("/projects", name)
        )

    def send_parts(self, upload: str, content: bytes) -> None:
        """Send every part; an empty file has one as well."""
        for number, start in enumerate(range(0, max(1, len(content)), CHUNK), start=1):
            part = content[start : start + CHUNK]
            about = {"number": number, "size": len(part), "hash": md5(part)}
            self.transfer(lambda about=about: self.call("PUT", f"/uploads/{upload}/chunks", about), part)  # type: ignore[misc] # mypy sees no type in a lambda's default

    def complete(self, upload: str, content: bytes) -> None:
        """Complete an upload; one that is completed already was completed by a try whose answer was lost."""
        try:
            self.call("PUT", f"/uploads/{upload}/complete", {"hash": md5(content)})
        except RefusedError as refused:
            if refused.response is None or "completed_at" not in refused.response.text:
                raise

    def verify(self, url: str, content: bytes) -> None:
        """Wait until the stored bytes may be had, and compare them; accepted (202) is not yet stored."""
        if self.transfer(lambda: self.call("GET", url)) != content:
            raise RefusedError("the stored bytes are others")

    def check(self, project_name: str, path: Path) -> None:
        """Compare a file with what is stored."""
        project = self.find("/projects", project_name)
        file = project and self.find(f"/projects/{project['id']}/children", path.name)
        if not file:
            raise RefusedError(f"{path.name} is not in {project_name}")
        self.verify(f"/file_versions/{file['current_version']['id']}/url", path.read_bytes())


def main(kind: type[Client] = Client, words: list[str] | None = None) -> int:
    """Upload or check a file, as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("upload", "check"))
    parser.add_argument("project")
    parser.add_argument("file", type=Path)
    parser.add_argument("--patience", type=float, default=600, metavar="SECONDS", help="bound of one call")
    asked = parser.parse_args(words)
    given = os.environ
    client = kind(given["DDS_URL"], given["DDS_AGENT_KEY"], given["DDS_USER_KEY"], asked.patience)
    try:
        getattr(client, asked.command)(asked.project, asked.file)
    except RefusedError as refused:
        sys.stderr.write(f"{asked.command} failed: {refused}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
