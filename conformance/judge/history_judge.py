"""The judge: one truth, whether operations stream in or a whole history is read.

Feed it what is about to be sent (`begin`, mutations) and what came of it (`add`); it keeps constant state per resource.
`proved` gives what no later operation can undo, `conclude` everything.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from conformance.api.answers import Answer, Classified, Effect, Kind
from conformance.api.classifier import Classifier, classify_all
from conformance.api.request_facts import is_mutation
from conformance.api.routes import EXTENDED_CALLS, LENGTHS, READ_METHODS, STORAGE_GET, STORAGE_PUT, UNROUTED
from conformance.api.statuses import CORE_ERRORS
from conformance.history import unfinished
from conformance.judge.exchange.answer_tallies import Payloads, Sort
from conformance.judge.findings import Book
from conformance.judge.lateness import Converged
from conformance.judge.rules import (
    completion_rules,
    content_rules,
    deletion_rules,
    download_rules,
    project_rules,
    status_record_rules,
    upload_rules,
    version_rules,
)
from conformance.judge.rules.access_rules import Access, granted
from conformance.judge.rules.own_write_rules import OWN, OwnWrites
from conformance.judge.rules.refused_create_rules import TRACED, Traces
from conformance.judge.rules.upload_rules import Case, Context
from conformance.judge.state.expected import SMALLEST_PART, Defect, Known, Setting, Truth, known
from conformance.judge.state.intake import Handler, World
from conformance.judge.state.interval import NEVER, SECOND
from conformance.judge.state.observed import Sight, doomed_from, sight, version_endpoint
from conformance.judge.state.resources import Upload
from conformance.model import Failure, Finding, History, Judgement, LagInterval, Operation, Role, Target

LASTING = frozenset(
    {
        "complete-202", "complete-body", "complete-repeat-no-5xx", "converges-project", "converges-upload",
        "error-payload", "integrity-only-url", "integrity-payload", "nc-only-extended", "nc-payload", "nc-unknown-id",
        "nc-until-consistent", "no-early-answer", "one-verdict", "project-create-202", "project-create-body",
    }
)  # fmt: skip
"""Requirements whose violations no later operation can undo, provided that every mutation was announced."""
ERRORS_FOR_GOOD = "errors-for-good"
"""The rule about errors with nothing else after them: a later truth shows that they were not for good."""
_BY_ANYBODY = frozenset({"complete_upload", "delete_file", "delete_project", "promote_version", "update_file"})
"""Mutations announced whoever sends them; announcing others cannot be taken back without a trace."""
_TRUTHS = (Answer.DONE, Answer.INTEGRITY)


@dataclass(slots=True)
class _Found:
    """What concluding gathers on the way."""

    cases: dict[str, Case] = field(default_factory=dict)
    lags: list[LagInterval] = field(default_factory=list)
    counters: dict[str, int] = field(default_factory=dict)
    setting: Setting = field(default_factory=Setting)

    def reach(self, name: str, count: int = 1) -> None:
        """Count a part of the core that was reached."""
        self.counters[name] = self.counters.get(name, 0) + count


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What operations that are judged elsewhere contribute: the columnar path leaves out what can break nothing.

    `origin` is the earliest beginning and `answered` the latest beginning of a truth (ns); `converged` gives, by kind,
    how many resources converged within the bound and the longest lag (s); the others count uploads completed.
    """

    origin: int = NEVER
    answered: int = -1
    converged: Mapping[str, tuple[int, float]] = field(default_factory=dict)
    good_accepted: int = 0
    bad_accepted: Mapping[Defect, int] = field(default_factory=dict)


class Judge:
    """Judges operations of one target as they come. Not for several threads at once: the caller serialises.

    `recorded` says that the history may be a part of what was sent; `accepts_small_parts`, that a probe of this run
    showed the storage provider to take parts below 5 MiB; `elsewhere` is what other judges saw.
    """

    def __init__(
        self,
        target: Target,
        *,
        recorded: bool = False,
        accepts_small_parts: bool = False,
        elsewhere: Elsewhere | None = None,
    ) -> None:
        self._elsewhere = elsewhere or Elsewhere()
        self._target = target
        self._classify = Classifier(target, cautious=True)
        self._recorded = recorded
        self._small = accepts_small_parts
        self._bound = int(target.converge_within_s * SECOND)
        self._world = World()
        self._payloads = Payloads(target)
        self._traces = Traces(self._bound)
        self._access = Access(self._bound)
        self._own = OwnWrites()
        self._pending: dict[str, Operation] = {}
        self._count = 0
        self._origin = self._elsewhere.origin
        self._statuses: dict[int, int] = {}
        self._plans = {
            name: (self._world.handlers.get(name), name in TRACED, name in EXTENDED_CALLS, name in OWN)
            for name in (*LENGTHS, UNROUTED, STORAGE_GET, STORAGE_PUT)
        }
        self._answered = self._elsewhere.answered

    # ---- taking operations

    def begin(self, operation: Operation) -> None:
        """Note a mutation that is about to be sent; reads are ignored."""
        exchange = operation.exchange
        if exchange.role is not Role.API or not is_mutation(exchange) or operation.id in self._pending:
            return
        self._pending[operation.id] = operation
        called = self._classify.call(exchange)
        if exchange.user == "owner" or called.name in _BY_ANYBODY:
            announce = self._world.beginnings.get(called.name)
            if announce is not None:
                announce(operation, called)

    def add(self, operation: Operation, of: Classified | None = None) -> None:
        """Take an operation whose end was seen, or was seen to be missing.

        `of` is what it was classified as where the whole history is known. By itself the judge takes every page that
        may be a firewall's for one: what it says is never taken back.
        """
        self._count += 1
        self._origin = min(self._origin, operation.a_ns)
        if self._pending:
            self._pending.pop(operation.id, None)
        if of is None:
            of = self._classify(operation)
        self._payloads.take(operation, of)
        if of.foreign:  # no information: as if nothing had come back
            exchange = replace(operation.exchange, status=None, response=None, failure=Failure.CUT)
            operation = replace(operation, exchange=exchange)
        handler, traced, extended, own = self._plans[of.call.name]
        if traced:
            self._traces.take(operation, of)
        exchange = operation.exchange
        if exchange.user == "owner":
            self._owners(operation, of, handler, extended=extended, own=own)
        elif exchange.role is Role.STORAGE:
            self._world.handlers[of.call.name](operation, of)
        else:
            self._not_owners(operation, of)
        if of.kind is Kind.ERROR and exchange.status in CORE_ERRORS and _told_error(operation, of):
            counted = CORE_ERRORS[exchange.status]
            self._statuses[counted] = self._statuses.get(counted, 0) + 1

    def _owners(
        self, operation: Operation, of: Classified, handler: Handler | None, *, extended: bool, own: bool
    ) -> None:
        notes = operation.notes
        if notes and notes.get("intent") == "invalid" and not _matters(operation, of):
            self._world.withdraw(operation, of.call)
            return
        if handler is None:
            if of.call.name == UNROUTED:
                self._undocumented(operation, of.effect)
            return
        handler(operation, of)
        if extended and operation.a_ns > self._answered and of.answer in _TRUTHS:
            self._answered = operation.a_ns
        if own:
            self._own.take(operation, of)

    def _undocumented(self, operation: Operation, done: Effect) -> None:
        self._access.shared.add(granted(operation, done))
        if done is not Effect.NONE:
            self._world.meddled_with(operation)

    def _not_owners(self, operation: Operation, of: Classified) -> None:
        called, done = of.call, of.effect
        if operation.exchange.user == "other":
            self._access.take(operation, of)
        if called.name not in self._world.beginnings:
            return
        if done is Effect.DONE or (done is Effect.INDETERMINATE and self._access.shared - {""}):
            self._world.handlers[called.name](operation, of)  # what was done is done, whoever did it
        else:
            self._world.withdraw(operation, called)

    def replace_payloads(self, sorts: list[Sort]) -> None:
        """Take what single answers show from elsewhere, where only some of the operations came here."""
        self._payloads.replace(sorts)

    # ---- concluding

    def proved(self) -> tuple[Finding, ...]:
        """Give the violations that no later operation can undo, among what changed since the last call."""
        book = Book(self._origin)
        names = self._world.changed()
        context, setting = self._context([]), self._setting()
        for name in sorted(names):
            upload = self._world.uploads.get(name)
            if upload is not None:
                case = Case(upload, sight(self._world, upload), known(upload, setting))
                upload_rules.one_verdict(case, book)
                upload_rules.not_early(case, book, context)
                upload_rules.converges(case, book, context)
                upload_rules.told_as_nc(case, book, ended=False)
                completion_rules.repeated(upload, book)
        homes, self._world.dirty_projects = self._world.dirty_projects, set()
        for name in sorted(homes):
            project_rules.judged(self._world.projects[name], book, context)
        self._payloads.conclude(book)
        lasting = (finding for finding in book.all_findings() if finding.requirement in LASTING)
        return tuple(finding for finding in lasting if finding.rule != ERRORS_FOR_GOOD)

    def conclude(self, *, complete: bool = True) -> Judgement:
        """Give everything. Mutations still pending are indeterminate; `complete` is False for a history cut short."""
        for operation in tuple(self._pending.values()):
            self.add(unfinished(operation))
        book, found = Book(self._origin), _Found()
        self._gather(found)
        context = self._context(found.lags)
        failing, missing = (
            completion_rules.Failing(
                symptom,
                good_accepted=self._elsewhere.good_accepted,
                bad_accepted=Counter(self._elsewhere.bad_accepted),
            )
            for symptom in (completion_rules.SERVER_ERROR, completion_rules.MISSING)
        )
        for case in found.cases.values():
            self._upload(case, book, context, found)
            failing.take(case.upload, case.known)
            missing.take(case.upload, self._had_it_been_found(case, found))
            completion_rules.lost(case.upload, self._gone_from(case.upload), book, self._bound)
        self._strays(book)
        for file in self._world.files.values():
            if file.single or file.switched < NEVER:
                version_rules.switched(self._world, file, found.cases, book, self._bound)
                version_rules.new_bytes(self._world, file, found.cases, book, self._bound)
                download_rules.nothing(self._world, file, found.cases, book, self._bound)
        for project in self._world.projects.values():
            project_rules.judged(project, book, context)
        failing.conclude(book)
        missing.conclude(book)
        self._payloads.conclude(book, self._excused(found, failing))
        self._traces.conclude(self._world, book)
        self._access.conclude(self._world, book)
        self._own.conclude(self._world, book)
        book.name_states("realtime-monotonic", "state-order", "read-your-writes")
        for code, count in self._statuses.items():
            found.reach(f"error-{code}", count)
        found.counters["complete"] = int(complete)
        return Judgement(book.tallies(), tuple(found.lags), self._count, found.counters)

    def _gather(self, found: _Found) -> None:
        world = self._world
        found.setting = replace(self._setting(), accepted_from=self._accepted_parts())
        for name, upload in world.uploads.items():
            truth = known(upload, found.setting)
            found.cases[name] = case = Case(upload, sight(world, upload), truth)
            found.lags += upload_rules.lags(case)
        for project in world.projects.values():
            found.lags += project_rules.lags(project)
        found.lags.sort(key=lambda lag: (lag.begun_ns, lag.endpoint, lag.subject))

    def _setting(self) -> Setting:
        return Setting(self._world.algorithms, stray_from=self._world.stray_from())

    def _accepted_parts(self) -> Mapping[str, int]:
        """Give, by storage provider, the smallest part before the last that it is known to accept (bytes)."""
        accepted: dict[str, int] = {}
        any_size = replace(
            self._setting(), accepted_from=dict.fromkeys({u.provider for u in self._world.uploads.values()}, 0)
        )
        for upload in self._world.uploads.values():
            if len(upload.parts) < 2:
                continue
            if self._small:
                accepted[upload.provider] = 0
                continue
            shape = known(upload, any_size)
            if shape.truth is Truth.GOOD and shape.smallest is not None and sight(self._world, upload).ok:
                accepted[upload.provider] = min(accepted.get(upload.provider, SMALLEST_PART), shape.smallest)
        return accepted

    def _context(self, lags: Iterable[LagInterval]) -> Context:
        within_s = self._target.converge_within_s
        return Context(
            bound=self._bound,
            answered_last=self._answered,
            begun=not self._recorded,
            converged=Converged.of(lags, within_s, self._elsewhere.converged),
        )

    def _upload(self, case: Case, book: Book, context: Context, found: _Found) -> None:
        upload = case.upload
        upload_rules.one_verdict(case, book)
        upload_rules.repeats_change_nothing(case, book)
        upload_rules.not_early(case, book, context)
        upload_rules.state_order(case, book)
        upload_rules.relapses(case, book)
        upload_rules.verdict_true(case, book)
        upload_rules.converges(case, book, context)
        upload_rules.told_as_nc(case, book, ended=True)
        for endpoint in case.sight.endpoints:
            reads = endpoint.reads
            deletion_rules.after_deletion(reads.kind, reads.id, endpoint.deleted, endpoint.after, book, self._bound)
            version_rules.old_version(case, endpoint, book, self._bound)
            if case.known.truth is Truth.GOOD and reads.ok:
                found.reach(f"good-{reads.kind}")
            if case.known.truth is Truth.BAD and reads.bad:
                found.reach(f"bad-{reads.kind}")
        if content_rules.exact(case, book, self._bound, served=self._world.served) and case.known.truth is Truth.GOOD:
            found.reach("good-bytes")
        refused, done = upload.refused_files, upload_rules.done_first(upload)
        if case.known.truth is Truth.BAD and refused and done and done[1] < refused[0]:
            found.reach("bad-refused")
        status_record_rules.recorded(case, book)
        completion_rules.accepted(upload, case.known, book)
        completion_rules.refused(upload, found.setting, self._gone_from(upload), book)
        completion_rules.repeated(upload, book)

    def _had_it_been_found(self, case: Case, found: _Found) -> Known:
        return completion_rules.had_it_been_found(case.upload, case.known, found.setting, self._gone_from(case.upload))

    def _gone_from(self, upload: Upload) -> int:
        """Give from when (ns) on the upload's project, and so the upload, may be gone."""
        home = self._world.projects.get(upload.project)
        return doomed_from(home.deletes)[0] if home else NEVER

    def _strays(self, book: Book) -> None:
        """Judge versions whose upload is not known (or not one) by themselves: their verdict still may not flip."""
        for name, version in self._world.versions.items():
            version_rules.repointed(version, book)
            if version.upload and not version.conflicting:
                continue
            alone = Sight([])
            alone.add(version_endpoint(self._world, version))
            case = Case(Upload(name), alone, Known(Truth.UNKNOWN, "its upload is not known"))
            upload_rules.one_verdict(case, book)
            upload_rules.relapses(case, book)

    def _excused(self, found: _Found, failing: completion_rules.Failing) -> frozenset[str]:
        excused = set()
        for name, operation in self._payloads.failed_completions():
            case = found.cases.get(name)
            done = completion_rules.acknowledged(case.upload) if case else None
            mine = case.upload.completes.get(operation) if case else None
            repeat = done is not None and mine is not None and mine.mark[0] > done[1]
            bad = case is not None and case.known.truth is Truth.BAD
            pattern = bad and case is not None and failing.convicts(case.known.defect)
            if repeat or pattern:
                excused.add(operation)
        return frozenset(excused)


def _told_error(operation: Operation, of: Classified) -> bool:
    """Whether this is an ordinary error of a documented call with a payload to judge."""
    exchange = operation.exchange
    documented = exchange.role is Role.API and of.call.name not in {UNROUTED, "app_status"}
    return documented and exchange.method != "HEAD" and isinstance(exchange.response, dict)


def _matters(operation: Operation, of: Classified) -> bool:
    """Whether an invalid request may have changed something all the same."""
    return is_mutation(operation.exchange) and of.answer not in (Answer.REFUSED, Answer.NC, Answer.UNSENT)


def judge_history(history: History, classes: Sequence[Classified] | None = None) -> Judgement:
    """Judge a whole history: announce every mutation, then take every operation, in the order they were kept.

    `classes` are those of `classify_all`, where they are known already.
    """
    small = history.header.get("small_parts_accepted") is True
    judge = Judge(history.target, recorded=history.recorded, accepts_small_parts=small)
    with _no_collection():
        classes = classes if classes is not None else classify_all(history.operations, history.target)
        for operation in history.operations:
            if operation.exchange.method not in READ_METHODS:
                judge.begin(operation)
        for operation, of in zip(history.operations, classes, strict=True):
            judge.add(operation, of)
        return judge.conclude(complete=history.complete)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Keep the collector away: state is many small things without a cycle, and looking for one takes long."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
