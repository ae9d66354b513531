"""The ledger's creates are the history's, each under its operation's id, with its name and what came of it."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.api.answers import Answer
from conformance.certification.bundle_contents import Contents
from conformance.driver.safety.ledger import CREATES, Entry
from conformance.model import Operation, Role


def problems(contents: Contents) -> Iterator[str]:
    """Yield every create that only one of the two tells, or that they tell differently."""
    entries = {entry.key: entry for entry in contents.account.entries}
    creates = {operation.id: operation for operation in contents.history.operations if _creates(contents, operation)}
    header = contents.history.header
    if (contents.account.run_id, contents.account.base_url) != (header.get("run_id"), contents.history.target.base_url):
        yield f"the ledger is of run {contents.account.run_id} against {contents.account.base_url}"
    for key in sorted(entries.keys() - creates.keys())[:4]:
        yield f"the ledger holds the {entries[key].kind} of operation {key}, which the history does not"
    for key in sorted(creates.keys() - entries.keys())[:4]:
        yield f"the history holds the create {key}, which the ledger does not"
    for key in sorted(entries.keys() & creates.keys()):
        yield from _stated_differently(contents, entries[key], creates[key])


def _creates(contents: Contents, operation: Operation) -> bool:
    if operation.exchange.role is not Role.API or "withheld" in operation.notes:
        return False
    return contents.asked(operation).name in CREATES


def _stated_differently(contents: Contents, entry: Entry, operation: Operation) -> Iterator[str]:
    if CREATES[contents.asked(operation).name] != entry.kind:
        yield f"operation {entry.key} made a {entry.kind} by the ledger, and by the history another thing"
    request, response = operation.exchange.request, operation.exchange.response
    named = request.get("name") if isinstance(request, dict) else None
    if isinstance(named, str) and named != entry.name:
        yield f"operation {entry.key} gave the name {entry.name!r} by the ledger, and {named!r} by the history"
    made = response.get("id") if contents.stated(operation) is Answer.DONE and isinstance(response, dict) else ""
    if isinstance(made, str) and made != entry.id:
        yield f"operation {entry.key} made {entry.id or 'nothing'!r} by the ledger, and {made!r} by the history"
