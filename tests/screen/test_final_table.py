"""The table at the end: what is broken first, what passed folded, at most eighty columns."""

from __future__ import annotations

import io
from typing import Any

import pytest

from conformance.cli.screen.console import Console, Mode

Document = dict[str, Any]


def document() -> Document:
    """Give a document of passes, a failure, a warning and something that was never seen."""
    rows = [
        {"id": f"passing-{number}", "level": "MUST" if number % 2 else "IMPLIED", "outcome": "pass", "exposures": 1200}
        for number in range(20)
    ]
    rows += [
        {"id": "wrong-chunk-size-integrity", "level": "SHOULD", "outcome": "warn", "exposures": 3},
        {"id": "complete-repeat-same-outcome", "level": "IMPLIED", "outcome": "fail", "exposures": 123_456},
        {"id": "api-description", "level": "SHOULD", "outcome": "not-applicable", "exposures": 0, "note": "n " * 90},
    ]
    rows = [{"section": "s", "note": "", "findings": [], "bound_95": 0.0033, **row} for row in rows]
    target = {"base_url": "http://h/api/v1", "embedded": False}
    return {
        "outcome": "nonconformant", "reasons": ["broken"], "effort": "quick", "seed": 0, "strict": False,
        "target": target,
        "requirements": rows, "findings": [], "options": {"target": "http://h/api/v1"},
    }  # fmt: skip


def shown(monkeypatch: pytest.MonkeyPatch, mode: Mode, *, verbose: bool = False, columns: int = 80) -> list[str]:
    """Show the document on a screen of some columns; give the lines of the table."""
    monkeypatch.setenv("COLUMNS", str(columns))
    out = io.StringIO()
    Console(mode, out, out, verbose=verbose).show(document())
    lines = out.getvalue().splitlines()
    return lines[1 : next(number for number, line in enumerate(lines) if line == "" or "nonconformant" in line)]


def test_what_is_broken_comes_first_and_what_passed_is_one_line_for_each_level(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten duties of a level that passed are one line with their number and their exposures."""
    lines = shown(monkeypatch, Mode.PLAIN)
    assert lines[0].split() == ["outcome", "level", "duty", "exposures", "≤", "95", "%"]
    assert "complete-repeat-same-outcome" in lines[1]
    assert "wrong-chunk-size-integrity" in lines[2]
    passed = [line for line in lines if "✓ pass" in line]
    assert [line.split()[2:4] for line in passed] == [["IMPLIED", "10"], ["MUST", "10"]]
    assert all("12\u202f000" in line for line in passed)
    assert any("--verbose" in line for line in lines)


def test_verbose_shows_every_duty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each on a line of its own, and no hint to ask for more."""
    lines = shown(monkeypatch, Mode.PLAIN, verbose=True)
    assert sum("passing-" in line for line in lines) == 20
    assert not any("--verbose" in line for line in lines)


@pytest.mark.parametrize("mode", [Mode.RICH, Mode.PLAIN])
def test_no_line_of_the_table_is_longer_than_eighty_columns(mode: Mode, monkeypatch: pytest.MonkeyPatch) -> None:
    """Notes stand below their duty, at full length, not in a column that holds two letters."""
    lines = shown(monkeypatch, mode, verbose=True)
    table = [line for line in lines if not line.startswith("    ")]
    assert max(len(line) for line in table) <= 80
    assert "n n n n n n n n n n" in "\n".join(lines)
