"""Two ways to set the same text (pure): Markdown, where a target's words are escaped, and plain for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from conformance.outcome.display_text import code, escaped, line


class Markup(Protocol):
    """How headings, words and tables are set. Words of a target go through `text` or `code`, always."""

    def heading(self, text: str, level: int) -> str:
        """Set a heading."""

    def strong(self, text: str) -> str:
        """Set words that matter."""

    def text(self, words: object) -> str:
        """Make words of a target harmless."""

    def code(self, words: object) -> str:
        """Set a name, a path or an id."""

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
        """Set a table of cells that are set already."""


class Markdown:
    """GitHub-flavoured Markdown."""

    def heading(self, text: str, level: int) -> str:
        """Set a heading."""
        return f"{'#' * level} {text}"

    def strong(self, text: str) -> str:
        """Set words that matter."""
        return f"**{text}**"

    def text(self, words: object) -> str:
        """Make words of a target harmless."""
        return escaped(words)

    def code(self, words: object) -> str:
        """Set a name, a path or an id."""
        return code(words)

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
        """Set a table."""
        return "\n".join(f"| {' | '.join(row)} |" for row in (heads, ["---"] * len(heads), *rows))


class Plain:
    """Text for a terminal: nothing is escaped but what a terminal would obey."""

    def heading(self, text: str, level: int) -> str:
        """Set a heading."""
        return text.upper() if level == 1 else f"{text}\n{'-' * len(text)}"

    def strong(self, text: str) -> str:
        """Set words that matter."""
        return text

    def text(self, words: object) -> str:
        """Make words of a target harmless."""
        return line(words)

    def code(self, words: object) -> str:
        """Set a name, a path or an id."""
        return line(words)

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
        """Set a table in columns."""
        every = [heads, *rows]
        widths = [max(len(row[column]) for row in every) for column in range(len(heads))]
        return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
                         for row in every)  # fmt: skip
