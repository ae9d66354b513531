"""What every plan does in the end: wait for whatever it made, read all of it once more, and fetch what it was given."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.api.answers import Answer
from conformance.api.routes import URL_CALLS
from conformance.certification.bundle_contents import Contents, Executed, speaker
from conformance.engine.plan import WITH_RIGHTS
from conformance.model import Json, Operation, Phase

SETTLER = "settler"
_GIVING = URL_CALLS | {"create_upload", "create_chunk"}
"""The calls whose answers hold a signed URL."""
_TRUTHS = (Answer.DONE, Answer.INTEGRITY)
_LISTINGS = ("list_uploads", "list_project_children", "list_project_files")
Look = tuple[Phase, str, str]


def problems(contents: Contents) -> Iterator[str]:
    """Yield what a plan made and did not look at in the end, and signed URLs that nobody followed."""
    for executed in contents.executed:
        operations = contents.transcript.of_plan.get(executed.id, [])
        looks = set(_looks(contents, operations))
        for phase, call, identity in _owed(contents, executed):
            if (phase, call, identity) not in looks:
                yield f"plan not in full: {executed.id} never asked {call} of {identity} in its phase {phase}"
        yield from _unfollowed(contents, executed, operations)
    yield from _unfounded(contents)


def _looks(contents: Contents, operations: list[Operation]) -> Iterator[Look]:
    """Yield what was looked at in the end; nobody waits any more for a truth that a reader of the plan has seen."""
    for one in operations:
        asked = contents.asked(one)
        if speaker(one) == SETTLER:
            yield one.phase, asked.name, asked.id
        elif asked.name in URL_CALLS and contents.stated(one) in _TRUTHS:
            yield Phase.SETTLE, asked.name, asked.id


def _owed(contents: Contents, executed: Executed) -> Iterator[Look]:
    for actor in executed.plan.actors:
        for number, step in enumerate(actor.steps):
            operations = contents.transcript.step(executed.id, actor.name, number)
            if not operations or contents.stated(operations[-1]) is not Answer.DONE:
                continue
            body = operations[-1].exchange.response
            if isinstance(body, dict) and isinstance(body.get("id"), str) and body["id"].isprintable() and body["id"]:
                yield from _of_made(step.verb, body, bound=bool(step.binds), own=actor.user in WITH_RIGHTS)


def _of_made(verb: str, body: dict[str, Json], *, bound: bool, own: bool) -> Iterator[Look]:
    version = body.get("current_version")
    shown = version.get("id") if isinstance(version, dict) else None
    if verb == "create_project" and bound:
        yield from ((Phase.FINAL, listing, body["id"]) for listing in _LISTINGS)
    elif verb == "create_upload" and bound and own:
        yield Phase.FINAL, "show_upload", body["id"]
    elif verb == "attach" and bound and isinstance(shown, str):
        for phase in (Phase.SETTLE, Phase.FINAL):
            yield phase, "file_url", body["id"]
            yield phase, "version_url", shown
    elif verb == "new_version" and isinstance(shown, str):
        yield from ((phase, "version_url", shown) for phase in (Phase.SETTLE, Phase.FINAL))


def _unfollowed(contents: Contents, executed: Executed, operations: list[Operation]) -> Iterator[str]:
    """The first 200 of every url endpoint is followed, and so is one since its plan waits for what is to come."""
    given: dict[tuple[str, bool], list[Operation]] = {}
    for one in operations:
        if contents.asked(one).name in URL_CALLS and one.exchange.status == 200 and contents.stated(one) is Answer.DONE:
            for late in {False, one.phase is not Phase.TROUBLE}:
                given.setdefault((one.exchange.path, late), []).append(one)
    for (path, late), answers in given.items():
        if not any(contents.transcript.fetched.get(one.id) for one in answers):
            when = "in its last looks" if late else "when it was first given"
            yield f"plan not in full: {executed.id} never followed the signed URL of {path} {when}"


def _unfounded(contents: Contents) -> Iterator[str]:
    """What went to the storage provider names the answer of its own plan that led there."""
    known = contents.transcript.by_id
    for origin, operations in contents.transcript.fetched.items():
        found = known.get(origin)
        if found is None:
            yield f"operation {operations[0].id} followed a signed URL of {origin or 'nothing'}, which is not there"
        elif not _gives(contents, found) or any(one.plan != found.plan for one in operations):
            yield f"operation {operations[0].id} followed a signed URL of {origin}, which gave it none"


def _gives(contents: Contents, operation: Operation) -> bool:
    return contents.asked(operation).name in _GIVING and contents.stated(operation) is Answer.DONE
