"""The floors of the house: imports go down only, and judge and accused share no code."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

FLOORS: dict[str, int] = {
    "conformance": 7,
    "conformance.schemas": -1,
    "conformance.model": 0,
    "conformance.errors": 0,
    "conformance.interrupts": 0,
    "conformance.yaml_text": 0,
    "conformance.reference": 0,
    "conformance.api": 1,
    "conformance.history": 1,
    "conformance.settings": 2,
    "conformance.judge": 2,
    "conformance.driver": 3,
    "conformance.outcome": 3,
    "conformance.release": 3,
    "conformance.engine": 4,
    "conformance.fuzz": 4,
    "conformance.reports": 4,
    "conformance.run": 5,
    "conformance.certification": 5,
    "conformance.doctor": 5,
    "conformance.clients": 5,
    "conformance.spread": 4,
    "conformance.soak": 6,
    "conformance.selftest": 6,
    "conformance.watch": 6,
    "conformance.cli": 7,
    "conformance.__main__": 7,
    "conformance.scenarios": 7,
}


def sources() -> Iterator[tuple[str, Path]]:
    """Give every module of the product with its dotted name."""
    for folder in ("conformance", "schemas", "scenarios", "reports"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            dotted = ".".join(parts if folder == "conformance" else ("conformance", *parts))
            yield dotted.removesuffix(".__init__"), path


def imports(path: Path) -> set[str]:
    """Give the dotted names of our own modules that a file imports, at any depth."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return {name for name in names if name == "conformance" or name.startswith("conformance.")}


def room(dotted: str) -> str:
    """Give the room of the house that a module stands in."""
    return ".".join(dotted.split(".")[:2])


MODULES = list(sources())


def test_every_room_has_a_floor() -> None:
    """A new room must be given its floor in the table above."""
    assert {room(name) for name, _ in MODULES} - set(FLOORS) - {"conformance"} == set()


@pytest.mark.parametrize(("name", "path"), MODULES, ids=[name for name, _ in MODULES])
def test_imports_go_down_the_floors_only(name: str, path: Path) -> None:
    """A module imports its own room, or rooms on lower floors or on its own."""
    here = room(name)
    for imported in {room(other) for other in imports(path)} - {"conformance", here}:  # the door is lazy
        assert FLOORS[imported] <= FLOORS[here], f"{name} imports {imported}, which is above it"


@pytest.mark.parametrize(("name", "path"), [m for m in MODULES if room(m[0]) == "conformance.reference"])
def test_the_reference_server_shares_no_code_with_the_judge(name: str, path: Path) -> None:
    """The accused imports nothing of `conformance` but itself."""
    assert {room(other) for other in imports(path)} - {"conformance"} <= {"conformance.reference"}, name


@pytest.mark.parametrize(("name", "path"), MODULES, ids=[name for name, _ in MODULES])
def test_nobody_imports_scenarios_or_reports(name: str, path: Path) -> None:
    """Scenarios are collected by pytest and reports found by entry point."""
    outsiders = {"conformance.scenarios", "conformance.reports"} - {room(name)}
    assert not {room(other) for other in imports(path)} & outsiders


def test_only_the_driver_speaks_http() -> None:
    """One road for a request: httpx is imported in the driver alone."""
    for name, path in MODULES:
        text = path.read_text(encoding="utf-8")
        if room(name) not in ("conformance.driver", "conformance.reference"):
            assert "import httpx" not in text, name


def imported_modules(name: str, path: Path, known: set[str]) -> set[str]:
    """Give the modules that a module imports, by the longest dotted name that is one; relative imports too."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package.split(".")[: 1 - node.level or None])
            home = ".".join(filter(None, (base, node.module))) if node.level else node.module or ""
            found.update(full if (full := f"{home}.{alias.name}") in known else home for alias in node.names)
    return (found & known) - {name}


def test_no_import_goes_round_in_a_circle() -> None:
    """Types count as well: a module can be read after those that it names, in some order."""
    known = {name for name, _ in MODULES}
    graph = {name: imported_modules(name, path, known) for name, path in MODULES}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as circle:
        pytest.fail(" -> ".join(circle.args[1]))


def test_no_module_name_stands_in_two_rooms() -> None:
    """A name says where a thing is: packages count, `__main__` and `conftest` are pytest's and Python's own."""
    places: dict[str, list[str]] = defaultdict(list)
    for name, path in MODULES:
        if path.stem not in ("__main__", "conftest") and name != "conformance":
            places[name.rpartition(".")[2]].append(name)
    assert {name: rooms for name, rooms in places.items() if len(rooms) > 1} == {}


def test_no_folder_holds_more_than_sixteen_modules_and_the_hall_at_most_six() -> None:
    """A folder is taken in at a glance."""
    counts: dict[Path, int] = defaultdict(int)
    for _, path in MODULES:
        counts[path.parent] += 1
    assert {str(folder): count for folder, count in counts.items() if count > 16} == {}
    assert counts[ROOT / "conformance"] <= 6


def test_rooms_import_each_other_in_no_circle() -> None:
    """Not even on one floor: a room can be understood after those that it rests on."""
    graph: dict[str, set[str]] = defaultdict(set)
    for name, path in MODULES:
        graph[room(name)] |= {room(other) for other in imports(path)} - {"conformance", room(name)}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as circle:
        pytest.fail(" -> ".join(circle.args[1]))
