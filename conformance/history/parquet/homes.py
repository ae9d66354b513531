"""Which project each operation of a history speaks of: by its path, its bodies, or the signed url that it follows.

Operations of one project are judged together, so that what two projects share must be noticed: an id, an upload, a url
or a project's name. Such projects are *linked*, and judged in one place. So is what names a thing before it is known
where that belongs. An operation about no project that is known is at home nowhere (`""`), and judged there as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from conformance.api.answers import Answer, Classified
from conformance.api.bodies import asked, folded, identity, within
from conformance.api.routes import UNROUTED, spelled
from conformance.history.oldest import forget_oldest
from conformance.model import Json, Operation, Role

RETAINED_URLS = 100_000
"""Keys of signed GET urls that are remembered: as many as the judge remembers, so that both forget the same ones."""
RETAINED_PUTS = 4_000_000
"""Keys of signed PUT urls; whatever follows an older one is judged in one place."""
_OF_MANY = frozenset({"list_projects", "list_users", "list_auth_roles", "list_storage_providers"})
_OF_PROVIDERS = frozenset({"list_storage_providers", "show_storage_provider"})
_ABOUT_PROJECTS = frozenset({
    "show_project", "update_project", "delete_project", "create_upload", "list_uploads", "list_project_files",
    "list_project_children", "list_permissions", "show_permission", "grant_permission", "withdraw_permission",
})  # fmt: skip
_NAMED = ("upload", "file", "current_version", "project", "parent")


@dataclass(frozen=True, slots=True)
class Home:
    """Where an operation belongs: a project, empty where none is known, and the upload that it speaks of."""

    project: str = ""
    upload: str = ""


@dataclass(slots=True)
class Homes:
    """What is known of ids, urls and names, in the order of the history's lines."""

    linked: set[str] = field(default_factory=set)
    algorithms: set[str] = field(default_factory=set)
    folders_deleted: bool = False
    _home: dict[str, str] = field(default_factory=dict)
    _upload: dict[str, str] = field(default_factory=dict)
    _orphans: set[str] = field(default_factory=set)
    _gets: dict[int, Home | None] = field(default_factory=dict)
    _puts: dict[int, Home | None] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)
    _refused: set[str] = field(default_factory=set)
    _slugs: dict[str, str] = field(default_factory=dict)

    def take(self, operation: Operation, of: Classified) -> Home:
        """Return where an operation belongs, and learn from it; announcements that never ended are taken alike."""
        exchange, called = operation.exchange, of.call
        if exchange.role is Role.STORAGE:
            return self._stored(operation)
        self._beside(operation, of)
        if called.name == "create_project":
            return self._made(operation, of)
        if called.name in _OF_MANY or called.name in _OF_PROVIDERS:
            return Home()
        names = dict.fromkeys(_mentioned(operation, of))
        home = self._of_all(names, called.id if called.name in _ABOUT_PROJECTS else "")
        if not home:
            self._orphans.update(names)
            return Home()
        self._settle(names, home)
        found = Home(home, self._upload_of(operation, of))
        self._urls(operation, of, found)
        return found

    def _of_all(self, names: dict[str, None], project: str) -> str:
        """Return the one project that all of these belong to; link them where there are several."""
        known = {self._home[name] for name in names if name in self._home} | ({project} if project else set())
        if len(known) > 1:
            self.linked |= known
        return project or min(known, default="")

    def _settle(self, names: dict[str, None], home: str) -> None:
        for name in names:
            if name in self._orphans:
                self.linked.add(home)  # something spoke of it before anybody knew where it belongs
            self._home.setdefault(name, home)

    def _made(self, operation: Operation, of: Classified) -> Home:
        name = within(asked(operation.exchange.request), "name")
        key = folded(name) if isinstance(name, str) else ""
        project = identity(operation.exchange.response) if of.answer is Answer.DONE else ""
        if not project:
            if of.answer in (Answer.REFUSED, Answer.NC):
                self._refused.add(key)
                self._of_slug(within(asked(operation.exchange.request), "slug"))
                self.linked |= {self._names[key]} if key in self._names else set()
            return Home()
        if key in self._refused or self._home.get(project, project) != project or project in self._orphans:
            self.linked |= {project, self._home.get(project, project)}
        self._home.setdefault(project, project)
        self._names[key] = project
        slug = within(operation.exchange.response, "slug")
        if isinstance(slug, str) and slug:
            self._slugs.setdefault(slug, project)
        return Home(project)

    def _of_slug(self, slug: Json) -> None:
        """Link the project that holds a slug for which another is refused."""
        if isinstance(slug, str) and slug in self._slugs:
            self.linked.add(self._slugs[slug])

    def _upload_of(self, operation: Operation, of: Classified) -> str:
        """Return the upload that an operation speaks of, and learn which files and versions are made of it."""
        exchange, called = operation.exchange, of.call
        body = exchange.response if of.answer is Answer.DONE else None
        if called.name == "create_upload":
            return identity(body)
        if called.name in ("show_upload", "create_chunk", "complete_upload", "report_hash"):
            return called.id
        named = identity(within(asked(exchange.request), "upload"))
        if named and of.answer is Answer.DONE:
            for made in (identity(body), identity(within(body, "current_version"))):
                if made:
                    self._upload[made] = named
        return named or self._upload.get(called.id, "")

    # ---- signed urls

    def _urls(self, operation: Operation, of: Classified, home: Home) -> None:
        if of.answer is not Answer.DONE:
            return
        body, name = operation.exchange.response, of.call.name
        reading = name in ("file_url", "version_url")
        signed = body if reading or name == "create_chunk" else within(body, "signed_url")
        url = within(signed, "url")
        if not isinstance(url, str):
            return
        urls, most = (self._gets, RETAINED_URLS) if reading else (self._puts, RETAINED_PUTS)
        for key in (hash(url), hash(("url_of", operation.id))):
            held = urls.setdefault(key, home)
            if held is None or held.project != home.project:
                self.linked |= {home.project} | ({held.project} if held else set())
                urls[key] = None
        forget_oldest(urls, most)

    def _stored(self, operation: Operation) -> Home:
        stated = operation.notes.get("url_of")
        key = hash(("url_of", stated)) if stated else hash(operation.exchange.path)
        reads = operation.exchange.method not in ("PUT", "POST")
        found = (self._gets if reads else self._puts).get(key)
        return found or Home()

    # ---- what concerns the whole history

    def _beside(self, operation: Operation, of: Classified) -> None:
        if of.call.name == "delete_folder":
            self.folders_deleted = True
        if of.call.name in _OF_PROVIDERS:
            body = operation.exchange.response
            results = within(body, "results")
            for one in results if isinstance(results, list) else [body]:
                algorithm = within(one, "chunk_hash_algorithm")
                if isinstance(algorithm, str):
                    self.algorithms.add(algorithm.lower())


def _mentioned(operation: Operation, of: Classified) -> Iterator[str]:
    """Yield the ids of projects, uploads, files, versions and folders that an operation speaks of."""
    exchange, called = operation.exchange, of.call
    if called.id:
        yield called.id
    if called.name == UNROUTED:
        yield from (spelled(part) for part in exchange.path.partition("?")[0].split("/") if len(part) == 36)
    yield from _ids(asked(exchange.request), outer=False)
    if of.answer is Answer.DONE:
        yield from _ids(exchange.response, outer=called.name not in ("grant_permission", "show_permission"))
        results = within(exchange.response, "results")
        if isinstance(results, list) and called.name != "list_permissions":
            for item in results:
                yield from _ids(item, outer=True)


def _ids(body: Json, *, outer: bool) -> Iterator[str]:
    """Yield the ids in a body by the fields that hold them; `outer` says that its own `id` is one."""
    if not isinstance(body, dict):
        return
    if outer and (name := identity(body)):
        yield name
    for field_name in _NAMED:
        inner = body.get(field_name)
        if isinstance(inner, dict):
            if name := identity(inner):
                yield name
            if field_name == "current_version" and (name := identity(within(inner, "upload"))):
                yield name
        elif isinstance(flat := body.get(f"{field_name}[id]"), str):
            yield spelled(flat)
