"""The pure model of the API: whether a plan can be run at all, and what it will make of each upload.

It knows no server. `check` proves that some order of the steps binds every symbol before its use and fills every
meeting; `truths` says which uploads will be known GOOD or BAD from what the plan stores (docs/theory.md).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from enum import StrEnum

from conformance.engine.plan import COMMON, RIGHTS, Actor, Plan, PlanError, Step
from conformance.engine.plan_verbs import FILE, MEMBERSHIP, PROJECT, UPLOAD, VERBS, VERSION, option
from conformance.engine.values.content_classes import CONTENT_CLASSES
from conformance.engine.values.false_hashes import FALSE_HASHES
from conformance.engine.values.name_classes import NAME_CLASSES

ALGORITHMS = ("md5", "sha1", "sha256")
TABLES: Mapping[str, tuple[str, Collection[str]]] = {
    "lie": ("false hash", FALSE_HASHES),
    "name_class": ("class of names", NAME_CLASSES),
    "content": ("class of contents", CONTENT_CLASSES),
    "algorithm": ("algorithm", ALGORITHMS),
}
"""The options that name an entry of a table: what such an entry is called, and the entries."""
"""The algorithms by which the hash of a whole upload may be reported."""
LARGE_PART = 5 * 1024 * 1024
"""Bytes that every part but the last needs, for a store that refuses small parts."""


class Truth(StrEnum):
    """What the client itself knows of the stored bytes."""

    GOOD = "good"
    BAD = "bad"
    GOOD_IF_ACCEPTED = "good-if-accepted"
    """Good, unless the storage provider refuses its parts as too small."""
    UNKNOWN = "unknown"


def first_version(file_symbol: str) -> str:
    """Name the version that attaching binds beside the file."""
    return f"{file_symbol}@1"


def bound_by(step: Step) -> dict[str, str]:
    """Return the symbols that a step binds, each with its kind."""
    if not step.binds:
        return {}
    kind = VERBS[step.verb].binds
    return {step.binds: kind, first_version(step.binds): VERSION} if kind == FILE else {step.binds: kind}


def check(plan: Plan) -> None:
    """Raise `PlanError` when the plan names an unknown verb, argument or symbol, or can never come to its end."""
    kinds = {COMMON: PROJECT}
    for actor, step in plan.steps():
        _check_words(actor, step)
        for symbol, kind in bound_by(step).items():
            if symbol in kinds:
                raise PlanError(f"{actor.name}: {symbol} is bound twice")
            kinds[symbol] = kind
    for actor, step in plan.steps():
        _check_references(actor, step, kinds)
    _check_progress(plan)


def _check_words(actor: Actor, step: Step) -> None:
    verb = VERBS.get(step.verb)
    if verb is None:
        raise PlanError(f"{actor.name}: there is no verb {step.verb!r}")
    for name, value in step.args.items():
        if name in verb.needs or name in verb.takes:
            fits = isinstance(value, str)
        elif name in verb.options:
            default = verb.options[name]
            fits = isinstance(value, int | float) if isinstance(default, float) else isinstance(value, type(default))
        else:
            raise PlanError(f"{actor.name}: {step.verb} takes no {name!r}")
        if not fits:
            raise PlanError(f"{actor.name}: {step.verb} cannot take {name}={value!r}")
    if bool(step.binds) and not verb.binds:
        raise PlanError(f"{actor.name}: {step.verb} binds nothing")


def _check_references(actor: Actor, step: Step, kinds: dict[str, str]) -> None:
    for name, kind in VERBS[step.verb].needs.items():
        symbol = step.args.get(name, COMMON if kind == PROJECT else None)
        if kinds.get(str(symbol)) != kind:
            raise PlanError(f"{actor.name}: {step.verb} needs a {kind} and {symbol!r} is none")
    for name, (says, table) in TABLES.items():
        if (word := step.args.get(name)) and word not in table:
            raise PlanError(f"{actor.name}: {step.verb} knows no {says} {word!r}")
    for name, kind in VERBS[step.verb].takes.items():
        if (given := step.args.get(name)) is not None and kinds.get(str(given)) != kind:
            raise PlanError(f"{actor.name}: {step.verb} takes a {kind} and {given!r} is none")
    if actor.user == "member" and kinds.get(RIGHTS) != MEMBERSHIP:
        raise PlanError(f"{actor.name}: a member needs rights, and no step binds {RIGHTS!r}")
    if (named := step.args.get("name_of")) and kinds.get(str(named)) != UPLOAD:
        raise PlanError(f"{actor.name}: {step.verb} takes an upload's name and {named!r} is none")


def needs(step: Step) -> Iterator[str]:
    """Yield the symbols that a step waits for."""
    verb = VERBS[step.verb]
    for name, kind in verb.needs.items():
        yield str(step.args.get(name, COMMON if kind == PROJECT else ""))
    yield from (str(step.args[name]) for name in verb.takes if name in step.args)


def awaits(actor: Actor, step: Step) -> Iterator[str]:
    """Yield the symbols that an actor waits for before a step: a member has its rights first."""
    if actor.user == "member":
        yield RIGHTS
    yield from needs(step)


def _check_progress(plan: Plan) -> None:
    bound = {COMMON}
    left = {actor.name: list(actor.steps) for actor in plan.actors}
    if len(left) < len(plan.actors):
        raise PlanError("two actors have one name")
    while any(left.values()):
        moved = _advance(plan.actors, left, bound) or _meet(left)
        if not moved:
            stuck = ", ".join(f"{name} at {steps[0].verb}" for name, steps in left.items() if steps)
            raise PlanError(f"the plan can never end: {stuck}")


def _advance(actors: Iterable[Actor], left: dict[str, list[Step]], bound: set[str]) -> bool:
    moved = False
    for actor in actors:
        steps = left[actor.name]
        while steps and steps[0].verb != "meet" and bound.issuperset(awaits(actor, steps[0])):
            bound.update(bound_by(steps.pop(0)))
            moved = True
    return moved


def _meet(left: dict[str, list[Step]]) -> bool:
    waiting: dict[str, list[str]] = {}
    for name, steps in left.items():
        if steps and steps[0].verb == "meet":
            waiting.setdefault(str(steps[0].args.get("at", "")), []).append(name)
    for names in waiting.values():
        if len(names) >= int(option(left[names[0]][0], "parties")):
            for name in names:
                left[name].pop(0)
            return True
    return False


def truths(plan: Plan) -> dict[str, Truth]:
    """Return, for each upload symbol that the plan completes, what its stored bytes will be known to be."""
    created = {step.binds: step for _, step in plan.steps() if step.verb == "create_upload" and step.binds}
    completed = {str(step.args["upload"]) for _, step in plan.steps() if step.verb == "complete"}
    return {symbol: _truth(plan, symbol, step) for symbol, step in created.items() if symbol in completed}


def _truth(plan: Plan, symbol: str, created: Step) -> Truth:
    writers = [actor for actor in plan.actors if any(_stores(step, symbol) for step in actor.steps)]
    if not all(_orderly(actor, symbol, writer) for actor in plan.actors for writer in writers):
        return Truth.UNKNOWN
    puts = [step for actor in writers for step in actor.steps if _stores(step, symbol)]
    if any(option(step, "fresh") for step in puts):
        return Truth.UNKNOWN
    if not option(created, "chunked"):
        return _whole_truth(plan, symbol, created, puts)
    if option(created, "stride") > 1:
        return Truth.UNKNOWN  # a server may want parts without gaps
    return _chunked_truth(list(option(created, "parts")), int(option(created, "misstate")), puts)


def _stores(step: Step, symbol: str) -> bool:
    return step.verb in ("put_part", "put_whole") and step.args.get("upload") == symbol


def _orderly(actor: Actor, symbol: str, writer: Actor) -> bool:
    """Whether the writer has surely stored its last part before the actor completes the upload, if it ever does."""
    completes = [n for n, s in enumerate(actor.steps) if s.verb == "complete" and s.args.get("upload") == symbol]
    if not completes:
        return True
    last_put = max(n for n, s in enumerate(writer.steps) if _stores(s, symbol))
    if actor is writer:
        return last_put < completes[0]
    met = {s.args.get("at") for s in actor.steps[: completes[0]] if s.verb == "meet"}
    return any(s.verb == "meet" and s.args.get("at") in met for s in writer.steps[last_put:])


def _whole_truth(plan: Plan, symbol: str, created: Step, puts: list[Step]) -> Truth:
    completes = [s for _, s in plan.steps() if s.verb == "complete" and s.args.get("upload") == symbol]
    lies, algorithms = set(map(_lie_of, completes)), {option(s, "algorithm") or "md5" for s in completes}
    open_to_doubt = algorithms != {"md5"} or not all(map(_definite, lies))
    if len(lies) > 1 or (open_to_doubt and puts):
        return Truth.UNKNOWN
    if not puts and sum(option(created, "parts")) == 0:
        return Truth.UNKNOWN
    return Truth.BAD if not puts or option(created, "misstate") or any(lies) else Truth.GOOD


def _lie_of(complete: Step) -> str:
    return "other" if "as_of" in complete.args else str(option(complete, "lie"))


def _definite(lie: str) -> bool:
    return not lie or FALSE_HASHES[lie].definite


def _chunked_truth(parts: list[int], misstate: int, puts: list[Step]) -> Truth:
    sent: dict[int, Step] = {}
    for step in puts:
        number = int(option(step, "number"))
        if option(step, "send") and sent.setdefault(number, step).args != step.args:
            return Truth.UNKNOWN  # sent again, and not as before
    if any(option(s, "size_off") for s in puts) or not all(_definite(str(option(s, "lie"))) for s in puts):
        return Truth.UNKNOWN
    if not sent and sum(parts) + misstate == 0:
        return Truth.UNKNOWN
    if misstate or any(map(_lies, sent.values())) or set(sent) != _numbers(parts):
        return Truth.BAD
    return Truth.GOOD if all(size >= LARGE_PART for size in parts[:-1]) else Truth.GOOD_IF_ACCEPTED


def _lies(put: Step) -> bool:
    lying = bool(option(put, "lie")) or "as_of" in put.args
    return lying or option(put, "hash_of") not in (0, option(put, "number"))


def _numbers(parts: Iterable[int]) -> set[int]:
    return {number for number, _ in enumerate(parts, start=1)}
