"""A slice of a history as a program: names in place of ids, bytes of its own, and where to look for what came then.

In every text ``⟦u1⟧`` stands for what an answer called u1, ``⟦n1⟧`` for a name that nothing else has, and
``⟦md5:b1+b2⟧`` for the hash of bytes that the program makes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from conformance.api.answers import Classified
from conformance.api.routes import base_of
from conformance.model import Finding, History, Json, Octets, Operation, Phase, Role, Tally
from conformance.outcome.reproduction.relations import Relations, relations
from conformance.outcome.reproduction.shape import shape
from conformance.outcome.reproduction.slices import slice_of

PER_RULE = 3
"""Findings of one rule that get a program: as many as the page shows in full."""
MOST_STEPS = 40
NS_PER_S = 1_000_000_000
TRIES = 10
MOST_S = 600.0
"""For how long an answer is looked for at most that came long after everything had to be settled."""
AGAIN_S = 1.0
"""For how long a create is sent again that should be refused, as it was, now and then."""
BEYOND = frozenset({
    "not-converged", "errors-for-good", "errors-to-member", "nc-persists", "open-for-good", "attach-refused",
    "file-not-served", "url-unusable", "not-served", "stale-validation", "class-unanswered",
})  # fmt: skip
"""Rules that speak of what still was so when the bound was over: it is counted from the write that they cite."""
RECORDED = {"field-changed": ("initiated_on", "completed_on", "error_on", "error_message")}
"""Rules that compare what two answers state of an upload's record, and what of it they compare."""
_OURS = re.compile(r"ddsc[-\w.]*(?: [-\w.]+)*")
_SHORT = {"projects": "p", "uploads": "u", "files": "f", "folders": "d", "file_versions": "v"}


def programs(history: History, classes: Sequence[Classified], tallies: Iterable[Tally]) -> dict[int, Json]:
    """Give the programs that show findings again, by the finding's place among all of them, in the tallies' order."""
    findings = [finding for tally in tallies for finding in tally.findings]
    if not findings:
        return {}
    found = relations(history, classes)
    seen: Counter[tuple[str, str]] = Counter()
    drawn: dict[int, Json] = {}
    for number, finding in enumerate(findings):
        seen[finding.requirement, finding.rule] += 1
        if seen[finding.requirement, finding.rule] <= PER_RULE:
            drawn[number] = program(found, finding, history)
    return {number: one for number, one in drawn.items() if one}


def program(found: Relations, finding: Finding, history: History) -> Json:
    """Give the program that shows one finding again; None where no requests of ours led to it."""
    evidence = [found.operations[name] for name in finding.operations if name in found.operations]
    if not evidence:
        return None
    steps = slice_of(found, evidence)
    if len(steps) > MOST_STEPS:
        steps = slice_of(found, evidence, lean=True)
    led = {one.notes.get("redirected_by") for one in steps}
    steps = [one for one in steps if one.id not in led]
    if len(steps) > MOST_STEPS or any(_unfollowed(one, steps) for one in steps):
        return None
    writer = Writer(found, {one.id for one in evidence}, history, steps, finding.rule)
    return {
        "bound_s": history.target.converge_within_s,
        "tries": 1 if writer.waits else TRIES,
        "contents": writer.sizes,
        "steps": [writer.step(one) for one in steps],
    }


def _unfollowed(one: Operation, steps: Sequence[Operation]) -> bool:
    """Whether a request to the storage provider follows no answer of ours, as one that was never sent."""
    asked = one.notes.get("url_of")
    return one.exchange.role is Role.STORAGE and asked not in {other.id for other in steps}


def _alike(one: Operation) -> tuple[str, str]:
    """Say what kind of write a request is; nothing of a read, and of what does not go to the API."""
    if one.exchange.role is Role.STORAGE or one.exchange.method == "GET":
        return ("", "")
    return one.exchange.method, one.exchange.path.partition("?")[0].rstrip("/").rsplit("/", 1)[-1]


@dataclass(slots=True)
class Writer:
    """Writes the steps of one program, in their order; what each answer names has a word from then on."""

    found: Relations
    evidence: set[str]
    history: History
    steps: Sequence[Operation]
    rule: str = ""
    words: dict[str, str] = field(default_factory=dict)
    contents: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    _counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        """Give the bytes that were stored names, by their MD5: a hash is reported before they are sent."""
        for one in self.steps:
            body = one.exchange.request
            if one.exchange.role is Role.STORAGE and isinstance(body, Octets) and body.md5 not in self.contents:
                name = f"b{len(self.contents) + 1}"
                self.contents[body.md5] = name
                self.sizes[name] = body.bytes
        for one in self.steps:
            whole = one.notes.get("content")
            if isinstance(whole, Mapping) and str(whole.get("md5")) not in self.contents:
                self.contents[str(whole["md5"])] = "+".join(self._stored(one))

    @property
    def waits(self) -> bool:
        """Whether the program waits as long as "eventually" may take: it is tried once."""
        return any(self._wait_s(one) >= self.history.target.converge_within_s for one in self.steps)

    def step(self, one: Operation) -> Json:
        """Write one step."""
        exchange = one.exchange
        storage = exchange.role is Role.STORAGE
        stated: dict[str, Json] = {"method": exchange.method, "evidence": one.id in self.evidence}
        if storage:
            stated["at"] = self._number(str(one.notes.get("url_of") or ""))
            stated["bytes"] = self._bytes(one)
        else:
            base = base_of(self.history.target.base_url)
            stated["path"] = self._worded(exchange.path.removeprefix(base) or "/")
            stated["user"] = exchange.user
            stated |= self._body(one)
            stated |= {"compares": True} if one.notes.get("conditional") else {}
        stated |= {"status": exchange.status, "then": self._shape(one), "held": self._held(one)}
        stated |= {"wait_s": self._wait_s(one), "until_s": self._until_s(one)} if stated["evidence"] else {}
        return {**stated, "binds": {} if storage else self._binds(one)}

    def _held(self, one: Operation) -> bool:
        """Whether a step goes out together with the next: both were under way at once, and either is to be shown."""
        after = next((b for a, b in pairwise(self.steps) if a is one), None)
        if after is None or _alike(one) != _alike(after) or not _alike(one):
            return False
        made = {name for name, _ in self.found.gave.get(one.id, ())}
        overlap = after.a_ns < (one.b_ns or one.a_ns) and one.a_ns < (after.b_ns or after.a_ns)
        shown = one.id in self.evidence or after.id in self.evidence
        return overlap and shown and not made.intersection(self.found.known(after.exchange))

    def _number(self, name: str) -> int:
        return next((number for number, one in enumerate(self.steps) if one.id == name), -1)

    def _bytes(self, one: Operation) -> str:
        """Name the bytes to send, or those that should come."""
        body = one.exchange.request
        if isinstance(body, Octets):
            return self.contents[body.md5]
        return "+".join(self._served(one))

    def _served(self, one: Operation) -> list[str]:
        """Name the bytes of the upload whose url a download follows: those of its parts, in number order."""
        asked = self.found.operations.get(str(one.notes.get("url_of") or ""))
        known = self.found.known(asked.exchange) if asked else []
        while known:
            maker, _ = self.found.made[known[-1]]
            if maker.exchange.path.partition("?")[0].endswith("/uploads"):
                return self._stored_for(known[-1], maker)
            known = [name for name in self.found.known(maker.exchange) if name != known[-1]]
        return []

    def _stored(self, complete: Operation) -> list[str]:
        for name in self.found.known(complete.exchange):
            return self._stored_for(name, self.found.made[name][0])
        return []

    def _stored_for(self, upload: str, maker: Operation) -> list[str]:
        numbered: dict[int, str] = {}
        for change in (maker, *self.found.changes.get(upload, ())):
            body = change.exchange.request
            number = body.get("number", 0) if isinstance(body, dict) else 0
            for put in self.found.stored.get(change.id, ()):
                if isinstance(put.exchange.request, Octets) and put.exchange.request.md5 in self.contents:
                    numbered[number if isinstance(number, int) else 0] = self.contents[put.exchange.request.md5]
        return [numbered[number] for number in sorted(numbered)]

    def _shape(self, one: Operation) -> str:
        exchange = one.exchange
        if exchange.role is Role.STORAGE and exchange.failure:
            return "no whole answer"
        if exchange.role is Role.STORAGE:
            body = exchange.response
            md5 = body.md5 if isinstance(body, Octets) else ""
            whole = next((md5 for md5, name in self.contents.items() if name == self._bytes(one)), "")
            same = "as stored" if md5 == whole else "other bytes"
            return f"{exchange.status}" + (f", {same}" if exchange.method == "GET" else "")
        media = exchange.headers.get("content-type", "").partition(";")[0].strip().lower()
        body = exchange.response
        if isinstance(body, Octets):
            body = "" if not body.bytes else "text"
        return shape(None if exchange.failure else exchange.status, media, body, self.words)

    def _body(self, one: Operation) -> dict[str, Json]:
        body = one.exchange.request
        if body is None:
            return {}
        if isinstance(body, Octets):
            text = (
                body.text if len(body.text.encode()) == body.bytes else body.text + "x" * (body.bytes - len(body.text))
            )
            return {"text": self._worded(text), "type": one.exchange.request_type or "application/octet-stream"}
        return {"json": self._named(body)} | (
            {"type": one.exchange.request_type}
            if one.exchange.request_type not in (None, "application/json") else {}
        )  # fmt: skip

    def _named(self, value: Json) -> Json:
        if isinstance(value, dict):
            return {key: self._named(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self._named(one) for one in value]
        return self._worded(value) if isinstance(value, str) else value

    def _worded(self, text: str) -> str:
        """Put words in place of ids, hashes and names of the run."""
        if made_of := self.contents.get(text):
            return f"⟦md5:{made_of}⟧"
        for name in (name for name in self.words if name in text):
            text = text.replace(name, f"⟦{self.words[name]}⟧")
        return _OURS.sub(lambda match: self._fresh(match[0]), text)

    def _fresh(self, name: str) -> str:
        """Give a name of the run, which every execution needs anew, a word."""
        word = self.words.get(name) or self._word("n")
        self.words[name] = word
        return f"⟦{word}⟧"

    def _word(self, letter: str) -> str:
        self._counts[letter] += 1
        return f"{letter}{self._counts[letter]}"

    def _binds(self, one: Operation) -> dict[str, list[str]]:
        """Name what the answer made, as far as a later step or an answer may speak of it."""
        bound: dict[str, list[str]] = {}
        for name, where in self.found.gave.get(one.id, ()):
            if name not in self.words:
                path = one.exchange.path.partition("?")[0].rstrip("/").rsplit("/", 1)[-1]
                letter = "v" if where != ("id",) else _SHORT.get(path, "x")
                self.words[name] = self._word(letter)
                bound[self.words[name]] = list(where)
        return bound | self._recorded(one)

    def _recorded(self, one: Operation) -> dict[str, list[str]]:
        """Give the instants that a cited record states a word: another one later is another record."""
        body = one.exchange.response
        record = body.get("status") if isinstance(body, dict) and one.id in self.evidence else None
        stated = {key: record.get(key) for key in RECORDED.get(self.rule, ())} if isinstance(record, dict) else {}
        bound: dict[str, list[str]] = {}
        for key, value in stated.items():
            if isinstance(value, str) and value and value not in self.words:
                self.words[value] = self._word("t")
                bound[self.words[value]] = ["status", key]
        return bound

    def _since_s(self, one: Operation) -> float:
        """Give the seconds between the end of the last mutation before a step and its beginning.

        Where a finding speaks of what came beyond the bound, it is the last that the finding cites.
        """
        before = [other for other in self.steps if other.a_ns < one.a_ns and other.exchange.method != "GET"]
        before = [other for other in before if self.rule in BEYOND and other.id in self.evidence] or before
        last = max((other.b_ns or other.a_ns for other in before), default=one.a_ns)
        return max(0.0, (one.a_ns - last) / NS_PER_S)

    def _wait_s(self, one: Operation) -> float:
        """Give how long to wait before a step: as long as eventually may take if it came later, and then alone."""
        bound = self.history.target.converge_within_s
        asks = one.exchange.method == "GET" or ((one.exchange.status or 0) >= 400 and self._may_repeat(one))
        late = one.id in self.evidence and asks and self._since_s(one) > bound
        return bound + 0.2 if late else 0.0

    def _may_repeat(self, one: Operation) -> bool:
        """Whether a create that was refused may be sent again if it is accepted now: what it makes is removed."""
        path = one.exchange.path.partition("?")[0].rstrip("/")
        return one.exchange.method == "POST" and path.endswith(("/uploads", "/projects"))

    def _until_s(self, one: Operation) -> float:
        """Give how long to look for what came then; a write that was accepted waits until it can be."""
        if one.exchange.method != "GET":
            accepted = 200 <= (one.exchange.status or 0) < 300
            return self.history.target.converge_within_s if accepted else AGAIN_S * self._may_repeat(one)
        if waited := self._wait_s(one):
            return round(min(MOST_S, max(0.5, 1.0 + self._since_s(one) - waited)), 1)
        gaps = [(b.a_ns - (a.b_ns or a.a_ns)) / NS_PER_S for a, b in pairwise(self.steps) if b is one]
        settles = 1.0 if one.phase is Phase.TROUBLE else 2.0
        bound = self.history.target.converge_within_s
        return round(min(bound, 2.0 + settles + 3 * max([*gaps, self._since_s(one), 0.0])), 1)
