"""The rule about refused creates: what was refused, or told to come back later, is in no final listing.

Only names that no attempt may have brought into being are looked for, and only in places that this run made.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator

from conformance.api.answers import Answer, Classified, Effect
from conformance.api.bodies import asked, folded, identity, within
from conformance.api.error_bodies import named_fields, names_upload, says_taken, says_unfit
from conformance.api.routes import Call, spelled
from conformance.judge.findings import Book, short
from conformance.judge.rechecks import answers, before, lists
from conformance.judge.rule import Context, Need, Rule
from conformance.judge.rules.excuses import MAY_HAVE_BEEN_MADE, NOT_THIS_RUNS, WITHIN_THE_BOUND
from conformance.judge.rules.write_rules.taken_slugs import TakenSlugs
from conformance.judge.rules.write_rules.write_excuses import DELIVERED_TWICE
from conformance.judge.state.chain import crossing
from conformance.judge.state.intake import World
from conformance.judge.state.interval import Interval, interval_of, last
from conformance.model import Json, Octets, Operation, Phase

_Key = tuple[str, str, str]
_CREATES = {"create_project": "project", "create_upload": "upload", "create_file": "file", "create_folder": "folder"}
_LISTS = frozenset({"list_projects", "list_uploads", "list_project_children", "list_folder_children"})
_RENAMES = frozenset({"update_project", "rename_file", "rename_folder"})
_BRINGS = {"update_file": "file", "promote_version": "file", "move_file": "file", "move_folder": "folder"}
"""Calls by which a thing comes to be listed where, or as what, it was refused before."""
_MOVES = frozenset({"move_file", "move_folder"})
"""Those that tell by their path alone what they bring."""
TRACED = frozenset({*_CREATES, *_LISTS, *_RENAMES, *_BRINGS})
"""Calls that concern the rule."""
_WORD = re.compile(r"[0-9a-z]{6,}")
_SHORTEST = 12
"""A project's name is looked for only if it is at least this long and has a digit: others may be older than the run."""


class Traces:
    """The names that were refused, those that may exist, and those that listings showed."""

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._refused: dict[_Key, Interval] = {}
        self._attempted: set[int] = set()
        self._renamed: set[str] = set()
        self._murky: dict[tuple[str, str], list[str | None]] = {}
        self._listed: dict[_Key, Interval] = {}
        self._places: set[tuple[str, str]] = set()
        self._about_upload: dict[_Key, Interval] = {}
        self._slugs = TakenSlugs()
        self._for_slugs: dict[_Key, str] = {}

    def take(self, operation: Operation, of: Classified) -> None:
        """Take a create or a listing, whoever sent it."""
        called, answered = of.call, of.answer
        self._slugs.take(operation, of)
        if called.name in _CREATES:
            self._create(operation, of)
        elif called.name in _RENAMES:
            self._renamed.add(str(within(asked(operation.exchange.request), "name")))
        elif called.name in _BRINGS:
            self._brought(operation, of, _BRINGS[called.name])
        elif answered is Answer.DONE and operation.exchange.user == "owner":
            self._listing(operation, called)

    def _create(self, operation: Operation, of: Classified) -> None:
        called, answered = of.call, of.answer
        keys = wanted_keys(operation.exchange.request, called)
        if not keys or isinstance(operation.exchange.request, Octets):
            self._brought(operation, of, _CREATES[called.name])
        if not keys:
            return
        key = keys[-1] if _in_folder(operation.exchange.request) else keys[0]
        holder = self._slugs.holder(operation) if called.name == "create_project" else ""
        refused = answered is Answer.NC or (
            answered is Answer.REFUSED and (holder or not _says_taken(operation, called))
        )
        if not refused or of.effect is not Effect.NONE:
            self._attempted.update(hash(_folded(each)) for each in keys)
            given = within(operation.exchange.response, "name")
            if answered is Answer.DONE and isinstance(given, str) and given != key[2]:
                self._renamed.add(given)  # a name that was trimmed or normalised is listed so
        else:
            self._refuse(operation, key, holder)

    def _refuse(self, operation: Operation, key: _Key, holder: str) -> None:
        interval = interval_of(operation)
        if holder:
            self._for_slugs[key] = holder
        if key[0] == "file" and names_upload(operation.exchange) and not says_unfit(operation.exchange):
            self._about_upload[key] = last(self._about_upload.get(key), interval) or interval
        held = self._refused.get(key)
        if held is None or interval[:2] < held[:2]:
            self._refused[key] = interval

    def _brought(self, operation: Operation, of: Classified, kind: str) -> None:
        # What was brought about in another way may be listed: by its name, or any of that kind if it has none here.
        if of.effect is Effect.NONE:
            return
        called, body, request = of.call, operation.exchange.response, asked(operation.exchange.request)
        name = within(body, "name")
        if kind == "file":
            upload = within(body, "upload") or within(body, "current_version", "upload") or within(request, "upload")
            name = identity(upload)
        if isinstance(name, str) and name:
            self._renamed.add(name)
        elif called.name != "promote_version":  # which shows nothing that was no version before
            written = None if called.name in _MOVES else _written(operation.exchange.request)
            self._murky.setdefault((kind, called.id if kind == "upload" else ""), []).append(written)

    def _brought_about(self, kind: str, place: str, name: str) -> bool:
        murky = (text for where in {(kind, ""), (kind, place)} for text in self._murky.get(where, ()))
        return name in self._renamed or any(_may_name(text, name) for text in murky)

    def _listing(self, operation: Operation, called: Call) -> None:
        final, interval = operation.phase is Phase.FINAL, interval_of(operation)
        if final and isinstance(within(operation.exchange.response, "results"), list):
            self._places.update((kind, place) for kind in _kinds(called) for place in (called.id, ""))
        for key in listed_keys(operation.exchange.response, called):
            refused = self._refused.get(key)
            if final or (refused is not None and not WITHIN_THE_BOUND.holds(interval, refused, self._bound)):
                self._listed.setdefault(key, interval)

    @property
    def concern_others(self) -> bool:
        """Whether a name was refused and not made after all, or something of unknown name may have been made.

        An upload's name is looked for in the listing of its own project alone: `open_uploads` are not among these.
        """
        return bool(self._murky) or any(kind != "upload" for kind, _, _ in self._open())

    @property
    def open_uploads(self) -> frozenset[tuple[str, str]]:
        """The projects and names of uploads that were refused, and are not known to have been made after all."""
        return frozenset((place, name) for kind, place, name in self._open() if kind == "upload")

    def brings_about(self, refused: Collection[tuple[str, str]]) -> bool:
        """Whether something made in an unusual way may be one of these uploads that were refused elsewhere."""
        return any(self._brought_about("upload", place, name) for place, name in refused)

    def _open(self) -> Iterator[_Key]:
        for key in self._refused:
            if hash(_folded(key)) not in self._attempted and not self._brought_about(*key):
                yield key

    @property
    def given(self) -> frozenset[str]:
        """The names that things were given in other ways than by a create that asked for them."""
        return frozenset(self._renamed)

    def allow(self, names: Iterable[str]) -> None:
        """Take it that things of these names were made elsewhere."""
        self._renamed.update(names)

    def conclude(self, context: Context, book: Book) -> None:
        """Convict a server that shows what it had refused."""
        for key, refused in sorted(self._refused.items()):
            kind, place, name = key
            brought = self._brought_about(*key)
            holder, shown = self._for_slugs.get(key), self._listed.get(key)
            taken = holder is not None and not self._slugs.holds(holder, shown or refused, context.world)
            if MAY_HAVE_BEEN_MADE.holds(attempted=taken or hash(_folded(key)) in self._attempted, brought=brought):
                continue
            if NOT_THIS_RUNS.holds(ours=_ours(context.world, key)):
                continue
            again = self._about_upload.get(key)
            if again and DELIVERED_TWICE.holds(context.cases.get(spelled(name)), again):
                continue
            if shown is None or crossing(shown, refused) is None:
                if (kind, place) in self._places:
                    book.expose("refused-create-no-trace")
                continue
            book.expose("refused-create-no-trace")
            sentence = (
                f"creating {kind} {short(name)} was refused to {book.when(refused)}, yet the listing that "
                f"{book.when(shown)} read shows it"
            )
            book.find(
                "refused-create-no-trace", "refused-but-listed", name, (refused, shown), sentence, expected="nothing",
                observed=f"a {kind} of that name", detail=f"{kind} {place}", kind=kind, place=place, name=name,
            )  # fmt: skip


def _folded(key: _Key) -> _Key:
    """Return a key as a server may have it that trims names, or normalises them."""
    kind, place, name = key
    return kind, place, folded(name)


def _says_taken(operation: Operation, called: Call) -> bool:
    """Whether a create is refused because there is one already: perhaps this very one, delivered twice."""
    fields = named_fields(operation.exchange)
    named = "name" in fields and called.name in ("create_project", "create_folder")
    return "slug" in fields or named or says_taken(operation.exchange)


def wanted_keys(body: Json, called: Call) -> tuple[_Key, ...]:
    """Give kind, place and name of what a create asked for; nothing for other calls and where it has no name.

    A file, named by its upload, may turn up elsewhere than in the folder that it was refused in: it has a second key,
    without a place.
    """
    kind = _CREATES.get(called.name)
    if kind is None:
        return ()
    body = asked(body)
    name = within(body, "name") if kind != "file" else identity(within(body, "upload"))
    place = {"project": "", "upload": called.id}.get(kind)
    if place is None:
        place = identity(within(body, "parent"))
    if not isinstance(name, str) or not name:
        return ()
    return ((kind, place, name), (kind, "", name)) if kind == "file" else ((kind, place, name),)


def _in_folder(body: Json) -> bool:
    return bool(within(asked(body), "parent", "kind") != "dds-project")


def _kinds(called: Call) -> tuple[str, ...]:
    return {"list_projects": ("project",), "list_uploads": ("upload",)}.get(called.name, ("folder", "file"))


def listed_keys(body: Json, called: Call) -> Iterator[_Key]:
    """Give kind, place and name of what a listing shows."""
    results = within(body, "results")
    for item in results if isinstance(results, list) else []:
        yield from _shown(item, called, _kinds(called))


def _shown(item: Json, called: Call, kinds: tuple[str, ...]) -> Iterator[_Key]:
    name = within(item, "name")
    if not isinstance(name, str):
        return
    if len(kinds) == 1:
        yield (kinds[0], called.id, name)
        return
    upload = identity(within(item, "current_version", "upload"))
    if within(item, "kind") == "dds-folder":
        yield ("folder", called.id, name)
    elif upload:
        yield ("file", called.id, upload)
        yield ("file", "", upload)


def _written(request: Json) -> str | None:
    """Give all that a request says, in lower case; None when that was not kept whole."""
    if not isinstance(request, Octets):
        return json.dumps(request, ensure_ascii=False).lower()
    text = request.text
    return text.lower() if len(text.encode()) >= request.bytes else None


def _may_name(written: str | None, name: str) -> bool:
    """Whether a request that was written so may bring something called `name`, however that was encoded."""
    words = _WORD.findall(name.lower())
    return written is None or not words or all(word in written for word in words)


def _ours(world: World, key: _Key) -> bool:
    kind, place, name = key
    if kind == "project":
        return len(name) >= _SHORTEST and any(letter.isdigit() for letter in name)
    if kind == "file" and not place:
        upload = world.uploads.get(spelled(name))
        return upload is not None and upload.created is not None
    project = world.projects.get(place)
    return project is not None and project.created is not None


RULES = (
    Rule(
        "refused-but-listed", "refused-create-no-trace", Need.CREATES, Traces.conclude,
        lambda p: (answers(p.cited[0], "nc") or (p.cited[0].exchange.status or 0) >= 400)
        and before(p.cited[0], p.cited[1]) and lists(p.cited[1], p.numbers["name"]),
        occasions="refused names looked for in the final listings",
        excuses=(MAY_HAVE_BEEN_MADE, DELIVERED_TWICE, NOT_THIS_RUNS, WITHIN_THE_BOUND),
    ),
)  # fmt: skip
