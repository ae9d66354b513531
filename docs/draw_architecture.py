"""Draw ``docs/architecture.svg``: the rooms of the house by floors, from the imports of the code as it stands.

``python docs/draw_architecture.py`` writes the picture anew; ``--check`` exits with 1 if the one there is not it.
"""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import TopologicalSorter
from html import escape
from pathlib import Path

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "architecture.svg"
LOOSE = ("model", "errors", "interrupts")
WIDTH, FLOOR, BOX, TOP = 980, 92, (112, 40), 60

Rooms = Mapping[str, frozenset[str]]


def modules() -> Iterator[tuple[str, Path]]:
    """Give each module's dotted name and file; schemas, scenarios and reports are installed below `conformance`."""
    for folder in ("conformance", "schemas", "scenarios", "reports"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            yield ".".join(parts if folder == "conformance" else ("conformance", *parts)), path


def room_of(dotted: str) -> str:
    """Return the room of a module; the loose nouns stand in the hall, the doors in none."""
    second = (*dotted.split("."), "")[1]
    if second in LOOSE:
        return "hall"
    return "" if second.startswith("__") else second


def imported(path: Path) -> Iterator[str]:
    """Give the dotted names of ours that a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def rooms() -> Rooms:
    """Return, for each room, the rooms that it imports."""
    found: dict[str, set[str]] = defaultdict(set)
    for name, path in modules():
        here = room_of(name)
        if here:
            found[here] |= {room_of(other) for other in imported(path) if other.startswith("conformance.")} - {here, ""}
    return {name: frozenset(others) for name, others in found.items()}


def floors(graph: Rooms) -> dict[str, int]:
    """Return each room's floor: one above the highest room that it imports; raise CycleError for a circle of rooms."""
    TopologicalSorter(graph).prepare()

    @cache
    def floor(name: str) -> int:
        return max((floor(other) + 1 for other in graph.get(name, ())), default=0)

    return {name: floor(name) for name in graph}


def direct(graph: Rooms) -> Iterator[tuple[str, str]]:
    """Give the arrows that no longer way through other rooms replaces, so that the picture stays readable."""

    @cache
    def below(name: str) -> frozenset[str]:
        return frozenset().union(*(below(other) | {other} for other in graph.get(name, ())))

    for name, others in sorted(graph.items()):
        indirect = frozenset().union(*map(below, others)) if others else frozenset()
        yield from ((name, other) for other in sorted(others - indirect))


def places(levels: Mapping[str, int]) -> dict[str, tuple[float, float]]:
    """Return the centre of each room's box, top floor first."""
    by_floor: dict[int, list[str]] = defaultdict(list)
    for name, level in sorted(levels.items()):
        by_floor[level].append(name)
    top = max(by_floor)
    return {
        name: (WIDTH * (place + 1) / (len(names) + 1), TOP + (top - level) * FLOOR)
        for level, names in by_floor.items()
        for place, name in enumerate(names)
    }


def svg(graph: Rooms) -> str:
    """Return the picture."""
    spots = places(floors(graph))
    height = max(y for _, y in spots.values()) + BOX[1] + 10
    wide, tall = BOX
    ends = ((spots[upper], spots[lower]) for upper, lower in direct(graph))
    arrows = "".join(
        f'<path d="M{x:.0f} {y + tall / 2:.0f} {to_x:.0f} {to_y - tall / 2 - 3:.0f}"/>' for (x, y), (to_x, to_y) in ends
    )
    boxes = "".join(
        f'<rect x="{x - wide / 2:.0f}" y="{y - tall / 2:.0f}" width="{wide}" height="{tall}" rx="7"/>'
        f'<text x="{x:.0f}" y="{y + 5:.0f}">{escape(name)}</text>'
        for name, (x, y) in sorted(spots.items())
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" role="img" '
        'aria-label="The rooms of the house by floors; arrows are imports" font-family="system-ui, sans-serif">\n'
        f'<rect width="{WIDTH}" height="{height:.0f}" fill="#fff"/>\n'
        '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0 10 5 0 10z" fill="#667"/></marker></defs>\n'
        f'<g stroke="#99a" stroke-width="1.2" fill="none" marker-end="url(#tip)">{arrows}</g>\n'
        f'<g fill="#eef3fb" stroke="#3a5a8c" font-size="15" text-anchor="middle">{boxes}</g>\n'
        "<style>text{fill:#112;stroke:none}</style>\n</svg>\n"
    )


def main(words: list[str]) -> int:
    """Write the picture, or say whether the one there is still right."""
    drawn = svg(rooms())
    if "--check" in words:
        return int(not PICTURE.is_file() or PICTURE.read_text(encoding="utf-8") != drawn)
    PICTURE.write_text(drawn, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
