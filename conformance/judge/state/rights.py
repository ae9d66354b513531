"""Who else may do what in which project: the rights that were given, changed and withdrawn, as a register in time.

A right counts from the acknowledgement that gave it; until it was withdrawn, or changed, and that had time to settle,
nobody can say whether it is still there. What the second user may surely do is judged as the owner's own doing.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from conformance.api.answers import Answer, Classified, Effect
from conformance.api.bodies import asked, identity, within
from conformance.api.routes import Call, spelled
from conformance.judge.state.interval import NEVER, Interval, interval_of
from conformance.model import Operation

NOBODY = ""
"""The role of who has none."""
_ALL = "project_admin"
_READS = frozenset({
    "show_project", "list_uploads", "list_project_children", "list_permissions", "show_upload", "show_file",
    "list_versions", "show_version", "show_folder", "list_folder_children",
})  # fmt: skip
_DOWNLOADS = frozenset({"file_url", "version_url", "list_project_files"})
_UPLOADS = frozenset({"create_upload", "create_chunk", "complete_upload", "report_hash", "create_file"})
_EDITS = frozenset({
    "update_file", "delete_file", "move_file", "rename_file", "update_version", "delete_version", "promote_version",
    "create_folder", "delete_folder", "move_folder", "rename_folder",
})  # fmt: skip
_OWN_PROJECT = frozenset({"update_project", "delete_project", "grant_permission", "withdraw_permission"})
_MAY = {
    "project_viewer": _READS,
    "file_downloader": _READS | _DOWNLOADS,
    "file_uploader": _READS | _UPLOADS,
    "file_editor": _READS | _DOWNLOADS | _UPLOADS | _EDITS,
    _ALL: _READS | _DOWNLOADS | _UPLOADS | _EDITS | _OWN_PROJECT,
    "system_admin": _READS | _DOWNLOADS | _UPLOADS | _EDITS | _OWN_PROJECT,
}
"""What each role lets its holder do for sure (docs/api.md); of another role nobody knows."""
CHANGES = frozenset({"grant_permission", "withdraw_permission"})


@dataclass(frozen=True, slots=True)
class Change:
    """One write of a user's rights in a project; an empty `role` is none."""

    interval: Interval
    effect: Effect
    user: str
    role: str


_NONE = Change(Interval(-NEVER, -NEVER, "", ""), Effect.DONE, "", NOBODY)


@dataclass(slots=True)
class Rights:
    """The changes of rights by project; `second` is the id of the second user, as soon as an answer told it.

    `made` are the uploads and projects that the second user created, by id; `served` the answer that ended first by
    which a project let the second user in. `unclear` are projects whose rights may have changed in other ways.
    """

    second: str = ""
    changes: dict[str, dict[str, Change]] = field(default_factory=dict)
    made: dict[str, Interval] = field(default_factory=dict)
    served: dict[str, Interval] = field(default_factory=dict)
    unclear: set[str] = field(default_factory=set)

    def begin(self, operation: Operation, called: Call) -> None:
        """Note a change that is about to be asked for."""
        self._note(operation, called, Effect.INDETERMINATE)

    def take(self, operation: Operation, of: Classified) -> None:
        """Take what came of a change."""
        if of.effect is Effect.NONE:
            self.withdraw(operation, of.call)
        else:
            self._note(operation, of.call, of.effect)

    def withdraw(self, operation: Operation, called: Call) -> None:
        """Take a change back that was not made."""
        self.changes.get(called.id, {}).pop(operation.id, None)

    def _note(self, operation: Operation, called: Call, effect: Effect) -> None:
        role = ""
        if called.name == "grant_permission":
            role = identity(within(asked(operation.exchange.request), "auth_role")) or "?"
        user = spelled(operation.exchange.path.partition("?")[0].rstrip("/").rpartition("/")[2])
        self.changes.setdefault(called.id, {})[operation.id] = Change(interval_of(operation), effect, user, role)

    def learn(self, operation: Operation, of: Classified) -> None:
        """Learn from an answer to the second user who that is, and what it made."""
        if of.answer is not Answer.DONE:
            return
        name = identity(operation.exchange.response)
        if of.call.name == "current_user":
            self.second = name or self.second
            return
        creator = identity(within(operation.exchange.response, "audit", "created_by"))
        if of.effect is Effect.DONE and of.call.name.startswith("create_"):
            self.second = self.second or creator
        if of.call.name in ("create_upload", "create_project") and name and of.effect is Effect.DONE:
            held = self.made.get(name)
            self.made[name] = min(held, interval_of(operation)) if held else interval_of(operation)

    def let_in(self, project: str, interval: Interval) -> None:
        """Note that a project let the second user in."""
        held = self.served.get(project)
        if held is None or interval.ended_ns < held.ended_ns:
            self.served[project] = interval

    def _roles(self, project: str, interval: Interval, settle: int = 0) -> set[str]:
        """Give the roles that the second user may have had at some moment of `interval`, or `settle` (ns) before."""
        since = interval.begun_ns - settle
        every = [one for one in self.changes.get(project, {}).values() if self._about_second(one)]
        begun = [_NONE, *(one for one in every if one.interval.begun_ns <= interval.ended_ns)]
        sure = [one for one in begun if one.effect in (Effect.DONE, Effect.SOMEBODY)]
        return {one.role for one in begun if not any(_replaces(later, one, since) for later in sure)}

    def _about_second(self, change: Change) -> bool:
        return change.user == self.second or not self.second

    def allow(self, project: str, call: str, interval: Interval) -> bool:
        """Whether the second user surely has the right to `call` in `project` during all of `interval`.

        Never where no answer told who the second user is: the rights may have been somebody else's.
        """
        if project in self.unclear or not self.second:
            return False
        return all(call in _MAY.get(role, ()) for role in self._roles(project, interval))

    def exclude(self, project: str, interval: Interval, bound: int) -> bool:
        """Whether the second user surely has no right in `project`, and any that was withdrawn had `bound` (ns)."""
        return project not in self.unclear and self._roles(project, interval, bound) == {NOBODY}

    def fresh(self, project: str, interval: Interval, bound: int) -> bool:
        """Whether the right in force may not be visible yet: given within the bound (ns), and nobody was let in."""
        served = self.served.get(project)
        if served is not None and served.ended_ns < interval.begun_ns:
            return False
        every = (one.interval for one in self.changes.get(project, {}).values())
        given = max((one.ended_ns for one in every if one.begun_ns <= interval.ended_ns), default=-NEVER)
        return interval.begun_ns <= given + bound

    @property
    def any_given(self) -> bool:
        """Whether anybody may have been given rights."""
        return bool(self.unclear) or any(one.role for held in self.changes.values() for one in held.values())


def _replaces(later: Change, one: Change, since: int) -> bool:
    begun, ended = later.interval.begun_ns, later.interval.ended_ns
    return begun > one.interval.ended_ns and ended < since
