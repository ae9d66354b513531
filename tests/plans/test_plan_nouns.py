"""Plans as documents: read back, refused when they are none, drawn as text."""

from __future__ import annotations

import json

import pytest

from conformance.engine.plan import COMMON, Actor, Plan, PlanError, Step, do, plan_from_json
from conformance.engine.plan_text import plan_text, step_text
from conformance.engine.plan_verbs import HOW

PLAN = Plan(
    "uploads",
    "an example",
    (
        Actor("writer", (do("create_upload", "u1", project=COMMON, parts=[3, 4]), do("complete", upload="u1"))),
        Actor("stranger", (do("read_upload", upload="u1", times=2, every_s=0.01),), "other"),
    ),
)


def test_a_plan_survives_its_journey_through_json() -> None:
    """What is saved is what is run again."""
    assert plan_from_json(json.loads(json.dumps(PLAN.to_json()))) == PLAN


def test_two_plans_are_the_same_when_their_keys_are() -> None:
    """The key forgets the order of arguments and nothing else."""
    swapped = Step("create_upload", {"parts": [3, 4], "project": COMMON}, "u1")
    same = Plan("uploads", "an example", (Actor("writer", (swapped, *PLAN.actors[0].steps[1:])), PLAN.actors[1]))
    assert same.key() == PLAN.key()
    assert Plan("uploads", "another", PLAN.actors).key() != PLAN.key()


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        {"format": "dds-conformance-plan", "version": 2, "actors": []},
        {"format": "dds-conformance-plan", "version": 1},
        {"format": "dds-conformance-plan", "version": 1, "actors": [{"name": "a"}]},
        {"format": "dds-conformance-plan", "version": 1, "actors": [{"steps": [{"as": "u1"}]}]},
        {"format": "dds-conformance-plan", "version": 1, "actors": [{"steps": [], "user": "root"}]},
    ],
)
def test_what_is_no_plan_is_refused_with_a_sentence(document: object) -> None:
    """A wrong file is the user's mistake, told as such."""
    with pytest.raises(PlanError, match=r"\w+ \w+"):
        plan_from_json(document)


def test_a_plan_reads_as_a_program_of_api_verbs() -> None:
    """The text names actors, requests, bindings, and whatever is out of the ordinary."""
    assert plan_text(PLAN).splitlines() == [
        "uploads: an example",
        "  writer:",
        f"    u1 = POST /projects/common/uploads   (2 parts of 3 + 4 bytes; {HOW['patient']})",
        "    PUT /uploads/u1/complete",
        "  stranger, the second user:",
        "    GET /uploads/u1   (2 times, 10 ms apart)",
    ]


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (do("complete", upload="u1", lie="hash"), "reporting a wrong hash"),
        (do("put_part", upload="u1", number=2, size_off=3), "reporting +3 bytes"),
        (do("put_part", upload="u1", number=2, send=False), "never sent"),
        (do("put_part", upload="u1", number=2, hash_of=1), "reporting the hash of part 1"),
        (do("create_upload", "u1", project="p1", parts=[1], misstate=7), "its size given +7"),
        (do("create_upload", "u2", project="p1", parts=[1], name_of="u1"), "under the name of u1"),
        (do("create_upload", "u1", project="p1", parts=[1], name_class="quoted"), "not plain ASCII"),
        (do("create_project", "p1", name_class="quoted"), "not plain ASCII"),
        (do("create_upload", "u1", project="p1", parts=[1], content_type="text/plain"), "of type text/plain"),
        (do("create_upload", "u1", project="p1", parts=[1], bare=True), "`chunked` left out"),
        (do("create_upload", "u1", project="p1", parts=[1], named_store=True), "its storage provider named"),
        (do("complete", upload="u1", form=True), "as a form"),
        (do("attach", "f1", upload="u1", project="p1", cut_s=0.001), "cut after 1 ms"),
        (do("pause", lags=1.2), "1.2 of the lag measured so far"),
        (do("pause", s=0.01), "10 ms"),
    ],
)
def test_a_step_says_what_is_odd_about_it(step: Step, words: str) -> None:
    """Nothing that could matter to a finding is left out of the text."""
    assert words in step_text(step)
