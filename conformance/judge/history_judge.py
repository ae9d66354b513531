"""The judge: one truth, whether operations stream in or a whole history is read.

Feed it what is about to be sent (`begin`, mutations) and what came of it (`add`); it keeps constant state per resource.
`proved` gives what no later operation can undo, `conclude` everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from conformance.api.answers import Answer, Classified, Effect, Kind, Source
from conformance.api.catalogue import requirements
from conformance.api.classifier import Classifier, classify_all
from conformance.api.request_facts import is_mutation
from conformance.api.routes import EXTENDED_CALLS, LENGTHS, READ_METHODS, STORAGE_GET, STORAGE_PUT, UNROUTED
from conformance.api.statuses import CORE_ERRORS
from conformance.history import unfinished
from conformance.history.collector import collector_away
from conformance.judge import second_user, wall_clock
from conformance.judge.core_reached import reached
from conformance.judge.exchange.answer_tallies import Payloads, Sort
from conformance.judge.findings import Book
from conformance.judge.gathered import Concern, Gathered
from conformance.judge.judged_elsewhere import Elsewhere
from conformance.judge.lateness import Converged
from conformance.judge.rule import Case, Context, Need
from conformance.judge.rules import convergence_rules, project_rules
from conformance.judge.rules.access_rules import Access, granted
from conformance.judge.rules.completion_rules import Completions
from conformance.judge.rules.later.attach_rules import Attachments
from conformance.judge.rules.own_write_rules import Own, OwnWrites, own_concern
from conformance.judge.rules.project_rules import ProjectCase
from conformance.judge.rules.refused_create_rules import TRACED, Traces
from conformance.judge.rules_table import checks, lasting, occasions
from conformance.judge.second_user import Standing
from conformance.judge.state.expected import SMALLEST_PART, Known, Setting, Truth, known
from conformance.judge.state.intake import Handler, World
from conformance.judge.state.interval import NEVER, SECOND, first
from conformance.judge.state.observed import Sight, sight, version_endpoint
from conformance.judge.state.resources import NOT_FOUND, File, Upload
from conformance.model import Failure, Finding, History, Judgement, LagInterval, Level, Operation, Role, Target

_BY_ANYBODY = frozenset(
    {"complete_upload", "delete_file", "delete_folder", "delete_project", "grant_permission", "promote_version",
     "update_file", "withdraw_permission"}
)  # fmt: skip
"""Mutations announced whoever sends them; announcing others cannot be taken back without a trace."""

_Plan = tuple[Handler | None, bool, bool, Own | None, Concern | None]
"""What becomes of a call: its handler, whether it is traced, whether it is extended, and who else takes it."""


class Judge:
    """Judges operations of one target as they come. Not for several threads at once: the caller serialises.

    `recorded` says that the history may be a part of what was sent; `accepts_small_parts`, that a probe of this run
    showed the storage provider to take parts below 5 MiB; `partial`, that others may
    have stored parts unseen; `elsewhere` is what other judges saw.
    """

    def __init__(
        self,
        target: Target,
        *,
        recorded: bool = False,
        accepts_small_parts: bool = False,
        partial: bool = False,
        elsewhere: Elsewhere | None = None,
    ) -> None:
        self._elsewhere = elsewhere or Elsewhere()
        self._target = target
        self._classify = Classifier(target, cautious=True)
        self._recorded = recorded
        self._partial = partial
        self._small = accepts_small_parts
        self._bound = int(target.converge_within_s * SECOND)
        self._world = World()
        self._payloads = Payloads(target)
        self._traces = Traces(self._bound)
        self._access = Access(self._bound)
        self._foreign = Attachments(self._bound)
        self._own = OwnWrites()
        self._gathered = Gathered(self._bound)
        self._pending: dict[str, Operation] = {}
        self._count = 0
        self._origin = self._elsewhere.origin
        self._statuses: dict[int, int] = {}
        self._plans: dict[str, _Plan] = {
            name: (
                self._world.handlers.get(name), name in TRACED, name in EXTENDED_CALLS, own_concern(name),
                Gathered.concern(name),
            )
            for name in (*LENGTHS, UNROUTED, STORAGE_GET, STORAGE_PUT)
        }  # fmt: skip
        self._answered = self._elsewhere.answered

    # ---- taking operations

    def begin(self, operation: Operation) -> None:
        """Note a mutation that is about to be sent; reads are ignored."""
        exchange = operation.exchange
        if exchange.role is not Role.API or not is_mutation(exchange) or operation.id in self._pending:
            return
        self._pending[operation.id] = operation
        called = self._classify.call(exchange)
        self._gathered.announce(operation, called)
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
        if operation.a_ns < self._origin:  # noqa: PLR1730 - a call for each operation is slower
            self._origin = operation.a_ns
        self._pending.pop(operation.id, None)
        if of is None:
            of = self._classify(operation)
        self._payloads.take(operation, of)
        answer, exchange = of.answer, operation.exchange
        if of.source is not Source.API and of.foreign:  # no information: as if nothing had come back
            exchange = replace(exchange, status=None, response=None, failure=Failure.CUT)
            operation = replace(operation, exchange=exchange)
        plan = self._plans[of.call.name]
        _, traced, _, _, gathered = plan
        if traced:
            self._traces.take(operation, of)
        if gathered and (gathered is Concern.WRITES or self._gathered.watched):
            self._gathered.take(operation, of)
        if answer is Answer.UNKNOWN or answer is Answer.REFUSED:
            self._gathered.unstated(operation, of)
        if exchange.user == "owner":
            self._owners(operation, of, plan)
        elif exchange.role is Role.STORAGE:
            self._world.handlers[of.call.name](operation, of)
        else:
            self._not_owners(operation, of)
        if of.kind is Kind.ERROR and exchange.status in CORE_ERRORS and _stated_error(operation, of):
            counted = CORE_ERRORS[exchange.status]
            self._statuses[counted] = self._statuses.get(counted, 0) + 1

    def _owners(self, operation: Operation, of: Classified, plan: _Plan) -> None:
        handler, _, extended, own, _ = plan
        notes = operation.notes
        if notes and notes.get("intent") == "invalid" and not _matters(operation, of):
            self._world.withdraw(operation, of.call)
            return
        if handler is None:
            if of.call.name == UNROUTED:
                self._undocumented(operation, of.effect)
            return
        handler(operation, of)
        answer = of.answer
        if (answer is Answer.REFUSED or answer is Answer.ALREADY) and (
            operation.exchange.status == NOT_FOUND and of.call.id
        ):
            self._access.owner_missed(of)
        if extended and operation.a_ns > self._answered and (answer is Answer.DONE or answer is Answer.INTEGRITY):
            self._answered = operation.a_ns
        if own and (own is Own.WRITE or operation.session in self._own.writers):
            self._own.take(operation, of)

    def _undocumented(self, operation: Operation, done: Effect) -> None:
        if project := granted(operation, done):
            self._world.rights.unclear.add(project)
        if done is not Effect.NONE:
            self._world.meddled_with(operation)

    def _not_owners(self, operation: Operation, of: Classified) -> None:
        called, done = of.call, of.effect
        if operation.exchange.user == "other":
            self._foreign.take(operation, of)
            standing = second_user.standing(self._world, operation, of, self._bound)
            if standing is Standing.MEMBER:
                self._owners(operation, of, self._plans[called.name])
                return
            if standing is Standing.STRANGER:
                self._access.take(operation, of)
            elif done is Effect.NONE:
                self._world.withdraw(operation, called)
                return
        if operation.exchange.user == "somebody":
            self._somebodys(operation, of)
            return
        self._world.given_to_others(operation, of)
        if called.name not in self._world.by_anybody:
            return
        if done is Effect.DONE or (done is not Effect.NONE and self._world.rights.any_given):
            self._world.handlers[called.name](operation, of)  # what was done is done, whoever did it
        else:
            self._world.withdraw(operation, called)

    def _somebodys(self, operation: Operation, of: Classified) -> None:
        """Take a write of somebody who may have the right to it; what they read, or are refused, tells nothing."""
        if not is_mutation(operation.exchange):
            return
        handler = self._world.handlers.get(of.call.name)
        if of.effect is Effect.NONE:
            self._world.withdraw(operation, of.call)
        elif handler is not None:
            handler(operation, of)
        else:
            self._undocumented(operation, of.effect)

    def replace_payloads(self, sorts: list[Sort]) -> None:
        """Take what single answers show from elsewhere, where only some of the operations came here."""
        self._payloads.replace(sorts)

    # ---- concluding

    def proved(self) -> tuple[Finding, ...]:
        """Return the violations that no later operation can undo, among what changed since the last call."""
        book, setting = Book(self._origin), self._setting()
        names = sorted(self._world.changed() & self._world.uploads.keys())
        homes, self._world.dirty_projects = sorted(self._world.dirty_projects), set()
        cases = [self._case(self._world.uploads[name], setting) for name in names]
        context = self._context((), ended=False)
        subjects: dict[Need, Iterable[object]] = {
            Need.ANSWERS: (self._payloads,),
            Need.VERDICTS: cases,
            Need.UPLOAD: cases,
            Need.PROJECT: [ProjectCase.of(self._world.projects[name]) for name in homes],
        }
        sure = lasting()
        _apply(subjects, context, book, sure)
        return tuple(one for one in book.all_findings() if (one.requirement, one.rule) in sure)

    def conclude(self, *, complete: bool = True) -> Judgement:
        """Return everything. Mutations still pending are indeterminate; `complete` is False for a history cut short."""
        for operation in tuple(self._pending.values()):
            self.add(unfinished(operation))
        world, book = self._world, Book(self._origin)
        setting = replace(self._setting(), accepted_from=self._accepted_parts())
        cases = {name: self._case(upload, setting) for name, upload in world.uploads.items()}
        lags = [lag for case in cases.values() for lag in convergence_rules.lags(case)]
        homes = [ProjectCase.of(project) for project in world.projects.values()]
        lags += [lag for home in homes for lag in project_rules.lags(home)]
        lags.sort(key=lambda lag: (lag.begun_ns, lag.endpoint, lag.subject))
        context = replace(self._context(lags), cases=cases, setting=setting)
        completions = Completions(context, self._elsewhere.good_accepted, self._elsewhere.bad_accepted)
        elsewhere = completions.answered_elsewhere(self._payloads.failed_completions())
        context = replace(context, answered_elsewhere=elsewhere)
        _apply(self._subjects(context, homes, completions), context, book)
        book.name_states(*(one.id for one in requirements() if one.level is Level.MEASURED))
        counters = reached(context)
        counters.update({f"error-{code}": count for code, count in self._statuses.items()}, complete=int(complete))
        return Judgement(book.tallies(occasions()), tuple(lags), self._count, counters)

    def end(self) -> None:
        """Let go of what was remembered, at once: the tables of calls hold their owner, which else waits for a search.

        Nothing may be asked of this judge any more.
        """
        self._plans = {}
        self._world.end()

    def _subjects(
        self, context: Context, homes: list[ProjectCase], completions: Completions
    ) -> dict[Need, Iterable[object]]:
        world = self._world
        cases = list(context.cases.values())
        return {
            Need.ANSWERS: (self._payloads,),
            Need.VERDICTS: [*cases, *self._strays()],
            Need.UPLOAD: cases,
            Need.PROJECT: homes,
            Need.FILE: [file for file in world.files.values() if _was_switched(file)],
            Need.VERSION: list(world.versions.values()),
            Need.COMPLETIONS: (completions,),
            Need.CREATES: (self._traces,),
            Need.OTHER_USER: (self._access,),
            Need.LOOKS: [look for look in world.looks.values() if look.seen],
            Need.ATTACHMENTS: (self._foreign,),
            Need.OWN_WRITES: (self._own,),
            Need.REFUSED_WRITES: (self._gathered.refused,),
            Need.NAMES: (self._gathered.names,),
            Need.REVALIDATIONS: world.revalidations.every(),
            Need.IDENTITIES: (self._gathered.identities,),
            Need.FORBIDDEN: (self._gathered.forbidden,),
            Need.UNANSWERED: (self._gathered.unanswered,),
            Need.UNREADABLE: (self._gathered.unreadable,),
        }

    def _case(self, upload: Upload, setting: Setting) -> Case:
        seen = sight(self._world, upload)
        verdict = first(seen.truth(), first(upload.status.good, upload.status.bad))
        return Case.of(upload, seen, known(upload, setting, verdict=verdict))

    def _strays(self) -> Iterator[Case]:
        """Give versions whose upload is not known (or not one): their verdict still may not flip."""
        for name, version in self._world.versions.items():
            if not version.upload or version.conflicting:
                alone = Sight([])
                alone.add(version_endpoint(self._world, version))
                yield Case.of(Upload(name), alone, Known(Truth.UNKNOWN, "its upload is not known"))

    def _setting(self) -> Setting:
        return Setting(self._world.algorithms, stray_from=NEVER if self._partial else self._world.stray_from())

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
            served = sight(self._world, upload).ok
            shape = known(upload, any_size, verdict=served)
            if shape.truth is Truth.GOOD and shape.smallest is not None and served:
                accepted[upload.provider] = min(accepted.get(upload.provider, SMALLEST_PART), shape.smallest)
        return accepted

    def _context(self, lags: Iterable[LagInterval], *, ended: bool = True) -> Context:
        within_s = self._target.converge_within_s
        return Context(
            self._world,
            self._bound,
            answered_last=self._answered,
            begun=not self._recorded,
            ended=ended,
            converged=Converged.of(lags, within_s, self._elsewhere.converged),
        )


def _apply(
    subjects: Mapping[Need, Iterable[object]],
    context: Context,
    book: Book,
    only: frozenset[tuple[str, str]] | None = None,
) -> None:
    """Apply each check of the table to every subject of its kind; `only` leaves out checks that none of those needs."""
    for need, check in checks(only):
        for subject in subjects.get(need, ()):
            check(subject, context, book)


def _was_switched(file: File) -> bool:
    return bool(file.single) or file.switched < NEVER


def _stated_error(operation: Operation, of: Classified) -> bool:
    """Whether this is an ordinary error of a documented call with a payload to judge."""
    exchange = operation.exchange
    documented = exchange.role is Role.API and of.call.name not in {UNROUTED, "app_status"}
    return documented and exchange.method != "HEAD" and isinstance(exchange.response, dict)


def _matters(operation: Operation, of: Classified) -> bool:
    """Whether an invalid request may have changed something all the same."""
    return is_mutation(operation.exchange) and of.answer not in (Answer.REFUSED, Answer.NC, Answer.UNSENT)


def judge_history(history: History, classes: Sequence[Classified] | None = None) -> Judgement:
    """Judge a whole history: announce every mutation, then take every operation, in the order they were kept.

    `classes` are those of `classify_all`, where they are known already. A history by a wall clock is judged without
    what rests on the order of its instants alone.
    """
    header, by_wall_clock = history.header, wall_clock.tells(history)
    judge = Judge(
        history.target,
        recorded=history.recorded,
        accepts_small_parts=header.get("small_parts_accepted") is True,
        partial=header.get("partial") is True,
    )
    with collector_away():
        classes = classes if classes is not None else classify_all(history.operations, history.target)
        operations = wall_clock.widened(history.operations, classes) if by_wall_clock else history.operations
        begin, add, reading = judge.begin, judge.add, READ_METHODS
        for operation in operations:
            if operation.exchange.method not in reading:
                begin(operation)
        for operation, of in zip(operations, classes, strict=True):
            add(operation, of)
        judgement = judge.conclude(complete=history.complete)
        judge.end()
    return wall_clock.measured(judgement) if by_wall_clock else judgement
