"""Whether a run saw a good upload of each kind, chunked and single-part, and why it did not where it did not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from conformance.api.answers import Answer, Classified
from conformance.api.bodies import asked, within
from conformance.model import Json, Operation
from conformance.outcome.traffic import ranked

KINDS = ("chunked", "single-part")
_OF_PROVIDERS = frozenset({"list_storage_providers", "show_storage_provider"})
CONCERNED = _OF_PROVIDERS | {"create_chunk", "create_upload"}
"""The calls that tell anything of it."""


def missing_kinds(reached: Mapping[str, Json], why: Mapping[str, str]) -> list[str]:
    """Name the kinds of which no good upload was served and compared, where one of the other kind was.

    `reached` counts what the judge reached (``good-chunked``, ``good-single-part``); `why` says by kind what stood in
    the way.
    """
    if not reached.get("good-bytes"):
        return []
    gaps = [kind for kind in KINDS if not reached.get(f"good-{kind}")]
    return [f"a good {kind} upload{f' ({why[kind]})' if why.get(kind) else ''}" for kind in gaps]


@dataclass(slots=True)
class Hindrances:
    """What kept good uploads from coming about, by kind, as far as the owner was told."""

    stated: dict[str, Counter[str]] = field(default_factory=dict)
    done: Counter[str] = field(default_factory=Counter)
    algorithms: set[str] = field(default_factory=set)

    def add(self, operation: Operation, of: Classified) -> None:
        """Take one operation."""
        name = of.call.name
        if name not in CONCERNED or operation.exchange.user != "owner":
            return
        if operation.notes.get("intent", "valid") != "valid":
            return
        if name in _OF_PROVIDERS:
            if of.answer is Answer.DONE:
                self.algorithms.update(_algorithms(operation.exchange.response))
        elif what := _what(operation, of):
            counted = self.stated.setdefault(what, Counter())
            counted[str(operation.exchange.status or operation.exchange.failure)] += 1
            self.done[what] += of.answer is Answer.DONE

    def merge(self, other: Hindrances) -> None:
        """Fold those of other operations in."""
        for what, counted in other.stated.items():
            self.stated.setdefault(what, Counter()).update(counted)
        self.done.update(other.done)
        self.algorithms |= other.algorithms

    def why(self) -> dict[str, str]:
        """Say by kind what stood in the way."""
        stated = {kind: self.stated.get(kind, Counter()) for kind in (*KINDS, "chunk")}
        return {kind: _why(kind, stated, self.done, self.algorithms) for kind in KINDS}


def hindrances(operations: Iterable[Operation], classes: Iterable[Classified]) -> dict[str, str]:
    """Say by kind what kept good uploads of it from coming about, as far as the owner was told."""
    found = Hindrances()
    for operation, of in zip(operations, classes, strict=True):
        found.add(operation, of)
    return found.why()


def _what(operation: Operation, of: Classified) -> str:
    if of.call.name == "create_chunk":
        return "chunk"
    if of.call.name != "create_upload" or of.answer is Answer.NC:
        return ""
    return "single-part" if within(asked(operation.exchange.request), "chunked") in (False, "false") else "chunked"


def _algorithms(body: Json) -> Iterable[str]:
    results = within(body, "results")
    for provider in results if isinstance(results, list) else [body]:
        algorithm = within(provider, "chunk_hash_algorithm")
        if isinstance(algorithm, str) and algorithm.lower() != "md5":
            yield algorithm


def _why(kind: str, stated: Mapping[str, Counter[str]], done: Mapping[str, int], algorithms: set[str]) -> str:
    if stated[kind] and not done[kind]:
        return f"none could be created: {_counted(stated[kind])}"
    if kind == "chunked" and stated["chunk"] and not done["chunk"]:
        return f"every chunk was refused: {_counted(stated['chunk'])}"
    if kind == "chunked" and algorithms:
        return f"the storage provider hashes chunks with {', '.join(sorted(algorithms))}"
    return "" if stated[kind] else "none was tried"


def _counted(answers: Counter[str]) -> str:
    return ", ".join(f"{answer} ({count} times)" for answer, count in ranked(answers))
