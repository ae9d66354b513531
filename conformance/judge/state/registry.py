"""The resources that a run speaks of, by id, and what is announced of them before it is sent."""

from __future__ import annotations

from conformance.api.answers import Answer, Classified, Effect, Kind
from conformance.api.bodies import asked, identity, within
from conformance.api.error_bodies import has_four_fields
from conformance.api.gateways import is_busy
from conformance.api.request_facts import is_doubtful
from conformance.api.routes import Call
from conformance.api.statuses import (
    DENIED_AT_CREATION,
    NO_REASON_STATUSES,
    ODD_AT_CREATION,
    ODD_AT_URLS,
    ODD_STATUSES,
    STORAGE_FULL,
)
from conformance.judge.state.interval import NEVER, Interval, first, interval_of, last
from conformance.judge.state.resources import Attempt, File, Project, Reads, Switch, Upload, Version
from conformance.judge.state.revalidations import Revalidations
from conformance.judge.state.rights import CHANGES, Rights
from conformance.judge.state.stays import Folder, Look
from conformance.model import Octets, Operation

URL_OF = "url_of"
"""The note on a request to a storage provider that names the operation whose answer gave its url."""


_TELLING = frozenset({Answer.NC, Answer.DONE, Answer.INTEGRITY})


def followed(operation: Operation) -> int:
    """Give the key of the signed url that a request follows: the answer that gave it, if the sender says which.

    Urls alone may be alike once their signatures are hidden, and a sender may have had to spell them another way.
    """
    stated = operation.notes.get(URL_OF)
    return hash((URL_OF, stated)) if stated else hash(operation.exchange.path)


def given_by(operation: Operation) -> int:
    """Give the key under which a sender says that it follows the url which this operation's answer gave."""
    return hash((URL_OF, operation.id))


def _fails(operation: Operation, of: Classified) -> bool:
    """Whether this is the API's own server error."""
    exchange = operation.exchange
    stated = of.answer is Answer.UNKNOWN and of.kind is not Kind.NOTHING and isinstance(exchange.response, dict)
    silent = of.kind is Kind.FOREIGN or is_busy(exchange) or exchange.status == STORAGE_FULL
    return stated and (exchange.status or 0) >= 500 and not silent


def heard(operation: Operation, answered: Answer) -> Answer:
    """Give the class of an answer of an extended endpoint for later: a refusal counts if it is a plain 404 of the API.

    Others may have reasons that have nothing to do with the resource, such as a storage provider that is none.
    """
    plain = operation.exchange.status == 404 and _known(operation) and _is_vouched_for(operation)
    return Answer.UNKNOWN if answered is Answer.REFUSED and not plain else answered


def refuses(operation: Operation) -> bool:
    """Whether the API refuses a plain read for reasons of its own, which is no truth about what was read.

    A token that expired, too many requests and what others say on the way are no such reasons.
    """
    status = operation.exchange.status or 0
    if not 400 < status < 500 or status in NO_REASON_STATUSES or is_busy(operation.exchange):
        return False
    return operation.exchange.failure is None and _is_the_apis(operation) and not is_doubtful(operation)


def evades(operation: Operation, answered: Answer) -> bool:
    """Whether a plain read of a url is answered by a success without one, or by the API's own redirect."""
    status, body = operation.exchange.status or 0, operation.exchange.response
    if operation.exchange.failure is not None or is_doubtful(operation) or not _known(operation):
        return False
    without = answered is Answer.DONE and status != 200 and not isinstance(within(body, "url"), str)
    return without or 300 <= status < 400


def _is_vouched_for(operation: Operation) -> bool:
    provider = within(asked(operation.exchange.request), "storage_provider")
    return not is_doubtful(operation) and (provider is None or bool(identity(provider)))


def is_odd(reads: Reads, operation: Operation, answered: Answer) -> bool:
    """Whether no state of a live resource explains the answer; a create counts only if it is vouched for."""
    status = operation.exchange.status
    if status is None or operation.exchange.failure is not None or not _plain(operation.exchange.path):
        return False
    if reads.kind == "create_upload":
        return _is_asked_well(operation) and status in (ODD_AT_CREATION if _has_bytes(operation) else ODD_STATUSES)
    if answered is Answer.DONE:
        return True
    if is_doubtful(operation):
        return False
    redirected = 300 <= status < 400 and _known(operation)
    return redirected or (status in ODD_AT_URLS and _is_the_apis(operation))


def denies(operation: Operation) -> bool:
    """Whether the owner's create of an upload that is vouched for is refused, for whatever reason."""
    exchange = operation.exchange
    asked_well = exchange.failure is None and _plain(exchange.path) and _is_asked_well(operation)
    mine = exchange.user == "owner" and _has_bytes(operation) and not is_busy(exchange)
    return asked_well and mine and exchange.status in DENIED_AT_CREATION


def _is_asked_well(operation: Operation) -> bool:
    return operation.notes.get("intent") == "valid" and _is_the_apis(operation)


def _has_bytes(operation: Operation) -> bool:
    """Whether the upload asked for is not empty: a server may have its reasons against one that is."""
    size = within(asked(operation.exchange.request), "size")
    return type(size) is int and size > 0


def _known(operation: Operation) -> bool:
    return _plain(operation.exchange.path) and isinstance(operation.exchange.response, dict)


def _is_the_apis(operation: Operation) -> bool:
    # What has not the four fields may be a gateway's own; a broken payload of the API has a duty of its own.
    return _known(operation) and has_four_fields(operation.exchange.response)


def _plain(path: str) -> bool:
    # A query, or a slash too many, may be why it is refused.
    return "?" not in path and "//" not in path and not path.endswith("/")


class Registry:
    """Everything the judge remembers, and the announcements of mutations."""

    def __init__(self) -> None:
        self.projects: dict[str, Project] = {}
        self.uploads: dict[str, Upload] = {}
        self.files: dict[str, File] = {}
        self.versions: dict[str, Version] = {}
        self.folders: dict[str, Folder] = {}
        self.rights = Rights()
        self.revalidations = Revalidations()
        self.looks: dict[tuple[str, str], Look] = {}
        self.algorithms: dict[str, str] = {}
        self.providers: set[str] = set()
        self.folders_doomed = NEVER
        self.doomed = NEVER
        self.put_urls: dict[int, tuple[str, int] | None] = {}
        self.put_given: dict[int, Interval] = {}
        self.get_urls: dict[int, tuple[Reads, Interval] | None] = {}
        self.strays: dict[int, list[tuple[Operation, Classified]]] = {}
        self.served = False
        self.attached_unread = NEVER
        self.dirty: set[str] = set()
        self.dirty_files: set[str] = set()
        self.dirty_projects: set[str] = set()

    def changed(self) -> set[str]:
        """Give the uploads of which anything was heard since the last call."""
        names, files = self.dirty, self.dirty_files
        self.dirty, self.dirty_files = set(), set()
        for name in files:
            names.update(switch.upload for switch in self.files[name].switches.values())
        return names

    def stray_from(self) -> int:
        """Give the latest beginning (ns) of a write at the storage provider that belongs to no part known."""
        return max((one.a_ns for strays in self.strays.values() for one, _ in strays), default=-1)

    # ---- resources by id, made on first sight

    def project(self, name: str) -> Project:
        """Give the project `name`."""
        found = self.projects.get(name)
        if found is None:
            found = self.projects[name] = Project(name)
        return found

    def upload(self, name: str) -> Upload:
        """Give the upload `name`."""
        found = self.uploads.get(name)
        if found is None:
            found = self.uploads[name] = Upload(name)
        self.dirty.add(name)
        return found

    def file(self, name: str) -> File:
        """Give the file `name`."""
        found = self.files.get(name)
        if found is None:
            found = self.files[name] = File(name, Reads("file_url", name))
        return found

    def version(self, name: str) -> Version:
        """Give the file version `name`."""
        found = self.versions.get(name)
        if found is None:
            found = self.versions[name] = Version(name, Reads("version_url", name))
        return found

    def folder(self, name: str) -> Folder:
        """Give the folder `name`."""
        found = self.folders.get(name)
        if found is None:
            found = self.folders[name] = Folder(name)
        return found

    def look(self, kind: str, operation: Operation, of: Classified) -> None:
        """Take a look at a project, file or version, which shows that it is there or that it is not."""
        shown = of.answer is Answer.DONE
        if not shown and heard(operation, of.answer) is not Answer.REFUSED:
            return
        body, name, interval = operation.exchange.response, of.call.id, interval_of(operation)
        held = self.looks.setdefault((kind, name), Look(kind, name))
        if shown and within(body, "is_deleted") is not True and identity(body) == name:
            held.seen, held.seen_last = first(held.seen, interval), last(held.seen_last, interval)
        elif not shown or within(body, "is_deleted") is True:
            held.gone = last(held.gone, interval)

    # ---- announcements

    def _begin_delete(self, operation: Operation, called: Call) -> None:
        interval, pending = interval_of(operation), Effect.INDETERMINATE
        self.doomed = min(self.doomed, interval.begun_ns)
        thing: Project | File | Version | Folder
        if called.name == "delete_project":
            thing = self.project(called.id)
        elif called.name == "delete_file":
            thing = self.file(called.id)
        elif called.name == "delete_version":
            thing = self.version(called.id)
            self._murky(thing, interval.begun_ns)
        else:
            thing = self.folder(called.id)
            self.folders_doomed = min(self.folders_doomed, interval.begun_ns)
        thing.deletes.setdefault(operation.id, (interval, pending))
        thing.doomed = min(thing.doomed, interval.begun_ns)

    def _murky(self, version: Version, a: int) -> None:
        # Deleting a version may change which one is current: what the file then points to is not known.
        if version.file:
            file = self.file(version.file)
            file.murky = min(file.murky, a)

    def _begin_switch(self, operation: Operation, called: Call) -> None:
        file, upload = self._switching(operation, called)
        unread = isinstance(operation.exchange.request, Octets)  # it may name any upload
        if file and (upload or unread or called.name == "promote_version"):
            interval = interval_of(operation)
            switch = Switch(upload, interval.begun_ns, NEVER, Effect.INDETERMINATE, interval)
            self.file(file).switches.setdefault(operation.id, switch)
            self.file(file).switched = min(self.file(file).switched, interval.begun_ns)

    def _switching(self, operation: Operation, called: Call) -> tuple[str, str]:
        if called.name == "update_file":
            body = asked(operation.exchange.request)
            upload = identity(within(body, "upload"))
            flat = body.get("upload[id]") if isinstance(body, dict) else None
            return called.id, upload or (flat if isinstance(flat, str) else "")
        version = self.version(called.id)
        return version.file, version.upload

    def _begin_complete(self, operation: Operation, called: Call) -> None:
        self.upload(called.id).completes.setdefault(operation.id, Attempt(interval_of(operation), Effect.INDETERMINATE))

    def withdraw(self, operation: Operation, called: Call) -> None:
        """Take the announcement of a mutation back that left nothing behind."""
        name = called.id
        upload, project = self.uploads.get(name), self.projects.get(name)
        if upload is not None:
            upload.completes.pop(operation.id, None)
        if called.name in CHANGES:
            self.rights.withdraw(operation, called)
        for thing in (project, self.files.get(name), self.versions.get(name), self.folders.get(name)):
            if thing is not None:
                thing.deletes.pop(operation.id, None)
        version = self.versions.get(name)
        file = self.files.get(version.file if version is not None else name)
        if file is not None:
            file.switches.pop(operation.id, None)

    @staticmethod
    def take(reads: Reads, interval: Interval, of: Classified, operation: Operation) -> None:
        """Fold one answer of an extended endpoint in; what tells nothing is left out."""
        answered = of.answer
        if operation.exchange.user == "other" and answered in _TELLING:
            reads.latest_member = max(reads.latest_member, interval.begun_ns)
        if answered is Answer.NC:
            reads.not_consistent(interval)
            return
        if answered is Answer.DONE and (reads.kind == "create_upload" or operation.exchange.status == 200):
            reads.truth(interval, good=True)
        elif answered is Answer.INTEGRITY:
            reads.take(interval, answered)
        elif answered is Answer.REFUSED and operation.exchange.status == 404:
            if heard(operation, answered) is Answer.REFUSED:
                reads.plain_404(interval)
        else:
            _take_error(reads, interval, of, operation)


def _take_error(reads: Reads, interval: Interval, of: Classified, operation: Operation) -> None:
    to_member = operation.exchange.user == "other"
    if _fails(operation, of):
        reads.error(interval, to_member=to_member)
    elif reads.kind != "create_upload":
        if refuses(operation):
            reads.error(interval, to_member=to_member)
        if is_odd(reads, operation, of.answer):
            reads.other_answer(interval)
