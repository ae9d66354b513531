"""Probes: does the store accept small parts, and is the window ever wrong?"""

from __future__ import annotations

from functools import partial

from hypothesis import strategies as st

from conformance.engine.plan import COMMON, Actor, Plan, do
from conformance.engine.scenario import PlanScenario, Share

from . import shapes
from .exercised import BAD, COMPLETED, GOOD, WINDOW
from .plan_parts import Draw, attach, attach_meanwhile


@st.composite
def small_parts_probe(draw: Draw) -> Plan:
    """A chunked upload of two small parts: does the store accept small parts?"""
    parts = draw(st.lists(st.integers(10, shapes.MOST_PROBED), min_size=2, max_size=2))
    puts = [do("put_part", upload="u1", number=n) for n in (1, 2)]
    create = do("create_upload", "u1", project=COMMON, parts=parts)
    steps = (create, *puts, do("complete", upload="u1"), attach("u1", "f1", COMMON), do("settle", file="f1"))
    return Plan("small-parts-probe", "are small parts accepted?", (Actor("writer", steps),))


@st.composite
def tracers(draw: Draw, *, bad: bool) -> Plan:
    """An upload whose answer is decisive at any instant, attached while it is completed and read densely."""
    kind = "bad" if bad else "good"
    shape = draw(shapes.one_part(bad=bad))
    meet = do("meet", at="filled", parties=2)
    writer = Actor("writer", (*shape.writes("u1"), meet, shape.completes("u1")))
    dense = do("read_densely", file="f1", readers=4, tracer=kind)
    attacher = Actor("attacher", (*attach_meanwhile("u1", "f1", meet), dense))
    return Plan(f"{kind}-tracers", f"a {kind} upload under dense readers", (writer, attacher))


PROBES = (
    PlanScenario(
        "small-parts-probe",
        "A chunked upload of two small parts: does the store accept small parts?",
        (*COMPLETED, *GOOD),
        Share(1, 1, 1),
        small_parts_probe,
    ),
    PlanScenario(
        "bad-tracers",
        "Bad uploads one after the other, each read densely while it settles: is a wrong 200 ever seen?",
        (*COMPLETED, *WINDOW, *BAD),
        Share(2, 6, 14),
        partial(tracers, bad=True),
        in_series=True,
    ),
    PlanScenario(
        "good-tracers",
        "Good uploads one after the other, each read densely while it settles",
        (*COMPLETED, *WINDOW, *GOOD),
        Share(1, 3, 6),
        partial(tracers, bad=False),
        in_series=True,
    ),
)
