"""Faults of storage providers: the one that is named, the one beside the default, its own values."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from conformance.reference.faults.broken import BAD_200, BYTES, GOOD_IE, NEVER, PROJECT
from conformance.reference.hooks.bends import Fault, after_operation, rewrite, status
from conformance.reference.hooks.recipes import condemn, lose_objects, never, unverified
from conformance.reference.hooks.seam import Layer
from conformance.reference.refusals import INTEGRITY_REASON, unknown
from conformance.reference.upload_state import Verdict

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from conformance.reference.hooks.bends import LayerFactory
    from conformance.reference.hooks.seam import Call, Reply, World
    from conformance.reference.store.objects import Part

__all__ = ["FAMILY"]


def second_provider(default: dict[str, Any]) -> dict[str, Any]:
    """Return another provider than the default one, with an id that stays."""
    key = str(uuid.UUID(int=uuid.UUID(default["id"]).int ^ 1))
    return {**default, "id": key, "name": "second", "description": "A second storage", "is_default": False}


class _Two(Layer):
    """Has a second provider, and hands everything else to a layer that bends it."""

    def providers(self, providers: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Add it."""
        return [*providers, second_provider(providers[0])]


def _at_second(world: World, upload: sqlite3.Row) -> bool:
    return not world.provider_of(upload["id"])["is_default"]


def _beside(bend: LayerFactory) -> LayerFactory:
    """Make a layer that has two providers and bends what the other layer bends."""

    def make(world: World) -> Layer:
        layer = bend(world)
        layer.providers = _Two(world).providers  # type: ignore[method-assign] # one layer has to do both
        return layer

    return make


def _named(call: Call) -> bool:
    """Whether an upload is asked for at the second provider."""
    named = call.body.get("storage_provider")
    return named is not None and named["id"] != call.world.provider_id


class _NamedUnknown(Layer):
    """Knows no provider by its id, the default one neither."""

    def asked(self, call: Call) -> None:
        """Refuse whoever names one."""
        if call.operation == "create_upload" and "storage_provider" in call.body:
            raise unknown("StorageProvider")


def _second_ready(bend: Callable[[bool], bool]) -> LayerFactory:
    """Bend whether a project is ready at the second provider."""

    class Ready(Layer):
        def project_ready(self, call: Call, project: sqlite3.Row, *, ready: bool) -> bool:  # noqa: ARG002
            return bend(ready) if _named(call) else ready

    return _beside(Ready)


class _LostByChange(Layer):
    """Prepares a project that was changed at the default provider alone."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._changed: set[str] = set()

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Remember it."""
        if after_operation("update_project")(call, reply):
            self._changed.add(call.path["id"])
        return reply

    def project_ready(self, call: Call, project: sqlite3.Row, *, ready: bool) -> bool:
        """Forget the second provider."""
        return ready and not (_named(call) and project["id"] in self._changed)


def _plain_404(ready: bool) -> bool:  # noqa: FBT001 (a function of one truth)
    if not ready:
        raise unknown("StorageProvider")
    return ready


def _hashing(bend: LayerFactory) -> LayerFactory:
    """Make a layer that announces SHA-256, and bends what the other layer bends."""

    def make(world: World) -> Layer:
        layer = bend(world)
        layer.providers = lambda providers: [{**one, "chunk_hash_algorithm": "sha256"} for one in providers]  # type: ignore[method-assign] # one layer has to do both
        return layer

    return make


def _by_sha256(_: World, upload: sqlite3.Row) -> bool:
    return bool(upload["chunked"])


class _AlgorithmIgnored(Layer):
    """Announces SHA-256, and compares what is reported with MD5."""

    def providers(self, providers: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Announce it."""
        return [{**one, "chunk_hash_algorithm": "sha256"} for one in providers]

    def verdict(
        self,
        upload: sqlite3.Row,
        chunks: list[sqlite3.Row],
        parts: list[Part],  # noqa: ARG002
        verdict: Verdict,
    ) -> Verdict:
        """Compare."""
        return Verdict(INTEGRITY_REASON) if upload["chunked"] and chunks else verdict


def _completed_at_second(call: Call, reply: Reply) -> bool:
    completed = after_operation("complete_upload")(call, reply)
    return completed and not call.world.provider_of(call.path["id"])["is_default"]


FAMILY: dict[Fault, LayerFactory] = {
    Fault(
        "provider-named-404", ("nc-until-consistent", *PROJECT), "no storage provider is known by its id"
    ): _NamedUnknown,
    Fault("provider-second-never-ready", PROJECT, "a project never becomes ready at the second provider"): (
        _second_ready(lambda _: False)
    ),
    Fault(
        "provider-second-404",
        ("nc-until-consistent", *PROJECT),
        "until a project is ready the second provider is a plain 404",
    ): (_second_ready(_plain_404)),
    Fault(
        "provider-second-never-again", PROJECT, "a changed project never becomes ready again at the second provider"
    ): (_beside(_LostByChange)),
    Fault("provider-second-unverified", BAD_200, "what the second provider stores is not verified"): _beside(
        unverified(_at_second)
    ),
    Fault("provider-second-lost", BYTES, "urls of the second provider's objects lead to the first"): _beside(
        lose_objects(_at_second)
    ),
    Fault("provider-second-never", NEVER, "no worker looks after the second provider"): _beside(
        never(lambda call, upload, _, __: _at_second(call.world, upload))
    ),
    Fault("provider-second-200", ("complete-202", "complete-body"), "complete at the second provider answers 200"): (
        _beside(rewrite(_completed_at_second, status(200)))
    ),
    Fault("provider-sha256-unverified", BAD_200, "SHA-256 is announced, and no chunk verified by it"): _hashing(
        unverified(_by_sha256)
    ),
    Fault("provider-sha256-bad", GOOD_IE, "SHA-256 is announced, and every chunked upload found bad"): _hashing(
        condemn(lambda world, upload, _: _by_sha256(world, upload))
    ),
    Fault("provider-sha256-never", NEVER, "SHA-256 is announced, and no worker knows it"): _hashing(
        never(lambda _, upload, __, ___: bool(upload["chunked"]))
    ),
    Fault("provider-algorithm-ignored", GOOD_IE, "SHA-256 is announced for chunks, and MD5 compared"): (
        _AlgorithmIgnored
    ),
}
