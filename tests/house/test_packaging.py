"""What is packaged: every room, and the data that the product needs without a checkout."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
RENAMED = ("schemas", "scenarios", "reports", "examples")


def setuptools() -> dict[str, Any]:
    """Read the packaging table."""
    return dict(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"])


def test_every_package_is_listed() -> None:
    """A room that setuptools does not know would be missing from the wheel, and only there."""
    found = {".".join(path.parent.relative_to(ROOT).parts) for path in (ROOT / "conformance").rglob("__init__.py")}
    for name in RENAMED:
        inits = (ROOT / name).rglob("__init__.py")
        found |= {".".join(("conformance", *path.parent.relative_to(ROOT).parts)) for path in inits}
    assert set(setuptools()["packages"]) == found


def test_every_data_file_is_packaged() -> None:
    """Data beside the code travels with it."""
    table = setuptools()["package-data"]
    for name in RENAMED:
        patterns = table[f"conformance.{name}"]
        data = [path for path in (ROOT / name).iterdir() if path.is_file() and path.suffix not in (".py", ".pyc")]
        missed = [path.name for path in data if not any(path.match(pattern) for pattern in patterns)]
        assert missed == []


def test_the_lock_pins_every_dependency_within_its_bounds() -> None:
    """`requirements.lock` names an exact version of everything that pyproject.toml asks for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = [name for names in project["project"]["optional-dependencies"].values() for name in names]
    groups = project["dependency-groups"]
    asked = [*project["project"]["dependencies"], *extras, *groups["dev"], *groups["docs"]]
    pinned = {
        line.split("==")[0].lower().replace("_", "-")
        for line in (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
        if "==" in line
    }
    names = {
        asks.split(";")[0].split("[")[0].split(">")[0].split("<")[0].split("=")[0].strip().lower() for asks in asked
    }
    assert names - pinned == set()


def test_no_two_test_files_share_a_name() -> None:
    """Test folders are no packages, so pytest tells their modules apart by file name alone."""
    names = Counter(path.name for path in (ROOT / "tests").rglob("*.py") if path.name != "conftest.py")
    assert [name for name, count in names.items() if count > 1] == []
