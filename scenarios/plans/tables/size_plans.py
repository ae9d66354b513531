"""Sizes: none, one, powers of two and their neighbours, parts at the bounds, many parts, as text and as numbers."""

from __future__ import annotations

from dataclasses import replace

from conformance.engine.lot import Lot
from conformance.engine.plan import Plan
from conformance.engine.plan_model import LARGE_PART
from conformance.engine.scenario import Share, tabled
from conformance.engine.values.content_classes import CONTENT_CLASSES, FORMED

from ..exercised import COMPLETED, GOOD, WINDOW
from ..shapes import GAPS, MOST_PROBED, Shape
from .rows import Row, chunked, formed, lot_of, may_be_formed, plans_of, single

KIB, MIB = 1 << 10, 1 << 20
_HIGHEST = {"quick": 17, "standard": 20, "thorough": 23}
"""The highest power of two whose neighbourhood is tried."""
_A_PAGE = 100
"""Resources on a page where nothing else is said."""
_SHARE = Share(1, 4, 6)


def sizes(effort: str, seed: int, wave: int) -> list[Plan]:
    """Every power of two, or a neighbour, in one part; what stands at the bounds of parts; many parts."""
    lot = lot_of("sizes", seed, wave)
    rows = _of_contents(_powers(lot, effort), lot)
    rows += [Row(shape) for shape in _BOUNDS[effort](lot)] if effort in _BOUNDS else []
    return plans_of("sizes", "sizes at every bound", lot.order("rows", rows), _SHARE.at(effort))


def _powers(lot: Lot, effort: str) -> list[Row]:
    """Nothing, one byte and so on: at quick every third power, which ones is the lot's."""
    step = 3 if effort == "quick" else 1
    first = lot.number("first", 0, step - 1)
    found = [Row(single(0)), Row(chunked((0,), lot)), Row(single(1))] if effort != "quick" else []
    for power in range(first, _HIGHEST[effort] + 1, step):
        size = (1 << power) + lot.number(f"beside {power}", -1, 1)
        shape = single(size) if lot.chance(f"single {power}") else chunked((size,), lot)
        found.append(Row(shape))
    return found


def _of_contents(rows: list[Row], lot: Lot) -> list[Row]:
    """Give each row the first class of contents that is left and has its size; some rows stay random."""
    left = list(lot.order("contents", (*FORMED, *FORMED[:2])))
    found: list[Row] = []
    for row in rows:
        kind = next((kind for kind in left if _has_size_of(row.shape, kind)), "")
        if kind:
            left.remove(kind)
        found.append(replace(row, shape=formed(row.shape, kind)) if kind else row)
    return found


def _has_size_of(shape: Shape, kind: str) -> bool:
    return may_be_formed(shape) and all(abs(CONTENT_CLASSES[kind].fitting(size) - size) <= 1 for size in shape.parts)


def _standard(lot: Lot) -> list[Shape]:
    """One single part over a mebibyte, one of about 5 MiB, two parts of 5 MiB and a rest, in an order of the lot's.

    One single part and one chunk are sent without their length.

    Two uploads have the same bytes, and two parts of one.
    """
    beyond = lot.number("beyond", 1, 4 * KIB)
    equal = lot.number("equal", MOST_PROBED, 300)
    odd = [lot.number(f"part {n}", MOST_PROBED, 300) for n in range(lot.number("parts", 3, 9))]
    return [
        replace(single(MIB + beyond), streamed=True),
        single(LARGE_PART + lot.number("beside", -1, 1)),
        chunked((LARGE_PART, LARGE_PART + lot.number("second", 0, 1), beyond), lot.under("large")),
        replace(chunked(odd, lot.under("again")), again=True),
        replace(single(beyond), again=True, content="shared"),
        replace(chunked((beyond,), lot), again=True, content="shared"),
        replace(chunked((equal, equal, equal + 1), lot.under("equal")), content="alike"),
        replace(chunked((beyond + 2,), lot), asked=True, streamed=True),
        replace(chunked((beyond, 8), lot.under("fresh")), defect="fresh"),
        replace(chunked((LARGE_PART, beyond), lot.under("gaps")), defect=GAPS),
        *_bad(lot),
    ]


def _bad(lot: Lot) -> list[Shape]:
    """Return wrong hashes of what is not small, whose check a server may put off, leave out or do in pieces.

    The largest is a single part of 5 MiB; several parts of as much are in a plan of their own. Beside them sizes beyond
    what 31 and 32 bits hold, of few bytes, and a part that is never sent while all others are sent twice.
    """
    found = []
    for n, power in enumerate((10, 13, 16, 19)):
        size = (1 << power) + lot.number(f"bad {power}", -1, 1)
        alone = (n + lot.number("bad kinds", 0, 1)) % 2
        found.append(single(size) if alone else chunked((size,), lot))
    twice = [lot.number(f"twice {n}", MOST_PROBED, 300) for n in range(2)]
    odd = [
        single(lot.number("vast", 1, 300), defect="vast"),
        chunked((lot.number("vaster", 1, 300),), lot, defect="vaster"),
        replace(chunked(twice, lot.under("twice"), defect="missing"), again=True),
    ]
    large = (MIB + lot.number("bad mebibyte", 1, KIB), LARGE_PART + lot.number("bad large", -1, 1))
    return [*odd, *(replace(shape, defect="hash") for shape in (*found, *map(single, large)))]


def _thorough(lot: Lot) -> list[Shape]:
    """What takes much: more parts than a page holds, good and bad, 64 MiB in parts, single parts beyond 5 MiB."""
    many = [lot.number(f"small {n}", MOST_PROBED, 40) for n in range(_A_PAGE + lot.number("more", 1, 9))]
    bad = replace(chunked(many, lot.under("bad")), defect="hash", where=(lot.number("where", 1, len(many)),))
    large = [LARGE_PART + lot.number(f"large {n}", 0, 2) for n in range(12)]
    return [
        *_standard(lot),
        chunked(many, lot.under("many")),
        bad,
        chunked(many[:_A_PAGE], lot.under("page")),
        chunked((*large, 64 * MIB - sum(large)), lot.under("64 MiB")),
        single(8 * MIB + lot.number("eight", -1, 1)),
        single(16 * MIB + lot.number("sixteen", -1, 1)),
        single(64 * MIB),
    ]


_BOUNDS = {"standard": _standard, "thorough": _thorough}

SIZES = (
    tabled(
        "sizes",
        "Sizes: none, one byte, powers of two and their neighbours, parts at the bounds, many parts, parts sent again",
        (*COMPLETED, *WINDOW, *GOOD),
        _SHARE,
        sizes,
    ),
)
