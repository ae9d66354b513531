"""Rows of a table become plans: one upload each, filled, completed and attached, and how its answers are waited for.

What a row holds is laid out; a lot decides the rest. Most rows wait until they have probably settled before they are
read, since others look at the window: every look is a request.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from conformance.engine.lot import Lot
from conformance.engine.plan import COMMON, Actor, Plan, Step, do
from conformance.engine.plan_model import first_version
from conformance.engine.values.content_classes import CONTENT_CLASSES, LONGEST, SHORTEST
from conformance.model import Json

from ..plan_parts import attach, attach_meanwhile, settling
from ..shapes import Shape


@dataclass(frozen=True, slots=True)
class Row:
    """One upload of a table: what it is, and further arguments of its creation."""

    shape: Shape
    more: tuple[tuple[str, Json], ...] = ()

    def steps(self, symbol: str, project: str = COMMON) -> list[Step]:
        """Return the steps that make and fill it."""
        return self.shape.writes(symbol, project, **dict(self.more))


def plan_of(theme: str, title: str, rows: Sequence[Row]) -> Plan:
    """Return one plan of some rows: one writer makes them in turn; the bad ones are attached while completed.

    A server may refuse to attach what it knows to be bad, and a good one attached late shows whether it is lost.
    """
    steps: list[Step] = []
    attaching: list[Step] = []
    others: list[Actor] = []
    for n, row in enumerate(rows, start=1):
        steps += row.steps(f"u{n}")
        if row.shape.defect:
            meet = do("meet", at=f"filled-{n}", parties=2)
            steps += [meet, row.shape.completes(f"u{n}")]
            others.append(Actor(f"attacher-{n}", (*attach_meanwhile(f"u{n}", f"f{n}", meet), *_look(n), settling())))
        else:
            steps.append(row.shape.completes(f"u{n}"))
            attaching += [attach(f"u{n}", f"f{n}", COMMON), *_look(n)]
    return Plan(theme, title, (Actor("writer", (*steps, *attaching, settling())), *others))


def _look(number: int) -> tuple[Step, Step]:
    """Look once while it is pending, at both url endpoints."""
    return do("read_url", file=f"f{number}"), do("read_version_url", version=first_version(f"f{number}"))


def plans_of(theme: str, title: str, rows: Sequence[Row], count: int) -> list[Plan]:
    """Share rows out over `count` plans, as evenly as it goes."""
    return [plan_of(theme, title, rows[n::count]) for n in range(count)]


def lot_of(theme: str, seed: int, wave: int) -> Lot:
    """Return what decides the details of a table."""
    return Lot(f"{theme}/{seed}/{wave}")


def single(size: int, **more: str) -> Shape:
    """Return a single-part upload."""
    return Shape((size,), (1,), chunked=False, **more)  # type: ignore[arg-type]  # every further field is a text


def chunked(sizes: Iterable[int], lot: Lot, **more: str) -> Shape:
    """Return an upload in parts, sent in an order of the lot's own."""
    parts = tuple(sizes)
    order = tuple(lot.order("order", range(1, len(parts) + 1)))
    return Shape(parts, order, **more)  # type: ignore[arg-type]  # every further field is a text


def may_be_formed(shape: Shape) -> bool:
    """Whether every part is of a length at which its bytes can be of any class of contents."""
    return min(shape.parts, default=0) >= SHORTEST and max(shape.parts) <= LONGEST


def formed(shape: Shape, kind: str) -> Shape:
    """Return a shape whose bytes are of a class of contents, declared by its media type, where that fits."""
    if not may_be_formed(shape):
        return shape
    one = CONTENT_CLASSES[kind]
    return replace(shape, parts=tuple(map(one.fitting, shape.parts)), content=kind, media=one.media)
