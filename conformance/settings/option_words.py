"""What a command was asked for, said again: the options of a run as JSON, and as words of a shell."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path

from conformance.model import Json
from conformance.settings.keys import KEYS

MORE = ("config", "expect")
"""Options of a run that are no keys: files that it reads besides."""
FIRST = ("target", "storage_provider", "effort", "strict", "seed", "only")
SAFE = ("target", "embedded", "target_version", "converge_within", "gateway", "storage_provider", "seed", "strict")
"""What a run document may say for a replay: no file, no consent, no host to trust, nothing that is spent."""


def as_json(value: Json) -> Json:
    """Return the value of a key as JSON."""
    if isinstance(value, Path):
        return str(value)
    return list(value) if isinstance(value, tuple) else value


def option_words(options: Mapping[str, Json], *, without: Iterable[str] = ()) -> list[str]:
    """Give options as words, each quoted for a shell: what matters most first.

    A header is a secret: its value is to come from a variable named after it, and a shell says so if it is not set.
    """
    left_out = {name for name, value in options.items() if value in (None, "", []) or value is False} | set(without)
    order = dict.fromkeys((*FIRST, *(name for name in (*KEYS, *MORE) if name != "embedded"), "embedded"))
    return [word for name in order if name in options.keys() - left_out for word in _words(name, options[name])]


def _words(name: str, value: Json) -> list[str]:
    word = f"--{name.replace('_', '-')}"
    if name == "headers":
        return [word for header in value for word in ("--header", f'"{header}=${{{_variable(header)}:?}}"')]
    if value is True:
        return [word]
    values = value if isinstance(value, list | tuple) else [value]
    return [stated for one in values for stated in (word, shlex.quote(_plain(one)))]


def _variable(header: str) -> str:
    return re.sub(r"\W", "_", header).upper()


def _plain(value: Json) -> str:
    return f"{value:g}" if isinstance(value, float) and value == round(value, 3) and value < 1e6 else str(value)
