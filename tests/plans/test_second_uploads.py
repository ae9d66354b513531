"""A server that makes one file, or one version, of an upload: plans that want several go on with uploads like it."""

from __future__ import annotations

from pathlib import Path

import pytest
from campaign_stand import Stand, classified, made, ran

from conformance.api.answers import Answer
from conformance.engine.plan import Actor, Plan, Step, do

ANOTHER = (do("attach", "f2", upload="u1"), *made(3), do("new_version", "v2", file="f3", upload="u1"))
VARIANT = "one-file-per-upload"


def used_twice(*more: Step) -> Plan:
    """Return a plan that makes a file of an upload, and then what is asked for of the same."""
    return Plan("uploads", "used twice", (Actor("writer", (*made(1), *more, do("settle", file="f1"))),))


def creates(stand: Stand) -> int:
    """Count the uploads that were made for the plan."""
    made_by = (classified(op) for op in stand.watcher.operations if not op.plan.endswith("-house"))
    return sum(of.call.name == "create_upload" and of.answer is Answer.DONE for of in made_by)


@pytest.mark.parametrize(("variants", "uploads"), [([], 2), ([VARIANT], 4)], ids=["any number", "one alone"])
def test_a_second_file_and_a_second_version_are_made_of_another_upload_where_the_first_is_refused(
    variants: list[str], uploads: int, tmp_path: Path
) -> None:
    """Each is good, served with bytes of its own, and judged; nothing more is sent where the first is taken twice."""
    stand = ran(used_twice(*ANOTHER), tmp_path, lag="0.1", bound_s=20.0, variants=variants)
    judged = stand.judged()
    assert creates(stand) == uploads
    assert not [finding for tally in judged.tallies.values() for finding in tally.findings]
    assert judged.tallies["bytes-exact"].exposures == uploads
    assert judged.tallies["new-version-served"].exposures


def test_a_bad_upload_is_not_replaced(tmp_path: Path) -> None:
    """What made it bad is not known to who would make another like it."""
    steps = (
        do("create_upload", "u1", parts=[25]),
        do("put_part", upload="u1", number=1, lie="hash"),
        do("complete", upload="u1"),
        do("attach", "f1", upload="u1"),
        do("attach", "f2", upload="u1"),
    )
    bad = Plan("uploads", "bad", (Actor("writer", steps),))
    assert creates(ran(bad, tmp_path, lag="0.3", bound_s=20.0, variants=[VARIANT])) == 1
