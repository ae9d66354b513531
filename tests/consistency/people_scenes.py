"""What histories of several people are written with: who somebody is, and rights that are given and withdrawn."""

from __future__ import annotations

from typing import Any

from judge_timeline import NC, SIZE, TICK, Scribe, md5, signed, uid
from review_scenes import at

from conformance.model import Octets, Operation, Role

SECOND = uid("cccc", 2)
"""The second user's id."""
THIRD = uid("cccc", 3)
"""Somebody else's."""
LATE = 200
"""A tick longer than the bound after everything."""


def whoami(scribe: Scribe, tick: int = 0) -> Operation:
    """Let the second user ask who it is."""
    made = {"id": SECOND, "username": "second", "full_name": "Second User"}
    return scribe.answered("member", *at(tick, tick + 1), "GET", "/current_user", "200", made, user="other")


def grant(
    scribe: Scribe, tick: int = 2, answer: str = "200", *, role: str = "project_admin", user: str = SECOND, n: int = 1
) -> Operation:
    """Let the owner give a right in project `n`."""
    path = f"/projects/{uid('pppp', n)}/permissions/{user}"
    request = {"auth_role": {"id": role}}
    made = {"project": {"id": uid("pppp", n)}, "user": {"id": user}, "auth_role": {"id": role}}
    return scribe.answered("actor", *at(tick, tick + 1), "PUT", path, answer, made, request=request)


def withdraw(scribe: Scribe, tick: int, answer: str = "204", *, user: str = SECOND, n: int = 1) -> Operation:
    """Let the owner withdraw the right."""
    path = f"/projects/{uid('pppp', n)}/permissions/{user}"
    return scribe.answered("actor", *at(tick, tick + 1), "DELETE", path, answer, None)


def attach(
    scribe: Scribe, tick: int, answer: str = "201", *, upload: int = 1, file: int = 7, by: str = "POST",
    user: str = "other", home: int = 9, **k: Any,
) -> Operation:  # fmt: skip
    """Attach an upload to a file in project `home`: a new one, or a new version of one that is there."""
    current = {"id": uid("ffff", 50 + upload), "version": 1, "upload": {"id": uid("aaaa", upload), "size": SIZE}}
    made = {
        "kind": "dds-file",
        "id": uid("eeee", file),
        "project": {"id": uid("pppp", home)},
        "current_version": current,
    }
    request: dict[str, Any] = {"upload": {"id": uid("aaaa", upload)}}
    path = f"/files/{uid('eeee', file)}"
    if by == "POST":
        path, request = "/files", {"parent": {"kind": "dds-project", "id": uid("pppp", home)}, **request}
    word = "200" if by == "PUT" and answer == "201" else answer
    return scribe.answered("stranger", *at(tick, tick + 1), by, path, word, made, request=request, user=user, **k)


def fetch(scribe: Scribe, tick: int, md5_hex: str = "", *, n: int = 1, via: str = "vurl", user: str = "owner") -> None:
    """Ask for the url of version (or file) `n`, fresh, and fetch what it yields: the upload's own bytes by default."""
    key = f"/store/get?{via}.{n}.{tick}"
    getattr(scribe, via)("reader", *at(tick, tick + 1), "200", n, key=key, user=user)
    body = Octets(SIZE, md5_hex or md5(n))
    scribe.wire("reader", *at(tick + 2, tick + 3), "GET", key, status=200, response=body, role=Role.STORAGE, user=None)


def conditional(
    scribe: Scribe, tick: int, status: int = 304, *, n: int = 1, via: str = "files", **notes: Any
) -> Operation:
    """Ask for a url on condition that it changed."""
    name = uid("eeee" if via == "files" else "ffff", n)
    body: Any = NC if status == 404 else signed(f"/store/c{tick}") if status == 200 else Octets(0, "")
    return scribe.wire(
        "revalidator", tick * TICK, (tick + 1) * TICK, "GET", f"/api/v1/{via}/{name}/url".removeprefix("/api/v1"),
        status=status, response=body, notes={"conditional": True, **notes},
    )  # fmt: skip
