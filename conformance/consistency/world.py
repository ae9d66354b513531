"""From operations to state: which resource an operation speaks of, and what it adds to what is known of it.

Only operations of the owner come here; what others are told is judged by `access`. A mutation is known twice: when it
is announced (`begin`) and when its answer is there (`add`), so that a proof never rests on an attempt not yet noted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from conformance.answers import STORAGE_PUT, Answer, Call, Effect, answer, effect, is_gateways
from conformance.consistency.marks import NEVER, Mark, first, last, mark
from conformance.consistency.state import (
    Attempt,
    Download,
    File,
    Part,
    Project,
    Reads,
    Refusal,
    Switch,
    Upload,
    Version,
)
from conformance.model import Json, Octets, Operation

KEPT_URLS = 100_000
"""Signed GET URLs remembered until they are used; one is good for minutes, so older ones are dropped."""
Handler = Callable[[Operation, Call, Answer], None]


def identity(value: Json) -> str:
    """Give the `id` of a JSON object, empty when there is none."""
    found = value.get("id") if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""


def within(value: Json, *names: str) -> Json:
    """Follow `names` into nested JSON objects; None where one is missing."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def whole(value: Json) -> int | None:
    """Read an integer, also from the digits of a form field."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20 else None


def reported_hash(body: Json) -> tuple[str, str] | None:
    """Give value and algorithm of a reported hash, nested or as form fields; None when it is not there."""
    value, algorithm = within(body, "hash", "value"), within(body, "hash", "algorithm")
    if value is None and isinstance(body, dict):
        value, algorithm = body.get("hash[value]"), body.get("hash[algorithm]")
    return (value, algorithm) if isinstance(value, str) and isinstance(algorithm, str) else None


class World:
    """Everything the judge remembers."""

    def __init__(self) -> None:
        self.projects: dict[str, Project] = {}
        self.uploads: dict[str, Upload] = {}
        self.files: dict[str, File] = {}
        self.versions: dict[str, Version] = {}
        self.algorithms: dict[str, str] = {}
        self.folders_doomed = NEVER
        self.doomed = NEVER
        self.put_urls: dict[int, tuple[str, int] | None] = {}
        self.get_urls: dict[int, tuple[Reads, Mark] | None] = {}
        self.strays: dict[int, list[Operation]] = {}
        self.dirty: set[str] = set()
        self.dirty_files: set[str] = set()
        self.dirty_projects: set[str] = set()
        self.handlers: Mapping[str, Handler] = {
            "create_project": self._create_project,
            "show_project": self._show_project,
            "update_project": self._write_project,
            "delete_project": self._delete_project,
            "create_upload": self._create_upload,
            "show_upload": self._show_upload,
            "create_chunk": self._create_chunk,
            "report_hash": self._report_hash,
            "complete_upload": self._complete,
            "create_file": self._create_file,
            "show_file": self._show_file,
            "update_file": self._switch,
            "promote_version": self._switch,
            "delete_file": self._delete_file,
            "move_file": self._write_file,
            "rename_file": self._write_file,
            "list_versions": self._list_versions,
            "show_version": self._show_version,
            "delete_version": self._delete_version,
            "delete_folder": self._delete_folder,
            "move_folder": self._delete_folder,
            "file_url": self._file_url,
            "version_url": self._version_url,
            "list_storage_providers": self._providers,
            "show_storage_provider": self._providers,
            "storage_put": self._storage_put,
            "storage_get": self._storage_get,
        }
        self.beginnings: Mapping[str, Callable[[Operation, Call], None]] = {
            "delete_project": self._begin_delete,
            "delete_file": self._begin_delete,
            "delete_version": self._begin_delete,
            "delete_folder": self._begin_delete,
            "move_folder": self._begin_delete,
            "update_file": self._begin_switch,
            "promote_version": self._begin_switch,
            "complete_upload": self._begin_complete,
        }

    def changed(self) -> set[str]:
        """Give the uploads of which anything was heard since the last call."""
        names, files = self.dirty, self.dirty_files
        self.dirty, self.dirty_files = set(), set()
        for name in files:
            names.update(switch.upload for switch in self.files[name].switches.values())
        return names

    def stray_from(self) -> int:
        """Give the latest beginning (ns) of a write at the storage provider that belongs to no part known."""
        return max((one.a_ns for strays in self.strays.values() for one in strays), default=-1)

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

    # ---- announcements

    def _begin_delete(self, operation: Operation, called: Call) -> None:
        kept, pending = mark(operation), Effect.INDETERMINATE
        self.doomed = min(self.doomed, kept[0])
        thing: Project | File | Version
        if called.name == "delete_project":
            thing = self.project(called.id)
        elif called.name == "delete_file":
            thing = self.file(called.id)
        elif called.name == "delete_version":
            thing = self.version(called.id)
            self._murky(thing, kept[0])
        else:
            self.folders_doomed = min(self.folders_doomed, kept[0])
            return
        thing.deletes.setdefault(operation.id, (kept, pending))
        thing.doomed = min(thing.doomed, kept[0])

    def _murky(self, version: Version, a: int) -> None:
        # Deleting a version may change which one is current: what the file then points to is not known.
        if version.file:
            file = self.file(version.file)
            file.murky = min(file.murky, a)

    def _begin_switch(self, operation: Operation, called: Call) -> None:
        file, upload = self._switching(operation, called)
        if file and (upload or called.name == "promote_version"):
            kept = mark(operation)
            switch = Switch(upload, kept[0], NEVER, Effect.INDETERMINATE, kept)
            self.file(file).switches.setdefault(operation.id, switch)
            self.file(file).switched = min(self.file(file).switched, kept[0])

    def _switching(self, operation: Operation, called: Call) -> tuple[str, str]:
        body = operation.exchange.request
        if called.name == "update_file":
            upload = identity(within(body, "upload"))
            flat = body.get("upload[id]") if isinstance(body, dict) else None
            return called.id, upload or (flat if isinstance(flat, str) else "")
        version = self.version(called.id)
        return version.file, version.upload

    def _begin_complete(self, operation: Operation, called: Call) -> None:
        self.upload(called.id).completes.setdefault(operation.id, Attempt(mark(operation), Effect.INDETERMINATE))

    # ---- projects

    def _create_project(self, operation: Operation, _called: Call, answered: Answer) -> None:
        name = identity(operation.exchange.response)
        if answered is Answer.DONE and name:
            project = self.project(name)
            project.created = first(project.created, mark(operation))

    def _show_project(self, operation: Operation, called: Call, answered: Answer) -> None:
        if answered is Answer.DONE and within(operation.exchange.response, "is_deleted") is False:
            project = self.project(called.id)
            project.shows = last(project.shows, mark(operation))

    def _write_project(self, operation: Operation, called: Call, answered: Answer) -> None:
        if effect(operation.exchange, called, answered) is not Effect.NONE:
            self.project(called.id).writes.append(mark(operation)[:2])

    def _delete_project(self, operation: Operation, called: Call, answered: Answer) -> None:
        self._begin_delete(operation, called)
        done = effect(operation.exchange, called, answered)
        self.project(called.id).deletes[operation.id] = (mark(operation), done)

    def _create_upload(self, operation: Operation, called: Call, answered: Answer) -> None:
        exchange = operation.exchange
        project = self.project(called.id)
        provider = identity(within(exchange.request, "storage_provider"))
        reads = project.reads.get(provider)
        if reads is None:
            reads = project.reads[provider] = Reads("create_upload", called.id)
        name = identity(exchange.response) if answered is Answer.DONE else ""
        kept = mark(operation)
        self.dirty_projects.add(called.id)
        if answered is Answer.DONE and not name:
            return
        if kept[1] >= project.doomed:
            project.late.append((reads, kept, answered))
        else:
            self._take(reads, kept, answered, operation)
        if name:
            self._new_upload(self.upload(name), operation, called.id)

    def _new_upload(self, upload: Upload, operation: Operation, project: str) -> None:
        asked, given = operation.exchange.request, operation.exchange.response
        upload.created = first(upload.created, mark(operation))
        upload.project = project
        upload.provider = identity(within(given, "storage_provider"))
        upload.size = whole(within(asked, "size"))
        chunked = within(asked, "chunked")
        upload.chunked = chunked not in (False, "false")
        self._learn_put(within(given, "signed_url"), upload.id, 0)

    def _learn_put(self, signed: Json, upload: str, number: int) -> None:
        url = within(signed, "url")
        if isinstance(url, str):
            key, target = hash(url), (upload, number)
            self.put_urls[key] = target if self.put_urls.get(key, target) == target else None
            for stray in self.strays.pop(key, ()):
                self._storage_put(stray, _STORED, answer(stray.exchange, _STORED))

    @staticmethod
    def _take(reads: Reads, kept: Mark, answered: Answer, operation: Operation) -> None:
        if answered is Answer.NC:
            reads.not_consistent(kept)
            return
        if answered is Answer.DONE:
            reads.truth(kept, good=True)
            return
        status = operation.exchange.status
        if answered is Answer.REFUSED:
            if status == 404 and isinstance(operation.exchange.response, dict):
                reads.plain_404(kept)
        elif answered is not Answer.UNKNOWN:
            reads.take(kept, answered)
        elif (
            status is not None and operation.exchange.failure is None and isinstance(operation.exchange.response, dict)
        ):
            if status >= 500 and not is_gateways(operation.exchange):
                reads.server_error(kept)
            elif status in _ODD:
                reads.other_answer(kept)

    # ---- uploads

    def _show_upload(self, operation: Operation, called: Call, answered: Answer) -> None:
        if answered is not Answer.DONE:
            return
        body = operation.exchange.response
        upload = self.upload(called.id)
        self._learn_put(within(body, "signed_url"), called.id, 0)
        status = within(body, "status")
        if isinstance(status, dict):
            self._status(upload, status, mark(operation))

    @staticmethod
    def _status(upload: Upload, status: dict[str, Any], kept: Mark) -> None:
        record = upload.status
        if "completed_on" in status:
            if status["completed_on"] is None:
                upload.open = last(upload.open, kept)
            else:
                upload.closed = first(upload.closed, kept)
        for name in ("initiated_on", "completed_on", "error_on", "error_message"):
            value = status.get(name)
            if value is not None:
                held = record.fields.setdefault(name, (str(value), kept))
                if held[0] != str(value) and name not in record.changed:
                    record.changed[name] = (*held, str(value), kept)
        if "is_consistent" not in status:
            return
        record.reported += 1
        decided, broken = status["is_consistent"] is True, status.get("error_on") is not None
        if broken and not decided:
            record.early_error = first(record.early_error, kept)
        session = record.sessions.setdefault(kept[2], [None, None])
        if not decided:
            session[1] = last(session[1], kept)
            return
        session[0] = first(session[0], kept)
        if broken:
            record.bad = first(record.bad, kept)
        else:
            record.good = first(record.good, kept)

    def _create_chunk(self, operation: Operation, called: Call, answered: Answer) -> None:
        exchange = operation.exchange
        done = effect(exchange, called, answered)
        number, size = whole(within(exchange.request, "number")), whole(within(exchange.request, "size"))
        hashed = reported_hash(exchange.request)
        if done is Effect.NONE:
            return
        upload = self.upload(called.id)
        if number is None or size is None or hashed is None:
            upload.parts.setdefault(-1, Part(mixed=True))
            return
        part = upload.parts.setdefault(number, Part())
        declared = (size, *hashed)
        if part.declared not in (None, declared):
            part.mixed = True
        part.declared = declared
        kept = mark(operation)
        part.latest = max(part.latest, kept[0])
        if done is Effect.DONE:
            part.confirmed = min(part.confirmed, kept[1])
            part.declaring = first(part.declaring, kept)
            self._learn_put(exchange.response, called.id, number)

    def _storage_put(self, operation: Operation, _called: Call, answered: Answer) -> None:
        key = hash(operation.exchange.path)
        target = self.put_urls.get(key)
        if answered is Answer.REFUSED:
            return
        if target is None:
            self.strays.setdefault(key, []).append(operation)
            return
        upload = self.upload(target[0])
        part = upload.parts.setdefault(target[1], Part())
        sent = operation.exchange.request
        if not isinstance(sent, Octets) or (
            part.stored and (sent.bytes, sent.md5) != (part.stored.bytes, part.stored.md5)
        ):
            part.mixed = True
            return
        kept = mark(operation)
        part.stored = Octets(sent.bytes, sent.md5)
        part.latest = max(part.latest, kept[0])
        if answered is Answer.DONE:
            part.sure = min(part.sure, kept[1])
            part.storing = first(part.storing, kept)

    def _report_hash(self, _operation: Operation, called: Call, _answered: Answer) -> None:
        self.upload(called.id).rehashed = True

    def _complete(self, operation: Operation, called: Call, answered: Answer) -> None:
        exchange = operation.exchange
        done = effect(exchange, called, answered)
        upload = self.upload(called.id)
        kept = mark(operation)
        status = None if is_gateways(exchange) else exchange.status
        upload.completes[operation.id] = Attempt(kept, done, status, reported_hash(exchange.request))
        if exchange.status in _REFUSALS and answered is not Answer.INTEGRITY and answered is not Answer.ALREADY:
            self._refused(upload, operation, kept)
        content = operation.notes.get("content")
        length, md5 = within(content, "bytes"), within(content, "md5")
        if isinstance(length, int) and isinstance(md5, str):
            noted = Octets(length, md5)
            upload.content_clash |= upload.content not in (None, noted)
            upload.content = noted

    @staticmethod
    def _refused(upload: Upload, operation: Operation, kept: Mark) -> None:
        hashed = reported_hash(operation.exchange.request)
        status = operation.exchange.status
        if not hashed or status is None or operation.notes.get("intent") == "invalid":
            return
        if upload.refusal is None or kept < upload.refusal.mark:
            upload.refusal = Refusal(kept, status, hashed)

    # ---- files and versions

    def _link(self, version: Json, kept: Mark, file: str, upload: str = "") -> None:
        name, found = identity(version), identity(within(version, "upload")) or upload
        if not name:
            return
        held = self.version(name)
        held.file = held.file or file
        held.linked = first(held.linked, kept)
        if found and not held.upload:
            held.upload = found
            self.upload(found).versions.append(name)
        elif found and held.upload != found:
            held.conflicting = True
        if file and name not in self.file(file).versions:
            self.file(file).versions.append(name)

    def _create_file(self, operation: Operation, called: Call, answered: Answer) -> None:
        exchange = operation.exchange
        asked = identity(within(exchange.request, "upload"))
        kept = mark(operation)
        if answered is Answer.REFUSED and exchange.status in (400, 422) and asked:
            upload = self.upload(asked)
            upload.refused_files = first(upload.refused_files, kept)
        name = identity(exchange.response)
        if answered is not Answer.DONE or not name:
            return
        file = self.file(name)
        file.created = first(file.created, kept)
        parent = within(exchange.request, "parent")
        file.in_folder = within(parent, "kind") != "dds-project"
        file.project = identity(within(exchange.response, "project")) or identity(parent)
        version = within(exchange.response, "current_version")
        upload_name = identity(within(version, "upload")) or asked
        if upload_name:
            switch = Switch(upload_name, kept[0], kept[1], effect(exchange, called, answered), kept, first=True)
            file.switches[operation.id] = switch
            self.upload(upload_name).files.append(name)
        self._link(version, kept, name, upload_name)

    def _show_file(self, operation: Operation, called: Call, answered: Answer) -> None:
        if answered is Answer.DONE:
            self._link(within(operation.exchange.response, "current_version"), mark(operation), called.id)

    def _list_versions(self, operation: Operation, called: Call, answered: Answer) -> None:
        results = within(operation.exchange.response, "results")
        if answered is Answer.DONE and isinstance(results, list):
            for version in results:
                self._link(version, mark(operation), called.id)

    def _show_version(self, operation: Operation, called: Call, answered: Answer) -> None:
        body = operation.exchange.response
        if answered is Answer.DONE and identity(body) == called.id:
            self._link(body, mark(operation), identity(within(body, "file")))

    def _switch(self, operation: Operation, called: Call, answered: Answer) -> None:
        exchange = operation.exchange
        done = effect(exchange, called, answered)
        name, upload = self._switching(operation, called)
        if not name:
            return
        file, kept = self.file(name), mark(operation)
        if done is not Effect.NONE:
            file.writes.append(kept[:2])
        if not upload and called.name == "update_file":
            return
        self._begin_switch(operation, called)
        file.switches[operation.id] = Switch(upload, kept[0], kept[1], done, kept)
        if done is Effect.DONE and upload:
            self.upload(upload).files.append(name)
            body = exchange.response
            self._link(within(body, "current_version") if called.name == "update_file" else body, kept, name, upload)

    def _write_file(self, operation: Operation, called: Call, answered: Answer) -> None:
        if effect(operation.exchange, called, answered) is not Effect.NONE:
            self.file(called.id).writes.append(mark(operation)[:2])
            self.file(called.id).in_folder = True

    def _delete_file(self, operation: Operation, called: Call, answered: Answer) -> None:
        self._begin_delete(operation, called)
        done = effect(operation.exchange, called, answered)
        self.file(called.id).deletes[operation.id] = (mark(operation), done)

    def _delete_version(self, operation: Operation, called: Call, answered: Answer) -> None:
        self._begin_delete(operation, called)
        done = effect(operation.exchange, called, answered)
        self.version(called.id).deletes[operation.id] = (mark(operation), done)

    def _delete_folder(self, operation: Operation, called: Call, _answered: Answer) -> None:
        self._begin_delete(operation, called)

    # ---- the url endpoints

    def _file_url(self, operation: Operation, called: Call, answered: Answer) -> None:
        file = self.file(called.id)
        kept = mark(operation)
        reads = file.reads
        if answered is Answer.DONE and not self._learn_get(operation, reads, kept):
            return
        self.dirty_files.add(called.id)
        if kept[1] >= self.doomed and kept[1] >= self._file_doomed(file):
            file.late.append((reads, kept, answered))
        elif kept[1] >= file.switched:
            file.single.append((kept, answered))
            if answered is Answer.REFUSED:
                self._take(reads, kept, answered, operation)
        else:
            self._take(reads, kept, answered, operation)

    def _file_doomed(self, file: File) -> int:
        doomed = min(file.doomed, file.murky)
        if file.in_folder:
            doomed = min(doomed, self.folders_doomed)
        project = self.projects.get(file.project)
        return min(doomed, project.doomed) if project else doomed

    def _version_url(self, operation: Operation, called: Call, answered: Answer) -> None:
        version = self.version(called.id)
        kept = mark(operation)
        if answered is Answer.DONE and not self._learn_get(operation, version.reads, kept):
            return
        self.dirty.add(version.upload)
        if kept[1] >= self.doomed and kept[1] >= self._version_doomed(version):
            version.late.append((version.reads, kept, answered))
        else:
            self._take(version.reads, kept, answered, operation)

    def _version_doomed(self, version: Version) -> int:
        file = self.files.get(version.file)
        if file is None:
            return version.doomed
        doomed = min(version.doomed, file.doomed)
        if file.in_folder:
            doomed = min(doomed, self.folders_doomed)
        project = self.projects.get(file.project)
        return min(doomed, project.doomed) if project else doomed

    def _learn_get(self, operation: Operation, reads: Reads, kept: Mark) -> bool:
        body = operation.exchange.response
        url = body.get("url") if type(body) is dict else None
        if not isinstance(url, str):
            return False
        key = hash(url)
        held = self.get_urls.get(key, (reads, kept))
        if held is not None and held[0] is not reads and self._only_upload(held[0]) != self._only_upload(reads):
            self.get_urls[key] = None
        else:
            self.get_urls.setdefault(key, (reads, kept))
        if len(self.get_urls) > KEPT_URLS:
            self.get_urls.pop(next(iter(self.get_urls)))
        return True

    def _only_upload(self, reads: Reads) -> str:
        # Two answers may share a url (redacted, or signed in the same second) only if they mean the same bytes.
        if reads.kind == "version_url":
            return self.versions[reads.id].upload or reads.id
        uploads = {switch.upload for switch in self.files[reads.id].switches.values()}
        return uploads.pop() if len(uploads) == 1 else reads.id

    def _storage_get(self, operation: Operation, _called: Call, answered: Answer) -> None:
        target = self.get_urls.get(hash(operation.exchange.path))
        if target is None or operation.exchange.method != "GET":
            return
        body = operation.exchange.response
        if answered is Answer.DONE and operation.exchange.status == 200 and isinstance(body, Octets):
            target[0].downloads.append(Download(target[1], mark(operation), Octets(body.bytes, body.md5)))
        elif operation.exchange.status == 404 and operation.exchange.failure is None:
            target[0].downloads.append(Download(target[1], mark(operation), None))

    # ---- storage providers

    def _providers(self, operation: Operation, _called: Call, answered: Answer) -> None:
        if answered is not Answer.DONE:
            return
        body = operation.exchange.response
        results = within(body, "results")
        for provider in results if isinstance(results, list) else [body]:
            algorithm = within(provider, "chunk_hash_algorithm")
            if isinstance(algorithm, str):
                self.algorithms[identity(provider)] = algorithm.lower()


_STORED = Call(STORAGE_PUT)
_REFUSALS = frozenset({400, 409, 412, 422})
"""Statuses by which a completion may be refused for what was stored; others have other reasons."""
_ODD = frozenset({402, 406, 409, 410, 411, 412, 416, 417, 418, 423, 424, 426, 428, 451})
"""Statuses that no state of a live resource explains at an extended endpoint; others have rows of their own."""
