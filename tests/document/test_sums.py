"""What is added up of a history: alike operations are counted, and nothing depends on how it was shared out."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.api.answers import Classified
from conformance.api.classifier import classify_all
from conformance.history import read
from conformance.history.oldest import forget_oldest
from conformance.model import Exchange, Failure, Octets, Operation, Role, Target
from conformance.outcome.sums import Sums, sums_of

RECORDED = Path(__file__).parent.parent / "data" / "recorded" / "deployed-history.jsonl"
TARGET = Target("http://dds.test/api/v1", gateway="blocked by")
NAME = "aaaa0000-0000-4000-8000-000000000001"
PATHS = (
    f"/api/v1/files/{NAME}/url", f"/api/v1/uploads/{NAME}/complete", f"/api/v1/projects/{NAME}/uploads",
    "/api/v1/projects", f"/api/v1/uploads/{NAME}/chunks", "/api/v1/storage_providers", "/api/v1/nothing",
)  # fmt: skip
BODIES = (
    None, {"error": 404, "code": "resource_not_consistent"}, {"id": NAME}, Octets(7, "0" * 32, "blocked by"),
    {"chunked": False}, {"results": [{"chunk_hash_algorithm": "sha1"}]},
)  # fmt: skip
NOTES = (
    {}, {}, {}, {"withheld": "x"}, {"forbidden": "x"}, {"intent": "invalid"}, {"tracer": "good", "upload": NAME},
)  # fmt: skip


@st.composite
def exchanges(draw: st.DrawFn) -> Exchange:
    """Draw an exchange of a few kinds, so that many are alike."""
    failure = draw(st.sampled_from((None, None, None, Failure.RESET, Failure.REFUSED, Failure.KILLED)))
    return Exchange(
        draw(st.sampled_from(("GET", "PUT", "POST"))), draw(st.sampled_from(PATHS)),
        role=draw(st.sampled_from((Role.API, Role.API, Role.STORAGE))),
        user=draw(st.sampled_from(("owner", "owner", "other", None))), request=draw(st.sampled_from(BODIES)),
        status=None if failure else draw(st.sampled_from((200, 200, 201, 202, 400, 401, 404, 502))),
        response=None if failure else draw(st.sampled_from(BODIES)), failure=failure,
    )  # fmt: skip


def summed(operations: list[Operation], classes: list[Classified], cuts: list[int]) -> Sums:
    """Return the sums of the parts between `cuts`, the last part first."""
    whole, numbers = Sums(), range(len(operations))
    edges = [0, *sorted(cuts), len(operations)]
    for begun, ended in reversed(list(pairwise(edges))):
        part = Sums()
        part.take(numbers[begun:ended], operations[begun:ended], classes[begun:ended])
        whole.merge(part)
    return whole


def said(sums: Sums) -> tuple[object, ...]:
    """Return everything that a document says of sums."""
    return (
        sums.operations, sums.ended, sums.traffic.summary(), sums.steps.obstacle(), sums.steps.own_obstacle(),
        sums.steps.storage_trouble(), sums.steps.tried, sums.steps.done, sums.steps.last, sums.foreign.summary(),
        sums.hindrances.why(), sums.watches.found(), list(sums.ending.gone()), list(sums.ending.remarks()),
        sorted(sums.ending.api.since), sorted(sums.ending.second_user.since), list(sums.unsent.sentences()),
    )  # fmt: skip


@given(st.lists(st.tuples(exchanges(), st.sampled_from(NOTES)), max_size=40), st.lists(st.integers(0, 40), max_size=4))
@settings(max_examples=150, deadline=None)
def test_operations_add_up_alike_one_by_one_and_all_at_once(
    drawn: list[tuple[Exchange, dict[str, str]]], cuts: list[int]
) -> None:
    """Counting what is alike says what every operation by itself says, in any order and any parts."""
    operations = [
        Operation(f"w-{place}", "s", place * 10, None if one.failure is Failure.KILLED else place * 10 + 5, one,
                  notes=notes)
        for place, (one, notes) in enumerate(drawn)
    ]  # fmt: skip
    classes = list(classify_all(operations, TARGET))
    whole = said(sums_of(operations, classes))
    assert said(summed(operations, classes, list(range(1, len(operations))))) == whole
    assert said(summed(operations, classes, [min(cut, len(operations)) for cut in cuts])) == whole


def test_a_recorded_history_adds_up_alike_one_by_one_and_all_at_once() -> None:
    """The same of what the deployed service answered."""
    history = read(RECORDED)
    operations, classes = list(history.operations), list(classify_all(history.operations, history.target))
    cuts = list(range(1, len(operations)))
    assert said(summed(operations, classes, cuts)) == said(sums_of(operations, classes))


def test_a_table_keeps_what_came_last() -> None:
    """The oldest entries go, some at a time, and never more than an eighth beyond the bound is there."""
    table: dict[int, int] = {}
    for number in range(1000):
        table[number] = number
        forget_oldest(table, 80)
        assert len(table) <= 90
        assert list(table) == list(range(number + 1 - len(table), number + 1))
    assert len(table) >= 80
