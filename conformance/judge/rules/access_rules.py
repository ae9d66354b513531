"""The rules about another user: the owner's resources are 403 to them, also while not consistent.

No order of nc and 403 is demanded, but who is told not-consistent learns that the resource is there, and is asked to
come back. Bad parameters may be told before either. Where the specification does not extend an endpoint, what was just
made may not be visible yet: a 404 counts there only later. What the owner is told just the same gives nothing away.
"""

from __future__ import annotations

from conformance.api.answers import Answer, Classified, Effect
from conformance.api.bodies import asked
from conformance.api.routes import EXTENDED_CALLS, spelled
from conformance.judge.findings import Book, short
from conformance.judge.rechecks import answers, before
from conformance.judge.rule import Context, Need, Rule
from conformance.judge.rules.excuses import NOT_THE_OWNERS, OWNERS_404, RIGHTS_GIVEN, WITHIN_THE_BOUND
from conformance.judge.state.intake import World
from conformance.judge.state.interval import NEVER, Interval, interval_of
from conformance.judge.state.observed import doomed_from, scope_of_file, scope_of_version
from conformance.model import Operation, Phase

_KINDS = {
    "project": frozenset({"show_project", "update_project", "delete_project", "create_upload", "list_uploads",
                          "list_project_files", "list_project_children", "list_permissions", "show_permission",
                          "grant_permission", "withdraw_permission"}),
    "upload": frozenset({"show_upload", "create_chunk", "complete_upload", "report_hash"}),
    "file": frozenset({"show_file", "update_file", "delete_file", "file_url", "list_versions", "move_file",
                       "rename_file"}),
    "version": frozenset({"show_version", "update_version", "delete_version", "version_url", "promote_version"}),
}  # fmt: skip
KIND_OF = {name: kind for kind, names in _KINDS.items() for name in names}
"""What kind of resource the id in each call's path names."""


_NAMING = frozenset({"storage_provider", "upload", "parent"})
"""Fields of a request that name another resource, which may be missing."""
TELLING = EXTENDED_CALLS | {"create_chunk"}
"""Calls at which not-consistent is known or tolerated, and gives away that the resource is there."""


class Access:
    """What the second user was told of the owner's resources."""

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._refused: list[tuple[str, str, Interval]] = []
        self._wrong: dict[tuple[str, str, str], tuple[Interval, str, str]] = {}
        self._missing: dict[tuple[str, str, str], list[tuple[Interval, bool]]] = {}
        self._waits: dict[tuple[str, str, str], Interval] = {}
        self._owners_404: set[tuple[str, str]] = set()

    def owner_missed(self, of: Classified) -> None:
        """Note that the owner was told a plain 404."""
        self._owners_404.add((of.call.name, of.call.id))

    def take(self, operation: Operation, of: Classified) -> None:
        """Take an operation of the second user."""
        called, answered = of.call, of.answer
        kind, status = KIND_OF.get(called.name), operation.exchange.status
        if kind is None or not called.id or status is None or operation.exchange.failure is not None:
            return
        if status == 403 and answered is not Answer.NC:
            self._refused.append((kind, called.id, interval_of(operation)))
        elif answered in (Answer.DONE, Answer.INTEGRITY):
            what = "integrity" if answered is Answer.INTEGRITY else str(status)
            self._wrong.setdefault((kind, called.id, called.name), (interval_of(operation), what, called.name))
        elif answered is Answer.NC and called.name in TELLING:
            self._waits.setdefault((kind, called.id, called.name), interval_of(operation))
        elif status == 404 and _speaks_of_the_path(operation, answered):
            late = operation.phase is Phase.FINAL or called.name in EXTENDED_CALLS
            missing = self._missing.setdefault((kind, called.id, called.name), [])
            missing.append((interval_of(operation), late))

    def _not_found(self, world: World) -> None:
        for (kind, name, call), stated in self._missing.items():
            if OWNERS_404.holds((call, name), self._owners_404):
                continue
            created = _owned(world, kind, name)[0]
            for interval, late in stated:
                if late or (created is not None and not WITHIN_THE_BOUND.holds(interval, created, self._bound)):
                    self._wrong.setdefault((kind, name, call), (interval, "404", call))

    def conclude(self, context: Context, book: Book) -> None:
        """Convict a server that lets the second user see or touch what is not theirs."""
        world = context.world
        for kind, name, interval in self._refused:
            if self._owners_alone(world, kind, name, interval) is not None:
                book.expose("other-user-403")
        self._not_found(world)
        for (kind, name, call), (interval, what, _) in sorted(self._wrong.items()):
            created = self._owners_alone(world, kind, name, interval)
            if created is None:
                continue
            book.expose("other-user-403")
            sentence = (
                f"the second user's {call} of the owner's {kind} {short(name)} answered {what} to "
                f"{book.when(interval)} (made by {book.when(created)})"
            )
            book.find(
                "other-user-403", "stranger-answered", name, (created, interval), sentence, expected="403",
                observed=what, detail=call, kind=kind, call=call,
            )  # fmt: skip
        self._stated_to_wait(world, book)

    def _stated_to_wait(self, world: World, book: Book) -> None:
        """Convict a server that tells the second user that the owner's resource is there, and not consistent."""
        for (kind, name, call), interval in sorted(self._waits.items()):
            created = self._owners_alone(world, kind, name, interval)
            if created is None:
                continue
            book.expose("other-user-403")
            sentence = (
                f"the second user's {call} of the owner's {kind} {short(name)} answered resource_not_consistent to "
                f"{book.when(interval)}: that it is there, and to come back (made by {book.when(created)})"
            )
            book.find(
                "other-user-403", "stranger-told-to-wait", name, (created, interval), sentence, expected="403",
                observed="resource_not_consistent", detail=call, kind=kind, call=call,
            )  # fmt: skip

    def _owners_alone(self, world: World, kind: str, name: str, interval: Interval) -> Interval | None:
        """Give what acknowledged a resource to its owner, if the second user surely had no right to it in `interval`.

        What is being deleted may be gone, and rights that were withdrawn may show for as long as the bound.
        """
        created, doomed = _owned(world, kind, name)
        if created is None or NOT_THE_OWNERS.holds(created, doomed, interval):
            return None
        project = project_of(world, kind, name)
        return None if RIGHTS_GIVEN.holds(world.rights, project, interval, self._bound) else created


def _speaks_of_the_path(operation: Operation, answered: Answer) -> bool:
    """Whether a 404 of the API's own can only be about the id in the path: the request is valid and names no other."""
    plain = answered in (Answer.REFUSED, Answer.ALREADY) and isinstance(operation.exchange.response, dict)
    request = asked(operation.exchange.request)
    stated = isinstance(request, dict) and not request.keys() & _NAMING
    alone = stated or operation.exchange.request is None
    return plain and alone and operation.notes.get("intent") != "invalid"


def _owned(world: World, kind: str, name: str) -> tuple[Interval | None, int]:
    """Give the operation by which the owner knows the resource, and from when (ns) on it may be gone.

    None where the second user made it, or what holds it.
    """
    if name in world.rights.made or project_of(world, kind, name) in world.rights.made:
        return None, NEVER
    if kind == "project":
        project = world.projects.get(name)
        return (project.created, doomed_from(project.deletes)[0]) if project else (None, NEVER)
    if kind == "upload":
        upload = world.uploads.get(name)
        home = world.projects.get(upload.project) if upload else None
        return upload.created if upload else None, doomed_from(home.deletes)[0] if home else NEVER
    if kind == "file":
        file = world.files.get(name)
        return (file.created, scope_of_file(world, file)[0]) if file else (None, NEVER)
    version = world.versions.get(name)
    file = world.files.get(version.file) if version else None
    created = version.linked if version and file and file.created else None
    return created, scope_of_version(world, version)[0] if version else NEVER


def project_of(world: World, kind: str, name: str) -> str:
    """Give the project that a resource belongs to, empty where that is not known."""
    if kind == "project":
        return name
    if kind == "upload":
        upload = world.uploads.get(name)
        return upload.project if upload else ""
    if kind == "folder":
        folder = world.folders.get(name)
        return folder.project if folder else ""
    if kind == "version":
        version = world.versions.get(name)
        name = version.file if version else ""
    file = world.files.get(name)
    return file.project if file else ""


def granted(operation: Operation, effect: Effect) -> str:
    """Give the project whose permissions may have changed in a way that nothing documents, empty when none."""
    parts = operation.exchange.path.partition("?")[0].split("/")
    if operation.exchange.method in ("PUT", "POST") and "permissions" in parts and effect is not Effect.NONE:
        return spelled(parts[len(parts) - 2 - parts[::-1].index("permissions")])
    return ""


RULES = (
    Rule(
        "stranger-answered", "other-user-403", Need.OTHER_USER, Access.conclude,
        lambda p: answers(p.cited[0], "2xx") and before(p.cited[0], p.cited[1])
        and p.cited[1].exchange.user == "other" and p.cited[1].exchange.status != 403,
        occasions="requests of the second user for the owner's resources",
        excuses=(NOT_THE_OWNERS, OWNERS_404, RIGHTS_GIVEN, WITHIN_THE_BOUND),
    ),
    Rule(
        "stranger-told-to-wait", "other-user-403", Need.OTHER_USER, Access.conclude,
        lambda p: answers(p.cited[0], "2xx") and before(p.cited[0], p.cited[1])
        and p.cited[1].exchange.user == "other" and answers(p.cited[1], "nc") and p.cited[1].of.call.name in TELLING,
        occasions="requests of the second user for the owner's resources",
        excuses=(NOT_THE_OWNERS, RIGHTS_GIVEN), since=2,
    ),
)  # fmt: skip
