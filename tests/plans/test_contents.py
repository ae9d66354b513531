"""Contents of uploads: every class is what it says, at its size, and a standard run stores each."""

from __future__ import annotations

import gzip
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.engine.content import digest_of, piece
from conformance.engine.plan import Step
from conformance.engine.plan_model import Truth, truths
from conformance.engine.scenario import PlanScenario
from conformance.engine.scenario_list import scenarios
from conformance.engine.search.portion import Portion
from conformance.engine.values.content_classes import CONTENT_CLASSES, FORMED, SHORTEST

SCENARIOS = {one.name: one for one in scenarios() if isinstance(one, PlanScenario)}
SEEDS = range(10)


@given(st.sampled_from(FORMED), st.integers(0, 2_000), st.text(min_size=1, max_size=20))
def test_bytes_of_a_class_have_their_size_and_their_hash(kind: str, size: int, seed: str) -> None:
    """Whatever the size, also where it is too small for what the class says."""
    made = piece(seed, size, kind)
    assert len(made.data()) == size
    assert hashlib.md5(made.data(), usedforsecurity=False).hexdigest() == made.md5 == digest_of([made])


@pytest.mark.parametrize("kind", FORMED)
def test_bytes_of_a_class_are_an_uploads_own_and_the_same_each_time(kind: str) -> None:
    """From the shortest size on, another seed gives other bytes: what is served for another is seen."""
    one, again, other = (piece(seed, SHORTEST, kind).data() for seed in ("a", "a", "b"))
    assert one == again != other


def test_classes_are_what_they_say() -> None:
    """What is told here is what servers make something of."""
    of = {kind: piece("seed", 300, kind).data() for kind in FORMED}
    assert gzip.decompress(of["packed"])
    assert of["zeros"].endswith(bytes(200))
    assert b"\r\n" in of["long-lines"]
    assert b"\r" not in of["lines"]
    assert of["byte-order-mark"].decode("utf-8-sig") != of["byte-order-mark"].decode("utf-8")
    assert of["blanks-at-ends"].decode() != of["blanks-at-ends"].decode().strip()
    assert b"\r\n.\r\n" in of["ends"]
    with pytest.raises(UnicodeDecodeError):
        of["latin"].decode()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_standard_run_stores_each_class_in_a_good_upload(seed: int) -> None:
    """Equal parts of one upload, and the same bytes in a single part, in chunks and reported with a wrong hash."""
    portion, met = Portion("standard", seed), set()
    for name in ("names", "sizes", "made-again"):
        for plan in portion.plans(SCENARIOS[name]):
            truth = truths(plan)
            creates = [step for _, step in plan.steps() if step.verb == "create_upload"]
            met |= {(step.args.get("content"), truth[step.binds]) for step in creates}
            assert all(_alike(step) for step in creates)
    good = {kind for kind, truth in met if truth in (Truth.GOOD, Truth.GOOD_IF_ACCEPTED)}
    assert set(CONTENT_CLASSES) <= good
    assert ("shared", Truth.BAD) in met


def _alike(create: Step) -> bool:
    """Whether an upload whose parts are to be alike has two of one size."""
    parts = create.args["parts"]
    return create.args.get("content") != "alike" or len(set(parts)) < len(parts)
