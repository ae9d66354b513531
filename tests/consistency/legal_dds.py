"""A legal but chaotic DDS, as a generator of histories: nothing it answers may raise an alarm.

It is replicated (each session reads a replica that lags by a constant), slow or synchronous to converge, behind a
gateway that loses answers after the commit, cuts connections and delivers twice; it restarts, deletes and switches
versions while readers race; its store breaks off downloads now and then; and it refuses what others ask, and does not
do it. What it stores decides its verdicts, whatever the client knows of it. A `Crime` makes it
break exactly one duty.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from judge_timeline import BOUND_S, SIZE, TICK, Scribe, md5, uid

from conformance.model import Failure, History, Octets, Phase, Role

NEVER = 10**18
BOUND = int(BOUND_S * 1e9)
KINDS = (
    "good",
    "good",
    "single",
    "badhash",
    "badsize",
    "unsent",
    "badsingle",
    "multi",
    "misreported",
    "lostput",
    "resent",
)
_NOISE = ((0.03, "lost"), (0.06, "gateway"), (0.08, "429"), (0.11, "unsent"))
"""What may come of a read instead of an answer: the word, below which draw between 0 and 1."""


class Crime(StrEnum):
    """What a mutant does wrong."""

    NONE = ""
    FLIPS = "one-verdict"
    SERVES_BAD = "bad-never-200"
    REFUSES_GOOD = "good-never-integrity"
    EARLY = "no-early-answer"
    PLAIN_404 = "nc-until-consistent"
    NEVER_CONVERGES = "converges-upload"
    PROJECT_NEVER = "converges-project"
    RELAPSES = "session-monotonic"
    WRONG_BYTES = "bytes-exact"
    REFUSES_COMPLETION = "complete-no-integrity"
    FAILS_ON_BAD = "complete-no-500"
    REPEAT_FAILS = "complete-repeat-no-5xx"
    STRANGER = "other-user-403"
    LEAVES_TRACES = "refused-create-no-trace"
    NC_AFTER_DELETE = "nc-after-delete"
    OLD_VERSION = "new-version-served"
    OLD_GONE = "old-version-downloadable"
    STATUS = "status-record"
    DOES_REFUSED = "refused-write-no-effect"
    SERVES_MISREPORTED = "wrong-chunk-size-integrity"


@dataclass(slots=True)
class Stored:
    """An upload as the server has it."""

    n: int
    kind: str
    good: bool = True
    completed: int = NEVER
    consistent: int = NEVER
    acknowledged: int = NEVER


@dataclass(slots=True)
class Kept:
    """A file: the uploads it was switched to and when, and when it was deleted."""

    n: int
    switches: list[tuple[int, Stored]]
    known: int
    deleted: int = NEVER
    versions: list[tuple[int, int, Stored]] = field(default_factory=list)


class LegalDds:
    """One server, one project and its clients; call `run` once for each history. Numbers make every id its own."""

    def __init__(self, seed: int, scribe: Scribe, base: int = 0, crime: Crime = Crime.NONE) -> None:
        self.dice = random.Random(seed)
        self.scribe = scribe
        self.base = base
        self.crime = crime
        self.clock = 0
        self.actor = f"actor{base}"
        self.synchronous = self.dice.random() < 0.2
        self.calm = self.dice.random() < 0.3
        self.refuses_early = self.dice.random() < 0.5
        self.small_parts = base % 2 == 0
        self.uploads: list[Stored] = []
        self.files: list[Kept] = []
        self.project_gone = NEVER
        self.ready = NEVER
        self.next = base

    # ---- time and transport

    def tick(self, most: int = 3) -> int:
        """Let some time pass."""
        self.clock += self.dice.randrange(1, most * TICK)
        return self.clock

    def lag(self) -> int:
        """Draw a convergence lag well within the bound."""
        return 0 if self.synchronous else self.dice.randrange(0, BOUND // 2)

    def send(self, *, idempotent: bool = True) -> tuple[int, int | None, int, str]:
        """Give beginning, end (None: not seen), instant of effect (`NEVER`: none), and what became of the answer."""
        a = self.tick()
        effect = self.tick(1)
        b = self.tick(1)
        roll = 1.0 if self.calm else self.dice.random()
        if roll < 0.04:
            return a, None, effect, "lost"
        if roll < 0.07:
            return a, None, effect + self.dice.randrange(3 * TICK), "lost"
        if roll < 0.10:
            return a, None, NEVER, "lost"
        if roll < 0.12:
            return a, b, NEVER, "unsent"
        if roll < 0.14:
            return a, b, effect, "gateway"
        if roll < 0.17 and idempotent:
            return a, b, effect, "twice"
        return a, b, effect, "told"

    def number(self) -> int:
        """Give a number for a thing of its own."""
        self.next += 1
        return self.next

    # ---- the actor

    def run(self) -> None:
        """Play one history through."""
        if not self._project():
            return
        for _ in range(self.dice.randrange(1, 3)):
            upload = self._upload()
            if upload is not None:
                self._intrusion(upload)
                self._fate(upload)
        self._intrusion(None)
        if self.files and self.dice.random() < 0.3:
            self._delete()
        ended = self.clock
        self._readers(ended)
        self._bystanders()

    def _project(self) -> bool:
        a, b, effect, stated = self.send(idempotent=False)
        self.home = self.number()
        self.scribe.project(self.actor, a, b, "202" if stated == "told" else stated, self.home)
        if stated != "told":
            return False
        self.made = b or a
        self.ready = effect + self.lag() if self.crime is not Crime.PROJECT_NEVER else NEVER
        return True

    def _upload(self) -> Stored | None:
        kind = self._kind()
        chunked = kind not in ("single", "badsingle")
        size = SIZE * (2 if kind == "multi" else 1) + (5 if kind == "badsize" else 0)
        for attempt in range(8):
            a, b, effect, stated = self.send(idempotent=False)
            n = self.number()
            options = {"size": size, "chunked": chunked, "project": self.home}
            if effect < self.ready and stated == "told":
                if attempt == 7 and self.crime is Crime.PROJECT_NEVER:
                    a, b = a + 2 * BOUND, (b or a) + 2 * BOUND
                    self.clock += 2 * BOUND
                self.scribe.upload(self.actor, a, b, "nc", n, **options)
                if self.crime is Crime.LEAVES_TRACES:
                    self.uploads.append(Stored(n, "trace"))
                self.clock += self.dice.randrange(BOUND // 4)
                continue
            self.scribe.upload(self.actor, a, b, "201" if stated == "told" else stated, n, **options)
            if effect < NEVER and effect >= self.ready:
                self.uploads.append(Stored(n, kind))
            if stated == "told":
                return self.uploads[-1]
        return None

    def _kind(self) -> str:
        if self.crime in (Crime.SERVES_BAD, Crime.REFUSES_COMPLETION):
            return self.dice.choice(("badhash", "badsingle"))
        if self.crime is Crime.FAILS_ON_BAD:
            return self.dice.choice(("good", "badhash"))
        if self.crime is Crime.SERVES_MISREPORTED:
            return "misreported"
        if self.crime is Crime.REFUSES_GOOD or self.crime in _WANTS_GOOD:
            return self.dice.choice(("good", "single"))
        return self.dice.choice(KINDS)

    def _fate(self, upload: Stored) -> None:
        early = self.dice.random() < 0.2
        self._store(upload)
        if early or self.crime is Crime.EARLY:
            self._attach(upload)
            if self.crime is Crime.EARLY:
                self.clock += 5 * TICK
        self._complete(upload)
        if not any(upload in [s for _, s in file.switches] for file in self.files):
            self._attach(upload)

    def _store(self, upload: Stored) -> None:
        n, kind = upload.n, upload.kind
        upload.good = kind in ("good", "single") or (kind == "multi" and self.small_parts)
        if self.crime is Crime.SERVES_MISREPORTED and kind == "misreported":
            upload.good = True
        if kind in ("single", "badsingle"):
            self._reliably(lambda a, b, word: self.scribe.put(self.actor, a, b, word, n, part=0, value=md5(n)))
            return
        for part in (1, 2) if kind == "multi" else (1,):
            value = "0" * 32 if kind == "badhash" else ""
            size = SIZE + 1 if kind == "misreported" else SIZE
            value = md5(n, part) if kind == "misreported" else value
            self._reliably(
                lambda a, b, word, p=part, v=value, z=size: self.scribe.chunk(
                    self.actor, a, b, word, n, part=p, value=v, size=z
                )
            )
            if kind == "unsent":
                continue
            if kind == "lostput":
                stored = self.dice.random() < 0.5
                upload.good = stored
                self.scribe.put(self.actor, self.tick(), None, "lost", n, part=part)
                continue
            self._reliably(lambda a, b, word, p=part: self.scribe.put(self.actor, a, b, word, n, part=p))
            if kind == "resent":
                upload.good = self.dice.random() < 0.5
                self._reliably(
                    lambda a, b, word, p=part: self.scribe.put(self.actor, a, b, word, n, part=p, value="e" * 32)
                )

    def _reliably(self, write: Callable[[int, int | None, str], object]) -> None:
        """Send until it is acknowledged: an identical repeat cures what was lost."""
        while True:
            a, b, _, stated = self.send()
            write(a, b, "200" if stated in ("told", "twice") else stated)
            if stated in ("told", "twice"):
                return

    def _complete(self, upload: Stored) -> None:  # noqa: C901 - one loop or list of cases
        whole = "f" * 32 if upload.kind == "badsingle" else md5(upload.n)
        if upload.kind == "multi":
            whole = "d" * 32
        for attempt in range(6):
            a, b, effect, stated = self.send()
            if self.crime is Crime.REFUSES_COMPLETION and attempt == 0:
                self.scribe.complete(self.actor, a, b or a + 1, "400", upload.n, value=whole)
                self.clock = max(self.clock, a + 1)
                continue
            if self.crime is Crime.FAILS_ON_BAD and not upload.good:
                self.scribe.complete(self.actor, a, b or a + 1, "500", upload.n, value=whole)
                if attempt > 1:
                    return
                self.clock = max(self.clock, a + 1)
                continue
            before = upload.completed
            if effect < before:
                upload.completed = effect
                upload.consistent = effect + self.lag()
                if self.crime is Crime.NEVER_CONVERGES:
                    upload.consistent = NEVER
            done = before <= effect or stated == "twice"
            word = {"told": "already" if done else "202", "twice": "already"}.get(stated, stated)
            if word == "already" and self.crime is Crime.REPEAT_FAILS:
                word = "500"
            self.scribe.complete(self.actor, a, b, word, upload.n, value=whole)
            if word == "202":
                upload.acknowledged = b or a
            if word in ("202", "already") and self.dice.random() < 0.8 and self.crime is not Crime.REPEAT_FAILS:
                return

    def _attach(self, upload: Stored) -> None:
        switch = bool(self.files) and self.files[0].deleted == NEVER and self.dice.random() < 0.6
        a, b, effect, stated = self.send(idempotent=switch)
        if self.refuses_early and upload.completed > effect and self.crime is not Crime.EARLY:
            if stated == "told":
                self.scribe.file(self.actor, a, b, "400", self.number(), upload=upload.n, home=self.home)
            return
        word = "200" if switch and stated == "told" else "201" if stated == "told" else stated
        if not switch or self.crime in _WANTS_FILES:
            n = upload.n
            word = "201" if word == "200" else "lost" if word == "twice" else word
            b = None if word == "lost" else b
            self.scribe.file(self.actor, a, b, word, n, upload=n, home=self.home)
            if word == "201":
                self.files.append(Kept(n, [(effect, upload)], b or a, versions=[(n, b or a, upload)]))
            return
        file = self.files[0]
        self.scribe.switch(
            self.actor, a, b, "current" if word == "twice" else word, upload.n, file=file.n, home=self.home
        )
        if effect < NEVER:
            file.switches.append((effect, upload))
            file.switches.sort(key=lambda one: one[0])
        if word == "200":
            file.versions.append((upload.n, b or a, upload))

    def _intrusion(self, upload: Stored | None) -> None:
        """Let somebody ask for what they may not, and be refused; then let the owner look."""
        if self.dice.random() > 0.4 and self.crime is not Crime.DOES_REFUSED:
            return
        user, word = self.dice.choice((("other", "403"), ("invalid", "401"), (None, "401")))
        session, name = f"intruder{self.base}", f"taken over {self.number()} {self.base}"
        a, b = self.tick(), self.tick(1)
        if upload is not None:
            self.scribe.complete(session, a, b, word, upload.n, user=user)
            self.scribe.chunk(f"{session}-too", a, b, word, upload.n, part=7, value="9" * 32, user=user)
            self.scribe.show(self.actor, self.tick(), self.tick(1), self._record(upload, self.clock), upload.n)
            return
        for file in self.files[:1]:
            path, asked = f"/files/{uid('eeee', file.n)}", {"name": name}
            self.scribe.answered(session, a, b, "PUT", f"{path}/rename", word, None, request=asked, user=user)
            self.scribe.delfile(f"{session}-too", a, b, word, file.n, user=user)
            shown = self.scribe._file(file.n, file.n, file.switches[0][1].n, self.home)
            shown["name"] = name if self.crime is Crime.DOES_REFUSED else f"file number {file.n}"
            self.scribe.answered(self.actor, self.tick(), self.tick(1), "GET", path, "200", shown)

    def _delete(self) -> None:
        a, b, effect, stated = self.send()
        roll = self.dice.random()
        word = {"told": "204", "twice": "404"}.get(stated, stated)
        if roll < 0.6 or self.crime is Crime.NC_AFTER_DELETE:
            file = self.files[-1]
            self.scribe.delfile(self.actor, a, b, word, file.n)
            file.deleted = min(file.deleted, effect)
        else:
            self.scribe.delproject(self.actor, a, b, word, self.home)
            self.project_gone = effect

    # ---- readers

    def _readers(self, ended: int) -> None:
        for index in range(self.dice.randrange(1, 4)):
            behind = 0 if self.synchronous else self.dice.randrange(0, BOUND // 4)
            self._reader(f"reader{self.base}-{index}", behind, ended)

    def _reader(self, session: str, behind: int, ended: int) -> None:
        clock = self.dice.randrange(self.made, max(self.made + 1, ended))
        for step in range(self.dice.randrange(3, 9)):
            if step == 5:
                clock = max(clock, ended) + BOUND + BOUND // 2 + self.dice.randrange(BOUND)
            known = [file for file in self.files if file.known < clock]
            if not known:
                clock += self.dice.randrange(1, BOUND // 4)
                continue
            clock = self._look(session, behind, clock, self.dice.choice(known))

    def _look(self, session: str, behind: int, clock: int, file: Kept) -> int:
        a = clock
        seen = a + self.dice.randrange(1, TICK)
        b = seen + self.dice.randrange(1, TICK)
        clock = b + self.dice.randrange(1, BOUND // 6)
        roll = 1.0 if self.calm else self.dice.random()
        noise = next((word for below, word in _NOISE if roll < below), "")
        versions = [one for one in file.versions if one[1] < a]
        choice = self.dice.random()
        moment = seen - behind
        if choice < 0.25 and versions:
            n, _, upload = self.dice.choice(versions)
            self.scribe.show(
                session, a, None if noise == "lost" else b, noise or self._record(upload, moment), upload.n
            )
            return clock
        if choice < 0.6 or not versions:
            upload = next((u for t, u in reversed(file.switches) if t <= moment), file.switches[0][1])
            if self.crime is Crime.OLD_VERSION:
                upload = file.switches[0][1]
            word = noise or self._verdict(upload, moment, gone=file.deleted, seen=seen)
            self.scribe.url(
                session, a, None if noise == "lost" else b, word, file.n, key=f"/store/{upload.n}?f={file.n}.{a}"
            )
            key = f"/store/{upload.n}?f={file.n}.{a}"
        else:
            n, _, upload = self.dice.choice(versions)
            word = noise or self._verdict(upload, moment, gone=file.deleted, seen=seen)
            if self.crime is Crime.OLD_GONE and word == "200" and n != versions[-1][0]:
                word = "404"
            key = f"/store/{upload.n}?v={n}.{a}"
            self.scribe.vurl(session, a, None if noise == "lost" else b, word, n, key=key)
        if word == "200" and upload.kind in ("good", "single", "badhash"):
            answer = "exact" if self.calm or self.dice.random() < 0.9 else "403"
            answer = "of999999" if self.crime is Crime.WRONG_BYTES else answer
            self._fetch(session, clock, answer, upload, key)
            clock += 2 * TICK
        return clock

    def _fetch(self, session: str, clock: int, answer: str, upload: Stored, key: str) -> None:
        """Fetch the bytes; the store fails now and then in ways that tell nothing."""
        roll = 1.0 if self.calm else self.dice.random()
        if roll > 0.03:
            self.scribe.get(session, clock, clock + TICK, answer, upload.n, key=key)
            return
        status, failure = self.dice.choice(_BREAKDOWNS)
        ended = None if failure is Failure.RESET else clock + TICK
        self.scribe.wire(
            session, clock, ended, "GET", key, status=status, response=Octets(1, "0" * 32), role=Role.STORAGE,
            user=None, failure=failure,
        )  # fmt: skip

    def _verdict(self, upload: Stored, moment: int, *, gone: int, seen: int) -> str:
        if min(gone, self.project_gone) <= moment:
            return "nc" if self.crime is Crime.NC_AFTER_DELETE else "404"
        stated = "200" if upload.good else "ie"
        if self.crime is Crime.EARLY:
            return stated
        if moment < upload.consistent:
            return "404" if self.crime is Crime.PLAIN_404 else "nc"
        if self.crime is Crime.SERVES_BAD and not upload.good:
            return "200"
        if self.crime is Crime.REFUSES_GOOD and upload.good:
            return "ie"
        if self.crime is Crime.FLIPS and seen % 2:
            return "ie" if upload.good else "200"
        if self.crime is Crime.RELAPSES and seen % 3 == 0 and seen < upload.acknowledged + BOUND:
            return "nc"
        return stated

    def _record(self, upload: Stored, moment: int) -> str:
        if self.crime is Crime.STATUS and moment >= upload.consistent:
            return "odd"
        if moment < upload.completed:
            return "open"
        return "pending" if moment < upload.consistent else "ok" if upload.good else "err"

    def _bystanders(self) -> None:
        """A second user and one without a token look; at last the owner lists what is there."""
        clock = self.clock + 3 * BOUND
        for file in self.files[:1]:
            if min(file.deleted, self.project_gone) < NEVER:
                continue
            word = "200" if self.crime is Crime.STRANGER else "403"
            self.scribe.url(f"stranger{self.base}", clock, clock + 1, word, file.n, user="other")
            self.scribe.url(f"nobody{self.base}", clock, clock + 1, "401", file.n, user=None)
        results = [{"id": str(one.n), "name": f"upload number {one.n}"} for one in self.uploads]
        path = f"/projects/{uid('pppp', self.home)}/uploads"
        self.scribe.answered(self.actor, clock, clock + 1, "GET", path, "200", {"results": results}, phase=Phase.FINAL)


_BREAKDOWNS = ((None, Failure.RESET), (200, Failure.CUT), (500, None), (503, None), (None, Failure.REFUSED))
_WANTS_GOOD = frozenset(
    {Crime.EARLY, Crime.PLAIN_404, Crime.NEVER_CONVERGES, Crime.WRONG_BYTES, Crime.OLD_VERSION, Crime.OLD_GONE,
     Crime.RELAPSES, Crime.FLIPS, Crime.STATUS}
)  # fmt: skip
_WANTS_FILES = frozenset({Crime.EARLY})


def pack(seed: int, count: int, crime: Crime = Crime.NONE) -> History:
    """Play `count` histories against servers of their own and give them as one."""
    scribe = Scribe()
    for index in range(count):
        LegalDds(seed * 1000 + index, scribe, base=index * 100 + 1, crime=crime).run()
    return scribe.history()
