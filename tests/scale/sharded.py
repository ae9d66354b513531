"""One history judged whole and in shards, and whatever differs: for the tests and the soak of shards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from conformance.history.parquet.converting import convert_history
from conformance.model import History
from conformance.outcome.assemble import Framing, Gist, drawn, gist
from conformance.spread.pooling import Outcome
from conformance.spread.shard_work import Task, do
from conformance.spread.spreading import Gathered, Wanted, gathered

_OF_THE_MOMENT = ("run_id", "begun", "ended", "duration_s")


def here(tasks: Sequence[Task]) -> Outcome:
    """Do all tasks in this process."""
    return [do(task) for task in tasks], []


def document(of: Gist) -> dict[str, object]:
    """Draw the run document of a gist, without what differs from one moment to the next."""
    found = drawn(of, Framing(recorded=True, run_id="r"))
    return {name: value for name, value in found.items() if name not in _OF_THE_MOMENT}


def differences(history: History, path: Path, shards: Sequence[int], *, whole_too: bool = False) -> Iterator[str]:
    """Yield how the judgement in so many shards differs from that of one judge; nothing where it never does.

    That shards are given up, and one process must judge the whole, is a difference as well, unless `whole_too`.
    """
    convert_history(history, path)
    whole = gist(history)
    for count in shards:
        found = sharded(path, count, recorded=history.recorded)
        if found.gist is None:
            if not whole_too:
                yield f"{count} shards: must be judged whole, since {found.why}"
            continue
        for name in ("lags", "counters", "operations"):
            if getattr(whole.judged, name) != getattr(found.gist.judged, name):
                yield f"{count} shards: {name}"
        for name in sorted({*whole.judged.tallies, *found.gist.judged.tallies}):
            one, other = whole.judged.tallies.get(name), found.gist.judged.tallies.get(name)
            if one != other:
                yield f"{count} shards: {one} and {other}"
        one_document, other_document = document(whole), document(found.gist)
        yield from (
            f"{count} shards: {name} of the document"
            for name in one_document
            if one_document[name] != other_document[name]
        )


def in_sequence(history: History) -> History:
    """Return a history as a file may hold it: what overlaps in a session speaks in one of its own."""
    until: dict[str, int] = {}
    found = []
    for one in sorted(history.operations, key=lambda one: one.b_ns or one.a_ns):
        ended = one.b_ns or one.a_ns
        overlaps = one.a_ns < until.get(one.session, -(10**18))
        until[one.session] = max(ended, until.get(one.session, ended))
        found.append(replace(one, session=f"{one.session}/{one.id}") if overlaps else one)
    return replace(history, operations=tuple(found))


def sharded(path: Path, count: int, *, recorded: bool | None = None) -> Gathered:
    """Judge a file in so many shards, in this process."""
    return gathered(path, Wanted(count, recorded=recorded), here)
