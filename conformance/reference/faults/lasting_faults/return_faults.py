"""Faults of what comes back later: sweepers, caches and quotas that undo in seconds what was settled."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.reference.faults.broken import BYTES, FLIP, LAPSE, LOST_FILE, LOST_WAIT, PROJECT
from conformance.reference.hooks.bends import URLS, Fault, choose_version, draw
from conformance.reference.hooks.recipes import BOTH, lose_objects, other_bytes, refuse_urls, states
from conformance.reference.hooks.seam import Layer
from conformance.reference.refusals import ApiError, forbidden, unknown
from conformance.reference.upload_state import State

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from starlette.responses import Response

    from conformance.reference.hooks.bends import LayerFactory
    from conformance.reference.hooks.seam import Call, Reply, Visit, World
    from conformance.reference.store.objects import Piece

__all__ = ["FAMILY"]

_GONE_LATER = (*LOST_FILE, "refused-write-no-effect")
"""What was there is gone: also, for all that one can tell, by a deletion that was refused meanwhile."""


def _age(world: World, upload: sqlite3.Row) -> float:
    """Return for how long an upload has been consistent, in seconds; negative before."""
    return -1.0 if upload["due"] is None else world.clock.now() - float(upload["due"])


def _after(seconds: float, before: State, then: State, *, until: float = float("inf")) -> LayerFactory:
    """Show another state some seconds after convergence."""
    return states(
        lambda world, _, upload, via, state: (
            then if via in BOTH and state is before and seconds < _age(world, upload) < until else state
        )
    )


def _refused_after(
    seconds: float, who: Callable[[Call, sqlite3.Row, str, State], bool], error: Callable[[], ApiError]
) -> LayerFactory:
    """Refuse some files some seconds after convergence."""
    return refuse_urls(
        lambda call, upload, via, state: (
            error() if _age(call.world, upload) > seconds and who(call, upload, via, state) else None
        )
    )


class _NeverFetchedSwept(Layer):
    """Takes away what nobody has downloaded five seconds after it became consistent."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._fetched: set[str] = set()

    def served(self, name: str, *, served: bool) -> bool:
        """Look how old it is, and whether somebody came before."""
        upload = self.world.database.one("SELECT * FROM uploads WHERE id = ?", name)
        if upload is None or (name not in self._fetched and _age(self.world, upload) > 5.0):
            return False
        self._fetched.add(name)
        return served


class _DownloadsSpent(Layer):
    """Serves an object five times: then its quota is spent."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._count: Counter[str] = Counter()

    async def delivered(self, visit: Visit, response: Response) -> Response:
        """Count the downloads."""
        if visit.verb == "GET" and response.status_code == 200:
            self._count[visit.name] += 1
            response.status_code = 200 if self._count[visit.name] <= 5 else 403
        return response


class _ProjectCold(Layer):
    """Has to prepare a project again, for 1.5 s, to which nobody came for six seconds."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._last: dict[str, float] = {}
        self._woken: dict[str, float] = {}

    def project_ready(self, call: Call, project: sqlite3.Row, *, ready: bool) -> bool:
        """Look who came last."""
        key = project["id"]
        if ready and call.now - self._last.get(key, call.now) > 6.0:
            self._woken[key] = call.now
        self._last[key] = call.now
        return ready and call.now - self._woken.get(key, 0.0) >= 1.5


class _RecordPurged(Layer):
    """Clears the status of an upload six seconds after it is consistent."""

    def status_record(self, call: Call, upload: sqlite3.Row, record: dict[str, object]) -> dict[str, object]:
        """Clear it."""
        old = _age(self.world, upload) > 6.0 and call.now
        return record | ({"is_consistent": None, "error_on": None, "error_message": None} if old else {})


class _Undeleted(Layer):
    """Answers for a deleted file, five seconds later, as if the work at it had just begun."""

    def missing(self, call: Call, row: sqlite3.Row | None, error: ApiError) -> ApiError:
        """Look when it was deleted."""
        file = self.world.database.one("SELECT deleted FROM files WHERE id = ?", call.path.get("id", ""))
        late = row is not None and file is not None and file["deleted"] and call.now > file["deleted"] + 5.0
        if late and call.operation in URLS:
            return ApiError(404, "not_consistent", "resource changes are still being processed by system", "wait",
                            "resource_not_consistent")  # fmt: skip
        return error


def _older(_: Call, via: str, versions: list[sqlite3.Row], chosen: sqlite3.Row) -> bool:
    return via == "version" and chosen["id"] != versions[-1]["id"]


def _old_versions_archived(call: Call, via: str, versions: list[sqlite3.Row], chosen: sqlite3.Row) -> sqlite3.Row:
    """Archive an older version six seconds after a newer one was made."""
    if _older(call, via, versions, chosen) and call.now > versions[-1]["created"] + 6.0:
        raise unknown("FileVersion")
    return chosen


def _rolled_back(call: Call, via: str, versions: list[sqlite3.Row], chosen: sqlite3.Row) -> sqlite3.Row:
    """Serve the first version again five seconds after the last one was made: a snapshot was restored."""
    return versions[0] if via == "file" and call.now > versions[-1]["created"] + 5.0 else chosen


def _halved(world: World, name: str, pieces: list[Piece]) -> list[Piece]:
    """Lose half of what was stored in one part, seven seconds after it became consistent."""
    upload = world.database.one("SELECT * FROM uploads WHERE id = ?", name)
    old = upload is not None and not upload["chunked"] and _age(world, upload) > 7.0
    return [replace(piece, length=piece.length // 2) for piece in pieces] if old else pieces


def _is_file(_: Call, __: sqlite3.Row, via: str, ___: State) -> bool:
    return via == "file"


class _TokensForgotten(Layer):
    """Forgets one owner's rights in a file eight seconds after it was made."""

    async def before(self, call: Call) -> Reply | None:
        """Look at the age of the file."""
        if call.operation == "version_url":
            row = self.world.database.one("SELECT created FROM versions WHERE id = ?", call.path["id"])
            if row is not None and call.now > row["created"] + 8.0:
                raise forbidden()
        return None


FAMILY: dict[Fault, LayerFactory] = {
    Fault("later-object-gone", BYTES, "one object in two is gone six seconds after it became consistent"): lose_objects(
        lambda world, upload: _age(world, upload) > 6.0 and draw(world, "swept", upload["id"]) < 1 / 2
    ),
    Fault("later-unfetched-swept", BYTES, "what nobody downloaded within five seconds is swept"): _NeverFetchedSwept,
    Fault("later-downloads-spent", BYTES, "the sixth download of an object is refused"): _DownloadsSpent,
    Fault("later-single-halved", BYTES, "a single part loses its half after seven seconds"): other_bytes(_halved),
    Fault("later-nc-again", LAPSE, "a file is not consistent again from the fifth to the eighth second"): _after(
        5.0, State.OK, State.PENDING, until=8.0
    ),
    Fault("later-bad-waits-again", LAPSE, "a bad upload is verified again for ever after six seconds"): _after(
        6.0, State.ERR, State.PENDING
    ),
    Fault(
        "later-bad-heals",
        ("one-verdict", "bad-never-200", *FLIP),
        "the error of an upload is forgotten after six seconds",
    ): (_after(6.0, State.ERR, State.OK)),
    Fault(
        "later-good-sours",
        ("one-verdict", "good-never-integrity", *FLIP),
        "a scrubber finds good uploads bad after seven seconds",
    ): (_after(7.0, State.OK, State.ERR)),
    Fault("later-bad-purged", _GONE_LATER, "a bad file is a plain 404 after five seconds"): _refused_after(
        5.0, lambda _, __, ___, state: state is State.ERR, lambda: unknown("DataFile")
    ),
    Fault("later-file-404", _GONE_LATER, "/files/{id}/url is a plain 404 after eight seconds"): _refused_after(
        8.0, _is_file, lambda: unknown("DataFile")
    ),
    Fault(
        "later-owner-403", (*LOST_WAIT, "other-user-403"), "a version is forbidden to its owner after eight seconds"
    ): (_TokensForgotten),
    Fault(
        "later-old-version-archived",
        ("old-version-downloadable", *_GONE_LATER),
        "an older version is gone after six seconds",
    ): (choose_version(_old_versions_archived)),
    Fault(
        "later-rolled-back",
        ("new-version-served", *BYTES, *FLIP, "nc-until-consistent"),
        "a file is its first version again after five seconds",
    ): (choose_version(_rolled_back)),
    Fault(
        "later-project-cold", ("session-monotonic", *PROJECT), "a project that rested is not ready for 1.5 s"
    ): _ProjectCold,
    Fault(
        "later-record-purged", ("status-record",), "the status of an upload is cleared after six seconds"
    ): _RecordPurged,
    Fault(
        "later-undeleted", ("nc-after-delete", "nc-only-extended"), "a deleted file is pending after five seconds"
    ): _Undeleted,
}
