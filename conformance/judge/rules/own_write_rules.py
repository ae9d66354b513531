"""The measurement of read-your-writes: whether a session's next look shows what it had just been told was done.

The specification allows the opposite, so nothing here gates; the least staleness that explains what was seen is kept.
"""

from __future__ import annotations

from enum import Enum, auto

from conformance.api.answers import Answer, Classified, Effect
from conformance.api.bodies import identity, within
from conformance.api.routes import Call
from conformance.judge.findings import Book, short, speaker
from conformance.judge.rechecks import answers, before, same_session
from conformance.judge.rule import Context, Need, Rule
from conformance.judge.rules.excuses import MAY_BE_DELETED, OTHERS_WROTE
from conformance.judge.state.intake import World
from conformance.judge.state.interval import NEVER, Interval, interval_of
from conformance.judge.state.observed import home_doomed
from conformance.model import Operation

_WRITES = {
    "create_project": "project",
    "create_upload": "upload",
    "complete_upload": "completed",
    "create_file": "file",
    "update_file": "switched",
    "delete_file": "deleted",
}
_LOOKS = {
    "show_project": ("project",),
    "show_upload": ("upload", "completed"),
    "show_file": ("file", "switched"),
    "file_url": ("file", "deleted"),
}


class Own(Enum):
    """Why a call concerns the measurement."""

    WRITE = auto()
    LOOK = auto()
    """Which tells something only in a session that wrote."""


_WHAT = {
    "project": "the project it had created",
    "upload": "the upload it had created",
    "completed": "the completion of the upload",
    "file": "the file it had created",
    "switched": "the new version of the file",
    "deleted": "the deletion of the file",
}


def own_concern(name: str) -> Own | None:
    """Return why the call of that name concerns the measurement, if it does."""
    if name in _WRITES:
        return Own.WRITE
    return Own.LOOK if name in _LOOKS else None


class OwnWrites:
    """The acknowledged writes that each session has not looked for yet. `writers` are the sessions that wrote."""

    def __init__(self) -> None:
        self._pending: dict[tuple[str, str, str], tuple[Interval, str]] = {}
        self._missed: list[tuple[str, str, Interval, Interval]] = []
        self._seen = 0
        self.writers: set[str] = set()

    def take(self, operation: Operation, of: Classified) -> None:
        """Take a write or a look."""
        called, answered = of.call, of.answer
        kind = _WRITES.get(called.name)
        if kind is not None:
            if answered is Answer.DONE and of.effect is Effect.DONE:
                self._wrote(operation, called, kind)
            return
        for kind in _LOOKS[called.name]:
            key = (operation.session, kind, called.id)
            if key in self._pending:
                self._look(operation, key, answered)

    def _wrote(self, operation: Operation, called: Call, kind: str) -> None:
        name = called.id if kind in ("completed", "switched", "deleted") else identity(operation.exchange.response)
        upload = identity(within(operation.exchange.request, "upload")) if kind == "switched" else ""
        if name and (upload or kind != "switched"):
            self.writers.add(operation.session)
            self._pending[(operation.session, kind, name)] = (interval_of(operation), upload)

    def _look(self, operation: Operation, key: tuple[str, str, str], answered: Answer) -> None:
        written, upload = self._pending[key]
        visible = _visible(operation, key[1], answered, upload)
        if visible is None or operation.a_ns <= written.ended_ns:
            return
        del self._pending[key]
        if visible:
            self._seen += 1
        else:
            self._missed.append((key[1], key[2], written, interval_of(operation)))

    def conclude(self, context: Context, book: Book) -> None:
        """Say whether own writes were seen, and how stale the reads that missed them were."""
        book.expose("read-your-writes", self._seen)
        for kind, name, written, look in self._missed:
            if _excused(context.world, kind, name, written, look):
                continue
            book.expose("read-your-writes")
            staleness = (look.begun_ns - written.ended_ns) / 1e9
            book.stale("read-your-writes", staleness)
            sentence = (
                f"session {speaker(written.session)} did not see {_WHAT[kind]} {short(name)}, acknowledged at "
                f"{book.when(written)}, when it "
                f"looked {staleness:.3f} s later ({book.when(look)})"
            )
            book.find(
                "read-your-writes", "own-write-unseen", name, (written, look), sentence, expected="the write",
                observed="the state before", detail=f"{kind} {written.operation}", kind=kind, staleness_s=staleness,
                written_b_ns=written.ended_ns, look_a_ns=look.begun_ns,
            )  # fmt: skip


def _visible(operation: Operation, kind: str, answered: Answer, upload: str) -> bool | None:
    body = operation.exchange.response
    if kind == "deleted":
        return {Answer.REFUSED: True, Answer.DONE: False, Answer.NC: False, Answer.INTEGRITY: False}.get(answered)
    if answered is Answer.REFUSED and operation.exchange.status == 404:
        return False
    if kind == "file" and answered in (Answer.NC, Answer.INTEGRITY):
        return True
    if answered is not Answer.DONE:
        return None
    if kind == "completed":
        status = within(body, "status")
        return status["completed_on"] is not None if isinstance(status, dict) and "completed_on" in status else None
    if kind == "switched":
        shown = identity(within(body, "current_version", "upload"))
        return shown == upload if shown else None
    return True


def _excused(world: World, kind: str, name: str, written: Interval, look: Interval) -> bool:
    """Whether somebody else's write may explain what the session saw."""
    if kind in ("project", "upload", "completed"):
        project = world.projects.get(name if kind == "project" else world.upload(name).project)
        return project is not None and MAY_BE_DELETED.holds(look, project.doomed)
    file = world.file(name)
    gone = min(file.doomed if kind != "deleted" else NEVER, home_doomed(world, file))
    others = ((s, written.begun_ns) for s in file.switches.values() if s.interval != written and kind == "switched")
    return OTHERS_WROTE.holds(gone, look, [one for one in others if one[0].effect is not Effect.NONE])


RULES = (
    Rule(
        "own-write-unseen", "read-your-writes", Need.OWN_WRITES, OwnWrites.conclude,
        lambda p: answers(p.cited[0], "2xx") and before(p.cited[0], p.cited[1])
        and same_session(p.cited[0], p.cited[1]),
        occasions="writes whose session looked for them next", excuses=(OTHERS_WROTE, MAY_BE_DELETED),
    ),
)  # fmt: skip
