"""What operations on files, versions and their url endpoints add to what is known."""

from __future__ import annotations

from dataclasses import replace

from conformance.api.answers import Answer, Classified, Effect
from conformance.api.bodies import asked, identity, promoted, within
from conformance.api.error_bodies import named_fields, names_upload, says_taken
from conformance.api.failed_fetches import asked_to_wait_s, useless
from conformance.api.request_facts import is_doubtful
from conformance.api.statuses import ATTACH_REFUSALS, STORAGE_REFUSALS
from conformance.history.oldest import forget_oldest
from conformance.judge.state.intake_storage import Storing
from conformance.judge.state.interval import NEVER, Interval, first, interval_of, last
from conformance.judge.state.registry import evades, followed, given_by, heard, is_odd, refuses
from conformance.judge.state.resources import Download, File, Reads, Switch, TurnedAway, Version
from conformance.judge.state.revalidations import NOT_MODIFIED
from conformance.judge.state.stays import Stay
from conformance.model import Json, Octets, Operation

RETAINED_URLS = 100_000
"""Signed GET URLs remembered until they are used; one is good for minutes, so older ones are dropped."""


def stay(parent: Json, interval: Interval, effect: Effect) -> Stay:
    """Return where a create or a move puts something."""
    return Stay(identity(parent), within(parent, "kind") != "dds-project", interval, effect)


def _may_be_held(operation: Operation) -> bool:
    """Whether an answer may be revalidated later, or tells again what was."""
    exchange = operation.exchange
    headers = exchange.headers
    return "etag" in headers or "last-modified" in headers or exchange.status == NOT_MODIFIED


class Filing(Storing):
    """Takes operations on files and versions, and what their url endpoints answer."""

    # ---- files and versions

    def _link(self, version: Json, interval: Interval, file: str, upload: str = "", *, stated: bool = False) -> None:
        # `told` where the answer acknowledges the version; one that only shows it may come from a replica ahead.
        name, named = identity(version), identity(within(version, "upload"))
        found = named or upload
        if not name:
            return
        held = self.version(name)
        held.file = held.file or file
        held.linked = first(held.linked, interval)
        if stated:
            held.acknowledged = first(held.acknowledged, interval)
        if stated and named:
            held.named[named] = first(held.named.get(named), interval) or interval
        if found and not held.upload:
            held.upload = found
            self.upload(found).versions.append(name)
        elif found and held.upload != found:
            held.conflicting = True
        if file and name not in self.file(file).versions:
            self.file(file).versions.append(name)

    def _create_file(self, operation: Operation, of: Classified) -> None:
        exchange = operation.exchange
        request = asked(exchange.request)
        wanted = identity(within(request, "upload"))
        interval = interval_of(operation)
        about_upload = not (fields := named_fields(exchange)) or any("upload" in name for name in fields)
        ordinary = of.answer is Answer.REFUSED or (of.answer is Answer.INTEGRITY and fields)
        if ordinary and exchange.status in (400, 422) and wanted and about_upload:
            upload = self.upload(wanted)
            if operation.notes.get("intent") != "invalid":
                upload.refused_files = last(upload.refused_files, interval)
        self._attach(operation, of, wanted)
        name = identity(exchange.response)
        if of.answer is not Answer.DONE or not name:
            return
        file = self.file(name)
        file.created = first(file.created, interval)
        parent = within(request, "parent")
        file.in_folder = within(parent, "kind") != "dds-project"
        file.stays[operation.id] = stay(parent, interval, of.effect)
        at_root = "" if file.in_folder else identity(parent)
        file.project = identity(within(exchange.response, "project")) or at_root
        version = within(exchange.response, "current_version")
        upload_name = identity(within(version, "upload")) or wanted
        if not file.project and file.in_folder:
            file.project = self.folder(identity(parent)).project
        if not file.project:
            file.project = self.upload(upload_name).project if upload_name else ""
        if upload_name:
            # A server may take a file of a name that is there for a new version of that one.
            again = any(held.first and held.upload != upload_name for held in file.switches.values())
            switch = Switch(upload_name, interval.begun_ns, interval.ended_ns, of.effect, interval, first=not again)
            file.switches[operation.id] = switch
            if again:
                file.switched = min(file.switched, interval.begun_ns)
            self.upload(upload_name).files.append(name)
        self._link(version, interval, name, upload_name, stated=True)

    def _attach(self, operation: Operation, of: Classified, wanted: str) -> None:
        """Note that an upload may have been attached from now on, or was turned away for its own sake."""
        exchange = operation.exchange
        own = exchange.status in ATTACH_REFUSALS and names_upload(exchange) and not says_taken(exchange)
        own = own and of.answer is not Answer.ALREADY and exchange.failure is None and not is_doubtful(operation)
        if own and wanted:
            place = stay(within(asked(exchange.request), "parent"), interval_of(operation), of.effect)
            file = of.call.id if of.call.name == "update_file" else ""
            away = TurnedAway(of.effect is Effect.NONE, place, file)
            self.upload(wanted).turned_away.append(away)
        elif wanted and (of.effect is not Effect.NONE or says_taken(exchange)):  # by itself, delivered once more
            upload = self.upload(wanted)
            upload.attached_from = min(upload.attached_from, operation.a_ns)
        elif of.effect is not Effect.NONE:  # nobody can read which upload it named
            self.attached_unread = min(self.attached_unread, operation.a_ns)

    def _show_file(self, operation: Operation, of: Classified) -> None:
        self.look("file", operation, of)
        if of.answer is Answer.DONE:
            self._link(within(operation.exchange.response, "current_version"), interval_of(operation), of.call.id)

    def _list_versions(self, operation: Operation, of: Classified) -> None:
        results = within(operation.exchange.response, "results")
        if of.answer is Answer.DONE and isinstance(results, list):
            for version in results:
                self._link(version, interval_of(operation), of.call.id)

    def _show_version(self, operation: Operation, of: Classified) -> None:
        self.look("version", operation, of)
        body = operation.exchange.response
        if of.answer is Answer.DONE and identity(body) == of.call.id:
            self._link(body, interval_of(operation), identity(within(body, "file")))

    def _switch(self, operation: Operation, of: Classified) -> None:
        exchange = operation.exchange
        done = of.effect
        name, upload = self._switching(operation, of.call)
        if not name:
            return
        file, interval = self.file(name), interval_of(operation)
        if done is not Effect.NONE:
            file.writes.append(interval[:2])
        if not upload and of.call.name == "update_file":
            if not isinstance(exchange.request, Octets):
                return
            if done is Effect.DONE:
                upload = identity(within(exchange.response, "current_version", "upload"))
        if upload or isinstance(exchange.request, Octets):
            self._attach(operation, of, upload)
        self._begin_switch(operation, of.call)
        file.switches[operation.id] = Switch(upload, interval.begun_ns, interval.ended_ns, done, interval)
        if done is Effect.DONE and upload:
            self.upload(upload).files.append(name)
            body = exchange.response
            version = within(body, "current_version") if of.call.name == "update_file" else promoted(body)
            self._link(version, interval, name, upload, stated=True)

    def _write_file(self, operation: Operation, of: Classified) -> None:
        if of.effect is not Effect.NONE:
            file, interval = self.file(of.call.id), interval_of(operation)
            file.writes.append(interval[:2])
            if of.call.name == "move_file":
                file.moved = True
                parent = within(asked(operation.exchange.request), "parent")
                file.stays[operation.id] = stay(parent, interval, of.effect)

    def _delete_file(self, operation: Operation, of: Classified) -> None:
        self._begin_delete(operation, of.call)
        done = of.effect
        self.file(of.call.id).deletes[operation.id] = (interval_of(operation), done)

    def _delete_version(self, operation: Operation, of: Classified) -> None:
        self._begin_delete(operation, of.call)
        done = of.effect
        self.version(of.call.id).deletes[operation.id] = (interval_of(operation), done)

    # ---- folders

    def _create_folder(self, operation: Operation, of: Classified) -> None:
        name = identity(operation.exchange.response)
        if of.answer is not Answer.DONE or not name:
            return
        folder, interval = self.folder(name), interval_of(operation)
        folder.created = first(folder.created, interval)
        parent = within(asked(operation.exchange.request), "parent")
        folder.stays[operation.id] = stay(parent, interval, of.effect)
        at_root = identity(parent) if within(parent, "kind") == "dds-project" else ""
        held = self.folders.get(identity(parent))
        folder.project = identity(within(operation.exchange.response, "project")) or at_root
        folder.project = folder.project or (held.project if held else "")

    def _move_folder(self, operation: Operation, of: Classified) -> None:
        if of.effect is not Effect.NONE:
            parent = within(asked(operation.exchange.request), "parent")
            self.folder(of.call.id).stays[operation.id] = stay(parent, interval_of(operation), of.effect)

    def _delete_folder(self, operation: Operation, of: Classified) -> None:
        self._begin_delete(operation, of.call)
        self.folder(of.call.id).deletes[operation.id] = (interval_of(operation), of.effect)

    # ---- the url endpoints

    def _file_url(self, operation: Operation, of: Classified) -> None:
        name, answer = of.call.id, of.answer
        file = self.files.get(name) or self.file(name)
        interval = interval_of(operation)
        reads, ended = file.reads, interval[1]
        if self.revalidations.held or _may_be_held(operation):
            self.revalidations.take(operation, of)
        if answer is Answer.DONE:
            self._learn_get(operation, reads, interval)
            if operation.exchange.status != 200 and ended >= min(self.doomed, file.switched):
                if ended >= file.switched and evades(operation, answer):
                    file.denied.append(interval)
                    file.evaded.add(interval)
                return
        self.dirty_files.add(name)
        if ended >= self.doomed and ended >= self._file_doomed(file):
            file.late.append((reads, interval, heard(operation, answer)))
        elif ended >= file.switched:
            file.single.append((interval, heard(operation, answer)))
            if (evaded := evades(operation, answer)) or refuses(operation):
                file.denied.append(interval)
                file.evaded.update((interval,) if evaded else ())
            refused = (operation.exchange.status or 0) >= 400
            if refused and is_odd(reads, operation, answer):
                file.odd.append(interval)
            if answer is Answer.REFUSED and operation.exchange.status == 404:
                self.take(reads, interval, of, operation)
        else:
            self.take(reads, interval, of, operation)

    def _file_doomed(self, file: File) -> int:
        doomed = min(file.doomed, file.murky)
        return min(doomed, self._places_doomed(file))

    def _places_doomed(self, file: File) -> int:
        """Give from when (ns) on the places that the file may be in may be gone."""
        if file.moved:
            return self.doomed
        project = self.projects.get(file.project)
        home = project.doomed if project else NEVER
        return min(home, self.folders_doomed) if file.in_folder else home

    def _version_url(self, operation: Operation, of: Classified) -> None:
        version = self.versions.get(of.call.id) or self.version(of.call.id)
        interval = interval_of(operation)
        if self.revalidations.held or _may_be_held(operation):
            self.revalidations.take(operation, of)
        if of.answer is Answer.DONE:
            self._learn_get(operation, version.reads, interval)
            if operation.exchange.status != 200 and interval.ended_ns >= self.doomed:
                return
        self.dirty.add(version.upload)
        if interval.ended_ns >= self.doomed and interval.ended_ns >= self._version_doomed(version):
            version.late.append((version.reads, interval, heard(operation, of.answer)))
        else:
            self.take(version.reads, interval, of, operation)

    def _version_doomed(self, version: Version) -> int:
        file = self.files.get(version.file)
        if file is None:
            return version.doomed
        return min(version.doomed, file.doomed, self._places_doomed(file))

    def _learn_get(self, operation: Operation, reads: Reads, interval: Interval) -> None:
        body = operation.exchange.response
        url = body.get("url") if type(body) is dict else None
        if not isinstance(url, str):
            if operation.exchange.status == 200:
                reads.downloads.append(Download(interval, interval, None))
            return
        urls, key, given = self.get_urls, hash(url), (reads, interval)
        held = urls.setdefault(key, given)
        if held is not None and held[0] is not reads and self._only_upload(held[0]) != self._only_upload(reads):
            urls[key] = None
        urls[given_by(operation)] = given
        if len(urls) > RETAINED_URLS:
            forget_oldest(urls, RETAINED_URLS)

    def _only_upload(self, reads: Reads) -> str:
        # Two answers may share a url (redacted, or signed in the same second) only if they mean the same bytes.
        if reads.kind == "version_url":
            return self.versions[reads.id].upload or reads.id
        switches = self.files[reads.id].switches.values()
        if len(switches) == 1:
            return next(iter(switches)).upload
        uploads = {switch.upload for switch in switches}
        return uploads.pop() if len(uploads) == 1 else reads.id

    def _storage_get(self, operation: Operation, of: Classified) -> None:
        target = self.get_urls.get(followed(operation))
        if target is None or operation.exchange.method != "GET" or operation.notes.get("range"):
            return
        body = operation.exchange.response
        if of.answer is Answer.DONE and operation.exchange.status == 200 and isinstance(body, Octets):
            target[0].downloads.append(Download(target[1], interval_of(operation), Octets(body.bytes, body.md5)))
            self.served = True
        elif (status := operation.exchange.status) in STORAGE_REFUSALS and operation.exchange.failure is None:
            target[0].downloads.append(Download(target[1], interval_of(operation), None, status))
        elif why := useless(operation):
            given_up = operation.notes.get("gave_up_ns")
            over = replace(operation, b_ns=given_up if isinstance(given_up, int) else operation.b_ns or operation.a_ns)
            failed = Download(target[1], interval_of(over), None, None, why, asked_to_wait_s(operation))
            target[0].failed += (failed,)
