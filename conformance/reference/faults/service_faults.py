"""Faults of service: refusals that last, urls that lead nowhere, promotions without effect, one answer for two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.hooks.bends import Fault, choose_version, drop, rewrite
from conformance.reference.hooks.recipes import as_completed
from conformance.reference.hooks.seam import Layer
from conformance.reference.refusals import ApiError, not_consistent
from conformance.reference.upload_state import State, offences

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from conformance.reference.hooks.bends import LayerFactory
    from conformance.reference.hooks.seam import Call, Reply, World

__all__ = ["FAMILY"]

_MISSING = {"missing", "nothing", "single-missing"}
_NO_BYTES = ("bytes-exact", "bytes-at-once", "converges-upload", "new-version-served", "old-version-downloadable")
_NEW = ("new-version-served", "converges-upload", "nc-until-consistent")
_NEVER_PROMOTED = ("converges-upload", "new-version-served", "realtime-monotonic")
_OLD = ("old-version-downloadable", "converges-upload", "nc-until-consistent")


def _surfacing(error: Callable[[], ApiError]) -> LayerFactory:
    """Refuse to complete an upload of which something was never sent."""

    class Surfacing(Layer):
        def before_complete(self, call: Call, upload: sqlite3.Row) -> None:
            seen = as_completed(call, upload)
            chunks = self.world.database.all("SELECT * FROM chunks WHERE upload_id = ? ORDER BY number", upload["id"])
            if offences(seen, chunks, self.world.objects.parts(upload["id"])) & _MISSING:
                raise error()

    return Surfacing


def _not_found() -> ApiError:
    return ApiError(404, "unknown", "Upload not found in object store", "upload it")


def _server_error() -> ApiError:
    return ApiError(500, "internal", "Unexpected StorageProviderException experienced", "try again later")


def _refusal(code: int, reason: str) -> ApiError:
    return ApiError(code, "refused", reason, "ask for something else")


class _SinglePartsDenied(Layer):
    """Lets nobody fetch what was stored in a single part: the storage provider answers 403."""

    def opened(self, url: str) -> str:
        """Spoil the signature."""
        parts = self.world.objects.parts(url.partition("?")[0].strip("/").split("/")[-1])
        return f"{url}0" if any(part.number == 0 for part in parts) else url


def _versions(refuse: Callable[[str, list[sqlite3.Row], sqlite3.Row], ApiError | None]) -> LayerFactory:
    """Refuse some versions at the url endpoints."""

    def pick(_: Call, via: str, versions: list[sqlite3.Row], chosen: sqlite3.Row) -> sqlite3.Row:
        if error := refuse(via, versions, chosen):
            raise error
        return chosen

    return choose_version(pick)


def _is_promoted(versions: list[sqlite3.Row], chosen: sqlite3.Row) -> bool:
    earlier = (one for one in versions if one["number"] < chosen["number"])
    return any(one["upload_id"] == chosen["upload_id"] for one in earlier)


def _promotion_ignored(_: Call, via: str, versions: list[sqlite3.Row], chosen: sqlite3.Row) -> sqlite3.Row:
    """Go on serving the newest version that is no promotion."""
    own = [one for one in versions if not _is_promoted(versions, one)]
    return own[-1] if via == "file" and own else chosen


class _PartMissingForbidden(Layer):
    """Answers 403 for good for an upload of which something was never sent."""

    def upload_state(self, call: Call, upload: sqlite3.Row, via: str, state: State) -> State:  # noqa: ARG002
        """Look for the parts."""
        chunks = self.world.database.all("SELECT * FROM chunks WHERE upload_id = ? ORDER BY number", upload["id"])
        bad = state is State.ERR and via in {"file", "version"}
        if bad and offences(dict(upload), chunks, self.world.objects.parts(upload["id"])) & _MISSING:
            raise _refusal(403, "Unauthorized")
        return state


class _ProjectTwice(Layer):
    """Answers every third create of a project with the project before it."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._count = 0
        self._before: dict[str, Any] | None = None

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Swap the body now and then."""
        if call.operation == "create_project" and reply.status == 202:
            self._count += 1
            mine = reply.body
            if self._before and self._count % 3 == 0:
                reply.body = self._before
            self._before = mine
        return reply


FAMILY: dict[Fault, LayerFactory] = {
    Fault(
        "complete-500-missing-part",
        ("complete-no-500", "complete-202", "no-5xx-legal"),
        "complete fails only for uploads of which something was never sent",
    ): _surfacing(_server_error),
    Fault(
        "complete-404-missing-part",
        ("complete-no-integrity", "complete-202"),
        "complete is 404 only for uploads of which something was never sent",
    ): _surfacing(_not_found),
    Fault("version-200-without-url", _NO_BYTES, "the 200 of /file_versions/{id}/url carries no url"): rewrite(
        lambda call, reply: call.operation == "version_url" and reply.status == 200, drop("url")
    ),
    Fault("storage-denies-single-parts", _NO_BYTES, "storage answers 403 for what was stored in one part"): (
        _SinglePartsDenied
    ),
    Fault("new-version-409", _NEW, "/files/{id}/url is a conflict once the file has two versions"): _versions(
        lambda via, versions, _: _refusal(409, "has several versions") if via == "file" and len(versions) > 1 else None
    ),
    Fault("old-version-403", _OLD, "an older version is forbidden"): _versions(
        lambda via, versions, chosen: (
            _refusal(403, "Unauthorized") if via == "version" and chosen["id"] != versions[-1]["id"] else None
        )
    ),
    Fault("promotion-never", _NEVER_PROMOTED, "a file never converges once promoted"): (
        _versions(lambda via, rows, row: not_consistent() if via == "file" and _is_promoted(rows, row) else None)
    ),
    Fault(
        "promotion-ignored",
        ("new-version-served", "bytes-exact", "bad-never-200", "good-never-integrity", "realtime-monotonic"),
        "a promotion changes nothing",
    ): choose_version(_promotion_ignored),
    Fault(
        "missing-part-403",
        ("converges-upload", "nc-until-consistent", "integrity-payload", "new-version-served"),
        "an upload of which something was never sent is forbidden for good",
    ): _PartMissingForbidden,
    Fault(
        "project-answered-twice",
        ("project-create-body", "distinct-ids", "converges-project", "nc-until-consistent"),
        "one create of a project in three is answered with the project before it",
    ): _ProjectTwice,
}
