"""How the second user stands towards a request: as a member whose doing is judged as the owner's, or as a stranger.

A member is who surely has the right to the call in the project that it is about. A refusal tells nothing while a right
may not be visible yet, nor where it is about what somebody else has begun.
"""

from __future__ import annotations

from enum import Enum, auto

from conformance.api.answers import Answer, Classified
from conformance.api.bodies import asked, identity, within
from conformance.api.routes import Call
from conformance.judge.rules.access_rules import KIND_OF, project_of
from conformance.judge.state.intake import World
from conformance.judge.state.interval import interval_of
from conformance.model import Operation

_BEGUN_BY_ONE = frozenset({"create_chunk", "complete_upload", "report_hash", "create_file", "update_file"})
"""Calls about an upload that a server may leave to whoever began it."""
_PLACING = frozenset({"create_file", "create_folder"})


class Standing(Enum):
    """Whose doing a request of the second user is."""

    STRANGER = auto()
    MEMBER = auto()
    UNSURE = auto()
    """A member's, and what was answered tells nothing."""


def standing(world: World, operation: Operation, of: Classified, bound: int) -> Standing:
    """Say as what the second user asked; what is learnt of that user is kept. `bound` is in ns."""
    rights = world.rights
    rights.learn(operation, of)
    if not rights.changes:
        return Standing.STRANGER
    project, interval = project_asked(world, operation, of.call), interval_of(operation)
    if not project or not rights.allow(project, of.call.name, interval):
        return Standing.STRANGER
    refused = of.answer in (Answer.REFUSED, Answer.ALREADY)
    if refused and (rights.fresh(project, interval, bound) or _anothers(world, operation, of.call)):
        return Standing.UNSURE
    if of.answer in (Answer.DONE, Answer.NC, Answer.INTEGRITY):
        rights.let_in(project, interval)
    return Standing.MEMBER


def project_asked(world: World, operation: Operation, called: Call) -> str:
    """Return the project that a request is about, empty where that is not known."""
    if called.name in _PLACING:
        parent = within(asked(operation.exchange.request), "parent")
        kind = "project" if within(parent, "kind") == "dds-project" else "folder"
        return project_of(world, kind, identity(parent))
    kind = KIND_OF.get(called.name, "folder" if called.name.endswith(("_folder", "_folder_children")) else "")
    return project_of(world, kind, called.id) if kind else ""


def _anothers(world: World, operation: Operation, called: Call) -> bool:
    """Whether a request is about an upload that the second user did not begin."""
    if called.name not in _BEGUN_BY_ONE:
        return False
    named = identity(within(asked(operation.exchange.request), "upload"))
    return (named or called.id) not in world.rights.made
