"""Resources in every state that matters, made with the same verbs as everything else, on first use.

A state that the target does not let us reach is replaced by the nearest one, and noted: the fuzzing goes on.
"""

from __future__ import annotations

import hashlib
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from conformance.api.answers import Answer
from conformance.driver import Client, Driver
from conformance.engine.content import piece
from conformance.model import Json, Operation

STATES: dict[str, tuple[str, ...]] = {
    "project": ("ready", "new", "deleted", "forbidden", "unknown"),
    "upload": ("open", "pending", "good", "failed", "forbidden", "unknown"),
    "file": ("pending", "good", "failed", "deleted", "forbidden", "unknown"),
    "version": ("pending", "good", "failed", "deleted", "forbidden", "unknown"),
}
"""The states of each kind of resource; ``forbidden`` is the owner's, asked for by the second user."""

KINDS = {"projects": "project", "uploads": "upload", "files": "file", "file_versions": "version"}
FRESH = frozenset({("project", "new"), ("upload", "pending"), ("file", "pending"), ("version", "pending")})
"""States that pass by themselves: made anew each time."""
_SHORTEST_S, _LONGEST_S = 0.02, 1.0
CONTENT_BYTES = 38
_CREATES = 3
"""How often a room's project is created until one is accepted: the first may be lost on a gateway."""


@dataclass(frozen=True, slots=True)
class Aim:
    """Where to send a case: an id, who asks, and whether the id was invented here."""

    id: str
    state: str
    user: str = "owner"
    invented: bool = False


@dataclass(slots=True)
class _Made:
    upload: str = ""
    file: str = ""
    version: str = ""


@dataclass(slots=True)
class SeedRoom:
    """The resources of one room: reading rooms share theirs, a room that deletes has its own."""

    driver: Driver
    room: str
    client: Client = field(init=False)
    missing: set[str] = field(default_factory=set)
    _retained: dict[tuple[str, str], str] = field(default_factory=dict)
    over: threading.Event = field(default_factory=threading.Event)
    _hopeless: set[str] = field(default_factory=set)
    _invented: int = 0

    def __post_init__(self) -> None:
        self.client = self.driver.client(f"seeds-{self.room}", scenario="fuzz", plan="seeds")

    def aim(self, kind: str, state: str) -> Aim:
        """Give a resource in a state; an unknown id where the target does not let us reach it."""
        if state == "unknown":
            return self._unknown()
        if state == "forbidden":
            if not self.driver.settings.target.second_user:
                return self.aim(kind, "good" if kind != "project" else "ready")
            owned = self.aim(kind, "good" if kind != "project" else "ready")
            return Aim(owned.id, state, "other", owned.invented)
        made = self._id(kind, state)
        if made:
            return Aim(made, state)
        self.missing.add(f"{kind} {state}")
        return self._unknown()

    def fill(self) -> None:
        """Make what settles slowly all at once, so that its waits overlap: a good and a failed upload, attached."""
        begun = {key: self._attach(good=key == "good") for key in ("good", "failed")}
        self._list_home()
        for key in ("failed", "good"):  # what a bad one answers before it is settled tells most
            self._keep(key, begun[key])

    def forget(self) -> None:
        """Make everything anew from now on: what is there was deleted."""
        self._retained.clear()

    def _unknown(self) -> Aim:
        self._invented += 1
        seed = self.driver.settings.seed
        return Aim(
            str(uuid.uuid5(uuid.NAMESPACE_URL, f"{seed}/{self.room}/{self._invented}")), "unknown", invented=True
        )

    def _id(self, kind: str, state: str) -> str:
        key = (kind, state)
        if key in self._retained and key not in FRESH:
            return self._retained[key]
        made = self._makers()[kind](state)
        if made:
            self._retained[key] = made
        return made or self._retained.get(key, "")

    def _makers(self) -> dict[str, Callable[[str], str]]:
        return {"project": self._project, "upload": self._upload, "file": self._file, "version": self._version}

    # ---- projects

    def _project(self, state: str) -> str:
        if state == "ready":
            self._upload("open")
            return self._retained.get(("project", "ready"), "")
        made = self._made(self.client.create_project(self.driver.name("fuzz"), "made for fuzzing"))
        if made and state == "deleted":
            self.client.delete_project(made)
        return made

    def _home(self) -> str:
        """Give the room's project, made on first use; empty when each of several creates was refused."""
        made = self._retained.get(("project", "home"), "")
        for _ in range(1 if "home" in self._hopeless else _CREATES):
            made = made or self._project("new")
        self._retained["project", "home"] = made
        if not made:
            self._hopeless.add("home")
        return made

    # ---- uploads

    def _upload(self, state: str) -> str:
        if state == "open":
            return self._made(self._ask_upload(1, chunked=True))
        made = self._attached(good=state != "failed", settled=state != "pending")
        return made.upload

    def _ask_upload(self, size: int, *, chunked: bool = False) -> Operation | None:
        """Ask until the project's storage is ready; the first success makes the project a ready one."""
        home = self._home()
        if not home:
            return None

        def ask() -> Operation:
            return self.client.create_upload(home, name=self.driver.name("fuzz"), size=size, chunked=chunked)

        asked = self._until(ask, lambda operation: self.client.classify(operation).answer is Answer.DONE, "upload")
        if self._made(asked):
            self._retained["project", "ready"] = home
        return asked

    def _stored(self, *, good: bool) -> str:
        """Store unique bytes in a single part and complete it, with a wrong hash where it is to fail."""
        asked = self._ask_upload(CONTENT_BYTES)
        made, body = self._made(asked), asked.exchange.response if asked else None
        if asked is None or not made or not isinstance(body, dict):
            return ""
        content = piece(self.driver.settings.naming.seed(self.client.plan, made, "1"), CONTENT_BYTES).data()
        self.client.put_signed(body.get("signed_url"), content, notes={"url_of": asked.id})
        md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
        value = md5 if good else md5[::-1] if md5 != md5[::-1] else "0" * 32
        self.client.complete_upload(made, value=value, content={"bytes": len(content), "md5": md5})
        return made

    # ---- files and versions

    def _attached(self, *, good: bool, settled: bool) -> _Made:
        key = "good" if good else "failed"
        if settled and ("upload", key) in self._retained:
            return _Made(*(self._retained.get((kind, key), "") for kind in ("upload", "file", "version")))
        made = self._attach(good=good)
        if settled:
            self._keep(key, made)
        return made

    def _attach(self, *, good: bool) -> _Made:
        upload = self._stored(good=good)
        body = self.client.create_file("dds-project", self._home(), upload).exchange.response if upload else None
        return _Made(upload, _text(body, "id"), _text(_part(body, "current_version"), "id"))

    def _list_home(self) -> None:
        if home := self._home():
            self.client.list_project_files(home)  # undocumented here, and the deployed service passes states on

    def _keep(self, key: str, made: _Made) -> None:
        self._settle(made)
        self._list_home()
        for kind, name in (("upload", made.upload), ("file", made.file), ("version", made.version)):
            self._retained[kind, key] = name

    def _settle(self, made: _Made) -> None:
        asks: list[tuple[str, Callable[[], Operation]]] = []
        if made.file:
            asks.append(("file url", lambda: self.client.file_url(made.file)))
        if made.version:
            asks.append(("version url", lambda: self.client.version_url(made.version)))
        for what, ask in asks:
            last = self._until(ask, self._decided, what)
            if last.exchange.status == 200:
                self.client.get_signed(last.exchange.response, notes={"url_of": last.id})

    def _file(self, state: str) -> str:
        if state == "deleted":
            made = self._attached(good=True, settled=False)
            if made.file:
                self.client.delete_file(made.file)
                self._retained["version", "deleted"] = made.version
            return made.file
        return self._attached(good=state != "failed", settled=state != "pending").file

    def _version(self, state: str) -> str:
        if state == "deleted":
            self._id("file", "deleted")
            return self._retained.get(("version", "deleted"), "")
        return self._attached(good=state != "failed", settled=state != "pending").version

    def _until(self, ask: Callable[[], Operation], done: Callable[[Operation], bool], what: str) -> Operation:
        """Ask with growing pauses until it is done or the operator's bound is over; that is waited for only once."""
        patience = 0.0 if what in self._hopeless else self.driver.settings.target.converge_within_s
        deadline = time.monotonic() + patience
        pause = _SHORTEST_S
        last = ask()
        while not done(last) and time.monotonic() < deadline and not self.over.wait(pause):
            pause = min(_LONGEST_S, pause * 1.6)
            last = ask()
        if done(last):
            self._hopeless.discard(what)
        else:
            self._hopeless.add(what)
        return last

    def _decided(self, operation: Operation) -> bool:
        """Whether a url endpoint told the verdict: the exception, or a success that really carries a url."""
        answered = self.client.classify(operation).answer
        with_url = bool(_text(operation.exchange.response, "url"))
        return answered is Answer.INTEGRITY or (answered is Answer.DONE and with_url)

    def _made(self, operation: Operation | None) -> str:
        if operation is None or self.client.classify(operation).answer is not Answer.DONE:
            return ""
        return _text(operation.exchange.response, "id")


def _text(body: Json, name: str) -> str:
    value: Any = body.get(name) if isinstance(body, dict) else None
    return value if isinstance(value, str) else ""


def _part(body: Json, name: str) -> Json:
    return body.get(name) if isinstance(body, dict) else None
