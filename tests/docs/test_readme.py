"""The README: one screen before the first scroll, its table of costs that of the code, its links alive."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from conformance.cli.commands import PLACES

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
FIRST = TEXT.partition("\n## ")[0]


def test_the_first_screen_says_what_it_is_how_it_looks_and_who_uses_what() -> None:
    """A paragraph, two commands, the picture, the table; no more than a screen of it."""
    (block,) = re.findall(r"```sh\n(.*?)```", FIRST, re.DOTALL)
    assert len(block.strip().splitlines()) == 2
    assert FIRST.count("docs/report.png") == 1
    assert "| you are |" in FIRST
    assert len(FIRST.splitlines()) <= 30
    assert len(FIRST) < 2200


def test_every_command_that_it_names_is_one() -> None:
    """In the table of who uses what."""
    rows = [line.split("|")[2] for line in FIRST.splitlines() if line.startswith("| a")]
    assert len(rows) == 5
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} <= set(PLACES)


def test_every_link_leads_to_a_file_and_to_a_heading_of_it() -> None:
    """Anchors are headings in the manner of the places where it is read, or ids that a page gives itself."""
    for path, anchor in re.findall(r"\]\(([^):#]+)(?:#([^)]+))?\)", TEXT):
        assert (ROOT / path).exists(), path
        if anchor:
            page = (ROOT / path).read_text(encoding="utf-8")
            heads = re.findall(r"^#+ (.+)$", page, re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}, (
                f"{path}#{anchor}"
            )


def test_the_costs_are_those_of_the_dry_run() -> None:
    """Drawn anew by `python docs/draw_costs.py`."""
    command = [sys.executable, str(ROOT / "docs" / "draw_costs.py"), "--check"]
    assert subprocess.run(command, check=False).returncode == 0
