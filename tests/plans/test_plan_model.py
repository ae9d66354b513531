"""The pure model: impossible plans are refused, and what is stored is known."""

from __future__ import annotations

import pytest

from conformance.engine.plan import COMMON, Actor, Plan, PlanError, Step, do
from conformance.engine.plan_model import LARGE_PART, Truth, check, truths


def plan(*programs: tuple[Step, ...]) -> Plan:
    """Make a plan of one actor per program."""
    return Plan("uploads", "", tuple(Actor(f"a{n}", steps) for n, steps in enumerate(programs)))


CREATE = do("create_upload", "u1", project=COMMON, parts=[3])
PUT = do("put_part", upload="u1", number=1)
COMPLETE = do("complete", upload="u1")
MEET = do("meet", at="here", parties=2)


@pytest.mark.parametrize(
    ("programs", "words"),
    [
        (((do("fly"),),), "no verb 'fly'"),
        (((do("complete", upload="u9"),),), "needs a upload"),
        (((do("create_project", "p1"), do("complete", upload="p1")),), "needs a upload"),
        (((CREATE, CREATE),), "bound twice"),
        (((do("create_project", "p1", size=3),),), "takes no 'size'"),
        (((do("create_upload", "u1", project=COMMON, parts=3),),), "cannot take parts=3"),
        (((do("complete", "x", upload="u1"), CREATE),), "binds nothing"),
        (((PUT, CREATE),), "never end"),
        (((CREATE, MEET),), "never end"),
        (((do("create_project", "common"),),), "bound twice"),
        (((CREATE, do("create_upload", "u2", project=COMMON, name_of="u9")),), "takes an upload's name"),
    ],
)
def test_a_plan_that_cannot_be_run_is_refused(programs: tuple[tuple[Step, ...], ...], words: str) -> None:
    """Unknown words, missing symbols and circles are found before anything is sent."""
    with pytest.raises(PlanError, match=words):
        check(plan(*programs))


def test_an_actor_may_wait_for_what_another_makes() -> None:
    """Symbols join the actors, and so do meetings."""
    check(plan((CREATE, PUT, MEET, COMPLETE), (do("read_upload", upload="u1"), MEET, COMPLETE)))


def truth(*steps: Step) -> Truth | None:
    """Return what one writer's steps make of the upload."""
    return truths(plan(steps)).get("u1")


def whole(**extra: object) -> Step:
    """Make a single-part upload's create."""
    return do("create_upload", "u1", project=COMMON, parts=[3], chunked=False, **extra)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ((CREATE, PUT, COMPLETE), Truth.GOOD),
        ((CREATE, PUT), None),
        ((CREATE, do("put_part", upload="u1", number=1, lie="hash"), COMPLETE), Truth.BAD),
        ((CREATE, do("put_part", upload="u1", number=1, send=False), COMPLETE), Truth.BAD),
        ((CREATE, do("put_part", upload="u1", number=1, hash_of=2), COMPLETE), Truth.BAD),
        ((CREATE, do("put_part", upload="u1", number=1, hash_of=1), COMPLETE), Truth.GOOD),
        ((CREATE, PUT, do("complete", upload="u1", form=True)), Truth.GOOD),
        ((CREATE, COMPLETE), Truth.BAD),
        ((CREATE, COMPLETE, PUT), Truth.UNKNOWN),
        ((CREATE, PUT, do("put_part", upload="u1", number=1, fresh=True), COMPLETE), Truth.UNKNOWN),
        ((CREATE, PUT, PUT, COMPLETE), Truth.GOOD),
        ((CREATE, do("put_part", upload="u1", number=1, lie="last-digit"), COMPLETE), Truth.BAD),
        ((CREATE, do("put_part", upload="u1", number=1, lie="upper"), COMPLETE), Truth.UNKNOWN),
        ((whole(), do("put_whole", upload="u1"), do("complete", upload="u1", lie="empty")), Truth.BAD),
        ((whole(), do("put_whole", upload="u1"), do("complete", upload="u1", algorithm="sha256")), Truth.UNKNOWN),
        ((CREATE, do("put_part", upload="u1", number=1, size_off=1), COMPLETE), Truth.UNKNOWN),
        ((CREATE, PUT, do("complete", upload="u1", lie="hash")), Truth.GOOD),
        ((do("create_upload", "u1", project=COMMON, parts=[3], misstate=1), PUT, COMPLETE), Truth.BAD),
        ((do("create_upload", "u1", project=COMMON, parts=[3], misstate=-1), PUT, COMPLETE), Truth.BAD),
        ((do("create_upload", "u1", project=COMMON, parts=[]), COMPLETE), Truth.UNKNOWN),
        ((do("create_upload", "u1", project=COMMON, parts=[0]), PUT, COMPLETE), Truth.GOOD),
        ((whole(), do("put_whole", upload="u1"), COMPLETE), Truth.GOOD),
        ((whole(), do("put_whole", upload="u1"), do("complete", upload="u1", lie="hash")), Truth.BAD),
        ((whole(), COMPLETE), Truth.BAD),
        ((whole(misstate=1), do("put_whole", upload="u1"), COMPLETE), Truth.BAD),
    ],
)
def test_the_truth_of_an_upload_follows_from_what_is_stored(steps: tuple[Step, ...], expected: Truth | None) -> None:
    """GOOD and BAD only where it is definite, as the contract says."""
    assert truth(*steps) == expected


@pytest.mark.parametrize(("first", "expected"), [(LARGE_PART, Truth.GOOD), (LARGE_PART - 1, Truth.GOOD_IF_ACCEPTED)])
def test_many_parts_are_good_only_when_any_store_would_take_them(first: int, expected: Truth) -> None:
    """Stores may refuse small parts before the last."""
    puts = [do("put_part", upload="u1", number=n) for n in (2, 1)]
    assert truth(do("create_upload", "u1", project=COMMON, parts=[first, 5]), *puts, COMPLETE) is expected


def test_a_rival_that_completes_without_waiting_leaves_the_truth_open() -> None:
    """Only a meeting after the last part makes another's completion come after it."""
    rival = (do("read_upload", upload="u1"), COMPLETE)
    assert truths(plan((CREATE, PUT, COMPLETE), rival)) == {"u1": Truth.UNKNOWN}
    meeting = (do("read_upload", upload="u1"), MEET, COMPLETE)
    assert truths(plan((CREATE, PUT, MEET, COMPLETE), meeting)) == {"u1": Truth.GOOD}


def part(number: int) -> Step:
    """Store one part."""
    return do("put_part", upload="u1", number=number)


@pytest.mark.parametrize(
    ("mine", "theirs", "expected"),
    [
        ((part(1), MEET, COMPLETE), (part(2), MEET), Truth.GOOD_IF_ACCEPTED),
        ((part(1), MEET, COMPLETE), (do("put_part", upload="u1", number=2, lie="hash"), MEET), Truth.BAD),
        ((part(1), COMPLETE), (part(2),), Truth.UNKNOWN),
        ((part(1), MEET, COMPLETE), (MEET, part(2)), Truth.UNKNOWN),
        ((part(1), part(2), MEET, COMPLETE), (part(2), MEET), Truth.GOOD_IF_ACCEPTED),
        (
            (part(1), part(2), MEET, COMPLETE),
            (do("put_part", upload="u1", number=2, fresh=True), MEET),
            Truth.UNKNOWN,
        ),
        (
            (part(1), part(2), MEET, COMPLETE),
            (do("put_part", upload="u1", number=2, lie="hash"), MEET),
            Truth.UNKNOWN,
        ),
    ],
)
def test_two_may_store_different_parts_and_meet(
    mine: tuple[Step, ...], theirs: tuple[Step, ...], expected: Truth
) -> None:
    """What two store together is known if both store the same of it, and both are done before it is completed."""
    create = do("create_upload", "u1", project=COMMON, parts=[3, 4])
    assert truths(plan((create, *mine), theirs)) == {"u1": expected}
