"""One small detector per requirement: whether what a tour saw shows this crime. It shares no code with the judge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reference_subjects import BAD, GOOD, ODD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reference_bench import Answer
    from reference_subjects import Seen, Subject
    from reference_tour import Tour

NC = "resource_not_consistent"
URLS = {"file_url", "version_url"}
EXTENDED = URLS | {"create_upload"}
NC_REASON = "resource changes are still being processed by system"
IE_REASON = "reported chunk hash/size does not match that computed by StorageProvider"


def _sound(answer: Answer) -> bool:
    """Whether an error has the four fields, the right number and the right media type."""
    body = answer.json
    if not isinstance(body, dict) or "json" not in answer.headers.get("content-type", ""):
        return False
    texts = all(isinstance(body.get(name), str) and body[name] for name in ("code", "reason", "suggestion"))
    return texts and str(body.get("error")) == str(answer.status)


def _errors(tour: Tour, *, unrouted: bool) -> Iterator[Seen]:
    return (one for one in tour.seen if one.answer.status >= 400 and (one.note == "unrouted") == unrouted)


def _integrity(tour: Tour) -> Iterator[Seen]:
    return (one for one in tour.seen if one.verb in URLS and one.note == "live" and one.answer.status == 400)


def _with(tour: Tour, verbs: set[str], *notes: str) -> Iterator[Seen]:
    return (one for one in tour.seen if one.verb in verbs and (not notes or one.note in notes))


def _nc(one: Seen) -> bool:
    return one.answer.code == NC


def _already(one: Seen) -> bool:
    """Whether a complete was refused since it is done: a gateway may have retried it."""
    errors = (one.answer.json or {}).get("errors", [])
    return any(error["field"] == "completed_at" for error in errors)


def _of(tour: Tour, *truths: str) -> Iterator[Subject]:
    return (one for one in tour.subjects if one.truth in truths and one.file)


def _kinds(subject: Subject) -> set[str]:
    return {kind for _, kind in subject.reads}


def _finals(subject: Subject) -> dict[str, str]:
    return dict(subject.reads)


def _back_again(tour: Tour) -> bool:
    """Whether not consistent was seen after a final answer, in one client's order."""
    in_order = [one.reads for one in tour.subjects] + [[*before, *after] for before, after in tour.facts["repeat"]]
    return _nc_after(tour.facts["unready"]) or any(
        _nc_after([(via, kind == "nc") for via, kind in reads if kind in {"nc", "200", "ie"}]) for reads in in_order
    )


def _nc_after(reads: list[tuple[str, bool]]) -> bool:
    final: set[str] = set()
    for key, pending in reads:
        if pending and key in final:
            return True
        if not pending:
            final.add(key)
    return False


def _not_nc(one: Seen) -> bool:
    """Whether an extended endpoint told a live resource anything but nc, 200, 201 or the integrity exception."""
    good = one.answer.status in {200, 201} or (one.answer.status == 400 and one.verb in URLS)
    return one.answer.code != NC and not good and one.answer.status < 500


def _lies(tour: Tour) -> bool:
    frozen: dict[str, Any] = {}
    for subject, status, seen in tour.facts["status"]:
        consistent = status["is_consistent"] is True
        if seen in {"nc", "200", "ie"} and consistent != (seen != "nc"):
            return True
        if (status["error_on"] is not None) != (seen == "ie") and seen in {"nc", "200", "ie"}:
            return True
        if consistent and frozen.setdefault(subject.name, status) != status:
            return True
    return False


def _projects_amiss(tour: Tour) -> bool:
    """Whether an accepted project came without an id, or with one that another had been given."""
    made = [(one.answer.json or {}).get("id") for one in _with(tour, {"create_project"}) if one.answer.status < 300]
    return None in made or len(set(made)) < len(made)


def _bytes_differ(tour: Tour) -> bool:
    lost = tour.facts.get("promoted", b"firstsecond") != b"firstsecond" or tour.facts["led nowhere"]
    return bool(lost) or any(one.last.get(via) != one.content for one in _of(tour, GOOD) for via in one.first)


def _misdescribes(tour: Tour) -> bool:
    paths = tour.facts["description"]["paths"]
    complete = paths["/uploads/{id}/complete"]["put"]["responses"]
    create = paths["/projects"]["post"]["responses"]
    uploads = paths["/projects/{id}/uploads"]["post"]["responses"]
    code = "code" in tour.facts["description"]["components"]["schemas"]["Error"]["properties"]
    stated = "202" in complete and "202" in create and NC in uploads["404"]["description"] and code
    return not stated or {"400", "500"} & set(complete) != set()


DETECTORS: dict[str, Callable[[Tour], bool]] = {
    "api-description": _misdescribes,
    "project-create-202": lambda tour: any(
        one.answer.status < 300 and one.answer.status != 202 for one in _with(tour, {"create_project"})
    ),
    "project-create-body": _projects_amiss,
    "complete-202": lambda tour: any(
        one.answer.status != 202 and not _already(one)
        for one in _with(tour, {"complete", "complete_form"})
        if one.verb == "complete" or one.answer.status < 300  # a form need not be taken
    ),
    "complete-body": lambda tour: any(
        one.answer.status == 202 and "chunks" not in (one.answer.json or {}) and "hashes" not in (one.answer.json or {})
        for one in _with(tour, {"complete"})
    ),
    "complete-no-integrity": lambda tour: any(
        400 <= one.answer.status < 500 and not _nc(one) and not _already(one) for one in _with(tour, {"complete"}, BAD)
    ),
    "complete-no-500": lambda tour: any(one.answer.status == 500 for one in _with(tour, {"complete"}, BAD)),
    "nc-payload": lambda tour: any(
        _nc(one) and (one.answer.status != 404 or not _sound(one.answer)) for one in tour.seen
    ),
    "integrity-payload": lambda tour: any(
        not _sound(one.answer) or one.answer.code != "not_provided" for one in _integrity(tour) if not _nc(one)
    ),
    "error-payload": lambda tour: any(not _sound(one.answer) for one in _errors(tour, unrouted=False)),
    "error-payload-unrouted": lambda tour: any(not _sound(one.answer) for one in _errors(tour, unrouted=True)),
    "code-not-provided": lambda tour: any(
        one.answer.code and one.answer.code not in {NC, "not_provided"} for one in tour.seen if one.answer.status >= 400
    ),
    "error-number": lambda tour: any(
        isinstance(one.answer.json, dict) and not isinstance(one.answer.json.get("error", 0), int)
        for one in tour.seen
        if one.answer.status >= 400
    ),
    "spec-wording": lambda tour: (
        any(_nc(one) and one.answer.json.get("reason") != NC_REASON for one in tour.seen)
        or any((one.answer.json or {}).get("reason") != IE_REASON for one in _integrity(tour))
    ),
    "nc-until-consistent": lambda tour: any(_not_nc(one) for one in _with(tour, EXTENDED, "live", "pending")),
    "nc-only-extended": lambda tour: any(
        _nc(one) and one.verb not in EXTENDED | {"create_chunk", "list_files", "list"} for one in tour.seen
    ),
    "nc-tolerated-endpoints": lambda tour: any(_nc(one) for one in _with(tour, {"create_chunk", "list_files", "list"})),
    "nc-unknown-id": lambda tour: any(_nc(one) for one in tour.seen if one.note == "unknown"),
    "nc-after-delete": lambda tour: any(_nc(one) for one in tour.seen if one.note == "deleted"),
    "integrity-only-url": lambda tour: any(
        (one.answer.json or {}).get("suggestion") == "You must begin a new upload process"
        for one in tour.seen
        if one.verb not in URLS | {"list_files", "list"} and isinstance(one.answer.json, dict)
    ),
    "integrity-listing": lambda tour: any(
        one.answer.status == 400 and not _nc(one) for one in _with(tour, {"list_files", "list"})
    ),
    "no-early-answer": lambda tour: bool(set(tour.facts["open answers"]) & {200, 400}),
    "bad-never-200": lambda tour: any("200" in _kinds(one) for one in _of(tour, BAD)),
    "good-never-integrity": lambda tour: any("ie" in _kinds(one) for one in _of(tour, GOOD)),
    "one-verdict": lambda tour: any({"200", "ie"} <= _kinds(one) for one in tour.subjects),
    "bytes-at-once": lambda tour: any(one.first[via] != one.content for one in _of(tour, GOOD) for via in one.first),
    "bytes-exact": _bytes_differ,
    "converges-project": lambda tour: any(
        all(pending for other, pending in tour.facts["unready"] if other == key) for key, _ in tour.facts["unready"]
    ),
    "converges-upload": lambda tour: (
        any(set(_finals(one).values()) != {"200" if one.truth == GOOD else "ie"} for one in _of(tour, GOOD, BAD))
        or tour.facts["new by version"] is None
        or tour.facts["promoted waits"]
        or any(waits for _, _, waits in tour.facts["late versions"])
    ),
    "wrong-chunk-size-integrity": lambda tour: any("200" in _kinds(one) for one in _of(tour, ODD)),
    "new-version-served": lambda tour: (
        tour.facts["new version"] != b"newer"
        or tour.facts["promoted file"] != b"firstsecond"
        or any(served != content for content, served, _ in tour.facts["late versions"])
    ),
    "old-version-downloadable": lambda tour: tour.facts["old version"] != b"firstsecond",
    "refused-create-no-trace": lambda tour: bool(tour.facts["traces"]) and not tour.facts["early accepted"],
    "session-monotonic": _back_again,
    "status-record": _lies,
    "no-token-401": lambda tour: any(one.answer.status != 401 for one in tour.seen if one.note == "no token"),
    "other-user-403": lambda tour: any(one.answer.status != 403 for one in tour.seen if one.note == "stranger"),
    "complete-repeat-no-5xx": lambda tour: any(one.answer.status >= 500 for one in _with(tour, {"complete_again"})),
    "complete-repeat-same-outcome": lambda tour: any(
        {old, new} == {"200", "ie"}
        for before, after in tour.facts["repeat"]
        for (_, old), (_, new) in zip(before, after, strict=False)
    ),
    "no-5xx-legal": lambda tour: any(
        one.answer.status >= 500 for one in tour.seen if one.note not in {"invalid", "unrouted", "no token"}
    ),
    "invalid-no-5xx": lambda tour: any(
        one.answer.status >= 500 for one in tour.seen if one.note in {"invalid", "unrouted", "unknown"}
    ),
}
