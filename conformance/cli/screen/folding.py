"""Prose on a terminal: no line is longer than it is wide; a command that is to be pasted stays on one line."""

from __future__ import annotations

import re
import shutil
import sys
import textwrap

import click

_COMMAND = re.compile(r"^\s*(?:[\w ]+: )?dds-conformance ")


def say(text: str, *, hang: int | None = None) -> None:
    """Print text: folded where a terminal shows it, as it is where something else reads it."""
    width = shutil.get_terminal_size().columns
    click.echo(folded(text, width, hang=hang) if sys.stdout.isatty() else text)


def folded(text: str, width: int, *, hang: int | None = None) -> str:
    """Return text whose lines hold at most `width` columns, as far as their words allow.

    What a line goes on with stands `hang` columns in; without it, two further in than an item's beginning, and where a
    paragraph began.
    """
    return "\n".join(_folded(line, width, hang) for line in text.split("\n"))


def _folded(line: str, width: int, hang: int | None) -> str:
    if len(click.unstyle(line)) <= width or _COMMAND.match(line):
        return line
    begins = len(line) - len(line.lstrip(" "))
    item = begins > 0 or line.startswith("- ")
    further = " " * (begins + 2 * item if hang is None else hang)
    words = textwrap.wrap(
        line, width, subsequent_indent=further, break_long_words=False, break_on_hyphens=False, drop_whitespace=True,
        replace_whitespace=False,
    )  # fmt: skip
    return "\n".join(words)
