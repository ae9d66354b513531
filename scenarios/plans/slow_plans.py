"""Slow clients: plans of other scenarios, with a pause between every pair of steps."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from conformance.engine.plan import Actor, Plan, Step, do
from conformance.engine.scenario import PlanScenario, Share

from .exercised import COMPLETED, WINDOW
from .file_plans import second_files
from .places.folder_plans import nested_folders
from .places.member_plans import members
from .plan_parts import Draw
from .upload_plans import uploads
from .version_plans import new_versions, third_versions

_HURRIED = (uploads, new_versions, second_files, third_versions, nested_folders, members)


@st.composite
def slow_clients(draw: Draw) -> Plan:
    """A plan of another scenario, taken slowly: all its actors together take what a slow client may."""
    hurried = draw(st.sampled_from(_HURRIED))
    plan = draw(hurried())
    return replace(plan, theme="slow-clients", title=f"slowly: {plan.title}", actors=_slowed(draw, plan.actors))


def _slowed(draw: Draw, actors: tuple[Actor, ...]) -> tuple[Actor, ...]:
    return tuple(replace(one, steps=_paused(draw, one.steps, len(actors))) for one in actors)


def _paused(draw: Draw, steps: tuple[Step, ...], actors: int) -> tuple[Step, ...]:
    """Put a pause between every two steps; their shares together are an actor's part of the time there is."""
    gaps = draw(st.lists(st.integers(1, 8), min_size=len(steps), max_size=len(steps)))
    whole = sum(gaps) * actors
    taken = [step for step in steps if step.verb != "pause"]
    pauses = [do("pause", share=round(gap / whole, 4)) for gap in gaps]
    paired = [one for pause, step in zip(pauses, taken, strict=False) for one in (pause, step)]
    return tuple(paired[1:])


SLOW = (
    PlanScenario(
        "slow-clients",
        "Plans of other scenarios, with a pause between every pair of steps",
        (*COMPLETED, *WINDOW),
        Share(1, 3, 8),
        slow_clients,
    ),
)
