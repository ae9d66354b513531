"""The scenarios of fuzzing: every documented call, what no client should send, and walks along the document's links."""

from __future__ import annotations

from conformance.engine.scenario import Share
from conformance.fuzz import openapi_document
from conformance.fuzz.fuzz_scenario import FuzzScenario, Kind

_REFUSED = ("error-payload", "code-not-provided", "error-number")
_HERE_ONLY = ("nc-only-extended", "integrity-only-url")
_CALL = (*_REFUSED, "invalid-no-5xx", "no-5xx-legal")
_URL = ("nc-payload", "nc-until-consistent", "nc-unknown-id", "nc-after-delete", "integrity-payload", "spec-wording")
_CREATED = ("project-create-202", "project-create-body")
_COMPLETED = ("complete-202", "complete-body", "complete-no-500", "complete-no-integrity", "complete-repeat-no-5xx")

_OF_CALL: dict[str, tuple[str, ...]] = {
    "list_projects": (*_HERE_ONLY, "no-token-401"),
    "create_project": (*_HERE_ONLY, *_CREATED, "refused-create-no-trace"),
    "show_project": (*_HERE_ONLY, "no-token-401", "other-user-403"),
    "list_uploads": (*_HERE_ONLY, "other-user-403"),
    "create_upload": ("integrity-only-url", "nc-payload", "nc-until-consistent", "nc-unknown-id", "other-user-403"),
    "show_upload": (*_HERE_ONLY, "no-token-401", "other-user-403", "state-order", "status-record"),
    "create_chunk": ("integrity-only-url", "nc-tolerated-endpoints", "other-user-403"),
    "complete_upload": (*_COMPLETED, "nc-only-extended", "other-user-403"),
    "file_url": (*_URL, "no-token-401", "other-user-403"),
    "version_url": (*_URL, "no-token-401", "other-user-403"),
    "create_file": _HERE_ONLY,
}
"""What fuzzing a call exercises beside what any call does; a call that is not here is one of a resource by its id."""

_HOSTILE: dict[str, tuple[str, ...]] = {
    "bodies": (*_REFUSED, *_HERE_ONLY, "invalid-no-5xx"),
    "media types": (*_REFUSED, *_HERE_ONLY, "invalid-no-5xx", "error-payload-unrouted"),
    "values": (*_REFUSED, *_HERE_ONLY, "no-5xx-legal"),
    "forms": (*_REFUSED, *_HERE_ONLY, "no-5xx-legal"),
    "paths": (*_REFUSED, *_HERE_ONLY, "invalid-no-5xx"),
    "queries": (*_REFUSED, *_HERE_ONLY, "invalid-no-5xx"),
    "methods": ("code-not-provided", "error-number", "error-payload-unrouted", "invalid-no-5xx"),
    "routes": ("code-not-provided", "error-number", "error-payload-unrouted", "invalid-no-5xx"),
    "headers": (*_REFUSED, *_HERE_ONLY, "invalid-no-5xx", "no-5xx-legal", "no-token-401"),
}
"""What each group of hostile requests exercises."""
_WALKED = (*_REFUSED, *_HERE_ONLY, *_CREATED, "no-5xx-legal", "nc-payload", "nc-until-consistent", "spec-wording")


def _call(name: str) -> FuzzScenario:
    exercised = (*_CALL, *_OF_CALL.get(name, (*_HERE_ONLY, "other-user-403")))
    title = "{} {}, drawn from the document and aimed at resources in every state".format(*openapi_document.form(name))
    return FuzzScenario(f"fuzz-{name.replace('_', '-')}", title, exercised, Share(6, 14, 165), Kind.CALL, name)


def _hostile(group: str) -> FuzzScenario:
    title = f"{group.capitalize()} that no client should send: accepted, or refused with a standard error"
    name = f"hostile-{group.replace(' ', '-')}"
    return FuzzScenario(name, title, _HOSTILE[group], Share(4, 12, 60), Kind.HOSTILE, group)


FUZZING = (
    *map(_call, openapi_document.calls()),
    *map(_hostile, _HOSTILE),
    FuzzScenario(
        "link-walks", "From created resources to their uses, also under 202", _WALKED, Share(5, 8, 60), Kind.LINKS
    ),
)
