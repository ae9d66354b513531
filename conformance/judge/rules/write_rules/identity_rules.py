"""The rules about identity: a create brings about a resource of its own, and its answer carries that one.

Two creates that asked for the same may have been answered as one, unless what the first was answered with had been used
up in between; ids are compared without regard to case.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from conformance.api.answers import Classified, Effect
from conformance.api.bodies import asked, folded, within
from conformance.judge.findings import Book, short
from conformance.judge.rechecks import Proof, answers, before, completes, strings
from conformance.judge.rule import Context, Need, Rule
from conformance.judge.rules.excuses import MAY_BE_DELETED
from conformance.judge.rules.write_rules.write_excuses import ASKED_ALIKE, INVALID_INTENT, STILL_OPEN
from conformance.judge.rules.write_rules.write_facts import CREATES, plain
from conformance.judge.state.intake import World
from conformance.judge.state.interval import NEVER, Interval, first, interval_of, last
from conformance.judge.state.observed import doomed_from, folder_doomed, scope_of_file
from conformance.model import Exchange, Json, Operation

_CHANGES = {
    "update_project": "dds-project", "update_file": "dds-file", "rename_file": "dds-file", "move_file": "dds-file",
    "rename_folder": "dds-folder", "move_folder": "dds-folder",
}  # fmt: skip
CONCERNED = CREATES | _CHANGES.keys()
"""Calls that concern the rules."""
_KINDS = {"create_file": "dds-file", "create_folder": "dds-folder"}
"""What the answers to these creates say they are; a project's has a requirement of its own, an upload says nothing."""
_UNGUESSABLE = 12
_Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Made:
    """An acknowledged create: its interval, what was asked for, and the file of a version."""

    interval: Interval
    wanted: str
    file: str = ""


class Identities:
    """The ids that creates were answered with, the names that they asked for, and the answers that carry another.

    A file is called as its upload is, so the names of those are remembered by their ids.
    """

    def __init__(self, _bound: int) -> None:
        self._made: dict[_Key, _Made] = {}
        self._twice: dict[_Key, tuple[_Made, _Made]] = {}
        self._alike: dict[_Key, tuple[Interval, Interval]] = {}
        self._names: dict[_Key, Interval] = {}
        self._misnamed: list[tuple[str, str, Interval]] = []
        self._others: list[tuple[str, str, str, str, Interval]] = []
        self._uploads: dict[str, str] = {}
        self._carried = 0

    @property
    def is_suspicious(self) -> bool:
        """Whether anything is to be found."""
        return bool(self._twice or self._alike or self._others or self._misnamed)

    @property
    def is_misnamed(self) -> bool:
        """Whether an answer bears another name than was asked for: then the names of all creates matter."""
        return bool(self._misnamed)

    def take(self, operation: Operation, of: Classified) -> None:
        """Take a create, or a change that is answered with what was changed."""
        name, exchange = of.call.name, operation.exchange
        if name in CREATES:
            self._named(operation, name)
        if of.effect is not Effect.DONE or not isinstance(exchange.response, dict):
            return
        interval = interval_of(operation)
        if name in CREATES:
            self._create(name.removeprefix("create_"), exchange, _Made(interval, self._wanted(name, exchange)))
        self._version(exchange.response, interval)
        if not INVALID_INTENT.holds(operation):
            self._carried += 1
            for field, wanted, given in _differences(name, of.call.id, exchange):
                self._others.append((name, field, wanted, given, interval))

    def _named(self, operation: Operation, call: str) -> None:
        name = plain(within(asked(operation.exchange.request), "name"))
        if len(name) >= _UNGUESSABLE:
            self._names.setdefault((call, name), interval_of(operation))

    def _create(self, kind: str, exchange: Exchange, made: _Made) -> None:
        body = exchange.response
        name = _id(body)
        if name:
            self._count(kind, name, made)
        wanted, given = plain(within(asked(exchange.request), "name")), plain(within(body, "name"))
        other = bool(wanted and given) and folded(wanted) != folded(given)  # a name that was trimmed is the same
        if kind != "file" and other and len(given) >= _UNGUESSABLE:
            self._misnamed.append((f"create_{kind}", given, made.interval))

    def _wanted(self, call: str, exchange: Exchange) -> str:
        """Return what a create asked for: all but an upload by name and place, which a server may take for the same."""
        request, body = exchange.request, asked(exchange.request)
        name = plain(within(body, "name"))
        if call == "create_upload" and name and (made := _id(exchange.response)):
            self._uploads.setdefault(made, name)
        if call == "create_file":
            name = self._uploads.get(_id(within(body, "upload")), "")
        if call != "create_upload" and name:
            return f"{_id(within(body, 'parent'))} {folded(name)}"
        return f"{exchange.path} {request}"  # JSON twice over would take as long as all the rest

    def _version(self, body: Json, interval: Interval) -> None:
        # Of one file an answer may show the version before, from a replica that lags; no version is of two files.
        version, file = _id(within(body, "current_version")), _id(body)
        if version and file:
            self._count("version", version, _Made(interval, file, file))

    def _count(self, kind: str, name: str, made: _Made) -> None:
        held = self._made.setdefault((kind, name), made)
        alike = made.file == held.file if kind == "version" else ASKED_ALIKE.holds(held.wanted, made.wanted)
        if held is not made and not alike:
            self._twice.setdefault((kind, name), (held, made))
        elif held is not made and kind == "upload":
            earlier, later = self._alike.get((kind, name), (held.interval, held.interval))
            self._alike[kind, name] = first(earlier, made.interval) or earlier, last(later, made.interval) or later

    def conclude(self, context: Context, book: Book) -> None:
        """Convict a server that gives one id to two creates, or answers one with another's resource."""
        book.expose("distinct-ids", len(self._made))
        book.expose("body-own-resource", self._carried)
        stated = {one.interval.operation for pair in self._twice.values() for one in pair}
        for (kind, name), (held, made) in sorted(self._twice.items()):
            doomed = _doomed(kind, name, held, context.world)
            if doomed >= NEVER or not MAY_BE_DELETED.holds(made.interval, doomed):
                _twice(kind, name, held.interval, made.interval, book)
        for (kind, name), (earlier, later) in sorted(self._alike.items()):
            used = _used_up(name, earlier, later, context.world)
            if used is not None and (kind, name) not in self._twice:
                _twice(kind, name, earlier, later, book, used=used)
        for call, field, wanted, given, interval in self._others:
            _another(call, field, wanted, given, (interval,), book)
        for call, given, interval in self._misnamed:
            other = self._names.get((call, given))
            itself = interval.operation in stated or (other is not None and other.operation == interval.operation)
            if other is not None and not itself:
                _another(call, "name", "its own name", given, (other, interval), book)


def _id(body: Json) -> str:
    name = within(body, "id")
    return name.lower() if isinstance(name, str) else ""


def _differences(call: str, name: str, exchange: Exchange) -> Iterator[tuple[str, str, str]]:
    """Yield where an answer is plainly another resource's: what it is, its id, or what it was to belong to."""
    body, wanted = exchange.response, asked(exchange.request)
    kind, given = within(body, "kind"), _id(body)
    if call in _KINDS and isinstance(kind, str) and kind != _KINDS[call]:
        yield "kind", _KINDS[call], kind
    if call in _CHANGES and kind == _CHANGES[call] and given and given != name.lower():
        yield "id", name, given
    for field, asked_for, stated in _homes(call, name, wanted, body):
        if asked_for and stated and asked_for != stated:
            yield field, asked_for, stated


def _homes(call: str, name: str, wanted: Json, body: Json) -> Iterator[tuple[str, str, str]]:
    """Yield by field what a resource was to belong to, and what it is told to belong to."""
    if call == "create_upload":
        yield "project", name.lower(), _id(within(body, "project"))
    elif call in _KINDS:
        yield "parent", _id(within(wanted, "parent")), _id(within(body, "parent"))
        yield "upload", _id(within(wanted, "upload")), _id(within(body, "current_version", "upload"))


def _doomed(kind: str, name: str, held: _Made, world: World) -> int:
    """Return from when (ns) the first of two may have been gone, so that its id was free again."""
    if kind == "project":
        project = world.projects.get(name)
        return doomed_from(project.deletes)[0] if project else NEVER
    if kind == "upload":
        upload = world.uploads.get(name)
        home = world.projects.get(upload.project) if upload else None
        return doomed_from(home.deletes)[0] if home else NEVER
    if kind == "file":
        file = world.files.get(name)
        return scope_of_file(world, file)[0] if file else NEVER
    if kind == "version":
        return min(doomed_from(world.version(name).deletes)[0], scope_of_file(world, world.file(held.file))[0])
    return folder_doomed(world, name)


def _used_up(name: str, earlier: Interval, later: Interval, world: World) -> Interval | None:
    """Return what completed an upload after it was first acknowledged, and before it was asked for once more."""
    upload, found = world.uploads.get(name), None
    for one in upload.completes.values() if upload else ():
        if not STILL_OPEN.holds(one.effect, earlier, one.interval, later):
            found = first(found, one.interval)
    home = world.projects.get(upload.project) if upload else None
    doomed = doomed_from(home.deletes)[0] if home else NEVER
    return None if doomed < NEVER and MAY_BE_DELETED.holds(later, doomed) else found


def _twice(  # noqa: PLR0913 - the parts of one decision, each named
    kind: str, name: str, held: Interval, made: Interval, book: Book, *, used: Interval | None = None
) -> None:
    why = f"although {book.when(used)} had completed it in between" if used else "which asked for two different ones"
    sentence = f"{kind} {short(name)} was the answer to {book.when(held)} and to {book.when(made)}, {why}"
    evidence = (held, used, made) if used else (held, made)
    book.find(
        "distinct-ids", "id-twice", name, evidence, sentence, expected=f"a {kind} of its own",
        observed=f"the same {kind} twice", detail=kind, kind=kind, id=name,
    )  # fmt: skip


def _another(  # noqa: PLR0913, PLR0917 - the parts of one decision, each named
    call: str, field: str, wanted: str, given: str, evidence: tuple[Interval, ...], book: Book
) -> None:
    sentence = (
        f"{call} was answered to {book.when(evidence[-1])} with another resource: its {field} is {short(given)}, not "
        f"{short(wanted)}"
    )
    book.find(
        "body-own-resource", "another-resource", call, evidence, sentence, expected=wanted, observed=given,
        detail=field, field=field, given=given,
    )  # fmt: skip


def _same_id(proof: Proof) -> bool:
    one, *between, other = proof.cited
    key = str(proof.numbers["id"])
    bodies = [str(stated.exchange.response).lower() for stated in (one, other)]
    shown = all(f"'id': '{key}'" in body for body in bodies)
    asked_apart = (one.exchange.path, str(one.exchange.request)) != (other.exchange.path, str(other.exchange.request))
    used = any(completes(each) and before(one, each) and before(each, other) for each in between)
    return shown and (asked_apart or used) and answers(one, "2xx") and answers(other, "2xx") and one.id != other.id


def _is_another(proof: Proof) -> bool:
    stated, given, field = proof.cited[-1], str(proof.numbers["given"]), str(proof.numbers["field"])
    shows = answers(stated, "2xx") and given.lower() in map(plain, strings(stated.exchange.response))
    if field == "kind":
        return shows
    named = len(proof.cited) == 1 or given in map(plain, strings(asked(proof.cited[0].exchange.request)))
    asked_for = [*stated.exchange.path.lower().split("/"), *map(plain, strings(asked(stated.exchange.request)))]
    return shows and named and given not in asked_for


_EXCUSES = (INVALID_INTENT, ASKED_ALIKE, STILL_OPEN, MAY_BE_DELETED)
RULES = (
    Rule(
        "id-twice", "distinct-ids", Need.IDENTITIES, Identities.conclude, _same_id,
        occasions="ids that creates were answered with", since=2, excuses=_EXCUSES,
    ),
    Rule(
        "another-resource", "body-own-resource", Need.IDENTITIES, Identities.conclude, _is_another,
        occasions="answers that carry what was made or changed", excuses=_EXCUSES,
    ),
)  # fmt: skip
