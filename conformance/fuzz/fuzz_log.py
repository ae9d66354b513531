"""What the fuzzing of one process came to, written down as it goes, and the adding up over all processes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conformance.api.answers import Answer, Classified
from conformance.api.curl import curl
from conformance.driver.recorder import keep_whole
from conformance.judge.exchange import Violation
from conformance.model import Exchange, Json, Operation

_PREFIX = "fuzz-"


@dataclass(slots=True)
class Flaw:
    """One thing that is wrong, however often it was seen. `by` is the requirement, or schemathesis' check."""

    by: str
    what: str
    call: str
    count: int
    request: str

    def merge(self, other: Flaw) -> None:
        """Count another sight of the same flaw; the smallest request stands for both."""
        self.count += other.count
        smaller = min((self, other), key=lambda flaw: (len(flaw.request), flaw.request))
        self.request, self.call = smaller.request, smaller.call


@dataclass(slots=True)
class Notebook:
    """The notes of one process. `answers` counts by call, state of the resource, and kind of answer."""

    worker: str = "main"
    base_url: str = ""
    requests: int = 0
    seconds: float = 0.0
    answers: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    cases: Counter[str] = field(default_factory=Counter)
    filtered: Counter[str] = field(default_factory=Counter)
    flaws: dict[tuple[str, str], Flaw] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)
    cut: set[str] = field(default_factory=set)

    def answered(self, operation: Operation, of: Classified, state: str, how: str) -> None:
        """Count an answer, and the kind of case that it answers."""
        self.requests += 1
        self.cases[how] += 1
        self.answers[of.call.name, state, kind(operation.exchange, of)] += 1

    def violated(self, requirement: str, violation: Violation, operation: Operation, of: Classified) -> None:
        """Note a violation that this suite's checks found."""
        self.noted(requirement, f"{violation.rule}: {violation.kind}", operation, of)

    def noted(self, by: str, what: str, operation: Operation, of: Classified) -> None:
        """Note something wrong with an answer; the smallest request that shows it is kept."""
        request = curl(operation.exchange, self.base_url)
        seen = Flaw(by, what, of.call.name, 1, request)
        known = self.flaws.setdefault((by, what), seen)
        if known is not seen:
            known.merge(seen)

    def write(self, directory: Path) -> Path:
        """Write the notes where `gather` finds them; raises RecordError where they cannot be kept."""
        path = directory / f"{_PREFIX}{self.worker}.json"
        keep_whole(path, json.dumps(self.to_json(), ensure_ascii=True))
        return path

    def to_json(self) -> dict[str, Json]:
        """Give the notes as plain JSON."""
        return {
            "requests": self.requests,
            "seconds": round(self.seconds, 3),
            "answers": _nested(self.answers),
            "cases": dict(sorted(self.cases.items())),
            "filtered": dict(sorted(self.filtered.items())),
            "crimes": [_plain(flaw) for flaw in self.flaws.values()],
            "missing": sorted(self.missing),
            "cut": sorted(self.cut),
        }


def kind(exchange: Exchange, of: Classified) -> str:
    """Name the kind of an answer: its status, with the two new messages told apart from other 404s and 400s."""
    if exchange.status is None or exchange.failure:
        return str(exchange.failure or "no answer")
    if of.answer is Answer.NC:
        return f"{exchange.status} not consistent"
    return f"{exchange.status} integrity" if of.answer is Answer.INTEGRITY else str(exchange.status)


def gather(directory: Path) -> dict[str, Json]:
    """Add up what every process wrote down; an empty dict when nothing was fuzzed."""
    notes = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(directory.glob(f"{_PREFIX}*.json"))]
    if not notes:
        return {}
    answers: Counter[tuple[str, str, str]] = Counter()
    for note in notes:
        answers.update(_flat(note["answers"]))
    return {
        "requests": sum(note["requests"] for note in notes),
        "seconds": round(sum(note["seconds"] for note in notes), 3),
        "answers": _nested(answers),
        "cases": _summed(note["cases"] for note in notes),
        "filtered": _summed(note["filtered"] for note in notes),
        "crimes": _merged(flaw for note in notes for flaw in note["crimes"]),
        "missing": sorted({name for note in notes for name in note["missing"]}),
        "cut": sorted({name for note in notes for name in note["cut"]}),
    }


def _plain(flaw: Flaw) -> dict[str, Json]:
    return {"by": flaw.by, "what": flaw.what, "call": flaw.call, "count": flaw.count, "curl": flaw.request}


def _merged(flaws: Iterable[dict[str, Any]]) -> list[dict[str, Json]]:
    found: dict[tuple[str, str], Flaw] = {}
    for row in flaws:
        flaw = Flaw(row["by"], row["what"], row["call"], row["count"], row["curl"])
        known = found.setdefault((flaw.by, flaw.what), flaw)
        if known is not flaw:
            known.merge(flaw)
    return [_plain(flaw) for _, flaw in sorted(found.items())]


def _summed(counts: Iterable[dict[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for each in counts:
        total.update(each)
    return dict(sorted(total.items()))


def _nested(answers: Counter[tuple[str, str, str]]) -> dict[str, dict[str, dict[str, int]]]:
    nested: dict[str, dict[str, dict[str, int]]] = {}
    for (name, state, answered), count in sorted(answers.items()):
        nested.setdefault(name, {}).setdefault(state or "-", {})[answered] = count
    return nested


def _flat(nested: dict[str, dict[str, dict[str, int]]]) -> dict[tuple[str, str, str], int]:
    return {
        (name, state, answered): count
        for name, states in nested.items()
        for state, kinds in states.items()
        for answered, count in kinds.items()
    }
