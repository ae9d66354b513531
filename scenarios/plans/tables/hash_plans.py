"""Hashes that are nearly right, and other algorithms of the whole file's hash."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import cycle

from conformance.engine.lot import Lot
from conformance.engine.plan import Plan
from conformance.engine.plan_model import ALGORITHMS
from conformance.engine.scenario import Share, tabled
from conformance.engine.values.false_hashes import FALSE_HASHES

from ..exercised import BAD, COMPLETED, GOOD, WINDOW
from ..shapes import WHOLE_FILE, Shape
from .defect_plans import DEFECTS_NAMED
from .name_plans import bad_names
from .rows import Row, chunked, lot_of, plans_of, single

_SHARE = Share(1, 6, 8)


def hashes(effort: str, seed: int, wave: int) -> list[Plan]:
    """Return the plans of all false hashes; at standard each of a chunk or of a single part, at thorough of both."""
    lot = lot_of("hashes", seed, wave)
    rows = [
        *_named(_false(lot, both=effort == "thorough"), bad_names(seed, wave)),
        *map(Row, _whole_file(lot)),
        *map(Row, _right(lot)),
    ]
    ordered = lot.order("rows", rows)
    return plans_of("hashes", "hashes nearly right", ordered[:3] if effort == "quick" else ordered, _SHARE.at(effort))


def _named(shapes: Iterable[Shape], names: list[str]) -> Iterator[Row]:
    """Give names to those that are surely bad: of the classes that no defect has, then of all."""
    left = cycle((*names[DEFECTS_NAMED:], *names[:DEFECTS_NAMED]))
    for shape in shapes:
        sure = FALSE_HASHES[shape.lie].plain and FALSE_HASHES[shape.lie].definite
        yield Row(shape, (("name_class", next(left)),)) if sure else Row(shape)


def _false(lot: Lot, *, both: bool) -> Iterator[Shape]:
    for kind in FALSE_HASHES:
        mine = lot.under(kind)
        size = mine.number("size", 20, 3000)
        of_single = mine.chance("single")
        if both or of_single:
            yield single(size, defect="hash", lie=kind)
        if both or not of_single:
            parts = (size, *(mine.number(f"part {n}", 20, 300) for n in range(mine.number("more", 0, 2))))
            yield chunked(parts, mine, defect="hash", lie=kind)


def _whole_file(lot: Lot) -> Iterator[Shape]:
    """The chunks are right, and the whole file's hash is plainly wrong, or another object's."""
    for kind in ("hash", "other"):
        mine = lot.under(f"whole {kind}")
        yield chunked((mine.number("size", 20, 3000),), mine, defect=WHOLE_FILE, lie=kind)


def _right(lot: Lot) -> Iterator[Shape]:
    """Right hashes of the whole file by each other algorithm; of a chunked upload, whose chunks alone decide, too."""
    for algorithm in ALGORITHMS[1:]:
        mine = lot.under(algorithm)
        yield single(mine.number("single", 20, 3000), algorithm=algorithm)
        yield chunked((mine.number("one", 20, 3000),), mine, algorithm=algorithm)
        yield replace(single(mine.number("bad", 20, 3000), algorithm=algorithm), defect="hash")


HASHES = (
    tabled(
        "hashes",
        "Hashes that are nearly right, of a chunk or of the whole file, and by other algorithms",
        (*COMPLETED, *WINDOW, *GOOD, *BAD),
        _SHARE,
        hashes,
    ),
)
