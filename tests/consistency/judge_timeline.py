"""Histories drawn by hand: a lane for each session, one column for each tenth of a second.

    actor   [complete 202]  [file 201]
    reader                      [url nc]   [url 200]

An operation begins at its ``[`` and ends at its ``]``; one that never ended is drawn with ``>`` for ``]``. The words
are a call and its answer (`CALLS`); a number after the call chooses the upload, file or version of that number.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from conformance.model import Exchange, Failure, History, Octets, Operation, Phase, Role, Target

TICK = 100_000_000
SIZE = 1024
BOUND_S = 3.5
TARGET = Target(base_url="http://dds.test/api/v1", second_user=True, converge_within_s=BOUND_S)
NC = {
    "error": 404,
    "code": "resource_not_consistent",
    "reason": "resource changes are still being processed by system",
    "suggestion": "this is a temporary state that will eventually be resolved by the system; please retry request",
}
IE = {
    "error": 400,
    "code": "not_provided",
    "reason": "reported chunk hash/size does not match that computed by StorageProvider",
    "suggestion": "You must begin a new upload process",
}
JSON_TYPE = {"content-type": "application/json"}


def uid(kind: str, number: int) -> str:
    """Give the id of the `number`-th thing of a kind."""
    return f"{kind:0<8}-0000-4000-8000-{number:012d}"


def md5(upload: int, part: int = 1, size: int = SIZE) -> str:
    """Give the hash of an upload's part."""
    return hashlib.md5(f"{upload}.{part}.{size}".encode()).hexdigest()


def error(status: int, reason: str = "Not Found", **more: Any) -> dict[str, Any]:
    """Give a standard error."""
    return {"error": status, "code": "not_provided", "reason": reason, "suggestion": "try something else", **more}


def signed(path: str, verb: str = "GET") -> dict[str, Any]:
    """Give a signed url."""
    return {"http_verb": verb, "host": "http://storage.test", "url": path, "http_headers": []}


class Scribe:
    """Writes operations down, one method for each call; times in nanoseconds."""

    def __init__(self, target: Target = TARGET) -> None:
        self.target = target
        self.operations: list[Operation] = []
        self.count = 0

    def wire(
        self, session: str, a: int, b: int | None, method: str, path: str, *, status: int | None, request: Any = None,
        response: Any = None, role: Role = Role.API, user: str | None = "owner", phase: Phase = Phase.TROUBLE,
        notes: Mapping[str, Any] | None = None, failure: Failure | None = None,
    ) -> Operation:  # fmt: skip
        """Keep one operation."""
        self.count += 1
        if status is None and failure is None:
            failure = Failure.TIMEOUT
        exchange = Exchange(
            method, path if role is Role.STORAGE else f"/api/v1{path}", "dds.test", role, user, request,
            "application/json" if request is not None else None, status, JSON_TYPE, response, failure,
        )  # fmt: skip
        retained = Operation(f"op-{self.count}", session, a, b, exchange, phase, notes=notes or {})
        self.operations.append(retained)
        return retained

    def history(self, *, complete: bool = True, header: Mapping[str, Any] | None = None) -> History:
        """Give the history, ordered by when operations ended."""
        ordered = sorted(self.operations, key=lambda one: (one.b_ns if one.b_ns is not None else one.a_ns, one.a_ns))
        return History(tuple(ordered), self.target, complete=complete, header=header or {})

    # ---- calls; each takes session, a, b, the answer word and a number

    def project(self, s: str, a: int, b: int | None, answer: str = "202", n: int = 1, **k: Any) -> Operation:
        """POST /projects."""
        made = {"kind": "dds-project", "id": uid("pppp", n), "name": f"project number {n}", "description": "x",
                "is_deleted": False}  # fmt: skip
        asked = {"name": f"project number {n}", "description": "x"}
        return self.answered(s, a, b, "POST", "/projects", answer, made, request=asked, **k)

    def upload(
        self, s: str, a: int, b: int | None, answer: str = "201", n: int = 1, *, size: int = SIZE, chunked: bool = True,
        name: str = "", **k: Any,
    ) -> Operation:  # fmt: skip
        """POST /projects/{id}/uploads."""
        asked = {"name": name or f"upload number {n}", "content_type": "text/plain", "size": size, "chunked": chunked}
        made = {
            **asked,
            "id": uid("aaaa", n),
            "status": {"completed_on": None, "is_consistent": None, "error_on": None},
        }
        if not chunked:
            made["signed_url"] = signed(f"/store/{uid('aaaa', n)}?sig=0", "PUT")
        path = f"/projects/{uid('pppp', k.pop('project', 1))}/uploads"
        return self.answered(s, a, b, "POST", path, answer, made, request=asked, **k)

    def chunk(
        self, s: str, a: int, b: int | None, answer: str = "200", n: int = 1, *, part: int = 1, size: int = SIZE,
        value: str = "", **k: Any,
    ) -> Operation:  # fmt: skip
        """PUT /uploads/{id}/chunks."""
        asked = {"number": part, "size": size, "hash": {"value": value or md5(n, part, size), "algorithm": "md5"}}
        made = signed(f"/store/{uid('aaaa', n)}?part={part}", "PUT")
        return self.answered(s, a, b, "PUT", f"/uploads/{uid('aaaa', n)}/chunks", answer, made, request=asked, **k)

    def put(
        self, s: str, a: int, b: int | None, answer: str = "200", n: int = 1, *, part: int = 1, size: int = SIZE,
        value: str = "", **k: Any,
    ) -> Operation:  # fmt: skip
        """PUT the bytes at a signed url; part 0 is the whole of a single-part upload."""
        query = f"part={part}" if part else "sig=0"
        sent = Octets(size, value or md5(n, part, size))
        path = f"/store/{uid('aaaa', n)}?{query}"
        status = int(answer) if answer.isdigit() else None
        return self.wire(s, a, b, "PUT", path, status=status, request=sent, response=Octets(0, ""), role=Role.STORAGE,
                         user=None, **k)  # fmt: skip

    def complete(
        self, s: str, a: int, b: int | None, answer: str = "202", n: int = 1, *, value: str = "", **k: Any
    ) -> Operation:
        """PUT /uploads/{id}/complete."""
        asked = {"hash": {"value": value or md5(n), "algorithm": "md5"}}
        status = {"completed_on": "2026-01-01T00:00:00.000Z", "is_consistent": None}
        made = {"id": uid("aaaa", n), "name": f"upload number {n}", "size": SIZE, "status": status}
        return self.answered(s, a, b, "PUT", f"/uploads/{uid('aaaa', n)}/complete", answer, made, request=asked, **k)

    def file(
        self,
        s: str,
        a: int,
        b: int | None,
        answer: str = "201",
        n: int = 1,
        *,
        upload: int = 0,
        home: int = 1,
        **k: Any,
    ) -> Operation:
        """POST /files: file n with version n of upload n (or `upload`) in project `home`."""
        target = upload or n
        asked = {"parent": {"kind": "dds-project", "id": uid("pppp", home)}, "upload": {"id": uid("aaaa", target)}}
        return self.answered(s, a, b, "POST", "/files", answer, self._file(n, n, target, home), request=asked, **k)

    def _file(self, n: int, version: int, upload: int, home: int = 1) -> dict[str, Any]:
        current = {"id": uid("ffff", version), "version": 1, "upload": {"id": uid("aaaa", upload), "size": SIZE}}
        return {"kind": "dds-file", "id": uid("eeee", n), "name": f"file number {n}",
                "project": {"id": uid("pppp", home)},
                "current_version": current, "is_deleted": False}  # fmt: skip

    def switch(
        self, s: str, a: int, b: int | None, answer: str = "200", n: int = 2, *, file: int = 1, **k: Any
    ) -> Operation:
        """PUT /files/{file} to upload n, making version n."""
        asked = {"upload": {"id": uid("aaaa", n)}}
        made = self._file(file, n, n, k.pop("home", 1))
        return self.answered(s, a, b, "PUT", f"/files/{uid('eeee', file)}", answer, made, request=asked, **k)

    def url(
        self, s: str, a: int, b: int | None, answer: str = "200", n: int = 1, *, key: str = "", **k: Any
    ) -> Operation:
        """GET /files/{id}/url."""
        made = signed(key or f"/store/{uid('aaaa', n)}?read=1")
        return self.answered(s, a, b, "GET", f"/files/{uid('eeee', n)}/url", answer, made, **k)

    def vurl(
        self, s: str, a: int, b: int | None, answer: str = "200", n: int = 1, *, key: str = "", **k: Any
    ) -> Operation:
        """GET /file_versions/{id}/url."""
        made = signed(key or f"/store/{uid('aaaa', n)}?read=1")
        return self.answered(s, a, b, "GET", f"/file_versions/{uid('ffff', n)}/url", answer, made, **k)

    def get(self, s: str, a: int, b: int | None, answer: str = "exact", n: int = 1, **k: Any) -> Operation:
        """GET the bytes at upload n's signed url: exact, those of upload ``of<number>``, or a status."""
        key = k.pop("key", "") or f"/store/{uid('aaaa', n)}?read=1"
        whose = n if answer == "exact" else int(answer[2:]) if answer.startswith("of") else 0
        status = 200 if whose else int(answer) if answer.isdigit() else None
        body = Octets(SIZE, md5(whose)) if whose else Octets(0, "")
        return self.wire(s, a, b, "GET", key, status=status, response=body, role=Role.STORAGE, user=None, **k)

    def show(self, s: str, a: int, b: int | None, answer: str = "pending", n: int = 1, **k: Any) -> Operation:
        """GET /uploads/{id}: open, pending, ok, err, odd (an error before it is consistent), moved, or an error."""
        at = "2026-01-01T00:00:00.000Z" if answer != "moved" else "2026-01-01T00:00:09.000Z"
        status = {
            "completed_on": None if answer == "open" else at,
            "is_consistent": True if answer in ("ok", "err", "moved") else None,
            "error_on": at if answer in ("err", "odd") else None,
        }
        made = {"id": uid("aaaa", n), "status": status}
        word = "200" if answer in ("open", "pending", "ok", "err", "odd", "moved") else answer
        return self.answered(s, a, b, "GET", f"/uploads/{uid('aaaa', n)}", word, made, **k)

    def showproject(self, s: str, a: int, b: int | None, answer: str = "200", n: int = 1, **k: Any) -> Operation:
        """GET /projects/{id}."""
        made = {"kind": "dds-project", "id": uid("pppp", n), "is_deleted": False}
        return self.answered(s, a, b, "GET", f"/projects/{uid('pppp', n)}", answer, made, **k)

    def delfile(self, s: str, a: int, b: int | None, answer: str = "204", n: int = 1, **k: Any) -> Operation:
        """DELETE /files/{id}."""
        return self.answered(s, a, b, "DELETE", f"/files/{uid('eeee', n)}", answer, None, **k)

    def delversion(self, s: str, a: int, b: int | None, answer: str = "204", n: int = 1, **k: Any) -> Operation:
        """DELETE /file_versions/{id}."""
        return self.answered(s, a, b, "DELETE", f"/file_versions/{uid('ffff', n)}", answer, None, **k)

    def delproject(self, s: str, a: int, b: int | None, answer: str = "204", n: int = 1, **k: Any) -> Operation:
        """DELETE /projects/{id}."""
        return self.answered(s, a, b, "DELETE", f"/projects/{uid('pppp', n)}", answer, None, **k)

    def promote(
        self, s: str, a: int, b: int | None, answer: str = "200", n: int = 1, *, file: int = 1, **k: Any
    ) -> Operation:
        """POST /file_versions/{id}/current: version 90 + n of the same upload becomes the current one."""
        made = {"kind": "dds-file-version", "id": uid("ffff", 90 + n), "upload": {"id": uid("aaaa", n)},
                "file": {"id": uid("eeee", file)}}  # fmt: skip
        return self.answered(s, a, b, "POST", f"/file_versions/{uid('ffff', n)}/current", answer, made, **k)

    def list(self, s: str, a: int, b: int | None, answer: str = "", _n: int = 1, **k: Any) -> Operation:
        """GET /projects/{id}/uploads, finally: the answer's digits are the uploads that it shows."""
        results = [{"id": uid("aaaa", int(c)), "name": f"upload number {c}"} for c in answer if c.isdigit()]
        k.setdefault("phase", Phase.FINAL)
        return self.answered(s, a, b, "GET", f"/projects/{uid('pppp', 1)}/uploads", "200", {"results": results}, **k)

    def answered(  # noqa: PLR0917 - the same
        self, s: str, a: int, b: int | None, method: str, path: str, answer: str, made: Any, **k: Any
    ) -> Operation:
        """Keep an operation by the word for its answer."""
        body: Any
        if answer == "nc":
            status, body = 404, NC
        elif answer == "ie":
            status, body = 400, IE
        elif answer == "already":
            status, body = 400, error(400, "validation failed", errors=[{"field": "completed_at", "message": "set"}])
        elif answer == "current":
            status, body = 400, error(400, "validation failed", errors=[{"field": "upload", "message": "is current"}])
        elif answer == "gateway":
            status, body = 502, Octets(20, "0" * 32, "<html>bad gateway</html>")
        elif answer == "unsent":
            return self.wire(s, a, b, method, path, status=None, failure=Failure.REFUSED, **k)
        elif answer.isdigit():
            status = int(answer)
            body = made if 200 <= status < 300 else error(status)
        else:
            return self.wire(s, a, b, method, path, status=None, response=None, **k)
        return self.wire(
            s, a, b, method, path, status=status, response=body if body is not None else Octets(0, ""), **k
        )


_BOX = re.compile(r"\[([a-z]+)(\d*)((?: \w+=\w+)*) ([\w-]+)[^\]>\[]*([\]>])")


def prepared(kind: str = "good", numbers: tuple[int, ...] = (1,), scribe: Scribe | None = None) -> Scribe:
    """Give a scribe with uploads made and stored before time zero: good, bad, single or badsingle."""
    scribe = scribe or Scribe()
    clock = -1000 * TICK

    def tick() -> tuple[str, int, int]:
        nonlocal clock
        clock += 10 * TICK
        return "maker", clock, clock + 5 * TICK

    if not any(one.exchange.path == "/api/v1/projects" for one in scribe.operations):
        scribe.project(*tick())
    for n in numbers:
        chunked = not kind.endswith("single")
        wrong = kind.startswith("bad")
        scribe.upload(*tick(), n=n, chunked=chunked)
        if chunked:
            scribe.chunk(*tick(), n=n, value="0" * 32 if wrong else "")
            scribe.put(*tick(), n=n)
        else:
            scribe.put(*tick(), n=n, part=0, value=md5(n, 1) if not wrong else "f" * 32)
    return scribe


def drawn(picture: str, scribe: Scribe | None = None, *, start: int = 0) -> History:
    """Read a drawing; `scribe` has what happened before it, `start` is the column of time zero, in ticks."""
    scribe = scribe or prepared()
    for lane in filter(str.strip, picture.splitlines()):
        session = lane.split()[0]
        for box in _BOX.finditer(lane):
            a, b = (box.start() + start) * TICK, (box.end() - 1 + start) * TICK
            never = box[5] == ">"
            options: dict[str, Any] = {}
            for name, value in (pair.split("=") for pair in box[3].split()):
                options[name] = int(value) if value.isdigit() else Phase(value) if name == "phase" else value
            user = {"stranger": "other", "nobody": None}.get(session.rstrip("0123456789"), "owner")
            if box[1] not in ("put", "get"):
                options["user"] = user
            call = getattr(scribe, box[1])
            if box[2]:
                options["n"] = int(box[2])
            call(session, a, None if never else b, box[4], **options)
    return scribe.history()
