"""Slow clients: plans of other scenarios, with a pause between every pair of steps."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from hypothesis import strategies as st

from conformance.engine.lot import Lot
from conformance.engine.plan import Actor, Plan, Step, do
from conformance.engine.scenario import Share, Strategy, in_turns, tabled

from . import shapes
from .exercised import COMPLETED, OWN_PROJECT, WINDOW
from .file_plans import second_files
from .places.folder_plans import nested_folders
from .places.member_plans import members
from .plan_parts import OF_SLOW, Draw, attach, named_project
from .upload_plans import uploads
from .version_plans import new_versions, third_versions

_MEMBERS = partial(members, bad=False), partial(members, bad=True)
_HURRIED = (uploads, new_versions, second_files, third_versions, nested_folders, *_MEMBERS)
RESTS_BEFORE = (
    ("create_upload", 0), ("put", 0), ("put", 1), ("complete", 0), ("attach", 0), ("read_url", 0), ("download", 0)
)  # fmt: skip
"""The steps before which a client may rest: how their verbs begin, and the how manyth of these it is."""
_RESTS, QUICKLY = len(RESTS_BEFORE), 1
LONGEST, SECOND = 0.75, 0.15
"""The shares of the time there is that the longest pause of a plan takes, and the next longest."""


@st.composite
def slow_clients(draw: Draw, *, hurried: Strategy) -> Plan:
    """A plan of another scenario, taken slowly: all its actors together take what a slow client may."""
    plan = draw(hurried())
    actors = tuple(
        replace(one, steps=_paused(one.steps, draw(st.integers(0, 99)), len(plan.actors))) for one in plan.actors
    )
    return replace(plan, theme="slow-clients", title=f"slowly: {plan.title}", actors=actors)


def _paused(steps: tuple[Step, ...], longest: int, actors: int = 1) -> tuple[Step, ...]:
    """Put a pause between every two steps, one of them the longest; together they are an actor's part of the time.

    `longest` is the number of the step that it comes after.
    """
    taken = [step for step in steps if step.verb != "pause"]
    gaps = max(1, len(taken) - 1)
    longest %= gaps
    shares = {longest: LONGEST, (longest + gaps // 2) % gaps: SECOND} if gaps > 1 else {0: LONGEST}
    rest = (1.0 - sum(shares.values())) / gaps
    paused = [taken[0]]
    for gap, step in enumerate(taken[1:]):
        paused += [do("pause", share=round((shares.get(gap, 0.0) + rest) / actors, 4)), step]
    return tuple(paused)


def slow_uploads(effort: str, seed: int, wave: int) -> list[Plan]:
    """Return an upload for each step before which a client may rest: that rest is the longest of its pauses.

    The shapes take turns: two parts, a single part, one part that is bad.
    """
    lot = Lot(f"slow-uploads/{seed}/{wave}")
    rows = list(range(_RESTS)) if effort != "quick" else lot.order("rows", range(_RESTS))[:QUICKLY]
    return [_slow_upload(lot.under(str(row)), row, (row + wave) % 3) for row in rows]


def _slow_upload(lot: Lot, row: int, kind: int) -> Plan:
    """Return the plan whose longest pause comes before the step of `RESTS_BEFORE` that has the number `row`."""
    first, second = (lot.number(which, shapes.MOST_PROBED, 300) for which in ("first", "second"))
    two = shapes.Shape((first, second), (1, 2))
    one = shapes.Shape((first,), (1,), chunked=False), shapes.Shape((first,), (1,), defect="hash")
    verb, number = RESTS_BEFORE[row]
    shape = two if number else (two, *one)[kind]
    steps = (
        named_project("p1", OF_SLOW + row),
        *shape.writes("u1", "p1"),
        shape.completes("u1"),
        attach("u1", "f1", "p1"),
    )
    steps += (do("read_url", file="f1", times=2, every_s=0.02), do("download", file="f1"))
    found = [place for place, step in enumerate(steps) if step.verb.startswith(verb)]
    return Plan("slow-uploads", "an upload, slowly", (Actor("writer", _paused(steps, found[number] - 1)),))


SLOW = (
    in_turns(
        "slow-clients",
        "Plans of other scenarios, with a pause between every pair of steps",
        (*COMPLETED, *WINDOW),
        Share(1, 2, 8),
        *(partial(slow_clients, hurried=one) for one in _HURRIED),
    ),
    tabled(
        "slow-uploads",
        "An upload for each step before which a client may rest for long",
        (*COMPLETED, *WINDOW, *OWN_PROJECT),
        Share(QUICKLY, _RESTS, _RESTS),
        slow_uploads,
    ),
)
