"""Names and bytes made again from the nonce: those of every plan, of every create, of everything that was stored."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from conformance.certification.bundle_contents import Contents
from conformance.engine.content import piece
from conformance.engine.values.content_classes import FORMED, LONGEST
from conformance.engine.values.name_classes import NAME_CLASSES
from conformance.model import Octets, Operation, Role
from conformance.settings.naming import DIGITS, MARK, Naming

MOST_OF_A_PART = 64 << 20
MOST_OF_ALL = 8 << 30
"""Bytes that are made again at most, of one part and of all: more is no upload of ours."""
_PLAN = re.compile(rf"(.+)-([0-9]+)-[0-9a-f]{{{DIGITS}}}")
_IN_PLAN = re.compile(rf"(.+)-([a-z]+)-([0-9]+)-[0-9a-f]{{{DIGITS}}}")
_NAMING = frozenset({"create_project", "create_upload", "create_folder"})
_SEEDS = "seeds"


def problems(contents: Contents) -> Iterator[str]:
    """Yield every name and every content that the nonce does not give."""
    naming = contents.naming
    if not re.fullmatch(r"(?:[0-9a-f]{2}){16,}", naming.nonce):
        yield "the history's header holds no nonce: the run was made by a suite that knew none"
        return
    for executed in contents.executed:
        found = _PLAN.fullmatch(executed.id)
        if not found or naming.plan(found[1], int(found[2])) != executed.id:
            yield f"the nonce does not give the plan id {executed.id}"
    run = str(contents.history.header.get("run_id", ""))
    for operation in contents.history.operations:
        if operation.exchange.role is Role.API:
            yield from _name(contents, operation, run)
    yield from _contents(contents, naming)


def _name(contents: Contents, operation: Operation, run: str) -> Iterator[str]:
    naming = contents.naming
    request = operation.exchange.request
    given = request.get("name") if isinstance(request, dict) else None
    if contents.asked(operation).name not in _NAMING or not isinstance(given, str):
        return
    vouched = operation.notes.get("intent", "valid") != "invalid"
    if not operation.plan.startswith(f"{MARK}-"):
        fits = _of_run(given, naming, run, demanded=operation.plan == _SEEDS)
    elif vouched or given.startswith(MARK):
        fits = _is_of_plan(given, naming, operation.plan)
    else:
        return
    if not fits:
        yield f"the nonce does not give the name {given[:120]!r} of operation {operation.id}"


def _is_of_plan(given: str, naming: Naming, plan: str) -> bool:
    """Whether a name is one of the plan's, plain or dressed as one of a class."""
    plain = re.search(rf"{re.escape(plan)}-[a-z]+-[0-9]+-[0-9a-f]{{{DIGITS}}}", given, re.IGNORECASE)
    name = plain[0].lower() if plain else ""  # one in capitals is looked for in small letters, as all are drawn
    if name and not _of_plan(name, naming, plan):
        return False
    return given == name or any(one.of(name) == given for one in NAME_CLASSES.values() if name or not one.unique)


def _of_plan(name: str, naming: Naming, plan: str) -> bool:
    found = _IN_PLAN.fullmatch(name)
    return found is not None and found[1] == plan and naming.in_plan(plan, found[2], int(found[3])) == name


def _of_run(name: str, naming: Naming, run: str, *, demanded: bool) -> bool:
    """Whether the run's own part of a name, at its end, is the nonce's; a drawn name need not have one."""
    found = re.search(rf"{MARK} {re.escape(run)} (\S+\.[0-9]+) [0-9a-f]{{{DIGITS}}}( .*)?$", name)
    if found is None:
        return not demanded
    return found[0] == naming.in_run(run, found[1], (found[2] or "").strip())


def _contents(contents: Contents, naming: Naming) -> Iterator[str]:
    made, left = lru_cache(maxsize=4096)(piece), MOST_OF_ALL
    for operation in contents.history.operations:
        stored = operation.exchange.request
        if operation.exchange.role is not Role.STORAGE or not isinstance(stored, Octets):
            continue
        where = _part(contents, operation)
        left -= stored.bytes
        if where is None or stored.bytes > MOST_OF_A_PART or left < 0:
            yield f"operation {operation.id} stored {stored.bytes} bytes that no seed gives"
            continue
        upload, number = where
        drawn = _drawn(naming, operation.plan, upload, number)
        if all(made(seed, stored.bytes, kind).md5 != stored.md5 for seed, kind in drawn if _fits(kind, stored)):
            yield f"operation {operation.id} stored other bytes than those of its seed"


def _drawn(naming: Naming, plan: str, upload: str, number: int) -> Iterator[tuple[str, str]]:
    """Yield the seeds that the bytes of a part may have, each with the class of contents; the usual ones first."""
    own = [naming.seed(plan, upload, f"{number}{fresh}") for fresh in ("", "again")]
    yield from ((seed, "") for seed in own)
    yield from ((naming.seed(plan, owner, "1"), "") for owner in (upload, ""))
    yield from ((seed, kind) for kind in FORMED for seed in own)


def _fits(kind: str, stored: Octets) -> bool:
    """Whether so many bytes can be of a class."""
    return not kind or stored.bytes <= LONGEST


def _part(contents: Contents, operation: Operation) -> tuple[str, int] | None:
    """Return the upload and the part that an operation stored, by what gave its signed URL."""
    origin = contents.transcript.by_id.get(str(operation.notes.get("url_of", "")))
    if origin is None:
        return None
    call, request, response = contents.asked(origin), origin.exchange.request, origin.exchange.response
    if call.name == "create_chunk" and isinstance(request, dict) and isinstance(request.get("number"), int):
        return call.id, request["number"]
    if call.name == "create_upload" and isinstance(response, dict) and isinstance(response.get("id"), str):
        return response["id"], 1
    return None
