"""The legal but chaotic DDS with what surrounds an upload: members, folders, renames, redirects, limits, late reads.

Its gateway limits how often one may ask by 403, answers by the statuses of a delivery network, and delivers creates
twice. Its store redirects, and is away for a while. It trims names, tells size limits before it looks at the state, and
checks anew what is sent after completion. All of that is legal.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from judge_timeline import NC, TICK, Scribe, error, uid
from legal_dds import BOUND, NEVER, Crime, Kept, LegalDds, Stored
from people_scenes import SECOND

from conformance.model import Failure, History, Octets, Operation, Phase, Role

PAGE = Octets(20, "0" * 32, "<html>origin is unreachable</html>")
LATER = 10 * BOUND


class PeoplesScribe(Scribe):
    """A scribe that knows who is a member by the session's name."""

    def wire(self, session: str, *args: Any, **more: Any) -> Operation:
        """Keep one operation as its speaker's."""
        if session.startswith("member") and more.get("role", Role.API) is Role.API:
            more["user"] = "other"
        return super().wire(session, *args, **more)


class SurroundedDds(LegalDds):
    """The legal server, with what a project has beside its uploads; each history draws which of it there is."""

    def __init__(self, seed: int, scribe: Scribe, base: int = 0, crime: Crime = Crime.NONE) -> None:
        super().__init__(seed, scribe, base, crime)
        self.member_from = NEVER
        self.folder = 0
        self.hidden: list[Stored] = []
        self.store_away = (NEVER, NEVER)
        if self.dice.random() < 0.2:
            begun = self.dice.randrange(4 * BOUND)
            self.store_away = (begun, begun + self.dice.randrange(BOUND))

    # ---- writes

    def _upload(self) -> Stored | None:
        path = f"/projects/{uid('pppp', self.home)}/uploads"
        for kind in ("huge", "trimmed"):
            if self.dice.random() < 0.2:
                self._asks_oddly(path, kind)
        return super()._upload()

    def _asks_oddly(self, path: str, kind: str) -> None:
        """Ask for too large an upload, or for one under a name that is trimmed to one that was asked for as well."""
        a, seen, b, n = self.tick(), self.tick(1), self.tick(1), self.number()
        name = f"upload odd {self.base}"
        asked = {"name": name + ("..." if n % 2 else ""), "content_type": "text/plain", "chunked": True,
                 "size": 10**12 if kind == "huge" else 7}  # fmt: skip
        notes = {"intent": "valid"}
        if kind == "huge":
            body = error(400, "validation failed", errors=[{"field": "size", "message": "is too large"}])
            self.scribe.wire(self.actor, a, b, "POST", path, status=400, request=asked, response=body, notes=notes)
        elif seen < self.ready:
            self.scribe.wire(self.actor, a, b, "POST", path, status=404, request=asked, response=NC, notes=notes)
        else:
            made = {**asked, "name": name, "id": uid("aaaa", n)}
            self.scribe.wire(self.actor, a, b, "POST", path, status=201, request=asked, response=made, notes=notes)

    def _complete(self, upload: Stored) -> None:
        super()._complete(upload)
        if upload.completed < NEVER and upload.kind in ("good", "badhash") and self.dice.random() < 0.15:
            value = "0" * 32 if upload.kind == "badhash" else ""
            a, effect, b = self.tick(), self.tick(1), self.tick(1)
            self.scribe.chunk(self.actor, a, b, "200", upload.n, value=value)
            if effect < upload.consistent:
                upload.consistent = max(upload.consistent, effect + self.lag())

    def _attach(self, upload: Stored) -> None:
        sure = upload.good and upload.kind in ("good", "single") and upload.acknowledged < NEVER
        if sure and not self.hidden and self.dice.random() < 0.05:
            body = error(400, "validation failed", errors=[{"field": "upload", "message": "cannot be attached"}])
            asked = {
                "parent": {"kind": "dds-project", "id": uid("pppp", self.home)},
                "upload": {"id": uid("aaaa", upload.n)},
            }
            self.scribe.wire(self.actor, self.tick(), self.tick(1), "POST", "/files", status=400, request=asked,
                             response=body)  # fmt: skip
            self.hidden.append(upload)
            return
        super()._attach(upload)

    def _intrusion(self, upload: Stored | None) -> None:
        super()._intrusion(upload)
        if upload is None and self.files:
            for step in (self._grant, self._rename, self._make_folder, self._move):
                if self.dice.random() < 0.5:
                    step()

    def _grant(self) -> None:
        a, b = self.tick(), self.tick(1)
        path = f"/projects/{uid('pppp', self.home)}/permissions/{SECOND}"
        body = {"project": {"id": uid("pppp", self.home)}, "user": {"id": SECOND}, "auth_role": {"id": "file_editor"}}
        asked = {"auth_role": {"id": "file_editor"}}
        self.scribe.answered(self.actor, a, b, "PUT", path, "200", body, request=asked)
        me = {"id": SECOND, "username": "second", "full_name": "Second User"}
        self.scribe.answered(f"member{self.base}", a, b, "GET", "/current_user", "200", me)
        self.member_from = b

    def _rename(self) -> None:
        file, name = self.dice.choice(self.files), f"renamed {self.number()} {self.base}"
        path, a, b = f"/files/{uid('eeee', file.n)}", self.tick(), self.tick(1)
        for method, where in (("PUT", f"{path}/rename"), ("GET", path)):
            shown = {**self.scribe._file(file.n, file.n, file.switches[0][1].n, self.home), "name": name}
            asked = {"request": {"name": name}} if method == "PUT" else {}
            self.scribe.answered(self.actor, a, b, method, where, "200", shown, **asked)
            a, b = self.tick(), self.tick(1)

    def _make_folder(self) -> None:
        self.folder = self.number()
        home = {"kind": "dds-project", "id": uid("pppp", self.home)}
        asked = {"parent": home, "name": f"folder {self.folder}"}
        made = {"kind": "dds-folder", "id": uid("dddd", self.folder), **asked, "project": {"id": home["id"]}}
        self.scribe.answered(self.actor, self.tick(), self.tick(1), "POST", "/folders", "201", made, request=asked)

    def _move(self) -> None:
        """Move a file into the folder, and perhaps delete that with it."""
        if not self.folder:
            return
        file, parent = self.dice.choice(self.files), {"kind": "dds-folder", "id": uid("dddd", self.folder)}
        a, b, effect, stated = self.send()
        shown = {**self.scribe._file(file.n, file.n, file.switches[0][1].n, self.home), "parent": parent}
        word = "200" if stated in ("told", "twice") else stated
        path = f"/files/{uid('eeee', file.n)}/move"
        self.scribe.answered(self.actor, a, b, "PUT", path, word, shown, request={"parent": parent})
        if effect < NEVER and self.dice.random() < 0.4:
            a, b, gone, stated = self.send()
            word = {"told": "204", "twice": "404"}.get(stated, stated)
            self.scribe.answered(self.actor, a, b, "DELETE", f"/folders/{parent['id']}", word, None)
            file.deleted = min(file.deleted, max(effect, gone))

    # ---- readers

    def _readers(self, ended: int) -> None:
        super()._readers(ended)
        known = [file for file in self.files if file.known < ended]
        if known and self.member_from < NEVER:
            clock = max(ended, self.member_from) + self.dice.randrange(BOUND)
            for _ in range(self.dice.randrange(1, 6)):
                clock = self._look(f"member{self.base}", 0, clock, self.dice.choice(known))
        clock = ended + LATER
        for file in known:
            clock = self._look(f"reader{self.base}-late", 0, clock, file)

    def _look(self, session: str, behind: int, clock: int, file: Kept) -> int:
        if not self.calm and self.dice.random() < 0.06:
            path = f"/files/{uid('eeee', file.n)}/url"
            limited = self.dice.random() < 0.5
            status, body = (403, error(403, "rate limit exceeded")) if limited else (self.dice.choice((520, 524)), PAGE)
            one = self.scribe.wire(session, clock, clock + TICK, "GET", path, status=status, response=body)
            more = {**one.exchange.headers, **({"retry-after": "1"} if limited else {"content-type": "text/html"})}
            self.scribe.operations[-1] = replace(one, exchange=replace(one.exchange, headers=more))
            clock += 2 * TICK
        return super()._look(session, behind, clock, file)

    def _fetch(self, session: str, clock: int, answer: str, upload: Stored, key: str) -> None:
        """Fetch the bytes: over a redirect or two, from a store that may be away for a while."""
        if self.store_away[0] <= clock < self.store_away[1]:
            failure = self.dice.choice((Failure.RESET, Failure.REFUSED, Failure.CUT))
            self.scribe.wire(session, clock, None, "GET", key, status=None, role=Role.STORAGE, user=None,
                             failure=failure)  # fmt: skip
            return
        given = self.scribe.operations[-1].id
        for hop in range(self.dice.randrange(3) if self.dice.random() < 0.3 else 0):
            one = self.scribe.wire(session, clock, clock + 1, "GET", key, status=302, response=Octets(0, ""),
                                   role=Role.STORAGE, user=None, notes={"url_of": given, "hop": hop})  # fmt: skip
            key = f"/mirror{hop}{key}"
            moved = {"location": f"http://mirror{hop}.test{key}"}
            self.scribe.operations[-1] = replace(one, exchange=replace(one.exchange, headers=moved))
            if answer == "exact":
                continue
        super()._fetch(session, clock + 2, answer, upload, key)
        last = self.scribe.operations[-1]
        self.scribe.operations[-1] = replace(last, notes={**last.notes, "url_of": given})

    def _bystanders(self) -> None:
        super()._bystanders()
        if self.project_gone < NEVER or not self.hidden:
            return
        clock = self.clock + 3 * BOUND + 5
        results = [self.scribe._file(self.number(), self.next, upload.n, self.home) for upload in self.hidden]
        path = f"/projects/{uid('pppp', self.home)}/children"
        self.scribe.answered(self.actor, clock, clock + 1, "GET", path, "200", {"results": results}, phase=Phase.FINAL)


def packed(seed: int, count: int, crime: Crime = Crime.NONE) -> History:
    """Play `count` histories against servers with surroundings and give them as one."""
    scribe = PeoplesScribe()
    for index in range(count):
        SurroundedDds(seed * 1000 + index, scribe, base=index * 100 + 1, crime=crime).run()
    return scribe.history()
