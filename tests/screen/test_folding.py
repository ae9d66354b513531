"""Prose on a terminal of any width: folded between its words, and commands left to be pasted."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.cli.screen.folding import folded, say

WORDS = st.lists(st.text("abcdefgh-", min_size=1, max_size=12), min_size=1, max_size=60)


@given(WORDS, st.integers(40, 120), st.integers(0, 8))
def test_no_line_is_longer_than_the_terminal_and_no_word_is_lost(words: list[str], width: int, indent: int) -> None:
    """Nor broken; what a line goes on with stands further in."""
    text = " " * indent + " ".join(words)
    lines = folded(text, width).split("\n")
    assert all(len(line) <= width for line in lines)
    assert " ".join(lines).split() == words
    further = indent + 2 if indent or text.startswith("- ") else 0
    assert all(len(line) - len(line.lstrip(" ")) == further for line in lines[1:])


def test_a_command_stays_on_one_line_and_columns_hang() -> None:
    """It is there to be pasted."""
    pasted = f"  see it again: dds-conformance replay report.json {'--option value ' * 9}"
    assert folded(pasted, 80) == pasted
    said = f"{'good':<8}{'reachability':<16}{'the target answers ' * 6}".rstrip()
    lines = folded(said, 60, hang=24).split("\n")
    assert len(lines) > 2
    assert all(line[:24].isspace() and not line[24].isspace() for line in lines[1:])


@pytest.mark.parametrize("terminal", [True, False])
def test_only_a_terminal_is_folded_for(
    *, terminal: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file or a pipe holds each sentence on one line."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    say("word " * 40)
    assert (len(capsys.readouterr().out.split("\n")) > 2) is terminal
