"""A short trip through a server: uploads of a known truth, read at both url endpoints, each answer checked at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from reference_bench import md5
from reference_subjects import BAD, GOOD, ODD, kind_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reference_bench import Answer, Bench

TRUTHS = {GOOD: "200", BAD: "ie"}
SILENT = {"cut", "401", "408", "429", "500", "502", "503", "504"}  # tells nothing


@dataclass(slots=True)
class Item:
    """One upload with its file and version, its truth and its bytes; `token` is whose it is."""

    name: str
    truth: str
    content: bytes
    upload: str = ""
    file: str = ""
    version: str = ""
    token: str = "own"
    facts: dict[str, Any] = field(default_factory=dict)


class Trip:
    """Walks through a server, and keeps the requirements that it saw broken."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.broken: set[str] = set()
        self.lag = bench.world.settings.lag.high

    def check(self, requirement: str, *, ok: bool) -> None:
        """Note a broken requirement."""
        if not ok:
            self.broken.add(requirement)

    def project(self, name: str = "p", **named: Any) -> str:
        """Create a project, see that it is ready after the lag, and return its id."""
        made = self.bench.call("POST", "/projects", {"name": name, "description": "d"})
        self.check("project-create-202", ok=made.status == 202)
        key = str((made.json or {}).get("id"))
        early = self.probe(key, **named)
        self.check("nc-until-consistent", ok=early.code == "resource_not_consistent" or early.status == 201)
        self.bench.advance(self.lag + 0.01)
        self.check("converges-project", ok=self.probe(key, **named).status == 201)
        return key

    def probe(self, project: str, **named: Any) -> Answer:
        """Ask for an upload in a project, to see whether it is ready."""
        body = {"name": "probe", "content_type": "t", "size": 1, **named}
        return self.bench.call("POST", f"/projects/{project}/uploads", body)

    def start(self, project: str, parts: Sequence[bytes], name: str = "f", truth: str = GOOD, **changes: Any) -> Item:
        """Create an upload and store its parts. A single part if `chunked` is False; `token` says who does it."""
        content, token = b"".join(parts), changes.pop("token", "own")
        algorithm = changes.pop("algorithm", "md5")
        body = {"name": name, "content_type": "t", "size": len(content), **changes}
        made = self.bench.call("POST", f"/projects/{project}/uploads", body, token=token)
        item = Item(name, truth, content, token=token)
        if made.status != 201:
            self.check("nc-until-consistent", ok=False)
            return item
        item.upload = made.json["id"]
        if changes.get("chunked", True):
            for number, part in enumerate(parts, 1):
                self.part(item, number, part, algorithm=algorithm)
                self.bench.advance(0.03)
        else:
            self.bench.store(made.json["signed_url"], content)
            item.facts["signed"] = made.json["signed_url"]
        return item

    def part(self, item: Item, number: int, content: bytes, *, send: bool = True, **reported: Any) -> Answer:
        """Report a part (truthfully, but for `reported`), and send it."""
        digest = {"value": reported.pop("value", md5(content)), "algorithm": reported.pop("algorithm", "md5")}
        body = {"number": number, "size": len(content), "hash": digest, **reported}
        answer = self.bench.call("PUT", f"/uploads/{item.upload}/chunks", body, token=item.token)
        if answer.status == 200:
            item.facts["signed", number] = answer.json
            if send:
                self.bench.store(answer.json, content)
        return answer

    def complete(self, *items: Item, value: str | None = None, algorithm: str = "md5", **more: Any) -> None:
        """Complete uploads, by the right hash of the whole unless another is given."""
        for item in filter(lambda one: one.upload, items):
            self.bench.advance(0.0004)
            reported = md5(item.content) if value is None else value
            body = {"hash": {"value": reported, "algorithm": algorithm}}
            answer = self.bench.call("PUT", f"/uploads/{item.upload}/complete", body, token=item.token, **more)
            self.check("complete-202", ok=answer.status == 202 and not answer.cut)
            if answer.status == 202:
                self.check("body-own-resource", ok=(answer.json or {}).get("id") == item.upload)

    def attach(self, *items: Item, parent: dict[str, str] | None = None) -> None:
        """Make uploads files."""
        for item in filter(lambda one: one.upload, items):
            shown = self.bench.call("GET", f"/uploads/{item.upload}", token=item.token).json or {}
            inside = parent or {"kind": "dds-project", "id": (shown.get("project") or {}).get("id", "")}
            body = {"parent": inside, "upload": {"id": item.upload}}
            made = self.bench.call("POST", "/files", body, token=item.token)
            if made.status == 201:
                item.file, item.version = made.json["id"], made.json["current_version"]["id"]
            elif item.truth == GOOD:
                self.check("converges-upload", ok=False)

    def switch(self, item: Item, to: Item) -> None:
        """Give a file another upload."""
        answer = self.bench.call("PUT", f"/files/{item.file}", {"upload": {"id": to.upload}}, token=item.token)
        self.check("new-version-served", ok=answer.status == 200)
        if answer.status == 200:
            to.file, to.version = item.file, answer.json["current_version"]["id"]

    def read(self, item: Item, via: str, *, method: str = "GET", **more: Any) -> str:
        """Read a url endpoint; return what it says, and fetch the bytes behind a 200."""
        path = f"/files/{item.file}/url" if via == "file" else f"/file_versions/{item.version}/url"
        answer = self.bench.call(method, path, token=more.pop("token", item.token), **more)
        kind = "cut" if _unfinished(answer) and method == "GET" else kind_of(answer)
        if kind == "nc":
            self.check("nc-payload", ok=answer.status == 404)
        if kind == "200" and method == "GET" and item.truth == GOOD:
            self.check("bytes-exact", ok=self._fetched(answer) == item.content)
        return kind

    def fetched(self, item: Item) -> tuple[str, bytes | None]:
        """Return what a file's url says now, and the bytes behind it."""
        answer = self.bench.call("GET", f"/files/{item.file}/url", token=item.token)
        return kind_of(answer), self._fetched(answer)

    def _fetched(self, answer: Answer) -> bytes | None:
        signed = answer.json if isinstance(answer.json, dict) and "url" in answer.json else None
        if signed is None or signed["host"] != self.bench.world.storage_host:
            return None
        stored = self.bench.store({**signed, "url": signed["url"].partition("#")[0]})
        for _ in range(5):
            if stored.status in {302, 307}:
                stated = urlsplit(stored.headers["location"])
                stored = self.bench.store({"http_verb": "GET", "url": f"{stated.path}?{stated.query}"})
        whole = not stored.cut and stored.status == 200 and "content-encoding" not in stored.headers
        return stored.body if whole else None

    def look(self, *items: Item, final: bool, via: Sequence[str] = ("file", "version"), **more: Any) -> None:
        """Read files at the url endpoints, and check what they say while pending or in the end."""
        for item in items:
            for one in via if item.file else ():
                self.judge(item, self.read(item, one, **more), one, final=final)
            if final and item.upload and not item.file:
                self.check("converges-upload", ok=item.truth != GOOD)

    def judge(self, item: Item, kind: str, via: str, *, final: bool) -> None:
        """Check one answer of a url endpoint."""
        self.check("bad-never-200", ok=not (kind == "200" and item.truth == BAD))
        self.check("good-never-integrity", ok=not (kind == "ie" and item.truth == GOOD))
        if kind in {"200", "ie"}:
            self.check("one-verdict", ok=item.facts.setdefault("verdict", kind) == kind)
            item.facts["seen by", via] = kind
        self.check("session-monotonic", ok=kind != "nc" or ("seen by", via) not in item.facts)
        self.check("no-5xx-legal", ok=not kind.startswith("5"))
        self.check("nc-until-consistent", ok=kind in {"nc", "200", "ie"} or kind in SILENT)
        if final and item.truth != ODD:
            self.check("converges-upload", ok=kind == TRUTHS[item.truth])

    def settle(self, *items: Item, passes: float = 1.0, **more: Any) -> None:
        """Read what is pending, let time pass, and read it in the end."""
        self.look(*items, final=False, **more)
        self.bench.advance(self.lag * passes + 0.05)
        self.attach(*(one for one in items if not one.file))
        self.look(*items, final=True, **more)

    def whole(self, *items: Item, **more: Any) -> None:
        """Complete, attach, and settle."""
        self.complete(*items, **more)
        self.attach(*items)
        self.settle(*items)


def _unfinished(answer: Answer) -> bool:
    """Tell whether less arrived than was promised."""
    return answer.cut or int(answer.headers.get("content-length", len(answer.body))) != len(answer.body)
