"""The rule about refused writes: what was refused, of whatever kind and to whomever, is not done all the same.

Each refusal leaves the facts that the write would have brought about. A later answer that shows one of them convicts,
unless any attempt that was not refused, of whomever and at whatever time, may have brought it about.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from conformance.api.answers import Answer, Classified, Effect
from conformance.api.bodies import asked, identity, within
from conformance.api.request_facts import is_mutation
from conformance.api.routes import UNROUTED, Call, spelled
from conformance.judge.findings import Book, short
from conformance.judge.rechecks import Proof, answers, before, record, strings
from conformance.judge.rule import Context, Need, Rule
from conformance.judge.rules.excuses import ANOTHER_CANDIDATE, MAY_BE_DELETED, NOT_THIS_RUNS, WITHIN_THE_BOUND
from conformance.judge.rules.write_rules.promotions import Promotions
from conformance.judge.rules.write_rules.write_excuses import MAY_BE_DONE, PARTLY_KNOWN, SO_ALREADY
from conformance.judge.rules.write_rules.write_facts import (
    COMPLETED,
    CREATES,
    CURRENT,
    GONE,
    LISTS,
    LOOKS,
    Fact,
    created,
    plain,
    shown,
    wished,
)
from conformance.judge.state.chain import crossing
from conformance.judge.state.expected import Truth
from conformance.judge.state.intake import World
from conformance.judge.state.interval import NEVER, Interval, first, interval_of, last
from conformance.judge.state.observed import doomed_from, folder_doomed, scope_of_version, unclear_from
from conformance.judge.state.resources import File, Project, Upload
from conformance.model import Octets, Operation

WRITES = frozenset(
    {
        "update_project", "update_file", "update_version", "rename_file", "rename_folder", "move_file", "move_folder",
        "delete_project", "delete_file", "delete_version", "delete_folder", "complete_upload", "promote_version",
        "create_chunk", "report_hash", "grant_permission", "withdraw_permission", UNROUTED,
    }
)  # fmt: skip
CONCERNED = WRITES | CREATES | LISTS | LOOKS.keys()
"""Calls that concern the rule."""
_NOT_FOUND = 404


class RefusedWrites:
    """The facts that were refused, those that may have been brought about, and those that were shown.

    `watched` are the resources, by kind and id, that somebody was refused to change: only looks at those matter.
    """

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._refused: dict[Fact, Interval] = {}
        self._possible: set[int] = set()
        self.watched: set[tuple[str, str]] = set()
        self._wild: set[str] = set()
        self._folders: dict[str, Interval] = {}
        self._owners: set[str] = set()
        self._shown: dict[Fact, Interval] = {}
        self._missing: dict[tuple[str, str], Interval] = {}
        self._looked: dict[tuple[str, str], Interval] = {}
        self._promotions = Promotions()

    def take(self, operation: Operation, of: Classified) -> None:
        """Take a write, whoever sent it, or a look of the owner."""
        name = of.call.name
        if is_mutation(operation.exchange):
            if name in CREATES:
                self._create(operation, of)
            elif name in WRITES:
                self._write(operation, of)
            if of.effect is Effect.DONE and operation.exchange.user == "owner" and name not in CREATES:
                self._look(operation, of)
        elif operation.exchange.user == "owner":
            self._look(operation, of)

    def _create(self, operation: Operation, of: Classified) -> None:
        answer = operation.exchange.response
        if of.effect is not Effect.DONE or not isinstance(answer, dict):
            return
        name, made = of.call.name, identity(answer)
        if not made or name == "create_upload":  # nothing of an upload that a write may change is so from the start
            return
        kind, request = name.removeprefix("create_"), asked(operation.exchange.request)
        self._possible.update(map(hash, created(kind, made, request, answer)))
        if kind == "folder":
            self._folders.setdefault(made, interval_of(operation))
        elif kind == "project":
            self._owners.add(identity(within(answer, "audit", "created_by")))

    def _write(self, operation: Operation, of: Classified) -> None:
        owners = operation.exchange.user == "owner"
        if owners and of.call.name == "complete_upload" and of.effect is not Effect.NONE:
            return  # the upload itself remembers its owner's attempts
        facts = tuple(wished(of.call, operation.exchange))
        refused = of.effect is Effect.NONE and of.answer is not Answer.UNSENT
        if refused and not SO_ALREADY.holds(operation.exchange):
            interval = interval_of(operation)
            for fact in facts:
                self._refused[fact] = first(self._refused.get(fact), interval) or interval
                self.watched.add(fact[:2])
        elif of.answer is not Answer.UNSENT:
            self._possible.update(map(hash, facts))
            unread = isinstance(operation.exchange.request, Octets) and not facts
            if unread or (of.call.name == UNROUTED and not facts):
                self._wild.update(map(spelled, operation.exchange.path.partition("?")[0].split("/")))

    def announce(self, operation: Operation, called: Call) -> None:
        """Note a write that will prove to have been refused, so that looks count whatever their order."""
        self.watched.update(fact[:2] for fact in wished(called, operation.exchange))

    def _look(self, operation: Operation, of: Classified) -> None:
        if not self.watched:
            return
        interval, exchange = interval_of(operation), operation.exchange
        kind = LOOKS.get(of.call.name)
        if (
            kind
            and of.answer is Answer.REFUSED
            and exchange.status == _NOT_FOUND
            and isinstance(exchange.response, dict)
        ):
            self._missed(kind, of.call.id, interval)
        elif of.answer is Answer.DONE:
            for fact in shown(of.call, exchange.response):
                self._see(fact, interval)
            self._promotions.look(operation, of)

    def _missed(self, kind: str, name: str, interval: Interval) -> None:
        if (kind, name) in self.watched:
            self._missing[kind, name] = last(self._missing.get((kind, name)), interval) or interval
            self._looked[kind, name] = last(self._looked.get((kind, name)), interval) or interval

    def _see(self, fact: Fact, interval: Interval) -> None:
        if fact[:2] not in self.watched:
            return
        self._looked[fact[:2]] = last(self._looked.get(fact[:2]), interval) or interval
        self._shown[fact] = last(self._shown.get(fact), interval) or interval

    # ---- concluding

    @property
    def is_suspicious(self) -> bool:
        """Whether anything that was refused may have been done: the others need not be judged."""
        return any(fact.field in (COMPLETED, CURRENT, GONE) or fact in self._shown for fact in self._open())

    @property
    def concern_others(self) -> bool:
        """Whether listings of all projects may show what was refused, or it depends on who owns other projects."""
        return any(kind == "project" for kind, _ in self.watched)

    def _open(self) -> Iterator[Fact]:
        return (fact for fact in self._refused if not MAY_BE_DONE.holds(attempted=self._attempted(fact)))

    def _attempted(self, fact: Fact) -> bool:
        return hash(fact) in self._possible or fact.id in self._wild

    def conclude(self, context: Context, book: Book) -> None:
        """Convict a server that did what it had refused."""
        if PARTLY_KNOWN.holds(context.begun):
            return
        for fact in sorted(self._open()):
            refused, world = self._refused[fact], context.world
            if NOT_THIS_RUNS.holds(ours=self._is_ours(fact, world)):
                continue
            sign = self._sign(fact, refused, context)
            if sign is not None or self._was_looked_at(fact, refused, world):
                book.expose("refused-write-no-effect")
            if sign is not None:
                _tell(fact, refused, sign, book)

    def _is_ours(self, fact: Fact, world: World) -> bool:
        if fact.kind == "upload" and fact.value in _computed(world.uploads.get(fact.id)):
            return False  # a hash that the server may have computed by itself
        granted = fact.field.removeprefix("role of ")
        known = granted == fact.field or (bool(self._owners - {""}) and granted not in self._owners)
        return known and self._made(fact, world) is not None

    def _made(self, fact: Fact, world: World) -> Interval | None:
        """Return what acknowledged the creation of the fact's resource to this run."""
        if fact.kind == "folder":
            return self._folders.get(fact.id)
        if fact.kind == "version":
            version = world.versions.get(fact.id)
            return version.acknowledged if version else None
        kinds: dict[str, Mapping[str, Project | Upload | File]] = {
            "project": world.projects, "upload": world.uploads, "file": world.files,
        }  # fmt: skip
        found = kinds.get(fact.kind, {}).get(fact.id)
        return found.created if found else None

    def _was_looked_at(self, fact: Fact, refused: Interval, world: World) -> bool:
        looked = self._looked.get(fact[:2])
        if fact.kind == "upload" and fact.field == COMPLETED:
            upload = world.uploads.get(fact.id)
            looked = last(looked, upload.open) if upload else looked
        return looked is not None and crossing(looked, refused) is not None

    def _sign(self, fact: Fact, refused: Interval, context: Context) -> Interval | None:
        """Return the answer that shows that it was done."""
        if fact.field == COMPLETED:
            sign = _completed(fact, context)
        elif fact.field == CURRENT:
            sign = self._promotions.sign(fact.id, context)
        elif fact.field == GONE:
            sign = self._gone(fact, refused, context)
        else:
            sign = self._shown.get(fact)
        return sign if sign is not None and crossing(sign, refused) else None

    def _gone(self, fact: Fact, refused: Interval, context: Context) -> Interval | None:
        """Return what shows that it is deleted: that it says so, or that it is not there, later than it may be new."""
        world, made = context.world, self._made(fact, context.world)
        if made is None or (fact.kind == "version" and _may_be_cleared(fact.id, context)):
            return None
        missing = [self._missing.get((fact.kind, fact.id)), _missing_at_url(fact, context)]
        settled = [one for one in missing if one and not WITHIN_THE_BOUND.holds(one, made, context.bound)]
        seen, doomed = self._shown.get(fact), self._doomed(fact, world)
        for sign in sorted([*settled, *([seen] if seen else [])]):
            if crossing(sign, refused) and not (doomed < NEVER and MAY_BE_DELETED.holds(sign, doomed)):
                return sign
        return None

    def _doomed(self, fact: Fact, world: World) -> int:
        if fact.kind == "project":
            project = world.projects.get(fact.id)
            return doomed_from(project.deletes)[0] if project else -1
        if fact.kind == "file":
            file = world.files.get(fact.id)
            return unclear_from(world, file) if file else -1
        if fact.kind == "version":
            version = world.versions.get(fact.id)
            return scope_of_version(world, version)[0] if version else -1
        return folder_doomed(world, fact.id)


def _computed(upload: Upload | None) -> set[str]:
    """Return the hashes (hex) that an upload may show whatever was reported."""
    if upload is None:
        return set()
    stated = {one.hash[0].lower() for one in upload.completes.values() if one.hash}
    stored = {part.stored.md5 for part in upload.parts.values() if part.stored}
    digests = {value.lower() for value in upload.digests.values()}
    return stated | stored | digests | ({upload.content.md5} if upload.content else set())


def _completed(fact: Fact, context: Context) -> Interval | None:
    """Return what the upload's own record shows; a verdict before any completion has a rule of its own."""
    case = context.cases.get(fact.id)
    if case is None:
        return None
    status, started = case.upload.status, case.chain.started
    sign = first(case.upload.closed, first(status.good, status.bad))
    return sign if sign is not None and (started is None or crossing(started, sign)) else None


def _missing_at_url(fact: Fact, context: Context) -> Interval | None:
    """Return the plain 404 of a file's or a version's url."""
    file, version = context.world.files.get(fact.id), context.world.versions.get(fact.id)
    upload = version.upload if version else ""
    if file is not None and fact.kind == "file":
        upload = next((switch.upload for switch in file.switches.values() if switch.first), "")
    case = context.cases.get(upload)
    endpoints = case.sight.endpoints if case else ()
    return next((one.reads.gone for one in endpoints if one.reads.id == fact.id), None)


def _may_be_cleared(name: str, context: Context) -> bool:
    """Whether nobody promised to keep a version: it is not known to be good."""
    version = context.world.versions.get(name)
    case = context.cases.get(version.upload) if version else None
    return case is None or case.known.truth is not Truth.GOOD


_WHAT = {GONE: "deleting", COMPLETED: "completing", CURRENT: "promoting"}


def _tell(fact: Fact, refused: Interval, sign: Interval, book: Book) -> None:
    what = _WHAT.get(fact.field, "changing")
    of = "" if fact.field in _WHAT else f" ({fact.field})"
    sentence = (
        f"{what} {fact.kind} {short(fact.id)}{of} was refused to {book.when(refused)}, and the answer to "
        f"{book.when(sign)} shows that it was done all the same; no other attempt can have done it"
    )
    book.find(
        "refused-write-no-effect", "refused-and-done", fact.id, (refused, sign), sentence, expected="nothing changed",
        observed="done", detail=fact.field, kind=fact.kind, field=fact.field, value=fact.value,
        refused_b_ns=refused.ended_ns, sign_a_ns=sign.begun_ns,
    )  # fmt: skip


def _shows_it(proof: Proof) -> bool:
    refused, sign = proof.cited
    status, field = refused.exchange.status or 0, str(proof.numbers["field"])
    said_no = (400 <= status < 500 or answers(refused, "nc")) and is_mutation(refused.exchange)
    text = str(sign.exchange.response).lower()
    wanted = str(proof.numbers["value"])
    if field == GONE:
        done = sign.exchange.status == _NOT_FOUND or "'is_deleted': true" in text
    elif field == COMPLETED:
        done = record(sign, "completed_on") is not None or record(sign, "is_consistent") is True
    else:
        done = answers(sign, "2xx") and (field == CURRENT or wanted in map(plain, strings(sign.exchange.response)))
    return said_no and done and before(refused, sign)


RULES = (
    Rule(
        "refused-and-done", "refused-write-no-effect", Need.REFUSED_WRITES, RefusedWrites.conclude, _shows_it,
        occasions="refused writes whose resource was looked at afterwards",
        since=2,
        excuses=(
            MAY_BE_DONE, SO_ALREADY, PARTLY_KNOWN, NOT_THIS_RUNS, WITHIN_THE_BOUND, ANOTHER_CANDIDATE, MAY_BE_DELETED,
        ),
    ),
)  # fmt: skip
