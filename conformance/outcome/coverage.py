"""How far a history got: what the core still lacks, and what was blocked because an earlier step never succeeded.

A target is conformant only if the core was really exercised (theory: outcomes): both 202s; a GOOD upload through
both url endpoints with its bytes compared, a chunked and a single-part one; a BAD one through both (or refused at
``POST /files`` as already known bad); 400, 401 and 404 error payloads.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from conformance.api.answers import Answer, Classified
from conformance.api.failed_fetches import is_own_doing
from conformance.api.routes import STORAGE_GET, STORAGE_PUT
from conformance.model import NOTHING, Json, Operation, Role, Tally
from conformance.outcome.core_kinds import missing_kinds
from conformance.outcome.traffic import ranked

STEPS = ("create_project", "create_upload", "complete_upload", "create_file", "file_url", "version_url")
"""The road that nearly every requirement needs, in order: a later step needs the earlier ones."""
_STEPS = frozenset(STEPS)

_NEEDS: Mapping[str, str] = {
    "project-create-body": "create_project",
    "nc-until-consistent": "create_project",
    "converges-project": "create_project",
    "refused-create-no-trace": "create_project",
    "complete-202": "create_upload",
    "complete-body": "create_upload",
    "complete-no-integrity": "create_upload",
    "complete-no-500": "create_upload",
    "status-record": "create_upload",
    "complete-repeat-no-5xx": "complete_upload",
    "complete-repeat-same-outcome": "complete_upload",
    "no-early-answer": "create_file",
    "bad-never-200": "create_file",
    "good-never-integrity": "create_file",
    "one-verdict": "create_file",
    "bytes-at-once": "file_url",
    "bytes-exact": "file_url",
    "converges-upload": "create_file",
    "integrity-payload": "create_file",
    "wrong-chunk-size-integrity": "create_file",
    "new-version-served": "file_url",
    "old-version-downloadable": "version_url",
    "session-monotonic": "create_file",
    "realtime-monotonic": "create_file",
    "nc-after-delete": "create_project",
    "other-user-403": "create_project",
}
"""The last step that must have succeeded before a requirement can be exercised."""


LEAST_STORED = 3
"""So many attempts to store something, all in vain, are worth a word; of downloads one is, for each was given a url."""
_STORED = {STORAGE_PUT: "the storage took no bytes", STORAGE_GET: "no download succeeded"}


@dataclass(slots=True)
class Latest:
    """What was said last, by the number of its line."""

    line: int = -1
    text: str = ""

    def take(self, line: int, text: str) -> None:
        """Keep a text if it is later."""
        if line > self.line:
            self.line, self.text = line, text


@dataclass(slots=True)
class Steps:
    """How the steps of the road fared, and the requests to the storage provider."""

    tried: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    last: dict[str, Latest] = field(default_factory=dict)
    answers: dict[str, Counter[str]] = field(default_factory=dict)
    fetches: int = 0
    own: int = 0
    own_reason: Latest = field(default_factory=Latest)

    def add(self, operation: Operation, of: Classified, line: int, times: int = 1) -> None:
        """Take one operation by the number of its line, or the last of as many that are alike."""
        exchange, name = operation.exchange, of.call.name
        if exchange.role is Role.STORAGE:
            self._stored(operation, of, line)
        elif name in _STEPS and exchange.user == "owner" and "withheld" not in operation.notes:
            self.tried[name] += times
            self.done[name] += times if of.answer is Answer.DONE else 0
            self.last.setdefault(name, Latest()).take(line, str(exchange.status or exchange.failure))

    def _stored(self, operation: Operation, of: Classified, line: int) -> None:
        exchange, name, notes = operation.exchange, of.call.name, operation.notes
        if exchange.method == "GET":
            self.fetches += 1
            if is_own_doing(operation):
                self.own += 1
                self.own_reason.take(line, str(notes.get("forbidden") or notes.get("trouble") or exchange.failure))
        forbidden = "forbidden" in notes
        if "withheld" not in notes and (name == STORAGE_GET or not forbidden):
            self.done[name] += of.answer is Answer.DONE
            came = "not followed" if forbidden else str(exchange.status or exchange.failure)
            self.answers.setdefault(name, Counter())[came] += not 300 <= (exchange.status or 0) < 400

    def merge(self, other: Steps) -> None:
        """Fold those of other operations in."""
        self.tried.update(other.tried)
        self.done.update(other.done)
        for name, latest in other.last.items():
            self.last.setdefault(name, Latest()).take(latest.line, latest.text)
        for name, counted in other.answers.items():
            self.answers.setdefault(name, Counter()).update(counted)
        self.fetches += other.fetches
        self.own += other.own
        self.own_reason.take(other.own_reason.line, other.own_reason.text)

    def obstacle(self) -> tuple[str, str]:
        """Give the first step of the road that was tried and never succeeded, and the sentence that says so.

        A step that nobody tried blocks nothing: what rests on it was not observed.
        """
        for step in STEPS:
            if self.tried[step] and not self.done[step]:
                last = self.last[step].text
                return step, f"no {step} succeeded in {self.tried[step]} attempts (the last answer: {last})"
        return "", ""

    def own_obstacle(self) -> str:
        """Say that every download failed by the suite's own doing, so that nothing can be said of any bytes."""
        if not self.fetches or self.own < self.fetches:
            return ""
        return f"no download could be made by this suite in {self.own} attempts (the last: {self.own_reason.text})"

    def storage_trouble(self) -> tuple[str, ...]:
        """Say that the storage provider took nothing, or served nothing, in as many attempts as there were."""
        return tuple(
            f"{what}: the {sum(counted.values())} requests to the storage provider that should have done so were "
            f"answered {', '.join(f'{status} ({n} times)' for status, n in ranked(counted) if n)}"
            for name, what in _STORED.items()
            if (counted := self.answers.get(name, Counter()))
            and sum(counted.values()) >= (LEAST_STORED if name == STORAGE_PUT else 1) and not self.done[name]
        )  # fmt: skip


def marked(tallies: Mapping[str, Tally], steps: Steps) -> dict[str, Tally]:
    """Mark as blocked what was never exposed because the road to it ended early."""
    step, reason = steps.obstacle()
    behind = {name for name, need in _NEEDS.items() if step and STEPS.index(need) >= STEPS.index(step)}
    if not behind and (reason := steps.own_obstacle()):
        behind = {"bytes-at-once", "bytes-exact"}
    found = dict(tallies)
    for name in sorted(behind):
        tally = found.get(name, Tally(name))
        if not tally.exposures and not tally.findings:
            found[name] = replace(tally, blocked=reason)
    return found


def missing_core(
    tallies: Mapping[str, Tally], reached: Mapping[str, Json], why: Mapping[str, str] = NOTHING
) -> tuple[str, ...]:
    """Name the parts of the core that were not exercised; `why` says by kind of upload what stood in the way.

    `reached` counts what the judge reached: ``good-file_url``, ``good-version_url``, ``good-bytes``, ``bad-file_url``,
    ``bad-version_url``, ``bad-refused``, ``good-chunked``, ``good-single-part``, ``error-400``, ``error-401``,
    ``error-404``.
    """
    gaps = [
        sentence
        for name, sentence in (
            ("project-create-202", "202 for creating a project"),
            ("complete-202", "202 for completing an upload"),
        )
        if name not in tallies or not tallies[name].exposures
    ]
    wanted = {
        "good-file_url": "a good upload through GET /files/{id}/url",
        "good-version_url": "a good upload through GET /file_versions/{id}/url",
        "good-bytes": "a good upload's bytes compared",
        "error-400": "a 400 (or 422) error payload",
        "error-401": "a 401 error payload",
        "error-404": "a 404 error payload",
    }
    gaps += missing_kinds(reached, why)
    gaps += [sentence for name, sentence in wanted.items() if not reached.get(name)]
    if not reached.get("bad-refused"):
        pair = {"bad-file_url": "GET /files/{id}/url", "bad-version_url": "GET /file_versions/{id}/url"}
        gaps += [f"a bad upload through {where}" for name, where in pair.items() if not reached.get(name)]
    return tuple(gaps)
