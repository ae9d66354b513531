"""Faults of what stands from before: an earlier step still decides when a later one was acknowledged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.faults.broken import BAD_200, BYTES, FLIP, GOOD_IE, OTHER_VERSION, PROJECT
from conformance.reference.hooks.bends import Fault
from conformance.reference.hooks.recipes import row_of, states, switched_file
from conformance.reference.hooks.seam import Layer
from conformance.reference.upload_state import State

if TYPE_CHECKING:
    import sqlite3

    from conformance.reference.hooks.bends import LayerFactory
    from conformance.reference.hooks.seam import Call, Reply, World

__all__ = ["FAMILY"]

_AUDITED_S = 6.0


class _Pinned(Layer):
    """Serves a promoted version as long as it lives, whatever comes after it."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._pins: dict[str, str] = {}

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Remember what is promoted."""
        if call.operation == "promote_version" and reply.status < 300:
            assert isinstance(reply.body, dict)
            self._pins[switched_file(call, reply)] = reply.body["id"]
        return reply

    def url_version(self, call: Call, via: str, versions: list[sqlite3.Row], chosen: sqlite3.Row) -> sqlite3.Row:  # noqa: ARG002
        """Look for it."""
        pin = self._pins.get(chosen["file_id"]) if via == "file" else None
        return next((one for one in versions if one["id"] == pin), chosen)


class _OwnCaches(Layer):
    """Remembers for each user which version a file served, and forgets it for who switches the file alone."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._cached: dict[tuple[str, str], str] = {}

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Remember what was served, and forget what was switched."""
        if call.operation == "file_url" and reply.status == 200:
            self._cached.setdefault((call.user.id, call.path["id"]), call.facts.get("version", ""))
        elif switched := switched_file(call, reply):
            self._cached.pop((call.user.id, switched), None)
        return reply

    def url_version(self, call: Call, via: str, versions: list[sqlite3.Row], chosen: sqlite3.Row) -> sqlite3.Row:
        """Serve what is remembered."""
        cached = self._cached.get((call.user.id, chosen["file_id"])) if via == "file" else None
        return next((one for one in versions if one["id"] == cached), chosen)


class _Alike(Layer):
    """Serves the version before one that has its name and size: it is taken for unchanged."""

    def url_version(self, call: Call, via: str, versions: list[sqlite3.Row], chosen: sqlite3.Row) -> sqlite3.Row:  # noqa: ARG002
        """Compare the two."""
        place = versions.index(chosen)
        if via != "file" or place == 0:
            return chosen
        before, own = (row_of(self.world, versions[n]["upload_id"]) for n in (place - 1, place))
        if before is None or own is None or before["verdict"] != "ok" or before["due"] > own["completed"]:
            return chosen
        alike = (before["name"], before["size"]) == (own["name"], own["size"])
        return versions[place - 1] if alike else chosen


class _PromotedOnce(Layer):
    """Promotes each upload of a file once: whoever does it again is told so, and nothing is done."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._promoted: set[tuple[str, str]] = set()
        self._idle: set[str] = set()

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Remember what was promoted before, and which version does nothing."""
        if call.operation != "promote_version" or reply.status >= 300:
            return reply
        assert isinstance(reply.body, dict)
        deed = (switched_file(call, reply), reply.body["upload"]["id"])
        if deed in self._promoted:
            self._idle.add(reply.body["id"])
        self._promoted.add(deed)
        return reply

    def url_version(self, call: Call, via: str, versions: list[sqlite3.Row], chosen: sqlite3.Row) -> sqlite3.Row:  # noqa: ARG002
        """Serve what was current before it."""
        done = [one for one in versions if one["id"] not in self._idle]
        return done[-1] if via == "file" and done and chosen["id"] in self._idle else chosen


class _NameTaken(Layer):
    """Never prepares a project that bears the name of a deleted one."""

    def project_ready(self, call: Call, project: sqlite3.Row, *, ready: bool) -> bool:  # noqa: ARG002
        """Look for one."""
        sql = "SELECT 1 FROM projects WHERE name = ? AND id <> ? AND deleted IS NOT NULL"
        return ready and self.world.database.one(sql, project["name"], project["id"]) is None


class _Resumed(Layer):
    """Answers a create with the upload that is open under this name, of this size."""

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Look for one."""
        if call.operation != "create_upload" or reply.status != 201:
            return reply
        sql = "SELECT id FROM uploads WHERE project_id = ? AND name = ? AND size = ? AND completed IS NULL AND id <> ?"
        assert isinstance(reply.body, dict)
        asked = call.path["id"], call.body["name"], call.body["size"], reply.body["id"]
        open_one = self.world.database.one(sql, *asked)
        if open_one is not None:
            reply.body["id"] = open_one["id"]
        return reply


def _audited(world: World, _: Call, upload: sqlite3.Row, __: str, state: State) -> State:
    """Compare the hash of a chunked upload's whole some seconds after its verdict, with that of its last part."""
    if state is not State.OK or not upload["chunked"] or world.clock.now() < upload["due"] + _AUDITED_S:
        return state
    parts = world.objects.parts(upload["id"])
    wrong = len(parts) == 1 and parts[0].digest(upload["hash_algorithm"]) != upload["hash_value"].lower()
    return State.ERR if wrong else state


FAMILY: dict[Fault, LayerFactory] = {
    Fault("promotion-pins", OTHER_VERSION, "a promoted version is served whatever comes after it"): _Pinned,
    Fault("promotion-once", OTHER_VERSION, "a version that was promoted before is not promoted again"): _PromotedOnce,
    Fault("version-alike-unchanged", OTHER_VERSION, "a version of the name and size of the one before is not served"): (
        _Alike
    ),
    Fault("member-answers-kept", OTHER_VERSION, "who did not switch a file is served its version of before"): (
        _OwnCaches
    ),
    Fault("project-name-taken", PROJECT, "a project that bears a deleted one's name never becomes ready"): _NameTaken,
    Fault(
        "upload-open-resumed",
        ("distinct-ids", "body-own-resource", "complete-202", *BYTES, *GOOD_IE, *BAD_200, "refused-create-no-trace"),
        "an upload under the name and of the size of an open one is that one",
    ): _Resumed,
    Fault("later-audited", FLIP, "a wrong hash of the whole of one chunk is found six seconds later"): states(_audited),
}
