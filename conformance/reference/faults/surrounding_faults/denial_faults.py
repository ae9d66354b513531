"""Faults of projects that never take an upload, and say so by a refusal instead of not-consistent."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from conformance.reference.hooks.bends import Fault
from conformance.reference.hooks.recipes import older_projects
from conformance.reference.hooks.seam import Layer, Reply
from conformance.reference.refusals import ApiError, forbidden, invalid

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from conformance.reference.hooks.bends import LayerFactory
    from conformance.reference.hooks.seam import Call, World

__all__ = ["FAMILY"]

_BREAKS = ("converges-project", "nc-until-consistent")
_MANY_LOOKS = 4


class _Denying(Layer):
    """Waits for every project as it must, and refuses some from then on."""

    refusal: Callable[[], ApiError] = staticmethod(forbidden)

    def loses(self, project: sqlite3.Row) -> bool:
        """Whether a project that should be ready is refused."""
        raise NotImplementedError

    def project_ready(self, call: Call, project: sqlite3.Row, *, ready: bool) -> bool:  # noqa: ARG002
        """Refuse it once it should be ready."""
        if ready and self.loses(project):
            raise self.refusal()
        return ready


def _every(count: int, error: Callable[[], ApiError]) -> LayerFactory:
    """Lose one in `count` projects while it is provisioned."""

    class Every(_Denying):
        refusal = staticmethod(error)

        def loses(self, project: sqlite3.Row) -> bool:
            """Count the projects created before this one."""
            return older_projects(self.world, project) % count == 1

    return Every


class _ChangedWhileUnready(_Denying):
    """Is in conflict for ever with a project that was changed while it was not ready."""

    refusal = staticmethod(
        lambda: ApiError(409, "conflict", "the project was changed meanwhile", "reload it and try again")
    )

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._used: set[str] = set()
        self._changed: set[str] = set()

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Remember what is changed before anything was taken in it."""
        if call.operation == "update_project" and reply.status < 300 and call.path["id"] not in self._used:
            self._changed.add(call.path["id"])
        if call.operation == "create_upload" and reply.status == 201:
            self._used.add(call.path["id"])
        return reply

    def loses(self, project: sqlite3.Row) -> bool:
        """Look for the change."""
        return project["id"] in self._changed


class _GivenUp(_Denying):
    """Gives a project up for good that was looked at too often before it was ready."""

    refusal = staticmethod(
        lambda: ApiError(410, "given up", "the storage of the project was given up", "create another project")
    )

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._looks: Counter[str] = Counter()

    def project_ready(self, call: Call, project: sqlite3.Row, *, ready: bool) -> bool:
        """Count the looks that came too early."""
        self._looks[project["id"]] += not ready
        return super().project_ready(call, project, ready=ready)

    def loses(self, project: sqlite3.Row) -> bool:
        """Look at their number."""
        return self._looks[project["id"]] >= _MANY_LOOKS


class _AfterDeletion(_Denying):
    """Takes the creator's rights in the next project away where one was deleted."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._deleted = False
        self._lost: set[str] = set()

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Remember deletions, and which project is the next."""
        if call.operation == "delete_project" and reply.status < 300:
            self._deleted = True
        elif call.operation == "create_project" and reply.status < 300 and self._deleted:
            assert isinstance(reply.body, dict)
            self._lost.add(reply.body["id"])
            self._deleted = False
        return reply

    def loses(self, project: sqlite3.Row) -> bool:
        """Look for the project."""
        return project["id"] in self._lost


FAMILY: dict[Fault, LayerFactory] = {
    Fault("denied-fifth-403", _BREAKS, "one in five projects is 403 to its creator, once it should be ready"): _every(
        5, forbidden
    ),
    Fault("denied-seventh-400", _BREAKS, "one in seven projects refuses every upload as invalid, once ready"): _every(
        7, lambda: invalid(("project", "has no storage"))
    ),
    Fault("denied-changed-409", _BREAKS, "a project that was changed before it was ready is a conflict for good"): (
        _ChangedWhileUnready
    ),
    Fault("denied-given-up-410", _BREAKS, "a project that was looked at four times too early is gone for good"): (
        _GivenUp
    ),
    Fault("denied-after-deletion-403", _BREAKS, "the project made after one was deleted is 403 to its creator"): (
        _AfterDeletion
    ),
}
