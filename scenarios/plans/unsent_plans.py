"""Uploads of which something was never sent, single-part and chunked, waited for to the bound in every run."""

from __future__ import annotations

from hypothesis import strategies as st

from conformance.engine.plan import Actor, Plan, do
from conformance.engine.scenario import PlanScenario, Share

from .exercised import BAD, COMPLETED, WINDOW
from .plan_parts import Draw, attach_meanwhile, reads
from .shapes import Shape

_KINDS = ("single", "chunked", "many", "nothing")
"""A single part, the only chunk, one of three chunks, and a last chunk that would hold nothing."""


@st.composite
def unsent_parts(draw: Draw) -> Plan:
    """A single-part upload without its bytes, and chunked ones whose only or whose last chunk was never stored.

    A last chunk without bytes is one, too: it was reported, and so has to be there.

    All are in one plan, so that no run leaves one out. Each is attached while it is completed: a server may refuse what
    it knows to be bad, and then nobody could wait for it.
    """
    actors: list[Actor] = []
    for n, kind in enumerate(_KINDS, start=1):
        shape = _shape(draw, kind)
        meet = do("meet", at=f"filled-{n}", parties=2)
        actors.append(Actor(f"writer-{n}", (*shape.writes(f"u{n}"), meet, shape.completes(f"u{n}"))))
        reading = (*attach_meanwhile(f"u{n}", f"f{n}", meet), *reads(draw, f"f{n}"))
        actors.append(Actor(f"reader-{n}", reading))
    return Plan("unsent-parts", "something was never sent", tuple(actors))


def _shape(draw: Draw, kind: str) -> Shape:
    size = draw(st.integers(1, 3000))
    if kind == "single":
        return Shape((size,), (1,), chunked=False, defect="unsent")
    if kind == "nothing":
        return Shape((size, 0), (1, 2), defect="missing")
    order = draw(st.permutations((1, 2, 3))) if kind == "many" else [1]
    return Shape((size,) * len(order), tuple(order), defect="missing")


UNSENT = (
    PlanScenario(
        "unsent-parts",
        "An upload of which something was never sent, single-part and chunked, is waited for to the bound",
        (*COMPLETED, *WINDOW, *BAD),
        Share(1, 1, 2),
        unsent_parts,
    ),
)
