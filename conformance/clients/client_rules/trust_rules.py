"""What a client may trust, and whom: no token for the storage provider, no success before the truth, no late parts."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.clients.client_rules.sightings import (
    TRUTH_CALLS,
    ClientRule,
    Shown,
    call_name,
    found,
    is_integrity,
    is_lost,
    later,
    succeeded,
    upload_in,
)
from conformance.clients.client_trials import CHECK, Trial
from conformance.model import Operation, Role


def keeps_its_token(trial: Trial) -> Iterator[Shown]:
    """No request to the storage provider carries a token or a key, redirected or not."""
    stored = [o for o in trial.operations if o.exchange.role is Role.STORAGE]
    leaks = [o for o in stored if o.notes.get("leaks")]
    if leaks:
        places = ", ".join(str(place) for place in leaks[0].notes["leaks"])
        sentence = f"its credentials went to the storage provider ({places}), in {len(leaks)} of {len(stored)} requests"
        yield found("token-leaked", "client-token-stays-home", trial, leaks[:2], sentence, requests=len(leaks))
    else:
        yield from (Shown() for _ in stored)


def waits_for_the_truth(trial: Trial) -> Iterator[Shown]:
    """A checked upload is not reported a success before its truth was seen: 202 means accepted."""
    upload = _stored(trial)
    if not upload or not checked(trial):
        return
    accepted = [o for o in trial.operations if call_name(o) == "complete_upload" and upload_in(trial, o) == upload]
    if not accepted or (trial.claims_success and any(map(is_integrity, trial.operations))):
        return  # told of the mismatch, it hides more than it believes: another rule's matter
    if trial.claims_success and not any(_shows_good(trial, o, upload) for o in trial.operations):
        sentence = "it reported the success of a checked upload, and nothing had told it more than that it was accepted"
        yield found("trusted-202", "client-202-is-not-truth", trial, accepted[-1:], sentence)
    elif trial.claims_success or not trial.timed_out:
        yield Shown()


def checked(trial: Trial) -> bool:
    """Whether the client means to know: its own check ran, or its command asked where the truth shows."""
    if any(run.name == CHECK for run in trial.runs):
        return True
    accepted = [o for o in trial.operations if call_name(o) == "complete_upload"]
    return any(call_name(o) in TRUTH_CALLS for o in (later(trial, accepted[0]) if accepted else ()))


def _stored(trial: Trial) -> str:
    """Give the upload of the file that the client was to store."""
    files = [file for file in trial.world.files if file.name == trial.file and not file.deleted and file.uploads]
    return files[-1].uploads[-1] if files else ""


def _shows_good(trial: Trial, operation: Operation, upload: str) -> bool:
    name = call_name(operation)
    if not succeeded(operation):
        return False
    if name in ("file_url", "version_url", "storage_get"):
        return upload_in(trial, operation) == upload
    if name == "list_project_files":
        return trial.world.uploads[upload].due_ns is not None and operation.a_ns >= _completed_ns(trial, upload)
    if name == "show_upload" and upload_in(trial, operation) == upload:
        body = operation.exchange.response
        status = body.get("status") if isinstance(body, dict) else None
        return isinstance(status, dict) and status.get("is_consistent") is True and status.get("error_on") is None
    return False


def _completed_ns(trial: Trial, upload: str) -> int:
    """Give when the completion of an upload arrived first."""
    return min(o.a_ns for o in trial.operations if call_name(o) == "complete_upload" and upload_in(trial, o) == upload)


def sends_no_late_parts(trial: Trial) -> Iterator[Shown]:
    """After its completion was acknowledged, no part of an upload is announced or sent."""
    for complete in trial.operations:
        if call_name(complete) != "complete_upload" or is_lost(complete) or not succeeded(complete):
            continue
        upload = upload_in(trial, complete)
        late = [o for o in later(trial, complete) if call_name(o) in ("create_chunk", "storage_put")]
        late = [o for o in late if upload_in(trial, o) == upload]
        if late:
            sentence = f"it sent {call_name(late[0])} for an upload whose completion had been acknowledged"
            yield found("late-part", "client-parts-before-complete", trial, [complete, late[0]], sentence)
        else:
            yield Shown()


RULES = (
    ClientRule("token-leaked", "client-token-stays-home", "requests to the storage provider", keeps_its_token),
    ClientRule("trusted-202", "client-202-is-not-truth", "checked uploads", waits_for_the_truth),
    ClientRule("late-part", "client-parts-before-complete", "acknowledged completions", sends_no_late_parts),
)
