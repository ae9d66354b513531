"""Faults of a project's storage: never ready, not any more, or not for those who name it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.hooks.bends import Fault
from conformance.reference.hooks.recipes import older_projects
from conformance.reference.hooks.seam import Layer
from conformance.reference.refusals import unknown

if TYPE_CHECKING:
    import sqlite3

    from conformance.reference.hooks.bends import LayerFactory
    from conformance.reference.hooks.seam import Call, World

__all__ = ["FAMILY"]


class _EveryThirdProject(Layer):
    """Never tells every third project to be ready."""

    def project_ready(self, call: Call, project: sqlite3.Row, *, ready: bool) -> bool:  # noqa: ARG002
        """Count the projects created before this one."""
        return ready and older_projects(self.world, project) % 3 != 1


class _OddNameNeverReady(Layer):
    """Never tells a project to be ready whose name is not plain ASCII."""

    def project_ready(self, call: Call, project: sqlite3.Row, *, ready: bool) -> bool:  # noqa: ARG002
        """Look at the name."""
        return ready and project["name"].isascii()


class _ProjectForgets(Layer):
    """Is not consistent again at one in seven upload creations of a ready project."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._count = 0

    def project_ready(self, call: Call, project: sqlite3.Row, *, ready: bool) -> bool:  # noqa: ARG002
        """Count the requests."""
        self._count += ready
        return ready and self._count % 7 != 0


class _NamedNeverReady(Layer):
    """Never tells a project to be ready to who names the storage provider."""

    def project_ready(self, call: Call, project: sqlite3.Row, *, ready: bool) -> bool:  # noqa: ARG002
        """Look for the name."""
        return ready and "storage_provider" not in call.body


class _NamedUnknown(Layer):
    """Does not know a storage provider while the project is not ready."""

    def project_ready(self, call: Call, project: sqlite3.Row, *, ready: bool) -> bool:  # noqa: ARG002
        """Look for the name."""
        if not ready and "storage_provider" in call.body:
            raise unknown("StorageProvider")
        return ready


FAMILY: dict[Fault, LayerFactory] = {
    Fault("never-third-project", ("converges-project",), "every third project never becomes ready"): _EveryThirdProject,
    Fault(
        "unicode-project-never", ("converges-project",), "a project whose name is not plain ASCII never becomes ready"
    ): _OddNameNeverReady,
    Fault(
        "nc-after-201",
        ("session-monotonic", "realtime-monotonic", "converges-project"),
        "a ready project is not consistent again, one time in seven",
    ): _ProjectForgets,
    Fault(
        "named-provider-never-ready",
        ("converges-project",),
        "a project never becomes ready for who names the storage provider",
    ): _NamedNeverReady,
    Fault(
        "named-provider-plain-404",
        ("nc-until-consistent",),
        "a project that is not ready is a plain 404 to who names the storage provider",
    ): _NamedUnknown,
}
