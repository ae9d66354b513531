"""How far a history got: what the core still lacks, and what was blocked because an earlier step never succeeded.

A target is conformant only if the core was really exercised (theory: outcomes): both 202s; a GOOD upload through
both url endpoints with its bytes compared, a chunked and a single-part one; a BAD one through both (or refused at
``POST /files`` as already known bad); 400, 401 and 404 error payloads.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from conformance.api.answers import Answer, Classified
from conformance.api.failed_fetches import is_own_doing
from conformance.api.routes import STORAGE_GET, STORAGE_PUT
from conformance.model import NOTHING, Exchange, Json, Operation, Role, Tally
from conformance.outcome.core_kinds import missing_kinds

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


def obstacle(operations: Iterable[Operation], classes: Iterable[Classified]) -> tuple[str, str]:
    """Give the first step of the road that was tried and never succeeded, and the sentence that says so.

    A step that nobody tried blocks nothing: what rests on it was not observed.
    """
    tried: Counter[str] = Counter()
    done: Counter[str] = Counter()
    last: dict[str, Exchange] = {}
    for operation, of in zip(operations, classes, strict=True):
        name, exchange = of.call.name, operation.exchange
        if name in _STEPS and exchange.user == "owner" and "withheld" not in operation.notes:
            tried[name] += 1
            done[name] += of.answer is Answer.DONE
            last[name] = exchange
    for step in STEPS:
        if tried[step] and not done[step]:
            return step, f"no {step} succeeded in {tried[step]} attempts (the last answer: {_shown(last[step])})"
    return "", ""


def _shown(exchange: Exchange) -> str:
    return str(exchange.status or exchange.failure)


LEAST_STORED = 3
"""So many attempts to store something, all in vain, are worth a word; of downloads one is, for each was given a url."""


def storage_trouble(operations: Iterable[Operation], classes: Iterable[Classified]) -> tuple[str, ...]:
    """Say that the storage provider took nothing, or served nothing, in as many attempts as there were."""
    answers: dict[str, Counter[str]] = {STORAGE_PUT: Counter(), STORAGE_GET: Counter()}
    done: Counter[str] = Counter()
    for operation, of in zip(operations, classes, strict=True):
        exchange, name = operation.exchange, of.call.name
        if exchange.role is not Role.STORAGE or "withheld" in operation.notes:
            continue
        forbidden = "forbidden" in operation.notes
        if name == STORAGE_GET or not forbidden:
            done[name] += of.answer is Answer.DONE
            came = "not followed" if forbidden else str(exchange.status or exchange.failure)
            answers[name][came] += not 300 <= (exchange.status or 0) < 400
    what = {STORAGE_PUT: "the storage took no bytes", STORAGE_GET: "no download succeeded"}
    return tuple(
        f"{what[name]}: the {sum(counted.values())} requests to the storage provider that should have done so were "
        f"answered {', '.join(f'{status} ({n} times)' for status, n in counted.most_common() if n)}"
        for name, counted in answers.items()
        if sum(counted.values()) >= (LEAST_STORED if name == STORAGE_PUT else 1) and not done[name]
    )


def own_obstacle(operations: Iterable[Operation]) -> str:
    """Say that every download failed by the suite's own doing, so that nothing can be said of any bytes."""
    fetches = [one for one in operations if one.exchange.role is Role.STORAGE and one.exchange.method == "GET"]
    ours = [one for one in fetches if is_own_doing(one)]
    if not fetches or len(ours) < len(fetches):
        return ""
    notes = ours[-1].notes
    reason = notes.get("forbidden") or notes.get("trouble") or ours[-1].exchange.failure
    return f"no download could be made by this suite in {len(ours)} attempts (the last: {reason})"


def blocked(
    tallies: Mapping[str, Tally], operations: Iterable[Operation], classes: Iterable[Classified]
) -> dict[str, Tally]:
    """Mark as blocked what was never exposed because the road to it ended early."""
    operations = tuple(operations)
    step, reason = obstacle(operations, classes)
    behind = {name for name, need in _NEEDS.items() if step and STEPS.index(need) >= STEPS.index(step)}
    if not behind and (reason := own_obstacle(operations)):
        behind = {"bytes-at-once", "bytes-exact"}
    marked = dict(tallies)
    for name in sorted(behind):
        tally = marked.get(name, Tally(name))
        if not tally.exposures and not tally.findings:
            marked[name] = replace(tally, blocked=reason)
    return marked


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
