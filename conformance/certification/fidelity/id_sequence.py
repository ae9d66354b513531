"""Operation ids: numbered without a gap for each process, and each naming its own run and session."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from conformance.certification.bundle_contents import Contents
from conformance.model import Operation


def problems(contents: Contents) -> Iterator[str]:
    """Yield where ids are missing, or name another run or process than their operation's."""
    numbers: dict[str, set[int]] = defaultdict(set)
    run = str(contents.history.header.get("run_id", ""))
    for operation in contents.history.operations:
        stem, _, number = operation.id.rpartition("-")
        if not (stem and number.isdecimal()):
            yield f"operation {operation.id!r} has an id that no run gives"
            continue
        numbers[stem].add(int(number))
        yield from _misnamed(operation, stem, run)
    for stem, found in numbers.items():
        missing = sorted(set(range(1, max(found) + 1)) - found)
        if missing:
            shown = ", ".join(f"{stem}-{number}" for number in missing[:4])
            yield f"ids with gaps: {len(missing)} operations of {stem} are missing ({shown})"


def _misnamed(operation: Operation, stem: str, run: str) -> Iterator[str]:
    requested = operation.notes.get("request_id")
    if requested is not None and requested != f"{run}-{operation.id}":
        yield f"operation {operation.id} was sent under the request id {requested!r}, not under its own"
    worker = stem.rpartition("-")[0]
    if operation.session.partition("/")[0] != worker:
        yield f"operation {operation.id} belongs to the session {operation.session!r} of another process"
