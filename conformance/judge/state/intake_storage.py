"""What operations on projects, uploads and the storage provider add to what is known."""

from __future__ import annotations

import re
from typing import Any

from conformance.api.answers import Answer, Classified, Effect, Kind
from conformance.api.bodies import asked, identity, reported_hash, whole, within
from conformance.api.error_bodies import named_fields, says_taken
from conformance.api.gateways import is_busy
from conformance.api.routes import spelled
from conformance.api.statuses import COMPLETION_REFUSALS, VALIDATION_STATUSES
from conformance.judge.state.interval import NEVER, Interval, first, interval_of, last
from conformance.judge.state.parts import Part, Write
from conformance.judge.state.registry import Registry, denies, followed, given_by, heard, is_odd
from conformance.judge.state.resources import (
    NOT_FOUND,
    Attempt,
    Denied,
    Project,
    Reads,
    Refusal,
    Shape,
    Taken,
    Upload,
    Wanted,
)
from conformance.model import Json, Octets, Operation

_FIELDS = ("initiated_on", "completed_on", "error_on", "error_message")
_ODD_RETAINED = 16
_ACCEPTED = 202
_PLAIN_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ._-]{0,98}[A-Za-z0-9])?")
"""A name that no server has a reason to refuse."""


def _asked_shape(request: Json) -> tuple[bool, bool]:
    return within(request, "chunked") not in (False, "false"), whole(within(request, "size")) == 0


def _is_about_the_name(operation: Operation) -> bool:
    """Whether a create may be refused for its name: one that is taken, or that not every server takes."""
    exchange = operation.exchange
    name = within(asked(exchange.request), "name")
    unusual = isinstance(name, str) and _PLAIN_NAME.fullmatch(name) is None
    return unusual or says_taken(exchange)


def _is_about_what_was_asked(operation: Operation) -> bool:
    request = asked(operation.exchange.request)
    fields = request.keys() if isinstance(request, dict) else ()
    return _is_about_the_name(operation) or bool(named_fields(operation.exchange) & set(fields))


def _wanted(operation: Operation) -> Wanted:
    request = asked(operation.exchange.request)
    provider, media = identity(within(request, "storage_provider")), within(request, "content_type")
    return provider, _asked_shape(request)[0], str(media)


def _size(operation: Operation) -> int:
    return whole(within(asked(operation.exchange.request), "size")) or 0


class Storing(Registry):
    """Takes operations on projects, uploads and the storage provider."""

    # ---- projects

    def _create_project(self, operation: Operation, of: Classified) -> None:
        name = identity(operation.exchange.response)
        if of.answer is not Answer.DONE or not name:
            return
        project, interval = self.project(name), interval_of(operation)
        project.created = first(project.created, interval)
        wanted = within(asked(operation.exchange.request), "name")
        if operation.exchange.status == _ACCEPTED and isinstance(wanted, str):
            project.names[wanted] = first(project.names.get(wanted), interval) or interval

    def _show_project(self, operation: Operation, of: Classified) -> None:
        self.look("project", operation, of)
        if of.answer is Answer.DONE and within(operation.exchange.response, "is_deleted") is False:
            project = self.project(of.call.id)
            project.shows = last(project.shows, interval_of(operation))

    def _write_project(self, operation: Operation, of: Classified) -> None:
        done = of.effect
        if done is not Effect.NONE:
            begun, ended, _, _ = interval_of(operation)
            project = self.project(of.call.id)
            project.writes.append((begun, NEVER if done is Effect.INDETERMINATE else ended))
            for provider, reads in project.reads.items():
                if reads.nc is not None:
                    project.waited.setdefault(provider, set()).add(reads.nc)

    def _delete_project(self, operation: Operation, of: Classified) -> None:
        self._begin_delete(operation, of.call)
        done = of.effect
        self.project(of.call.id).deletes[operation.id] = (interval_of(operation), done)

    def _create_upload(self, operation: Operation, of: Classified) -> None:
        exchange = operation.exchange
        project = self.project(of.call.id)
        request = asked(exchange.request)
        provider = identity(within(request, "storage_provider"))
        unread = isinstance(exchange.request, Octets) and request is None  # for which provider nobody knows
        reads = project.reads.get(provider)
        if reads is None:
            reads = project.reads[provider] = Reads("create_upload", of.call.id)
        name = identity(exchange.response) if of.answer is Answer.DONE else ""
        interval = interval_of(operation)
        self.dirty_projects.add(of.call.id)
        if of.answer is Answer.DONE and not name:
            return
        if unread:
            pass
        elif interval.ended_ns >= project.doomed:
            project.late.append((reads, interval, heard(operation, of.answer)))
        else:
            self.take(reads, interval, of, operation)
            self._stated(project, reads, operation, of.answer, (provider, *_asked_shape(request)))
        if name:
            self._new_upload(self.upload(name), operation, of.call.id)

    @staticmethod
    def _stated(project: Project, reads: Reads, operation: Operation, answered: Answer, shape: Shape) -> None:
        interval, size = interval_of(operation), _size(operation)
        if answered in (Answer.DONE, Answer.NC):
            project.sizes[shape] = max(project.sizes.get(shape, 0), size)
        if denies(operation) and not _is_about_what_was_asked(operation):
            wanted = _wanted(operation)
            project.denied[wanted] = project.denied.get(wanted, Denied()).again(interval, size)
        elif answered is Answer.DONE:
            wanted = _wanted(operation)
            before = project.taken.get(wanted, Taken(interval, size))
            project.taken[wanted] = Taken(last(before.last, interval) or interval, max(before.largest, size))
        if is_odd(reads, operation, answered) and not _is_about_the_name(operation):
            if operation.exchange.status in VALIDATION_STATUSES and named_fields(operation.exchange) == {"size"}:
                project.too_large[interval] = size
            project.odd[shape] = tuple(sorted({*project.odd.get(shape, ()), interval})[:_ODD_RETAINED])
        elif answered is Answer.DONE:
            project.accepted[shape] = last(project.accepted.get(shape), interval) or interval

    def _new_upload(self, upload: Upload, operation: Operation, project: str) -> None:
        wanted, given = asked(operation.exchange.request), operation.exchange.response
        upload.created = first(upload.created, interval_of(operation))
        upload.project = project
        upload.provider = identity(within(given, "storage_provider"))
        self.providers.add(upload.provider)
        upload.size = whole(within(wanted, "size"))
        chunked = within(wanted, "chunked")
        upload.chunked = chunked not in (False, "false")
        self._learn_put(within(given, "signed_url"), upload.id, 0, operation)

    def _learn_put(self, signed: Json, upload: str, number: int, operation: Operation) -> None:
        url = within(signed, "url")
        if not isinstance(url, str):
            return
        target = (upload, number)
        for key in (hash(url), given_by(operation)):
            self.put_urls[key] = target if self.put_urls.get(key, target) == target else None
            self.put_given.setdefault(key, interval_of(operation))
            for stray, of in self.strays.pop(key, ()):
                self._storage_put(stray, of)

    def given_to_others(self, operation: Operation, of: Classified) -> None:
        """Learn from what anybody was answered which upload a signed url stores, so that it is no other's bytes."""
        if of.answer is Answer.DONE and of.call.name in ("create_upload", "show_upload"):
            body = operation.exchange.response
            self._learn_put(within(body, "signed_url"), identity(body), 0, operation)

    # ---- uploads

    def _show_upload(self, operation: Operation, of: Classified) -> None:
        if of.answer is not Answer.DONE:
            return
        body = operation.exchange.response
        upload = self.upload(of.call.id)
        if not isinstance(body, dict):
            return
        if "signed_url" in body:
            self._learn_put(body["signed_url"], of.call.id, 0, operation)
        status = body.get("status")
        if isinstance(status, dict):
            self._status(upload, status, interval_of(operation))

    @staticmethod
    def _status(upload: Upload, status: dict[str, Any], interval: Interval) -> None:
        record = upload.status
        if "completed_on" in status:
            if status["completed_on"] is None:
                upload.open = last(upload.open, interval)
            else:
                upload.closed = first(upload.closed, interval)
        for name in _FIELDS:
            value = status.get(name)
            if value is not None:
                said = str(value)
                held = record.fields.setdefault(name, (said, interval))
                if held[0] != said and name not in record.changed:
                    record.changed[name] = (*held, said, interval)
        if "is_consistent" not in status:
            return
        record.reported += 1
        decided, broken = status["is_consistent"] is True, status.get("error_on") is not None
        if broken and not decided:
            record.early_error = first(record.early_error, interval)
        session = record.sessions.setdefault(interval.session, [None, None])
        if not decided:
            session[1] = last(session[1], interval)
            return
        session[0] = first(session[0], interval)
        if broken:
            record.bad = first(record.bad, interval)
        else:
            record.good = first(record.good, interval)

    def _create_chunk(self, operation: Operation, of: Classified) -> None:
        exchange = operation.exchange
        done = of.effect
        request = asked(exchange.request)
        number, size = whole(within(request, "number")), whole(within(request, "size"))
        hashed = reported_hash(request)
        if done is Effect.NONE:
            return
        upload = self.upload(of.call.id)
        if number is None or size is None or hashed is None:
            upload.parts.setdefault(-1, Part(mixed=True))
            return
        interval, sure = interval_of(operation), done is Effect.DONE
        self._wrote(upload, Write("create_chunk", number, interval, sure, (size, *hashed)))
        if sure:
            self._learn_put(exchange.response, of.call.id, number, operation)

    @staticmethod
    def _wrote(upload: Upload, write: Write) -> None:
        """Fold a write of a part in, or keep it apart where it came after an attempt to complete the upload."""
        begun = write.interval.begun_ns
        if any(one.interval.ended_ns < begun for one in upload.completes.values()):
            upload.afterwards.append(write)
        else:
            upload.parts.setdefault(write.number, Part()).take(write)

    def _storage_put(self, operation: Operation, of: Classified) -> None:
        key = followed(operation)
        target = self.put_urls.get(key)
        if of.answer is Answer.UNSENT:
            return
        if target is None:
            self.strays.setdefault(key, []).append((operation, of))
            return
        sent, sure = operation.exchange.request, of.answer is Answer.DONE
        stored = Octets(sent.bytes, sent.md5) if isinstance(sent, Octets) else None
        given = self.put_given.get(key)
        digest = operation.notes.get("digest")
        algorithm, value = within(digest, "algorithm"), within(digest, "value")
        noted = (algorithm.lower(), value) if isinstance(algorithm, str) and isinstance(value, str) else None
        write = Write("storage_put", target[1], interval_of(operation), sure, stored=stored, given=given, noted=noted)
        self._wrote(self.upload(target[0]), write)

    def _report_hash(self, operation: Operation, of: Classified) -> None:
        if of.effect is not Effect.NONE:
            write = Write("report_hash", 0, interval_of(operation), of.effect is Effect.DONE)
            self.upload(of.call.id).hashes.append(write)

    def _complete(self, operation: Operation, of: Classified) -> None:
        exchange = operation.exchange
        done = of.effect
        upload = self.upload(of.call.id)
        interval = interval_of(operation)
        if heard(operation, of.answer) is Answer.REFUSED:
            upload.missing = last(upload.missing, interval)
        stated = exchange.failure is None and (exchange.status != NOT_FOUND or isinstance(exchange.response, dict))
        status = None if not stated or of.kind is Kind.FOREIGN or is_busy(exchange) else exchange.status
        upload.completes[operation.id] = Attempt(interval, done, status, reported_hash(asked(exchange.request)))
        if status in COMPLETION_REFUSALS and of.answer not in (Answer.INTEGRITY, Answer.ALREADY, Answer.NC):
            self._refused(upload, operation, interval)
        content = operation.notes.get("content")
        length, md5 = within(content, "bytes"), within(content, "md5")
        if isinstance(content, dict) and isinstance(length, int) and isinstance(md5, str):
            noted = Octets(length, md5)
            upload.content_clash |= upload.content not in (None, noted)
            upload.content = noted
            upload.digests.update({k: v for k, v in content.items() if isinstance(v, str)})

    @staticmethod
    def _refused(upload: Upload, operation: Operation, interval: Interval) -> None:
        hashed = reported_hash(operation.exchange.request)
        status = operation.exchange.status
        if not hashed or status is None or operation.notes.get("intent") == "invalid":
            return
        if not isinstance(operation.exchange.response, dict):
            return
        if upload.refusal is None or interval < upload.refusal.interval:
            upload.refusal = Refusal(interval, status, hashed)

    def meddled_with(self, operation: Operation) -> None:
        """Take a mutation that no documentation foresees, and that may have done anything to what its path names."""
        for name in operation.exchange.path.partition("?")[0].split("/"):
            upload = self.uploads.get(spelled(name))
            if upload is not None:
                upload.meddled = True

    # ---- storage providers

    def _providers(self, operation: Operation, of: Classified) -> None:
        if of.answer is not Answer.DONE:
            return
        body = operation.exchange.response
        results = within(body, "results")
        for provider in results if isinstance(results, list) else [body]:
            self.providers.add(identity(provider))
            algorithm = within(provider, "chunk_hash_algorithm")
            if isinstance(algorithm, str):
                self.algorithms[identity(provider)] = algorithm.lower()
