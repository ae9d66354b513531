"""Probes: does the store accept small parts, and is the window ever wrong?"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from hypothesis import strategies as st

from conformance.engine.plan import COMMON, Actor, Plan, do
from conformance.engine.plan_model import first_version
from conformance.engine.scenario import PlanScenario, Share

from . import shapes
from .exercised import BAD, COMPLETED, GOOD, WINDOW
from .plan_parts import Draw, attach, attach_meanwhile

FURTHER = 3
"""Storage providers beside the usual one that are tried in any case."""


@st.composite
def small_parts_probe(draw: Draw) -> Plan:
    """A chunked upload of two small parts: does the store accept small parts?

    Each storage provider beside the usual one is asked the same, and tried with a good single part and a bad one: it is
    prepared apart from the others. Where there is none, nothing is sent.
    """
    parts = draw(st.lists(st.integers(10, shapes.MOST_PROBED), min_size=2, max_size=2))
    probe = shapes.Shape((parts[0], parts[1]), (1, 2))
    steps = (*probe.writes("u1"), probe.completes("u1"), attach("u1", "f1", COMMON), do("settle", file="f1"))
    size = draw(st.integers(20, 3000))
    others = [actor for n in range(1, FURTHER + 1) for actor in _at_further(n, probe, size)]
    return Plan("small-parts-probe", "are small parts accepted?", (Actor("writer", steps), *others))


def _at_further(n: int, probe: shapes.Shape, size: int) -> tuple[Actor, Actor]:
    """Return who makes the least that shows whether a further storage provider works, and who attaches the bad one."""
    single = shapes.Shape((size,), (1,), chunked=False)
    bad, many, whole, file = f"b{n}", f"m{n}", f"s{n}", f"fb{n}"
    meet = do("meet", at=f"further-{n}", parties=2)
    wrong = replace(single, defect="hash")
    steps = [*probe.writes(many, further=n), *single.writes(whole, further=n), *wrong.writes(bad, further=n)]
    steps += [probe.completes(many), single.completes(whole), meet, wrong.completes(bad)]
    steps += [attach(many, f"fm{n}", COMMON), attach(whole, f"fs{n}", COMMON), do("settle", file=f"fm{n}")]
    look = do("read_version_url", version=first_version(file))
    return Actor(f"further-{n}", tuple(steps)), Actor(f"attacher-{n}", (*attach_meanwhile(bad, file, meet), look))


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
        "A chunked upload of two small parts: does each store accept small parts, and work?",
        (*COMPLETED, *GOOD),
        Share(1, 1, 1),
        small_parts_probe,
    ),
    PlanScenario(
        "bad-tracers",
        "Bad uploads one after the other, each read densely while it settles: is a wrong 200 ever seen?",
        (*COMPLETED, *WINDOW, *BAD),
        Share(2, 4, 14),
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
