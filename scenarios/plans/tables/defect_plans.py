"""Each defect of each kind of upload, in any of its parts: every run at standard holds all of them.

Each has a name of another class: a server may look away from a bad upload because of what it is called.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from conformance.engine.lot import Lot
from conformance.engine.plan import Plan
from conformance.engine.scenario import Share, tabled

from ..exercised import BAD, COMPLETED, WINDOW
from ..shapes import PART_DEFECTS, WHOLE_DEFECTS, Shape
from .name_plans import bad_names
from .rows import Row, chunked, lot_of, plans_of, single

_SHARE = Share(1, 6, 6)
MANY = 34
"""Parts of an upload whose last one is wrong: stores and listings have pages of ten, twenty, 25 and 32."""
DEFECTS_NAMED = 23
"""Rows of the table, each with a class of names of its own."""
PLACES = ("first", "middle", "last", "two")
"""Where in an upload of several parts its defect is: one of them, or the first and another one."""


def defects(effort: str, seed: int, wave: int) -> list[Plan]:
    """Return the plans of all defects; at quick a share of them."""
    lot = lot_of("defects", seed, wave)
    named = zip(every_defect(lot), bad_names(seed, wave), strict=False)
    rows = lot.order("rows", [Row(shape, (("name_class", kind),)) for shape, kind in named])
    if effort == "quick":
        rows = rows[:3]
    return plans_of("defects", "every defect", rows, _SHARE.at(effort))


def every_defect(lot: Lot) -> Iterator[Shape]:
    """Yield an upload with each defect, of each kind: a single part, one chunk, several."""
    for defect in WHOLE_DEFECTS:
        yield single(0 if defect == "empty" else lot.number(f"single {defect}", 2, 3000), defect=defect)
    for defect in PART_DEFECTS:
        yield chunked((lot.number(f"one {defect}", 2, 3000),), lot, defect=defect)
    for place in PLACES:
        for defect in ("hash", "missing", "swap"):
            if (defect, place) != ("swap", "two"):  # a swap is of two as it is
                yield _in_place(lot.under(f"{defect} {place}"), defect, place)
    for defect in ("total", "surplus"):
        yield replace(_several(lot.under(defect)), defect=defect)
    yield replace(
        chunked([lot.number(f"of many {n}", 20, 300) for n in range(MANY)], lot), defect="hash", where=(MANY,)
    )


def _several(lot: Lot) -> Shape:
    return chunked([lot.number(f"part {n}", 20, 300) for n in range(lot.number("parts", 3, 5))], lot)


def _in_place(lot: Lot, defect: str, place: str) -> Shape:
    shape = _several(lot)
    last = len(shape.parts)
    middle = lot.number("middle", 2, last - 1)
    where = {"first": (1,), "middle": (middle,), "last": (last,), "two": (1, lot.number("other", 2, last))}[place]
    if defect == "swap":
        where = (where[0], last if place == "first" else 1)  # an edge with the other one, or the middle with the first
    return replace(shape, defect=defect, where=where)


DEFECTS = (
    tabled(
        "defects",
        "Each defect of each kind of upload, in any of its parts, in the last one, in two",
        (*COMPLETED, *WINDOW, *BAD),
        _SHARE,
        defects,
    ),
)
