"""Faults of combinations: only this kind, with this truth, in this version, at this endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.faults.broken import BAD_200, BYTES, FLIP, GOOD_IE, LOST_FILE, NEVER
from conformance.reference.hooks.bends import Fault, choose_version
from conformance.reference.hooks.recipes import BOTH, never, refuse_urls, states
from conformance.reference.hooks.seam import Layer
from conformance.reference.refusals import ApiError, not_consistent
from conformance.reference.upload_state import State, offences, upload_state

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from conformance.reference.hooks.bends import LayerFactory
    from conformance.reference.hooks.seam import Call

    Read = Callable[[Call, sqlite3.Row, str, State], bool]

__all__ = ["FAMILY"]

_BAD_NEWER = (*BAD_200, "new-version-served")
_MASKED = ("converges-upload", "new-version-served", *BYTES, *FLIP, "nc-until-consistent")


def _states_of(call: Call, versions: list[sqlite3.Row]) -> list[State]:
    sql = "SELECT * FROM uploads WHERE id = ?"
    rows = [call.world.database.one(sql, version["upload_id"]) for version in versions]
    return [upload_state(row, call.instant) for row in rows if row is not None]


def _last_good(call: Call, via: str, versions: list[sqlite3.Row], chosen: sqlite3.Row) -> sqlite3.Row:
    """Fall back to an older good version while the current one is bad."""
    found = _states_of(call, versions)
    if via != "file" or found[-1] is not State.ERR or State.OK not in found:
        return chosen
    return versions[found.index(State.OK)]


def _first_bad(call: Call, via: str, versions: list[sqlite3.Row], chosen: sqlite3.Row) -> sqlite3.Row:
    """Stay with a bad version for ever, whatever comes after."""
    found = _states_of(call, versions)
    return versions[found.index(State.ERR)] if via == "file" and State.ERR in found else chosen


def _waits_for_all(call: Call, via: str, versions: list[sqlite3.Row], chosen: sqlite3.Row) -> sqlite3.Row:
    """Not serve a file of which any version is bad: all have to be good."""
    found = _states_of(call, versions)
    if via == "file" and found[-1] is State.OK and State.ERR in found:
        raise not_consistent()
    return chosen


def _flags(call: Call, upload: sqlite3.Row) -> set[str]:
    chunks = call.world.database.all("SELECT * FROM chunks WHERE upload_id = ? ORDER BY number", upload["id"])
    return offences(upload, chunks, call.world.objects.parts(upload["id"]))


def _number(call: Call) -> int:
    return int(call.facts.get("number", 1))


def _is_twin(call: Call, upload: sqlite3.Row) -> bool:
    """Whether the file read is not the first that was made of its upload."""
    sql = "SELECT file_id FROM versions WHERE upload_id = ? ORDER BY created, rowid LIMIT 1"
    row = call.world.database.one(sql, upload["id"])
    return row is not None and row["file_id"] != call.facts.get("file", row["file_id"])


def _promoted(call: Call, upload: sqlite3.Row) -> bool:
    """Whether the version read has the upload of an older one."""
    sql = "SELECT count(*) AS count FROM versions WHERE file_id = ? AND upload_id = ?"
    row = call.world.database.one(sql, call.facts.get("file", ""), upload["id"])
    return row is not None and row["count"] > 1


def _turned(who: Read, before: State, then: State) -> LayerFactory:
    """Show one final state as the other to some reads."""
    return states(
        lambda _, call, upload, via, state: (
            then if via in BOTH and state is before and who(call, upload, via, state) else state
        )
    )


class _PromotedEarly(Layer):
    """Never finishes a file that was promoted while its newer version was pending."""

    def upload_state(self, call: Call, upload: sqlite3.Row, via: str, state: State) -> State:
        """Look at the version before the promoted one."""
        if via != "file" or not _promoted(call, upload):
            return state
        sql = """SELECT 1 FROM versions p JOIN versions v ON v.file_id = p.file_id AND v.number = p.number - 1
            JOIN uploads u ON u.id = v.upload_id WHERE p.id = ? AND (u.due IS NULL OR u.due > p.created)"""
        early = self.world.database.one(sql, call.facts.get("version", ""))
        return State.PENDING if early else state


FAMILY: dict[Fault, LayerFactory] = {
    Fault("mix-bad-masked", _MASKED, "a bad new version is hidden behind the good one before"): choose_version(
        _last_good
    ),
    Fault("mix-bad-sticks", ("new-version-served", *_MASKED, *GOOD_IE), "once a version was bad the file stays bad"): (
        choose_version(_first_bad)
    ),
    Fault(
        "mix-waits-for-all", ("new-version-served", *_MASKED, *NEVER), "a file with a bad version is pending for ever"
    ): (choose_version(_waits_for_all)),
    Fault("mix-twin-of-bad-200", BAD_200, "a second file of a bad upload is 200"): _turned(
        lambda call, upload, _, __: _is_twin(call, upload), State.ERR, State.OK
    ),
    Fault("mix-twin-of-good-bad", GOOD_IE, "a second file of a good single part is bad"): _turned(
        lambda call, upload, _, __: not upload["chunked"] and _is_twin(call, upload), State.OK, State.ERR
    ),
    Fault("mix-single-unsent-never", NEVER, "a single part that was never sent is pending for ever"): never(
        lambda call, upload, _, __: "single-missing" in _flags(call, upload)
    ),
    Fault("mix-part-unsent-never", NEVER, "an upload of which a part was never sent is pending for ever"): never(
        lambda call, upload, _, __: "missing" in _flags(call, upload)
    ),
    Fault("mix-part-unsent-file-200", BAD_200, "an upload without a part is 200 at /files/{id}/url only"): _turned(
        lambda call, upload, via, _: via == "file" and "missing" in _flags(call, upload), State.ERR, State.OK
    ),
    Fault("mix-total-version-never", NEVER, "a wrong total size is pending for ever at /file_versions/{id}/url"): never(
        lambda call, upload, via, _: via == "version" and "total-size" in _flags(call, upload)
    ),
    Fault(
        "mix-single-hash-version-200", _BAD_NEWER, "a single part with a wrong hash is 200 as a later version"
    ): _turned(lambda call, upload, _, __: not upload["chunked"] and _number(call) > 1, State.ERR, State.OK),
    Fault("mix-bad-second-version-200", _BAD_NEWER, "a bad chunked upload is 200 as a second version"): _turned(
        lambda call, upload, _, __: bool(upload["chunked"]) and _number(call) > 1, State.ERR, State.OK
    ),
    Fault(
        "mix-promoted-early-never",
        ("converges-upload", "new-version-served", *NEVER),
        "who promotes while pending waits for ever",
    ): (_PromotedEarly),
    Fault("mix-promoted-single-bad", GOOD_IE, "a promoted single part is bad"): _turned(
        lambda call, upload, via, _: via == "file" and not upload["chunked"] and _promoted(call, upload),
        State.OK,
        State.ERR,
    ),
    Fault(
        "mix-switched-pending-409",
        ("nc-until-consistent", *LOST_FILE),
        "a file with versions is a conflict while pending",
    ): (
        refuse_urls(
            lambda call, _, via, state: (
                ApiError(409, "conflict", "is being changed", "try again")
                if via == "file" and state is State.PENDING and _number(call) > 1
                else None
            )
        )
    ),
    Fault(
        "mix-creator-403-pending", ("nc-until-consistent", *LOST_FILE), "a creator is 403 until a single part converges"
    ): (
        refuse_urls(
            lambda _, upload, __, state: (
                ApiError(403, "forbidden", "Unauthorized", "request permission to access this resource")
                if state is State.PENDING and not upload["chunked"]
                else None
            )
        )
    ),
}
