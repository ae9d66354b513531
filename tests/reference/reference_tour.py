"""A tour through a server: what a fault could spoil is done once, and what was seen is kept beside the truth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reference_aftermath import bad_input, deletes, late_versions, promote, strangers, twins, versions
from reference_bench import md5
from reference_subjects import BAD, GOOD, ODD, Seen, Subject, chunk_body, kind_of

if TYPE_CHECKING:
    from reference_bench import Answer, Bench

FORM = "application/x-www-form-urlencoded"
LARGE = 5 << 20  # bytes
STEP = 0.0045  # seconds between two rounds of the comb
ROUNDS = 30
FEW = 6
"""Rounds of a brief tour: what shows only for milliseconds may slip through."""


class Tour:
    """Walks once through a server."""

    def __init__(self, bench: Bench, *, brief: bool = False) -> None:
        self.bench = bench
        self.rounds = FEW if brief else ROUNDS
        self.seen: list[Seen] = []
        self.subjects: list[Subject] = []
        self.facts: dict[str, Any] = {"unready": [], "status": [], "led nowhere": []}

    def walk(self) -> Tour:
        """Do everything."""
        self.facts["description"] = self.bench.call("GET", "/swagger_doc", token=None).json
        self._projects()
        self._uploads()
        self._comb()
        self._settle()
        self._repeat()
        versions(self)
        promote(self)
        late_versions(self)
        twins(self)
        strangers(self)
        bad_input(self)
        deletes(self)
        return self

    def call(self, verb: str, method: str, path: str, body: Any = None, *, note: str = "", **more: Any) -> Answer:
        """Send, and keep what came back."""
        answer = self.bench.call(method, path, body, **more)
        self.seen.append(Seen(verb, answer, path, note))
        return answer

    def _projects(self) -> None:
        keys = []
        for name in ("a", "b", "c", "Prüfstand"):
            made = self.call("create_project", "POST", "/projects", {"name": name, "description": "d"})
            listed = self.bench.call("GET", "/projects").json["results"]
            keys.append(next((row["id"] for row in listed if row["name"] == name), (made.json or {}).get("id")))
        body = {"name": "never", "content_type": "t", "size": 1}
        for key in keys:
            self.call("show_project", "GET", f"/projects/{key}")
            early = self.call("create_upload", "POST", f"/projects/{key}/uploads", body, note="pending")
            if early.status == 201:
                self._swallowed_early(key, early.json["id"])
        named = {"name": "named", "storage_provider": {"id": self.bench.world.provider_id}}
        self.call("create_upload", "POST", f"/projects/{keys[0]}/uploads", body | named, note="pending")
        self.bench.advance(0.5)
        self._until_ready(keys[0], body)
        for _ in range(3):
            answer = self.call("create_upload", "POST", f"/projects/{keys[0]}/uploads", body | named, note="live")
            self.facts["unready"].append((f"{keys[0]} by name", answer.code == "resource_not_consistent"))
        for key in keys:
            note = "live"
            for _ in range(12 if key == keys[0] else 2):
                answer = self.call("create_upload", "POST", f"/projects/{key}/uploads", body | {"name": "x"}, note=note)
                self.facts["unready"].append((key, answer.code == "resource_not_consistent"))
        listing = self.call("list", "GET", f"/projects/{keys[0]}/uploads")
        self.facts["traces"] = [row["name"] for row in listing.json["results"] if row["name"] == "never"]
        self._same_slug()
        self.facts["early accepted"] = any(
            item.note == "pending" and item.verb == "create_upload" and item.answer.status == 201 for item in self.seen
        )
        self.project = next((key for key in keys if (key, False) in self.facts["unready"]), keys[0])

    def _until_ready(self, project: str, body: dict[str, Any]) -> None:
        """Wait for one project, at most ten seconds."""
        for _ in range(20):
            if self.bench.call("POST", f"/projects/{project}/uploads", body | {"name": "x"}).status == 201:
                return
            self.bench.advance(0.5)

    def _swallowed_early(self, project: str, upload: str) -> None:
        """Complete what was accepted on an unready project: a byte, well hashed."""
        self.bench.chunk(upload, 1, b"e")
        subject = Subject("early", GOOD, b"e", upload=upload)
        self.subjects.append(subject)
        self._complete(subject, project)

    def _complete(self, subject: Subject, project: str, value: str = "0" * 32) -> None:
        body = {"hash": {"value": value, "algorithm": "md5"}}
        path = f"/uploads/{subject.upload}/complete"
        if subject.name.startswith("form"):
            form = f"hash%5Bvalue%5D={value}&hash%5Balgorithm%5D=md5".encode()
            answer = self.call("complete_form", "PUT", path, raw=form, media=FORM)
        else:
            answer = self.call("complete", "PUT", path, body, note=subject.truth)
        subject.completed = True
        if not 200 <= answer.status < 300:
            answer = self.call("complete_retry", "PUT", path, body)
        self._attach(subject, project)

    def _attach(self, subject: Subject, project: str) -> None:
        body = {"parent": {"kind": "dds-project", "id": project}, "upload": {"id": subject.upload}}
        file = self.call("create_file", "POST", "/files", body, note=subject.truth)
        if file.status == 201:
            subject.file, subject.version = file.json["id"], file.json["current_version"]["id"]
            self._read(subject)

    def start(self, name: str, truth: str, parts: list[bytes], /, **changes: Any) -> Subject:
        """Create an upload and store its parts; the first is asked for twice."""
        content = b"".join(parts)
        body = {"name": name, "content_type": "t", "size": len(content), **changes}
        made = self.call("create_upload", "POST", f"/projects/{self.project}/uploads", body, note="live")
        if made.status != 201:
            made = self.bench.call("POST", f"/projects/{self.project}/uploads", body)
        subject = Subject(name, truth, content, upload=made.json["id"])
        self.subjects.append(subject)
        if changes.get("chunked", True):
            self.call("create_chunk", "PUT", f"/uploads/{subject.upload}/chunks", chunk_body(1, parts[0]), note="probe")
            self.bench.advance(0.16)
            for number in reversed(range(1, len(parts) + 1)):
                self.bench.chunk(subject.upload, number, parts[number - 1])
                self.bench.advance(0.001)
        else:
            self.bench.store(made.json["signed_url"], content)
        return subject

    def _uploads(self) -> None:
        many = [bytes([65 + index]) * 3 for index in range(12)]
        started = [
            (self.start("many", GOOD, many), "0" * 32),
            (self.start("two", GOOD, [b"first", b"second"]), "0" * 32),
            (self.start("one", GOOD, [b"lonely"]), "0" * 32),
            (self.start("empty", GOOD, [b""]), "0" * 32),
            (self.start("single", GOOD, [b"single part"], chunked=False), md5(b"single part")),
            (self.start("single wrong", BAD, [b"single part!"], chunked=False), md5(b"other")),
            (self.start("total", BAD, [b"total size"], size=99), "0" * 32),
            (self.start("surplus", BAD, [b"surplus"], size=5), "0" * 32),
            (self.start("large", BAD, [b"L" * LARGE], size=LARGE + 1), "0" * 32),
            (self.start("empty wrong", BAD, [b""], chunked=False), md5(b"other")),
            (self.start("swapped", BAD, [b"left", b"right"]), "0" * 32),
            (self.start("odd name", GOOD, [b"odd name"], name='Prüf "stück"'), "0" * 32),
            (self.start("twin", GOOD, [b"twin"]), "0" * 32),
            (self.start("other twin", GOOD, [b"other twin"], name="twin"), "0" * 32),
            (self.start("text", GOOD, [b"text"], content_type="text/plain"), "0" * 32),
            (self.start("form", GOOD, [b"form"]), "0" * 32),
            (self.start("form wrong", BAD, [b"form!"], chunked=False), md5(b"other")),
        ]
        swapped = next(subject for subject, _ in started if subject.name == "swapped")
        self.bench.chunk(swapped.upload, 1, b"left", value=md5(b"right"))
        self.bench.chunk(swapped.upload, 2, b"right", value=md5(b"left"))
        for name, truth, number, reported in (
            ("first hash", BAD, 1, {"value": "f" * 32}),
            ("later hash", BAD, 2, {"value": "f" * 32}),
            ("missing", BAD, 3, {"send": False}),
        ):
            content = [name.encode(), b"tail of " + name.encode()]
            extra = 4 if number == 3 else 0
            subject = self.start(name, truth, content, size=sum(map(len, content)) + extra)
            self.bench.chunk(subject.upload, number, content[number - 1] if number < 3 else b"gone", **reported)
            started.append((subject, "0" * 32))
        odd = self.start("chunk size", ODD, [b"abc"])
        self.bench.chunk(odd.upload, 1, b"abc", size=2)
        started.append((odd, "0" * 32))
        self._before_complete(started[0][0])
        for subject, value in started:
            self._complete(subject, self.project, value)

    def _same_slug(self) -> None:
        """Ask for a project with a slug that is taken."""
        for name in ("has the slug", "wants the slug"):
            body = {"name": name, "description": "d", "slug": "the_slug"}
            answer = self.bench.call("POST", "/projects", body)
        listing = self.bench.call("GET", "/projects").json
        names = [row["name"] for row in listing["results"]] if "results" in (listing or {}) else []
        self.facts["traces"] += ["wants the slug"] if answer.status == 400 and "wants the slug" in names else []

    def _before_complete(self, subject: Subject) -> None:
        """Try to attach an upload that is not completed."""
        body = {"parent": {"kind": "dds-project", "id": self.project}, "upload": {"id": subject.upload}}
        file = self.call("create_file", "POST", "/files", body, note="open")
        self.facts["open answers"] = []
        if file.status == 201:
            answer = self.call("file_url", "GET", f"/files/{file.json['id']}/url", note="open")
            self.facts["open answers"].append(answer.status)
            self.bench.call("DELETE", f"/files/{file.json['id']}")
        listing = self.call("list", "GET", f"/projects/{self.project}/files").json
        names = [row["name"] for row in listing["results"]] if "results" in (listing or {}) else []
        if file.status != 201 and subject.name in names:
            self.facts["traces"].append(subject.name)

    def _read(self, subject: Subject, *, fetch: bool = True) -> None:
        """Read both url endpoints and the status record of a subject."""
        for via, path in (("file", f"/files/{subject.file}/url"), ("version", f"/file_versions/{subject.version}/url")):
            answer = self.call(f"{via}_url", "GET", path, note="live")
            kind = kind_of(answer)
            subject.reads.append((via, kind))
            if kind == "200" and fetch:
                stored = self.bench.store(answer.json) if "url" in (answer.json or {}) else None
                subject.last[via] = stored.body if stored is not None and stored.status == 200 else None
                subject.first.setdefault(via, subject.last[via])
        record = self.call("show_upload", "GET", f"/uploads/{subject.upload}", note="live")
        if record.status == 200:
            self.facts["status"].append((subject, record.json["status"], subject.reads[-2][1]))

    def _comb(self) -> None:
        tracers = [
            one for one in self.subjects if one.file and one.name in {"many", "single wrong", "first hash", "one"}
        ]
        for number in range(self.rounds):
            self.bench.advance(STEP * ROUNDS / self.rounds)
            for subject in tracers:
                for via, key in (("file", f"/files/{subject.file}"), ("version", f"/file_versions/{subject.version}")):
                    answer = self.call(f"{via}_url", "GET", f"{key}/url", note="live")
                    kind = kind_of(answer)
                    subject.reads.append((via, kind))
                    if kind == "200" and "url" in (answer.json or {}) and via not in subject.first:
                        stored = self.bench.store(answer.json)
                        subject.first[via] = stored.body if stored.status == 200 else None
            if tracers and number % 4 == 0:
                self._shows(tracers[0])
        for subject in tracers:
            self._read(subject)

    def _shows(self, subject: Subject) -> None:
        for verb, path in (
            ("show_file", f"/files/{subject.file}"),
            ("show_version", f"/file_versions/{subject.version}"),
            ("list_versions", f"/files/{subject.file}/versions"),
            ("list_files", f"/projects/{self.project}/files?per_page=1"),
        ):
            self.call(verb, "GET", path)

    def _settle(self) -> None:
        for pause in (0.4, 0.8, 1.5):
            self.bench.advance(pause)
            for subject in self.subjects:
                if not subject.file and subject.name != "early":
                    self._attach(subject, self.project)
            for subject in self.subjects:
                if subject.file:
                    self._read(subject)
        for subject in self.subjects[::2]:
            self._shows(subject)
        self.call("list_files", "GET", f"/projects/{self.project}/files")
        bad = next(one for one in self.subjects if one.truth == BAD)
        body = {"parent": {"kind": "dds-project", "id": self.project}, "upload": {"id": bad.upload}}
        self.call("create_file", "POST", "/files", body, note="known bad")

    def _repeat(self) -> None:
        """Complete again: in the moment of the first, and long after."""
        late = self.start("twice", GOOD, [b"twice"])
        self._complete(late, self.project)
        body = {"hash": {"value": "0" * 32, "algorithm": "md5"}}
        outcomes = []
        for subject in [late, *(one for one in self.subjects if one.name in {"one", "first hash"} and one.file)]:
            before = subject.reads[-2:]
            self.call("complete_again", "PUT", f"/uploads/{subject.upload}/complete", body)
            if subject is not late:
                self._read(subject, fetch=False)
                outcomes.append((before, subject.reads[-2:]))
                del subject.reads[-2:]
        self.facts["repeat"] = outcomes
        self.bench.advance(2.4)
        if not late.file:
            self._attach(late, self.project)
        self._read(late)
