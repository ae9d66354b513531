"""Whether projects can be judged apart from the rest of their history: nothing of another project may change a thing.

Each test says which fact of the whole history would matter. What is not plain is judged in one place, with all that is
not plain either; so a doubt costs time and nothing else. docs/scale.md lists these with the rules that they guard.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from conformance.api.answers import Answer, Classified, Effect
from conformance.api.bodies import asked, identity, within
from conformance.api.request_facts import is_mutation
from conformance.api.routes import UNROUTED, URL_CALLS
from conformance.judge.exchange.answer_tallies import Payloads
from conformance.judge.gathered import Gathered
from conformance.judge.rules.access_rules import KIND_OF
from conformance.judge.rules.later.attach_rules import ATTACHING
from conformance.judge.rules.patterns.pattern_excuses import TRIES
from conformance.judge.rules.refused_create_rules import Traces
from conformance.judge.state.chain import done_first
from conformance.judge.state.expected import SMALLEST_PART
from conformance.judge.state.intake import World
from conformance.judge.state.interval import NEVER
from conformance.judge.state.parts import Part
from conformance.judge.state.resources import FOR_GOOD, NOT_FOUND, Reads, Upload
from conformance.model import Operation, Role

_FORBIDDEN, _SERVER_ERROR = 403, 500
_ON_RIGHTS = frozenset({"grant_permission", "withdraw_permission", "show_permission", "list_permissions"})
_ON_PLACES = frozenset({"move_file", "move_folder"})


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known of the whole history beside its projects.

    `bound` is in ns; `small_parts` says that a probe showed the storage provider to take small parts,
    `folders_deleted` that somebody tried to delete a folder somewhere.
    """

    bound: int
    small_parts: bool = False
    folders_deleted: bool = False


def speaks_for_itself(operation: Operation, of: Classified) -> bool:
    """Whether an operation leaves its project plain, as far as it can be seen by itself.

    What a second user, or somebody of unknown rights, does depends on rights, and those on who that is. A refusal by
    403 does not, where nothing was done to the rights in its project (`Share.strangers`).
    """
    exchange, name = operation.exchange, of.call.name
    if exchange.role is Role.STORAGE:
        return True
    if exchange.user == "somebody" or name in _ON_RIGHTS or name in _ON_PLACES:
        return False
    if exchange.user == "other" and not _is_turned_away(operation, of):
        return False
    if exchange.user != "owner" and is_mutation(exchange) and of.effect is not Effect.NONE:
        return False
    if name == UNROUTED and of.effect is not Effect.NONE:
        return False
    without_url = name in URL_CALLS and of.answer is Answer.DONE and exchange.status != 200
    return not without_url and not of.foreign


def _is_turned_away(operation: Operation, of: Classified) -> bool:
    """Whether the second user was refused by a plain 403, at a call whose resources can all be read."""
    if operation.exchange.status != _FORBIDDEN or of.answer is not Answer.REFUSED or of.effect is not Effect.NONE:
        return False
    if of.call.name not in KIND_OF and of.call.name not in ATTACHING:
        return False
    return of.call.name not in ATTACHING or bool(identity(within(asked(operation.exchange.request), "upload")))


def is_plain(world: World, gathered: Gathered, traces: Traces, payloads: Payloads, surroundings: Surroundings) -> bool:
    """Whether what was taken of some projects depends on nothing but itself."""
    return not any(_ties(world, gathered, traces, payloads, surroundings))


def _ties(
    world: World, gathered: Gathered, traces: Traces, payloads: Payloads, surroundings: Surroundings
) -> Iterator[bool]:
    yield bool(world.strays) or world.attached_unread < NEVER or bool(world.algorithms)
    yield bool(world.rights.changes or world.rights.unclear or world.rights.made)
    yield bool(payloads.failed_completions())
    yield gathered.concerns_others or traces.concern_others
    yield any(_upload_is_tied(one, surroundings) for one in world.uploads.values())
    yield any(_project_reads_are_tied(reads) for one in world.projects.values() for reads in one.reads.values())
    yield any(bool(one.odd or one.denied) for one in world.projects.values())
    for file in world.files.values():
        yield file.moved or bool(file.denied) or (file.in_folder and surroundings.folders_deleted)
        yield any(not one.parent for one in file.stays.values()) or _reads_are_tied(file.reads)
    yield any(_reads_are_tied(one.reads) for one in world.versions.values())
    yield bool(world.folders) and surroundings.folders_deleted


def _upload_is_tied(upload: Upload, surroundings: Surroundings) -> bool:
    """Whether a pattern over all uploads, the probe of small parts, or another upload's record speaks of this one."""
    if upload.refusal is not None or upload.turned_away or upload.meddled:
        return True
    if any(one.status in (_SERVER_ERROR, NOT_FOUND) for one in upload.completes.values()):
        return True
    done = done_first(upload)
    if upload.open is not None and done is not None and upload.open.begun_ns > done.ended_ns + surroundings.bound:
        return True
    return _has_small_parts(upload, probed=surroundings.small_parts)


def _has_small_parts(upload: Upload, *, probed: bool) -> bool:
    """Whether a part before the last is so small that what others were served decides if it may be refused."""
    if upload.afterwards and len({*upload.parts, *(write.number for write in upload.afterwards)}) > 1:
        return True
    if probed or len(upload.parts) < 2:
        return False
    last = max(upload.parts)
    return any(number != last and _is_small(part) for number, part in upload.parts.items())


def _is_small(part: Part) -> bool:
    """Whether a part is small by what was stored of it, or by what was said of it."""
    stored = part.stored is not None and part.stored.bytes < SMALLEST_PART
    return stored or (part.declared is not None and part.declared[0] < SMALLEST_PART)


def _reads_are_tied(reads: Reads) -> bool:
    """Whether what came of reading an endpoint is weighed against what others were answered or served."""
    refused = any(one.octets is None for one in reads.downloads)
    return refused or len(reads.failed) >= TRIES or len(reads.failing) >= FOR_GOOD


def _project_reads_are_tied(reads: Reads) -> bool:
    return reads.gone is not None or reads.odd is not None or len(reads.failing) >= FOR_GOOD
