"""The picture of the architecture is the code's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_picture_is_drawn_from_the_imports_as_they_stand() -> None:
    """Whoever moves a room draws it anew: `python docs/draw_architecture.py`."""
    script = ROOT / "docs" / "draw_architecture.py"
    assert subprocess.run([sys.executable, str(script), "--check"], check=False).returncode == 0


def test_the_page_names_every_room() -> None:
    """A room without a sentence is a room that nobody can use."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rooms = {path.parent.name for path in (ROOT / "conformance").glob("*/__init__.py")}
    assert {room for room in rooms - {"cli", "doctor", "selftest"} if f"{room}/" not in page} == set()
