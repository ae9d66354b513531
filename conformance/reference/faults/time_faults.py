"""Faults of time: too early, never, back again, healed, only by one of the two ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.hooks.bends import Fault, choose_version, draw
from conformance.reference.hooks.recipes import BOTH, never, states
from conformance.reference.hooks.seam import Layer
from conformance.reference.refusals import ApiError, unknown
from conformance.reference.upload_state import State

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from conformance.reference.hooks.bends import LayerFactory
    from conformance.reference.hooks.seam import Call, Reply, World

__all__ = ["FAMILY"]

_MONOTONIC = ("session-monotonic", "realtime-monotonic")
_EARLY = ("bad-never-200", "one-verdict", *_MONOTONIC, "bytes-at-once", "status-record")
_NEVER = ("converges-upload", "status-record", "new-version-served", "old-version-downloadable")
_OTHERWISE = ("converges-upload", "wrong-chunk-size-integrity", "old-version-downloadable", "new-version-served")
_FLIP = ("one-verdict", "status-record", *_MONOTONIC, *_OTHERWISE)
_LAPSE = (*_MONOTONIC, "status-record", "complete-repeat-same-outcome", *_OTHERWISE)


def _window(seconds: float, shown: State) -> LayerFactory:
    """Show a final state for a moment, at random between complete and convergence."""

    def bend(world: World, call: Call, upload: sqlite3.Row, via: str, state: State) -> State:
        if via not in BOTH or state is not State.PENDING:
            return state
        room = max(0.0, upload["due"] - upload["completed"] - seconds)
        start = upload["completed"] + room * draw(world, "window", upload["id"])
        return shown if start <= call.now < start + seconds else state

    return states(bend)


def _before_complete(shown: State) -> LayerFactory:
    """Let an upload become a file before it is completed, and show a final state of it."""

    class Eager(Layer):
        def objection(self, call: Call, upload: sqlite3.Row, state: State, message: str | None) -> str | None:  # noqa: ARG002
            return None if state is State.OPEN else message

        def upload_state(self, call: Call, upload: sqlite3.Row, via: str, state: State) -> State:  # noqa: ARG002
            return shown if via in BOTH and state is State.OPEN else state

        def served(self, name: str, *, served: bool) -> bool:  # noqa: ARG002
            return True

    return Eager


def _later(seconds: float, before: State, after: State, via_only: tuple[str, ...] = BOTH) -> LayerFactory:
    """Turn one final state into the other some seconds after it began to show."""

    def bend(_: World, call: Call, upload: sqlite3.Row, via: str, state: State) -> State:
        turned = state is before and via in via_only and call.now > upload["due"] + seconds
        return after if turned else state

    return states(bend)


def _only_via(via_only: str, before: State, after: State) -> LayerFactory:
    return states(lambda world, call, upload, via, state: after if via == via_only and state is before else state)  # noqa: ARG005


class _BareNever(Layer):
    """Never tells an upload to be consistent that was created without saying whether it is chunked."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._bare: set[str] = set()

    async def after(self, call: Call, reply: Reply) -> Reply:
        """Remember what was left out."""
        if call.operation == "create_upload" and reply.status == 201 and "chunked" not in call.body:
            self._bare.add(reply.body["id"])
        return reply

    def upload_state(self, call: Call, upload: sqlite3.Row, via: str, state: State) -> State:  # noqa: ARG002
        """Keep it pending, in every view."""
        return State.PENDING if state.final and upload["id"] in self._bare else state


class _BackToPending(Layer):
    """Answers not consistent again: at the `nth` final read of an upload, or at every so manieth final read of all."""

    def __init__(self, world: World, via: tuple[str, ...], nth: int, every: int, states: set[State]) -> None:
        super().__init__(world)
        self._via, self._nth, self._every, self._states = via, nth, every, states
        self._reads: dict[str, int] = {}
        self._total = 0

    def upload_state(self, call: Call, upload: sqlite3.Row, via: str, state: State) -> State:  # noqa: ARG002
        """Count final reads, and forget now and then."""
        if via not in self._via or state not in self._states:
            return state
        count = self._reads[upload["id"]] = self._reads.get(upload["id"], 0) + 1
        self._total += 1
        lapse = count == self._nth or (self._every and self._total % self._every == 0)
        return State.PENDING if lapse and count > 1 else state


def _back(via: tuple[str, ...] = BOTH, nth: int = 0, every: int = 0, states: set[State] | None = None) -> LayerFactory:
    return lambda world: _BackToPending(world, via, nth, every, states or {State.OK, State.ERR})


class _NearTheChange(Layer):
    """Refuses reads that fall within some milliseconds of an upload's due instant."""

    def __init__(self, world: World, before: float, after: float, error: Callable[[], ApiError]) -> None:
        super().__init__(world)
        self._before, self._after, self._error = before, after, error

    def upload_state(self, call: Call, upload: sqlite3.Row, via: str, state: State) -> State:
        """Raise when the change is near."""
        if via in BOTH and upload["due"] is not None and -self._before <= call.now - upload["due"] < self._after:
            raise self._error()
        return state


def _near(before: float, after: float, error: Callable[[], ApiError]) -> LayerFactory:
    return lambda world: _NearTheChange(world, before, after, error)


def _late_visible(call: Call, _: str, versions: list[sqlite3.Row], chosen: sqlite3.Row) -> sqlite3.Row:
    """Do not know a new file for 80 ms."""
    if call.now - versions[0]["created"] < 0.08:
        raise unknown("DataFile")
    return chosen


def _server_error() -> ApiError:
    return ApiError(500, "internal", "internal error", "report this")


def _early_attached(call: Call, upload: sqlite3.Row, _: str, __: State) -> bool:
    """Whether the version read through was created before its upload converged."""
    sql = "SELECT min(created) AS first FROM versions WHERE upload_id = ?"
    row = call.world.database.one(sql, upload["id"])
    return row is not None and row["first"] is not None and row["first"] < upload["due"]


def _late_switched(call: Call, upload: sqlite3.Row, via: str, _: State) -> bool:
    """Whether the version read through came by PUT, after its upload had converged."""
    if via not in BOTH or call.facts.get("number", 1) == 1:
        return False
    sql = "SELECT number FROM versions WHERE id = ? AND upload_id = ? AND created > ?"
    late = call.world.database.one(sql, call.facts.get("version"), upload["id"], upload["due"])
    sql = "SELECT min(number) AS first FROM versions WHERE upload_id = ?"
    first = call.world.database.one(sql, upload["id"])
    return late is not None and first is not None and late["number"] == first["first"]


_WINDOWS: dict[Fault, LayerFactory] = {
    Fault(f"early-200-{ms}ms", _EARLY, f"both url endpoints answer 200 for {ms} ms before convergence"): _window(
        ms / 1000, State.OK
    )
    for ms in (5, 20, 100)
} | {
    Fault(
        f"early-integrity-{ms}ms",
        ("good-never-integrity", "one-verdict", *_MONOTONIC, "status-record"),
        f"both url endpoints answer the integrity exception for {ms} ms before convergence",
    ): _window(ms / 1000, State.ERR)
    for ms in (5, 20, 100)
}

_BEFORE: dict[Fault, LayerFactory] = {
    Fault(
        "answers-before-complete",
        (
            "no-early-answer",
            "bytes-exact",
            "bytes-at-once",
            "bad-never-200",
            "one-verdict",
            *_MONOTONIC,
            "status-record",
        ),
        "an upload not yet completed may become a file, and its url is 200",
    ): _before_complete(State.OK),
    Fault(
        "integrity-before-complete",
        ("no-early-answer", "good-never-integrity", "one-verdict", *_MONOTONIC, "status-record"),
        "an upload not yet completed may become a file, and its url is the integrity exception",
    ): _before_complete(State.ERR),
}

_NEVERS: dict[Fault, LayerFactory] = {
    Fault("never-good", _NEVER, "good uploads never converge"): never(lambda _, __, ___, state: state is State.OK),
    Fault("never-bad", _NEVER, "bad uploads never converge"): never(lambda _, __, ___, state: state is State.ERR),
    Fault("never-single-part", _NEVER, "single-part uploads never converge"): never(
        lambda _, upload, __, ___: not upload["chunked"]
    ),
    Fault("never-empty", _NEVER, "empty files never converge"): never(lambda _, upload, __, ___: upload["size"] == 0),
    Fault("unicode-name-never", _NEVER, "uploads whose name is not plain ASCII never converge"): never(
        lambda _, upload, __, ___: not upload["name"].isascii()
    ),
    Fault("text-never", _NEVER, "uploads of content type text/* never converge"): never(
        lambda _, upload, __, ___: upload["content_type"].startswith("text/")
    ),
    Fault("chunked-left-out-never", _NEVER, "uploads created without `chunked` never converge"): _BareNever,
    Fault("never-early-attached", _NEVER, "files attached before convergence never converge"): never(_early_attached),
    Fault("never-second-version", _NEVER, "second and later versions never converge"): never(
        lambda call, _, via, __: via in BOTH and call.facts.get("number", 1) > 1
    ),
    Fault("late-new-version-never", _NEVER, "a new version of a consistent upload never converges"): never(
        _late_switched
    ),
    Fault("never-version-url", _NEVER, "/file_versions/{id}/url never converges"): never(
        lambda _, __, via, ___: via == "version"
    ),
    Fault("never-file-url", _NEVER, "/files/{id}/url never converges"): never(lambda _, __, via, ___: via == "file"),
}

_AGAIN: dict[Fault, LayerFactory] = {
    Fault("nc-after-200-once", _LAPSE, "the third good answer is not consistent again"): _back(
        nth=3, states={State.OK}
    ),
    Fault("nc-after-200-1-in-25", _LAPSE, "one in 25 good answers is not consistent again"): _back(
        every=25, states={State.OK}
    ),
    Fault("nc-after-200-versions", _LAPSE, "so is one in seven on versions only"): _back(("version",), every=7),
    Fault("nc-after-integrity", _LAPSE, "so is one in seven integrity exceptions"): _back(every=7, states={State.ERR}),
}

_FLIPS: dict[Fault, LayerFactory] = {
    Fault("bad-heals", (*_FLIP[:1], "bad-never-200", *_FLIP[1:]), "a bad upload is good half a second later"): _later(
        0.5, State.ERR, State.OK
    ),
    Fault("bad-heals-on-versions", (*_FLIP[:1], "bad-never-200", *_FLIP[1:]), "so it is on versions only"): _later(
        0.5, State.ERR, State.OK, ("version",)
    ),
    Fault(
        "good-sours", ("one-verdict", "good-never-integrity", *_FLIP[1:]), "a good upload is bad half a second later"
    ): _later(0.5, State.OK, State.ERR),
    Fault(
        "version-url-swallows", ("bad-never-200", *_FLIP), "bad uploads are 200 at /file_versions/{id}/url"
    ): _only_via("version", State.ERR, State.OK),
    Fault("file-url-swallows", ("bad-never-200", *_FLIP), "bad uploads are 200 at /files/{id}/url"): _only_via(
        "file", State.ERR, State.OK
    ),
    Fault(
        "version-url-integrity", ("good-never-integrity", *_FLIP), "good uploads are refused on versions only"
    ): _only_via("version", State.OK, State.ERR),
}

_RACES: dict[Fault, LayerFactory] = {
    Fault("race-500", ("no-5xx-legal",), "reads within 30 ms of the change are a server error"): _near(
        0.03, 0.03, _server_error
    ),
    Fault(
        "race-404", ("nc-until-consistent", "converges-upload"), "reads up to 30 ms before the change are a plain 404"
    ): _near(0.03, 0, lambda: unknown("DataFile")),
    Fault(
        "late-visible",
        ("nc-until-consistent", "read-your-writes"),
        "a new file is a plain 404 at the url endpoints for 80 ms",
    ): choose_version(_late_visible),
}

FAMILY: dict[Fault, LayerFactory] = _WINDOWS | _BEFORE | _NEVERS | _AGAIN | _FLIPS | _RACES
